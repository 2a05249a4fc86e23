// SPDX-License-Identifier: GPL-2.0-or-later
// The same pairs can be told as many sets of rectangles. Four are tried, and the one with the fewest is taken: by source or
// by destination, with the services as they come or cut into parts that no two rectangles share.
#include "study.h"

enum { CUT_LIMIT = 1 << 16 }; // parts times rectangles; more is not tried

struct list {
    VEC_FIELDS(uint32_t);
};

struct parts {
    VEC_FIELDS(uint32_t);
};

// The union of lists that have nothing in common.
static uint32_t unite(struct study *study, struct keys *lists, const struct list *numbers)
{
    struct list all = {0};
    for (size_t i = 0; i < numbers->count; i++) {
        size_t count;
        const uint32_t *items = keys_words(lists, numbers->items[i], &count);
        for (size_t j = 0; j < count; j++) {
            vec_push(study->scratch, &all, items[j]);
        }
    }
    vec_sort(&all, compare_u32);
    size_t kept = 0;
    for (size_t i = 0; i < all.count; i++) {
        if (kept == 0 || all.items[i] != all.items[kept - 1]) {
            all.items[kept++] = all.items[i];
        }
    }
    return keys_number(lists, all.items, kept, NULL);
}

// ---- rectangles of one service ------------------------------------------------------------------------------------

static uint32_t main_side(const struct change_block *block, bool by_source)
{
    return by_source ? block->sources : block->destinations;
}

static uint32_t other_side(const struct change_block *block, bool by_source)
{
    return by_source ? block->destinations : block->sources;
}

// Which rectangles each atom of the main side is in.
static struct list *rectangles_of(struct study *study, const struct change_blocks *blocks,
                                  const struct list *members, bool by_source)
{
    struct list *ret = arena_array_of(study->scratch, struct list, study->atoms.count);
    for (size_t i = 0; i < members->count; i++) {
        const struct change_block *block = &blocks->items[members->items[i]];
        size_t count;
        const uint32_t *atoms = keys_words(blocks->lists, main_side(block, by_source), &count);
        for (size_t j = 0; j < count; j++) {
            vec_push(study->scratch, &ret[atoms[j]], members->items[i]);
        }
    }
    return ret;
}

// Atoms that are in the same rectangles make one: with the other sides of all of these.
static void regroup(struct study *study, const struct change_blocks *blocks,
                    const struct list *members, bool by_source, uint32_t services,
                    struct change_blocks *ret)
{
    struct list *of_atom = rectangles_of(study, blocks, members, by_source);
    struct keys *groups = keys_new(study->scratch);
    VEC(struct list) atoms = {0};
    for (uint32_t atom = 0; atom < study->atoms.count; atom++) {
        bool is_new;
        if (of_atom[atom].count == 0) {
            continue;
        }
        uint32_t number = keys_number(groups, of_atom[atom].items, of_atom[atom].count, &is_new);
        if (is_new) {
            (void)vec_add(study->scratch, &atoms);
        }
        vec_push(study->scratch, &atoms.items[number], atom);
    }
    for (uint32_t i = 0; i < atoms.count; i++) {
        struct list others = {0};
        size_t count;
        const uint32_t *rectangles = keys_words(groups, i, &count);
        for (size_t j = 0; j < count; j++) {
            vec_push(study->scratch, &others, other_side(&blocks->items[rectangles[j]], by_source));
        }
        uint32_t own = keys_number(blocks->lists, atoms.items[i].items, atoms.items[i].count, NULL);
        uint32_t other = unite(study, blocks->lists, &others);
        vec_push(study->arena, ret,
                 by_source ? (struct change_block){own, other, services}
                           : (struct change_block){other, own, services});
    }
}

// ---- services -----------------------------------------------------------------------------------------------------

static struct parts services_of(struct study *study, const struct change_blocks *blocks)
{
    struct parts ret = {0};
    struct keys *known = keys_new(study->scratch);
    for (size_t i = 0; i < blocks->count; i++) {
        bool is_new;
        keys_number(known, &blocks->items[i].services, 1, &is_new);
        if (is_new) {
            vec_push(study->arena, &ret, blocks->items[i].services);
        }
    }
    return ret;
}

// Disjoint parts, of which each service is a union.
static struct parts cut(struct study *study, const struct parts *services)
{
    struct atoms atoms;
    struct parts ret = {0};
    size_t count;
    uint32_t all = services_all(study->services);
    wide last = space_items(study->space, all, &count)[0].max;
    atoms_make(study->arena, study->space, last, services->items, services->count, &atoms);
    for (size_t i = 0; i < atoms.count; i++) {
        for (size_t j = 0; j < services->count; j++) {
            if (bit_get(atoms.sets[j], i)) {
                vec_push(study->arena, &ret, atoms.parts[i]);
                break;
            }
        }
    }
    return ret;
}

// Rectangles with the same ends are one, with the services of both.
static void merge_services(struct study *study, struct change_blocks *blocks)
{
    struct keys *known = keys_new(study->scratch);
    size_t kept = 0;
    for (size_t i = 0; i < blocks->count; i++) {
        struct change_block block = blocks->items[i];
        const uint32_t key[] = {block.sources, block.destinations};
        bool is_new;
        uint32_t number = keys_number(known, key, ARRAY_COUNT(key), &is_new);
        if (is_new) {
            blocks->items[kept++] = block;
        } else {
            uint32_t *services = &blocks->items[number].services;
            *services = space_or(study->space, *services, block.services);
        }
    }
    blocks->count = kept;
}

// The rectangles anew, part by part. Whole parts are the services of rectangles; others are cut out of several.
static struct change_blocks arrange(struct study *study, const struct change_blocks *blocks,
                                    const struct parts *parts, bool whole, bool by_source)
{
    struct change_blocks ret = {.lists = blocks->lists};
    for (size_t i = 0; i < parts->count; i++) {
        struct arena_mark mark = arena_mark(study->scratch);
        uint32_t part = parts->items[i];
        struct list members = {0};
        for (size_t j = 0; j < blocks->count; j++) {
            uint32_t services = blocks->items[j].services;
            if (services == part || (!whole && space_and(study->space, services, part) == part)) {
                vec_push(study->scratch, &members, (uint32_t)j);
            }
        }
        regroup(study, blocks, &members, by_source, part, &ret);
        arena_rewind(study->scratch, mark);
    }
    merge_services(study, &ret);
    return ret;
}

void group_blocks(struct study *study, struct change_blocks *blocks)
{
    struct parts services = services_of(study, blocks);
    struct change_blocks best = *blocks;
    struct parts parts = {0};
    if (blocks->count == 0) {
        return;
    }
    if (services.count * blocks->count <= CUT_LIMIT) {
        parts = cut(study, &services);
    }
    for (int by_source = 0; by_source < 2; by_source++) {
        struct change_blocks whole = arrange(study, blocks, &services, true, by_source);
        best = whole.count < best.count ? whole : best;
        if (parts.count > 0 && parts.count * blocks->count <= CUT_LIMIT) {
            struct change_blocks split = arrange(study, blocks, &parts, false, by_source);
            best = split.count < best.count ? split : best;
        }
    }
    *blocks = best;
}
