// SPDX-License-Identifier: GPL-2.0-or-later
// Records by two plans: what is certain, what is not and why, and how flows are counted (semantics.md 9.6).
#include "flowlog/flowlog_helper.h"

#include "unit.h"

#include <polc/dns.h>
#include <polc/impact.h>

static const char *pod(const char *name, const char *generate, const char *labels, const char *ip)
{
    return arena_printf(
        arena,
        "{apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: x%s%s, labels: {%s}},"
        " spec: {nodeName: n1}, status: {phase: Running, podIPs: [%s]}}\n---\n",
        name, generate[0] != '\0' ? ", generateName: " : "", generate, labels, ip);
}

static const char *world(void)
{
    return join(
        "{apiVersion: v1, kind: Namespace, metadata: {name: x}}\n---\n",
        pod("web-5-a", "web-5-", "app: web, track: a", "{ip: 10.0.0.1}, {ip: \"fd00::1\"}"),
        pod("web-5-b", "web-5-", "app: web, track: b", "{ip: 10.0.0.2}, {ip: \"fd00::2\"}"),
        pod("db-0", "", "app: db", "{ip: 10.0.0.9}, {ip: \"fd00::9\"}"),
        thing("GlobalNetworkSet", "", "partners", "", "nets: [203.0.113.0/24, 10.0.0.9/32]"), NULL);
}

static const char *in(const char *app, const char *rules)
{
    return thing(
        "NetworkPolicy", "x", arena_printf(arena, "%s-in", app), "",
        arena_printf(arena, "selector: app == '%s', types: [Ingress], ingress: [%s]", app, rules));
}

static const char *out(const char *app, const char *rules)
{
    return thing(
        "NetworkPolicy", "x", arena_printf(arena, "%s-out", app), "",
        arena_printf(arena, "selector: app == '%s', types: [Egress], egress: [%s]", app, rules));
}

// "NAME ADDRESS ...": all that is known of names; NULL: nothing is.
static const char *answers;

static void set_names(struct impact *impact)
{
    struct dns_book *book = dns_book_new(arena);
    char *rest = arena_strdup(arena, answers);
    for (const char *name; (name = strtok_r(rest, " ", &rest)) != NULL;) {
        struct dns_fact fact = {.name = name, .source = DNS_FILE};
        const char *addr = strtok_r(rest, " ", &rest);
        ck_assert_int_eq(ip_addr_parse(addr, strlen(addr), &fact.addr), ADDR_OK);
        dns_book_add(book, &fact);
    }
    impact_set_names(impact, book);
}

static const struct impact_result *impact_of(const char *before, const char *after,
                                             const char *const *records)
{
    struct plan *old = plan_of(join(world(), before, NULL), NULL);
    struct plan *new = plan_of(join(world(), after, NULL), NULL);
    struct impact *impact =
        impact_new(arena, old, new, traffic_compare(arena, old, new, false), false);
    if (answers != NULL) {
        set_names(impact);
    }
    for (size_t i = 0; records[i] != NULL; i++) {
        struct flowlog_record record = record_of(records[i]);
        impact_add(impact, &record);
    }
    return impact_finish(impact);
}

static const char *end_text(const struct impact_end *end)
{
    return arena_printf(arena, "%s%s%s", end->ns != NULL ? end->ns : "", end->ns != NULL ? "/" : "",
                        end->name != NULL ? end->name : "?");
}

// "closed x/web-5-* > pub 6:443 x3", with the bits of doubts and of what may be behind "uncertain".
static const char *group_text(const struct impact_group *group)
{
    static const char *const names[] = {"closed", "opened", "uncertain", "same"};
    const char *doubts = group->change == IMPACT_UNCERTAIN
                             ? arena_printf(arena, "(%u of %u)", group->doubts, group->reachable)
                             : "";
    return arena_printf(arena, "%s%s %s > %s %u:%d x%u", names[group->change], doubts,
                        end_text(&group->source), end_text(&group->dest), group->protocol,
                        group->port, (unsigned)group->flows);
}

