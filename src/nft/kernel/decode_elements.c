// SPDX-License-Identifier: GPL-2.0-or-later
// Elements of a dump -> sorted rows. Kernel facts: a hash gives its elements in any order, a tree
// from the highest key to the lowest; an interval set of one field has start and end elements, an
// end being the key after the last one, and a range without an end runs to the next start or to the
// highest key. Sets loaded by nft begin with an end of key 0, which ends nothing.
#include "decode.h"

#include "expr_codec.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>

enum { EDGE_END, EDGE_START };
enum { FIRST_CAPACITY = 1024 };

void raw_elements_start(struct raw_elements *raw, const struct kernel_set *set)
{
    uint8_t *data = raw->rows.data;
    size_t bytes = raw->capacity * raw->rows.stride;
    raw->rows = rows_of_shape(&set->shape);
    raw->edges = raw->rows.ranges && !raw->rows.concatenated;
    if (raw->edges) {
        // What an interval map leads to stands behind the edge.
        raw->rows.stride -= raw->rows.key_length - 1;
    }
    raw->rows.data = data;
    raw->capacity = raw->rows.stride > 0 ? bytes / raw->rows.stride : 0;
}

static uint8_t *add_row(struct raw_elements *raw)
{
    struct rows *rows = &raw->rows;
    if (rows->count == raw->capacity) {
        size_t capacity = raw->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : raw->capacity * 2;
        void *grown = reallocarray(rows->data, capacity, rows->stride);
        if (grown == NULL) {
            fputs("polc: out of memory; nothing was changed\n", stderr);
            exit(POLC_EXIT_INTERNAL);
        }
        rows->data = grown;
        raw->capacity = capacity;
    }
    return rows->data + rows->count++ * rows->stride;
}

// A key of the set's length, or nothing.
static const uint8_t *get_key(const struct nlattr *attr, uint32_t length)
{
    const struct nlattr *value = attr != NULL ? netlink_first(attr, NFTA_DATA_VALUE) : NULL;
    return value != NULL && mnl_attr_get_payload_len(value) == length ? mnl_attr_get_payload(value)
                                                                      : NULL;
}

// Data that is no verdict stays a verdict of no chain: such a map differs by its type anyway.
static struct row_verdict get_verdict(const struct nlattr *data, struct strtab *texts)
{
    uint8_t verdict = 0;
    const char *chain = NULL;
    if (data == NULL || !verdict_get(data, &verdict, &chain)) {
        return (struct row_verdict){.chain = NULL};
    }
    return (struct row_verdict){.verdict = verdict,
                                .chain = chain != NULL ? strtab_intern(texts, chain, strlen(chain))
                                                       : NULL};
}

static void add_element(struct raw_elements *raw, const struct nlattr *element,
                        struct strtab *texts)
{
    const struct nlattr *attrs[NFTA_SET_ELEM_MAX + 1];
    uint32_t length = raw->rows.key_length;
    netlink_nested(element, attrs, NFTA_SET_ELEM_MAX);
    uint32_t flags = netlink_u32(attrs[NFTA_SET_ELEM_FLAGS]);
    struct row_verdict verdict = get_verdict(attrs[NFTA_SET_ELEM_DATA], texts);
    const uint8_t *key = get_key(attrs[NFTA_SET_ELEM_KEY], length);
    if (flags & NFT_SET_ELEM_CATCHALL) {
        raw->rows.catch_all = true;
        raw->rows.catch_all_verdict = verdict;
        return;
    }
    if (key == NULL) {
        return;
    }
    uint8_t *row = add_row(raw);
    memcpy(row, key, length);
    row += length;
    if (raw->edges) {
        *row++ = flags & NFT_SET_ELEM_INTERVAL_END ? EDGE_END : EDGE_START;
    } else if (raw->rows.ranges) {
        const uint8_t *last = get_key(attrs[NFTA_SET_ELEM_KEY_END], length);
        memcpy(row, last != NULL ? last : key, length);
        row += length;
    }
    if (raw->rows.verdicts) {
        memcpy(row, &verdict, sizeof verdict);
    }
}

void raw_elements_add(struct raw_elements *raw, const struct nlmsghdr *message,
                      struct strtab *texts)
{
    const struct nlattr *attrs[NFTA_SET_ELEM_LIST_MAX + 1], *element;
    netlink_attributes(message, attrs, NFTA_SET_ELEM_LIST_MAX);
    if (attrs[NFTA_SET_ELEM_LIST_ELEMENTS] == NULL) {
        return;
    }
    mnl_attr_for_each_nested (element, attrs[NFTA_SET_ELEM_LIST_ELEMENTS]) {
        add_element(raw, element, texts);
    }
}

