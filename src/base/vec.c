// SPDX-License-Identifier: GPL-2.0-or-later
// Room in a growing array: doubled, in place when the arena allows it.
#include <polc/base/vec.h>

#include <polc/base/exit.h>

enum { FIRST_CAPACITY = 4 };

void *vec_reserve(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    size_t wanted = *capacity > 0 ? *capacity * 2 : FIRST_CAPACITY;
    size_t bytes;
    if (wanted < *capacity || __builtin_mul_overflow(wanted, size, &bytes)) {
        POLC_UNREACHABLE("a vector that overflows");
    }
    void *grown = arena_grow(arena, items, *capacity * size, bytes);
    *capacity = wanted;
    return grown;
}
