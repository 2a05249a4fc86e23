// SPDX-License-Identifier: GPL-2.0-or-later
// The label index finds what a walk over all candidates finds.
#include "internal.h"
#include "resource/res_helper.h"

#include <stdlib.h>

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

// ---- random selectors over random labels ----------------------------------------------------------------------

enum { KEYS = 6, VALUES = 5, SETS = 40, OBJECTS = 200, SELECTORS = 4000, ROUNDS = 5 };

static const char *const keys[KEYS] = {"a", "b", "c", "pcns.a", "projectcalico.org/namespace", "z"};
static const char *const values[VALUES] = {"", "x", "y", "xy", "ns"};

static int below(int limit)
{
    return rand() % limit;
}

static struct labels random_labels(void)
{
    struct label *items = arena_array_of(arena, struct label, KEYS);
    size_t count = 0;
    for (int i = 0; i < KEYS - 1; i++) { // nothing has the last one
        if (below(3) > 0) {
            items[count++] = (struct label){keys[i], values[below(VALUES)]};
        }
    }
    return (struct labels){items, count};
}

static struct sel *random_match(enum sel_op op)
{
    const char *key = keys[below(KEYS)];
    struct sel *sel = sel_has(arena, key);
    if (op == SEL_IN || op == SEL_NOT_IN) {
        const char *some[] = {values[below(VALUES)], values[below(VALUES)], "nowhere"};
        size_t count = (size_t)below(4);
        return op == SEL_IN ? sel_in(arena, key, some, count) : sel_not_in(arena, key, some, count);
    }
    sel->op = (uint8_t)op;
    sel->value = op == SEL_HAS ? NULL : values[below(VALUES)];
    return sel;
}

static struct sel *random_selector(int depth)
{
    if (depth == 0 || below(3) == 0) {
        enum sel_op op = (enum sel_op)below(SEL_NOT);
        struct sel *leaf = arena_new_of(arena, struct sel);
        leaf->op = (uint8_t)op;
        return op == SEL_ALL || op == SEL_GLOBAL ? leaf : random_match(op);
    }
    static const enum sel_op inner[] = {SEL_NOT, SEL_AND, SEL_AND, SEL_OR};
    enum sel_op op = inner[below(ARRAY_COUNT(inner))];
    uint32_t count = op == SEL_NOT ? 1 : 2 + (uint32_t)below(2);
    struct sel **children = arena_array_of(arena, struct sel *, count);
    for (uint32_t i = 0; i < count; i++) {
        children[i] = random_selector(depth - 1);
    }
    struct sel *sel = arena_new_of(arena, struct sel);
    *sel = (struct sel){.op = (uint8_t)op, .count = count, .children = children};
    return sel;
}

// Objects share sets of labels, as the pods of one deployment do; some sets stand at two addresses.
static void check_random_index(const struct labels *sets)
{
    struct label_index *index = label_index_new(arena);
    struct labels of[OBJECTS];
    for (uint32_t i = 0; i < OBJECTS; i++) {
        of[i] = sets[below(SETS)];
        label_index_add(index, i, &of[i]);
    }
    ck_assert_uint_le(label_index_class_count(index), SETS);
    for (int i = 0; i < SELECTORS / ROUNDS; i++) {
        const struct sel *sel = random_selector(3);
        struct model_indexes found = {0}, classes = {0};
        label_index_select(index, arena, sel, &found);
        label_index_classes(index, arena, sel, &classes);
        size_t at = 0, members = 0;
        for (uint32_t j = 0; j < OBJECTS; j++) {
            bool here = at < found.count && found.items[at] == j;
            ck_assert_msg(here == sel_matches(sel, &of[j]), "<%s>: object %u", sel_text(arena, sel),
                          j);
            at += here;
        }
        for (size_t j = 0; j < classes.count; j++) {
            ck_assert(j == 0 || classes.items[j - 1] < classes.items[j]);
            members += label_index_members(index, classes.items[j])->count;
        }
        ck_assert_uint_eq(at, found.count);
        ck_assert_uint_eq(members, found.count);
    }
}

START_TEST(random_selectors_select_what_brute_force_does)
{
    struct labels sets[SETS];
    for (unsigned round = 0; round < ROUNDS; round++) {
        srand(round);
        for (int i = 0; i < SETS; i++) {
            sets[i] = i > 0 && below(8) == 0 ? sets[i - 1] : random_labels();
        }
        check_random_index(sets);
    }
}
END_TEST

UNIT_TESTS("resolve index", index_agrees_with_a_walk, an_empty_index_has_nothing,
           random_selectors_select_what_brute_force_does)
