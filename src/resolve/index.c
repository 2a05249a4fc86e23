// SPDX-License-Identifier: GPL-2.0-or-later
// An inverted index from labels to candidates, so that a selector is evaluated only on objects that can match:
// those with the label that the selector's anchor demands. 10,000 selectors over 100,000 objects need it.
#include "internal.h"

#include <stdlib.h>

enum { PAIR_BUFFER = 1024 };

struct candidate {
    uint32_t number;
    const struct labels *labels;
};

struct label_index {
    struct arena *arena;
    struct {
        VEC_FIELDS(struct candidate);
    } all;
    struct strmap *by_pair; // "key=value" -> struct model_indexes * into `all`
    struct strmap *by_key;  // "key" -> the same
};

struct label_index *label_index_new(struct arena *arena)
{
    struct label_index *index = arena_new_of(arena, struct label_index);
    index->arena = arena;
    index->by_pair = strmap_new(arena);
    index->by_key = strmap_new(arena);
    return index;
}

static struct model_indexes *list_of(struct arena *arena, struct strmap *map, const char *key)
{
    struct model_indexes *list = strmap_get(map, key);
    if (list == NULL) {
        list = arena_new_of(arena, struct model_indexes);
        strmap_put(map, key, list);
    }
    return list;
}

// "key=value", in the buffer when it fits. A label key never holds "=".
static const char *pair_text(struct arena *arena, char *buffer, const char *key, const char *value)
{
    int length = snprintf(buffer, PAIR_BUFFER, "%s=%s", key, value);
    return length < PAIR_BUFFER ? buffer : arena_printf(arena, "%s=%s", key, value);
}

void label_index_add(struct label_index *index, uint32_t number, const struct labels *labels)
{
    char buffer[PAIR_BUFFER];
    uint32_t at = (uint32_t)index->all.count;
    vec_push(index->arena, &index->all, (struct candidate){number, labels});
    for (size_t i = 0; i < labels->count; i++) {
        const struct label *label = &labels->items[i];
        const char *pair = pair_text(index->arena, buffer, label->key, label->value);
        vec_push(index->arena, list_of(index->arena, index->by_pair, pair), at);
        vec_push(index->arena, list_of(index->arena, index->by_key, label->key), at);
    }
}

static void keep_matches(const struct label_index *index, struct arena *arena,
                         const struct sel *sel, const struct model_indexes *list,
                         struct model_indexes *ret)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct candidate *candidate = &index->all.items[list->items[i]];
        if (sel_matches(sel, candidate->labels)) {
            vec_push(arena, ret, candidate->number);
        }
    }
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

void label_index_select(const struct label_index *index, struct arena *arena, const struct sel *sel,
                        struct model_indexes *ret)
{
    struct sel_anchor anchor;
    if (!sel_anchor(arena, sel, &anchor)) {
        for (size_t i = 0; i < index->all.count; i++) {
            if (sel_matches(sel, index->all.items[i].labels)) {
                vec_push(arena, ret, index->all.items[i].number);
            }
        }
        return;
    }
    if (anchor.count == 0) {
        keep_matches(index, arena, sel, strmap_get(index->by_key, anchor.key), ret);
        return;
    }
    char buffer[PAIR_BUFFER];
    for (size_t i = 0; i < anchor.count; i++) {
        const char *pair = pair_text(arena, buffer, anchor.key, anchor.values[i]);
        keep_matches(index, arena, sel, strmap_get(index->by_pair, pair), ret);
    }
    if (anchor.count > 1) {
        vec_sort(ret, compare_numbers);
    }
}
