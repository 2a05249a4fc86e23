// SPDX-License-Identifier: GPL-2.0-or-later
// Flows from text, verdicts as text, and host endpoints added to a plan by hand. Every verdict is asked twice, of
// flow_verdict and of flow_trace, and the two must agree.
#pragma once

#include "plan/plan_helper.h"

#include <polc/flow.h>

// "SOURCE > DESTINATION PROTOCOL[/PORT] [sport=N] [in=IF] [out=IF] [published=ADDRESS/PORT]"; ICMP: "icmp/TYPE" or
// "icmp6/TYPE".
__attribute__((unused)) static struct flow flow_of(const char *text)
{
    static const struct {
        const char *name;
        uint8_t number;
    } protocols[] = {{"tcp", 6},  {"udp", 17},   {"sctp", 132},
                     {"icmp", 1}, {"icmp6", 58}, {"ipip", 4}};
    struct flow flow = {.icmp_type = -1, .icmp_code = -1};
    char *rest = arena_strdup(arena, text);
    const char *source = strsep(&rest, " ");
    ck_assert_str_eq(strsep(&rest, " "), ">");
    const char *destination = strsep(&rest, " ");
    char *service = strsep(&rest, " ");
    const char *protocol = strsep(&service, "/");
    int number = service != NULL ? atoi(service) : 0;
    ck_assert_int_eq(ip_addr_parse(source, strlen(source), &flow.source), ADDR_OK);
    ck_assert_int_eq(ip_addr_parse(destination, strlen(destination), &flow.destination), ADDR_OK);
    for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
        flow.protocol =
            strcmp(protocols[i].name, protocol) == 0 ? protocols[i].number : flow.protocol;
    }
    ck_assert_int_ne(flow.protocol, 0);
    if (flow.protocol == PROTO_ICMP || flow.protocol == PROTO_ICMPV6) {
        flow.icmp_type = (int16_t)number;
        flow.icmp_code = 0;
    } else {
        flow.destination_port = (uint16_t)number;
    }
    for (const char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (strncmp(word, "in=", 3) == 0) {
            flow.in_interface = word + 3;
        } else if (strncmp(word, "out=", 4) == 0) {
            flow.out_interface = word + 4;
        } else if (strncmp(word, "published=", 10) == 0) {
            size_t length = strcspn(word + 10, "/");
            ck_assert_int_eq(ip_addr_parse(word + 10, length, &flow.published), ADDR_OK);
            flow.published_port = (uint16_t)atoi(word + 10 + length + 1);
        } else if (strncmp(word, "sport=", 6) == 0) {
            flow.source_port = (uint16_t)atoi(word + 6);
        } else {
            ck_abort_msg("what is %s?", word);
        }
    }
    return flow;
}

// An uncertain flow is denied as long as no name has the address.
__attribute__((unused)) static struct flow_trace ask(const struct flow_evaluator *evaluator,
                                                     const struct flow *flow)
{
    struct flow_trace trace, hits;
    flow_trace(evaluator, arena, flow, &trace);
    flow_trace_hits(evaluator, arena, flow, &hits);
    for (int staged = 0; staged < 2; staged++) {
        uint8_t verdict = staged ? trace.pending_verdict : trace.verdict;
        ck_assert_int_eq(verdict, flow_verdict_or_doubt(evaluator, flow, staged));
        ck_assert_int_eq(verdict == FLOW_UNCERTAIN ? FLOW_DENY : verdict,
                         flow_verdict(evaluator, flow, staged));
    }
    ck_assert_int_eq(trace.verdict, hits.verdict);
    ck_assert_int_eq(trace.reason, hits.reason);
    return trace;
}

__attribute__((unused)) static struct flow_trace trace_of(const struct plan *plan, const char *text)
{
    struct flow flow = flow_of(text);
    return ask(flow_evaluator_new(arena, plan), &flow);
}

__attribute__((unused)) static const char *reason_name(uint8_t reason)
{
    static const char *const names[] = {
        [FLOW_BY_RULE] = "rule",
        [FLOW_BY_TIER_END] = "tier-end",
        [FLOW_BY_NO_PROFILE] = "no-profile",
        [FLOW_BY_FAILSAFE] = "failsafe",
        [FLOW_BY_HOST_ACTION] = "host-action",
        [FLOW_BY_SPOOF] = "spoof",
        [FLOW_BY_NO_WORKLOAD] = "no-workload",
        [FLOW_BY_TUNNEL] = "tunnel",
        [FLOW_BY_DISCOVERY] = "discovery",
        [FLOW_BY_FALL_THROUGH] = "fall-through",
        [FLOW_BY_EARLIER] = "earlier",
        [FLOW_BY_LOCAL] = "local",
        [FLOW_BY_NOTHING] = "nothing",
        [FLOW_BY_DOMAINS] = "domains",
    };
    _Static_assert(ARRAY_COUNT(names) == FLOW_REASON_COUNT, "one name per reason");
    return names[reason];
}

// "allow rule"; with " pending deny" when staged policies would change it.
__attribute__((unused)) static const char *verdict_of_flow(const struct plan *plan,
                                                           const char *text)
{
    static const char *const verdicts[] = {"allow", "deny"};
    struct flow_trace trace = trace_of(plan, text);
    return arena_printf(arena, "%s %s%s%s", verdicts[trace.verdict], reason_name(trace.reason),
                        trace.verdict != trace.pending_verdict ? " pending " : "",
                        trace.verdict != trace.pending_verdict ? verdicts[trace.pending_verdict]
                                                               : "");
}

