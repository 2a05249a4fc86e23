// SPDX-License-Identifier: GPL-2.0-or-later
// Which generation is good, which waits, which was taken back.
#include "change_helper.h"

START_TEST(the_last_good_one_is_the_one_loaded_last)
{
    struct arena *arena = arena_new(1 << 20);
    const struct change_entry entries[] = {
        entry_of(1, CHANGE_APPLIED, 5), // rolled back to
        entry_of(2, CHANGE_CONFIRMED, 2), entry_of(3, CHANGE_TAKEN_BACK, 6),
        entry_of(4, CHANGE_PENDING, 7),   entry_of(5, CHANGE_FAILED, 0),
        entry_of(6, CHANGE_WRITTEN, 0),
    };
    struct change_history history = history_of(arena, entries, ARRAY_COUNT(entries));
    ck_assert_uint_eq(change_last_good(&history, "polc")->number, 1);
    ck_assert_uint_eq(change_pending(&history, "polc")->number, 4);
    ck_assert_ptr_null(change_last_good(&history, "other"));
    ck_assert_ptr_null(change_pending(&history, "other"));
    ck_assert_uint_eq(change_highest_number(&history), 6);
    ck_assert_uint_eq(change_next_order(&history), 8);
    arena_free(arena);
}
END_TEST

START_TEST(what_was_deleted_is_not_good_any_more)
{
    struct arena *arena = arena_new(1 << 20);
    const struct change_entry entries[] = {
        entry_of(1, CHANGE_APPLIED, 1),
        entry_of(2, CHANGE_DELETED, 2),
        entry_of(3, CHANGE_APPLIED, 3),
    };
    struct change_history history = history_of(arena, entries, 2);
    ck_assert_ptr_null(change_last_good(&history, "polc"));
    history = history_of(arena, entries, 3);
    ck_assert_uint_eq(change_last_good(&history, "polc")->number, 3);
    arena_free(arena);
}
END_TEST

START_TEST(damage_is_no_good_and_its_number_is_taken)
{
    struct arena *arena = arena_new(1 << 20);
    const struct change_entry entries[] = {
        entry_of(1, CHANGE_APPLIED, 1),
        {.number = 9, .problem = "torn"},
    };
    struct change_history history = history_of(arena, entries, 2);
    ck_assert_uint_eq(change_last_good(&history, "polc")->number, 1);
    ck_assert_uint_eq(change_highest_number(&history), 9);
    ck_assert_ptr_null(change_pending(&history, "polc"));
    ck_assert_ptr_null(change_taken_back(&history, "polc", id_a));
    arena_free(arena);
}
END_TEST

// S006 looks at what became of the same input last.
START_TEST(taken_back_until_it_is_good_again)
{
    struct arena *arena = arena_new(1 << 20);
    const struct change_entry entries[] = {
        entry_of(1, CHANGE_TAKEN_BACK, 1),
        entry_of(2, CHANGE_FAILED, 0),
        entry_of(3, CHANGE_CONFIRMED, 3),
    };
    struct change_history history = history_of(arena, entries, 2);
    ck_assert_uint_eq(change_taken_back(&history, "polc", id_a)->number, 1);
    ck_assert_ptr_null(change_taken_back(&history, "polc", id_b));
    ck_assert_ptr_null(change_taken_back(&history, "other", id_a));
    history = history_of(arena, entries, 3);
    ck_assert_ptr_null(change_taken_back(&history, "polc", id_a));
    arena_free(arena);
}
END_TEST

// The clock of the wall is not asked: only milliseconds since the boot, and which boot.
START_TEST(deadlines)
{
    const struct change_entry entry = entry_of(1, CHANGE_PENDING, 1); // at 100000, of 60000
    static const struct {
        const char *boot;
        uint64_t now, left;
    } rows[] = {
        {"this boot", 40000, 60000},  {"this boot", 99999, 1}, {"this boot", 100000, 0},
        {"this boot", UINT64_MAX, 0}, {"this boot", 0, 60000}, // never longer than was asked for
        {"another boot", 40000, 0},   {"", 40000, 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        ck_assert_uint_eq(change_left(&entry, rows[i].boot, rows[i].now), rows[i].left);
        ck_assert(change_expired(&entry, rows[i].boot, rows[i].now) == (rows[i].left == 0));
    }
}
END_TEST

START_TEST(time_goes_on_and_tokens_differ)
{
    struct arena *arena = arena_new(1 << 20);
    uint64_t before = change_now();
    usleep(20000);
    uint64_t after = change_now();
    ck_assert(after > before && after - before >= 20);
    ck_assert_str_ne(change_token(arena), change_token(arena));
    ck_assert_uint_eq(strlen(change_token(arena)), 16);
    ck_assert_uint_eq(strlen(change_boot_id(arena)), 36);
    ck_assert_uint_ne(change_namespace(), 0);
    arena_free(arena);
}
END_TEST

UNIT_TESTS("history", the_last_good_one_is_the_one_loaded_last,
           what_was_deleted_is_not_good_any_more, damage_is_no_good_and_its_number_is_taken,
           taken_back_until_it_is_good_again, deadlines, time_goes_on_and_tokens_differ)
