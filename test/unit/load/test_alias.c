// SPDX-License-Identifier: GPL-2.0-or-later
// Anchors and aliases: what they stand for, and the bounds on it.
#include "load_helper.h"

START_TEST(an_alias_is_a_copy)
{
    static const struct {
        const char *text, *seen;
    } cases[] = {
        {"{a: &x [1, {b: 2}], c: *x, d: [*x]}", "{a:[1,{b:2}],c:[1,{b:2}],d:[[1,{b:2}]]}\n"},
        {"{a: &x 1, b: &x 2, c: *x}", "{a:1,b:2,c:2}\n"}, // the later anchor counts
        {"{a: &x \"q\", b: *x}", "{a:\"q\",b:\"q\"}\n"},
        {"{a: &x k, *x : 1}", "{a:k,k:1}\n"},
        {"{&x k: 1, b: *x}", "{k:1,b:k}\n"}, // of a key
        {"{a: &x, b: *x}", "{a:,b:}\n"},
        {"a: &x 1\n---\nb: 2\n", "{a:1}\n{b:2}\n"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load(cases[i].text);
        ck_assert_str_eq(strbuf_text(&fixture.seen), cases[i].seen);
        ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 0);
        arena_free(fixture.arena);
    }
}
END_TEST

START_TEST(an_alias_without_meaning)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"{a: *x, b: &x 1}", "1:5: error[F014]: no anchor \"&x\""},
        {"a: &x 1\n---\nb: *x\n", "3:4: error[F014]: no anchor \"&x\""}, // of another document
        {"{a: &x {b: [*x]}}", "1:13: error[F014]: the alias \"*x\" stands inside"},
        {"{a: &x [1], *x : 1}", "1:13: error[F005]: a list or a map cannot be a key"},
        {"{a: &x b, b: 1, *x : 2}", "1:17: error[F009]: \"b\" stands twice"},
        {"{a: &x <<, *x : 2}", "1:12: error[F010]"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fixture fixture = load(cases[i].text);
        ck_assert_msg(strstr(printed(&fixture), cases[i].expected) != NULL, "%s gives %s",
                      cases[i].text, printed(&fixture));
        arena_free(fixture.arena);
    }
}
END_TEST

// Chains of aliases, each one level deeper than the last, from below the limit on depth to above it.
START_TEST(aliases_count_for_the_depth)
{
    for (int levels = LOAD_MAX_DEPTH - 4; levels < LOAD_MAX_DEPTH + 4; levels++) {
        struct strbuf text = {.arena = arena_new(SIZE_MAX)};
        strbuf_add(&text, "a0: &a0 [x]\n"); // two deep, the map included
        for (int i = 1; i <= levels; i++) {
            strbuf_addf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
        }
        struct fixture fixture = load(strbuf_text(&text));
        bool fits = levels + 2 <= LOAD_MAX_DEPTH;
        ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), fits ? 0 : 1);
        ck_assert((strstr(printed(&fixture), "error[F007]") == NULL) == fits);
        arena_free(fixture.arena);
        arena_free(text.arena);
    }
}
END_TEST

START_TEST(many_anchors_are_looked_up_fast)
{
    struct strbuf text = {.arena = arena_new(SIZE_MAX)};
    strbuf_add(&text, "k:\n");
    for (int i = 0; i < 300000; i++) {
        strbuf_addf(&text, "- &anchor-%d x\n", i);
    }
    for (int i = 0; i < LOAD_MAX_ALIASES; i++) {
        strbuf_add(&text,
                   "- *anchor-0\n"); // ten seconds when each was looked for from the last one back
    }
    struct fixture fixture = load(strbuf_text(&text));
    ck_assert_uint_eq(diags_count(fixture.diags, DIAG_ERROR), 0);
    arena_free(fixture.arena);
    arena_free(text.arena);
}
END_TEST

UNIT_TESTS("load aliases", an_alias_is_a_copy, an_alias_without_meaning,
           aliases_count_for_the_depth, many_anchors_are_looked_up_fast)