// The stages as text: "w out allow rule; hep prednat in allow fall-through".
__attribute__((unused)) static const char *stages_of_flow(const struct plan *plan, const char *text)
{
    static const char *const stages[] = {"", " forward", " prednat", " untracked"};
    struct strbuf buffer = {.arena = arena};
    struct flow_trace trace = trace_of(plan, text);
    for (size_t i = 0; i < trace.stages.count; i++) {
        const struct flow_stage *stage = &trace.stages.items[i];
        const char *id = stage->endpoint != NULL ? stage->endpoint->id
                         : stage->host != NULL   ? stage->host->id
                                                 : "-/-";
        strbuf_addf(&buffer, "%s%s%s %s %s %s", i > 0 ? "; " : "", strrchr(id, '/') + 1,
                    stages[stage->stage], stage->direction == PLAN_IN ? "in" : "out",
                    stage->verdict == FLOW_ALLOW ? "allow" : "deny", reason_name(stage->reason));
    }
    return strbuf_text(&buffer);
}

struct flow_case {
    const char *flow, *verdict;
};

__attribute__((unused)) static void check_flows(const struct plan *plan,
                                                const struct flow_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *verdict = verdict_of_flow(plan, cases[i].flow);
        ck_assert_msg(strcmp(verdict, cases[i].verdict) == 0, "%s: %s, not %s", cases[i].flow,
                      verdict, cases[i].verdict);
    }
}

__attribute__((unused)) static void check_stages(const struct plan *plan,
                                                 const struct flow_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *stages = stages_of_flow(plan, cases[i].flow);
        ck_assert_msg(strcmp(stages, cases[i].verdict) == 0, "%s:\n %s\n, not\n %s", cases[i].flow,
                      stages, cases[i].verdict);
    }
}

// ---- host endpoints by hand ---------------------------------------------------------------------------------------

static uint32_t policy_number(const struct plan *plan, const char *id)
{
    for (size_t i = 0; i < plan->policies.count; i++) {
        if (strcmp(plan->policies.items[i].id, id) == 0) {
            return (uint32_t)i;
        }
    }
    ck_abort_msg("no policy %s in the plan", id);
}

// A class of the policies with these ids, blank-separated, in their order.
static uint32_t add_class(struct plan *plan, enum plan_stage stage, enum plan_direction direction,
                          const char *ids)
{
    struct plan_class *class = vec_add(arena, &plan->classes);
    class->stage = (uint8_t)stage;
    class->direction = (uint8_t)direction;
    class->host = true;
    struct plan_class_tier *tier = NULL;
    char *rest = arena_strdup(arena, ids);
    for (const char *id; (id = strsep(&rest, " ")) != NULL;) {
        if (id[0] == '\0') {
            continue;
        }
        uint32_t number = policy_number(plan, id);
        const struct plan_policy *policy = &plan->policies.items[number];
        if (tier == NULL || tier->tier != policy->tier) {
            tier = vec_add(arena, &class->tiers);
            tier->tier = policy->tier;
        }
        vec_push(arena, &tier->policies, number);
        tier->enforced |= !policy->staged;
    }
    return (uint32_t)plan->classes.count - 1;
}

// A host endpoint without policies that governs `interface` ("*": all). Valid until the next one is added.
__attribute__((unused)) static struct plan_host *add_host(struct plan *plan, const char *name,
                                                          const char *node, const char *interface)
{
    struct plan_host *host = vec_add(arena, &plan->hosts);
    host->id = arena_printf(arena, "hep/%s", name);
    host->node = node;
    host->all_interfaces = strcmp(interface, "*") == 0;
    if (!host->all_interfaces) {
        vec_push(arena, &host->interfaces, interface);
    }
    for (int stage = 0; stage < PLAN_STAGES; stage++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            host->classes[stage][direction] =
                stage == PLAN_NORMAL
                    ? add_class(plan, PLAN_NORMAL, (enum plan_direction)direction, "")
                    : PLAN_NO_CLASS;
        }
    }
    return host;
}

__attribute__((unused)) static void host_policies(struct plan *plan, struct plan_host *host,
                                                  enum plan_stage stage,
                                                  enum plan_direction direction, const char *ids)
{
    host->classes[stage][direction] = add_class(plan, stage, direction, ids);
}

// "10.1.0.1/24 fd00::1/64" on an interface that host endpoint number `host` governs (-1: none).
__attribute__((unused)) static struct plan_interface *add_interface(struct plan *plan,
                                                                    const char *node,
                                                                    const char *name, int32_t host,
                                                                    const char *addresses)
{
    struct plan_interface *interface = vec_add(arena, &plan->interfaces);
    interface->node = node;
    interface->name = name;
    interface->host = host;
    interface->addresses = arena_array_of(arena, struct cidr, 4);
    char *rest = arena_strdup(arena, addresses);
    for (char *word; (word = strsep(&rest, " ")) != NULL && word[0] != '\0';) {
        struct cidr *cidr = &interface->addresses[interface->address_count++];
        char *bits = strchr(word, '/');
        ck_assert_int_eq(ip_addr_parse(word, (size_t)(bits - word), &cidr->addr), ADDR_OK);
        cidr->bits = (uint8_t)atoi(bits + 1);
    }
    return interface;
}
