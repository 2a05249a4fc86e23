// SPDX-License-Identifier: GPL-2.0-or-later
// Stores of facts: what is appended is read, by whoever comes; what is torn or no fact is not; a file does not grow without
// end.
#include <errno.h>
#include <fcntl.h>
#include <polc/base/file.h>
#include <polc/dns.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char directory[64], path[128];

static void prepare(void)
{
    snprintf(directory, sizeof directory, "/tmp/polc-dns-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/dns/resolved", directory);
}

static void clean(void)
{
    char below[128];
    snprintf(below, sizeof below, "%s/dns", directory);
    unlink(path);
    ck_assert_int_eq(rmdir(below), 0); // nothing is left beside the file
    ck_assert_int_eq(rmdir(directory), 0);
}

static struct dns_fact fact_of(const char *name, const char *addr, int64_t learned, uint32_t ttl)
{
    struct dns_fact fact = {name, {0}, learned, ttl, DNS_WATCH, false, 0};
    ck_assert_int_eq(ip_addr_parse(addr, strlen(addr), &fact.addr), ADDR_OK);
    return fact;
}

static void write_text(const char *text, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write_all(fd, text, size), 0);
    close(fd);
}

// What the file has, a line for each fact; on the arena.
static const char *read_text(struct arena *arena, int64_t now)
{
    struct dns_book *book = dns_book_new(arena);
    struct strbuf text = {.arena = arena};
    ck_assert_int_eq(dns_store_read(book, path, now), 0);
    struct dns_view all = dns_book_all(book);
    for (size_t i = 0; i < all.count; i++) {
        char addr[IP_TEXT_MAX];
        const struct dns_fact *fact = all.items[i];
        strbuf_addf(&text, "%lld %u %s %s %s\n", (long long)fact->learned, fact->ttl,
                    dns_source_name(fact->source), fact->name, ip_addr_text(fact->addr, addr));
    }
    return strbuf_text(&text);
}

static uint64_t file_size(void)
{
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    return (uint64_t)info.st_size;
}

START_TEST(appended_and_read)
{
    struct arena *arena = arena_new(16 << 20);
    struct dns_store store;
    prepare();
    ck_assert_str_eq(read_text(arena, 2000), ""); // no file, no directory
    mode_t mask = umask(077);
    ck_assert_int_eq(dns_store_open(path, &store), 0);
    umask(mask);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0644); // another user reads it
    struct dns_fact facts[] = {fact_of("a.example", "192.0.2.1", 1000, 60),
                               fact_of("b.example", "2001:db8::1", 1001, 30),
                               fact_of("c.example", "127.0.0.1", 1001, 30)};
    ck_assert_int_eq(dns_store_append(&store, facts, 3, 1001), 0);
    const char *expected = "1000 60 watch a.example 192.0.2.1\n"
                           "1001 30 watch b.example 2001:db8::1\n";
    ck_assert_str_eq(read_text(arena, 2000), expected);
    ck_assert_uint_eq(file_size(), strlen(expected));
    dns_store_close(&store);
    ck_assert_int_eq(dns_store_open(path, &store), 0);
    facts[0].learned = 1500;
    facts[0].source = DNS_REFRESH;
    ck_assert_int_eq(dns_store_append(&store, facts, 1, 1500), 0);
    ck_assert_str_eq(read_text(arena, 2000), "1500 60 refresh a.example 192.0.2.1\n"
                                             "1001 30 watch b.example 2001:db8::1\n");
    ck_assert_str_eq(read_text(arena, 1200), "1200 60 refresh a.example 192.0.2.1\n"
                                             "1001 30 watch b.example 2001:db8::1\n");
    dns_store_close(&store);
    clean();
    arena_free(arena);
}
END_TEST

// Killed in the midst of a write: the next reader passes it over, the next writer cuts it off.
START_TEST(torn_lines)
{
    static const char whole[] = "1000 60 watch a.example 192.0.2.1\n";
    static const char torn[] = "1000 60 watch b.example 192.0.2.12\n";
    struct arena *arena = arena_new(16 << 20);
    struct dns_fact fact = fact_of("c.example", "192.0.2.3", 1000, 60);
    for (size_t length = 0; length < sizeof torn - 1; length++) {
        struct dns_store store;
        prepare();
        ck_assert_int_eq(dns_store_open(path, &store), 0);
        dns_store_close(&store);
        write_text(whole, sizeof whole - 1);
        write_text(torn, length);
        ck_assert_str_eq(read_text(arena, 2000), whole);
        ck_assert_int_eq(dns_store_open(path, &store), 0);
        ck_assert_uint_eq(file_size(), sizeof whole - 1);
        ck_assert_int_eq(dns_store_append(&store, &fact, 1, 1000), 0);
        dns_store_close(&store);
        ck_assert_str_eq(read_text(arena, 2000), "1000 60 watch a.example 192.0.2.1\n"
                                                 "1000 60 watch c.example 192.0.2.3\n");
        clean();
    }
    arena_free(arena);
}
END_TEST

