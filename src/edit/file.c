// SPDX-License-Identifier: GPL-2.0-or-later
// Files replaced durably, all of them or none. The new ones are written and synced first, beside the old ones; then each
// changes places with its old one, so that those which already did can go back when one cannot.
#include <polc/edit.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <polc/base/file.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char byte_order_mark[] = "\xef\xbb\xbf";

// A file on its way.
struct work {
    char path[PATH_MAX]; // behind symbolic links
    char temporary
        [PATH_MAX]; // "" before it is there; its name begins with a dot, so that nobody reads it as input
    bool exchanged; // the old file is at `temporary`
};

// 0 when the file holds exactly this, ESTALE when not.
static int compare_rest(int fd, struct edit_text expected)
{
    char buffer[16 * 1024];
    size_t done = 0;
    for (;;) {
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return errno;
        }
        if (got == 0) {
            return done == expected.size ? 0 : ESTALE;
        }
        if ((size_t)got > expected.size - done ||
            memcmp(buffer, expected.text + done, (size_t)got) != 0) {
            return ESTALE;
        }
        done += (size_t)got;
    }
}

// Whether the file holds what was read of it, and if so, behind a byte order mark or not.
static int compare_file(int fd, struct edit_text before, bool *ret_marked)
{
    char start[sizeof byte_order_mark - 1];
    ssize_t got = pread(fd, start, sizeof start, 0);
    *ret_marked = got == (ssize_t)sizeof start && memcmp(start, byte_order_mark, sizeof start) == 0;
    if (got < 0 || (*ret_marked && lseek(fd, (off_t)sizeof start, SEEK_SET) < 0)) {
        return errno;
    }
    return compare_rest(fd, before);
}

static int make_temporary(struct work *work)
{
    const char *slash = strrchr(work->path, '/');
    int length = snprintf(work->temporary, sizeof work->temporary, "%.*s/.%s.XXXXXX",
                          (int)(slash - work->path), work->path, slash + 1);
    if (length < 0 || (size_t)length >= sizeof work->temporary) {
        work->temporary[0] = '\0';
        return -ENAMETOOLONG;
    }
    int fd = mkostemp(work->temporary, O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        work->temporary[0] = '\0';
        return -error;
    }
    return fd;
}

static int fill(int fd, const struct stat *like, bool marked, struct edit_text text)
{
    enum { MODE = 07777 };
    int error = 0;
    if ((like->st_uid != geteuid() || like->st_gid != getegid()) &&
        fchown(fd, like->st_uid, like->st_gid) != 0) {
        return errno;
    }
    if (fchmod(fd, like->st_mode & MODE) != 0) {
        return errno;
    }
    if (marked) {
        error = write_all(fd, byte_order_mark, sizeof byte_order_mark - 1);
    }
    if (error == 0) {
        error = write_all(fd, text.text, text.size);
    }
    return error != 0 ? error : fsync(fd) != 0 ? errno : 0;
}

static int prepare(const struct edit_file *file, struct work *work)
{
    struct stat info;
    bool marked;
    if (realpath(file->path, work->path) == NULL) {
        return errno;
    }
    CLOSING int old = open(work->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (old < 0 || fstat(old, &info) != 0) {
        return errno;
    }
    int error = compare_file(old, file->before, &marked);
    if (error != 0) {
        return error;
    }
    CLOSING int fd = make_temporary(work);
    return fd < 0 ? -fd : fill(fd, &info, marked, file->after);
}

// A file system that cannot exchange names can rename; then there is no way back for this file.
static int put_in_place(struct work *work)
{
    if (renameat2(AT_FDCWD, work->temporary, AT_FDCWD, work->path, RENAME_EXCHANGE) == 0) {
        work->exchanged = true;
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    if (rename(work->temporary, work->path) != 0) {
        return errno;
    }
    work->temporary[0] = '\0';
    return 0;
}

static void take_back(struct work *work)
{
    if (work->exchanged &&
        renameat2(AT_FDCWD, work->temporary, AT_FDCWD, work->path, RENAME_EXCHANGE) == 0) {
        work->exchanged = false;
    }
}

static int sync_directory(const struct work *work)
{
    char directory[PATH_MAX];
    size_t length = (size_t)(strrchr(work->path, '/') - work->path);
    memcpy(directory, work->path, length);
    strcpy(directory + length, length == 0 ? "/" : "");
    CLOSING int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) != 0 ? errno : 0;
}

static int replace_all(struct work *work, size_t count, size_t *ret_failed)
{
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        *ret_failed = i;
        error = put_in_place(&work[i]);
    }
    for (size_t i = 0; i < count && error == 0; i++) {
        *ret_failed = i;
        error = sync_directory(&work[i]);
    }
    for (size_t i = 0; i < count && error != 0; i++) {
        take_back(&work[i]);
    }
    return error;
}

int edit_replace(struct arena *arena, const struct edit_file *files, size_t count,
                 const char **reterr_path)
{
    struct work *work = arena_array_of(arena, struct work, count);
    size_t failed = 0;
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        failed = i;
        error = prepare(&files[i], &work[i]);
    }
    if (error == 0) {
        error = replace_all(work, count, &failed);
    }
    for (size_t i = 0; i < count; i++) {
        if (work[i].temporary[0] != '\0') {
            unlink(work[i].temporary);
        }
    }
    *reterr_path = error != 0 ? files[failed].path : NULL;
    return error;
}
