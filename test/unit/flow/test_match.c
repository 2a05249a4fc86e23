// SPDX-License-Identifier: GPL-2.0-or-later
// Each criterion of a rule, met and not met, and what is said when it is not (semantics.md 3.5, 3.6, 4).
#include "flow/flow_helper.h"

#include "unit.h"

// What one ingress rule of w (10.0.0.1, fd00::1, port http 8080) says to a flow: its action or why it does not match.
static const char *rule_of(const char *kind, const char *rule, const char *flow)
{
    struct plan *plan = plan_of(
        join(thing("WorkloadEndpoint", "a", "w", "w: \"1\"",
                   "node: n1, interfaceName: cali1, ipNetworks: [10.0.0.1/32, \"fd00::1/128\"],"
                   " ports: [{name: http, protocol: TCP, port: 8080}]"),
             thing("NetworkSet", "a", "s", "set: s", "nets: [192.0.2.0/24, \"2001:db8::/32\"]"),
             thing(kind, kind[0] == 'N' ? "a" : "", "p", "",
                   arena_printf(arena, "ingress: [%s]", rule)),
             NULL),
        NULL);
    struct flow_trace trace = trace_of(plan, flow);
    const struct flow_stage *stage = &trace.stages.items[trace.stages.count - 1];
    const struct flow_step *step = &stage->enforced.items[0];
    struct flow parsed = flow_of(flow);
    const char *mismatch = flow_step_mismatch(arena, plan, step, &parsed);
    return mismatch != NULL ? mismatch : stage->verdict == FLOW_ALLOW ? "allow" : "deny";
}

static const char *rule_on(const char *rule, const char *flow)
{
    return rule_of("NetworkPolicy", rule, flow);
}

struct rule_case {
    const char *rule, *flow, *expected;
};

static void check_rules(const struct rule_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got = rule_on(cases[i].rule, cases[i].flow);
        ck_assert_msg(strcmp(got, cases[i].expected) == 0, "%s on %s: %s, not %s", cases[i].rule,
                      cases[i].flow, got, cases[i].expected);
    }
}

#define WEB  "192.0.2.1 > 10.0.0.1 tcp/8080"
#define WEB6 "2001:db8::1 > fd00::1 tcp/8080"
#define DNS  "192.0.2.1 > 10.0.0.1 udp/53"
#define PING "192.0.2.1 > 10.0.0.1 icmp/8"

