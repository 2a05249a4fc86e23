// SPDX-License-Identifier: GPL-2.0-or-later
// Sorting and merging of set elements. Keys are compared byte by byte, which is the order of
// addresses and ports, since those are in network byte order; for interface names any order will
// do.
#include "rows.h"

#include <linux/netfilter/nf_tables.h>

struct rows rows_of_shape(const struct set_shape *shape)
{
    struct rows rows = {.key_length = shape->key_length};
    rows.ranges = shape->flags & NFT_SET_INTERVAL;
    rows.verdicts = shape->flags & NFT_SET_MAP;
    rows.concatenated = shape->flags & NFT_SET_CONCAT;
    rows.stride = rows.key_length * (rows.ranges ? 2 : 1);
    rows.stride += rows.verdicts ? (uint32_t)sizeof(struct row_verdict) : 0;
    return rows;
}

static uint32_t verdict_offset(const struct rows *rows)
{
    return rows->key_length * (rows->ranges ? 2 : 1);
}

const uint8_t *rows_last(const struct rows *rows, size_t index)
{
    return rows_key(rows, index) + (rows->ranges ? rows->key_length : 0);
}

struct row_verdict rows_verdict(const struct rows *rows, size_t index)
{
    struct row_verdict verdict;
    memcpy(&verdict, rows_key(rows, index) + verdict_offset(rows), sizeof verdict);
    return verdict;
}

static void put_row(struct rows *rows, const struct element *element)
{
    struct row_verdict verdict = {.chain = element->chain, .verdict = element->verdict};
    if (element->catch_all) {
        rows->catch_all = true;
        rows->catch_all_verdict = verdict;
        return;
    }
    uint8_t *row = rows->data + rows->count++ * rows->stride;
    memcpy(row, element->key, rows->key_length);
    if (rows->ranges) {
        memcpy(row + rows->key_length, element->key_end, rows->key_length);
    }
    if (rows->verdicts) {
        memcpy(row + verdict_offset(rows), &verdict, sizeof verdict);
    }
}

struct rows rows_of_set(struct arena *arena, const struct set *set)
{
    struct set_shape shape = set_shape_of(set);
    struct rows rows = rows_of_shape(&shape);
    rows.data = arena_array(arena, set->count, rows.stride);
    for (size_t i = 0; i < set->count; i++) {
        struct element element;
        set_element(set, i, &element);
        put_row(&rows, &element);
    }
    rows_sort(&rows);
    return rows;
}

// Key and last key; what they lead to is no part of the order.
static int compare_rows(const void *a, const void *b, void *length)
{
    return memcmp(a, b, *(const size_t *)length);
}

void rows_sort(struct rows *rows)
{
    size_t length = verdict_offset(rows), kept = 0;
    size_t i = 1;
    while (i < rows->count && memcmp(rows_key(rows, i - 1), rows_key(rows, i), length) < 0) {
        i++;
    }
    if (i >= rows->count) {
        return;
    }
    qsort_r(rows->data, rows->count, rows->stride, compare_rows, &length);
    for (i = 1; i < rows->count; i++) {
        if (memcmp(rows_key(rows, kept), rows_key(rows, i), length) != 0) {
            memmove(rows->data + ++kept * rows->stride, rows_key(rows, i), rows->stride);
        }
    }
    rows->count = kept + 1;
}

static bool same_verdict(struct row_verdict a, struct row_verdict b)
{
    return a.verdict == b.verdict && (a.chain == NULL) == (b.chain == NULL) &&
           (a.chain == NULL || strcmp(a.chain, b.chain) == 0);
}

bool rows_same_catch_all(const struct rows *a, const struct rows *b)
{
    return a->catch_all == b->catch_all &&
           (!a->catch_all || !a->verdicts ||
            same_verdict(a->catch_all_verdict, b->catch_all_verdict));
}

// Negative: the wanted row comes first; 0: both have it, with the same verdict. A row with another
// verdict is removed and added.
static int compare_heads(const struct rows_diff *diff)
{
    const struct rows *wanted = diff->wanted, *present = diff->present;
    if (diff->next_wanted == wanted->count || diff->next_present == present->count) {
        return diff->next_wanted == wanted->count ? 1 : -1;
    }
    int order = memcmp(rows_key(wanted, diff->next_wanted), rows_key(present, diff->next_present),
                       verdict_offset(wanted));
    if (order == 0 && wanted->verdicts &&
        !same_verdict(rows_verdict(wanted, diff->next_wanted),
                      rows_verdict(present, diff->next_present))) {
        return 1;
    }
    return order;
}

bool rows_diff_next(struct rows_diff *diff, const struct rows **ret_rows, size_t *ret_index)
{
    while (diff->next_wanted < diff->wanted->count || diff->next_present < diff->present->count) {
        int order = compare_heads(diff);
        if (order == 0) {
            diff->next_wanted++;
            diff->next_present++;
            continue;
        }
        *ret_rows = order < 0 ? diff->wanted : diff->present;
        *ret_index = order < 0 ? diff->next_wanted++ : diff->next_present++;
        return true;
    }
    return false;
}
