// SPDX-License-Identifier: GPL-2.0-or-later
// A map from strings to pointers that keeps the order of insertion, and a table of unique strings.
#pragma once

#include <polc/base/arena.h>
#include <stdint.h>

struct strmap;

// All memory comes from the arena; nothing is to be freed. Keys are copied.
struct strmap *strmap_new(struct arena *arena);

// The value of a key, or NULL.
void *strmap_get(const struct strmap *map, const char *key);
void *strmap_get_n(const struct strmap *map, const void *key, size_t length);

// Adds a key; when it is already there, changes nothing and returns the value that stands there,
// else returns `value`. `value` must not be NULL.
void *strmap_put(struct strmap *map, const char *key, void *value);
// The same for any bytes.
void *strmap_put_n(struct strmap *map, const void *key, size_t length, void *value);
size_t strmap_count(const struct strmap *map);

// Walks in order of insertion: start with *cursor = NULL; returns false at the end.
bool strmap_next(const struct strmap *map, void **cursor, const char **ret_key, void **ret_value);

// A table of unique strings: the same text always gives the same pointer.
struct strtab;
struct strtab *strtab_new(struct arena *arena);
const char *strtab_intern(struct strtab *table, const char *text, size_t length);