static void check(const char *before, const char *after, const char *const *records,
                  const char *groups)
{
    const struct impact_result *result = impact_of(before, after, records);
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < result->groups.count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? "\n" : "", group_text(&result->groups.items[i]));
    }
    ck_assert_str_eq(strbuf_text(&text), groups);
}

static void check_one(const char *before, const char *after, const char *record, const char *group)
{
    check(before, after, (const char *[]){record, NULL}, group);
}

#define KNOWN(source, dest, port)                                                                  \
    "{'source_ip':'" source "','dest_ip':'" dest "','proto':'tcp','dest_port':" port "}"
#define NAMED(source, dest, port)                                                                  \
    "{'source_namespace':'x','source_name_aggr':'" source                                          \
    "','source_type':'wep','proto':'tcp','dest_port':" port ",'dest_" dest "'}"

static const char db_from_web[] = "{action: Allow, source: {selector: app == 'web'}}";
static const char db_from_a[] = "{action: Allow, source: {selector: track == 'a'}}";
static const char db_from_web_5432[] =
    "{action: Allow, protocol: TCP, source: {selector: app == 'web'}, destination: {ports: [5432]}}";

START_TEST(a_record_with_addresses_is_certain)
{
    const char *web = in("db", db_from_web), *a = in("db", db_from_a);
    check_one(web, a, KNOWN("10.0.0.1", "10.0.0.9", "80"), "same x/web-5-* > x/db-0 6:80 x1");
    check_one(web, a, KNOWN("10.0.0.2", "10.0.0.9", "80"), "closed x/web-5-* > x/db-0 6:80 x1");
    check_one(a, web, KNOWN("10.0.0.2", "10.0.0.9", "80"), "opened x/web-5-* > x/db-0 6:80 x1");
    check_one(a, web, KNOWN("8.8.8.8", "10.0.0.9", "80"), "same pub > x/db-0 6:80 x1");
}
END_TEST

// Denied at the source before, so that there is no record of what the destination says.
START_TEST(both_ends_have_to_allow)
{
    static const char record[] =
        "{'source_ip':'10.0.0.2','dest_ip':'10.0.0.9','proto':'tcp','dest_port':80,"
        "'action':'deny','reporter':'src'}";
    const char *closed_source = out("web", "");
    check_one(closed_source, "", record, "opened x/web-5-* > x/db-0 6:80 x1");
    check_one(closed_source, in("db", db_from_a), record, "same x/web-5-* > x/db-0 6:80 x1");
}
END_TEST

START_TEST(a_name_of_several_is_certain_when_all_agree)
{
    const char *web = in("db", db_from_web), *a = in("db", db_from_a);
    static const char record[] = NAMED("web-5-*", "ip':'10.0.0.9", "80");
    check_one(web, in("db", ""), record, "closed x/web-5-* > x/db-0 6:80 x1");
    check_one(web, a, record, "uncertain(1 of 9) x/web-5-* > x/db-0 6:80 x1");
    check_one(web, out("db", ""), record, "same x/web-5-* > x/db-0 6:80 x1");
}
END_TEST

START_TEST(one_that_is_gone_is_like_its_kin)
{
    static const char record[] = "{'source_namespace':'x','source_name':'web-5-old','source_ip':"
                                 "'10.0.0.9','source_name_aggr':'web-5-*','source_type':'wep',"
                                 "'dest_ip':'10.0.0.9','proto':'tcp','dest_port':80}";
    const char *web = in("db", db_from_web);
    check_one(web, in("db", ""), record, "closed x/web-5-* > x/db-0 6:80 x1");
    check_one(web, in("db", db_from_a), record, "uncertain(1 of 9) x/web-5-* > x/db-0 6:80 x1");
}
END_TEST

