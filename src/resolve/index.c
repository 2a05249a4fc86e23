// SPDX-License-Identifier: GPL-2.0-or-later
// An inverted index from labels to candidates: 10,000 selectors over 100,000 objects need it. Candidates that share their
// labels form a class, and a selector is tried once for each class; of the classes only on those of the shortest lists
// that hold every match: `a == "x" && has(b)` looks at those with a="x", or at those with b if they are fewer.
#include <polc/resolve.h>

#include <stdlib.h>

struct class
{
    const struct labels *labels;
    struct model_indexes members; // numbers of candidates, ascending
};

// The classes that have a label, and the same by its value.
struct key {
    struct model_indexes classes;
    struct strmap *values; // value -> struct model_indexes *
};

struct label_index {
    struct arena *arena;
    struct {
        VEC_FIELDS(struct class);
    } classes;
    struct strmap *by_labels; // where the labels stand -> number of the class, plus one
    struct strmap *keys;      // key -> struct key *
};

struct label_index *label_index_new(struct arena *arena)
{
    struct label_index *index = arena_new_of(arena, struct label_index);
    index->arena = arena;
    index->by_labels = strmap_new(arena);
    index->keys = strmap_new(arena);
    return index;
}

static struct key *key_of(struct label_index *index, const char *text)
{
    struct key *key = strmap_get(index->keys, text);
    if (key == NULL) {
        key = arena_new_of(index->arena, struct key);
        key->values = strmap_new(index->arena);
        strmap_put(index->keys, text, key);
    }
    return key;
}

static struct model_indexes *value_of(struct label_index *index, struct key *key, const char *text)
{
    struct model_indexes *list = strmap_get(key->values, text);
    if (list == NULL) {
        list = arena_new_of(index->arena, struct model_indexes);
        strmap_put(key->values, text, list);
    }
    return list;
}

static uint32_t add_class(struct label_index *index, const struct labels *labels)
{
    uint32_t number = (uint32_t)index->classes.count;
    vec_push(index->arena, &index->classes, (struct class){.labels = labels});
    for (size_t i = 0; i < labels->count; i++) {
        struct key *key = key_of(index, labels->items[i].key);
        vec_push(index->arena, &key->classes, number);
        vec_push(index->arena, value_of(index, key, labels->items[i].value), number);
    }
    return number;
}

// Labels that are the same stand at the same place (labels.c); where they do not, there are two classes.
void label_index_add(struct label_index *index, uint32_t number, const struct labels *labels)
{
    const char *place = (const char *)&labels->items;
    void *known = strmap_get_n(index->by_labels, place, sizeof labels->items);
    uint32_t class = known != NULL ? (uint32_t)(uintptr_t)known - 1 : add_class(index, labels);
    if (known == NULL) {
        strmap_put_n(index->by_labels, place, sizeof labels->items, (void *)(uintptr_t)(class + 1));
    }
    vec_push(index->arena, &index->classes.items[class].members, number);
}

// ---- which classes to look at ---------------------------------------------------------------------------------

// Lists that together hold every match. Not bounded: no list does.
struct cover {
    bool bounded;
    size_t size; // of all lists
    struct {
        VEC_FIELDS(const struct model_indexes *);
    } lists;
};

static struct cover cover_of(const struct label_index *index, struct arena *arena,
                             const struct sel *sel);

static void cover_add(struct arena *arena, struct cover *cover, const struct model_indexes *list)
{
    if (list != NULL) {
        cover->size += list->count;
        vec_push(arena, &cover->lists, list);
    }
}

static struct cover cover_label(const struct label_index *index, struct arena *arena,
                                const struct sel *sel)
{
    struct cover cover = {.bounded = true};
    const struct key *key = strmap_get(index->keys, sel->key);
    if (key == NULL) {
        return cover; // nothing has it
    }
    if (sel->op == SEL_EQ) {
        cover_add(arena, &cover, strmap_get(key->values, sel->value));
    } else if (sel->op == SEL_IN) {
        for (uint32_t i = 0; i < sel->count; i++) {
            cover_add(arena, &cover, strmap_get(key->values, sel->values[i]));
        }
    } else {
        cover_add(arena, &cover, &key->classes);
    }
    return cover;
}

