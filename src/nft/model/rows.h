// SPDX-License-Identifier: GPL-2.0-or-later
// The elements of one set as one flat sorted array, wanted or dumped: 400,000 CIDRs are a few
// megabytes, and comparing two sets is a merge. Inside module nft only.
#pragma once

#include "expr.h"

// What a key leads to, in a verdict map.
struct row_verdict {
    const char *chain; // of jump and goto; NULL
    uint64_t verdict;  // enum verdict_kind; wide, so that no byte of a row is padding
};

// A row is key, last key of the range (sets with the interval flag), verdict (verdict maps).
struct rows {
    uint8_t *data;
    size_t count;
    uint32_t key_length, stride;
    bool ranges, verdicts;
    bool concatenated; // ranges of several fields
    bool catch_all;    // the "*" element is no row
    struct row_verdict catch_all_verdict;
};

// Empty rows in the form of a set.
struct rows rows_of_shape(const struct set_shape *shape);
// The rows of a wanted set, sorted, on the arena.
struct rows rows_of_set(struct arena *arena, const struct set *set);
// Sorts rows by key and drops those with a key that was there before.
void rows_sort(struct rows *rows);

static inline const uint8_t *rows_key(const struct rows *rows, size_t index)
{
    return rows->data + index * rows->stride;
}
// The last key of a range; the key itself in a set without ranges.
const uint8_t *rows_last(const struct rows *rows, size_t index);
struct row_verdict rows_verdict(const struct rows *rows, size_t index);

bool rows_same_catch_all(const struct rows *a, const struct rows *b);

// Walks the rows that only one of two sorted sets has. Starts zeroed but for the two sets.
struct rows_diff {
    const struct rows *wanted, *present;
    size_t next_wanted, next_present;
};
// False at the end; else *ret_rows is one of the two sets and *ret_index the row in it.
bool rows_diff_next(struct rows_diff *diff, const struct rows **ret_rows, size_t *ret_index);