START_TEST(one_that_is_gone_without_kin_is_uncertain)
{
    static const char record[] = NAMED("batch-7", "ip':'10.0.0.9", "80");
    check_one(in("db", db_from_web), in("db", ""), record,
              "uncertain(1 of 9) x/batch-7 > x/db-0 6:80 x1");
    check_one(in("db", db_from_web), in("web", ""), NAMED("batch-7", "ip':'8.8.8.8", "80"),
              "uncertain(0 of 8) x/batch-7 > pub 6:80 x1");
    const struct impact_result *result = impact_of("", "", (const char *[]){record, NULL});
    ck_assert_uint_eq(result->groups.items[0].source.kind, IMPACT_GONE);
}
END_TEST

// The address belongs to somebody else by now.
START_TEST(a_name_counts_more_than_an_address)
{
    static const char record[] = "{'source_namespace':'x','source_name':'web-5-b','source_type':"
                                 "'wep','source_ip':'10.0.0.1','dest_ip':'10.0.0.9',"
                                 "'proto':'tcp','dest_port':80}";
    check_one(in("db", db_from_web), in("db", db_from_a), record,
              "closed x/web-5-b > x/db-0 6:80 x1");
}
END_TEST

START_TEST(outside_is_what_nobody_has)
{
    static const char pub[] = NAMED("web-5-*", "name_aggr':'pub','dest_type':'net", "443");
    static const char pvt[] = NAMED("web-5-*", "name_aggr':'pvt','dest_type':'net", "443");
    // partners and pods have names of their own
    const char *to_partners =
        out("web", "{action: Allow, destination: {nets: [203.0.113.0/24, 10.0.0.9/32]}}");
    check_one("", to_partners, pub, "closed x/web-5-* > pub 6:443 x1");
    check_one("", to_partners, pvt, "closed x/web-5-* > pvt 6:443 x1");
    const char *to_some = out("web", "{action: Allow, destination: {nets: [10.1.0.0/16]}}");
    check_one("", to_some, pub, "closed x/web-5-* > pub 6:443 x1");
    check_one("", to_some, pvt, "uncertain(2 of 9) x/web-5-* > pvt 6:443 x1");
}
END_TEST

// 10.0.0.9 is in the set, and called db-0.
START_TEST(a_set_is_its_addresses_but_for_those_of_endpoints)
{
    static const char record[] = NAMED("web-5-*", "name_aggr':'partners','dest_type':'ns", "443");
    check_one("", out("web", "{action: Allow, destination: {nets: [10.0.0.9/32]}}"), record,
              "closed x/web-5-* > partners 6:443 x1");
    check_one("", out("web", "{action: Allow, destination: {nets: [203.0.113.0/25]}}"), record,
              "uncertain(2 of 9) x/web-5-* > partners 6:443 x1");
}
END_TEST

START_TEST(protocol_and_ports_may_be_missing)
{
    const char *some = in("db", db_from_web_5432), *all = in("db", db_from_web);
    check_one(all, some, "{'source_ip':'10.0.0.1','dest_ip':'10.0.0.9','proto':'tcp'}",
              "uncertain(8 of 9) x/web-5-* > x/db-0 6:-1 x1");
    check_one(all, some, "{'source_ip':'10.0.0.1','dest_ip':'10.0.0.9','proto':'sctp'}",
              "closed x/web-5-* > x/db-0 132:-1 x1");
    check_one(all, some, "{'source_ip':'10.0.0.1','dest_ip':'10.0.0.9','dest_port':5432}",
              "uncertain(4 of 9) x/web-5-* > x/db-0 0:5432 x1");
    check_one(all, some,
              "{'source_ip':'10.0.0.1','dest_ip':'10.0.0.9','proto':'icmp','dest_port':0}",
              "closed x/web-5-* > x/db-0 1:-1 x1");
}
END_TEST