// A torn line that is longer than what is read at a time, and nothing before it.
START_TEST(only_a_torn_line)
{
    static char text[10000];
    struct dns_store store;
    prepare();
    ck_assert_int_eq(dns_store_open(path, &store), 0);
    dns_store_close(&store);
    memset(text, 'x', sizeof text);
    write_text(text, sizeof text);
    ck_assert_int_eq(dns_store_open(path, &store), 0);
    ck_assert_uint_eq(file_size(), 0);
    dns_store_close(&store);
    clean();
}
END_TEST

START_TEST(lines_that_say_nothing)
{
    static const char *const lines[] = {
        "",
        "1000",
        "1000 60 watch a.example",
        "1000 60 file a.example 192.0.2.1",
        "1000 60 watch a.example 192.0.2.1 more",
        "1000 60 watch a.example 192.0.2.1 cname cname",
        "1000 60 watch a.example cname",
        " cname",
        "1000 60  a.example 192.0.2.1",
        " 1000 60 watch a.example 192.0.2.1",
        "-1 60 watch a.example 192.0.2.1",
        "1e3 60 watch a.example 192.0.2.1",
        "9999999999999 60 watch a.example 192.0.2.1",
        "1000 -5 watch a.example 192.0.2.1",
        "1000 60 nobody a.example 192.0.2.1",
        "1000 60 watch A.example 192.0.2.1",
        "1000 60 watch a.example. 192.0.2.1",
        "1000 60 watch *.example 192.0.2.1",
        "1000 60 watch a..example 192.0.2.1",
        "1000 60 watch a\033.example 192.0.2.1",
        "1000 60 watch a.example 192.0.2.300",
        "1000 60 watch a.example 127.0.0.1",
        "1000 60 watch a.example ::ffff:192.0.2.1",
        "1000 60 watch a.example 192.0.2.1\r",
    };
    struct arena *arena = arena_new(16 << 20);
    struct dns_store store;
    prepare();
    ck_assert_int_eq(dns_store_open(path, &store), 0);
    dns_store_close(&store);
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        write_text(lines[i], strlen(lines[i]));
        write_text("\n", 1);
    }
    write_text("a\0b\n", 4);
    ck_assert_str_eq(read_text(arena, 2000), "");
    write_text("1000 4000000000 watch a.example 192.0.2.1\n", 42);
    ck_assert_str_eq(read_text(arena, 2000), "1000 604800 watch a.example 192.0.2.1\n");
    clean();
    arena_free(arena);
}
END_TEST

// The same pairs again and again: the file stays small, and the last word of each stays.
START_TEST(written_anew)
{
    struct arena *arena = arena_new(16 << 20);
    struct dns_store store;
    struct dns_fact facts[100];
    char names[100][32];
    uint64_t largest = 0, appended = 0;
    prepare();
    ck_assert_int_eq(dns_store_open(path, &store), 0);
    for (int64_t now = 100000; now < 100400; now++) {
        for (size_t i = 0; i < ARRAY_COUNT(facts); i++) {
            snprintf(names[i], sizeof names[i], "name-%zu.example", i);
            facts[i] = fact_of(names[i], "192.0.2.1", now, 60);
        }
        uint64_t before = store.size;
        ck_assert_int_eq(dns_store_append(&store, facts, ARRAY_COUNT(facts), now), 0);
        appended += store.size > before ? store.size - before : 0;
        largest = store.size > largest ? store.size : largest;
        ck_assert_uint_eq(store.size, file_size());
    }
    ck_assert_uint_gt(appended, 4 * largest);
    struct dns_book *book = dns_book_new(arena);
    ck_assert_int_eq(dns_store_read(book, path, 100400), 0);
    struct dns_view all = dns_book_all(book);
    ck_assert_uint_eq(all.count, ARRAY_COUNT(facts));
    for (size_t i = 0; i < all.count; i++) {
        ck_assert_int_eq(all.items[i]->learned, 100399);
        ck_assert_int_eq(all.items[i]->since, 100000); // what is written anew says so, too
    }
    dns_store_close(&store);
    clean();
    arena_free(arena);
}
END_TEST

