// SPDX-License-Identifier: GPL-2.0-or-later
// A growing array on an arena, typed by macro. A zeroed vector is a valid empty one.
#pragma once

#include <polc/base/arena.h>
#include <stdlib.h>

// The fields of a vector, inside a named struct: struct things { VEC_FIELDS(struct thing); };
#define VEC_FIELDS(type)                                                                           \
    type *items;                                                                                   \
    size_t count, capacity

// A vector on its own: VEC(int) numbers = {0};
#define VEC(type)                                                                                  \
    struct {                                                                                       \
        VEC_FIELDS(type);                                                                          \
    }

// Makes room for one more item; used by the macros below.
void *vec_reserve(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size);

// Appends a value; evaluates `vec` several times.
#define vec_push(arena, vec, ...)                                                                  \
    ((vec)->items =                                                                                \
         vec_reserve((arena), (vec)->items, (vec)->count, &(vec)->capacity, sizeof *(vec)->items), \
     (vec)->items[(vec)->count++] = (__VA_ARGS__))

// Appends a zeroed item and gives its address, valid until the next push.
#define vec_add(arena, vec)                                                                        \
    ((vec)->items =                                                                                \
         vec_reserve((arena), (vec)->items, (vec)->count, &(vec)->capacity, sizeof *(vec)->items), \
     memset(&(vec)->items[(vec)->count], 0, sizeof *(vec)->items), &(vec)->items[(vec)->count++])

#define vec_sort(vec, compare)                                                                     \
    ((vec)->count > 1 ? qsort((vec)->items, (vec)->count, sizeof *(vec)->items, (compare))         \
                      : (void)0)

// For large locals on hot paths that are filled in before they are read: -ftrivial-auto-var-init would clear them.
#define UNINITIALIZED __attribute__((uninitialized))

#define ARRAY_COUNT(array) (sizeof(array) / sizeof *(array))