START_TEST(source_ports_matter_where_rules_ask_for_them)
{
    const char *low = in("db", "{action: Deny, protocol: TCP, source: {ports: ['1:1023']}},"
                               " {action: Allow}");
    check_one("", low, KNOWN("10.0.0.1", "10.0.0.9", "80"),
              "uncertain(16 of 9) x/web-5-* > x/db-0 6:80 x1");
    check_one("", low,
              "{'source_ip':'10.0.0.1','dest_ip':'10.0.0.9','proto':'tcp','dest_port':80,"
              "'source_port':999}",
              "closed x/web-5-* > x/db-0 6:80 x1");
}
END_TEST

START_TEST(ip_versions_are_both_tried)
{
    static const char record[] = NAMED("web-5-*", "namespace':'x','dest_name':'db-0", "80");
    check_one("", in("db", "{action: Deny, ipVersion: 6}, {action: Allow}"), record,
              "uncertain(3 of 9) x/web-5-* > x/db-0 6:80 x1");
    check_one("", in("db", ""), record, "closed x/web-5-* > x/db-0 6:80 x1");
    check_one("", in("db", ""),
              "{'source_ip':'10.0.0.1','dest_ip':'fd00::9','proto':'tcp','dest_port':80}",
              "same x/web-5-* > x/db-0 6:80 x1");
}
END_TEST

START_TEST(an_uncertain_outcome_has_two_examples)
{
    static const char record[] = NAMED("web-5-*", "ip':'10.0.0.9", "80");
    const struct impact_result *result =
        impact_of(in("db", db_from_web), in("db", db_from_a), (const char *[]){record, NULL});
    const struct impact_group *group = &result->groups.items[0];
    char buffer[IP_TEXT_MAX];
    ck_assert_uint_eq(group->example_count, 2);
    ck_assert_str_eq(ip_addr_text(group->examples[0].flow.source, buffer), "10.0.0.2");
    ck_assert_uint_eq(group->examples[0].before, FLOW_ALLOW);
    ck_assert_uint_eq(group->examples[0].after, FLOW_DENY);
    ck_assert_str_eq(ip_addr_text(group->examples[1].flow.source, buffer), "10.0.0.1");
    ck_assert_uint_eq(group->examples[1].after, FLOW_ALLOW);
    ck_assert_uint_eq(group->source.address_count, 4);
}
END_TEST

START_TEST(what_both_ends_report_counts_once)
{
    static const char *const records[] = {
        "{'source_ip':'10.0.0.2','dest_ip':'10.0.0.9','proto':'tcp','dest_port':80,'reporter':'src',"
        "'num_flows':3,'bytes_in':10,'bytes_out':1}",
        "{'source_ip':'10.0.0.2','dest_ip':'10.0.0.9','proto':'tcp','dest_port':80,'reporter':'dst',"
        "'num_flows':2,'bytes_in':7}",
        "{'source_ip':'10.0.0.2','dest_ip':'10.0.0.9','proto':'tcp','dest_port':80,'num_flows':4}",
        "{'source_ip':'10.0.0.1','dest_ip':'10.0.0.9','proto':'tcp','dest_port':80,'reporter':'dst'}",
        NULL};
    const struct impact_result *result =
        impact_of(in("db", db_from_web), in("db", db_from_a), records);
    ck_assert_uint_eq(result->flows, 8);
    ck_assert_uint_eq(result->counts[IMPACT_CLOSED], 7);
    ck_assert_uint_eq(result->groups.items[0].records, 3);
    ck_assert_uint_eq(result->groups.items[0].bytes, 11);
    // how many there are does not depend on what becomes of them
    ck_assert_uint_eq(impact_of("", "", records)->flows, 8);
}
END_TEST

START_TEST(groups_are_told_apart_by_who_decides)
{
    static const char *const records[] = {KNOWN("10.0.0.1", "10.0.0.9", "80"),
                                          KNOWN("10.0.0.2", "10.0.0.9", "80"), NULL};
    const char *both = in("db", "{action: Allow, source: {selector: track == 'a'}},"
                                " {action: Allow, source: {selector: track == 'b'}}");
    check(both, in("db", ""), records,
          "closed x/web-5-* > x/db-0 6:80 x1\nclosed x/web-5-* > x/db-0 6:80 x1");
    check(in("db", db_from_web), in("db", ""), records, "closed x/web-5-* > x/db-0 6:80 x2");
}
END_TEST

