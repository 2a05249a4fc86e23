// SPDX-License-Identifier: GPL-2.0-or-later
// One arena per run: memory that lives until the run ends and is never freed piece by piece.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct arena;

// A place to rewind to; valid only for the arena that made it, and only until an earlier rewind.
struct arena_mark {
    void *chunk;
    size_t used;
    size_t serial;
};

// Returns a new arena that never holds more than `limit` bytes in all. The caller owns it.
// Running out of memory or of the limit prints one line on stderr and exits with POLC_EXIT_INTERNAL:
// safe, because a batch is complete before its first byte is sent.
struct arena *arena_new(size_t limit);

// Frees the arena and everything in it. NULL is allowed.
void arena_free(struct arena *arena);

// Zeroed memory, aligned for any type. A size of 0 gives a valid pointer.
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

// `count` zeroed items of `size` bytes each; an overflow of the product ends the run.
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((returns_nonnull));

// Grows a block in place when it is the newest one, else copies it; the new part is zeroed.
void *arena_grow(struct arena *arena, void *block, size_t old_size, size_t new_size);

char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

// Bytes handed out so far, for statistics.
size_t arena_used(const struct arena *arena);

#define arena_new_of(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array_of(arena, type, count) ((type *)arena_array((arena), (count), sizeof(type)))
