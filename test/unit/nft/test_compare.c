// SPDX-License-Identifier: GPL-2.0-or-later
// The difference of two rule lists, without a kernel: the present side is made from a wanted one.
#include "compare_rules.h"
#include "make_ruleset.h"
#include "unit.h"

// A chain whose rules are letters: each matches another port.
static struct chain *letters(struct made *made, const char *text)
{
    struct chain *chain = make_chain(made, "c");
    for (; *text != '\0'; text++) {
        const char *comment = arena_printf(made->arena, "%c", *text);
        MAKE_RULE(made, chain, comment, make_port((uint16_t)*text));
    }
    return chain;
}

static struct kernel_chain *as_present(struct made *made, const struct chain *chain)
{
    struct kernel_chain *present = arena_new_of(made->arena, struct kernel_chain);
    present->name = chain->name;
    for (size_t i = 0; i < chain->count; i++) {
        struct exprs exprs;
        linearize(&chain->items[i], &exprs);
        struct kernel_rule rule = {.hash = exprs_hash(&exprs), .comment = chain->items[i].comment};
        vec_push(made->arena, present, rule);
    }
    return present;
}

// "+a -b"
static const char *difference(struct made *made, const char *wanted, const char *present,
                              bool *ret_differ)
{
    struct arena *scratch = arena_new((size_t)1 << 30);
    struct rule_steps steps = {.count = 0};
    struct kernel_chain *kernel = present != NULL ? as_present(made, letters(made, present)) : NULL;
    struct chain *chain = wanted != NULL ? letters(made, wanted) : NULL;
    *ret_differ = compare_rules(made->arena, scratch, chain, kernel, &steps);
    struct strbuf text = {.arena = made->arena};
    for (size_t i = 0; i < steps.count; i++) {
        const struct rule_step *step = &steps.items[i];
        strbuf_addf(&text, "%c%s ", step->added ? '+' : '-',
                    step->added ? chain->items[step->index].comment
                                : kernel->items[step->index].comment);
    }
    arena_free(scratch);
    return strbuf_text(&text);
}

START_TEST(the_shortest_difference_is_listed)
{
    static const struct {
        const char *wanted, *present, *difference;
    } cases[] = {
        {"", "", ""},
        {"abc", "abc", ""},
        {"abc", "ac", "+b "},
        {"ac", "abc", "-b "},
        {"axc", "abc", "-b +x "},
        {"", "ab", "-a -b "},
        {"ab", "", "+a +b "},
        {"ba", "ab", "-a +a "},
        {"aa", "a", "+a "},
        {"abcde", "bcdef", "+a -f "},
        {NULL, "ab", "-a -b "},
        {"ab", NULL, "+a +b "},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct made made = make_ruleset();
        bool differ;
        const char *text = difference(&made, cases[i].wanted, cases[i].present, &differ);
        ck_assert_str_eq(text, cases[i].difference);
        ck_assert(differ == (cases[i].difference[0] != '\0'));
        make_free(&made);
    }
}
END_TEST

START_TEST(long_lists_are_compared_as_bags)
{
    enum { LONG = 3000 };
    struct made made = make_ruleset();
    char *wanted = arena_alloc(made.arena, LONG + 1), *present = arena_alloc(made.arena, LONG + 1);
    for (int i = 0; i < LONG; i++) {
        wanted[i] = (char)('b' + i % 20);
        present[LONG - 1 - i] = wanted[i];
    }
    wanted[LONG / 2] = 'A';
    present[LONG / 2] = 'B';
    bool differ;
    // One letter of each list was replaced; all others are there as often, in another order.
    const char *text = difference(&made, wanted, present, &differ);
    ck_assert(differ && strstr(text, "+A ") != NULL && strstr(text, "-B ") != NULL);
    ck_assert_uint_le(strlen(text), 4 * strlen("+A "));
    make_free(&made);
}
END_TEST

START_TEST(pairs_are_made_once_and_in_order)
{
    struct made made = make_ruleset();
    const struct chain *here = letters(&made, "abab"), *there = letters(&made, "bbaxa");
    const struct rule_mark *a = marks_of_chain(made.arena, here),
                           *b = marks_of_chain(made.arena, there);
    const size_t *pairs = marks_pair(made.arena, a, here->count, b, there->count);
    static const size_t expected[] = {2, 0, 4, 1};
    ck_assert_mem_eq(pairs, expected, sizeof expected);
    pairs = marks_pair(made.arena, b, there->count, a, here->count);
    ck_assert_uint_eq(pairs[3], RULE_UNPAIRED);
    make_free(&made);
}
END_TEST

UNIT_TESTS("compare", the_shortest_difference_is_listed, long_lists_are_compared_as_bags,
           pairs_are_made_once_and_in_order)
