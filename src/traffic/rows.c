// SPDX-License-Identifier: GPL-2.0-or-later
// One judge, asked by one atom of its own, about all atoms at the other end at once: they are split only where a rule tells
// them apart.
#include "study.h"

// Atoms that fared alike so far. Cells: not decided yet, passed in this tier, allowed, denied.
enum { LIVE, PASSED, ALLOWED, DENIED, STATE };

struct block {
    uint64_t *atoms;
    uint32_t state[STATE];
};

struct blocks {
    VEC_FIELDS(struct block);
};

// ---- which row ------------------------------------------------------------------------------------------------

// The operations that concern the atom, without what the others depend on.
static uint32_t make_row(struct study *study, uint32_t judge, uint32_t own)
{
    size_t count;
    const uint32_t *words = keys_words(study->judges, judge, &count);
    struct arena_mark mark = arena_mark(study->scratch);
    uint32_t *kept = arena_array_of(study->scratch, uint32_t, count);
    size_t length = 0;
    bool is_new;
    for (size_t i = 0; i < count; i += OP_WORDS) {
        bool is_end = words[i + OP_KIND] >= OP_END_PASS;
        if (is_end || bit_get(study->atoms.sets[words[i + OP_OWN]], own)) {
            kept[length++] = words[i + OP_KIND];
            kept[length++] = is_end ? 0 : words[i + OP_PEER];
            kept[length++] = is_end ? 0 : services_cells(study->services, words[i + OP_SERVICE]);
        }
    }
    uint32_t row = keys_number(study->row_keys, kept, length, &is_new);
    if (is_new) {
        vec_push(study->arena, &study->rows, (struct row){NULL});
    }
    arena_rewind(study->scratch, mark);
    return row;
}

uint32_t row_find(struct study *study, uint32_t judge, uint32_t own)
{
    bool is_new;
    const uint32_t place[] = {judge, own};
    uint32_t number = keys_number(study->row_places, place, ARRAY_COUNT(place), &is_new);
    if (is_new) {
        vec_push(study->arena, &study->rows_by_place, make_row(study, judge, own));
    }
    return study->rows_by_place.items[number];
}

// ---- what it says ---------------------------------------------------------------------------------------------

// The part of a block that is in the set; what is not goes into a block of its own. NULL: nothing is in it.
static struct block *split(struct study *study, struct blocks *blocks, size_t number,
                           const uint64_t *set)
{
    size_t words = study->atoms.words;
    const uint64_t *atoms = blocks->items[number].atoms;
    bool inside = false, outside = false;
    for (size_t i = 0; i < words && !(inside && outside); i++) {
        inside |= (atoms[i] & set[i]) != 0;
        outside |= (atoms[i] & ~set[i]) != 0;
    }
    if (!inside || !outside) {
        return inside ? &blocks->items[number] : NULL;
    }
    struct block rest = blocks->items[number];
    rest.atoms = arena_array_of(study->scratch, uint64_t, words);
    for (size_t i = 0; i < words; i++) {
        rest.atoms[i] = blocks->items[number].atoms[i] & ~set[i];
        blocks->items[number].atoms[i] &= set[i];
    }
    vec_push(study->scratch, blocks, rest);
    return &blocks->items[number];
}

static void apply_rule(struct study *study, struct blocks *blocks, const uint32_t *op)
{
    struct space *space = study->space;
    const uint64_t *set = study->atoms.sets[op[1]];
    size_t count = blocks->count; // what is split off now is outside of the set
    for (size_t i = 0; i < count; i++) {
        uint32_t taken = space_and(space, blocks->items[i].state[LIVE], op[2]);
        struct block *block = taken != SPACE_EMPTY ? split(study, blocks, i, set) : NULL;
        if (block == NULL) {
            continue;
        }
        uint32_t *state = block->state;
        state[LIVE] = space_minus(space, state[LIVE], taken);
        if (op[0] != OP_EXEMPT) {
            int to = op[0] == OP_ALLOW ? ALLOWED : op[0] == OP_DENY ? DENIED : PASSED;
            state[to] = space_or(space, state[to], taken);
        }
    }
}

static void apply_end(struct space *space, enum op_kind kind, uint32_t *state)
{
    if (kind == OP_END_PASS) {
        state[LIVE] = space_or(space, state[LIVE], state[PASSED]);
    } else {
        state[DENIED] = space_or(space, state[DENIED], state[LIVE]);
        state[LIVE] = state[PASSED];
    }
    state[PASSED] = SPACE_EMPTY;
}

static void merge_equal(struct study *study, struct blocks *blocks)
{
    struct keys *states = keys_new(study->scratch);
    size_t kept = 0;
    for (size_t i = 0; i < blocks->count; i++) {
        bool is_new;
        uint32_t number = keys_number(states, blocks->items[i].state, STATE, &is_new);
        if (is_new) {
            blocks->items[kept++] = blocks->items[i];
            continue;
        }
        for (size_t j = 0; j < study->atoms.words; j++) {
            blocks->items[number].atoms[j] |= blocks->items[i].atoms[j];
        }
    }
    blocks->count = kept;
}

static uint32_t *make_results(struct study *study, const struct blocks *blocks)
{
    enum { BITS = 64 };
    uint32_t *results = arena_array_of(study->arena, uint32_t, study->atoms.count);
    for (size_t i = 0; i < blocks->count; i++) {
        const struct block *block = &blocks->items[i];
        const uint32_t result[] = {block->state[ALLOWED], block->state[DENIED]};
        uint32_t number = keys_number(study->results, result, ARRAY_COUNT(result), NULL);
        for (size_t j = 0; j < study->atoms.words; j++) {
            for (uint64_t bits = block->atoms[j]; bits != 0; bits &= bits - 1) {
                results[j * BITS + (size_t)__builtin_ctzll(bits)] = number;
            }
        }
    }
    return results;
}

const uint32_t *row_results(struct study *study, uint32_t row)
{
    enum { ROW_WORDS = 3 };
    if (study->rows.items[row].results != NULL) {
        return study->rows.items[row].results;
    }
    size_t count;
    const uint32_t *words = keys_words(study->row_keys, row, &count);
    struct arena_mark mark = arena_mark(study->scratch);
    struct blocks blocks = {0};
    struct block *all = vec_add(study->scratch, &blocks);
    all->atoms = arena_array_of(study->scratch, uint64_t, study->atoms.words);
    for (size_t i = 0; i < study->atoms.count; i++) {
        bit_set(all->atoms, i);
    }
    all->state[LIVE] = services_all(study->services);
    for (size_t i = 0; i < count; i += ROW_WORDS) {
        if (words[i] < OP_END_PASS) {
            apply_rule(study, &blocks, &words[i]);
            continue;
        }
        for (size_t j = 0; j < blocks.count; j++) {
            apply_end(study->space, words[i], blocks.items[j].state);
        }
        merge_equal(study, &blocks);
    }
    uint32_t *results = make_results(study, &blocks);
    arena_rewind(study->scratch, mark);
    study->rows.items[row].results = results;
    return results;
}