// What ended a day ago goes, and of too many pairs those that end first.
START_TEST(what_is_kept)
{
    struct arena *arena = arena_new(256 << 20);
    struct dns_store store;
    prepare();
    ck_assert_int_eq(dns_store_open(path, &store), 0);
    struct dns_facts facts = {0};
    vec_push(arena, &facts, fact_of("gone.example", "192.0.2.1", 1000, 60));
    vec_push(arena, &facts, fact_of("day.example", "192.0.2.1", 1001, 60));
    for (unsigned i = 0; i < DNS_KEPT_PAIRS - 1; i++) {
        struct dns_fact fact = fact_of("many.example", "10.0.0.0", 1002, 60);
        fact.addr.bytes[2] = (uint8_t)(i >> 8);
        fact.addr.bytes[3] = (uint8_t)i;
        vec_push(arena, &facts, fact);
    }
    ck_assert_int_eq(dns_store_append(&store, facts.items, facts.count, 1060 + DNS_KEPT_SECONDS),
                     0);
    struct dns_book *book = dns_book_new(arena);
    struct dns_view view;
    ck_assert_int_eq(dns_store_read(book, path, 100000), 0);
    ck_assert_uint_eq(dns_book_all(book).count, DNS_KEPT_PAIRS);
    ck_assert(!dns_book_name(book, "gone.example", &view));
    ck_assert(dns_book_name(book, "day.example", &view));
    // One more, and enough appended that the file is written anew.
    struct dns_fact more = fact_of("more.example", "192.0.2.9", 1002, 60);
    ck_assert_int_eq(dns_store_append(&store, &more, 1, 1100), 0);
    for (uint64_t before = 0; store.size > before;) {
        before = store.size;
        ck_assert_int_eq(dns_store_append(&store, facts.items + 1, 1000, 1100), 0);
    }
    book = dns_book_new(arena);
    ck_assert_int_eq(dns_store_read(book, path, 100000), 0);
    ck_assert_uint_eq(dns_book_all(book).count, DNS_KEPT_PAIRS);
    ck_assert(!dns_book_name(book, "day.example", &view));
    ck_assert(dns_book_name(book, "more.example", &view));
    dns_store_close(&store);
    clean();
    arena_free(arena);
}
END_TEST

START_TEST(what_is_no_file)
{
    struct arena *arena = arena_new(1 << 20);
    struct dns_store store;
    struct dns_book *book = dns_book_new(arena);
    prepare();
    ck_assert_int_eq(dns_store_open(path, &store), 0);
    dns_store_close(&store);
    unlink(path);
    ck_assert_int_eq(symlink("/etc/passwd", path),
                     0); // another user's directory may have anything in it
    ck_assert_int_eq(dns_store_read(book, path, 1000), ELOOP);
    ck_assert_int_eq(dns_store_open(path, &store), ELOOP);
    ck_assert_int_eq(store.fd, -1);
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(dns_store_read(book, path, 1000), EINVAL);
    ck_assert_int_eq(dns_store_open(path, &store), EINVAL);
    clean();
    arena_free(arena);
}
END_TEST

// What a CNAME led to is told from what was asked for, until it is asked for as well.
START_TEST(what_was_asked_for)
{
    struct arena *arena = arena_new(16 << 20);
    struct dns_fact facts[] = {fact_of("www.example", "192.0.2.1", 1000, 60),
                               fact_of("edge.example", "192.0.2.1", 1000, 60)};
    struct dns_store store;
    struct dns_view view;
    prepare();
    ck_assert_int_eq(dns_store_open(path, &store), 0);
    facts[1].followed = true;
    ck_assert_int_eq(dns_store_append(&store, facts, 2, 1000), 0);
    for (int asked = 0; asked < 2; asked++) {
        struct dns_book *book = dns_book_new(arena);
        ck_assert_int_eq(dns_store_read(book, path, 2000), 0);
        ck_assert(dns_book_addr(book, facts[0].addr, &view));
        ck_assert_uint_eq(view.count, 2);
        ck_assert(!view.items[0]->followed);
        ck_assert_int_eq(view.items[1]->followed, asked == 0);
        facts[1].followed = false;
        ck_assert_int_eq(dns_store_append(&store, &facts[1], 1, 1000), 0);
        facts[1].followed = true;
        ck_assert_int_eq(dns_store_append(&store, &facts[1], 1, 1001), 0);
    }
    dns_store_close(&store);
    clean();
    arena_free(arena);
}
END_TEST

UNIT_TESTS("store", appended_and_read, torn_lines, only_a_torn_line, lines_that_say_nothing,
           written_anew, what_is_kept, what_is_no_file, what_was_asked_for)
