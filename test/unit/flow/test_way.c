// SPDX-License-Identifier: GPL-2.0-or-later
// Which stages of which endpoints judge a flow between workloads, and what is decided without rules (semantics.md 5.3,
// 5.4, 6.6).
#include "flow/flow_helper.h"

#include "unit.h"

static const char open_profile[] =
    "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: open},"
    " spec: {ingress: [{action: Allow}], egress: [{action: Allow}]}}\n---\n";

static const char *endpoint(const char *name, const char *node, const char *interface,
                            const char *addresses)
{
    return thing("WorkloadEndpoint", "x", name, "",
                 arena_printf(arena, "node: %s, profiles: [open], ipNetworks: [%s]%s%s", node,
                              addresses, interface[0] != '\0' ? ", interfaceName: " : "",
                              interface));
}

// a and b on n1, c on n2; n1 has the addresses 10.0.0.254 and 192.0.2.1, n2 has 192.0.2.2.
static struct plan *plan_with(const char *more)
{
    struct plan *plan = plan_of(join(open_profile,
                                     thing("WorkloadEndpoint", "x", "a", "",
                                           "node: n1, interfaceName: cali1, profiles: [open],"
                                           " ipNetworks: [10.0.0.1/32, \"fd00::1/128\"],"
                                           " allowSpoofedSourcePrefixes: [10.9.0.0/16]"),
                                     endpoint("b", "n1", "cali2", "10.0.0.2/32, \"fd00::2/128\""),
                                     endpoint("c", "n2", "cali1", "10.0.0.3/32"), more, NULL),
                                NULL);
    add_interface(plan, "n1", "br0", -1, "10.0.0.254/24");
    add_interface(plan, "n1", "eth0", -1, "192.0.2.1/24 fd01::1/64");
    add_interface(plan, "n1", "lo", -1, "127.0.0.1/8 10.99.0.1/32")->loopback = true;
    add_interface(plan, "n2", "eth0", -1, "192.0.2.2/24");
    return plan;
}

START_TEST(both_ends_judge)
{
    static const struct flow_case cases[] = {
        {"10.0.0.1 > 10.0.0.2 tcp/80", "a out allow rule; b in allow rule"},
        {"10.0.0.1 > 10.0.0.3 tcp/80", "a out allow rule; c in allow rule"},
        {"10.0.0.1 > 198.51.100.1 tcp/80", "a out allow rule"},
        {"198.51.100.1 > 10.0.0.2 tcp/80", "b in allow rule"},
        {"198.51.100.1 > 203.0.113.1 tcp/80", ""},
    };
    check_stages(plan_with(""), cases, ARRAY_COUNT(cases));
}
END_TEST

// Catalogue 103, 158: a trace shows the other end of what is denied at the source.
START_TEST(a_trace_goes_on_behind_a_deny)
{
    struct plan *plan = plan_with(
        thing("NetworkPolicy", "x", "p", "", "selector: all(), types: [Egress], egress: []"));
    static const struct flow_case cases[] = {
        {"10.0.0.1 > 10.0.0.2 tcp/80", "a out deny tier-end; b in allow rule"},
    };
    check_stages(plan, cases, ARRAY_COUNT(cases));
    ck_assert_str_eq(verdict_of_flow(plan, cases[0].flow), "deny tier-end");
}
END_TEST

START_TEST(a_host_and_its_workloads)
{
    static const struct flow_case cases[] = {
        {"10.0.0.254 > 10.0.0.2 tcp/80", "allow local"}, // 104
        {"192.0.2.1 > 10.0.0.254 tcp/80", "allow local"},
        {"127.0.0.1 > 127.0.0.1 tcp/80", "allow local"},
        {"192.0.2.1 > 10.0.0.3 tcp/80", "allow rule"},
        {"10.0.0.1 > 10.0.0.254 tcp/80", "deny host-action"}, // 105
        {"10.0.0.1 > 192.0.2.1 tcp/80", "deny host-action"},
        {"10.0.0.1 > 10.99.0.1 tcp/80", "deny host-action"}, // on lo, but no loopback address
        {"10.0.0.1 > 192.0.2.2 tcp/80", "allow rule"}, // another host, without a host endpoint
        {"10.0.0.1 > 224.0.0.5 udp/80", "deny host-action"},
    };
    check_flows(plan_with(""), cases, ARRAY_COUNT(cases));
    struct plan *plan = plan_with(
        thing("FelixConfiguration", "", "default", "", "defaultEndpointToHostAction: Accept"));
    ck_assert_str_eq(verdict_of_flow(plan, "10.0.0.1 > 10.0.0.254 tcp/80"), "allow host-action");
}
END_TEST

