// SPDX-License-Identifier: GPL-2.0-or-later
// Stages of host endpoints: which are asked, in which order, and what takes which out (semantics.md 6).
#include "flow/flow_helper.h"

#include "unit.h"

static const char open_profile[] =
    "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: open},"
    " spec: {ingress: [{action: Allow}], egress: [{action: Allow}]}}\n---\n";

// A policy with rules both ways, in the plan because it selects the workload "z" alone.
static const char *rules(const char *name, const char *ingress)
{
    return thing(
        "GlobalNetworkPolicy", "", name, "",
        arena_printf(arena, "selector: z == '1', ingress: [%s], egress: [%s]", ingress, ingress));
}

// Workload w (10.0.0.1) on n1, which has eth0 192.0.2.1/24 and eth1 198.51.100.1/24 and policies to choose from.
static struct plan *plan_with(const char *more)
{
    struct plan *plan = plan_of(
        join(open_profile,
             thing("WorkloadEndpoint", "x", "w", "",
                   "node: n1, interfaceName: cali1, profiles: [open], ipNetworks: [10.0.0.1/32]"),
             thing("WorkloadEndpoint", "x", "z", "z: \"1\"",
                   "node: n1, interfaceName: caliz, profiles: [open], ipNetworks: [10.0.0.99/32]"),
             rules("allow", "{action: Allow}"), rules("deny", "{action: Deny}"),
             rules("web", "{action: Allow, protocol: TCP, destination: {ports: [80]}}"),
             rules("no-web", "{action: Deny, protocol: TCP, destination: {ports: [80]}}"), more,
             NULL),
        "n1");
    plan->interfaces.count = 0; // only those of the test
    add_interface(plan, NULL, "eth0", -1, "192.0.2.1/24");
    add_interface(plan, NULL, "eth1", -1, "198.51.100.1/24");
    return plan;
}

// The same with a host endpoint for eth0, without policies.
static struct plan *plan_with_eth0(struct plan_host **ret)
{
    struct plan *plan = plan_with("");
    *ret = add_host(plan, "h", "n1", "eth0");
    plan->interfaces.items[0].host = 0;
    return plan;
}

#define IN      "192.0.2.9 > 192.0.2.1 tcp/80" // by eth0 to the host
#define OUT     "192.0.2.1 > 192.0.2.9 tcp/80" // from the host by eth0
#define TO_W    "192.0.2.9 > 10.0.0.1 tcp/80"  // by eth0 to w
#define FROM_W  "10.0.0.1 > 192.0.2.9 tcp/80"  // from w by eth0
#define BY_ETH1 "198.51.100.9 > 198.51.100.1 tcp/80"

