// SPDX-License-Identifier: GPL-2.0-or-later
// The arena: chunks in a list, the newest first. Zeroed when handed out, poisoned under AddressSanitizer when not.
// A large block is a mapping of its own: it grows without a copy, and what is not yet used of it costs no memory.
#include <polc/base/arena.h>

#include <polc/base/exit.h>
#include <polc/base/vec.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

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

enum {
    ALIGNMENT = 16,
    FIRST_CHUNK = 64 * 1024,
    LARGEST_CHUNK = 1024 * 1024,
    LARGE = 256 * 1024, // from here on a block is a mapping of its own
};

struct chunk {
    struct chunk *older;
    size_t size; // of data
    size_t used;
    size_t serial; // mappings only: in the order of creation
    _Alignas(ALIGNMENT) unsigned char data[];
};

struct arena {
    struct chunk *newest;
    struct chunk *mappings;
    size_t last_serial;
    size_t next_size; // of the next chunk
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

static void drop_mapping(struct arena *arena)
{
    struct chunk *mapping = arena->mappings;
    arena->mappings = mapping->older;
    arena->held -= mapping->size;
    UNPOISON(mapping->data, mapping->size);
    munmap(mapping, sizeof *mapping + mapping->size);
}

void arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->newest != NULL) {
        drop_newest(arena);
    }
    while (arena->mappings != NULL) {
        drop_mapping(arena);
    }
    free(arena);
}

static void take_from_limit(struct arena *arena, size_t size)
{
    if (size > arena->limit - arena->held) {
        out_of_memory("the input needs more memory than polc's limit");
    }
    arena->held += size;
}

static size_t rounded(size_t size, size_t unit)
{
    size_t ret;
    if (__builtin_add_overflow(size, unit - 1, &ret)) {
        out_of_memory("a size overflows");
    }
    return ret / unit * unit;
}

static size_t room_of(size_t size)
{
    return rounded(size > 0 ? size : 1, ALIGNMENT);
}

static void add_chunk(struct arena *arena, size_t wanted)
{
    size_t size = arena->next_size;
    while (size < wanted) {
        size *= 2;
    }
    arena->next_size = size < LARGEST_CHUNK ? size * 2 : size;
    if (size > arena->limit - arena->held) {
        size = wanted; // the last of a small limit
    }
    take_from_limit(arena, size);
    struct chunk *chunk = malloc(sizeof *chunk + size);
    if (chunk == NULL) {
        out_of_memory("out of memory");
    }
    *chunk = (struct chunk){.older = arena->newest, .size = size};
    POISON(chunk->data, size);
    arena->newest = chunk;
}

// Bytes of a mapping with room for a block, header included.
static size_t mapping_length(size_t room)
{
    size_t length;
    if (__builtin_add_overflow(room, sizeof(struct chunk), &length)) {
        out_of_memory("a size overflows");
    }
    return rounded(length, (size_t)sysconf(_SC_PAGESIZE));
}

static void *map_block(struct arena *arena, size_t size)
{
    size_t room = room_of(size);
    size_t length = mapping_length(room);
    take_from_limit(arena, length - sizeof(struct chunk));
    struct chunk *mapping =
        mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) {
        out_of_memory("out of memory");
    }
    *mapping = (struct chunk){.older = arena->mappings,
                              .size = length - sizeof *mapping,
                              .used = room,
                              .serial = ++arena->last_serial};
    POISON(mapping->data + size, mapping->size - size);
    arena->mappings = mapping;
    return mapping->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size >= LARGE) {
        return map_block(arena, size);
    }
    size_t room = room_of(size);
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

static bool grow_in_chunk(struct arena *arena, void *block, size_t old_size, size_t new_size)
{
    struct chunk *chunk = arena->newest;
    size_t old_room = room_of(old_size);
    size_t new_room = room_of(new_size);
    if (chunk == NULL || (unsigned char *)block + old_room != chunk->data + chunk->used ||
        new_room - old_room > chunk->size - chunk->used) {
        return false;
    }
    chunk->used += new_room - old_room;
    UNPOISON(block, new_size);
    memset((unsigned char *)block + old_size, 0, new_size - old_size);
    return true;
}

// The kernel moves the pages and hands out zeroed ones; NULL when the block is no mapping.
static void *grow_mapping(struct arena *arena, const void *block, size_t old_size, size_t new_size)
{
    struct chunk **link = &arena->mappings;
    while (*link != NULL && (const void *)(*link)->data != block) {
        link = &(*link)->older;
    }
    struct chunk *mapping = *link;
    if (mapping == NULL) {
        return NULL;
    }
    size_t old_length = sizeof *mapping + mapping->size;
    size_t length = mapping_length(room_of(new_size));
    UNPOISON(mapping->data, mapping->size);
    if (length > old_length) {
        take_from_limit(arena, length - old_length);
        mapping = mremap(mapping, old_length, length, MREMAP_MAYMOVE);
    }
    if (mapping == MAP_FAILED) {
        out_of_memory("out of memory");
    }
    *link = mapping;
    mapping->size = (length > old_length ? length : old_length) - sizeof *mapping;
    memset(mapping->data + old_size, 0, mapping->used - old_size);
    mapping->used = room_of(new_size);
    POISON(mapping->data + new_size, mapping->size - new_size);
    return mapping->data;
}

void *arena_grow(struct arena *arena, void *block, size_t old_size, size_t new_size)
{
    void *grown = NULL;
    if (new_size <= old_size && block != NULL) {
        return block;
    }
    if (block != NULL && grow_in_chunk(arena, block, old_size, new_size)) {
        return block;
    }
    if (block != NULL && old_size >= LARGE) {
        grown = grow_mapping(arena, block, old_size, new_size);
    }
    if (grown == NULL) {
        grown = arena_alloc(arena, new_size);
        if (block != NULL) {
            memcpy(grown, block, old_size);
        }
    }
    return grown;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    if (length > 0) {
        memcpy(copy, text, length); // `text` may be NULL otherwise
    }
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    enum { SHORT = 256 };
    char buffer[SHORT] UNINITIALIZED; // most texts are short: they are formatted once
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(buffer, sizeof buffer, format, args);
    if (length < 0) {
        POLC_UNREACHABLE("a format that cannot be printed");
    }
    char *text = arena_alloc(arena, (size_t)length + 1);
    if (length < SHORT) {
        memcpy(text, buffer, (size_t)length);
    } else {
        vsnprintf(text, (size_t)length + 1, format, again);
    }
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
    size_t used = arena->newest != NULL ? arena->newest->used : 0;
    return (struct arena_mark){arena->newest, used, arena->last_serial};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->newest != mark.chunk) {
        drop_newest(arena);
    }
    while (arena->mappings != NULL && arena->mappings->serial > mark.serial) {
        drop_mapping(arena);
    }
    if (arena->newest != NULL) {
        arena->newest->used = mark.used;
        POISON(arena->newest->data + mark.used, arena->newest->size - mark.used);
    }
}

static size_t used_in(const struct chunk *chunk)
{
    size_t used = 0;
    for (; chunk != NULL; chunk = chunk->older) {
        used += chunk->used;
    }
    return used;
}

size_t arena_used(const struct arena *arena)
{
    return used_in(arena->newest) + used_in(arena->mappings);
}
