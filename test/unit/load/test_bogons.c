// SPDX-License-Identifier: GPL-2.0-or-later
// What once crashed, hung or fooled the loader: every file of test/bogons/load, whole and cut short at some of its first
// bytes. Worth most under the sanitizers.
#include "load_helper.h"

#include <dirent.h>

enum { LAST_CUT = 300, STEP = 7 };

static size_t read_bogon(const char *path, char *buffer, size_t size)
{
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    size_t got = fread(buffer, 1, size, file);
    fclose(file);
    ck_assert_uint_lt(got, size);
    return got;
}

START_TEST(every_bogon_ends_well)
{
    static const char directory[] = TEST_SOURCE_DIR "/bogons/load";
    static char text[1 << 20];
    char path[512];
    size_t count = 0;
    DIR *bogons = opendir(directory);
    ck_assert_ptr_nonnull(bogons);
    for (const struct dirent *entry = readdir(bogons); entry != NULL; entry = readdir(bogons)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        size_t size = read_bogon(path, text, sizeof text);
        for (size_t cut = 0; cut < size && cut < LAST_CUT; cut += STEP) {
            struct fixture fixture = load_named(entry->d_name, text, cut);
            ck_assert_ptr_nonnull(printed(&fixture));
            arena_free(fixture.arena);
        }
        struct fixture fixture = load_named(entry->d_name, text, size);
        ck_assert_ptr_null(strpbrk(printed(&fixture), "\033\r\b"));
        arena_free(fixture.arena);
        count++;
    }
    closedir(bogons);
    ck_assert_uint_gt(count, 10);
}
END_TEST

UNIT_TESTS("load bogons", every_bogon_ends_well)
