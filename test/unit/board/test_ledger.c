// SPDX-License-Identifier: GPL-2.0-or-later
// Readings of counters: when they grew, over tables that are made anew, rules that move, and files that are torn.
#include "board_helper.h"

static struct plan *plan_of_ports(const char *ports)
{
    return plan_of_rules(ports, "");
}

#define RULE(port) "{action: Allow, protocol: TCP, destination: {ports: [" #port "]}}"

// The board of gnp/p with one counter for each rule.
static struct board *board_with(const char *rules, uint64_t first, uint64_t second)
{
    counters.count = 0;
    count(NFT_COUNTER_RULE, "gnp/p", PLAN_IN, "0", first);
    count(NFT_COUNTER_RULE, "gnp/p", PLAN_IN, "1", second);
    return board_of(plan_of_ports(rules), NULL);
}

// "SINCE AFTER..BY" of each rule, as the board has it.
static const char *known(struct board *board, const struct board_ledger *ledger, const char *epoch,
                         int64_t now)
{
    struct strbuf text = {.arena = arena};
    board_add_ledger(arena, board, ledger, epoch, now);
    const struct board_policy *policy = on_board(board, "gnp/p");
    for (size_t i = 0; i < policy->rows.count; i++) {
        const struct board_row *row = &policy->rows.items[i];
        strbuf_addf(&text, "%s%lld %lld..%lld", i > 0 ? "; " : "", (long long)row->since,
                    (long long)row->last.after, (long long)row->last.by);
    }
    return strbuf_text(&text);
}

#define TWO RULE(80) ", " RULE(81)

START_TEST(growth_is_known_between_two_readings)
{
    struct board_ledger one = board_ledger_next(arena, NULL, board_with(TWO, 5, 0), "e", 100);
    ck_assert_str_eq(known(board_with(TWO, 5, 0), &one, "e", 150), "100 0..0; 100 0..0");
    // The live counter counts as one more reading.
    ck_assert_str_eq(known(board_with(TWO, 6, 0), &one, "e", 150), "100 100..150; 100 0..0");
    struct board_ledger two = board_ledger_next(arena, &one, board_with(TWO, 6, 0), "e", 200);
    struct board_ledger three = board_ledger_next(arena, &two, board_with(TWO, 6, 1), "e", 300);
    ck_assert_str_eq(known(board_with(TWO, 6, 1), &three, "e", 400), "100 100..200; 100 200..300");
}
END_TEST

START_TEST(counters_that_begin_anew_are_no_hit)
{
    struct board_ledger one = board_ledger_next(arena, NULL, board_with(TWO, 5, 5), "e", 100);
    struct board_ledger two = board_ledger_next(arena, &one, board_with(TWO, 0, 0), "f", 200);
    ck_assert_str_eq(known(board_with(TWO, 0, 0), &two, "f", 300), "100 0..0; 100 0..0");
    // As much as before, but from nothing; and less than before within an epoch.
    ck_assert_str_eq(known(board_with(TWO, 5, 0), &one, "f", 300), "100 100..300; 100 0..0");
    ck_assert_str_eq(known(board_with(TWO, 2, 0), &one, "e", 300), "100 100..300; 100 0..0");
}
END_TEST

START_TEST(a_rule_is_known_by_what_it_matches)
{
    struct board_ledger one = board_ledger_next(arena, NULL, board_with(TWO, 5, 6), "e", 100);
    struct board_ledger two = board_ledger_next(arena, &one, board_with(TWO, 5, 7), "e", 200);
    // Changed places: 81 was hit, 80 was not.
    ck_assert_str_eq(known(board_with(RULE(81) ", " RULE(80), 7, 5), &two, "e", 300),
                     "100 100..200; 100 0..0");
    // Another rule begins anew, and one that is gone is forgotten.
    struct board *changed = board_with(RULE(90) ", " RULE(81), 9, 7);
    ck_assert_str_eq(known(changed, &two, "e", 300), "0 0..0; 100 100..200");
    struct board_ledger three = board_ledger_next(arena, &two, changed, "e", 300);
    ck_assert_uint_eq(three.lines.count, 2);
    ck_assert_str_eq(known(board_with(TWO, 5, 7), &three, "e", 400), "0 0..0; 100 100..200");
}
END_TEST