START_TEST(what_a_guest_needs_of_its_host_passes)
{
    static const struct flow_case cases[] = {
        {"0.0.0.0 > 255.255.255.255 udp/67 sport=68 in=cali1", "allow discovery"},
        {"10.0.0.1 > 10.0.0.254 udp/67 sport=68", "allow discovery"},
        {"10.9.0.1 > 10.0.0.254 udp/67 sport=68 in=cali1", "deny host-action"},
        {"10.0.0.2 > 10.0.0.254 udp/67 sport=68 in=cali1", "deny spoof"},
        {"fe80::1 > ff02::1:2 udp/547 sport=546 in=cali1", "allow discovery"},
        {"fe80::1 > ff02::1:2 udp/548 sport=546 in=cali1", "deny spoof"},
        {"fe80::1 > fe80::2 icmp6/135 in=cali1", "allow discovery"},
        {"fe80::1 > ff02::16 icmp6/143 in=cali1", "allow discovery"},
        {"fe80::1 > fe80::2 icmp6/128 in=cali1", "deny spoof"},
        {"fd00::1 > fd00::2 icmp6/135", "allow rule"}, // forwarded: policy decides
    };
    check_flows(plan_with(""), cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(sources_are_checked_on_workload_interfaces)
{
    static const struct flow_case cases[] = {
        {"10.0.0.1 > 10.0.0.3 tcp/80 in=cali1", "a out allow rule; c in allow rule"},
        {"10.9.0.1 > 10.0.0.2 tcp/80 in=cali1", "a out allow rule; b in allow rule"},
        {"10.0.0.2 > 10.0.0.3 tcp/80 in=cali1", "a out deny spoof"},
    };
    struct plan *plan = plan_with("");
    check_stages(plan, cases, ARRAY_COUNT(cases));
    ck_assert_str_eq(verdict_of_flow(plan, "10.0.0.1 > 10.0.0.2 tcp/80 in=cali9"), "deny spoof");
    // Through another interface it is a foreign packet: no egress policy of a.
    ck_assert_str_eq(stages_of_flow(plan, "10.0.0.1 > 10.0.0.2 tcp/80 in=eth0"), "b in allow rule");
}
END_TEST

// One node: an address behind a workload's interface must be that of a workload.
START_TEST(destinations_are_checked_on_workload_interfaces)
{
    struct plan *plan =
        plan_of(join(open_profile, endpoint("a", "n1", "cali1", "10.0.0.1/32"), NULL), "n1");
    static const struct flow_case cases[] = {
        {"198.51.100.1 > 10.0.0.9 tcp/80 out=cali1", "deny no-workload"},
        {"198.51.100.1 > 10.0.0.9 tcp/80 out=cali7", "deny no-workload"},
        {"10.0.0.1 > 10.0.0.9 tcp/80 out=cali7", "deny no-workload"},
        {"198.51.100.1 > 10.0.0.9 tcp/80 out=eth0", "allow nothing"},
        {"198.51.100.1 > 10.0.0.1 tcp/80 out=cali1", "allow rule"},
    };
    check_flows(plan, cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(an_address_of_two_endpoints_is_found_by_the_interface)
{
    struct plan *plan = plan_of(join(open_profile, endpoint("a", "n1", "cali1", "10.0.0.1/32"),
                                     endpoint("b", "n1", "cali2", "10.0.0.1/32"), NULL),
                                "n1");
    static const struct flow_case cases[] = {
        {"10.0.0.1 > 198.51.100.1 tcp/80 in=cali2", "b out allow rule"},
        {"198.51.100.1 > 10.0.0.1 tcp/80 out=cali2", "b in allow rule"},
        {"198.51.100.1 > 10.0.0.1 tcp/80", "a in allow rule"},
    };
    check_stages(plan, cases, ARRAY_COUNT(cases));
}
END_TEST

// Catalogue 108.
START_TEST(tunnels_are_dropped_before_policy)
{
    static const struct flow_case cases[] = {
        {"10.0.0.1 > 198.51.100.1 udp/4789", "deny tunnel"},
        {"10.0.0.1 > 198.51.100.1 ipip", "deny tunnel"},
        {"198.51.100.1 > 10.0.0.1 udp/4789", "allow rule"},
        {"10.0.0.1 > 198.51.100.1 udp/4790", "allow rule"},
    };
    check_flows(plan_with(""), cases, ARRAY_COUNT(cases));
    struct plan *plan = plan_with(
        thing("FelixConfiguration", "", "default", "",
              "allowVXLANPacketsFromWorkloads: true, allowIPIPPacketsFromWorkloads: true"));
    ck_assert_str_eq(verdict_of_flow(plan, cases[0].flow), "allow rule");
    ck_assert_str_eq(verdict_of_flow(plan, cases[1].flow), "allow rule");
}
END_TEST

// Neighbour discovery between two ports of one bridge crosses the forward hook.
START_TEST(bridge_ports_find_each_other)
{
    struct plan *plan = plan_with(
        thing("NetworkPolicy", "x", "p", "", "selector: all(), types: [Ingress], ingress: []"));
    for (size_t i = 0; i < 2; i++) {
        plan->endpoints.items[i].port = plan->endpoints.items[i].interface;
        plan->endpoints.items[i].interface = plan->endpoints.items[i].bridge = "br0";
    }
    static const struct flow_case cases[] = {
        {"fd00::1 > fd00::2 icmp6/135", "allow discovery"},
        {"fd00::1 > fd00::77 icmp6/135 in=br0 out=br0", "allow discovery"}, // whoever is there
        {"fe80::9 > fd00::2 icmp6/136 in=br0 out=br0", "allow discovery"},
        {"fd00::1 > fd00::2 icmp6/128", "deny tier-end"},
        {"fd00::1 > fd00::2 icmp6/128 in=cali1", "deny tier-end"},
    };
    check_flows(plan, cases, ARRAY_COUNT(cases));
}
END_TEST

UNIT_TESTS("flow: way", both_ends_judge, a_trace_goes_on_behind_a_deny, a_host_and_its_workloads,
           what_a_guest_needs_of_its_host_passes, sources_are_checked_on_workload_interfaces,
           destinations_are_checked_on_workload_interfaces,
           an_address_of_two_endpoints_is_found_by_the_interface, tunnels_are_dropped_before_policy,
           bridge_ports_find_each_other)