static uint64_t otherwise(const char *before, const char *action, const char *reporter)
{
    const char *record = arena_printf(
        arena,
        "{'source_ip':'10.0.0.2','dest_ip':'10.0.0.9','proto':'tcp','dest_port':80%s%s%s%s%s%s}",
        action[0] != '\0' ? ",'action':'" : "", action, action[0] != '\0' ? "'" : "",
        reporter[0] != '\0' ? ",'reporter':'" : "", reporter, reporter[0] != '\0' ? "'" : "");
    return impact_of(before, before, (const char *[]){record, NULL})->otherwise;
}

START_TEST(a_recorded_verdict_is_that_of_its_reporter)
{
    const char *closed = in("db", "");
    ck_assert_uint_eq(otherwise("", "allow", "src"), 0);
    ck_assert_uint_eq(otherwise("", "deny", "src"), 1);
    ck_assert_uint_eq(otherwise("", "", ""), 0);
    ck_assert_uint_eq(otherwise(closed, "allow", "src"), 0); // the other side denies
    ck_assert_uint_eq(otherwise(closed, "allow", "dst"), 1);
    ck_assert_uint_eq(otherwise(closed, "deny", "dst"), 0);
    ck_assert_uint_eq(otherwise(closed, "deny", "src"), 1);
    ck_assert_uint_eq(otherwise(closed, "allow", ""), 1);
}
END_TEST

START_TEST(either_end_may_have_said_something_else)
{
    static const char *const records[] = {
        "{'source_ip':'10.0.0.2','dest_ip':'10.0.0.9','proto':'tcp','dest_port':80,'reporter':'src',"
        "'action':'allow','num_flows':3}",
        "{'source_ip':'10.0.0.2','dest_ip':'10.0.0.9','proto':'tcp','dest_port':80,'reporter':'dst',"
        "'action':'allow','num_flows':2}",
        NULL};
    ck_assert_uint_eq(impact_of("", "", records)->otherwise, 0);
    ck_assert_uint_eq(impact_of(in("db", ""), "", records)->otherwise, 2);
}
END_TEST

// ---- names --------------------------------------------------------------------------------------------------------------

static const char to_a[] = "{action: Allow, destination: {domains: [a.example]}}";
static const char to_b[] = "{action: Allow, destination: {domains: [b.example]}}";
static const char to_any[] = "{action: Allow, destination: {domains: [\"*.example\"]}}";

#define OUTSIDE KNOWN("10.0.0.1", "198.51.100.7", "443")
#define OUTSIDE_AS(names)                                                                          \
    "{'source_ip':'10.0.0.1','dest_ip':'198.51.100.7','proto':'tcp','dest_port':443,"              \
    "'dest_domains':[" names "]}"

START_TEST(names_of_a_record_decide)
{
    const char *a = out("web", to_a), *b = out("web", to_b);
    check_one(a, b, OUTSIDE_AS("'a.example'"), "closed x/web-5-* > pub 6:443 x1");
    check_one(a, b, OUTSIDE_AS("'B.Example.'"), "opened x/web-5-* > pub 6:443 x1");
    check_one(a, b, OUTSIDE_AS("'c.example'"), "same x/web-5-* > pub 6:443 x1");
    check_one(a, b, OUTSIDE_AS("'a.example','b.example'"), "same x/web-5-* > pub 6:443 x1");
    check_one(a, out("web", to_any), OUTSIDE_AS("'c.example'"), "opened x/web-5-* > pub 6:443 x1");
}
END_TEST

