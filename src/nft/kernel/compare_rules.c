// SPDX-License-Identifier: GPL-2.0-or-later
// Two lists of rules -> what was added and removed. Equal heads and tails are cut off; the middle
// is compared by longest common subsequence, or, when that would be too large a table, as two bags.
#include "compare_rules.h"

enum { TABLE_MAX = 1000 * 1000 }; // cells of the subsequence table, two bytes each

struct sides {
    struct arena *arena, *scratch;
    const struct chain *wanted;
    const struct kernel_chain *kernel;
    const struct rule_mark *here, *there; // of the two
    size_t here_count, there_count;
    size_t gap; // rules that both have, so far
    struct rule_steps *out;
};

static void add_step(struct sides *sides, bool added, size_t index)
{
    vec_push(sides->arena, sides->out,
             (struct rule_step){.added = added, .index = index, .gap = sides->gap});
}

struct window {
    size_t here, here_end, there, there_end;
};

static bool same(const struct sides *sides, size_t here, size_t there)
{
    return mark_compare(&sides->here[here], &sides->there[there]) == 0;
}

static struct window differing(const struct sides *sides)
{
    struct window window = {0, sides->here_count, 0, sides->there_count};
    while (window.here < window.here_end && window.there < window.there_end &&
           same(sides, window.here, window.there)) {
        window.here++;
        window.there++;
    }
    while (window.here < window.here_end && window.there < window.there_end &&
           same(sides, window.here_end - 1, window.there_end - 1)) {
        window.here_end--;
        window.there_end--;
    }
    return window;
}

// lengths[i * width + j]: the longest common subsequence of the windows from i and j on.
static void by_subsequence(struct sides *sides, struct window window)
{
    size_t rows = window.here_end - window.here, columns = window.there_end - window.there,
           width = columns + 1;
    uint16_t *lengths = arena_array_of(sides->scratch, uint16_t, (rows + 1) * width);
    for (size_t i = rows; i-- > 0;) {
        for (size_t j = columns; j-- > 0;) {
            uint16_t down = lengths[(i + 1) * width + j], right = lengths[i * width + j + 1];
            lengths[i * width + j] = same(sides, window.here + i, window.there + j)
                                         ? (uint16_t)(lengths[(i + 1) * width + j + 1] + 1)
                                         : (down > right ? down : right);
        }
    }
    size_t i = 0, j = 0;
    while (i < rows || j < columns) {
        if (i < rows && j < columns && same(sides, window.here + i, window.there + j)) {
            i++;
            j++;
            sides->gap++;
        } else if (j < columns &&
                   (i == rows || lengths[i * width + j + 1] >= lengths[(i + 1) * width + j])) {
            add_step(sides, false, window.there + j++);
        } else {
            add_step(sides, true, window.here + i++);
        }
    }
}

static void by_bag(struct sides *sides, struct window window)
{
    size_t here_count = window.here_end - window.here,
           there_count = window.there_end - window.there;
    const struct rule_mark *here = sides->here + window.here, *there = sides->there + window.there;
    sides->gap = GAP_UNKNOWN;
    const size_t *pairs = marks_pair(sides->scratch, here, here_count, there, there_count);
    bool *used = arena_array_of(sides->scratch, bool, there_count);
    for (size_t i = 0; i < here_count; i++) {
        if (pairs[i] != RULE_UNPAIRED) {
            used[pairs[i]] = true;
        }
    }
    for (size_t j = 0; j < there_count; j++) {
        if (!used[j]) {
            add_step(sides, false, window.there + j);
        }
    }
    for (size_t i = 0; i < here_count; i++) {
        if (pairs[i] == RULE_UNPAIRED) {
            add_step(sides, true, window.here + i);
        }
    }
}

static void list_changes(struct sides *sides, struct window window)
{
    size_t rows = window.here_end - window.here, columns = window.there_end - window.there;
    if (rows <= UINT16_MAX && columns <= UINT16_MAX && (rows + 1) * (columns + 1) <= TABLE_MAX) {
        by_subsequence(sides, window);
    } else {
        by_bag(sides, window);
    }
}

static bool compare_both(struct sides *sides)
{
    struct arena_mark mark = arena_mark(sides->scratch);
    sides->here = marks_of_chain(sides->scratch, sides->wanted);
    sides->there = marks_of_kernel(sides->scratch, sides->kernel);
    struct window window = differing(sides);
    bool differ = window.here < window.here_end || window.there < window.there_end;
    if (differ) {
        sides->gap = window.here;
        list_changes(sides, window);
    }
    arena_rewind(sides->scratch, mark);
    return differ;
}

bool compare_rules(struct arena *arena, struct arena *scratch, const struct chain *wanted,
                   const struct kernel_chain *kernel, struct rule_steps *ret)
{
    struct sides sides = {
        .arena = arena, .scratch = scratch, .wanted = wanted, .kernel = kernel, .out = ret};
    if (wanted != NULL && kernel != NULL) {
        sides.here_count = wanted->count;
        sides.there_count = kernel->count;
        return compare_both(&sides);
    }
    for (size_t i = 0; wanted != NULL && i < wanted->count; i++) {
        add_step(&sides, true, i);
    }
    for (size_t i = 0; kernel != NULL && i < kernel->count; i++) {
        add_step(&sides, false, i);
    }
    return true;
}
