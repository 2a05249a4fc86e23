// SPDX-License-Identifier: GPL-2.0-or-later
// Stores of facts: lines appended by one writer, who writes the file anew when most of it is told again or over. What is
// lost with a machine that stops is only what would be learned again, so nothing is forced to the disk.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <polc/base/file.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_MODE = 0644,
    DIRECTORY_MODE = 0755,
    FIELDS = 5, // and perhaps one more
    DIGITS_MAX = 12,
    SLACK_MIN = 256 << 10, // bytes that are appended at least before a file is written anew,
    SLACK_MAX = 8 << 20,   // and at most
    READ_MAX =
        64 << 20, // more than the largest file: 65,536 pairs of the longest lines, and the slack
};
#define SCRATCH_MAX ((size_t)2 << 30)

// ---- lines -----------------------------------------------------------------------------------------------------------

struct field {
    const char *text;
    size_t length;
};

static const char followed_word[] = " cname";

// Cuts the word off the end of a line; whether it was there.
static bool take_followed(const char *line, size_t *length)
{
    size_t word = strlen(followed_word);
    bool there = *length > word && memcmp(line + *length - word, followed_word, word) == 0;
    *length -= there ? word : 0;
    return there;
}

// Five of them, with one blank between two.
static bool split_line(const char *line, size_t length, struct field *fields)
{
    const char *at = line, *end = line + length;
    for (size_t i = 0; i < FIELDS; i++) {
        const char *blank = i + 1 < FIELDS ? memchr(at, ' ', (size_t)(end - at)) : end;
        if (blank == NULL || blank == at) {
            return false;
        }
        fields[i] = (struct field){at, (size_t)(blank - at)};
        at = blank + 1;
    }
    return true;
}

static bool read_number(struct field field, int64_t *ret)
{
    if (field.length > DIGITS_MAX) {
        return false;
    }
    *ret = 0;
    for (size_t i = 0; i < field.length; i++) {
        if (field.text[i] < '0' || field.text[i] > '9') {
            return false;
        }
        *ret = *ret * 10 + (field.text[i] - '0');
    }
    return true;
}

// What a file of answers says has no end, and stands in no store.
static bool read_source(struct field field, uint8_t *ret)
{
    for (unsigned source = 0; source < DNS_SOURCE_COUNT; source++) {
        const char *name = dns_source_name(source);
        if (source != DNS_FILE && strlen(name) == field.length &&
            memcmp(name, field.text, field.length) == 0) {
            *ret = (uint8_t)source;
            return true;
        }
    }
    return false;
}

static bool read_name(struct field field, char *buffer)
{
    if (field.length > DNS_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < field.length; i++) {
        if (field.text[i] != '.' && !is_name_character((unsigned char)field.text[i])) {
            return false;
        }
    }
    memcpy(buffer, field.text, field.length);
    buffer[field.length] = '\0';
    return field.text[field.length - 1] != '.' && dns_name_problem(buffer) == NULL;
}

// The files may be those of another user: what is no fact says nothing.
static void read_line(struct dns_book *book, const char *line, size_t length, int64_t now)
{
    struct field fields[FIELDS];
    char name[DNS_NAME_MAX + 1];
    struct dns_fact fact = {.name = name};
    int64_t ttl;
    fact.followed = take_followed(line, &length);
    if (split_line(line, length, fields) && read_number(fields[0], &fact.learned) &&
        read_number(fields[1], &ttl) && read_source(fields[2], &fact.source) &&
        read_name(fields[3], name) &&
        ip_addr_parse(fields[4].text, fields[4].length, &fact.addr) == ADDR_OK) {
        fact.ttl = ttl < DNS_TTL_MAX ? (uint32_t)ttl : DNS_TTL_MAX;
        fact.learned = fact.learned < now ? fact.learned : now;
        dns_book_add(book, &fact);
    }
}

static void write_line(struct strbuf *out, const struct dns_fact *fact)
{
    char addr[IP_TEXT_MAX];
    strbuf_addf(out, "%lld %u %s %s %s%s\n", (long long)fact->learned, fact->ttl,
                dns_source_name(fact->source), fact->name, ip_addr_text(fact->addr, addr),
                fact->followed ? followed_word : "");
}

