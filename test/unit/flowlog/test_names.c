// SPDX-License-Identifier: GPL-2.0-or-later
// What flow logs call an address (catalogue 155, 156, 157).
#include "plan/plan_helper.h"

#include <polc/flowlog.h>

#include "unit.h"

static const char *name_in(const struct plan *plan, const char *text, const char *other_ns)
{
    struct ip_addr addr;
    ck_assert_int_eq(ip_addr_parse(text, strlen(text), &addr), ADDR_OK);
    struct flowlog_name name = flowlog_name_address(flowlog_names_new(arena, plan), addr, other_ns);
    return arena_printf(arena, "%s %s/%s %s", name.type, name.ns, name.name, name.aggregate);
}

START_TEST(outside_is_private_or_public)
{
    static const struct {
        const char *addr, *name;
    } cases[] = {
        {"100.64.0.1", "net -/- pub"},  {"127.0.0.1", "net -/- pub"},   {"fd00::1", "net -/- pub"},
        {"172.31.0.1", "net -/- pvt"},  {"172.32.0.1", "net -/- pub"},  {"10.1.2.3", "net -/- pvt"},
        {"192.168.1.1", "net -/- pvt"}, {"192.169.1.1", "net -/- pub"},
    };
    struct plan *plan = plan_of(workload("a", "w", "", "10.0.0.1/32", ""), NULL);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_str_eq(name_in(plan, cases[i].addr, NULL), cases[i].name);
    }
    ck_assert_str_eq(name_in(plan, "10.0.0.1", NULL), "wep a/w w");
}
END_TEST

static const char *pod(const char *more)
{
    return arena_printf(arena,
                        "{apiVersion: v1, kind: Pod, metadata: {name: nginx-5-x, namespace: a%s},"
                        " spec: {nodeName: n1}, status: {phase: Running, podIP: 10.0.0.1}}\n---\n",
                        more);
}

START_TEST(pods_aggregate_by_what_made_them)
{
    const char *made = pod(", generateName: nginx-5-");
    struct plan *plan = plan_of(made, NULL);
    ck_assert_str_eq(name_in(plan, "10.0.0.1", NULL), "wep a/nginx-5-x nginx-5-*");
    plan = plan_of(pod(""), NULL);
    ck_assert_str_eq(name_in(plan, "10.0.0.1", NULL), "wep a/nginx-5-x nginx-5-x");
}
END_TEST

START_TEST(hosts_aggregate_by_node)
{
    struct plan *plan = plan_of(thing("HostEndpoint", "", "h", "",
                                      "node: n1, interfaceName: eth0, expectedIPs: [192.0.2.1]"),
                                NULL);
    ck_assert_str_eq(name_in(plan, "192.0.2.1", NULL), "hep -/h n1");
}
END_TEST

START_TEST(sets_of_the_other_end_go_first)
{
    struct plan *plan =
        plan_of(join(thing("NetworkSet", "a", "wide", "", "nets: [192.0.2.0/24]"),
                     thing("NetworkSet", "a", "same", "", "nets: [192.0.2.0/24]"),
                     thing("NetworkSet", "b", "narrow", "", "nets: [192.0.2.0/28]"),
                     thing("GlobalNetworkSet", "", "all", "", "nets: [192.0.2.0/26]"), NULL),
                NULL);
    ck_assert_str_eq(name_in(plan, "192.0.2.1", "a"), "ns a/same same");
    ck_assert_str_eq(name_in(plan, "192.0.2.1", "b"), "ns b/narrow narrow");
    ck_assert_str_eq(name_in(plan, "192.0.2.1", "c"), "ns -/all all");
    ck_assert_str_eq(name_in(plan, "192.0.2.1", NULL), "ns -/all all");
    ck_assert_str_eq(name_in(plan, "192.0.2.99", "b"), "ns a/same same");
}
END_TEST

START_TEST(the_first_endpoint_names_a_shared_address)
{
    struct plan *plan = plan_of(
        join(workload("a", "second", "", "10.0.0.1/32", ""),
             workload("a", "first", "", "10.0.0.1/32", ""),
             thing("HostEndpoint", "", "h", "", "node: n1, expectedIPs: [10.0.0.1, 192.0.2.9]"),
             NULL),
        "n1");
    ck_assert_str_eq(name_in(plan, "10.0.0.1", NULL), "wep a/first first");
    ck_assert_str_eq(name_in(plan, "192.0.2.9", NULL), "hep -/h n1");
}
END_TEST

START_TEST(endpoints_of_other_nodes_have_names_too)
{
    struct plan *plan = plan_of(workload("a", "w", "", "10.0.0.1/32", ""), "n2");
    ck_assert_uint_eq(plan->endpoints.count, 0);
    ck_assert_str_eq(name_in(plan, "10.0.0.1", NULL), "wep a/w w");
}
END_TEST

