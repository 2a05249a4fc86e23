// SPDX-License-Identifier: GPL-2.0-or-later
// The table of fixed size: what is in it is found until its end, and a flood takes its share and no more.
#include "table.h"
#include "unit.h"

enum { CAPACITY = 1024, LIFE = 1000 };

static struct arena *arena;

static struct digest digest_of_number(uint32_t number)
{
    struct digest digest = {{0}};
    memcpy(digest.bytes, &number, sizeof number);
    digest.bytes[8] = 1;
    return digest;
}

// Adds until nothing more is taken; how many were.
static uint32_t flood(struct table *table, uint32_t first, uint32_t interface, uint32_t client,
                      bool forged)
{
    for (uint32_t i = 0;; i++) {
        struct digest digest = digest_of_number(first + i);
        struct share share = share_of(interface, forged ? client + i : client);
        if (table_add(table, &digest, share, 0) == TABLE_NONE) {
            return i;
        }
    }
}

START_TEST(finds_and_forgets)
{
    arena = arena_new((size_t)1 << 24);
    struct table *table = table_new(arena, CAPACITY, LIFE);
    uint32_t entries[200];
    for (uint32_t i = 0; i < 200; i++) {
        struct digest digest = digest_of_number(i);
        entries[i] = table_add(table, &digest, share_of(i, i), i);
        ck_assert_uint_ne(entries[i], TABLE_NONE);
    }
    for (uint32_t i = 0; i < 200; i += 2) {
        table_remove(table, entries[i]);
    }
    for (uint32_t i = 0; i < 200; i++) {
        struct digest digest = digest_of_number(i);
        ck_assert_uint_eq(table_find(table, &digest), i % 2 == 0 ? TABLE_NONE : entries[i]);
    }
    arena_free(arena);
}
END_TEST

START_TEST(ends_in_the_order_of_renewals)
{
    arena = arena_new((size_t)1 << 24);
    struct table *table = table_new(arena, CAPACITY, LIFE);
    struct digest one = digest_of_number(1), two = digest_of_number(2);
    uint32_t first = table_add(table, &one, share_of(1, 1), 0);
    uint32_t second = table_add(table, &two, share_of(1, 1), 10);
    table_renew(table, first, 20);
    ck_assert_uint_eq(table_overdue(table, 1010), TABLE_NONE);
    ck_assert_uint_eq(table_overdue(table, 1011), second);
    table_remove(table, second);
    ck_assert_uint_eq(table_overdue(table, 1020), TABLE_NONE);
    ck_assert_uint_eq(table_overdue(table, 1021), first);
    table_remove(table, first);
    ck_assert_uint_eq(table_overdue(table, 9999), TABLE_NONE);
    arena_free(arena);
}
END_TEST

START_TEST(one_client_floods)
{
    arena = arena_new((size_t)1 << 24);
    struct table *table = table_new(arena, CAPACITY, LIFE);
    uint32_t taken = flood(table, 0, 1, 1, false);
    ck_assert_uint_gt(taken, CAPACITY / 8);
    ck_assert_uint_lt(taken, CAPACITY / 4);
    // Another client has as much room as is left to it, and what the first one has stays.
    ck_assert_uint_gt(flood(table, 100000, 1, 2, false), CAPACITY / 10);
    ck_assert_uint_gt(flood(table, 200000, 2, 3, false), CAPACITY / 10);
    struct digest first = digest_of_number(0);
    ck_assert_uint_ne(table_find(table, &first), TABLE_NONE);
    arena_free(arena);
}
END_TEST

START_TEST(an_interface_floods_with_forged_addresses)
{
    arena = arena_new((size_t)1 << 24);
    struct table *table = table_new(arena, CAPACITY, LIFE);
    uint32_t taken = flood(table, 0, 1, 1, true);
    ck_assert_uint_ge(taken, CAPACITY / 2 - 1);
    ck_assert_uint_le(taken, CAPACITY / 2 + 1);
    // Three more of them, and there is room for an honest one still.
    flood(table, 100000, 2, 5000, true);
    flood(table, 200000, 3, 9000, true);
    flood(table, 300000, 4, 13000, true);
    ck_assert_uint_gt(flood(table, 400000, 5, 16000, false), CAPACITY / 128);
    arena_free(arena);
}
END_TEST

START_TEST(what_ends_makes_room)
{
    arena = arena_new((size_t)1 << 24);
    struct table *table = table_new(arena, CAPACITY, LIFE);
    uint32_t entry, taken = flood(table, 0, 1, 1, false);
    while ((entry = table_overdue(table, LIFE + 1)) != TABLE_NONE) {
        table_remove(table, entry);
    }
    ck_assert_uint_eq(flood(table, 0, 1, 1, false), taken);
    arena_free(arena);
}
END_TEST

UNIT_TESTS("table", finds_and_forgets, ends_in_the_order_of_renewals, one_client_floods,
           an_interface_floods_with_forged_addresses, what_ends_makes_room)