// ---- whole files -----------------------------------------------------------------------------------------------------

// The last READ_MAX bytes of it, from a beginning of a line on.
static int read_tail(struct arena *arena, int fd, char **ret_text, size_t *ret_size)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return errno;
    }
    if (!S_ISREG(info.st_mode)) {
        return EINVAL;
    }
    size_t whole = (size_t)info.st_size, size = whole < READ_MAX ? whole : READ_MAX, done = 0;
    *ret_text = arena_alloc(arena, size);
    while (done < size) {
        ssize_t count = pread(fd, *ret_text + done, size - done, (off_t)(whole - size + done));
        if (count < 0 && errno != EINTR) {
            return errno;
        }
        if (count == 0) {
            break;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    *ret_size = done;
    if (size < whole) {
        const char *first = memchr(*ret_text, '\n', done);
        size_t skipped = first != NULL ? (size_t)(first - *ret_text) + 1 : done;
        *ret_text += skipped;
        *ret_size -= skipped;
    }
    return 0;
}

void store_read_lines(struct dns_book *book, const char *text, size_t size, int64_t now)
{
    const char *at = text, *end;
    while ((end = memchr(at, '\n', size - (size_t)(at - text))) != NULL) {
        read_line(book, at, (size_t)(end - at), now);
        at = end + 1;
    }
}

static int read_facts(struct arena *scratch, int fd, struct dns_book *book, int64_t now)
{
    char *text;
    size_t size;
    int error = read_tail(scratch, fd, &text, &size);
    if (error == 0) {
        store_read_lines(book, text, size, now);
    }
    return error;
}

int dns_store_read(struct dns_book *book, const char *path, int64_t now)
{
    CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return errno == ENOENT ? 0 : errno;
    }
    struct arena *scratch = arena_new(SCRATCH_MAX);
    int error = read_facts(scratch, fd, book, now);
    arena_free(scratch);
    return error;
}

// ---- writing anew ----------------------------------------------------------------------------------------------------

static int64_t end_of(const struct dns_fact *fact)
{
    return fact->learned + fact->ttl;
}

// What ends last first.
static int compare_ends(const void *a, const void *b)
{
    const struct dns_fact *x = *(const struct dns_fact *const *)a;
    const struct dns_fact *y = *(const struct dns_fact *const *)b;
    int order = (end_of(x) < end_of(y)) - (end_of(x) > end_of(y));
    order = order != 0 ? order : strcmp(x->name, y->name);
    return order != 0 ? order : ip_addr_compare(x->addr, y->addr);
}

static void write_kept(struct arena *arena, const struct dns_book *book, int64_t now,
                       struct strbuf *out)
{
    struct dns_view all = dns_book_all(book);
    struct {
        VEC_FIELDS(const struct dns_fact *);
    } kept = {0};
    for (size_t i = 0; i < all.count; i++) {
        if (now - end_of(all.items[i]) < DNS_KEPT_SECONDS) {
            vec_push(arena, &kept, all.items[i]);
        }
    }
    vec_sort(&kept, compare_ends);
    for (size_t i = 0; i < kept.count && i < DNS_KEPT_PAIRS; i++) {
        struct dns_fact first = *kept.items[i];
        first.learned = first.since;
        if (first.since < kept.items[i]->learned) { // how long it has been so
            write_line(out, &first);
        }
        write_line(out, kept.items[i]);
    }
}

static uint64_t next_compact(uint64_t size)
{
    uint64_t slack = 3 * size;
    return size + (slack < SLACK_MIN ? SLACK_MIN : slack > SLACK_MAX ? SLACK_MAX : slack);
}

static int open_file(const char *path, int flags)
{
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | flags,
                  FILE_MODE);
    if (fd >= 0) {
        (void)fchmod(fd, FILE_MODE); // whatever the umask; a file of another owner stays as it is
    }
    return fd;
}

