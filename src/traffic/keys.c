// SPDX-License-Identifier: GPL-2.0-or-later
// Interning by open addressing; the words are kept, so that equal means equal.
#include "keys.h"

#include <polc/base/slots.h>

struct key {
    const uint32_t *words;
    size_t count;
};

struct keys {
    struct arena *arena;
    VEC_FIELDS(struct key);
    struct slots slots;
};

struct keys *keys_new(struct arena *arena)
{
    struct keys *keys = arena_new_of(arena, struct keys);
    keys->arena = arena;
    return keys;
}

static uint32_t hash_words(const uint32_t *words, size_t count)
{
    uint64_t hash = count;
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return (uint32_t)(hash ^ hash >> 32);
}

static bool is_key(const struct key *key, const uint32_t *words, size_t count)
{
    return key->count == count &&
           (count == 0 || memcmp(key->words, words, count * sizeof *words) == 0);
}

uint32_t keys_number(struct keys *keys, const uint32_t *words, size_t count, bool *ret_new)
{
    uint32_t hash = hash_words(words, count);
    slots_make_room(keys->arena, &keys->slots, keys->count);
    struct slot *slot = slots_first(&keys->slots, hash);
    while (slot->entry != 0 &&
           (slot->hash != hash || !is_key(&keys->items[slot->entry - 1], words, count))) {
        slot = slots_next(&keys->slots, slot);
    }
    if (ret_new != NULL) {
        *ret_new = slot->entry == 0;
    }
    if (slot->entry == 0) {
        uint32_t *kept = arena_array_of(keys->arena, uint32_t, count);
        if (count > 0) {
            memcpy(kept, words, count * sizeof *words);
        }
        vec_push(keys->arena, keys, (struct key){kept, count});
        *slot = (struct slot){hash, (uint32_t)keys->count};
    }
    return slot->entry - 1;
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
