// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of the plan: families, normalized nets and ports, indexes (semantics.md 3.6, 4.1-4.4;
// catalogue 55, 58-60, 62, 64, 65, 68, 71).
#include "plan/plan_helper.h"

static const char *nets_text(const struct cidrset *nets)
{
    struct strbuf text = {.arena = arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < nets->count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? " " : "", cidr_text(nets->items[i], false, buffer));
    }
    return strbuf_text(&text);
}

static const char *ports_text(const struct portset *ports)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < ports->count; i++) {
        struct port_range range = ports->items[i];
        strbuf_addf(&text, "%s%u", i > 0 ? " " : "", range.min);
        if (range.max != range.min) {
            strbuf_addf(&text, "-%u", range.max);
        }
    }
    return strbuf_text(&text);
}

struct family_case {
    const char *fields;
    int families; // 0: the rule is in no plan
};

static const struct family_case families[] = {
    {"protocol: TCP", PLAN_BOTH},
    {"ipVersion: 4", PLAN_V4},
    {"ipVersion: 6", PLAN_V6},
    {"protocol: ICMP", PLAN_V4}, // 65
    {"protocol: ICMPv6", PLAN_V6},
    {"protocol: 1", PLAN_BOTH}, // 65
    {"protocol: \"58\"", PLAN_BOTH},
    {"protocol: 1, ipVersion: 4", PLAN_V4},
    {"notProtocol: ICMP", PLAN_BOTH},
    {"source: {nets: [10.0.0.0/8]}", PLAN_V4},
    {"source: {nets: [\"fd00::/8\"]}", PLAN_V6},
    {"source: {notNets: [10.0.0.0/8]}", PLAN_V4}, // 68
    {"destination: {notNets: [\"fd00::/8\"]}", PLAN_V6},
    {"source: {nets: [10.0.0.0/8]}, destination: {notNets: [10.1.0.0/16]}", PLAN_V4},
    {"source: {nets: []}", PLAN_BOTH},
    {"source: {selector: has(w)}", PLAN_BOTH},
    {"protocol: ICMPv6, source: {nets: [10.0.0.0/8]}", 0},
    {"protocol: ICMP, destination: {notNets: [\"fd00::/8\"]}", 0},
    {"protocol: ICMP, source: {selector: has(w)}", PLAN_V4},
};

START_TEST(rules_have_families)
{
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        const struct plan *plan =
            plan_of_rules(arena_printf(arena, "{action: Allow, %s}", families[i].fields), "");
        const struct plan_rules *rules = &plan->policies.items[0].rules[PLAN_IN];
        ck_assert_msg(rules->count == (families[i].families != 0), "{%s}: %zu rules",
                      families[i].fields, rules->count);
        ck_assert_msg(rules->count == 0 || rules->items[0].match.families == families[i].families,
                      "{%s}: got %u", families[i].fields, rules->items[0].match.families);
    }
}
END_TEST

// A rule that is left out leaves a gap in the indexes; Log rules count.
START_TEST(indexes_are_those_of_the_input)
{
    const struct plan *plan = plan_of_rules(
        "{action: Log}, {action: Allow, protocol: ICMPv6, source: {nets: [10.0.0.0/8]}}, "
        "{action: Pass}, {action: Deny}",
        "");
    const struct plan_rules *rules = &plan->policies.items[0].rules[PLAN_IN];
    static const struct {
        uint8_t action;
        uint32_t index;
    } expected[] = {{PLAN_LOG, 0}, {PLAN_PASS, 2}, {PLAN_DENY, 3}};
    ck_assert_uint_eq(rules->count, ARRAY_COUNT(expected));
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++) {
        ck_assert_uint_eq(rules->items[i].action, expected[i].action);
        ck_assert_uint_eq(rules->items[i].index, expected[i].index);
    }
}
END_TEST