// ---- edges to ranges -----------------------------------------------------------------------

static void key_before(uint8_t *ret, const uint8_t *key, uint32_t length)
{
    memcpy(ret, key, length);
    for (uint32_t i = length; i-- > 0 && ret[i]-- == 0;) {
    }
}

static const uint8_t *edge(const struct raw_elements *raw, size_t index)
{
    return raw->rows.data + index * raw->rows.stride;
}

static bool is_start(const struct raw_elements *raw, size_t index)
{
    return edge(raw, index)[raw->rows.key_length] == EDGE_START;
}

static void end_range(const struct raw_elements *raw, size_t start, struct rows *rows)
{
    uint32_t length = rows->key_length;
    uint8_t *row = rows->data + rows->count++ * rows->stride;
    memcpy(row, edge(raw, start), length);
    if (start + 1 < raw->rows.count) {
        key_before(row + length, edge(raw, start + 1), length);
    } else {
        memset(row + length, 0xff, length);
    }
    memcpy(row + 2 * length, edge(raw, start) + length + 1, rows->stride - 2 * length);
}

static size_t count_starts(const struct raw_elements *raw)
{
    size_t starts = 0;
    for (size_t i = 0; i < raw->rows.count; i++) {
        starts += is_start(raw, i);
    }
    return starts;
}

static void pair_edges(struct arena *arena, const struct raw_elements *raw, struct kernel_set *set)
{
    struct rows *rows = &set->rows;
    rows->data = arena_array(arena, count_starts(raw), rows->stride);
    for (size_t i = 0; i < raw->rows.count; i++) {
        if (is_start(raw, i)) {
            end_range(raw, i, rows);
            bool ended_by_start = i + 1 < raw->rows.count && is_start(raw, i + 1);
            set->irregular = set->irregular || ended_by_start;
        }
    }
}

// ---- sorting -------------------------------------------------------------------------------

static void reverse(struct rows *rows)
{
    uint8_t spare[2 * SET_KEY_MAX];
    for (size_t i = 0, j = rows->count; i + 1 < j; i++) {
        uint8_t *a = rows->data + i * rows->stride, *b = rows->data + --j * rows->stride;
        memcpy(spare, a, rows->stride);
        memcpy(a, b, rows->stride);
        memcpy(b, spare, rows->stride);
    }
}

static bool descends(const struct rows *rows)
{
    return rows->count > 1 &&
           memcmp(rows->data, rows_key(rows, rows->count - 1), rows->key_length) > 0;
}

static int compare_edges(const void *a, const void *b, void *length)
{
    return memcmp(a, b, *(const size_t *)length);
}

// Ends before starts at the same key.
static void sort_edges(struct rows *rows)
{
    size_t length = rows->key_length + 1, i = 1;
    while (i < rows->count && memcmp(rows_key(rows, i - 1), rows_key(rows, i), length) <= 0) {
        i++;
    }
    if (i < rows->count) {
        qsort_r(rows->data, rows->count, rows->stride, compare_edges, &length);
    }
}

static void copy_rows(struct arena *arena, const struct raw_elements *raw, struct rows *ret)
{
    ret->data = arena_array(arena, raw->rows.count, ret->stride);
    ret->count = raw->rows.count;
    if (ret->count > 0) {
        memcpy(ret->data, raw->rows.data, ret->count * ret->stride);
    }
}

void raw_elements_finish(struct arena *arena, struct raw_elements *raw, struct kernel_set *set)
{
    set->rows = rows_of_shape(&set->shape);
    set->rows.catch_all = raw->rows.catch_all;
    set->rows.catch_all_verdict = raw->rows.catch_all_verdict;
    if (raw->rows.stride <= 2 * SET_KEY_MAX && descends(&raw->rows)) {
        reverse(&raw->rows);
    }
    if (raw->edges) {
        sort_edges(&raw->rows);
        pair_edges(arena, raw, set);
    } else {
        rows_sort(&raw->rows);
        copy_rows(arena, raw, &set->rows);
    }
}

void raw_elements_free(struct raw_elements *raw)
{
    free(raw->rows.data);
    *raw = (struct raw_elements){.capacity = 0};
}
