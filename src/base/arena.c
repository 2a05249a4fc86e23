// SPDX-License-Identifier: GPL-2.0-or-later
// The arena: chunks in a list, the newest first. Zeroed when handed out, poisoned under AddressSanitizer when not.
#include <polc/base/arena.h>

#include <polc/base/exit.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1 // gcc defines it itself
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(address, size)   ASAN_POISON_MEMORY_REGION((address), (size))
#define UNPOISON(address, size) ASAN_UNPOISON_MEMORY_REGION((address), (size))
#else
#define POISON(address, size)   ((void)(address), (void)(size))
#define UNPOISON(address, size) ((void)(address), (void)(size))
#endif

enum { ALIGNMENT = 16, FIRST_CHUNK = 64 * 1024, LARGEST_CHUNK = 1024 * 1024 };

struct chunk {
    struct chunk *older;
    size_t size; // of data
    size_t used;
    size_t padding;
    _Alignas(ALIGNMENT) unsigned char data[];
};

struct arena {
    struct chunk *newest;
    size_t next_size; // of the next ordinary chunk
    size_t held, limit;
};

__attribute__((noreturn)) static void out_of_memory(const char *why)
{
    fprintf(stderr, "polc: %s; nothing was changed\n", why);
    exit(POLC_EXIT_INTERNAL);
}

struct arena *arena_new(size_t limit)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL) {
        out_of_memory("out of memory");
    }
    arena->next_size = FIRST_CHUNK;
    arena->limit = limit;
    return arena;
}

static void drop_newest(struct arena *arena)
{
    struct chunk *chunk = arena->newest;
    arena->newest = chunk->older;
    arena->held -= chunk->size;
    UNPOISON(chunk->data, chunk->size);
    free(chunk);
}

void arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->newest != NULL) {
        drop_newest(arena);
    }
    free(arena);
}

static void add_chunk(struct arena *arena, size_t wanted)
{
    size_t size = arena->next_size;
    if (wanted > size) {
        size = wanted;
    } else if (arena->next_size < LARGEST_CHUNK) {
        arena->next_size *= 2;
    }
    if (size > arena->limit - arena->held) {
        out_of_memory("the input needs more memory than polc's limit");
    }
    struct chunk *chunk = malloc(sizeof *chunk + size);
    if (chunk == NULL) {
        out_of_memory("out of memory");
    }
    *chunk = (struct chunk){.older = arena->newest, .size = size};
    POISON(chunk->data, size);
    arena->newest = chunk;
    arena->held += size;
}

static size_t rounded(size_t size)
{
    size_t ret;
    if (__builtin_add_overflow(size, ALIGNMENT - 1, &ret)) {
        out_of_memory("a size overflows");
    }
    return ret / ALIGNMENT * ALIGNMENT;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t room = rounded(size > 0 ? size : 1);
    if (arena->newest == NULL || room > arena->newest->size - arena->newest->used) {
        add_chunk(arena, room);
    }
    struct chunk *chunk = arena->newest;
    void *block = chunk->data + chunk->used;
    chunk->used += room;
    UNPOISON(block, size);
    memset(block, 0, size);
    return block;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        out_of_memory("a size overflows");
    }
    return arena_alloc(arena, total);
}

static bool grow_in_place(struct arena *arena, void *block, size_t old_size, size_t new_size)
{
    struct chunk *chunk = arena->newest;
    size_t old_room = rounded(old_size > 0 ? old_size : 1);
    size_t new_room = rounded(new_size);
    if (chunk == NULL || (unsigned char *)block + old_room != chunk->data + chunk->used ||
        new_room - old_room > chunk->size - chunk->used) {
        return false;
    }
    chunk->used += new_room - old_room;
    UNPOISON(block, new_size);
    memset((unsigned char *)block + old_size, 0, new_size - old_size);
    return true;
}

void *arena_grow(struct arena *arena, void *block, size_t old_size, size_t new_size)
{
    if (block != NULL && grow_in_place(arena, block, old_size, new_size)) {
        return block;
    }
    void *grown = arena_alloc(arena, new_size);
    if (block != NULL) {
        memcpy(grown, block, old_size);
    }
    return grown;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length < 0) {
        POLC_UNREACHABLE("a format that cannot be printed");
    }
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->newest, arena->newest != NULL ? arena->newest->used : 0};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->newest != mark.chunk) {
        drop_newest(arena);
    }
    if (arena->newest != NULL) {
        arena->newest->used = mark.used;
        POISON(arena->newest->data + mark.used, arena->newest->size - mark.used);
    }
}

size_t arena_used(const struct arena *arena)
{
    size_t used = 0;
    for (const struct chunk *chunk = arena->newest; chunk != NULL; chunk = chunk->older) {
        used += chunk->used;
    }
    return used;
}
