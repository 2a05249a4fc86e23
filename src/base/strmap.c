// SPDX-License-Identifier: GPL-2.0-or-later
// String map and string table. uthash stays inside this file; its memory is the arena's, so that nothing is freed.
#include <polc/base/strmap.h>

#include "hash.h"

#include <polc/base/exit.h>

// uthash's macros expand inside functions that have a variable `map`.
#define uthash_malloc(size)              arena_alloc(map->arena, (size))
#define uthash_free(block, size)         ((void)(block), (void)(size))
#define uthash_fatal(message)            POLC_UNREACHABLE(message)
#define HASH_FUNCTION(text, length, ret) ((ret) = hash_text(&map->key, (text), (length)))
#include <uthash.h>

struct entry {
    const char *key;
    void *value;
    UT_hash_handle hh;
};

struct strmap {
    struct arena *arena;
    struct hash_key key;
    struct entry *entries;
};

struct strmap *strmap_new(struct arena *arena)
{
    struct strmap *map = arena_new_of(arena, struct strmap);
    map->arena = arena;
    map->key = hash_key();
    return map;
}

void *strmap_get_n(const struct strmap *map, const void *key, size_t length)
{
    struct entry *entry;
    HASH_FIND(hh, map->entries, key, length, entry);
    return entry != NULL ? entry->value : NULL;
}

void *strmap_get(const struct strmap *map, const char *key)
{
    return strmap_get_n(map, key, strlen(key));
}

static struct entry *find_or_add(struct strmap *map, const char *key, size_t length)
{
    struct entry *entry;
    unsigned hash;
    HASH_VALUE(key, length, hash);
    HASH_FIND_BYHASHVALUE(hh, map->entries, key, length, hash, entry);
    if (entry == NULL) {
        entry = arena_new_of(map->arena, struct entry);
        entry->key = arena_strndup(map->arena, key, length);
        HASH_ADD_KEYPTR_BYHASHVALUE(hh, map->entries, entry->key, length, hash, entry);
    }
    return entry;
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
    return HASH_COUNT(map->entries);
}

bool strmap_next(const struct strmap *map, void **cursor, const char **ret_key, void **ret_value)
{
    struct entry *entry = *cursor == NULL ? map->entries : ((struct entry *)*cursor)->hh.next;
    if (entry == NULL) {
        return false;
    }
    *cursor = entry;
    if (ret_key != NULL) {
        *ret_key = entry->key;
    }
    if (ret_value != NULL) {
        *ret_value = entry->value;
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
