// SPDX-License-Identifier: GPL-2.0-or-later
// The label index finds what a walk over all candidates finds.
#include "internal.h"
#include "resource/res_helper.h"

enum { CANDIDATES = 60 };

static struct labels candidate_labels(size_t number)
{
    static const char *const keys[] = {"a", "b", "c", "long/key.name"};
    static const char *const values[] = {"", "x", "y", "x=y"};
    struct label *items = arena_array_of(arena, struct label, ARRAY_COUNT(keys));
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        size_t choice = (number * 7 + i * 13 + number / 5) % (ARRAY_COUNT(values) + 1);
        if (choice < ARRAY_COUNT(values)) {
            items[count++] = (struct label){keys[i], values[choice]};
        }
    }
    return (struct labels){items, count};
}

static const char *const selectors[] = {
    "all()",
    "!all()",
    "has(a)",
    "!has(a)",
    "a == \"x\"",
    "a != \"x\"",
    "a == \"\"",
    "a == \"x=y\"",
    "nowhere == \"x\"",
    "a in {\"x\", \"y\"}",
    "a in {\"y\", \"x\", \"z\"}",
    "a in {}",
    "a not in {}",
    "a not in {\"x\"}",
    "a contains \"=\"",
    "a starts with \"x\"",
    "a ends with \"\"",
    "has(a) && has(b)",
    "a == \"x\" && b == \"y\"",
    "a == \"x\" || b == \"y\"",
    "a == \"x\" || a == \"y\"",
    "(a == \"x\" || has(b)) && c != \"y\"",
    "!(a == \"x\" || b == \"y\")",
    "!!has(a)",
    "has(long/key.name) && !has(c)",
    "a == \"x\" && a == \"y\"",
    "global()",
};

START_TEST(index_agrees_with_a_walk)
{
    struct label_index *index = label_index_new(arena);
    struct labels all[CANDIDATES];
    for (uint32_t i = 0; i < CANDIDATES; i++) {
        all[i] = candidate_labels(i);
        label_index_add(index, i * 3, &all[i]);
    }
    for (size_t i = 0; i < ARRAY_COUNT(selectors); i++) {
        struct sel_error error;
        const struct sel *sel = sel_parse(arena, selectors[i], strlen(selectors[i]), &error);
        ck_assert_ptr_nonnull(sel);
        struct model_indexes found = {0};
        label_index_select(index, arena, sel, &found);
        size_t at = 0;
        for (uint32_t j = 0; j < CANDIDATES; j++) {
            if (sel_matches(sel, &all[j])) {
                ck_assert_msg(at < found.count && found.items[at] == j * 3, "%s: candidate %u",
                              selectors[i], j);
                at++;
            }
        }
        ck_assert_msg(at == found.count, "%s: %zu too many", selectors[i], found.count - at);
    }
}
END_TEST

START_TEST(an_empty_index_has_nothing)
{
    struct model_indexes found = {0};
    static const struct sel everything = {.op = SEL_ALL};
    label_index_select(label_index_new(arena), arena, &everything, &found);
    ck_assert_uint_eq(found.count, 0);
}
END_TEST

UNIT_TESTS("resolve index", index_agrees_with_a_walk, an_empty_index_has_nothing)
