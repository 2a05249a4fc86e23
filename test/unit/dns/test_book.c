// SPDX-License-Identifier: GPL-2.0-or-later
// The book of facts: both ways to find a pair, which of two facts stays, and what no answer may open.
#include <polc/dns.h>

#include "unit.h"

static struct ip_addr addr_of(const char *text)
{
    struct ip_addr addr = {0};
    ck_assert_msg(ip_addr_parse(text, strlen(text), &addr) == ADDR_OK, "%s", text);
    return addr;
}

static void add(struct dns_book *book, const char *name, const char *addr, int64_t learned,
                uint32_t ttl, enum dns_source source)
{
    dns_book_add(book,
                 &(struct dns_fact){name, addr_of(addr), learned, ttl, (uint8_t)source, false, 0});
}

START_TEST(usable)
{
    static const struct {
        const char *addr;
        bool usable;
    } cases[] = {
        {"192.0.2.1", true},
        {"10.0.0.1", true},
        {"172.16.0.1", true},
        {"8.8.8.8", true},
        {"255.255.255.254", true},
        {"2001:db8::1", true},
        {"fd00::1", true},
        {"64:ff9b::1", true},
        {"0.0.0.0", false},
        {"0.1.2.3", false},
        {"127.0.0.1", false},
        {"127.255.0.1", false},
        {"169.254.169.254", false},
        {"224.0.0.1", false},
        {"239.255.255.255", false},
        {"255.255.255.255", false},
        {"::", false},
        {"::1", false},
        {"::7f00:1", false},
        {"fe80::1", false},
        {"febf::1", false},
        {"ff02::1", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_msg(dns_address_usable(addr_of(cases[i].addr)) == cases[i].usable, "%s",
                      cases[i].addr);
    }
    struct ip_addr mapped = {.family = IP_V6, .bytes = {[10] = 0xff, 0xff, 10, 0, 0, 1}};
    ck_assert(!dns_address_usable(mapped));
    ck_assert(!dns_address_usable((struct ip_addr){0}));
}
END_TEST

START_TEST(both_ways)
{
    struct arena *arena = arena_new(1 << 20);
    struct dns_book *book = dns_book_new(arena);
    struct dns_view view;
    add(book, "a.example", "192.0.2.1", 100, 60, DNS_WATCH);
    add(book, "a.example", "2001:db8::1", 100, 60, DNS_WATCH);
    add(book, "b.example", "192.0.2.1", 110, 60, DNS_APPLY);
    dns_book_add_name(book, "none.example");
    ck_assert(dns_book_name(book, "a.example", &view));
    ck_assert_uint_eq(view.count, 2);
    ck_assert(ip_addr_compare(view.items[1]->addr, addr_of("2001:db8::1")) == 0);
    ck_assert(dns_book_addr(book, addr_of("192.0.2.1"), &view));
    ck_assert_uint_eq(view.count, 2);
    ck_assert_str_eq(view.items[1]->name, "b.example");
    ck_assert(dns_book_name(book, "none.example", &view));
    ck_assert_uint_eq(view.count, 0);
    ck_assert(!dns_book_name(book, "other.example", &view));
    ck_assert(!dns_book_addr(book, addr_of("192.0.2.2"), &view));
    ck_assert_uint_eq(dns_book_all(book).count, 3);
    void *cursor = NULL;
    const char *name;
    size_t names = 0;
    while (dns_book_next_name(book, &cursor, &name)) {
        names++;
    }
    ck_assert_uint_eq(names, 3);
    arena_free(arena);
}
END_TEST

// An address in IPv4 and the IPv6 address with the same first bytes are two.
START_TEST(families_apart)
{
    struct arena *arena = arena_new(1 << 20);
    struct dns_book *book = dns_book_new(arena);
    struct dns_view view;
    add(book, "a.example", "32.1.13.184", 100, 60, DNS_WATCH);
    add(book, "b.example", "2001:db8::", 100, 60, DNS_WATCH);
    ck_assert(dns_book_addr(book, addr_of("32.1.13.184"), &view));
    ck_assert_uint_eq(view.count, 1);
    ck_assert_str_eq(view.items[0]->name, "a.example");
    arena_free(arena);
}
END_TEST

START_TEST(the_fact_that_ends_last)
{
    struct arena *arena = arena_new(1 << 20);
    struct dns_book *book = dns_book_new(arena);
    struct dns_view view;
    char name[] = "a.example";
    add(book, name, "192.0.2.1", 100, 300, DNS_APPLY);
    name[0] = 'x'; // the book has its own
    add(book, "a.example", "192.0.2.1", 120, 10, DNS_WATCH);
    ck_assert(dns_book_name(book, "a.example", &view));
    ck_assert_uint_eq(view.count, 1);
    ck_assert_int_eq(view.items[0]->learned, 100);
    ck_assert_uint_eq(view.items[0]->source, DNS_APPLY);
    add(book, "a.example", "192.0.2.1", 120, 281, DNS_WATCH);
    ck_assert(dns_book_name(book, "a.example", &view));
    ck_assert_uint_eq(view.count, 1);
    ck_assert_int_eq(view.items[0]->learned, 120);
    ck_assert_uint_eq(view.items[0]->ttl, 281);
    ck_assert_int_eq(view.items[0]->since, 100);
    ck_assert_str_eq(dns_source_name(view.items[0]->source), "watch");
    ck_assert_str_eq(view.items[0]->name, "a.example");
    arena_free(arena);
}
END_TEST

START_TEST(not_usable_is_not_said)
{
    struct arena *arena = arena_new(1 << 20);
    struct dns_book *book = dns_book_new(arena);
    struct dns_view view;
    add(book, "rebind.example", "127.0.0.1", 100, 60, DNS_WATCH);
    add(book, "rebind.example", "169.254.169.254", 100, 60, DNS_WATCH);
    ck_assert(!dns_book_name(book, "rebind.example", &view));
    ck_assert_uint_eq(dns_book_all(book).count, 0);
    arena_free(arena);
}
END_TEST

START_TEST(facts_of_an_answer)
{
    struct arena *arena = arena_new(1 << 20);
    struct dns_answer answer = {.question = "www.example"};
    struct dns_facts facts = {0};
    vec_push(arena, &answer.names, "www.example");
    vec_push(arena, &answer.names, "cdn.example");
    vec_push(arena, &answer.addresses, (struct dns_address){addr_of("192.0.2.1"), 60});
    vec_push(arena, &answer.addresses, (struct dns_address){addr_of("127.0.0.1"), 60});
    vec_push(arena, &answer.addresses, (struct dns_address){addr_of("192.0.2.2"), 30});
    dns_answer_facts(arena, &answer, 1000, DNS_WATCH, &facts);
    ck_assert_uint_eq(facts.count, 4);
    ck_assert_str_eq(facts.items[0].name, "www.example");
    ck_assert_str_eq(facts.items[3].name, "cdn.example");
    ck_assert_uint_eq(facts.items[3].ttl, 30);
    ck_assert_int_eq(facts.items[3].learned, 1000);
    ck_assert(!facts.items[1].followed && facts.items[2].followed);
    arena_free(arena);
}
END_TEST

UNIT_TESTS("book", usable, both_ways, families_apart, the_fact_that_ends_last,
           not_usable_is_not_said, facts_of_an_answer)
