// SPDX-License-Identifier: GPL-2.0-or-later
// Rules with domains: what is known of the names of a destination, what is not, and what then is certain all the same
// (semantics.md 8).
#include "flow/flow_helper.h"

#include <polc/dns.h>

#include "unit.h"

// Workloads w (10.0.0.1, fd00::1) and v (10.0.0.2), host endpoint h (192.0.2.5 on eth0), and policies.
static struct plan *plan_with(const char *policies)
{
    return plan_of(
        join(
            "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: closed}, spec: {}}\n---\n",
            thing("WorkloadEndpoint", "x", "w", "app: w",
                  "node: n1, ipNetworks: [10.0.0.1/32, \"fd00::1/128\"], profiles: [closed]"),
            workload("x", "v", "app: v", "10.0.0.2/32", "profiles: [closed]"),
            thing("HostEndpoint", "", "h", "role: host",
                  "node: n1, interfaceName: eth0, expectedIPs: [192.0.2.5]"),
            thing("GlobalNetworkSet", "", "partners", "set: partners",
                  "nets: [198.51.100.0/24], allowedEgressDomains: [\"*.partner.example\"]"),
            policies, NULL),
        NULL);
}

static const char *policy(const char *kind, const char *name, const char *order, const char *rules)
{
    return thing(kind, "", name, "",
                 arena_printf(arena,
                              "order: %s, selector: app == 'w', types: [Egress], egress: [%s]",
                              order, rules));
}

static const char *egress(const char *rules)
{
    return policy("GlobalNetworkPolicy", "p", "1", rules);
}

// "= NAME ADDRESS ..." is all that is known, "~ NAME ADDRESS ..." may be less; NULL: nobody has said anything.
static void tell(struct flow_evaluator *evaluator, const char *known)
{
    if (known == NULL) {
        return;
    }
    struct dns_book *book = dns_book_new(arena);
    char *rest = arena_strdup(arena, known + 1);
    for (const char *name; (name = strtok_r(rest, " ", &rest)) != NULL;) {
        struct dns_fact fact = {.name = name, .source = DNS_FILE};
        const char *addr = strtok_r(rest, " ", &rest);
        ck_assert_int_eq(ip_addr_parse(addr, strlen(addr), &fact.addr), ADDR_OK);
        dns_book_add(book, &fact);
    }
    flow_evaluator_set_names(evaluator, book, known[0] == '=');
}

static const char *text_of(const struct flow_trace *trace)
{
    static const char *const verdicts[] = {"allow", "deny", "uncertain"};
    return arena_printf(arena, "%s %s%s%s", verdicts[trace->verdict], reason_name(trace->reason),
                        trace->verdict != trace->pending_verdict ? " pending " : "",
                        trace->verdict != trace->pending_verdict ? verdicts[trace->pending_verdict]
                                                                 : "");
}

struct domain_case {
    const char *policies, *known, *names, *flow, *expected;
};

static struct flow_trace ask_case(const struct plan *plan, const struct domain_case *item)
{
    struct flow_evaluator *evaluator = flow_evaluator_new(arena, plan);
    struct flow flow = flow_of(item->flow);
    struct flow_strings names = {0};
    char *rest = arena_strdup(arena, item->names != NULL ? item->names : "");
    for (const char *name; (name = strtok_r(rest, " ", &rest)) != NULL;) {
        vec_push(arena, &names, name);
    }
    flow.names = item->names != NULL ? &names : NULL;
    tell(evaluator, item->known);
    return ask(evaluator, &flow);
}

static void check_cases(const struct domain_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct flow_trace trace = ask_case(plan_with(cases[i].policies), &cases[i]);
        const char *got = text_of(&trace);
        ck_assert_msg(strcmp(got, cases[i].expected) == 0, "%zu, %s: %s, not %s", i, cases[i].flow,
                      got, cases[i].expected);
    }
}

#define API  "10.0.0.1 > 203.0.113.9 tcp/443"
#define API6 "fd00::1 > 2001:db8::9 tcp/443"
#define ONE                                                                                        \
    "{action: Allow, protocol: TCP, destination: {domains: [api.example.com], ports: [443]}}"
#define WILD  "{action: Allow, destination: {domains: [\"*.example.com\"]}}"
#define EVERY "{action: Allow}"
#define CLOSE "{action: Deny}"

