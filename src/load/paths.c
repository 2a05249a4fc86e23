// SPDX-License-Identifier: GPL-2.0-or-later
// Paths -> sources: directories in byte order of the path, files, stdin. Every file is read whole and kept, since
// diagnostics quote it. A file that cannot be read is one diagnostic; the others are read all the same.
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <polc/base/file.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// A directory on the way down, for seeing a loop.
struct parent {
    const struct parent *up;
    dev_t device;
    ino_t inode;
    int depth;
};

struct walk {
    const struct loader *loader;
    struct strmap *seen; // "device:inode" -> path of a file or directory that was read
    size_t count;
};

static void cannot_read(const struct loader *loader, const char *path, int error)
{
    diag_report(loader->diags, DIAG_F001, LOC_NONE, "cannot read %s: %s",
                path[0] != '\0' ? path : "\"\"", strerror(error));
}

// ---- reading --------------------------------------------------------------------------------------------------

// Reads to the end; NULL with errno set on a failure, EFBIG when it is too long.
static char *read_all(struct arena *arena, int fd, size_t expected, size_t *ret_size)
{
    enum { FIRST = 64 * 1024 };
    size_t capacity = expected > 0 ? expected + 1 : FIRST;
    char *text = arena_alloc(arena, capacity);
    size_t size = 0;
    for (;;) {
        ssize_t got = read(fd, text + size, capacity - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            *ret_size = size;
            return got < 0 ? NULL : text;
        }
        size += (size_t)got;
        if (size > LOAD_MAX_FILE_SIZE) {
            errno = EFBIG;
            return NULL;
        }
        if (size == capacity) {
            text = arena_grow(arena, text, capacity, capacity * 2);
            capacity *= 2;
        }
    }
}

// A byte order mark is no part of the text: it would count as a column.
static uint32_t add_text(const struct loader *loader, const char *path, const char *text,
                         size_t size)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t skipped =
        size >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0 ? strlen(mark) : 0;
    return sources_add(loader->sources, path, text + skipped, size - skipped);
}

// Reads to the end and keeps it, or reports why not.
static bool add_source(const struct loader *loader, int fd, const char *path, size_t expected,
                       uint32_t *ret)
{
    size_t size = 0;
    const char *text = read_all(loader->arena, fd, expected, &size);
    if (text != NULL) {
        *ret = add_text(loader, path, text, size);
    } else if (errno == EFBIG) {
        diag_report(loader->diags, DIAG_F003, LOC_NONE, "%s is larger than 4 GiB", path);
    } else {
        cannot_read(loader, path, errno);
    }
    return text != NULL;
}

static void read_source(const struct loader *loader, int fd, const char *path, size_t expected)
{
    uint32_t source;
    if (add_source(loader, fd, path, expected, &source) && loader->on_object != NULL) {
        parse_source(loader, source);
    }
}

// Whether this very file or directory was read before, by whatever name.
static bool was_read(struct walk *walk, const struct stat *info, const char *path)
{
    char key[64];
    snprintf(key, sizeof key, "%jx:%jx", (uintmax_t)info->st_dev, (uintmax_t)info->st_ino);
    const char *copy = arena_strdup(walk->loader->arena, path);
    const char *known = strmap_put(walk->seen, key, (void *)copy);
    if (known == copy) {
        return false;
    }
    const char *what = S_ISDIR(info->st_mode) ? "directory" : "file";
    if (strcmp(known, path) == 0) {
        diag_report(walk->loader->diags, DIAG_F016, LOC_NONE, "%s is named twice and was read once",
                    path);
    } else {
        diag_report(walk->loader->diags, DIAG_F016, LOC_NONE,
                    "%s is the same %s as %s and was read once", path, what, known);
    }
    return true;
}

static bool is_readable(const struct loader *loader, const char *path, const struct stat *info)
{
    if (S_ISDIR(info->st_mode)) {
        cannot_read(loader, path, EISDIR);
        return false;
    }
    if (!S_ISREG(info->st_mode)) {
        diag_report(loader->diags, DIAG_F002, LOC_NONE, "%s is neither a file nor a directory",
                    path);
        return false;
    }
    if ((uint64_t)info->st_size > LOAD_MAX_FILE_SIZE) {
        diag_report(loader->diags, DIAG_F003, LOC_NONE, "%s is larger than 4 GiB", path);
        return false;
    }
    return true;
}

static void read_file(struct walk *walk, const char *path)
{
    const struct loader *loader = walk->loader;
    CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0) {
        cannot_read(loader, path, errno);
        return;
    }
    // Looked at once more: it may have been put in place of another since.
    if (!is_readable(loader, path, &info) || was_read(walk, &info, path)) {
        return;
    }
    if (++walk->count > LOAD_MAX_FILES) {
        diag_report(loader->diags, DIAG_F015, LOC_NONE, "more than %d files", LOAD_MAX_FILES);
        return;
    }
    read_source(loader, fd, path, (size_t)info.st_size);
}

// ---- directories ----------------------------------------------------------------------------------------------

