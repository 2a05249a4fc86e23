// SPDX-License-Identifier: GPL-2.0-or-later
// Expressions and elements as text: what the printer writes for statements is what is read back from their expressions;
// rules that nft wrote are in test_drift.c.
#include "lower_helper.h"
#include "print_expr.h"

// Every rule of a ruleset: its line in the text, and the text of its expressions.
static size_t check_rules(const struct nft_ruleset *ruleset)
{
    size_t checked = 0;
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        const struct chain *chain = ruleset->chains.items[i];
        const char *head = arena_printf(arena, "\tchain %s {\n", chain->name);
        const char *line = strstr(printed_text(ruleset), head) + strlen(head);
        line += chain->hook != HOOK_NONE ? strcspn(line, "\n") + 1 : 0;
        for (size_t j = 0; j < chain->count; j++, line += strcspn(line, "\n") + 1) {
            struct exprs exprs;
            linearize(&chain->items[j], &exprs);
            char *wanted = arena_strndup(arena, line + 2, strcspn(line, "\n") - 2);
            char *comment = strstr(wanted, " comment \"");
            if (comment != NULL) {
                *comment = '\0';
            }
            ck_assert_str_eq(exprs_text(arena, &exprs), wanted);
            checked++;
        }
    }
    return checked;
}

START_TEST(rules_of_polc_read_back_as_they_are_printed)
{
    static const char rules[] =
        "{action: Allow, protocol: TCP, destination: {ports: [80]}}, "
        "{action: Allow, protocol: UDP, source: {ports: [\"53:55\"]}, destination: {ports: [99]}}, "
        "{action: Deny, protocol: TCP, source: {ports: [7], notNets: [10.1.0.0/16]}, "
        "destination: {ports: [9]}}, "
        "{action: Deny, source: {nets: [10.0.0.0/9, 10.200.0.0/16, 10.202.1.1/32, 11.0.0.0/8, "
        "12.0.0.0/8, 13.0.0.0/8, 14.0.0.0/8, 15.0.0.0/8, 16.0.0.0/8, 17.0.0.0/8]}}, "
        "{action: Allow, source: {nets: [\"fc00::/7\"]}, notProtocol: TCP}, "
        "{action: Allow, source: {nets: [\"fd00:1::/64\"], notPorts: [\"5:6\"]}, protocol: SCTP}, "
        "{action: Allow, protocol: ICMP, icmp: {type: 8, code: 0}}, "
        "{action: Allow, protocol: ICMPv6, ipVersion: 6, icmp: {type: 128}}, "
        "{action: Log, protocol: 136}, {action: Deny, protocol: UDPLite}, "
        "{action: Pass, source: {selector: w == \"1\"}}, {action: Allow, protocol: TCP, "
        "destination: {ports: [1, 2, 3, \"9:20\"]}}";
    with_flow_table = true;
    ck_assert_uint_ge(check_rules(lower_rules("ingress", rules, "")), 30);
    ck_assert_uint_ge(check_rules(lower_rules("egress", rules, "")), 30);
}
END_TEST

START_TEST(elements_are_written_as_nft_lists_them)
{
    const struct nft_ruleset *ruleset = lower_rules(
        "ingress",
        "{action: Allow, protocol: TCP, source: {nets: [10.1.0.0/16, 10.2.3.0/24, 10.4.0.0/15, "
        "11.1.0.0/16, 12.2.3.4/32, 13.0.0.0/9, 14.1.0.0/16, 15.1.0.0/16, 16.1.0.0/16]}, "
        "destination: {ports: [1, 2, 3, \"9:20\"]}}, "
        "{action: Deny, protocol: TCP, destination: {ports: [http]}}",
        "");
    static const struct {
        const char *set, *text;
    } cases[] = {
        {"net4p.", "10.1.0.0/16"},
        {"ports.", "1-3"},
        {"port4.", "10.0.0.1 . tcp . 8080"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct set *set = set_like(ruleset, cases[i].set);
        ck_assert_ptr_nonnull(set);
        struct set_shape shape = set_shape_of(set);
        struct rows rows = rows_of_set(arena, set);
        ck_assert_str_eq(row_text(arena, &shape, &rows, 0), cases[i].text);
    }
}
END_TEST

UNIT_TESTS("print_expr", rules_of_polc_read_back_as_they_are_printed,
           elements_are_written_as_nft_lists_them)
