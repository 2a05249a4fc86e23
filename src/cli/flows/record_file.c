// SPDX-License-Identifier: GPL-2.0-or-later
// Appends to a file of flows. A last line without an end is somebody's who was interrupted: it is ended if it is a flow,
// and cut off if not.
#include "record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <polc/base/file.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0600, LINE_MAX_SIZE = 1 << 20 };

static int cannot_write(const char *path, int error)
{
    complain("%s: %s; nothing was recorded", path, strerror(error));
    return POLC_EXIT_SYSTEM;
}

// ---- the last line --------------------------------------------------------------------------------------------------

static bool is_flow(struct arena *arena, const char *text, size_t size)
{
    struct flowlog_record record;
    struct flow_record_error error;
    return flowlog_read(flowlog_reader_new(arena), text, size, &record, &error);
}

// 0 or an errno.
static int repair(const struct record_file *file, struct arena *arena, uint64_t *ret_size)
{
    size_t size = file->size < LINE_MAX_SIZE ? (size_t)file->size : LINE_MAX_SIZE;
    char *text = arena_alloc(arena, size);
    uint64_t start = file->size - size;
    *ret_size = file->size;
    if (size == 0) {
        return 0;
    }
    if (pread(file->fd, text, size, (off_t)start) != (ssize_t)size) {
        return errno != 0 ? errno : EIO;
    }
    if (text[size - 1] == '\n') {
        return 0;
    }
    const char *end = memrchr(text, '\n', size);
    size_t whole = end != NULL ? (size_t)(end - text) + 1 : 0;
    if (is_flow(arena, text + whole, size - whole)) {
        *ret_size = file->size + 1;
        return write_all(file->fd, "\n", 1);
    }
    *ret_size = start + whole;
    return ftruncate(file->fd, (off_t)*ret_size) == 0 ? 0 : errno;
}

// ---- the file -------------------------------------------------------------------------------------------------------

// A slip of the pen must not write into a file of something else.
static bool is_of_flows(int fd, const struct stat *info)
{
    char first = '{';
    return S_ISREG(info->st_mode) &&
           (info->st_size == 0 || (pread(fd, &first, 1, 0) == 1 && first == '{'));
}

static int open_file(const char *path, struct record_file *ret)
{
    struct stat info;
    *ret = (struct record_file){
        .fd =
            open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, FILE_MODE)};
    if (ret->fd < 0 || fstat(ret->fd, &info) != 0) {
        return cannot_write(path, errno);
    }
    if (!is_of_flows(ret->fd, &info)) {
        complain("%s is not a file of flows; nothing was recorded", path);
        close_fd(&ret->fd);
        return POLC_EXIT_USAGE;
    }
    ret->device = info.st_dev;
    ret->inode = info.st_ino;
    ret->size = (uint64_t)info.st_size;
    return POLC_EXIT_OK;
}

int record_file_open(struct run *run, const char *path, struct record_file *ret)
{
    int code = open_file(path, ret);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    struct arena_mark mark = arena_mark(run->arena);
    int error = repair(ret, run->arena, &ret->size);
    arena_rewind(run->arena, mark);
    if (error != 0) {
        close_fd(&ret->fd);
        return cannot_write(path, error);
    }
    return POLC_EXIT_OK;
}

int record_file_limit(struct run *run, const char *path, uint64_t limit, size_t more,
                      struct record_file *file)
{
    if (limit == 0 || more == 0 || file->size == 0 || file->size + more <= limit) {
        return POLC_EXIT_OK;
    }
    if (rename(path, arena_printf(run->arena, "%s.1", path)) != 0) {
        return cannot_write(path, errno);
    }
    close_fd(&file->fd);
    return open_file(path, file);
}

int record_file_append(const struct record_file *file, const char *text, size_t size)
{
    int error = write_all(file->fd, text, size);
    if (error == 0 && fdatasync(file->fd) != 0) {
        error = errno;
    }
    if (error != 0 && ftruncate(file->fd, (off_t)file->size) != 0) {
        return errno;
    }
    return error;
}

bool record_file_settle(const struct flowlog_ledger *ledger)
{
    struct stat info;
    CLOSING int fd = ledger->path != NULL ? open(ledger->path, O_WRONLY | O_CLOEXEC) : -1;
    bool same = fd >= 0 && fstat(fd, &info) == 0 && info.st_dev == ledger->device &&
                info.st_ino == ledger->inode;
    if (!same) {
        return true; // put aside meanwhile; most likely with what was appended
    }
    uint64_t size = (uint64_t)info.st_size;
    bool torn = size > ledger->offset && size < ledger->offset + ledger->length;
    return size >= ledger->offset + ledger->length ||
           (torn && ftruncate(fd, (off_t)ledger->offset) != 0);
}
