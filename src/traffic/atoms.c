// SPDX-License-Identifier: GPL-2.0-or-later
// One walk over the boundaries of all sets. Between two of them the sets around a number are the same; such an interval is
// known by the sum of 128-bit random numbers, one for each set around it.
#include "atoms.h"

#include "keys.h"

struct boundary {
    wide at; // here the set begins or has just ended
    uint32_t set;
};

struct piece {
    struct range range;
    uint32_t atom;
};

// The sets that an atom is in.
struct around {
    uint32_t *sets;
    size_t count;
};

struct sweep {
    struct arena *arena; // scratch
    struct keys *names;  // what is around an interval -> atom
    wide name;           // of the interval that is looked at
    wide *salts;         // of each set
    uint32_t *active;    // the sets around it, in no order
    size_t active_count;
    uint32_t *positions; // of each set in `active`, + 1; 0: it is not
    struct {
        VEC_FIELDS(struct piece);
    } pieces;
    struct {
        VEC_FIELDS(struct around);
    } members; // of each atom
};

static uint64_t scramble(uint64_t value) // splitmix64
{
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static void toggle(struct sweep *sweep, uint32_t set)
{
    uint32_t position = sweep->positions[set];
    sweep->name ^= sweep->salts[set];
    if (position == 0) {
        sweep->active[sweep->active_count++] = set;
        sweep->positions[set] = (uint32_t)sweep->active_count;
        return;
    }
    uint32_t last = sweep->active[--sweep->active_count];
    sweep->active[position - 1] = last;
    sweep->positions[last] = position;
    sweep->positions[set] = 0;
}

static void add_piece(struct sweep *sweep, wide min, wide max)
{
    bool is_new;
    uint32_t words[sizeof sweep->name / sizeof(uint32_t)];
    memcpy(words, &sweep->name, sizeof words);
    uint32_t atom = keys_number(sweep->names, words, ARRAY_COUNT(words), &is_new);
    if (is_new) {
        struct around *members = vec_add(sweep->arena, &sweep->members);
        members->count = sweep->active_count;
        members->sets = arena_array_of(sweep->arena, uint32_t, members->count);
        memcpy(members->sets, sweep->active, members->count * sizeof *members->sets);
    }
    vec_push(sweep->arena, &sweep->pieces, (struct piece){{min, max}, atom});
}

static int compare_boundaries(const void *a, const void *b)
{
    wide left = ((const struct boundary *)a)->at;
    wide right = ((const struct boundary *)b)->at;
    return (left > right) - (left < right);
}

static void walk(struct sweep *sweep, const struct space *space, wide last, const uint32_t *sets,
                 size_t count)
{
    VEC(struct boundary) boundaries = {0};
    for (size_t i = 0; i < count; i++) {
        size_t ranges;
        const struct range *items = space_items(space, sets[i], &ranges);
        for (size_t j = 0; j < ranges; j++) {
            vec_push(sweep->arena, &boundaries, (struct boundary){items[j].min, (uint32_t)i});
            if (items[j].max < last) {
                vec_push(sweep->arena, &boundaries,
                         (struct boundary){items[j].max + 1, (uint32_t)i});
            }
        }
    }
    vec_sort(&boundaries, compare_boundaries);
    wide from = 0;
    for (size_t i = 0; i < boundaries.count; i++) {
        const struct boundary *boundary = &boundaries.items[i];
        if (boundary->at > from) {
            add_piece(sweep, from, boundary->at - 1);
            from = boundary->at;
        }
        toggle(sweep, boundary->set);
    }
    add_piece(sweep, from, last);
}

// The pieces of each atom as one set.
static void fill_parts(struct sweep *sweep, struct space *space, struct atoms *ret)
{
    size_t *ends = arena_array_of(sweep->arena, size_t, ret->count + 1);
    struct range *ranges = arena_array_of(sweep->arena, struct range, sweep->pieces.count);
    for (size_t i = 0; i < sweep->pieces.count; i++) {
        ends[sweep->pieces.items[i].atom + 1]++;
    }
    for (size_t i = 0; i < ret->count; i++) {
        ends[i + 1] += ends[i];
    }
    size_t *next = arena_array_of(sweep->arena, size_t, ret->count);
    memcpy(next, ends, ret->count * sizeof *next);
    for (size_t i = 0; i < sweep->pieces.count; i++) {
        ranges[next[sweep->pieces.items[i].atom]++] = sweep->pieces.items[i].range;
    }
    for (size_t i = 0; i < ret->count; i++) {
        ret->parts[i] = space_ranges(space, &ranges[ends[i]], ends[i + 1] - ends[i]);
    }
}

void atoms_make(struct arena *arena, struct space *space, wide last, const uint32_t *sets,
                size_t count, struct atoms *ret)
{
    enum { BITS = 64 };
    struct sweep sweep = {
        .arena = arena,
        .names = keys_new(arena),
        .salts = arena_array_of(arena, wide, count),
        .active = arena_array_of(arena, uint32_t, count),
        .positions = arena_array_of(arena, uint32_t, count),
    };
    for (size_t i = 0; i < count; i++) {
        sweep.salts[i] = (wide)scramble(2 * i) << BITS | scramble(2 * i + 1);
    }
    walk(&sweep, space, last, sets, count);
    ret->count = sweep.members.count;
    ret->words = (ret->count + BITS - 1) / BITS;
    ret->parts = arena_array_of(arena, uint32_t, ret->count);
    ret->sets = arena_array_of(arena, uint64_t *, count);
    fill_parts(&sweep, space, ret);
    for (size_t i = 0; i < count; i++) {
        ret->sets[i] = arena_array_of(arena, uint64_t, ret->words);
    }
    for (size_t i = 0; i < ret->count; i++) {
        for (size_t j = 0; j < sweep.members.items[i].count; j++) {
            bit_set(ret->sets[sweep.members.items[i].sets[j]], i);
        }
    }
}
