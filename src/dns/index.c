// SPDX-License-Identifier: GPL-2.0-or-later
// Patterns, found by a name. Every pattern stands in one map under its own text. A name asks it for itself, and for each
// of its own ends for which there are wildcards at all: "*" before the end, and that with each beginning of the name that
// is as long as the beginning of such a wildcard.
#include "internal.h"

// The wildcards with one end, such as ".example.com".
struct ending {
    VEC_FIELDS(size_t); // how long their beginnings are, such as "www."; each length once
};

struct dns_index {
    struct arena *arena;
    struct strmap *patterns; // text -> struct dns_sets
    struct strmap *endings;  // text -> struct ending
    size_t longest;          // of the endings
};

struct dns_index *dns_index_new(struct arena *arena)
{
    struct dns_index *index = arena_new_of(arena, struct dns_index);
    *index = (struct dns_index){arena, strmap_new(arena), strmap_new(arena), 0};
    return index;
}

static void add_ending(struct dns_index *index, const char *pattern, const char *star)
{
    size_t head = (size_t)(star - pattern), length = strlen(star + 1);
    struct ending *ending = strmap_get(index->endings, star + 1);
    if (ending == NULL) {
        ending = arena_new_of(index->arena, struct ending);
        strmap_put(index->endings, star + 1, ending);
    }
    index->longest = length > index->longest ? length : index->longest;
    for (size_t i = 0; i < ending->count; i++) {
        if (ending->items[i] == head) {
            return;
        }
    }
    vec_push(index->arena, ending, head);
}

void dns_index_add(struct dns_index *index, const char *pattern, uint32_t set)
{
    struct dns_sets *sets = strmap_get(index->patterns, pattern);
    if (sets == NULL) {
        const char *star = strchr(pattern, '*');
        sets = arena_new_of(index->arena, struct dns_sets);
        strmap_put(index->patterns, pattern, sets);
        if (star != NULL) {
            add_ending(index, pattern, star);
        }
    }
    vec_push(index->arena, sets, set);
}

static void take_sets(const struct dns_index *index, struct arena *arena, const char *pattern,
                      size_t length, struct dns_sets *ret)
{
    const struct dns_sets *sets = strmap_get_n(index->patterns, pattern, length);
    for (size_t i = 0; sets != NULL && i < sets->count; i++) {
        vec_push(arena, ret, sets->items[i]);
    }
}

// The wildcards with the end of the name that begins at its dot `at`.
static void take_wildcards(const struct dns_index *index, struct arena *arena, const char *name,
                           size_t at, size_t length, struct dns_sets *ret)
{
    const struct ending *ending = strmap_get_n(index->endings, name + at, length - at);
    char pattern[2 * DNS_NAME_MAX];
    for (size_t i = 0; ending != NULL && i < ending->count; i++) {
        size_t head = ending->items[i];
        if (head < at && (head == 0 || name[head - 1] == '.')) {
            memcpy(pattern, name, head);
            pattern[head] = '*';
            memcpy(pattern + head + 1, name + at, length - at);
            take_sets(index, arena, pattern, head + 1 + length - at, ret);
        }
    }
}

static void sort_unique(struct dns_sets *sets)
{
    size_t kept = 0;
    vec_sort(sets, compare_u32);
    for (size_t i = 0; i < sets->count; i++) {
        if (i == 0 || sets->items[i] != sets->items[i - 1]) {
            sets->items[kept++] = sets->items[i];
        }
    }
    sets->count = kept;
}

void dns_index_find(const struct dns_index *index, struct arena *arena, const char *name,
                    struct dns_sets *ret)
{
    size_t length = strlen(name);
    *ret = (struct dns_sets){0};
    if (length > DNS_NAME_MAX) {
        return;
    }
    take_sets(index, arena, name, length, ret);
    for (size_t at = length > index->longest ? length - index->longest : 0; at < length; at++) {
        if (name[at] == '.') {
            take_wildcards(index, arena, name, at, length, ret);
        }
    }
    sort_unique(ret);
}