START_TEST(without_names_every_name_is_tried)
{
    const char *a = out("web", to_a), *b = out("web", to_b), *any = out("web", to_any);
    check_one(a, b, OUTSIDE, "uncertain(128 of 11) x/web-5-* > pub 6:443 x1");
    check_one(any, a, OUTSIDE, "uncertain(128 of 9) x/web-5-* > pub 6:443 x1");
    check_one(a, any, OUTSIDE, "uncertain(128 of 10) x/web-5-* > pub 6:443 x1");
    check_one(a, out("web", ""), OUTSIDE, "uncertain(128 of 9) x/web-5-* > pub 6:443 x1");
    check_one(a, "", OUTSIDE, "uncertain(128 of 10) x/web-5-* > pub 6:443 x1");
    check_one(a, out("web", arena_printf(arena, "%s, {action: Allow, protocol: UDP}", to_a)),
              OUTSIDE, "same x/web-5-* > pub 6:443 x1");
    // An address that no answer opens.
    check_one(a, b, KNOWN("10.0.0.1", "169.254.0.1", "80"), "same x/web-5-* > pub 6:80 x1");
}
END_TEST

// Two workloads change their names: neither plan has a name that the other has not.
START_TEST(the_same_names_elsewhere)
{
    const char *before = join(out("web", to_a), out("db", to_b), NULL);
    const char *after = join(out("web", to_b), out("db", to_a), NULL);
    check_one(before, after, OUTSIDE, "uncertain(128 of 11) x/web-5-* > pub 6:443 x1");
    check_one(before, after, KNOWN("10.0.0.9", "198.51.100.7", "443"),
              "uncertain(128 of 11) x/db-0 > pub 6:443 x1");
}
END_TEST

START_TEST(records_of_many_packets_and_names)
{
    const char *a = out("web", to_a), *b = out("web", to_b);
    static const char many[] =
        "{'source_namespace':'x','source_name_aggr':'web-5-*','source_type':'wep','proto':'tcp',"
        "'dest_port':443,'dest_name_aggr':'pub','dest_type':'net'}";
    static const char named[] =
        "{'source_namespace':'x','source_name_aggr':'web-5-*','source_type':'wep','proto':'tcp',"
        "'dest_port':443,'dest_name_aggr':'pub','dest_type':'net','dest_domains':['a.example']}";
    check_one(a, b, many, "uncertain(128 of 11) x/web-5-* > pub 6:443 x1");
    check_one(a, b, named, "closed x/web-5-* > pub 6:443 x1");
    check_one(a, a, many, "same x/web-5-* > pub 6:443 x1");
    check_one(a, join(a, in("db", db_from_a), NULL), many, "same x/web-5-* > pub 6:443 x1");
    answers = "b.example 198.51.100.7";
    check_one(a, b, many, "uncertain(2 of 10) x/web-5-* > pub 6:443 x1");
    answers = "c.example 198.51.100.7";
    check_one(a, b, many, "same x/web-5-* > pub 6:443 x1");
    answers = NULL;
}
END_TEST

START_TEST(answers_decide)
{
    const char *a = out("web", to_a), *b = out("web", to_b);
    answers = "a.example 198.51.100.7 c.example 198.51.100.8";
    check_one(a, b, OUTSIDE, "closed x/web-5-* > pub 6:443 x1");
    check_one(b, a, OUTSIDE, "opened x/web-5-* > pub 6:443 x1");
    check_one(a, b, KNOWN("10.0.0.1", "198.51.100.8", "443"), "same x/web-5-* > pub 6:443 x1");
    check_one(a, b, OUTSIDE_AS("'b.example'"), "same x/web-5-* > pub 6:443 x1");
    answers = "";
    check_one(a, b, OUTSIDE, "same x/web-5-* > pub 6:443 x1");
    answers = NULL;
}
END_TEST

