// SPDX-License-Identifier: GPL-2.0-or-later
// Files of the state directory, read and written as a whole.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <polc/base/file.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0600, NAME_SIZE = 256 };
static const size_t file_size_max = (size_t)1 << 30;

int write_synced(int fd, struct plan_bytes bytes)
{
    int error = write_all(fd, bytes.data, bytes.size);
    return error != 0 ? error : fsync(fd) != 0 ? errno : 0;
}

int replace_file(int directory, const char *name, const char *temporary, struct plan_bytes bytes)
{
    CLOSING int fd =
        openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    int error = fd < 0 ? errno : write_synced(fd, bytes);
    if (error == 0 && renameat(directory, temporary, directory, name) != 0) {
        error = errno;
    }
    if (error != 0) {
        unlinkat(directory, temporary, 0);
    }
    return error;
}

int change_file_write(const struct change_store *store, const char *name, struct plan_bytes bytes)
{
    char temporary[NAME_SIZE];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.new", name) >= sizeof temporary) {
        return ENAMETOOLONG;
    }
    int error = replace_file(store->fd, name, temporary, bytes);
    return error == 0 && fsync(store->fd) != 0 ? errno : error;
}

int change_file_rename(const struct change_store *store, const char *from, const char *to)
{
    return renameat(store->fd, from, store->fd, to) == 0 && fsync(store->fd) == 0 ? 0 : errno;
}

const char *read_file(struct arena *arena, const struct change_store *store, const char *name,
                      struct plan_bytes *ret)
{
    struct stat info;
    CLOSING int fd =
        store->fd < 0 ? -1 : openat(store->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return store->fd < 0 || errno == ENOENT ? "it is not there" : strerror(errno);
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || (size_t)info.st_size > file_size_max) {
        return "it is no file, or too large";
    }
    size_t size = (size_t)info.st_size, done = 0;
    uint8_t *data = arena_alloc(arena, size);
    while (done < size) {
        ssize_t count = read(fd, data + done, size - done);
        if (count < 0 && errno != EINTR) {
            return strerror(errno);
        }
        if (count == 0) {
            break;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    *ret = (struct plan_bytes){data, done};
    return NULL;
}

const char *change_file_read(struct arena *arena, const struct change_store *store,
                             const char *name, struct plan_bytes *ret, bool *ret_exists)
{
    *ret = (struct plan_bytes){0};
    *ret_exists = store->fd >= 0 && faccessat(store->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    return *ret_exists ? read_file(arena, store, name, ret) : NULL;
}
