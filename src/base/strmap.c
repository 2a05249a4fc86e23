// SPDX-License-Identifier: GPL-2.0-or-later
// String map and string table: entries in order of insertion, and a table of slots that is at most three quarters full,
// searched from the slot that the hash names. A slot knows the whole hash, so that entries of other keys are not looked
// at: tables of a large input are larger than the caches. Nothing is ever removed, and nothing freed.
#include <polc/base/strmap.h>

#include "hash.h"

#include <polc/base/exit.h>
#include <polc/base/vec.h>

enum { FIRST_SLOTS = 8 };

struct entry {
    const char *key;
    size_t length;
    void *value;
};

struct slot {
    uint32_t hash;
    uint32_t entry; // number, plus one; 0: free
};

struct strmap {
    struct arena *arena;
    struct hash_key key;
    struct slot *slots;
    size_t slot_count; // a power of two, or 0
    VEC_FIELDS(struct entry);
};

struct strmap *strmap_new(struct arena *arena)
{
    struct strmap *map = arena_new_of(arena, struct strmap);
    map->arena = arena;
    map->key = hash_key();
    return map;
}

// The slot of a key, or the free one where it belongs; there is always a free one.
static struct slot *find_slot(const struct strmap *map, uint32_t hash, const void *key,
                              size_t length)
{
    size_t mask = map->slot_count - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct slot *slot = &map->slots[i];
        if (slot->entry == 0) {
            return slot;
        }
        const struct entry *entry = &map->items[slot->entry - 1];
        if (slot->hash == hash && entry->length == length && memcmp(entry->key, key, length) == 0) {
            return slot;
        }
    }
}

void *strmap_get_n(const struct strmap *map, const void *key, size_t length)
{
    if (map->slot_count == 0) {
        return NULL;
    }
    const struct slot *slot = find_slot(map, hash_text(&map->key, key, length), key, length);
    return slot->entry != 0 ? map->items[slot->entry - 1].value : NULL;
}

void *strmap_get(const struct strmap *map, const char *key)
{
    return strmap_get_n(map, key, strlen(key));
}

// A table of twice the size. The old one stays in the arena: all old ones together are no larger than the last.
static void add_slots(struct strmap *map)
{
    const struct slot *old = map->slots;
    size_t old_count = map->slot_count;
    map->slot_count = old_count > 0 ? old_count * 2 : FIRST_SLOTS;
    map->slots = arena_array_of(map->arena, struct slot, map->slot_count);
    size_t mask = map->slot_count - 1;
    for (size_t i = 0; i < old_count; i++) {
        size_t at = old[i].hash & mask;
        while (old[i].entry != 0 && map->slots[at].entry != 0) {
            at = (at + 1) & mask;
        }
        if (old[i].entry != 0) {
            map->slots[at] = old[i];
        }
    }
}

static struct entry *find_or_add(struct strmap *map, const void *key, size_t length)
{
    if (map->count >= map->slot_count / 4 * 3) {
        add_slots(map);
    }
    uint32_t hash = hash_text(&map->key, key, length);
    struct slot *slot = find_slot(map, hash, key, length);
    if (slot->entry == 0) {
        if (map->count == UINT32_MAX) {
            POLC_UNREACHABLE("a map of more than four thousand million strings");
        }
        vec_push(map->arena, map,
                 (struct entry){.key = arena_strndup(map->arena, key, length), .length = length});
        *slot = (struct slot){hash, (uint32_t)map->count};
    }
    return &map->items[slot->entry - 1];
}

void *strmap_put_n(struct strmap *map, const void *key, size_t length, void *value)
{
    struct entry *entry = find_or_add(map, key, length);
    if (entry->value == NULL) {
        entry->value = value;
    }
    return entry->value;
}

void *strmap_put(struct strmap *map, const char *key, void *value)
{
    return strmap_put_n(map, key, strlen(key), value);
}

size_t strmap_count(const struct strmap *map)
{
    return map->count;
}

// The cursor is the number of the next entry.
bool strmap_next(const struct strmap *map, void **cursor, const char **ret_key, void **ret_value)
{
    uintptr_t at = (uintptr_t)*cursor;
    if (at >= map->count) {
        return false;
    }
    *cursor = (void *)(at + 1);
    if (ret_key != NULL) {
        *ret_key = map->items[at].key;
    }
    if (ret_value != NULL) {
        *ret_value = map->items[at].value;
    }
    return true;
}

struct strtab {
    struct strmap map;
};

struct strtab *strtab_new(struct arena *arena)
{
    struct strtab *table = arena_new_of(arena, struct strtab);
    table->map.arena = arena;
    table->map.key = hash_key();
    return table;
}

const char *strtab_intern(struct strtab *table, const char *text, size_t length)
{
    return find_or_add(&table->map, text, length)->key;
}
