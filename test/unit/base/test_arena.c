// SPDX-License-Identifier: GPL-2.0-or-later
// The arena under random use: every block zeroed, none touched by another, growing and rewinding included; large blocks.
#include <polc/base.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

enum { BLOCKS = 200, LARGE = 300 * 1000 };

struct block {
    unsigned char *at;
    size_t size;
    unsigned char fill;
};

static bool all_are(const unsigned char *at, size_t size, unsigned char value)
{
    return size == 0 || (at[0] == value && memcmp(at, at + 1, size - 1) == 0);
}

static size_t random_size(void)
{
    static const size_t limits[] = {40, 40, 4000, 70000, 400000, 3000000};
    return (size_t)rand() % limits[(size_t)rand() % ARRAY_COUNT(limits)];
}

static void fill(struct block *block, size_t from)
{
    ck_assert(all_are(block->at + from, block->size - from, 0));
    memset(block->at, block->fill, block->size);
}

static void use_at_random(struct arena *arena)
{
    struct block blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        struct block *old = &blocks[i > 0 ? (size_t)rand() % i : 0];
        if (i > 0 && rand() % 3 == 0) {
            size_t more = old->size + random_size() / 4;
            size_t from = old->size;
            old->at = arena_grow(arena, old->at, old->size, more);
            old->size = more;
            fill(old, from);
        }
        blocks[i] =
            (struct block){.size = random_size(), .fill = (unsigned char)(1 + rand() % 255)};
        blocks[i].at = arena_alloc(arena, blocks[i].size);
        ck_assert_uint_eq((uintptr_t)blocks[i].at % 16, 0);
        fill(&blocks[i], 0);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        ck_assert(all_are(blocks[i].at, blocks[i].size, blocks[i].fill));
    }
}

START_TEST(random_use)
{
    srand(1);
    struct arena *arena = arena_new(SIZE_MAX);
    struct block kept = {arena_alloc(arena, 100), 100, 7};
    struct block large = {arena_alloc(arena, LARGE), LARGE, 9};
    fill(&kept, 0);
    fill(&large, 0);
    size_t used = arena_used(arena);
    struct arena_mark mark = arena_mark(arena);
    for (int round = 0; round < 10; round++) {
        use_at_random(arena);
        arena_rewind(arena, mark);
        ck_assert_uint_eq(arena_used(arena), used);
        ck_assert(all_are(kept.at, kept.size, 7) && all_are(large.at, large.size, 9));
    }
    arena_free(arena);
}
END_TEST

START_TEST(rewinding_an_arena_that_was_empty)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct arena_mark mark = arena_mark(arena);
    arena_alloc(arena, 10);
    arena_alloc(arena, LARGE);
    arena_rewind(arena, mark);
    ck_assert_uint_eq(arena_used(arena), 0);
    ck_assert_ptr_nonnull(arena_alloc(arena, 0));
    arena_free(arena);
}
END_TEST

// A vector that grows between other allocations keeps no copies of itself.
START_TEST(a_large_vector_leaves_nothing_behind)
{
    struct arena *arena = arena_new(SIZE_MAX);
    VEC(uint64_t) numbers = {0};
    for (uint64_t i = 0; i < 1000000; i++) {
        vec_push(arena, &numbers, i);
        if (i % 1000 == 0) {
            arena_alloc(arena, 1);
        }
    }
    for (uint64_t i = 0; i < numbers.count; i++) {
        ck_assert_uint_eq(numbers.items[i], i);
    }
    ck_assert_uint_lt(arena_used(arena), numbers.capacity * sizeof *numbers.items + 1000000);
    arena_free(arena);
}
END_TEST

START_TEST(shrinking_does_nothing)
{
    struct arena *arena = arena_new(SIZE_MAX);
    char *block = arena_strdup(arena, "hello");
    ck_assert_ptr_eq(arena_grow(arena, block, 6, 3), block);
    ck_assert_str_eq(block, "hello");
    ck_assert_str_eq(arena_strndup(arena, NULL, 0), "");
    arena_free(arena);
}
END_TEST

static struct arena *volatile kept_arena; // reachable at exit: no leak

// The exit code of a child that allocates `size` bytes, in one piece or grown to it, within a limit.
static int allocate(size_t limit, size_t size, bool grow)
{
    pid_t child = fork();
    if (child == 0) {
        fclose(stderr);
        kept_arena = arena_new(limit);
        if (grow) {
            arena_grow(kept_arena, arena_alloc(kept_arena, LARGE), LARGE, size);
        } else {
            arena_alloc(kept_arena, size);
        }
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(limits)
{
    static const struct {
        size_t limit, size;
        bool grow;
        int code;
    } cases[] = {
        {1 << 20, (1 << 20) - 8192, false, 0},
        {1 << 20, 1 << 21, false, POLC_EXIT_INTERNAL},
        {1000, 900, false, 0}, // smaller than a chunk
        {1000, 1100, false, POLC_EXIT_INTERNAL},
        {1 << 20, 900000, true, 0},
        {1 << 20, 1 << 20, true, POLC_EXIT_INTERNAL},
        {SIZE_MAX, SIZE_MAX, false, POLC_EXIT_INTERNAL},
        {SIZE_MAX, SIZE_MAX - 20, false, POLC_EXIT_INTERNAL},
        {SIZE_MAX, SIZE_MAX / 2, false, POLC_EXIT_INTERNAL},
        {SIZE_MAX, SIZE_MAX - 20, true, POLC_EXIT_INTERNAL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_msg(allocate(cases[i].limit, cases[i].size, cases[i].grow) == cases[i].code,
                      "case %zu", i);
    }
}
END_TEST

// A small limit can be used up by small blocks, chunks or not.
START_TEST(a_limit_is_no_smaller_than_it_says)
{
    struct arena *arena = arena_new(1 << 20);
    for (int i = 0; i < (1 << 20) / 16 - 8; i++) {
        arena_alloc(arena, 16);
    }
    arena_free(arena);
}
END_TEST

UNIT_TESTS("base arena", random_use, rewinding_an_arena_that_was_empty,
           a_large_vector_leaves_nothing_behind, shrinking_does_nothing, limits,
           a_limit_is_no_smaller_than_it_says)
