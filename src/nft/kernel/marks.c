// SPDX-License-Identifier: GPL-2.0-or-later
// Rules -> marks: what tells two rules of a chain apart, without counters, handles, places, and
// polc's own number.
#include "compare.h"

#include "comment.h"

#include <inttypes.h>

static struct rule_mark mark_of(const char *chain, struct expr_hash hash, const char *comment)
{
    struct rule_mark mark = {.hash = hash, .comment = comment, .length = comment_head(comment)};
    if (strcmp(chain, INFO_CHAIN) == 0 && comment_value(comment, "generation") != NULL) {
        mark.length = strlen("generation");
    }
    return mark;
}

struct rule_mark mark_of_wanted(const struct chain *chain, size_t index)
{
    struct exprs exprs UNINITIALIZED;
    linearize(&chain->items[index], &exprs);
    return mark_of(chain->name, exprs_hash(&exprs), chain->items[index].comment);
}

struct rule_mark mark_of_kernel(const struct kernel_chain *chain, size_t index)
{
    return mark_of(chain->name, chain->items[index].hash, chain->items[index].comment);
}

struct rule_mark *marks_of_chain(struct arena *arena, const struct chain *chain)
{
    struct rule_mark *marks = arena_array_of(arena, struct rule_mark, chain->count);
    for (size_t i = 0; i < chain->count; i++) {
        marks[i] = mark_of_wanted(chain, i);
    }
    return marks;
}

struct rule_mark *marks_of_kernel(struct arena *arena, const struct kernel_chain *chain)
{
    struct rule_mark *marks = arena_array_of(arena, struct rule_mark, chain->count);
    for (size_t i = 0; i < chain->count; i++) {
        marks[i] = mark_of_kernel(chain, i);
    }
    return marks;
}

static int compare_words(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int mark_compare(const struct rule_mark *a, const struct rule_mark *b)
{
    int order = compare_words(a->hash.words[0], b->hash.words[0]);
    if (order == 0) {
        order = compare_words(a->hash.words[1], b->hash.words[1]);
    }
    if (order == 0) {
        order = compare_words(a->length, b->length);
    }
    return order == 0 && a->length > 0 ? memcmp(a->comment, b->comment, a->length) : order;
}

const char *mark_text(struct arena *arena, const struct rule_mark *mark)
{
    return mark->length == 0
               ? NULL
               : arena_printf(arena, "%" PRIx64 " %" PRIx64 " %.*s", mark->hash.words[0],
                              mark->hash.words[1], (int)mark->length, mark->comment);
}

// Index numbers sorted by mark, then by place in the chain.
static int compare_indexes(const void *a, const void *b, void *marks)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    const struct rule_mark *all = marks;
    int order = mark_compare(&all[x], &all[y]);
    return order != 0 ? order : compare_words(x, y);
}

static size_t *sorted(struct arena *arena, const struct rule_mark *marks, size_t count)
{
    size_t *indexes = arena_array_of(arena, size_t, count);
    for (size_t i = 0; i < count; i++) {
        indexes[i] = i;
    }
    if (count > 1) {
        qsort_r(indexes, count, sizeof *indexes, compare_indexes, (void *)marks);
    }
    return indexes;
}

size_t *marks_pair(struct arena *arena, const struct rule_mark *a, size_t a_count,
                   const struct rule_mark *b, size_t b_count)
{
    const size_t *in_a = sorted(arena, a, a_count), *in_b = sorted(arena, b, b_count);
    size_t *pairs = arena_array_of(arena, size_t, a_count);
    size_t j = 0;
    for (size_t i = 0; i < a_count; i++) {
        int order = -1;
        while (j < b_count && (order = mark_compare(&a[in_a[i]], &b[in_b[j]])) > 0) {
            j++;
        }
        pairs[in_a[i]] = j < b_count && order == 0 ? in_b[j++] : RULE_UNPAIRED;
    }
    return pairs;
}