START_TEST(protocols_and_families)
{
    static const struct rule_case cases[] = {
        {"{action: Allow}", WEB, "allow"},
        {"{action: Deny}", WEB6, "deny"},
        {"{action: Allow, protocol: TCP}", WEB6, "allow"},
        {"{action: Allow, protocol: UDP}", WEB, "tcp/8080 is not udp"},
        {"{action: Allow, protocol: 6}", WEB, "allow"},
        {"{action: Allow, protocol: 47}", WEB, "tcp/8080 is not protocol 47"},
        {"{action: Allow, notProtocol: TCP}", WEB, "the rule is for all but tcp"},
        {"{action: Allow, notProtocol: TCP}", DNS, "allow"},
        {"{action: Allow, ipVersion: 6}", WEB, "it is for IPv6 only"},
        {"{action: Allow, ipVersion: 4}", WEB6, "it is for IPv4 only"},
        {"{action: Allow, protocol: ICMP}", PING, "allow"},
        {"{action: Allow, protocol: ICMP, icmp: {type: 8}}", PING, "allow"},
        {"{action: Allow, protocol: ICMP, icmp: {type: 8, code: 1}}", PING,
         "icmp type 8 code 0 is not type 8 code 1"},
        {"{action: Allow, protocol: ICMP, notICMP: {type: 8, code: 1}}", PING, "allow"},
        {"{action: Allow, protocol: ICMP, notICMP: {type: 8, code: 0}}", PING,
         "the rule is for all but type 8 code 0"},
        {"{action: Allow, protocol: ICMP, notICMP: {type: 8}}", PING,
         "the rule is for all but type 8"},
    };
    check_rules(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(ports)
{
    static const struct rule_case cases[] = {
        {"{action: Allow, protocol: TCP, destination: {ports: [80, '8000:8999']}}", WEB, "allow"},
        {"{action: Allow, protocol: TCP, destination: {ports: [80, '90:99']}}", WEB,
         "tcp/8080 is not tcp/80, 90:99"},
        {"{action: Allow, protocol: TCP, destination: {ports: [1, 3, 5, 7, 9]}}", WEB,
         "tcp/8080 is not tcp/1, 3, 5 (+2 more)"},
        {"{action: Allow, protocol: TCP, destination: {notPorts: [8080]}}", WEB,
         "destination port 8080 is one of notPorts 8080"},
        {"{action: Allow, protocol: TCP, source: {ports: [1000]}}",
         "192.0.2.1 > 10.0.0.1 tcp/80 sport=1000", "allow"},
        {"{action: Allow, protocol: TCP, source: {ports: [1000]}}",
         "192.0.2.1 > 10.0.0.1 tcp/80 sport=1001", "source port 1001 is not 1000"},
        {"{action: Allow, protocol: TCP, destination: {ports: [http]}}", WEB, "allow"},
        {"{action: Allow, protocol: TCP, destination: {ports: [80, http]}}", WEB, "allow"},
        {"{action: Allow, destination: {ports: [http]}}", WEB6, "allow"},
        {"{action: Allow, protocol: UDP, destination: {ports: [http]}}",
         "192.0.2.1 > 10.0.0.1 udp/8080", "no endpoint has port http/UDP"},
        {"{action: Allow, protocol: TCP, destination: {notPorts: [http]}}",
         "192.0.2.1 > 10.0.0.1 tcp/8081", "allow"},
    };
    check_rules(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(addresses)
{
    static const struct rule_case cases[] = {
        {"{action: Allow, source: {nets: [192.0.2.0/24]}}", WEB, "allow"},
        {"{action: Allow, source: {nets: [198.51.100.0/24, 203.0.113.7/32]}}", WEB,
         "source 192.0.2.1 is not in 198.51.100.0/24, 203.0.113.7/32"},
        {"{action: Allow, source: {nets: [192.0.2.0/24]}}", WEB6, "it is for IPv4 only"},
        {"{action: Allow, source: {notNets: [192.0.2.0/30]}}", WEB,
         "source 192.0.2.1 is in notNets 192.0.2.0/30"},
        {"{action: Allow, source: {notNets: [10.0.0.0/8]}}", WEB6, "it is for IPv4 only"}, // 68
        {"{action: Allow, source: {selector: set == 's'}}", WEB6, "allow"},
        {"{action: Allow, source: {selector: set == 's', nets: [198.51.100.0/24]}}", WEB,
         "source 192.0.2.1 is not in 198.51.100.0/24"}, // 70
        {"{action: Allow, source: {selector: set == 'x'}}", WEB,
         "source is not set == \"x\" in namespace a"},
        {"{action: Allow, source: {selector: has(set), notSelector: set == 's'}}", WEB,
         "source is not has(set) && !set == \"s\" in namespace a"},
    };
    check_rules(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(sets_are_named)
{
    ck_assert_str_eq(
        rule_of("GlobalNetworkPolicy", "{action: Allow, source: {notSelector: set == 's'}}", WEB),
        "source is set == \"s\", which the rule excludes");
    ck_assert_str_eq(rule_of("GlobalNetworkPolicy",
                             "{action: Allow, source: {notSelector: set == 's'}}",
                             "198.51.100.1 > 10.0.0.1 tcp/80"),
                     "allow");
    ck_assert_ptr_nonnull(
        strstr(rule_on("{action: Allow, protocol: TCP, destination: {ports: [http]}}",
                       "192.0.2.1 > 10.0.0.1 tcp/81"),
               "destination port 81 is not "));
    ck_assert_ptr_nonnull(
        strstr(rule_on("{action: Allow, protocol: TCP, destination: {notPorts: [http]}}", WEB),
               "notPorts"));
}
END_TEST

UNIT_TESTS("flow: match", protocols_and_families, ports, addresses, sets_are_named)