// The new file takes the place of the old one, in the store as well.
static int replace(struct dns_store *store, const char *text, size_t size)
{
    char temporary[PATH_MAX];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.new", store->path) >= sizeof temporary) {
        return ENAMETOOLONG;
    }
    int fd = open_file(temporary, O_TRUNC);
    int error = fd < 0 ? errno : write_all(fd, text, size);
    if (error == 0 && rename(temporary, store->path) != 0) {
        error = errno;
    }
    if (error != 0) {
        close_fd(&fd);
        unlink(temporary);
        return error;
    }
    close_fd(&store->fd);
    *store = (struct dns_store){store->path, fd, size, next_compact(size)};
    return 0;
}

static int compact(struct dns_store *store, int64_t now)
{
    struct arena *scratch = arena_new(SCRATCH_MAX);
    struct dns_book *book = dns_book_new(scratch);
    struct strbuf text = {.arena = scratch};
    int error = read_facts(scratch, store->fd, book, now);
    if (error == 0) {
        write_kept(scratch, book, now, &text);
        error = replace(store, strbuf_text(&text), text.length);
    }
    arena_free(scratch);
    return error;
}

// ---- the writer ------------------------------------------------------------------------------------------------------

static int make_directory(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path) {
        return 0;
    }
    if ((size_t)(slash - path) >= sizeof directory) {
        return ENAMETOOLONG;
    }
    memcpy(directory, path, (size_t)(slash - path));
    directory[slash - path] = '\0';
    if (mkdir(directory, DIRECTORY_MODE) != 0) {
        return errno == EEXIST ? 0 : errno;
    }
    return chmod(directory, DIRECTORY_MODE) == 0 ? 0 : errno; // whatever the umask
}

// Whoever was interrupted left a line without its end, to which nothing may be added.
static int cut_torn_line(struct dns_store *store)
{
    struct stat info;
    char part[4096];
    if (fstat(store->fd, &info) != 0) {
        return errno;
    }
    if (!S_ISREG(info.st_mode)) {
        return EINVAL;
    }
    uint64_t size = (uint64_t)info.st_size, keep = size;
    while (keep > 0) {
        size_t length = keep < sizeof part ? (size_t)keep : sizeof part;
        ssize_t count = pread(store->fd, part, length, (off_t)(keep - length));
        if (count != (ssize_t)length) {
            return count < 0 ? errno : EIO;
        }
        const char *end = memrchr(part, '\n', length);
        if (end != NULL) {
            keep -= length - (size_t)(end - part) - 1;
            break;
        }
        keep -= length;
    }
    store->size = keep;
    return keep == size || ftruncate(store->fd, (off_t)keep) == 0 ? 0 : errno;
}

int dns_store_open(const char *path, struct dns_store *ret)
{
    *ret = (struct dns_store){.path = path, .fd = -1, .compact = SLACK_MIN};
    int error = make_directory(path);
    if (error != 0) {
        return error;
    }
    ret->fd = open_file(path, O_NONBLOCK);
    error = ret->fd < 0 ? errno : cut_torn_line(ret);
    if (error != 0) {
        dns_store_close(ret);
    }
    return error;
}

int dns_store_append(struct dns_store *store, const struct dns_fact *facts, size_t count,
                     int64_t now)
{
    struct arena *scratch = arena_new(SCRATCH_MAX);
    struct strbuf text = {.arena = scratch};
    for (size_t i = 0; i < count; i++) {
        if (dns_address_usable(facts[i].addr)) {
            write_line(&text, &facts[i]);
        }
    }
    int error = write_all(store->fd, strbuf_text(&text), text.length);
    if (error == 0) {
        store->size += text.length;
    } else if (ftruncate(store->fd, (off_t)store->size) != 0) {
        error = errno; // the next writer cuts it
    }
    arena_free(scratch);
    if (error == 0 && store->size >= store->compact) {
        error = compact(store, now);
        store->compact = error == 0 ? store->compact : store->size + SLACK_MIN;
    }
    return error;
}

void dns_store_close(struct dns_store *store)
{
    close_fd(&store->fd);
    store->fd = -1;
}
