// SPDX-License-Identifier: GPL-2.0-or-later
// Fields of rules, each alone; case numbers are those of semantics.md section 10.
#include "res_helper.h"

struct rule_case {
    const char *fields, *codes;
};

static void run(const struct rule_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        decode(rule(cases[i].fields));
        const char *found = codes();
        ck_assert_msg(strcmp(found, cases[i].codes) == 0, "{%s}: expected <%s>, got <%s>\n%s",
                      cases[i].fields, cases[i].codes, found, printed(false));
    }
}

START_TEST(protocols) // 60, 61
{
    static const struct rule_case cases[] = {
        {"protocol: TCP", ""},        {"protocol: \"6\"", ""},     {"protocol: 255", ""},
        {"protocol: tcp", "P031"},    {"protocol: 0", "P031"},     {"protocol: \"256\"", "P031"},
        {"protocol: 256", "P031"},    {"protocol: 010", "P031"},   {"protocol: UDPLite", ""},
        {"notProtocol: ICMPv6", ""},  {"protocol: [TCP]", "P020"}, {"protocol: null", ""},
        {"protocol: Icmp", "P031"},   {"ipVersion: 4", ""},        {"ipVersion: 5", "P022"},
        {"ipVersion: \"4\"", "P020"}, {"ipVersion: six", "P020"},
    };
    run(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(ports) // 62, 63
{
    static const struct rule_case cases[] = {
        {"source: {ports: [80, \"443\", 1000:2000, \"1:65535\", http, a-1]}", ""},
        {"source: {ports: []}", ""},
        {"source: {ports: [\"80-90\"]}", "P033"},
        {"source: {ports: [\"90:80\"]}", "P032"},
        {"source: {ports: [0]}", "P032"},
        {"source: {ports: [65536]}", "P032"},
        {"source: {ports: [99999999999999999999999]}", "P032"},
        {"source: {ports: [\"0:10\"]}", "P032"},
        {"source: {ports: [\"10:\"]}", "P033"},
        {"source: {ports: [Http]}", "P033"},
        {"source: {ports: [abcdefghijklmnop]}", "P033"},
        {"source: {ports: [abcdefghijklmno]}", ""},
        {"source: {ports: [\"80-\"]}", "P033"},
        {"source: {ports: [a--b]}", "P033"},
        {"source: {ports: [\"0x1f\"]}", ""}, // in quotes: a name
        {"source: {ports: [0x1f]}", "P023"},
        {"source: {ports: [010]}", "P023"},
        {"source: {ports: [1_000]}", "P023"},
        {"source: {ports: [1e3]}", "P023"},
        {"source: {ports: [-1]}", "P032"},
        {"source: {ports: [22:23]}", ""},
        {"source: {ports: [null]}", "P020"},
        {"source: {ports: 80}", "P020"},
        {"source: {ports: [[80]]}", "P020"},
    };
    run(cases, ARRAY_COUNT(cases));
    decode(rule("source: {ports: [22:23, \"80\"]}"));
    const struct res_ports *read = &resources->policies.items[0].ingress.items[0].source.ports;
    ck_assert_uint_eq(read->count, 2);
    ck_assert_uint_eq(read->items[0].min, 22);
    ck_assert_uint_eq(read->items[0].max, 23);
    ck_assert_uint_eq(read->items[1].min, 80);
}
END_TEST

START_TEST(icmp) // 64
{
    static const struct rule_case cases[] = {
        {"protocol: ICMP, icmp: {}", ""},
        {"protocol: ICMP, icmp: {type: 8, code: 0}", ""},
        {"protocol: ICMP, icmp: {type: 255}", "P024"},
        {"protocol: ICMP, icmp: {type: 254, code: 255}", ""},
        {"protocol: ICMP, icmp: {type: -1}", "P024"},
        {"protocol: ICMP, icmp: {typ: 8}", "P021"},
        {"protocol: ICMP, icmp: {type: 0x8}", "P023"},
    };
    run(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(nets) // 55, 56, 57
{
    static const struct rule_case cases[] = {
        {"source: {nets: [10.0.0.0/8, 0.0.0.0/0]}", ""},
        {"source: {nets: [\"2001:db8::/32\"]}", ""},
        {"source: {nets: [10.1.2.3/8]}", "P042"},
        {"source: {nets: [\"10.0.0.1\"]}", "P041"},
        {"source: {nets: [010.0.0.1/32]}", "P040"},
        {"source: {nets: [\"::ffff:1.2.3.4/128\"]}", "P046"},
        {"source: {nets: [10.0.0.0/33]}", "P040"},
        {"source: {nets: [10.0.0.0/]}", "P040"},
        {"source: {nets: [example.com]}", "P040"},
        {"source: {nets: [10]}", "P027"},
        {"source: {notNets: 10.0.0.0/8}", "P020"},
    };
    run(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(actions) // 85
{
    decode(object("GlobalNetworkPolicy", "", "  ingress:\n  - protocol: TCP"));
    EXPECT_CODES("P030");
    decode(object("GlobalNetworkPolicy", "", "  ingress:\n  - action: allow"));
    EXPECT_CODES("P022");
    ck_assert_ptr_nonnull(strstr(printed(false), "did you mean \"Allow\"?"));
    decode(object("GlobalNetworkPolicy", "",
                  "  ingress:\n  - {action: Deny}\n  - {action: Log}\n  - {action: Pass}"));
    EXPECT_CODES("");
    const struct res_rules *rules = &resources->policies.items[0].ingress;
    ck_assert_uint_eq(rules->count, 3);
    ck_assert_uint_eq(rules->items[0].action, RES_DENY);
    ck_assert_uint_eq(rules->items[2].action, RES_PASS);
    ck_assert_int_eq(rules->items[2].icmp.type, -1);
    ck_assert_uint_eq(rules->items[2].loc.line, 8);
}
END_TEST

static const char *repeated(const char *text, size_t count)
{
    struct strbuf buffer = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        strbuf_add(&buffer, text);
    }
    return strbuf_text(&buffer);
}

START_TEST(limits) // 24, 86
{
    const char *rules = repeated("\n  - action: Allow", 1024);
    decode(object("GlobalNetworkPolicy", "", arena_printf(arena, "  ingress:%s", rules)));
    EXPECT_CODES("");
    ck_assert_uint_eq(resources->policies.items[0].ingress.count, 1024);
    decode(object("GlobalNetworkPolicy", "",
                  arena_printf(arena, "  egress:%s\n  - action: Deny", rules)));
    EXPECT_CODES("P026");
    decode(rule(arena_printf(arena, "source: {nets: [%s]}", repeated("10.0.0.0/8,", 256))));
    EXPECT_CODES("");
    decode(rule(arena_printf(arena, "source: {nets: [%s]}", repeated("10.0.0.0/8,", 257))));
    EXPECT_CODES("P026");
    decode(rule(arena_printf(arena, "source: {notPorts: [%s]}", repeated("http,", 51))));
    EXPECT_CODES("P026");
    decode(rule(arena_printf(arena, "source: {selector: \"a == '%s'\"}", repeated("x", 1017))));
    EXPECT_CODES(""); // 1024 characters
    decode(rule(arena_printf(arena, "source: {selector: \"a == '%s'\"}", repeated("x", 1018))));
    EXPECT_CODES("V002");
}
END_TEST

START_TEST(sides)
{
    decode(rule(
        "source: {selector: a == 'b', notSelector: has(c), namespaceSelector: all(), "
        "serviceAccounts: {names: [x, y], selector: has(d)}}, destination: {serviceAccounts: {}, selector: ' '}, "
        "http: {methods: [GET]}, metadata: {annotations: {note: text}}"));
    EXPECT_CODES("");
    const struct res_rule *read = &resources->policies.items[0].ingress.items[0];
    ck_assert(sel_is(read->source.selector.tree, SEL_EQ));
    ck_assert(sel_is(read->source.not_selector.tree, SEL_HAS));
    ck_assert(sel_is(read->source.namespace_selector.tree, SEL_ALL));
    ck_assert_uint_eq(read->source.service_account_names.count, 2);
    ck_assert(read->source.has_service_accounts && read->destination.has_service_accounts);
    ck_assert_ptr_null(read->destination.selector.tree);
    ck_assert(read->has_http);
    decode(rule("source: {selectr: a == 'b'}, metadata: {annotations: {'a b': x}}"));
    EXPECT_CODES("P021 P013");
    ck_assert_ptr_nonnull(strstr(
        printed(false), "unknown field \"selectr\" in ingress[0].source of GlobalNetworkPolicy x"));
}
END_TEST

START_TEST(selector_places)
{
    decode(rule("source: {selector: \"a = 'b'\"}"));
    EXPECT_CODES("V001");
    const char *text = printed(false);
    ck_assert_ptr_nonnull(strstr(text, "test.yaml:6:43: error[V001]: \"=\" is not an operator"));
    ck_assert_ptr_nonnull(strstr(text, "did you mean \"==\"?"));
    // Escapes and blocks: the place of the whole, and the text at the mistake.
    decode(rule("source: {selector: \"a == \\\"b\\\" & has(c)\"}"));
    ck_assert_ptr_nonnull(strstr(printed(false), ", at: & has(c)"));
    decode(object("GlobalNetworkPolicy", "", "  selector: |\n    a == 'b'\n"));
    EXPECT_CODES("");
    decode(object("GlobalNetworkPolicy", "", "  selector: |\n    a == 'b' ||\n    c == 'd'\n"));
    EXPECT_CODES("V001");
    decode(object("GlobalNetworkPolicy", "", "  selector: >-\n    a == 'b' ||\n    c == 'd'\n"));
    EXPECT_CODES("");
    decode(object("GlobalNetworkPolicy", "", "  selector: a == 'b' ||\n    c == 'd'\n"));
    EXPECT_CODES("");
    decode(object("GlobalNetworkPolicy", "", "  selector: \xc3\xa9 == 'b'\n"));
    EXPECT_CODES("V001");
}
END_TEST

UNIT_TESTS("resource/rule", protocols, ports, icmp, nets, actions, limits, sides, selector_places)
