// SPDX-License-Identifier: GPL-2.0-or-later
// The files of the state directory, written so that a crash or a full disk at any moment leaves the old file or the new
// one.
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <polc/base/file.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_NAME_MAX = 32,
    DIRECTORY_MODE = 0700,
    PARENT_MODE = 0755,
};
static const char temporary[] = "new";

// ---- the directory ------------------------------------------------------------------------------------------------

static int make_directories(const char *path)
{
    char copy[PATH_MAX];
    if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy) {
        return ENAMETOOLONG;
    }
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, PARENT_MODE) != 0 && errno != EEXIST) {
            return errno;
        }
        *slash = '/';
    }
    return mkdir(copy, DIRECTORY_MODE) == 0 || errno == EEXIST ? 0 : errno;
}

int change_store_open(struct change_store *store, const char *path, bool create)
{
    *store = (struct change_store){.path = path, .fd = -1};
    if (create && access(path, F_OK) != 0) {
        int error = make_directories(path);
        if (error != 0) {
            return error;
        }
    }
    store->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return store->fd >= 0 ? 0 : errno;
}

void change_store_close(struct change_store *store)
{
    close_fd(&store->fd);
    store->fd = -1;
}

static void file_name(char name[FILE_NAME_MAX], uint32_t number, const char *suffix)
{
    snprintf(name, FILE_NAME_MAX, "%u.%s", number, suffix);
}

// ---- writing ------------------------------------------------------------------------------------------------------

// Whole under its name, but a crash may still take the name away.
static int write_whole(const struct change_store *store, const char *name, struct plan_bytes bytes)
{
    return replace_file(store->fd, name, temporary, bytes);
}

// No room for a second file: the old one has a block, and an entry hardly fills one. A crash just now leaves an entry
// whose checksum is wrong.
static int write_in_place(const struct change_store *store, const char *name,
                          struct plan_bytes bytes)
{
    CLOSING int fd = openat(store->fd, name, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return ENOSPC;
    }
    int error = write_synced(fd, bytes);
    return error == 0 && ftruncate(fd, (off_t)bytes.size) != 0 ? errno : error;
}

int change_entry_write(struct arena *arena, const struct change_store *store,
                       const struct change_entry *entry)
{
    char name[FILE_NAME_MAX];
    file_name(name, entry->number, "entry");
    struct plan_bytes bytes = entry_encode(arena, entry);
    int error = write_whole(store, name, bytes);
    if (error == ENOSPC || error == EDQUOT) {
        return write_in_place(store, name, bytes);
    }
    return error == 0 && fsync(store->fd) != 0 ? errno : error;
}

int change_plan_write(const struct change_store *store, uint32_t number, struct plan_bytes bytes)
{
    char name[FILE_NAME_MAX];
    file_name(name, number, "plan");
    return write_whole(store, name, bytes);
}

// ---- reading ------------------------------------------------------------------------------------------------------

const char *change_plan_read(struct arena *arena, const struct change_store *store, uint32_t number,
                             const char *id, struct plan **ret_plan, struct plan_origin *ret_origin)
{
    char name[FILE_NAME_MAX];
    struct plan_bytes bytes = {0};
    file_name(name, number, "plan");
    const char *problem = read_file(arena, store, name, &bytes);
    if (problem == NULL) {
        problem = plan_decode(arena, bytes.data, bytes.size, ret_plan, ret_origin);
    }
    if (problem != NULL) {
        return arena_printf(arena, "%s/%s: %s", store->path, name, problem);
    }
    if (strncmp(plan_id(arena, *ret_plan), id, strlen(id)) != 0) {
        return arena_printf(arena, "%s/%s: it holds another generation", store->path, name);
    }
    return NULL;
}

bool change_plan_exists(const struct change_store *store, uint32_t number)
{
    char name[FILE_NAME_MAX];
    file_name(name, number, "plan");
    return store->fd >= 0 && faccessat(store->fd, name, R_OK, 0) == 0;
}

static struct change_entry read_entry(struct arena *arena, const struct change_store *store,
                                      uint32_t number)
{
    struct change_entry entry;
    struct plan_bytes bytes = {0};
    char name[FILE_NAME_MAX];
    file_name(name, number, "entry");
    const char *problem = read_file(arena, store, name, &bytes);
    if (problem == NULL) {
        problem = entry_decode(arena, bytes.data, bytes.size, &entry);
    }
    if (problem == NULL && entry.number != number) {
        problem = "it is of another generation";
    }
    if (problem != NULL) {
        entry = (struct change_entry){
            .number = number,
            .problem = arena_printf(arena, "%s/%s: %s", store->path, name, problem)};
    }
    return entry;
}

// The number in "N.plan" or "N.entry"; 0 for other names.
static uint32_t number_of_name(const char *name)
{
    char expected[FILE_NAME_MAX];
    unsigned long number = strtoul(name, NULL, 10);
    if (number == 0 || number > UINT32_MAX) {
        return 0;
    }
    file_name(expected, (uint32_t)number, "plan");
    if (strcmp(name, expected) == 0) {
        return (uint32_t)number;
    }
    file_name(expected, (uint32_t)number, "entry");
    return strcmp(name, expected) == 0 ? (uint32_t)number : 0;
}

struct change_history change_history_read(struct arena *arena, const struct change_store *store)
{
    struct change_history history = {.count = 0};
    VEC(uint32_t) numbers = {.count = 0};
    int fd = store->fd < 0 ? -1 : openat(store->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (directory == NULL) {
        close_fd(&fd);
        return history;
    }
    const struct dirent *item;
    while ((item = readdir(directory)) != NULL) {
        uint32_t number = number_of_name(item->d_name);
        if (number != 0) {
            vec_push(arena, &numbers, number);
        }
    }
    closedir(directory);
    vec_sort(&numbers, compare_u32);
    for (size_t i = 0; i < numbers.count; i++) {
        if (i == 0 || numbers.items[i] != numbers.items[i - 1]) {
            vec_push(arena, &history, read_entry(arena, store, numbers.items[i]));
        }
    }
    return history;
}

// ---- pruning ------------------------------------------------------------------------------------------------------

void change_prune(const struct change_store *store, const struct change_history *history,
                  size_t keep, uint32_t loaded)
{
    for (size_t i = 0; i + keep < history->count; i++) {
        const struct change_entry *entry = &history->items[i];
        const struct change_entry *good =
            entry->problem == NULL ? change_last_good(history, entry->table) : NULL;
        bool pending = entry->problem == NULL && entry->state == CHANGE_PENDING;
        char name[FILE_NAME_MAX];
        if (entry == good || entry->number == loaded || pending) {
            continue;
        }
        file_name(name, entry->number, "plan");
        unlinkat(store->fd, name, 0);
        file_name(name, entry->number, "entry");
        unlinkat(store->fd, name, 0);
    }
}
