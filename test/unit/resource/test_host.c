// SPDX-License-Identifier: GPL-2.0-or-later
// HostEndpoint, failsafe ports and the mark mask (semantics.md 1.8, 6.5; catalogue 132, 133).
#include "res_helper.h"

struct spec_case {
    const char *spec, *codes;
};

START_TEST(host_endpoints)
{
    static const struct spec_case cases[] = {
        {"node: n1, interfaceName: eth0", ""},
        {"node: n1, interfaceName: \"*\"", ""},
        {"node: n1, interfaceName: eth0.100-x_y", ""},
        {"node: n1, interfaceName: abcdefghijklmno", ""},
        {"node: n1, interfaceName: abcdefghijklmnop", "P061"}, // 133
        {"node: n1, interfaceName: \"eth*\"", "P061"},
        {"node: n1, interfaceName: \"a b\"", "P061"},
        {"node: n1, interfaceName: 5", "P027"},
        {"node: n1, expectedIPs: [10.0.0.1, \"fd00::1\"]", ""},
        {"node: n1, expectedIPs: [10.0.0.1/32]", "P047"},
        {"node: n1, expectedIPs: [10.0.0.1/24]", "P047"},
        {"node: n1, expectedIPs: [eth0]", "P040"},
        {"node: n1, expectedIPs: [\"::ffff:10.0.0.1\"]", "P046"},
        {"node: n1, expectedIPs: 10.0.0.1", "P020"},
        {"node: n1, profiles: [a, \"\"]", "P025"},
        {"node: n1, interfacename: eth0", "P021"},
        {"node: n1, ports: [{name: a, protocol: TCP, port: 1}, {name: a, protocol: SCTP, port: 2}]",
         ""},
        {"node: n1, ports: [{protocol: TCP, port: 1}]", "P025"},
        {"node: n1, ports: [{name: a, port: 1}]", "P025"},
        {"node: n1, ports: [{name: a, protocol: TCP}]", "P025"},
        {"node: n1, ports: [{name: a, protocol: ICMP, port: 1}]", "P035"},
        {"node: n1, ports: [{name: a, protocol: TCP, port: 0}]", "P024"},
        {"node: n1, ports: [{name: a, protocol: TCP, port: 65536}]", "P024"},
        {"node: n1, ports: [{name: a, protocol: TCP, port: 1, hostPort: 1}]", "P021"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        decode(object("HostEndpoint", "", arena_printf(arena, "  {%s}", cases[i].spec)));
        ck_assert_msg(strcmp(codes(), cases[i].codes) == 0, "%s: expected <%s>, got:\n%s",
                      cases[i].spec, cases[i].codes, printed(false));
        ck_assert_uint_eq(resources->hosts.count, 1);
    }
}
END_TEST

START_TEST(fields_of_a_host_endpoint)
{
    decode(object("HostEndpoint", "labels: {role: web, pcns.env: prod}",
                  "  {node: n1, interfaceName: \"*\", expectedIPs: [10.0.0.1], profiles: [b, a], "
                  "ports: [{name: ssh, protocol: TCP, port: 22}]}"));
    const struct res_host *host = &resources->hosts.items[0];
    ck_assert_str_eq(host->node.text, "n1");
    ck_assert_str_eq(host->interface_name.text, "*");
    ck_assert_uint_eq(host->expected_ips.count, 1);
    ck_assert(cidr_is_host(host->expected_ips.items[0].cidr));
    ck_assert_uint_eq(host->profiles.count, 2);
    ck_assert_str_eq(host->profiles.items[0].text, "b");
    ck_assert_uint_eq(host->ports.count, 1);
    ck_assert_uint_eq(host->ports.items[0].port, 22);
    ck_assert_uint_eq(host->meta.label_count, 2);
    ck_assert_ptr_null(host->meta.ns);
    // An empty name is none.
    decode(object("HostEndpoint", "", "  {node: n1, interfaceName: \"\", expectedIPs: []}"));
    ck_assert_ptr_null(resources->hosts.items[0].interface_name.text);
    ck_assert_uint_eq(resources->hosts.items[0].expected_ips_loc.line, 0);
}
END_TEST

// "tcp/22 udp/53@10.0.0.0/8"
static const char *failsafes_text(const struct res_failsafes *failsafes)
{
    struct strbuf text = {.arena = arena};
    char buffer[IP_TEXT_MAX];
    strbuf_add(&text, failsafes->present ? "" : "absent");
    for (size_t i = 0; i < failsafes->count; i++) {
        const struct res_failsafe *item = &failsafes->items[i];
        strbuf_addf(&text, "%s%s/%u%s%s", i > 0 ? " " : "", proto_name(item->protocol), item->port,
                    item->has_net ? "@" : "",
                    item->has_net ? cidr_text(item->net, false, buffer) : "");
    }
    return strbuf_text(&text);
}

static const char *felix(const char *spec)
{
    return arena_printf(arena,
                        "apiVersion: projectcalico.org/v3\nkind: FelixConfiguration\n"
                        "metadata: {name: default}\nspec: {%s}\n",
                        spec);
}

START_TEST(failsafe_ports)
{
    static const struct {
        const char *value, *codes, *text;
    } cases[] = {
        {"null", "", "absent"},
        {"[]", "", ""},
        {"none", "", ""},
        {"\"None\"", "", ""},
        {"[{protocol: TCP, port: 22}, {protocol: udp, port: 68}, {protocol: Sctp, port: 0}]", "",
         "TCP/22 UDP/68 SCTP/0"},
        {"[{protocol: TCP, port: 22, net: 10.1.2.3/8}, {protocol: TCP, port: 22, net: \"fd00::1\"}]",
         "", "TCP/22@10.0.0.0/8 TCP/22@fd00::1/128"},
        {"[{protocol: ICMP, port: 22}]", "P035", ""},
        {"[{protocol: TCP}]", "P025", ""},
        {"[{port: 22}]", "P025", ""},
        {"[{protocol: TCP, port: 70000}]", "P024", ""},
        {"[{protocol: TCP, port: 22, net: x}]", "P040", ""},
        {"[{protocol: TCP, port: 22, nets: []}]", "P021", ""},
        {"[22]", "P020", ""},
        {"{}", "P020", ""},
        {"22", "", "TCP/22"},
        {"\"tcp:22,udp:68, 0 ,SCTP:65535\"", "", "TCP/22 UDP/68 TCP/0 SCTP/65535"},
        {"\"tcp:10.0.0.0/8:22,udp:[fd00::/8]:53,tcp:[10.0.0.1]:1\"", "",
         "TCP/22@10.0.0.0/8 UDP/53@fd00::/8 TCP/1@10.0.0.1/32"},
        {"\"tcp:65536\"", "P032", ""},
        {"\"tcp:99999999999999999999\"", "P032", ""},
        {"\"icmp:1\"", "P032", ""},
        {"\"tcp:\"", "P032", ""},
        {"\"tcp:x:22\"", "P032", ""},
        {"\"tcp:fd00::/8:22\"", "P032", ""},
        {"\"tcp:[fd00::/8:22\"", "P032", ""},
        {"\"tcp:[fd00::/8]x:22\"", "P032", ""},
        {"\"tcp:22,,udp:1\"", "P032", "TCP/22 UDP/1"},
        {"\"tcp:22,\"", "P032", "TCP/22"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        decode(felix(arena_printf(arena, "failsafeInboundHostPorts: %s", cases[i].value)));
        const char *found = failsafes_text(&resources->felix.items[0].failsafes_in);
        ck_assert_msg(strcmp(codes(), cases[i].codes) == 0 && strcmp(found, cases[i].text) == 0,
                      "%s: expected <%s> and \"%s\", got \"%s\":\n%s", cases[i].value,
                      cases[i].codes, cases[i].text, found, printed(false));
        ck_assert(!resources->felix.items[0].failsafes_out.present);
    }
}
END_TEST

START_TEST(mark_masks)
{
    static const struct {
        const char *spec;
        uint32_t mask;
        bool good;
    } cases[] = {
        {"iptablesMarkMask: 0xff000000", 0xff000000, true},
        {"nftablesMarkMask: \"0x000F0000\"", 0x000f0000, true},
        {"iptablesMarkMask: 4294901760", 0xffff0000, true},
        {"iptablesMarkMask: 0xf0, nftablesMarkMask: 0x0f", 0x0f, true},
        {"nftablesMarkMask: 0", 0, false},
        {"nftablesMarkMask: 0x", 0, false},
        {"nftablesMarkMask: 0x100000000", 0, false},
        {"nftablesMarkMask: -1", 0, false},
        {"nftablesMarkMask: 010", 0, false},
        {"nftablesMarkMask: high", 0, false},
        {"nftablesMarkMask: []", 0, false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        decode(felix(cases[i].spec));
        ck_assert_msg((diags_count(diags, DIAG_ERROR) == 0) == cases[i].good &&
                          resources->felix.items[0].mark_mask == cases[i].mask,
                      "%s: %x\n%s", cases[i].spec, resources->felix.items[0].mark_mask,
                      printed(false));
    }
}
END_TEST

UNIT_TESTS("resource/host", host_endpoints, fields_of_a_host_endpoint, failsafe_ports, mark_masks)