static struct cover cover_and(const struct label_index *index, struct arena *arena,
                              const struct sel *sel)
{
    struct cover best = {0};
    for (uint32_t i = 0; i < sel->count; i++) {
        struct cover cover = cover_of(index, arena, sel->children[i]);
        if (cover.bounded && (!best.bounded || cover.size < best.size)) {
            best = cover;
        }
    }
    return best;
}

static struct cover cover_or(const struct label_index *index, struct arena *arena,
                             const struct sel *sel)
{
    struct cover all = {.bounded = true};
    for (uint32_t i = 0; i < sel->count && all.bounded; i++) {
        struct cover cover = cover_of(index, arena, sel->children[i]);
        all.bounded = cover.bounded;
        for (size_t j = 0; j < cover.lists.count; j++) {
            cover_add(arena, &all, cover.lists.items[j]);
        }
    }
    return all;
}

static struct cover cover_of(const struct label_index *index, struct arena *arena,
                             const struct sel *sel)
{
    switch (sel->op) {
    case SEL_HAS:
    case SEL_EQ:
    case SEL_IN:
    case SEL_CONTAINS:
    case SEL_STARTS_WITH:
    case SEL_ENDS_WITH:
        return cover_label(index, arena, sel);
    case SEL_AND:
        return cover_and(index, arena, sel);
    case SEL_OR:
        return cover_or(index, arena, sel);
    default:
        return (struct cover){0}; // all(), and what is met by the absence of a label
    }
}

// ---- selecting ------------------------------------------------------------------------------------------------

static void sort_unique(struct model_indexes *numbers)
{
    size_t unique = 0;
    vec_sort(numbers, compare_u32);
    for (size_t i = 0; i < numbers->count; i++) {
        if (unique == 0 || numbers->items[unique - 1] != numbers->items[i]) {
            numbers->items[unique++] = numbers->items[i];
        }
    }
    numbers->count = unique;
}

static void try_class(const struct label_index *index, struct arena *arena, const struct sel *sel,
                      uint32_t class, struct model_indexes *ret)
{
    if (sel_matches(sel, index->classes.items[class].labels)) {
        vec_push(arena, ret, class);
    }
}

void label_index_classes(const struct label_index *index, struct arena *arena,
                         const struct sel *sel, struct model_indexes *ret)
{
    struct cover cover = cover_of(index, arena, sel);
    if (!cover.bounded || cover.size > index->classes.count) {
        for (uint32_t i = 0; i < index->classes.count; i++) {
            try_class(index, arena, sel, i, ret);
        }
        return;
    }
    for (size_t i = 0; i < cover.lists.count; i++) {
        for (size_t j = 0; j < cover.lists.items[i]->count; j++) {
            try_class(index, arena, sel, cover.lists.items[i]->items[j], ret);
        }
    }
    if (cover.lists.count > 1) {
        sort_unique(ret);
    }
}

bool label_index_next(const struct label_index *index, const char *key, void **cursor,
                      const char **ret_text)
{
    if (key == NULL) {
        return strmap_next(index->keys, cursor, ret_text, NULL);
    }
    const struct key *found = strmap_get(index->keys, key);
    return found != NULL && strmap_next(found->values, cursor, ret_text, NULL);
}

size_t label_index_class_count(const struct label_index *index)
{
    return index->classes.count;
}

const struct model_indexes *label_index_members(const struct label_index *index, uint32_t class)
{
    return &index->classes.items[class].members;
}

void label_index_select(const struct label_index *index, struct arena *arena, const struct sel *sel,
                        struct model_indexes *ret)
{
    struct model_indexes classes = {0};
    label_index_classes(index, arena, sel, &classes);
    for (size_t i = 0; i < classes.count; i++) {
        const struct model_indexes *members = label_index_members(index, classes.items[i]);
        for (size_t j = 0; j < members->count; j++) {
            vec_push(arena, ret, members->items[j]);
        }
    }
    if (classes.count > 1) {
        vec_sort(ret, compare_u32);
    }
}
