// SPDX-License-Identifier: GPL-2.0-or-later
// Host endpoints: what they need, what they name, what is suspicious (semantics.md 1.8; catalogue 44, 132).
#include "val_helper.h"

static const char *host(const char *metadata, const char *spec)
{
    return object("HostEndpoint", metadata, arena_printf(arena, "  {%s}", spec));
}

START_TEST(needs_node_and_interface) // 132
{
    check(host("", "node: n1, interfaceName: eth0"));
    EXPECT_CODES("");
    check(host("", "node: n1, expectedIPs: [10.0.0.1]"));
    EXPECT_CODES("");
    check(host("", "interfaceName: eth0"));
    EXPECT_CODES("P025");
    check(host("", "node: \"\", interfaceName: eth0"));
    EXPECT_CODES("P025");
    check(host("", "node: n1"));
    EXPECT_CODES("P025");
    check(host("", "node: n1, expectedIPs: [], interfaceName: \"\""));
    EXPECT_CODES("P025");
    // What is there but wrong is not missing.
    check(host("", "node: n1, interfaceName: \"a b\""));
    EXPECT_CODES("P061");
    check(host("", "node: n1, expectedIPs: [a]"));
    EXPECT_CODES("P040");
}
END_TEST

START_TEST(node_names_are_safe_to_paste)
{
    check(host("", "node: Web_01.example, interfaceName: eth0"));
    EXPECT_CODES("");
    const char *bad[] = {"x; reboot", "-x", "../x", "$(reboot)", "a\\nb", "\\e[31m"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        check(host("", arena_printf(arena, "node: \"%s\", interfaceName: eth0", bad[i])));
        EXPECT_CODES("P011");
    }
}
END_TEST

START_TEST(loopback_is_of_no_workload)
{
    check(object("WorkloadEndpoint", "",
                 "  {node: n1, interfaceName: lo0, ipNetworks: [10.0.0.1/32]}"));
    EXPECT_CODES("");
    check(object("WorkloadEndpoint", "",
                 "  {node: n1, interfaceName: lo, ipNetworks: [10.0.0.1/32]}"));
    EXPECT_CODES("P061");
    check("apiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata: {name: default}\n"
          "spec: {interfacePrefix: \"cali,lo\"}\n");
    EXPECT_CODES("P025");
}
END_TEST

START_TEST(claims_a_namespace) // 44
{
    check(host("labels: {projectcalico.org/namespace: ns1}", "node: n1, interfaceName: eth0"));
    EXPECT_CODES("W040");
    ck_assert_ptr_nonnull(strstr(printed(false), "NetworkPolicies of namespace \"ns1\" select it"));
    check(host("labels: {pcns.env: prod}", "node: n1, interfaceName: eth0"));
    EXPECT_CODES("");
}
END_TEST

START_TEST(names_profiles)
{
    check(host("", "node: n1, interfaceName: eth0, profiles: [projectcalico-default-allow]"));
    EXPECT_CODES("");
    check(host("", "node: n1, interfaceName: eth0, profiles: [nowhere, nowhere]"));
    EXPECT_CODES("W001");
    ck_assert_ptr_nonnull(strstr(printed(false), "named by HostEndpoint x"));
}
END_TEST

START_TEST(is_there_once)
{
    const char *text = host("", "node: n1, interfaceName: eth0");
    check(arena_printf(arena, "%s%s", text, text));
    EXPECT_CODES("P005");
}
END_TEST

UNIT_TESTS("validate/host", needs_node_and_interface, node_names_are_safe_to_paste,
           loopback_is_of_no_workload, claims_a_namespace, names_profiles, is_there_once)