START_TEST(a_name_that_has_the_address_matches)
{
    const struct domain_case cases[] = {
        {egress(ONE), "= api.example.com 203.0.113.9", NULL, API, "allow rule"},
        {egress(ONE), "~ api.example.com 203.0.113.9", NULL, API, "allow rule"},
        {egress(ONE), "= api.example.com 2001:db8::9", NULL, API6, "allow rule"},
        {egress(WILD), "= a.b.example.com 203.0.113.9", NULL, API, "allow rule"},
        {egress(WILD), "= example.com 203.0.113.9", NULL, API, "deny tier-end"},
        {egress(ONE), "= api.example.com 203.0.113.8", NULL, API, "deny tier-end"},
        {egress(ONE), "= www.example.com 203.0.113.9", NULL, API, "deny tier-end"},
        {egress(ONE), "= www.example.com 203.0.113.9 api.example.com 203.0.113.9", NULL, API,
         "allow rule"},
        {egress(ONE), "= api.example.com 203.0.113.9", NULL, "10.0.0.1 > 203.0.113.9 tcp/80",
         "deny tier-end"},
        {egress(ONE), "= api.example.com 203.0.113.9", NULL, "10.0.0.1 > 203.0.113.9 udp/443",
         "deny tier-end"},
    };
    check_cases(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(what_nobody_knows_is_uncertain_only_where_it_matters)
{
    const struct domain_case cases[] = {
        {egress(ONE), NULL, NULL, API, "deny tier-end"}, // as the kernel's empty sets
        {egress(ONE), "=", NULL, API, "deny tier-end"},
        {egress(ONE), "~", NULL, API, "uncertain domains"},
        {egress(ONE), "~ www.example.com 203.0.113.9", NULL, API, "uncertain domains"},
        {egress(ONE), "~", NULL, "10.0.0.1 > 203.0.113.9 tcp/80", "deny tier-end"},
        {egress(ONE ", " EVERY), "~", NULL, API, "allow rule"},
        {egress(EVERY ", " ONE), "~", NULL, API, "allow rule"},
        {egress(CLOSE ", " ONE), "~", NULL, API, "deny rule"},
        {egress(ONE ", " CLOSE), "~", NULL, API, "uncertain domains"},
        {egress("{action: Log}, " ONE), "~", NULL, API, "uncertain domains"},
        // A later tier or profile, behind a Pass.
        {egress(ONE ", {action: Pass}"), "~", NULL, API, "uncertain domains"},
        {join(policy("GlobalNetworkPolicy", "a", "1", ONE),
              policy("GlobalNetworkPolicy", "b", "2", EVERY), NULL),
         "~", NULL, API, "allow rule"},
        {join(policy("GlobalNetworkPolicy", "a", "1", CLOSE),
              policy("GlobalNetworkPolicy", "b", "2", ONE), NULL),
         "~", NULL, API, "deny rule"},
    };
    check_cases(cases, ARRAY_COUNT(cases));
}
END_TEST

// The other end decides, whatever the source's domains.
START_TEST(another_stage_may_make_it_certain)
{
    const char *closed = thing("GlobalNetworkPolicy", "", "q", "",
                               "selector: app == 'v', types: [Ingress], ingress: []");
    const char *open = thing("GlobalNetworkPolicy", "", "q", "",
                             "selector: app == 'v', types: [Ingress], ingress: [{action: Allow}]");
    const struct domain_case cases[] = {
        {join(egress(ONE), closed, NULL), "~", NULL, "10.0.0.1 > 10.0.0.2 tcp/443",
         "deny tier-end"},
        {join(egress(ONE), open, NULL), "~", NULL, "10.0.0.1 > 10.0.0.2 tcp/443",
         "uncertain domains"},
    };
    check_cases(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(names_of_the_flow_decide)
{
    const struct domain_case cases[] = {
        {egress(ONE), "~", "api.example.com", API, "allow rule"},
        {egress(ONE), "~", "API.Example.COM.", API, "allow rule"},
        {egress(ONE), NULL, "api.example.com", API, "allow rule"},
        {egress(ONE), "~", "www.example.com", API, "deny tier-end"},
        {egress(ONE), "~", "www.example.com api.example.com", API, "allow rule"},
        {egress(WILD), "~", "api.example.com", API, "allow rule"},
        {egress(WILD), "~", "example.com", API, "deny tier-end"},
        {egress(ONE), "= api.example.com 203.0.113.9", "www.example.com", API, "allow rule"},
        {egress(ONE), "~", "", API, "uncertain domains"}, // none: nothing was recorded
        {egress(ONE), "~", "no name", API, "deny tier-end"},
    };
    check_cases(cases, ARRAY_COUNT(cases));
}
END_TEST

// The selector of a destination takes nets and domains of network sets.
START_TEST(domains_of_network_sets)
{
    static const char rule[] = "{action: Allow, destination: {selector: set == \"partners\"}}";
    const struct domain_case cases[] = {
        {egress(rule), "~", NULL, "10.0.0.1 > 198.51.100.7 tcp/443", "allow rule"},
        {egress(rule), "~", NULL, API, "uncertain domains"},
        {egress(rule), "=", NULL, API, "deny tier-end"},
        {egress(rule), "= a.partner.example 203.0.113.9", NULL, API, "allow rule"},
        {egress("{action: Deny, destination: {selector: set == \"partners\"}}, " EVERY), "~", NULL,
         API, "allow rule"},
        {egress("{action: Pass, destination: {selector: set == \"partners\"}}, " EVERY), "~", NULL,
         API, "allow rule"},
    };
    check_cases(cases, ARRAY_COUNT(cases));
}
END_TEST

// An answer never opens these, so that nothing is uncertain (see dns_address_usable).
START_TEST(addresses_that_no_answer_opens)
{
    const struct domain_case cases[] = {
        {egress(WILD), "~", NULL, "10.0.0.1 > 169.254.169.254 tcp/80", "deny tier-end"},
        {egress(WILD), "~", "api.example.com", "10.0.0.1 > 169.254.169.254 tcp/80",
         "deny tier-end"},
        {egress(WILD), "~", NULL, "10.0.0.1 > 10.9.9.9 tcp/80", "uncertain domains"},
    };
    check_cases(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(staged_policies)
{
    const char *staged = policy("StagedGlobalNetworkPolicy", "p", "1", ONE);
    const char *deny = policy("GlobalNetworkPolicy", "q", "2", CLOSE);
    const struct domain_case cases[] = {
        {join(staged, deny, NULL), "~", NULL, API, "deny rule pending uncertain"},
        {join(staged, deny, NULL), "= api.example.com 203.0.113.9", NULL, API,
         "deny rule pending allow"},
        {join(egress(ONE), policy("StagedGlobalNetworkPolicy", "s", "0", EVERY), NULL), "~", NULL,
         API, "uncertain domains pending allow"},
        {join(egress(ONE), policy("StagedGlobalNetworkPolicy", "s", "0", CLOSE), NULL), "~", NULL,
         API, "uncertain domains pending deny"},
    };
    check_cases(cases, ARRAY_COUNT(cases));
}
END_TEST

// An untracked Allow spares the flow what comes behind it: whether it does is what is uncertain.
START_TEST(untracked_policy_of_a_host)
{
    const char *untracked =
        thing("GlobalNetworkPolicy", "", "u", "",
              "selector: role == 'host', doNotTrack: true, applyOnForward: true, types: [Egress],"
              " egress: [{action: Allow, destination: {domains: [api.example.com]}}]");
    const char *normal = thing("GlobalNetworkPolicy", "", "n", "",
                               "selector: role == 'host', types: [Egress], egress: []");
    const struct domain_case cases[] = {
        {join(untracked, normal, NULL), "~", NULL, "192.0.2.5 > 203.0.113.9 tcp/443",
         "uncertain domains"},
        {join(untracked, normal, NULL), "=", NULL, "192.0.2.5 > 203.0.113.9 tcp/443",
         "deny tier-end"},
        {join(untracked, normal, NULL), "= api.example.com 203.0.113.9", NULL,
         "192.0.2.5 > 203.0.113.9 tcp/443", "allow earlier"},
    };
    check_cases(cases, ARRAY_COUNT(cases));
    // The rule that it depends on is of another stage than the one that denies otherwise.
    struct plan *plan = plan_with(cases[0].policies);
    struct flow_trace trace = ask_case(plan, &cases[0]);
    ck_assert_str_eq(flow_doubt(&trace, false)->policy->id, "gnp/u");
    ck_assert_int_eq(trace.stages.items[0].verdict, FLOW_ALLOW);
    ck_assert(trace.stages.items[0].doubtful);
    struct flow_reports reports;
    flow_reports_make(arena, plan, &trace, &reports);
    ck_assert_int_eq(reports.items[0].verdict, FLOW_UNCERTAIN);
    ck_assert_int_eq(reports.items[0].maybes.count, 1);
}
END_TEST

// The steps say on what it depends, and what happens otherwise; programs get the same.
START_TEST(steps_and_reports)
{
    struct domain_case item = {egress("{action: Allow, protocol: UDP}, " ONE ", " WILD), "~", NULL,
                               API, NULL};
    struct plan *plan = plan_with(item.policies);
    struct flow_trace trace = ask_case(plan, &item);
    const struct flow_stage *stage = flow_uncertain_stage(&trace, false);
    ck_assert_ptr_nonnull(stage);
    ck_assert_ptr_null(flow_denying_stage(&trace, false));
    const struct flow_step *step = flow_doubt(&trace, false);
    ck_assert_int_eq(step->rule->index, 1);
    ck_assert_str_eq(flow_domains_text(arena, plan, step->rule->match.destination.domains),
                     "api.example.com");
    ck_assert_int_eq(stage->enforced.items[stage->enforced.count - 1].reason, FLOW_BY_TIER_END);
    struct flow_reports reports;
    flow_reports_make(arena, plan, &trace, &reports);
    ck_assert_int_eq(reports.count, 1);
    ck_assert_int_eq(reports.items[0].verdict, FLOW_UNCERTAIN);
    ck_assert_int_eq(reports.items[0].maybes.count, 2);
    ck_assert_int_eq(reports.items[0].enforced.count, 1); // as long as nothing is known
    ck_assert_str_eq(reports.items[0].enforced.items[0], "0|default|default.p|deny|-1");
}
END_TEST

// What a workload may send by its policy, its host takes all the same from nobody.
START_TEST(denied_behind_an_uncertain_stage)
{
    struct domain_case item = {egress(ONE), "~", NULL, "10.0.0.1 > 192.0.2.5 tcp/443", NULL};
    struct plan *plan = plan_with(item.policies);
    struct flow_trace trace = ask_case(plan, &item);
    struct flow_reports reports;
    flow_reports_make(arena, plan, &trace, &reports);
    ck_assert_int_eq(trace.stages.items[0].verdict, FLOW_UNCERTAIN);
    ck_assert_str_eq(text_of(&trace), "deny host-action");
    ck_assert_int_eq(reports.items[0].verdict, FLOW_DENY);
    ck_assert_int_eq(reports.items[0].maybes.count, 0);
}
END_TEST

START_TEST(why_a_name_does_not_match)
{
    struct plan *plan = plan_with(egress(ONE));
    struct domain_case item = {NULL, "=", NULL, API, NULL};
    struct flow_trace trace = ask_case(plan, &item);
    struct flow flow = flow_of(API);
    const struct flow_step *step = &trace.stages.items[0].enforced.items[0];
    ck_assert_str_eq(flow_step_mismatch(arena, plan, step, &flow),
                     "203.0.113.9 is no address of api.example.com");
    struct flow_strings names = {0};
    vec_push(arena, &names, "www.example.com");
    flow.names = &names;
    ck_assert_str_eq(flow_step_mismatch(arena, plan, step, &flow),
                     "www.example.com is not api.example.com");
    flow.destination_port = 80;
    ck_assert_str_eq(flow_step_mismatch(arena, plan, step, &flow), "tcp/80 is not tcp/443");
    plan = plan_with(egress("{action: Allow, destination: {selector: set == \"partners\"}}"));
    trace = ask_case(plan, &item);
    flow = flow_of(API);
    step = &trace.stages.items[0].enforced.items[0];
    ck_assert_str_eq(flow_step_mismatch(arena, plan, step, &flow),
                     "destination is not set == \"partners\", and 203.0.113.9 is no address of "
                     "*.partner.example");
}
END_TEST

START_TEST(what_a_rule_lacks)
{
    struct plan *plan = plan_with(egress(ONE));
    struct flow flow = flow_of(API);
    const struct plan_rule *rule = &plan->policies.items[0].rules[PLAN_OUT].items[0];
    ck_assert_int_eq(flow_rule_gap(plan, rule, PLAN_OUT, &flow), FLOW_GAP_PEER_NAMES);
    flow.destination_port = 80;
    ck_assert_int_eq(flow_rule_gap(plan, rule, PLAN_OUT, &flow), FLOW_GAP_MORE);
}
END_TEST

UNIT_TESTS("flow: domains", a_name_that_has_the_address_matches,
           what_nobody_knows_is_uncertain_only_where_it_matters, another_stage_may_make_it_certain,
           names_of_the_flow_decide, domains_of_network_sets, addresses_that_no_answer_opens,
           staged_policies, untracked_policy_of_a_host, steps_and_reports,
           denied_behind_an_uncertain_stage, why_a_name_does_not_match, what_a_rule_lacks)