START_TEST(sets_of_ipv6_and_of_everything)
{
    struct plan *plan =
        plan_of(join(thing("GlobalNetworkSet", "", "all", "", "nets: [\"::/0\", 0.0.0.0/0]"),
                     thing("GlobalNetworkSet", "", "one", "", "nets: [\"2001:db8::1\"]"), NULL),
                NULL);
    ck_assert_str_eq(name_in(plan, "2001:db8::1", NULL), "ns -/one one");
    ck_assert_str_eq(name_in(plan, "2001:db8::2", NULL), "ns -/all all");
    ck_assert_str_eq(name_in(plan, "10.0.0.1", NULL), "ns -/all all");
    ck_assert_str_eq(name_in(NULL, "2001:db8::2", NULL), "net -/- pub");
}
END_TEST

static const char *address_of(const struct plan *plan, const char *ns, const char *name)
{
    const struct ip_addr *addresses;
    char buffer[IP_TEXT_MAX];
    struct flowlog_names *names = flowlog_names_new(arena, plan);
    size_t count = flowlog_find_addresses(names, ns, name, &addresses);
    ck_assert_uint_eq(flowlog_find_addresses(names, ns, name, &addresses), count);
    return count > 0 ? arena_strdup(arena, ip_addr_text(addresses[0], buffer)) : "none";
}

START_TEST(names_lead_to_addresses)
{
    struct plan *plan =
        plan_of(join(pod(", generateName: nginx-5-"), workload("a", "web-0", "", "10.0.0.2/32", ""),
                     workload("b", "web-1", "", "10.0.0.3/32", ""),
                     thing("HostEndpoint", "", "h", "", "node: n1, expectedIPs: [192.0.2.1]"),
                     thing("HostEndpoint", "", "bare", "", "node: n1, interfaceName: eth0"), NULL),
                NULL);
    ck_assert_str_eq(address_of(plan, "a", "nginx-5-x"), "10.0.0.1");
    ck_assert_str_eq(address_of(plan, "a", "nginx-5-*"), "10.0.0.1");
    ck_assert_str_eq(address_of(plan, "b", "web-*"), "10.0.0.3");
    ck_assert_str_eq(address_of(plan, "b", "web-0"), "none");
    ck_assert_str_eq(address_of(plan, "c", "web-*"), "none");
    ck_assert_str_eq(address_of(plan, NULL, "h"), "192.0.2.1");
    ck_assert_str_eq(address_of(plan, NULL, "n1"), "192.0.2.1");
    ck_assert_str_eq(address_of(plan, NULL, "bare"), "none");
}
END_TEST

static const char *service_at(const struct plan *plan, const char *text, uint8_t protocol,
                              uint16_t port)
{
    struct ip_addr addr;
    ck_assert_int_eq(ip_addr_parse(text, strlen(text), &addr), ADDR_OK);
    struct flowlog_service service =
        flowlog_find_service(flowlog_names_new(arena, plan), addr, protocol, port);
    return service.name != NULL ? arena_printf(arena, "%s/%s", service.ns, service.name) : "none";
}

static const char *slice(const char *service, const char *port, const char *addresses)
{
    return arena_printf(
        arena,
        "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: %s-1, namespace: a, labels: "
        "{kubernetes.io/service-name: %s}}, addressType: IPv4, ports: [{port: %s, protocol: TCP}], "
        "endpoints: [{addresses: [%s], conditions: {ready: true}}]}\n---\n",
        service, service, port, addresses);
}

START_TEST(backends_have_services)
{
    struct plan *plan =
        plan_of(join(slice("web", "8080", "10.0.0.1"), slice("db", "5432", "10.0.0.2"),
                     slice("replica", "5432", "10.0.0.2"), NULL),
                NULL);
    struct plan_origin origin = {0};
    struct plan_bytes bytes = plan_encode(arena, plan, &origin);
    for (int pass = 0; pass < 2; pass++) { // as it was built, and as it is kept
        ck_assert_str_eq(service_at(plan, "10.0.0.1", PROTO_TCP, 8080), "a/web");
        ck_assert_str_eq(service_at(plan, "10.0.0.1", PROTO_UDP, 8080), "none");
        ck_assert_str_eq(service_at(plan, "10.0.0.1", PROTO_TCP, 80), "none");
        ck_assert_str_eq(service_at(plan, "10.0.0.3", PROTO_TCP, 8080), "none");
        ck_assert_str_eq(service_at(plan, "10.0.0.2", PROTO_TCP, 5432), "*/*");
        ck_assert_ptr_null(plan_decode(arena, bytes.data, bytes.size, &plan, &origin));
    }
}
END_TEST

UNIT_TESTS("flowlog: names", backends_have_services, outside_is_private_or_public,
           pods_aggregate_by_what_made_them, hosts_aggregate_by_node,
           sets_of_the_other_end_go_first, the_first_endpoint_names_a_shared_address,
           endpoints_of_other_nodes_have_names_too, sets_of_ipv6_and_of_everything,
           names_lead_to_addresses)
