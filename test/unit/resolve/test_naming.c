// SPDX-License-Identifier: GPL-2.0-or-later
// What flow logs call an address (catalogue 155, 156, 157).
#include "resolve/model_helper.h"

#include "unit.h"

static const char *name_in(const struct model *model, const char *text, const char *other_ns)
{
    struct ip_addr addr;
    ck_assert_int_eq(ip_addr_parse(text, strlen(text), &addr), ADDR_OK);
    struct model_name name = model_name_address(arena, model, addr, other_ns);
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
    struct model *model = model_of(workload("a", "w", "", "10.0.0.1/32", ""), NULL);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_str_eq(name_in(model, cases[i].addr, NULL), cases[i].name);
    }
    ck_assert_str_eq(name_in(model, "10.0.0.1", NULL), "wep a/w w");
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
    struct model *model = model_of(made, NULL);
    ck_assert_str_eq(name_in(model, "10.0.0.1", NULL), "wep a/nginx-5-x nginx-5-*");
    model = model_of(pod(""), NULL);
    ck_assert_str_eq(name_in(model, "10.0.0.1", NULL), "wep a/nginx-5-x nginx-5-x");
}
END_TEST

START_TEST(hosts_aggregate_by_node)
{
    struct model *model = model_of(thing("HostEndpoint", "", "h", "",
                                         "node: n1, interfaceName: eth0, expectedIPs: [192.0.2.1]"),
                                   NULL);
    ck_assert_str_eq(name_in(model, "192.0.2.1", NULL), "hep -/h n1");
}
END_TEST

START_TEST(sets_of_the_other_end_go_first)
{
    struct model *model =
        model_of(join(thing("NetworkSet", "a", "wide", "", "nets: [192.0.2.0/24]"),
                      thing("NetworkSet", "a", "same", "", "nets: [192.0.2.0/24]"),
                      thing("NetworkSet", "b", "narrow", "", "nets: [192.0.2.0/28]"),
                      thing("GlobalNetworkSet", "", "all", "", "nets: [192.0.2.0/26]"), NULL),
                 NULL);
    ck_assert_str_eq(name_in(model, "192.0.2.1", "a"), "ns a/same same");
    ck_assert_str_eq(name_in(model, "192.0.2.1", "b"), "ns b/narrow narrow");
    ck_assert_str_eq(name_in(model, "192.0.2.1", "c"), "ns -/all all");
    ck_assert_str_eq(name_in(model, "192.0.2.1", NULL), "ns -/all all");
    ck_assert_str_eq(name_in(model, "192.0.2.99", "b"), "ns a/same same");
}
END_TEST

UNIT_TESTS("resolve: naming", outside_is_private_or_public, pods_aggregate_by_what_made_them,
           hosts_aggregate_by_node, sets_of_the_other_end_go_first)
