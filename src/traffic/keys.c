// SPDX-License-Identifier: GPL-2.0-or-later
// Interning by open addressing; the words are kept, so that equal means equal.
#include "keys.h"

struct key {
    const uint32_t *words;
    size_t count;
    uint64_t hash;
};

struct keys {
    struct arena *arena;
    VEC_FIELDS(struct key);
    uint32_t *slots; // number + 1; 0: free
    size_t slot_count;
};

enum { FIRST_SLOTS = 256 }; // a power of two, as every later size

struct keys *keys_new(struct arena *arena)
{
    struct keys *keys = arena_new_of(arena, struct keys);
    keys->arena = arena;
    return keys;
}

static uint64_t hash_words(const uint32_t *words, size_t count)
{
    uint64_t hash = count;
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return hash;
}

static void grow(struct keys *keys)
{
    size_t count = keys->slot_count > 0 ? 2 * keys->slot_count : FIRST_SLOTS;
    uint32_t *slots = arena_array_of(keys->arena, uint32_t, count);
    for (size_t i = 0; i < keys->count; i++) {
        size_t at = keys->items[i].hash & (count - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (count - 1);
        }
        slots[at] = (uint32_t)i + 1;
    }
    keys->slots = slots;
    keys->slot_count = count;
}

uint32_t keys_number(struct keys *keys, const uint32_t *words, size_t count, bool *ret_new)
{
    if (2 * keys->count >= keys->slot_count) {
        grow(keys);
    }
    uint64_t hash = hash_words(words, count);
    size_t at = hash & (keys->slot_count - 1);
    for (; keys->slots[at] != 0; at = (at + 1) & (keys->slot_count - 1)) {
        const struct key *key = &keys->items[keys->slots[at] - 1];
        if (key->hash == hash && key->count == count &&
            (count == 0 || memcmp(key->words, words, count * sizeof *words) == 0)) {
            if (ret_new != NULL) {
                *ret_new = false;
            }
            return keys->slots[at] - 1;
        }
    }
    uint32_t *kept = arena_array_of(keys->arena, uint32_t, count);
    if (count > 0) {
        memcpy(kept, words, count * sizeof *words);
    }
    vec_push(keys->arena, keys, (struct key){kept, count, hash});
    keys->slots[at] = (uint32_t)keys->count;
    if (ret_new != NULL) {
        *ret_new = true;
    }
    return (uint32_t)keys->count - 1;
}

const uint32_t *keys_words(const struct keys *keys, uint32_t number, size_t *ret_count)
{
    *ret_count = keys->items[number].count;
    return keys->items[number].words;
}

size_t keys_count(const struct keys *keys)
{
    return keys->count;
}
