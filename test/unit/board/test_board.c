// SPDX-License-Identifier: GPL-2.0-or-later
// Counters find their policies and rules; what they do not cover is said.
#include "board_helper.h"

static const char input[] =
    "{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: edge}, spec: {order: 1}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: WorkloadEndpoint, metadata: {name: w, namespace: a}, spec: {node: n1, "
    "interfaceName: cali1, ipNetworks: [10.0.0.1/32], profiles: [open, gone]}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: open}, spec: {egress: [{action: Allow}]}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: edge.first}, spec: {tier: edge, "
    "ingress: [{action: Deny, protocol: TCP, destination: {ports: [1]}}, {action: Pass}]}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: web, namespace: a}, spec: {order: 2, "
    "ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}, {action: Allow, protocol: TCP, destination: {ports: "
    "[81]}}, {action: Allow, protocol: TCP, destination: {ports: [80]}}, {action: Deny, protocol: TCP, destination: {ports: "
    "[82]}}], egress: [{action: Allow}]}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: StagedNetworkPolicy, metadata: {name: later, namespace: a}, spec: {order: 1, "
    "ingress: [{action: Deny}]}}\n";

START_TEST(tiers_stand_in_order_and_profiles_apart)
{
    counters.count = 0;
    struct board *board = board_of(plan_of(input, "n1"), NULL);
    ck_assert_uint_eq(board->tiers.count, 2);
    ck_assert_str_eq(board->tiers.items[0].tier->name, "edge");
    ck_assert_str_eq(board->tiers.items[0].policies.items[0].name, "first"); // without the tier
    ck_assert_str_eq(board->tiers.items[1].policies.items[0].name, "a/later");
    ck_assert_str_eq(board->tiers.items[1].policies.items[1].name, "a/web");
    ck_assert_uint_eq(board->profiles.policies.count, 2);
    ck_assert_uint_eq(board->all.count, 5);
}
END_TEST

START_TEST(each_counter_is_a_row)
{
    counters.count = 0;
    count(NFT_COUNTER_RULE, "np/a/web", PLAN_OUT, "0", 7);
    count(NFT_COUNTER_RULE, "np/a/web", PLAN_IN, "3", 2);
    count(NFT_COUNTER_RULE, "np/a/web", PLAN_IN, "0-1", 5);
    struct board *board = board_of(plan_of(input, "n1"), NULL);
    const struct board_policy *web = on_board(board, "np/a/web");
    ck_assert_str_eq(rows_text(web),
                     "in 0-1 allow 5 together; in 2 allow 0 left-out; in 3 deny 2; out 0 allow 7");
    ck_assert_uint_eq(web->sums[PLAN_IN][PLAN_ALLOW].packets, 5);
    ck_assert_uint_eq(web->sums[PLAN_IN][PLAN_DENY].packets, 2);
    ck_assert_uint_eq(web->sums[PLAN_OUT][PLAN_ALLOW].bytes, 70);
    ck_assert_uint_eq(web->all.packets, 14);
    ck_assert_str_eq(web->rows.items[0].text, "port 80; or port 81");
    ck_assert(board->together);
}
END_TEST

START_TEST(the_same_words_twice_are_two_rules)
{
    counters.count = 0;
    count(NFT_COUNTER_RULE, "np/a/web", PLAN_IN, "0", 1);
    count(NFT_COUNTER_RULE, "np/a/web", PLAN_IN, "2", 2);
    struct board *board = board_of(plan_of(input, "n1"), NULL);
    const struct board_policy *web = on_board(board, "np/a/web");
    const struct board_row *first = &web->rows.items[0], *second = &web->rows.items[2];
    ck_assert_str_eq(first->text, second->text);
    ck_assert_str_ne(first->key, second->key);
    ck_assert(text_begins(second->key, first->key));
}
END_TEST

START_TEST(ends_ports_and_drops_count_by_themselves)
{
    counters.count = 0;
    count(NFT_COUNTER_END, "tier/edge", PLAN_IN, NULL, 3);
    count(NFT_COUNTER_END, "tier/default", PLAN_OUT, NULL, 4);
    count(NFT_COUNTER_PENDING_END, "tier/default", PLAN_IN, NULL, 9);
    count(NFT_COUNTER_END, "profile", PLAN_IN, NULL, 5);
    count(NFT_COUNTER_END, "profile/gone", PLAN_IN, NULL, 6);
    count(NFT_COUNTER_FAILSAFE, "failsafe", PLAN_OUT, "udp/53", 7);
    count(NFT_COUNTER_OTHER, "conntrack invalid", PLAN_IN, NULL, 8);
    count(NFT_COUNTER_RULE, "np/other/x", PLAN_IN, "0", 1);
    count(NFT_COUNTER_RULE, "np/other/x", PLAN_IN, "1", 1);
    struct board *board = board_of(plan_of(input, "n1"), NULL);
    ck_assert_uint_eq(board->tiers.items[0].ends[PLAN_IN].packets, 3);
    ck_assert_uint_eq(board->tiers.items[1].ends[PLAN_OUT].packets, 4);
    ck_assert_uint_eq(board->tiers.items[1].ends[PLAN_IN].packets, 0);
    ck_assert_uint_eq(board->tiers.items[1].pending_ends[PLAN_IN].packets, 9);
    ck_assert_uint_eq(board->profiles.ends[PLAN_IN].packets, 5);
    ck_assert_str_eq(rows_text(on_board(board, "profile/gone")), "in end deny 6");
    ck_assert_uint_eq(board->failsafes.count, 1);
    ck_assert_str_eq(board->failsafes.items[0].what, "udp/53");
    ck_assert_uint_eq(board->drops.items[0].count.packets, 8);
    ck_assert_uint_eq(board->strangers.count, 1);
    ck_assert_str_eq(board->strangers.items[0], "np/other/x");
}
END_TEST

