// SPDX-License-Identifier: GPL-2.0-or-later
// Arena, vectors, string maps, string table, string builder.
#include <polc/base.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

START_TEST(arena_gives_zeroed_aligned_blocks)
{
    struct arena *arena = arena_new(SIZE_MAX);
    for (size_t size = 0; size < 5000; size += 37) {
        unsigned char *block = arena_alloc(arena, size);
        ck_assert_uint_eq((uintptr_t)block % 16, 0);
        for (size_t i = 0; i < size; i++) {
            ck_assert_uint_eq(block[i], 0);
            block[i] = 0xff;
        }
    }
    ck_assert_ptr_nonnull(arena_alloc(arena, 10 << 20)); // larger than any chunk
    arena_free(arena);
    arena_free(NULL);
}
END_TEST

START_TEST(arena_rewinds_to_a_mark_and_zeroes_again)
{
    struct arena *arena = arena_new(SIZE_MAX);
    memset(arena_alloc(arena, 100), 1, 100);
    size_t used = arena_used(arena);
    struct arena_mark mark = arena_mark(arena);
    for (int i = 0; i < 100; i++) {
        memset(arena_alloc(arena, 5000), 1, 5000);
    }
    arena_rewind(arena, mark);
    ck_assert_uint_eq(arena_used(arena), used);
    const unsigned char *block = arena_alloc(arena, 5000);
    for (size_t i = 0; i < 5000; i++) {
        ck_assert_uint_eq(block[i], 0);
    }
    arena_free(arena);
}
END_TEST

START_TEST(arena_grows_the_newest_block_in_place)
{
    struct arena *arena = arena_new(SIZE_MAX);
    char *first = arena_alloc(arena, 10);
    strcpy(first, "nine char");
    char *grown = arena_grow(arena, first, 10, 1000);
    ck_assert_ptr_eq(grown, first);
    arena_alloc(arena, 1);
    char *moved = arena_grow(arena, grown, 1000, 2000);
    ck_assert_ptr_ne(moved, grown);
    ck_assert_str_eq(moved, "nine char");
    ck_assert_int_eq(moved[1999], 0);
    arena_free(arena);
}
END_TEST

// The limit ends the process with the code of a bug or of exhaustion, never with a crash.
static int exit_code_of(void (*function)(void))
{
    pid_t child = fork();
    if (child == 0) {
        fclose(stderr);
        function();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct arena *volatile kept; // reachable at exit: no leak

static void exceed_limit(void)
{
    kept = arena_new(1 << 20);
    arena_alloc(kept, 2 << 20);
}

static void overflow_product(void)
{
    kept = arena_new(SIZE_MAX);
    arena_array(kept, SIZE_MAX / 2, 3);
}

START_TEST(arena_limits_end_the_run)
{
    ck_assert_int_eq(exit_code_of(exceed_limit), POLC_EXIT_INTERNAL);
    ck_assert_int_eq(exit_code_of(overflow_product), POLC_EXIT_INTERNAL);
}
END_TEST

START_TEST(vectors_keep_their_items)
{
    struct arena *arena = arena_new(SIZE_MAX);
    VEC(int) numbers = {0};
    for (int i = 0; i < 1000; i++) {
        if (i % 3 == 0) {
            *vec_add(arena, &numbers) = i;
        } else {
            vec_push(arena, &numbers, i);
        }
        arena_alloc(arena, 8); // so that growing must move
    }
    ck_assert_uint_eq(numbers.count, 1000);
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(numbers.items[i], i);
    }
    arena_free(arena);
}
END_TEST

START_TEST(maps_keep_order_and_first_value)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct strmap *map = strmap_new(arena);
    int values[500];
    char key[32];
    for (int i = 0; i < 500; i++) {
        snprintf(key, sizeof key, "key-%d", (i * 7919) % 500);
        ck_assert_ptr_eq(strmap_put(map, key, &values[i]), &values[i]);
    }
    ck_assert_ptr_eq(strmap_put(map, "key-0", &values[1]), &values[0]);
    ck_assert_uint_eq(strmap_count(map), 500);
    ck_assert_ptr_null(strmap_get(map, "key-500"));
    ck_assert_ptr_eq(strmap_get_n(map, "key-0 and more", 5), &values[0]);
    void *cursor = NULL;
    void *value;
    const char *name;
    for (int i = 0; i < 500; i++) {
        ck_assert(strmap_next(map, &cursor, &name, &value));
        ck_assert_ptr_eq(value, &values[i]);
    }
    ck_assert(!strmap_next(map, &cursor, &name, &value));
    arena_free(arena);
}
END_TEST

START_TEST(keys_of_maps_may_be_any_bytes)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct strmap *map = strmap_new(arena);
    static const char keys[4][4] = {{0, 0, 0, 0}, {0, 0, 0, 1}, {1, 0, 0, 0}, {'a', 0, 'b', 0}};
    int values[4];
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        ck_assert_ptr_null(strmap_get_n(map, keys[i], 4));
        ck_assert_ptr_eq(strmap_put_n(map, keys[i], 4, &values[i]), &values[i]);
    }
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        ck_assert_ptr_eq(strmap_get_n(map, keys[i], 4), &values[i]);
        ck_assert_ptr_eq(strmap_put_n(map, keys[i], 4, &map), &values[i]);
    }
    ck_assert_ptr_null(strmap_get(map, "a"));
    ck_assert_ptr_null(strmap_get_n(map, keys[0], 3));
    arena_free(arena);
}
END_TEST

START_TEST(interned_strings_are_unique)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct strtab *table = strtab_new(arena);
    const char *a = strtab_intern(table, "frontend", 8);
    ck_assert_ptr_eq(strtab_intern(table, "frontend-x", 8), a);
    ck_assert_ptr_ne(strtab_intern(table, "frontend", 5), a);
    ck_assert_str_eq(a, "frontend");
    arena_free(arena);
}
END_TEST

START_TEST(builders_build)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct strbuf text = {.arena = arena};
    ck_assert_str_eq(strbuf_text(&text), "");
    for (int i = 0; i < 300; i++) {
        strbuf_addf(&text, "%d,", i % 10);
    }
    strbuf_addf(&text, "%400d", 1); // longer than the builder's own buffer
    ck_assert_uint_eq(text.length, 1000);
    ck_assert_uint_eq(strlen(strbuf_text(&text)), 1000);
    arena_free(arena);
}
END_TEST

UNIT_TESTS("base memory", arena_gives_zeroed_aligned_blocks,
           arena_rewinds_to_a_mark_and_zeroes_again, arena_grows_the_newest_block_in_place,
           arena_limits_end_the_run, vectors_keep_their_items, maps_keep_order_and_first_value,
           keys_of_maps_may_be_any_bytes, interned_strings_are_unique, builders_build)