// Catalogue 116.
START_TEST(a_host_endpoint_without_policy_closes_its_host)
{
    struct plan_host *host;
    struct plan *plan = plan_with_eth0(&host);
    static const struct flow_case cases[] = {
        {IN, "h in deny no-profile"},
        {OUT, "h out deny no-profile"},
        {TO_W, "w in allow rule"},
        {FROM_W, "w out allow rule"},
        {BY_ETH1, ""},
        // What is never forwarded is for the host itself.
        {"192.0.2.9 > 224.0.0.5 udp/80 in=eth0", "h in deny no-profile"},
        {"192.0.2.1 > 224.0.0.5 udp/80 out=eth0", "h out deny no-profile"},
    };
    check_stages(plan, cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(normal_policy_judges_what_the_host_says_and_hears)
{
    struct plan_host *host;
    struct plan *plan = plan_with_eth0(&host);
    host_policies(plan, host, PLAN_NORMAL, PLAN_IN, "gnp/web");
    host_policies(plan, host, PLAN_NORMAL, PLAN_OUT, "gnp/no-web");
    static const struct flow_case cases[] = {
        {IN, "allow rule"},
        {"192.0.2.9 > 192.0.2.1 tcp/81", "deny tier-end"},
        {OUT, "deny rule"},
        {FROM_W, "allow rule"},
        {"192.0.2.1 > 192.0.2.1 tcp/81", "allow local"},
    };
    check_flows(plan, cases, ARRAY_COUNT(cases));
}
END_TEST

// Catalogue 130: a direction without forward policy is not judged.
START_TEST(forward_policy_adds_to_that_of_workloads)
{
    struct plan_host *host;
    struct plan *plan = plan_with_eth0(&host);
    host_policies(plan, host, PLAN_FORWARD, PLAN_IN, "gnp/no-web");
    static const struct flow_case cases[] = {
        {TO_W, "h forward in deny rule; w in allow rule"},
        {"192.0.2.9 > 10.0.0.1 tcp/81", "h forward in deny tier-end; w in allow rule"},
        {FROM_W, "w out allow rule"},
        {"192.0.2.9 > 198.51.100.9 tcp/80", "h forward in deny rule"}, // transit
    };
    check_stages(plan, cases, ARRAY_COUNT(cases));
}
END_TEST

// Catalogue 124 to 127.
START_TEST(prednat_policy_comes_first)
{
    struct plan_host *host;
    struct plan *plan = plan_with_eth0(&host);
    host_policies(plan, host, PLAN_PREDNAT, PLAN_IN, "gnp/web");
    host_policies(plan, host, PLAN_FORWARD, PLAN_IN, "gnp/deny");
    host_policies(plan, host, PLAN_FORWARD, PLAN_OUT, "gnp/deny");
    static const struct flow_case cases[] = {
        {IN, "h prednat in allow rule; h in allow earlier"},
        {"192.0.2.9 > 192.0.2.1 tcp/81", "h prednat in allow fall-through; h in deny no-profile"},
        {TO_W, "h prednat in allow rule; h forward in allow earlier; w in allow rule"},
        {FROM_W, "w out allow rule; h forward out deny rule"},
    };
    check_stages(plan, cases, ARRAY_COUNT(cases));
    host_policies(plan, host, PLAN_PREDNAT, PLAN_IN, "gnp/no-web");
    ck_assert_str_eq(stages_of_flow(plan, IN), "h prednat in deny rule; h in allow earlier");
    ck_assert_str_eq(verdict_of_flow(plan, IN), "deny rule");
}
END_TEST

// Before the host translates a destination, policy sees what was called; behind that, where it goes.
START_TEST(published_ports)
{
    struct plan_host *host;
    struct plan *plan = plan_with_eth0(&host);
    host_policies(plan, host, PLAN_PREDNAT, PLAN_IN, "gnp/web");
    static const struct flow_case cases[] = {
        {"192.0.2.9 > 10.0.0.1 tcp/80",
         "h prednat in allow rule; h forward in allow earlier; w in allow rule"},
        {"192.0.2.9 > 10.0.0.1 tcp/80 published=192.0.2.1/8080",
         "h prednat in allow fall-through; h forward in deny rule; w in allow rule"},
        {"192.0.2.9 > 10.0.0.1 tcp/81 published=192.0.2.1/80",
         "h prednat in allow rule; h forward in allow earlier; w in allow rule"},
    };
    host_policies(plan, host, PLAN_FORWARD, PLAN_IN, "gnp/deny");
    check_stages(plan, cases, ARRAY_COUNT(cases));
    host_policies(plan, host, PLAN_UNTRACKED, PLAN_IN, "gnp/no-web");
    ck_assert_str_eq(verdict_of_flow(plan, "192.0.2.9 > 10.0.0.1 tcp/81 published=192.0.2.1/80"),
                     "deny rule");
}
END_TEST

// Catalogue 129.
START_TEST(untracked_policy_takes_out_the_others)
{
    struct plan_host *host;
    struct plan *plan = plan_with_eth0(&host);
    host_policies(plan, host, PLAN_UNTRACKED, PLAN_IN, "gnp/web");
    host_policies(plan, host, PLAN_UNTRACKED, PLAN_OUT, "gnp/web");
    host_policies(plan, host, PLAN_PREDNAT, PLAN_IN, "gnp/deny");
    static const struct flow_case cases[] = {
        {IN, "h untracked in allow rule; h prednat in allow earlier; h in allow earlier"},
        {OUT, "h untracked out allow rule; h out allow earlier"},
        {"192.0.2.1 > 192.0.2.9 tcp/81 sport=80",
         "h untracked out allow fall-through; h out deny no-profile"},
        {FROM_W, "w out allow rule"},
    };
    check_stages(plan, cases, ARRAY_COUNT(cases));
    // It sees the interface, not that a workload is behind it.
    plan = plan_with(thing("WorkloadEndpoint", "x", "plain", "",
                           "node: n1, profiles: [open], ipNetworks: [10.0.0.3/32]"));
    plan->interfaces.items[0].host = 0;
    host_policies(plan, add_host(plan, "h", "n1", "eth0"), PLAN_UNTRACKED, PLAN_OUT, "gnp/no-web");
    ck_assert_str_eq(stages_of_flow(plan, "192.0.2.1 > 10.0.0.3 tcp/80 out=eth0"),
                     "h untracked out deny rule");
    // Nor, when such a workload asks the host for its address.
    host_policies(plan, &plan->hosts.items[0], PLAN_PREDNAT, PLAN_IN, "gnp/deny");
    ck_assert_str_eq(verdict_of_flow(plan, "10.0.0.3 > 192.0.2.1 udp/67 sport=68 in=eth0"),
                     "deny rule");
}
END_TEST

// Catalogue 128.
START_TEST(failsafe_ports_come_before_policy_but_not_when_forwarded)
{
    struct plan_host *host;
    struct plan *plan = plan_with_eth0(&host);
    for (int stage = 0; stage < PLAN_STAGES; stage++) {
        host_policies(plan, host, (enum plan_stage)stage, PLAN_IN, "gnp/deny");
    }
    host_policies(plan, host, PLAN_UNTRACKED, PLAN_OUT, "gnp/deny");
    struct plan_failsafe ssh = {.protocol = PROTO_TCP, .port = 22};
    struct plan_failsafe dns = {.protocol = PROTO_UDP, .port = 53};
    dns.has_net = true;
    ck_assert_int_eq(cidr_parse("192.0.2.0/28", 12, &dns.net), ADDR_OK);
    plan->settings.failsafes[PLAN_IN].count = plan->settings.failsafes[PLAN_OUT].count = 0;
    vec_push(arena, &plan->settings.failsafes[PLAN_IN], ssh);
    vec_push(arena, &plan->settings.failsafes[PLAN_OUT], dns);
    static const struct flow_case cases[] = {
        {"192.0.2.9 > 192.0.2.1 tcp/22",
         "h untracked in allow failsafe; h prednat in allow failsafe; h in allow failsafe"},
        {"192.0.2.9 > 10.0.0.1 tcp/22",
         "h untracked in allow failsafe; h prednat in allow failsafe;"
         " h forward in deny rule; w in allow rule"},
        {"192.0.2.1 > 192.0.2.9 udp/53", "h untracked out allow failsafe; h out allow failsafe"},
        {"192.0.2.1 > 192.0.2.99 udp/53", "h untracked out deny rule; h out allow earlier"},
        {"192.0.2.1 > 192.0.2.9 tcp/5000 sport=22",
         "h untracked out allow failsafe; h out deny no-profile"},
        {"192.0.2.9 > 192.0.2.1 udp/5000 sport=53",
         "h untracked in allow failsafe; h prednat in deny rule; h in allow earlier"},
    };
    check_stages(plan, cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(discovery_passes_every_stage_of_a_host)
{
    struct plan_host *host;
    struct plan *plan = plan_with_eth0(&host);
    static const struct flow_case cases[] = {
        {"fd00::9 > fd00::1 icmp6/135", "allow discovery"},
        {"fd00::9 > fd00::1 icmp6/143", "allow discovery"},
        {"fd00::9 > fd00::1 icmp6/128", "deny no-profile"},
        {"fd00::1 > fd00::9 icmp6/136", "allow discovery"},
    };
    add_interface(plan, NULL, "eth2", 0, "fd00::1/64");
    check_flows(plan, cases, ARRAY_COUNT(cases));
}
END_TEST

// Catalogue 122, 123, 121: "*" stands for every interface that has no other, those of workloads too.
START_TEST(all_interfaces_include_those_of_workloads)
{
    struct plan *plan = plan_with(
        thing("WorkloadEndpoint", "x", "v", "",
              "node: n1, interfaceName: cali2, profiles: [open], ipNetworks: [10.0.0.2/32]"));
    struct plan_host *all = add_host(plan, "all", "n1", "*");
    plan->interfaces.items[0].host = plan->interfaces.items[1].host = 0;
    host_policies(plan, all, PLAN_FORWARD, PLAN_IN, "gnp/allow");
    host_policies(plan, all, PLAN_FORWARD, PLAN_OUT, "gnp/no-web");
    host_policies(plan, all, PLAN_UNTRACKED, PLAN_IN, "gnp/deny");
    static const struct flow_case cases[] = {
        {"10.0.0.1 > 10.0.0.2 udp/1",
         "all forward in allow rule; w out allow rule; v in allow rule; all forward out deny tier-end"},
        {"192.0.2.1 > 10.0.0.1 tcp/80", ""}, // the host to its workload
        {"10.0.0.1 > 192.0.2.1 tcp/80", "w out allow rule; w out deny host-action"},
        {"203.0.113.1 > 203.0.113.2 tcp/80",
         "all forward in allow rule; all forward out deny rule"}, // transit: only "*" exists
    };
    check_stages(plan, cases, ARRAY_COUNT(cases));
    host_policies(plan, all, PLAN_PREDNAT, PLAN_IN, "gnp/deny");
    ck_assert_str_eq(stages_of_flow(plan, "10.0.0.1 > 192.0.2.1 tcp/80"),
                     "all prednat in deny rule; w out allow rule; w out deny host-action");
    // A guest gets its lease, and the host reaches interfaces of workloads whatever is behind them.
    ck_assert_str_eq(verdict_of_flow(plan, "0.0.0.0 > 255.255.255.255 udp/67 sport=68 in=cali1"),
                     "allow discovery");
    ck_assert_str_eq(verdict_of_flow(plan, "192.0.2.1 > 10.0.0.50 tcp/80 out=cali9"),
                     "allow local");
    // The interface of one that is known by its address alone is one of the host's like others.
    ck_assert_str_eq(verdict_of_flow(plan, "10.0.0.1 > 192.0.2.1 udp/67 sport=68"),
                     "allow discovery");
    plan->endpoints.items[1].interface = NULL;
    ck_assert_str_eq(verdict_of_flow(plan, "10.0.0.1 > 192.0.2.1 udp/67 sport=68"), "deny rule");
}
END_TEST

START_TEST(the_interface_is_found_by_addresses)
{
    struct plan *plan = plan_with("");
    add_host(plan, "a", "n1", "eth0");
    add_host(plan, "b", "n1", "eth1");
    plan->interfaces.items[0].host = 0;
    plan->interfaces.items[1].host = 1;
    static const struct flow_case cases[] = {
        {IN, "a in deny no-profile"},
        {BY_ETH1, "b in deny no-profile"},
        {"198.51.100.9 > 192.0.2.1 tcp/80", "b in deny no-profile"}, // connected to eth1
        {"203.0.113.1 > 192.0.2.1 tcp/80", "a in deny no-profile"},  // the address is on eth0
        {"203.0.113.1 > 192.0.2.1 tcp/80 in=eth1", "b in deny no-profile"}, // as given
        {"203.0.113.1 > 192.0.2.1 tcp/80 in=eth7", ""},
        {"203.0.113.1 > 192.0.2.1 tcp/80 in=lo", ""},
    };
    check_stages(plan, cases, ARRAY_COUNT(cases));
    struct flow_trace trace = trace_of(plan, "10.0.0.1 > 203.0.113.1 tcp/80");
    ck_assert(trace.interface_unknown);
    trace = trace_of(plan, "10.0.0.1 > 203.0.113.1 tcp/80 out=eth0");
    ck_assert(!trace.interface_unknown);
}
END_TEST

// Without an inventory the host endpoint tells its addresses itself.
START_TEST(without_interfaces_the_host_endpoints_tell)
{
    struct plan *plan = plan_with("");
    plan->interfaces.count = 0;
    struct plan_host *host = add_host(plan, "a", "n1", "eth0");
    struct ip_addr addr = {IP_V4, {192, 0, 2, 1}};
    host->addresses = &addr;
    host->address_count = 1;
    ck_assert_str_eq(stages_of_flow(plan, "203.0.113.1 > 192.0.2.1 tcp/80"),
                     "a in deny no-profile");
    ck_assert_str_eq(stages_of_flow(plan, "192.0.2.1 > 203.0.113.1 tcp/80"),
                     "a out deny no-profile");
    add_host(plan, "b", "n1", "eth1");
    ck_assert_str_eq(stages_of_flow(plan, "203.0.113.1 > 192.0.2.1 tcp/80"),
                     "a in deny no-profile");
    add_host(plan, "c", "n1", "*");
    ck_assert_str_eq(stages_of_flow(plan, "203.0.113.1 > 192.0.2.1 tcp/80 in=eth5"),
                     "c in deny no-profile");
}
END_TEST

UNIT_TESTS("flow: host", a_host_endpoint_without_policy_closes_its_host,
           normal_policy_judges_what_the_host_says_and_hears,
           forward_policy_adds_to_that_of_workloads, prednat_policy_comes_first, published_ports,
           untracked_policy_takes_out_the_others,
           failsafe_ports_come_before_policy_but_not_when_forwarded,
           discovery_passes_every_stage_of_a_host, all_interfaces_include_those_of_workloads,
           the_interface_is_found_by_addresses, without_interfaces_the_host_endpoints_tell)