START_TEST(nets_are_normalized)
{
    static const struct {
        const char *list, *expected;
    } cases[] = {
        {"10.0.0.0/8", "10.0.0.0/8"},
        {"10.1.0.0/16, 10.0.0.0/8, 10.1.0.0/16", "10.0.0.0/8"},
        {"192.168.0.0/17, 192.168.128.0/17", "192.168.0.0/16"},
        {"0.0.0.0/1, 128.0.0.0/1", "0.0.0.0/0"},
        {"10.2.0.0/16, 10.1.0.0/16", "10.1.0.0/16 10.2.0.0/16"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *rule_text = arena_printf(
            arena, "{action: Allow, source: {nets: [%s]}, destination: {notNets: [%s]}}",
            cases[i].list, cases[i].list);
        const struct plan_match *match =
            &plan_of_rules(rule_text, "")->policies.items[0].rules[PLAN_IN].items[0].match;
        ck_assert(match->source.has_nets && !match->source.has_not_nets);
        ck_assert(match->destination.has_not_nets && !match->destination.has_nets);
        ck_assert_str_eq(nets_text(&match->source.nets), cases[i].expected);
        ck_assert_str_eq(nets_text(&match->destination.not_nets), cases[i].expected);
    }
}
END_TEST

START_TEST(ports_are_normalized)
{
    static const struct {
        const char *list, *expected;
    } cases[] = {
        {"80", "80"},
        {"443, 80, 80", "80 443"},
        {"80, \"81:90\", \"85:100\", 101", "80-101"}, // 71
        {"\"53\"", "53"},
        {"\"1:65535\", 7", "1-65535"},
        {"65535, 65534", "65534-65535"},
        {"1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31",
         "1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *rule_text = arena_printf(
            arena,
            "{action: Allow, protocol: TCP, source: {notPorts: [%s]}, destination: {ports: [%s, "
            "http]}}",
            cases[i].list, cases[i].list);
        const struct plan_match *match =
            &plan_of_rules(rule_text, "")->policies.items[0].rules[PLAN_IN].items[0].match;
        ck_assert_str_eq(ports_text(&match->source.not_ports), cases[i].expected);
        ck_assert_str_eq(ports_text(&match->destination.ports), cases[i].expected);
        ck_assert(match->destination.has_ports && !match->source.has_ports);
        ck_assert_int_ge(match->destination.named_ports, 0);
    }
}
END_TEST

START_TEST(protocols_and_icmp)
{
    static const struct {
        const char *fields;
        int protocol, not_protocol, type, code, not_type, not_code;
    } cases[] = {
        {"", 0, 0, -1, -1, -1, -1},
        {"protocol: TCP", 6, 0, -1, -1, -1, -1},
        {"protocol: \"6\", notProtocol: UDPLite", 6, 136, -1, -1, -1, -1}, // 60
        {"protocol: 255", 255, 0, -1, -1, -1, -1},
        {"protocol: ICMP, icmp: {}", 1, 0, -1, -1, -1, -1}, // 64
        {"protocol: ICMP, icmp: {type: 0}", 1, 0, 0, -1, -1, -1},
        {"protocol: ICMP, icmp: {type: 8, code: 0}", 1, 0, 8, 0, -1, -1},
        {"protocol: ICMPv6, notICMP: {type: 254}", 58, 0, -1, -1, 254, -1},
        {"protocol: ICMPv6, notICMP: {type: 128, code: 255}", 58, 0, -1, -1, 128, 255},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *rule_text =
            arena_printf(arena, "{action: Allow%s%s}", i > 0 ? ", " : "", cases[i].fields);
        const struct plan_match *match =
            &plan_of_rules(rule_text, "")->policies.items[0].rules[PLAN_IN].items[0].match;
        ck_assert_int_eq(match->protocol, cases[i].protocol);
        ck_assert_int_eq(match->not_protocol, cases[i].not_protocol);
        ck_assert_int_eq(match->icmp_type, cases[i].type);
        ck_assert_int_eq(match->icmp_code, cases[i].code);
        ck_assert_int_eq(match->not_icmp_type, cases[i].not_type);
        ck_assert_int_eq(match->not_icmp_code, cases[i].not_code);
    }
}
END_TEST

UNIT_TESTS("plan rules", rules_have_families, indexes_are_those_of_the_input, nets_are_normalized,
           ports_are_normalized, protocols_and_icmp)
