// SPDX-License-Identifier: GPL-2.0-or-later
// The files of the state directory: what is written is read, what is damaged is not, what is old goes; the lock.
#include "change_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct arena *arena;
static struct change_store store;
static char directory[64];

static void begin(void)
{
    arena = arena_new((size_t)1 << 26);
    snprintf(directory, sizeof directory, "/tmp/polc-store.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(change_store_open(&store, directory, false), 0);
}

static void end(void)
{
    const char *command = arena_printf(arena, "rm -rf '%s'", directory);
    change_store_close(&store);
    ck_assert_int_eq(system(command), 0);
    arena_free(arena);
}

static void put(uint32_t number, enum change_state state, uint64_t order)
{
    struct change_entry entry = entry_of(number, state, order);
    ck_assert_int_eq(change_entry_write(arena, &store, &entry), 0);
}

// A plan that is hardly one, and its id.
static const char *put_plan(uint32_t number)
{
    struct plan plan = {.node = "n1", .settings = {.log_prefix = "", .dns_set_timeout = 1}};
    struct plan_origin origin = {.root_count = 0};
    ck_assert_int_eq(change_plan_write(&store, number, plan_encode(arena, &plan, &origin)), 0);
    return plan_id(arena, &plan);
}

START_TEST(an_entry_comes_back_whole)
{
    static const char *const roots[] = {"/etc/polc", "/run/polc/endpoints.d"};
    static const char *const forced[] = {"S003"};
    begin();
    struct change_entry entry = entry_of(7, CHANGE_PENDING, 3);
    entry.roots = roots;
    entry.root_count = 2;
    entry.forced = forced;
    entry.forced_count = 1;
    entry.time = 1800000000;
    entry.user = "root";
    entry.message = "why";
    entry.previous = 6;
    entry.leaves = 5;
    ck_assert_int_eq(change_entry_write(arena, &store, &entry), 0);
    struct change_history history = change_history_read(arena, &store);
    ck_assert_uint_eq(history.count, 1);
    const struct change_entry *read = &history.items[0];
    ck_assert_ptr_null(read->problem);
    ck_assert(read->number == 7 && read->state == CHANGE_PENDING && read->order == 3);
    ck_assert(read->time == entry.time && read->previous == 6 && read->leaves == 5 &&
              read->deadline == 100000);
    ck_assert_str_eq(read->roots[1], roots[1]);
    ck_assert_str_eq(read->forced[0], "S003");
    ck_assert_str_eq(read->message, "why");
    ck_assert_str_eq(read->token, entry.token);
    ck_assert_ptr_null(read->sudo_user);
    end();
}
END_TEST

START_TEST(entries_are_in_order_of_their_numbers)
{
    begin();
    put(10, CHANGE_APPLIED, 3);
    put(9, CHANGE_APPLIED, 2);
    put(100, CHANGE_APPLIED, 1);
    ck_assert_int_eq(close(openat(store.fd, "011.entry", O_CREAT | O_WRONLY, 0600)), 0);
    ck_assert_int_eq(close(openat(store.fd, "notes.txt", O_CREAT | O_WRONLY, 0600)), 0);
    struct change_history history = change_history_read(arena, &store);
    ck_assert_uint_eq(history.count, 3);
    ck_assert(history.items[0].number == 9 && history.items[2].number == 100);
    end();
}
END_TEST

START_TEST(a_torn_or_flipped_entry_is_no_entry)
{
    begin();
    struct change_entry entry = entry_of(1, CHANGE_APPLIED, 1), read;
    struct plan_bytes bytes = entry_encode(arena, &entry);
    uint8_t *copy = arena_alloc(arena, bytes.size);
    memcpy(copy, bytes.data, bytes.size);
    ck_assert_ptr_null(entry_decode(arena, copy, bytes.size, &read));
    for (size_t i = 0; i < bytes.size; i++) {
        ck_assert_ptr_nonnull(entry_decode(arena, copy, i, &read));
        copy[i] ^= 4;
        ck_assert_ptr_nonnull(entry_decode(arena, copy, bytes.size, &read));
        copy[i] ^= 4;
    }
    end();
}
END_TEST

START_TEST(a_plan_is_read_by_number_and_id)
{
    struct plan *plan;
    struct plan_origin origin;
    begin();
    const char *id = put_plan(3);
    ck_assert_ptr_null(change_plan_read(arena, &store, 3, id, &plan, &origin));
    ck_assert_str_eq(plan->node, "n1");
    ck_assert_ptr_null(
        change_plan_read(arena, &store, 3, arena_strndup(arena, id, 16), &plan, &origin));
    ck_assert_ptr_nonnull(
        strstr(change_plan_read(arena, &store, 3, id_a, &plan, &origin), "another generation"));
    ck_assert_ptr_nonnull(
        strstr(change_plan_read(arena, &store, 4, id, &plan, &origin), "not there"));
    ck_assert(change_plan_exists(&store, 3) && !change_plan_exists(&store, 4));
    int fd = openat(store.fd, "3.plan", O_WRONLY);
    ck_assert(ftruncate(fd, 50) == 0 && close(fd) == 0);
    ck_assert_ptr_nonnull(change_plan_read(arena, &store, 3, id, &plan, &origin));
    end();
}
END_TEST

START_TEST(old_ones_go_but_not_what_is_needed)
{
    begin();
    put(1, CHANGE_APPLIED, 1);
    put(2, CHANGE_CONFIRMED, 9); // the last good one
    put(3, CHANGE_APPLIED, 3);   // loaded
    put(4, CHANGE_PENDING, 4);
    put(5, CHANGE_FAILED, 0);
    put(6, CHANGE_TAKEN_BACK, 6);
    put(7, CHANGE_TAKEN_BACK, 7);
    put_plan(1);
    struct change_history history = change_history_read(arena, &store);
    change_prune(&store, &history, 2, 3);
    history = change_history_read(arena, &store);
    ck_assert_uint_eq(history.count, 5);
    ck_assert_ptr_null(change_find(&history, 1));
    ck_assert_ptr_null(change_find(&history, 5));
    ck_assert_ptr_nonnull(change_find(&history, 2));
    ck_assert(!change_plan_exists(&store, 1));
    end();
}
END_TEST

START_TEST(a_directory_is_made_for_its_owner_alone)
{
    begin();
    struct change_store made;
    struct stat info;
    const char *path = arena_printf(arena, "%s/deep/state", directory);
    ck_assert_int_eq(change_store_open(&made, path, false), ENOENT);
    ck_assert_uint_eq(change_history_read(arena, &made).count, 0);
    ck_assert_int_eq(change_store_open(&made, path, true), 0);
    ck_assert(fstat(made.fd, &info) == 0 && (info.st_mode & 0777) == 0700);
    change_store_close(&made);
    end();
}
END_TEST

START_TEST(one_holds_the_lock)
{
    begin();
    struct change_lock lock, second;
    const char *path = arena_printf(arena, "%s/run/lock", directory);
    ck_assert_int_eq(change_lock_take(arena, path, "polc apply", 0, NULL, &lock), 0);
    ck_assert_int_eq(change_lock_take(arena, path, "polc delete", 50, NULL, &second), EBUSY);
    ck_assert_str_eq(second.holder, arena_printf(arena, "polc apply, process %ld", (long)getpid()));
    change_lock_release(&lock);
    ck_assert_int_eq(change_lock_take(arena, path, "polc delete", 0, NULL, &second), 0);
    change_lock_release(&second);
    end();
}
END_TEST

START_TEST(the_lock_goes_with_its_holder)
{
    begin();
    struct change_lock lock;
    const char *path = arena_printf(arena, "%s/lock", directory);
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        bool held = change_lock_take(arena, path, "polc apply", 0, NULL, &lock) == 0;
        _exit(held && write(ready[1], "x", 1) == 1 && pause() != 0);
    }
    char byte;
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_eq(change_lock_take(arena, path, "polc apply", 0, NULL, &lock), EBUSY);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert_int_eq(change_lock_take(arena, path, "polc apply", 1000, NULL, &lock), 0);
    change_lock_release(&lock);
    end();
}
END_TEST

UNIT_TESTS("store", an_entry_comes_back_whole, entries_are_in_order_of_their_numbers,
           a_torn_or_flipped_entry_is_no_entry, a_plan_is_read_by_number_and_id,
           old_ones_go_but_not_what_is_needed, a_directory_is_made_for_its_owner_alone,
           one_holds_the_lock, the_lock_goes_with_its_holder)
