// SPDX-License-Identifier: GPL-2.0-or-later
// Unit tests of src/edit/file.c: files replaced in a directory of their own, all or none.
#include "unit.h"

#include <polc/edit.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0640, TEXT_MAX = 256 };
static char directory[] = "/tmp/polc-edit.XXXXXX";
static struct arena *arena;

static void enter(void)
{
    arena = arena_new((size_t)1 << 30);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(chdir(directory), 0);
}

// How many entries the directory has, the dotted ones too: nothing may be left behind.
static size_t entries(void)
{
    DIR *open = opendir(".");
    size_t count = 0;
    while (readdir(open) != NULL) {
        count++;
    }
    closedir(open);
    return count - 2;
}

static void leave(void)
{
    DIR *open = opendir(".");
    for (const struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        unlink(entry->d_name);
    }
    closedir(open);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(directory), 0);
    arena_free(arena);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    ck_assert_int_eq(chmod(path, MODE), 0);
}

static void holds(const char *path, const char *text)
{
    char buffer[TEXT_MAX] = "";
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_lt(fread(buffer, 1, sizeof buffer - 1, file), sizeof buffer);
    fclose(file);
    ck_assert_str_eq(buffer, text);
}

static struct edit_file file_of(const char *path, const char *before, const char *after)
{
    return (struct edit_file){path, {before, strlen(before)}, {after, strlen(after)}};
}

static void replace(const struct edit_file *files, size_t count, int error, const char *path)
{
    const char *failed = NULL;
    ck_assert_int_eq(edit_replace(arena, files, count, &failed), error);
    ck_assert_pstr_eq(failed, path);
}

START_TEST(replaced)
{
    struct stat info;
    put("a", "old a");
    put("b", "");
    replace((struct edit_file[]){file_of("a", "old a", "new"), file_of("b", "", "longer than it")},
            2, 0, NULL);
    holds("a", "new");
    holds("b", "longer than it");
    ck_assert_int_eq(stat("a", &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, MODE);
    ck_assert_uint_eq(entries(), 2);
}
END_TEST

START_TEST(links)
{
    struct stat info;
    put("target", "old");
    ck_assert_int_eq(symlink("target", "second"), 0);
    ck_assert_int_eq(symlink("second", "first"), 0);
    replace((struct edit_file[]){file_of("first", "old", "new")}, 1, 0, NULL);
    holds("target", "new");
    ck_assert_int_eq(lstat("first", &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    ck_assert_int_eq(lstat("target", &info), 0);
    ck_assert(S_ISREG(info.st_mode));
    ck_assert_uint_eq(entries(), 3);
}
END_TEST

START_TEST(owner)
{
    enum { SOMEBODY = 12345 };
    struct stat info;
    put("a", "old");
    if (chown("a", SOMEBODY, SOMEBODY) != 0) {
        return; // not root
    }
    replace((struct edit_file[]){file_of("a", "old", "new")}, 1, 0, NULL);
    ck_assert_int_eq(stat("a", &info), 0);
    ck_assert_uint_eq(info.st_uid, SOMEBODY);
    ck_assert_uint_eq(info.st_gid, SOMEBODY);
    ck_assert_uint_eq(info.st_mode & 07777, MODE);
}
END_TEST

START_TEST(byte_order_mark)
{
    put("a", "\xef\xbb\xbfold");
    replace((struct edit_file[]){file_of("a", "old", "new")}, 1, 0, NULL);
    holds("a", "\xef\xbb\xbfnew");
}
END_TEST

START_TEST(changed_meanwhile)
{
    static const char *const others[] = {"old and more", "ol", "", "odl", "\xef\xbb\xbfolder"};
    put("a", "old a");
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        put("b", others[i]);
        replace((struct edit_file[]){file_of("a", "old a", "new"), file_of("b", "old", "new")}, 2,
                ESTALE, "b");
        holds("a", "old a");
        holds("b", others[i]);
    }
    ck_assert_uint_eq(entries(), 2);
}
END_TEST

START_TEST(one_is_gone)
{
    put("a", "old a");
    replace((struct edit_file[]){file_of("a", "old a", "new"), file_of("b", "", "new")}, 2, ENOENT,
            "b");
    holds("a", "old a");
    ck_assert_uint_eq(entries(), 1);
}
END_TEST

// A file that something is mounted on can be written beside, but not replaced: the others go back.
START_TEST(one_stays)
{
    put("a", "old a");
    put("b", "old b");
    put("c", "old c");
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("c", "c", NULL, MS_BIND, NULL) != 0) {
        return; // not allowed here
    }
    replace((struct edit_file[]){file_of("a", "old a", "new"), file_of("b", "old b", "new"),
                                 file_of("c", "old c", "new")},
            3, EBUSY, "c");
    holds("a", "old a");
    holds("b", "old b");
    holds("c", "old c");
    ck_assert_uint_eq(entries(), 3);
    ck_assert_int_eq(umount("c"), 0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {replaced,          links,       owner,    byte_order_mark,
                            changed_meanwhile, one_is_gone, one_stays};
    Suite *suite = suite_create("edit file");
    TCase *tcase = tcase_create("edit file");
    tcase_add_checked_fixture(tcase, enter, leave);
    for (size_t i = 0; i < ARRAY_COUNT(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
