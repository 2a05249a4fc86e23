// SPDX-License-Identifier: GPL-2.0-or-later
// Plan -> ruleset: dispatch to workloads, and what passes or is dropped before policy (semantics.md 5; catalogue 108, 109).
#include "lower.h"
#include "lower_helper.h"

static const char *map_text(const struct nft_ruleset *ruleset, const char *name)
{
    struct strbuf text = {.arena = arena};
    char buffer[IP_TEXT_MAX];
    const struct set *map = set_like(ruleset, name);
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        const struct map_element *element = &map->verdicts[i];
        bool named = map->with_ifname && !element->catch_all;
        strbuf_addf(&text, "%s%s%s%s", i > 0 ? " " : "", named ? element->ifname : "",
                    named ? "." : "",
                    element->catch_all ? "*" : ip_addr_text(element->addr, buffer));
    }
    return strbuf_text(&text);
}

START_TEST(maps_of_endpoints)
{
    static const struct {
        const char *name, *spec;
    } endpoints[] = {
        {"bare", "ipNetworks: [10.0.0.1/32]"},
        {"shared1", "interfaceName: tap1, ipNetworks: [10.0.0.2/32]"},
        {"shared2", "interfaceName: tap2, ipNetworks: [10.0.0.2/32]"},
        {"twin1", "interfaceName: br0, ipNetworks: [10.0.0.3/32]"},
        {"twin2", "interfaceName: br0, ipNetworks: [10.0.0.4/32]"},
        {"six", "interfaceName: cali6, ipNetworks: [\"fd00::6/128\"]"},
    };
    const char *text = "";
    for (size_t i = 0; i < ARRAY_COUNT(endpoints); i++) {
        text = join(text,
                    thing("WorkloadEndpoint", "a", endpoints[i].name, "",
                          join("node: n1, ", endpoints[i].spec, NULL)),
                    NULL);
    }
    const struct nft_ruleset *ruleset = lower_text(text);
    ck_assert_str_eq(map_text(ruleset, "from-address4"), "10.0.0.1");
    ck_assert_str_eq(map_text(ruleset, "from4"),
                     "tap1.10.0.0.2 tap2.10.0.0.2 br0.10.0.0.3 br0.10.0.0.4 *");
    ck_assert_str_eq(map_text(ruleset, "from6"), "cali6.fd00::6 *");
    ck_assert_str_eq(map_text(ruleset, "to4"), "10.0.0.1 10.0.0.3 10.0.0.4");
    ck_assert_str_eq(map_text(ruleset, "to-interface4"), "tap1.10.0.0.2 tap2.10.0.0.2");
    ck_assert_str_eq(map_text(ruleset, "to6"), "fd00::6");
    ck_assert_uint_eq(set_like(ruleset, "workload-interfaces")->count, 4);
}
END_TEST

// One address written twice is one address.
START_TEST(an_address_written_twice)
{
    const struct nft_ruleset *ruleset =
        lower_text(workload("a", "w", "", "10.0.0.1/32\", \"10.0.0.1/32", ""));
    ck_assert_str_eq(map_text(ruleset, "to4"), "10.0.0.1");
    ck_assert_str_eq(map_text(ruleset, "to-interface4"), "");
    ck_assert_str_eq(map_text(ruleset, "from-address4"), "10.0.0.1");
}
END_TEST

// 108, semantics.md 5.3: VXLAN and IP in IP from a workload are dropped before any policy.
START_TEST(no_tunnels_from_workloads)
{
    const struct nft_ruleset *ruleset = lower_rules("egress", "{action: Allow}", "");
    const char *all = printed_text(ruleset);
    ck_assert_msg(strstr(all, "udp dport 4789 counter drop") != NULL,
                  "VXLAN from a workload is not dropped");
    ck_assert_msg(strstr(all, "meta l4proto ipencap counter drop") != NULL ||
                      strstr(all, "meta l4proto 4 counter drop") != NULL,
                  "IP in IP from a workload is not dropped");
}
END_TEST

// Semantics.md 6.6: a guest renews its lease from its own address, so not only from 0.0.0.0.
START_TEST(dhcp_from_the_own_address)
{
    const struct nft_ruleset *ruleset = lower_rules("egress", "{action: Deny}", "");
    const char *host = rules_text(ruleset, "dispatch/host");
    ck_assert_ptr_nonnull(strstr(host, "udp sport 68 udp dport 67 ip saddr 0.0.0.0 accept"));
    const char *second = strstr(strstr(host, "udp sport 68") + 1, "udp sport 68");
    ck_assert_msg(second != NULL, "DHCP is let through from 0.0.0.0 only:\n%s", host);
}
END_TEST

START_TEST(packets_to_the_host)
{
    static const struct {
        const char *spec, *end;
    } cases[] = {{"", "drop"},
                 {"defaultEndpointToHostAction: Drop", "drop"},
                 {"defaultEndpointToHostAction: Return", "accept"},
                 {"defaultEndpointToHostAction: Accept", "accept"}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct nft_ruleset *ruleset =
            lower_rules("egress", "{action: Allow}",
                        thing("FelixConfiguration", "", "default", "", cases[i].spec));
        const char *last = strrchr(rules_text(ruleset, "dispatch/to"), '\n') + 1;
        ck_assert_str_eq(last, cases[i].end); // 105
    }
}
END_TEST

START_TEST(interface_prefixes)
{
    const struct nft_ruleset *ruleset = lower_rules(
        "egress", "{action: Allow}",
        thing("FelixConfiguration", "", "default", "", "interfacePrefix: \"tap,veth\""));
    ck_assert_str_eq(
        rules_text(ruleset, "forward"),
        "type filter hook forward priority 0; policy accept;\n"
        "ct state established,related goto dispatch/tracked\n"
        "iifname @workload-interfaces goto dispatch/from\niifname \"tap*\" goto dispatch/from\n"
        "iifname \"veth*\" goto dispatch/from\ngoto dispatch/to");
}
END_TEST

// Of a connection that exists, a workload may send only with its own addresses.
START_TEST(connections_keep_their_source)
{
    const struct nft_ruleset *ruleset =
        lower_rules("egress", "{action: Allow}",
                    workload("z", "v", "", "fd00::9/128",
                             "interfaceName: tap9, allowSpoofedSourcePrefixes: [10.8.0.0/16]"));
    ck_assert_str_eq(rules_text(ruleset, "dispatch/tracked"),
                     "iifname \"cali*\" goto dispatch/tracked-from\n"
                     "iifname @workload-interfaces goto dispatch/tracked-from\naccept");
    const char *spoofable = set_like(ruleset, "net4p.")->name;
    ck_assert_str_eq(rules_text(ruleset, "dispatch/tracked-from"),
                     arena_printf(arena,
                                  "iifname . ip saddr vmap @own4\n"
                                  "iifname . ip6 saddr vmap @own6\nip6 saddr fe80::/10 accept\n"
                                  "iifname \"tap9\" ip saddr . meta l4proto @%s accept\ndrop",
                                  spoofable));
    ck_assert_uint_eq(set_like(ruleset, "own6")->count, 2);
}
END_TEST

UNIT_TESTS("nft lower dispatch", maps_of_endpoints, an_address_written_twice,
           no_tunnels_from_workloads, dhcp_from_the_own_address, packets_to_the_host,
           interface_prefixes, connections_keep_their_source)