START_TEST(what_cannot_be_counted_is_said)
{
    counters.count = 0;
    count(NFT_COUNTER_RULE, "np/a/web", PLAN_IN, "0-1", 5);
    struct strmap *states = strmap_new(arena);
    strmap_put(states, "np/a/web", (void *)(uintptr_t)BOARD_CHANGED);
    strmap_put(states, "gnp/edge.first", (void *)(uintptr_t)BOARD_NOT_LOADED);
    const struct plan *plan = plan_of(input, "n1");
    struct board *board = board_of(plan, states);
    ck_assert_uint_eq(on_board(board, "np/a/web")->all.packets, 5);
    ck_assert_uint_eq(on_board(board, "np/a/web")->rows.count, 0);
    ck_assert_int_eq(on_board(board, "gnp/edge.first")->state, BOARD_NOT_LOADED);
    ck_assert_int_eq(on_board(board, "snp/a/later")->state, BOARD_UNCOUNTED);
    const struct board_options options = {.text = text_of_rule};
    board = board_build(arena, plan, NULL, &options);
    for (size_t i = 0; i < board->all.count; i++) {
        ck_assert_int_eq(board->all.items[i]->state, BOARD_NOT_LOADED);
    }
}
END_TEST

// ---- flows ----------------------------------------------------------------------------------------------------------

static struct flow_strings strings_of(const char *first, const char *second)
{
    struct flow_strings ret = {0};
    vec_push(arena, &ret, first);
    if (second != NULL) {
        vec_push(arena, &ret, second);
    }
    return ret;
}

START_TEST(flows_tell_the_last_hit_and_the_bytes)
{
    counters.count = 0;
    count(NFT_COUNTER_RULE, "gnp/edge.first", PLAN_IN, "1", 1);
    count(NFT_COUNTER_RULE, "np/a/web", PLAN_IN, "0-1", 1);
    count(NFT_COUNTER_RULE, "np/a/web", PLAN_OUT, "0", 1);
    count(NFT_COUNTER_RULE, "snp/a/later", PLAN_IN, "0", 1);
    struct board *board = board_of(plan_of(input, "n1"), NULL);
    struct flowlog_records records = {0};
    struct flowlog_record record = {
        .reporter = "dst",
        .start_time = 90,
        .end_time = 100,
        .bytes_in = 1000,
        .bytes_out = 500,
        .packets_in = 6,
        .packets_out = FLOWLOG_UNKNOWN,
        .enforced = strings_of("0|edge|edge.first|pass|1", "1|default|a/default.web|allow|1"),
        .pending =
            strings_of("0|edge|edge.first|pass|1", "1|default|a/staged:default.later|deny|0")};
    vec_push(arena, &records, record);
    record.end_time = 80; // earlier
    vec_push(arena, &records, record);
    record.end_time = 200; // denied at the time, and allowed by what is loaded now
    record.action = "deny";
    record.pending = (struct flow_strings){0};
    vec_push(arena, &records, record);
    record = (struct flowlog_record){.reporter = "dst",
                                     .end_time = 70,
                                     .bytes_in = FLOWLOG_UNKNOWN,
                                     .enforced = strings_of("0|edge|edge.first|deny|-1", "torn|x")};
    vec_push(arena, &records, record);
    board_add_flows(arena, board, &records);
    const struct board_policy *web = on_board(board, "np/a/web");
    const struct board_row *in = &web->rows.items[0], *out = &web->rows.items[web->rows.count - 1];
    ck_assert_int_eq(in->last.by, 100);
    ck_assert_int_eq(in->last.after, 100);
    ck_assert_uint_eq(in->traffic.bytes, 3000);
    ck_assert_uint_eq(in->traffic.packets, 12);
    ck_assert_int_eq(out->last.by, 0);
    ck_assert_int_eq(web->last.by, 100);
    ck_assert_int_eq(on_board(board, "snp/a/later")->rows.items[0].last.by, 100);
    // Counted once, though it stands in both traces; the end is the tier's.
    ck_assert_uint_eq(on_board(board, "gnp/edge.first")->traffic.bytes, 3000);
    ck_assert_int_eq(board->tiers.items[0].last.by, 70);
}
END_TEST

UNIT_TESTS("board", tiers_stand_in_order_and_profiles_apart, each_counter_is_a_row,
           the_same_words_twice_are_two_rules, ends_ports_and_drops_count_by_themselves,
           what_cannot_be_counted_is_said, flows_tell_the_last_hit_and_the_bytes)
