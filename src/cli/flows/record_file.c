// SPDX-License-Identifier: GPL-2.0-or-later
// Appends to a file of flows. A last line without an end is somebody's who was interrupted: it is ended if it is a flow,
// and cut off if not. What does not begin with a flow is not touched.
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

// ---- lines ------------------------------------------------------------------------------------------------------------

// With a protocol, as all that is recorded: otherwise any object is a record, of which nothing is known.
static bool is_flow(struct arena *arena, const char *text, size_t size)
{
    struct flowlog_record record;
    struct flow_record_error error;
    return flowlog_read(flowlog_reader_new(arena), text, size, &record, &error) &&
           record.proto != NULL;
}

// The first LINE_MAX_SIZE bytes from an offset on; -1 with errno.
static ssize_t read_part(struct arena *arena, const struct record_file *file, uint64_t offset,
                         char **ret_text)
{
    uint64_t rest = file->size - offset;
    size_t size = rest < LINE_MAX_SIZE ? (size_t)rest : LINE_MAX_SIZE;
    *ret_text = arena_alloc(arena, size);
    return size == 0 ? 0 : pread(file->fd, *ret_text, size, (off_t)offset);
}

// A slip of the pen must not write into a file of something else: other JSON begins with a brace, too.
static bool begins_with_flow(struct arena *arena, const struct record_file *file)
{
    char *text;
    ssize_t size = read_part(arena, file, 0, &text);
    const char *end = size > 0 ? memchr(text, '\n', (size_t)size) : NULL;
    return file->size == 0 ||
           (size > 0 && is_flow(arena, text, end != NULL ? (size_t)(end - text) : (size_t)size));
}

// 0 or an errno. The file begins with a flow: without an end of a line it is this one.
static int repair(struct arena *arena, const struct record_file *file, uint64_t *ret_size)
{
    uint64_t start = file->size > LINE_MAX_SIZE ? file->size - LINE_MAX_SIZE : 0;
    char *text;
    ssize_t size = read_part(arena, file, start, &text);
    *ret_size = file->size;
    if (size < 0) {
        return errno;
    }
    if (size == 0 || text[size - 1] == '\n') {
        return 0;
    }
    const char *end = memrchr(text, '\n', (size_t)size);
    size_t whole = end != NULL ? (size_t)(end - text) + 1 : 0;
    if (is_flow(arena, text + whole, (size_t)size - whole)) {
        *ret_size = file->size + 1;
        return write_all(file->fd, "\n", 1);
    }
    if (end == NULL) {
        return EFBIG; // no line of this length was ever recorded
    }
    *ret_size = start + whole;
    return ftruncate(file->fd, (off_t)*ret_size) == 0 ? 0 : errno;
}

// ---- the file -------------------------------------------------------------------------------------------------------

static int open_file(struct run *run, const char *path, struct record_file *ret)
{
    struct stat info;
    *ret = (struct record_file){
        .fd =
            open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, FILE_MODE)};
    if (ret->fd < 0 || fstat(ret->fd, &info) != 0) {
        return cannot_write(path, errno);
    }
    ret->device = info.st_dev;
    ret->inode = info.st_ino;
    ret->size = (uint64_t)info.st_size;
    if (!S_ISREG(info.st_mode) || !begins_with_flow(run->arena, ret)) {
        complain("%s is not a file of flows; nothing was recorded", path);
        close_fd(&ret->fd);
        return POLC_EXIT_USAGE;
    }
    return POLC_EXIT_OK;
}

int record_file_open(struct run *run, const char *path, struct record_file *ret)
{
    struct arena_mark mark = arena_mark(run->arena);
    int code = open_file(run, path, ret);
    int error = code == POLC_EXIT_OK ? repair(run->arena, ret, &ret->size) : 0;
    arena_rewind(run->arena, mark);
    if (error != 0) {
        close_fd(&ret->fd);
        return cannot_write(path, error);
    }
    return code;
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
    return open_file(run, path, file);
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
    CLOSING int fd = ledger->path != NULL
                         ? open(ledger->path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
                         : -1;
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