static bool has_suffix(const char *name)
{
    static const char *const suffixes[] = {".yaml", ".yml", ".json"};
    size_t length = strlen(name);
    for (size_t i = 0; i < ARRAY_COUNT(suffixes); i++) {
        size_t suffix = strlen(suffixes[i]);
        if (length > suffix && strcmp(name + length - suffix, suffixes[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void walk_path(struct walk *walk, const char *path, const struct parent *up);

struct paths {
    VEC_FIELDS(const char *);
};

enum entry_type { ENTRY_NONE, ENTRY_FILE, ENTRY_DIRECTORY };

// What to do with an entry. One that cannot be looked at is taken, so that it is reported and does not just vanish;
// but for a link to nothing whose name is none of ours.
static enum entry_type entry_type(const char *path, const struct dirent *entry)
{
    struct stat info;
    bool is_ours = has_suffix(entry->d_name);
    if (entry->d_type == DT_DIR) {
        return ENTRY_DIRECTORY;
    }
    if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN) {
        return is_ours ? ENTRY_FILE : ENTRY_NONE;
    }
    if (stat(path, &info) < 0) {
        return is_ours || errno != ENOENT ? ENTRY_FILE : ENTRY_NONE;
    }
    if (S_ISDIR(info.st_mode)) {
        return ENTRY_DIRECTORY;
    }
    return is_ours ? ENTRY_FILE : ENTRY_NONE;
}

// "name/" for a directory, so that the order is that of the full paths of the files below.
static void add_entry(struct walk *walk, struct paths *paths, const char *directory,
                      const struct dirent *entry)
{
    struct arena *arena = walk->loader->arena;
    const char *slash = directory[strlen(directory) - 1] == '/' ? "" : "/";
    char *path = arena_printf(arena, "%s%s%s", directory, slash, entry->d_name);
    switch (entry_type(path, entry)) {
    case ENTRY_DIRECTORY:
        vec_push(arena, paths, arena_printf(arena, "%s/", path));
        break;
    case ENTRY_FILE:
        vec_push(arena, paths, path);
        break;
    case ENTRY_NONE:
        break;
    }
}

static bool list_directory(struct walk *walk, const char *path, struct paths *ret)
{
    DIR *directory = opendir(path);
    if (directory == NULL) {
        cannot_read(walk->loader, path, errno);
        return false;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (entry == NULL) {
            break;
        }
        if (entry->d_name[0] != '.') {
            add_entry(walk, ret, path, entry);
        }
    }
    if (errno != 0) {
        cannot_read(walk->loader, path, errno);
    }
    closedir(directory);
    vec_sort(ret, compare_texts);
    return true;
}

static bool is_loop(const struct stat *info, const struct parent *up)
{
    for (; up != NULL; up = up->up) {
        if (up->device == info->st_dev && up->inode == info->st_ino) {
            return true;
        }
    }
    return false;
}

static void walk_directory(struct walk *walk, const char *path, const struct stat *info,
                           const struct parent *up)
{
    struct parent here = {up, info->st_dev, info->st_ino, up != NULL ? up->depth + 1 : 1};
    struct paths paths = {0};
    if (is_loop(info, up)) {
        diag_report(walk->loader->diags, DIAG_F004, LOC_NONE,
                    "%s leads back to a directory that it stands in", path);
        return;
    }
    if (here.depth > LOAD_MAX_DIRECTORY_DEPTH) {
        diag_report(walk->loader->diags, DIAG_F004, LOC_NONE,
                    "%s: directories are nested more than %d deep", path, LOAD_MAX_DIRECTORY_DEPTH);
        return;
    }
    if (!was_read(walk, info, path) && list_directory(walk, path, &paths)) {
        for (size_t i = 0; i < paths.count; i++) {
            walk_path(walk, paths.items[i], &here);
        }
    }
}

static void walk_path(struct walk *walk, const char *path, const struct parent *up)
{
    struct stat info;
    if (stat(path, &info) < 0) {
        cannot_read(walk->loader, path, errno);
    } else if (S_ISDIR(info.st_mode)) {
        walk_directory(walk, path, &info, up);
    } else if (is_readable(walk->loader, path,
                           &info)) { // before it is opened: a device may do something then
        read_file(walk, path);
    }
}

void load_paths(const struct loader *loader, const char *const *paths, size_t count)
{
    struct walk walk = {.loader = loader, .seen = strmap_new(loader->arena)};
    struct strmap *operands = strmap_new(loader->arena);
    for (size_t i = 0; i < count; i++) {
        if (strmap_get(operands, paths[i]) != NULL) {
            continue; // the very same operand twice
        }
        strmap_put(operands, paths[i], operands);
        if (strcmp(paths[i], "-") == 0) {
            read_source(loader, STDIN_FILENO, "<stdin>", 0);
        } else {
            walk_path(&walk, arena_strdup(loader->arena, paths[i]), NULL);
        }
    }
}

void load_text(const struct loader *loader, const char *path, const char *text, size_t size)
{
    parse_source(loader, add_text(loader, path, text, size));
}

bool load_text_file(struct arena *arena, struct sources *sources, struct diags *diags,
                    const char *path, uint32_t *ret_source)
{
    struct loader loader = {.arena = arena, .sources = sources, .diags = diags};
    if (strcmp(path, "-") == 0) {
        return add_source(&loader, STDIN_FILENO, "<stdin>", 0, ret_source);
    }
    CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0) {
        cannot_read(&loader, path, errno);
        return false;
    }
    return is_readable(&loader, path, &info) &&
           add_source(&loader, fd, path, (size_t)info.st_size, ret_source);
}
