// SPDX-License-Identifier: GPL-2.0-or-later
// String map and string table: entries in order of insertion, and slots that find them.
#include <polc/base/strmap.h>

#include "hash.h"

#include <polc/base/slots.h>
#include <polc/base/vec.h>

struct entry {
    const char *key;
    size_t length;
    void *value;
};

struct strmap {
    struct arena *arena;
    struct hash_key key;
    struct slots slots;
    VEC_FIELDS(struct entry);
};

struct strmap *strmap_new(struct arena *arena)
{
    struct strmap *map = arena_new_of(arena, struct strmap);
    map->arena = arena;
    map->key = hash_key();
    return map;
}

// The slot of a key, or the free one where it belongs.
static struct slot *find_slot(const struct strmap *map, uint32_t hash, const void *key,
                              size_t length)
{
    for (struct slot *slot = slots_first(&map->slots, hash);;
         slot = slots_next(&map->slots, slot)) {
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
    if (map->slots.count == 0) {
        return NULL;
    }
    const struct slot *slot = find_slot(map, hash_text(&map->key, key, length), key, length);
    return slot->entry != 0 ? map->items[slot->entry - 1].value : NULL;
}

void *strmap_get(const struct strmap *map, const char *key)
{
    return strmap_get_n(map, key, strlen(key));
}

static struct entry *find_or_add(struct strmap *map, const void *key, size_t length)
{
    slots_make_room(map->arena, &map->slots, map->count);
    uint32_t hash = hash_text(&map->key, key, length);
    struct slot *slot = find_slot(map, hash, key, length);
    if (slot->entry == 0) {
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