START_TEST(in_doubt_a_rule_is_used)
{
    static const struct {
        int64_t since, by;
        uint64_t packets;
        enum board_use use;
    } rows[] = {
        {0, 0, 0, BOARD_NEVER},         // not recorded, never hit
        {0, 0, 5, BOARD_USED},          // not recorded, hit at some time
        {0, 50, 0, BOARD_USED},         // a flow that hit it, some time ago; not recorded
        {100, 0, 5, BOARD_UNUSED},      // recorded long enough
        {300, 0, 0, BOARD_UNUSED_HERE}, // not long enough, but never hit
        {300, 0, 5, BOARD_USED},        // not long enough, and hit at some time
        {100, 150, 5, BOARD_UNUSED},    {100, 250, 5, BOARD_USED}, {200, 0, 0, BOARD_UNUSED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct board_row row = {.since = rows[i].since,
                                .last = {rows[i].by, rows[i].by},
                                .count.packets = rows[i].packets};
        ck_assert_msg(board_row_use(&row, 200) == rows[i].use, "row %zu", i);
    }
    struct board *board = board_with(TWO, 0, 0);
    struct board_policy *policy = on_board(board, "gnp/p");
    ck_assert_int_eq(board_policy_use(policy, 200), BOARD_NEVER);
    policy->rows.items[0].since = 100;
    policy->rows.items[1].since = 300;
    ck_assert_int_eq(board_policy_use(policy, 200), BOARD_UNUSED_HERE);
    policy->rows.items[1].last = (struct board_hit){250, 250};
    ck_assert_int_eq(board_policy_use(policy, 200), BOARD_USED);
    policy->state = BOARD_CHANGED;
    ck_assert_int_eq(board_policy_use(policy, 200), BOARD_USED);
}
END_TEST

START_TEST(what_is_written_is_read)
{
    struct strbuf text = {.arena = arena}, again = {.arena = arena};
    struct board_ledger one = board_ledger_next(arena, NULL, board_with(TWO, 5, 0), "e:1:2", 100);
    struct board_ledger two = board_ledger_next(arena, &one, board_with(TWO, 6, 0), "e:1:2", 200);
    struct board_ledger read;
    board_ledger_print(&two, &text);
    ck_assert_ptr_null(board_ledger_parse(arena, text.text, text.length, &read));
    ck_assert_str_eq(read.epoch, "e:1:2");
    ck_assert_int_eq(read.time, 200);
    board_ledger_print(&read, &again);
    ck_assert_str_eq(text.text, again.text);
    for (size_t size = 0; size < text.length; size++) {
        ck_assert_msg(board_ledger_parse(arena, text.text, size, &read) != NULL, "cut at %zu",
                      size);
    }
}
END_TEST

START_TEST(what_is_damaged_is_refused)
{
    static const char *const texts[] = {
        "",
        "polc board 2\nepoch e\ntime 1\nend 0\n",
        "polc board 1\nepoch e\ntime -1\nend 0\n",
        "polc board 1\nepoch e\ntime 99999999999999999999\nend 0\n",
        "polc board 1\nepoch e\nend 0\n",
        "polc board 1\nepoch e\ntime 1\nend 1\n",
        "polc board 1\nepoch e\ntime 1\nend 00\n",
        "polc board 1\nepoch e\ntime 1\n1 2 3 4\nend 1\n",
        "polc board 1\nepoch e\ntime 1\n1 2 3 4 \nend 1\n",
        "polc board 1\nepoch e\ntime 1\n1 x 3 4 k\nend 1\n",
        "polc board 1\nepoch e\ntime 1\n1 2 3 4 k\nend 1\nmore\n",
    };
    struct board_ledger read;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        ck_assert_msg(board_ledger_parse(arena, texts[i], strlen(texts[i]), &read) != NULL, "%s",
                      texts[i]);
    }
    static const char good[] = "polc board 1\nepoch e\ntime 1\n1 2 3 4 k k\nend 1\n";
    ck_assert_ptr_null(board_ledger_parse(arena, good, strlen(good), &read));
    ck_assert_str_eq(read.lines.items[0].key, "k k");
}
END_TEST

UNIT_TESTS("ledger", growth_is_known_between_two_readings, counters_that_begin_anew_are_no_hit,
           a_rule_is_known_by_what_it_matches, in_doubt_a_rule_is_used, what_is_written_is_read,
           what_is_damaged_is_refused)