START_TEST(flows_are_counted_by_names)
{
    const char *a = out("web", to_a), *b = out("web", to_b);
    const struct impact_result *result = impact_of(
        a, b,
        (const char *[]){OUTSIDE, OUTSIDE_AS("'a.example'"), OUTSIDE_AS("'c.example'"), NULL});
    ck_assert_uint_eq(result->flows, 3);
    ck_assert_uint_eq(result->by_names, 1);
    ck_assert_uint_eq(result->counts[IMPACT_UNCERTAIN], 1);
    ck_assert_uint_eq(result->counts[IMPACT_CLOSED], 1);
}
END_TEST

// What a name would have allowed is no sign that the policies were others.
START_TEST(what_was_recorded_may_be_by_name)
{
    static const char allowed[] = "{'source_ip':'10.0.0.1','dest_ip':'198.51.100.7','proto':'tcp',"
                                  "'dest_port':443,'action':'allow','reporter':'src'}";
    const char *a = out("web", to_a);
    const struct impact_result *result = impact_of(a, a, (const char *[]){allowed, NULL});
    ck_assert_uint_eq(result->otherwise, 0);
    result = impact_of(out("web", ""), a, (const char *[]){allowed, NULL});
    ck_assert_uint_eq(result->otherwise, 0);
}
END_TEST

// What leaves the node is asked for names twice: by the policies of the workload, and by those of the host endpoint.
static const char *edge(const char *rules)
{
    return join(thing("HostEndpoint", "", "all", "edge: all", "node: n1, interfaceName: '*'"),
                thing("GlobalNetworkPolicy", "", "edge", "",
                      arena_printf(arena,
                                   "selector: has(edge), applyOnForward: true, types: [Egress],"
                                   " egress: [%s]",
                                   rules)),
                NULL);
}

START_TEST(names_may_be_needed_twice)
{
    static const char many[] =
        "{'source_namespace':'x','source_name_aggr':'web-5-*','source_type':'wep','proto':'tcp',"
        "'dest_port':443,'dest_name_aggr':'pub','dest_type':'net'}";
    static const char to_c[] = "{action: Allow, destination: {domains: [c.example]}}";
    const char *a_b = join(out("web", to_a), edge(to_b), NULL);
    const char *a_c = join(out("web", to_a), edge(to_c), NULL);
    const char *nothing = join(out("web", ""), edge(to_b), NULL);
    check_one(a_b, nothing, OUTSIDE, "uncertain(128 of 9) x/web-5-* > pub 6:443 x1");
    check_one(a_b, nothing, many, "uncertain(128 of 9) x/web-5-* > pub 6:443 x1");
    // Who has all names is let pass by both.
    check_one(a_b, a_c, OUTSIDE, "uncertain(128 of 11) x/web-5-* > pub 6:443 x1");
    check_one(a_b, a_c, many, "uncertain(128 of 11) x/web-5-* > pub 6:443 x1");
    check_one(a_b, join(a_b, in("db", db_from_a), NULL), many, "same x/web-5-* > pub 6:443 x1");
}
END_TEST

UNIT_TESTS("impact", a_record_with_addresses_is_certain, both_ends_have_to_allow,
           a_name_of_several_is_certain_when_all_agree, one_that_is_gone_is_like_its_kin,
           one_that_is_gone_without_kin_is_uncertain, a_name_counts_more_than_an_address,
           outside_is_what_nobody_has, a_set_is_its_addresses_but_for_those_of_endpoints,
           protocol_and_ports_may_be_missing, source_ports_matter_where_rules_ask_for_them,
           ip_versions_are_both_tried, an_uncertain_outcome_has_two_examples,
           what_both_ends_report_counts_once, groups_are_told_apart_by_who_decides,
           a_recorded_verdict_is_that_of_its_reporter, either_end_may_have_said_something_else,
           names_of_a_record_decide, without_names_every_name_is_tried, the_same_names_elsewhere,
           records_of_many_packets_and_names, answers_decide, flows_are_counted_by_names,
           what_was_recorded_may_be_by_name, names_may_be_needed_twice)
