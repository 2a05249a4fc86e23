// SPDX-License-Identifier: GPL-2.0-or-later
// Sorting, and walking over what only one of two element lists has.
#include "make_ruleset.h"
#include "rows.h"
#include "unit.h"

static struct rows rows_of(struct made *made, enum set_content content, const char *text)
{
    bool interval = content == SET_PADDED || strchr(text, '/') != NULL;
    return rows_of_set(made->arena, make_cidrs(made, "s", content, interval, text));
}

// "+10.0.0.1 -10.0.0.2": the difference by the first keys.
static const char *difference(struct made *made, const struct rows *wanted,
                              const struct rows *present)
{
    struct strbuf text = {.arena = made->arena};
    struct rows_diff diff = {.wanted = wanted, .present = present};
    const struct rows *side;
    size_t index;
    while (rows_diff_next(&diff, &side, &index)) {
        const uint8_t *key = rows_key(side, index);
        strbuf_addf(&text, "%c%u.%u.%u.%u ", side == wanted ? '+' : '-', key[0], key[1], key[2],
                    key[3]);
    }
    return strbuf_text(&text);
}

START_TEST(rows_are_sorted_and_unique)
{
    struct made made = make_ruleset();
    struct rows rows =
        rows_of(&made, SET_CIDRS, "10.0.0.3/32 10.0.0.1/32 10.0.0.3/32 9.0.0.0/32 10.0.0.1/32");
    ck_assert_uint_eq(rows.count, 3);
    ck_assert_uint_eq(rows_key(&rows, 0)[0], 9);
    ck_assert_uint_eq(rows_key(&rows, 1)[3], 1);
    ck_assert_uint_eq(rows_key(&rows, 2)[3], 3);
    make_free(&made);
}
END_TEST

START_TEST(ranges_have_a_last_key)
{
    struct made made = make_ruleset();
    struct rows rows = rows_of(&made, SET_PADDED, "10.0.0.0/24");
    ck_assert(rows.ranges && rows.concatenated && rows.key_length == 8 && rows.stride == 16);
    ck_assert_mem_eq(rows_last(&rows, 0), "\x0a\x00\x00\xff\xff\x00\x00\x00", 8);
    make_free(&made);
}
END_TEST

START_TEST(differences_are_walked_in_order)
{
    static const struct {
        const char *wanted, *present, *difference;
    } cases[] = {
        {"", "", ""},
        {"1.0.0.0/8", "", "+1.0.0.0 "},
        {"", "1.0.0.0/8", "-1.0.0.0 "},
        {"1.0.0.0/8 2.0.0.0/8", "1.0.0.0/8 2.0.0.0/8", ""},
        {"1.0.0.0/8 3.0.0.0/8 4.0.0.0/8", "2.0.0.0/8 3.0.0.0/8", "+1.0.0.0 -2.0.0.0 +4.0.0.0 "},
        {"1.0.0.0/9", "1.0.0.0/8", "+1.0.0.0 -1.0.0.0 "},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct made made = make_ruleset();
        struct rows wanted = rows_of(&made, SET_PADDED, cases[i].wanted);
        struct rows present = rows_of(&made, SET_PADDED, cases[i].present);
        ck_assert_str_eq(difference(&made, &wanted, &present), cases[i].difference);
        make_free(&made);
    }
}
END_TEST

static struct rows map_of(struct made *made, enum verdict_kind verdict, const char *chain,
                          bool catch_all)
{
    struct set *map = make_set(made, "m", SET_VERDICTS);
    make_jump(made, map, NULL, "10.0.0.1", verdict, chain);
    if (catch_all) {
        make_jump(made, map, NULL, NULL, verdict, chain);
    }
    return rows_of_set(made->arena, map);
}

START_TEST(a_verdict_is_part_of_its_row)
{
    struct made made = make_ruleset();
    char name[] = "a";
    struct rows jump = map_of(&made, VERDICT_JUMP, "a", true),
                twin = map_of(&made, VERDICT_JUMP, name, true);
    struct rows other = map_of(&made, VERDICT_JUMP, "b", true),
                drop = map_of(&made, VERDICT_DROP, NULL, false);
    ck_assert_str_eq(difference(&made, &jump, &twin), "");
    ck_assert_str_eq(difference(&made, &jump, &other), "-10.0.0.1 +10.0.0.1 ");
    ck_assert_str_eq(difference(&made, &jump, &drop), "-10.0.0.1 +10.0.0.1 ");
    ck_assert_uint_eq(jump.count, 1);
    ck_assert(rows_same_catch_all(&jump, &twin) && rows_same_catch_all(&drop, &drop));
    ck_assert(!rows_same_catch_all(&jump, &other) && !rows_same_catch_all(&jump, &drop));
    make_free(&made);
}
END_TEST

UNIT_TESTS("rows", rows_are_sorted_and_unique, ranges_have_a_last_key,
           differences_are_walked_in_order, a_verdict_is_part_of_its_row)
