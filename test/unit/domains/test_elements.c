// SPDX-License-Identifier: GPL-2.0-or-later
// Facts of names as elements of sets: which sets, for how long.
#include "domains_helper.h"

enum { NOW = 1000000 }; // seconds
static const int64_t now_ms = (int64_t)NOW * 1000;

static struct dns_book *book;

static void enter(void)
{
    arena = arena_new((size_t)1 << 28);
    book = dns_book_new(arena);
}

static void leave(void)
{
    arena_free(arena);
}

static void learn(const char *name, const char *addr, int64_t learned, uint32_t ttl)
{
    dns_book_add(book, &(struct dns_fact){name, address(addr), learned, ttl, DNS_APPLY, false, 0});
}

// "LIST ADDRESS SECONDS; ..."
static const char *text_of(const struct nft_domain_elements *elements)
{
    struct strbuf out = {.arena = arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < elements->count; i++) {
        strbuf_addf(&out, "%s%u %s %llu", i > 0 ? "; " : "", elements->items[i].set,
                    ip_addr_text(elements->items[i].addr, buffer),
                    (unsigned long long)elements->items[i].left_ms / 1000);
    }
    return strbuf_text(&out);
}

static const char *elements_of(const struct domain_rules *rules)
{
    struct nft_domain_elements elements = {0};
    domains_elements(arena, rules, book, now_ms, &elements);
    return text_of(&elements);
}

START_TEST(each_list_that_has_the_name)
{
    enter();
    struct domain_rules rules =
        RULES_OF("*.example.com www.example.org", "a.example.com", "b.example.com");
    learn("a.example.com", "192.0.2.2", NOW, 300);
    learn("a.example.com", "2001:db8::2", NOW, 300);
    learn("www.example.org", "192.0.2.1", NOW, 400);
    learn("example.com", "192.0.2.3", NOW, 300);
    learn("elsewhere.net", "192.0.2.4", NOW, 300);
    ck_assert_str_eq(elements_of(&rules), "0 192.0.2.1 400; 0 192.0.2.2 300; 0 2001:db8::2 300; "
                                          "1 192.0.2.2 300; 1 2001:db8::2 300");
    leave();
}
END_TEST

// Two names of one list with one address: it stays as long as the longer one says.
START_TEST(an_address_of_two_names)
{
    enter();
    struct domain_rules rules = RULES_OF("*.example.com");
    learn("a.example.com", "192.0.2.1", NOW, 200);
    learn("b.example.com", "192.0.2.1", NOW, 300);
    learn("c.example.com", "192.0.2.1", NOW, 250);
    ck_assert_str_eq(elements_of(&rules), "0 192.0.2.1 300");
    leave();
}
END_TEST

START_TEST(how_long_a_fact_counts)
{
    static const struct {
        int64_t learned;
        uint32_t ttl, min_ttl, extra_ttl;
        uint64_t left; // seconds
    } cases[] = {
        {NOW, 300, 0, 0, 300},
        {NOW - 100, 300, 0, 0, 200},
        {NOW - 300, 300, 0, 0, 0},
        {NOW - 301, 300, 0, 0, 0},
        {NOW, 5, 120, 0, 120}, // the floor
        {NOW - 100, 5, 120, 0, 20},
        {NOW - 119, 0, 120, 30, 31}, // and then the extra time
        {NOW - 301, 300, 120, 30, 29},
        {NOW, 0, 0, 0, 0},
        {NOW + 50, 300, 0, 0, 300}, // the clock was set back
        {-5, 300, 0, 0, 0},
        {0, UINT32_MAX, UINT32_MAX, UINT32_MAX, 2ull * UINT32_MAX - NOW},
    };
    enter();
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct domain_rules rules = {.min_ttl = cases[i].min_ttl, .extra_ttl = cases[i].extra_ttl};
        struct dns_fact fact = {.learned = cases[i].learned, .ttl = cases[i].ttl};
        ck_assert_msg(domains_left(&rules, &fact, now_ms) == cases[i].left * 1000, "case %zu", i);
    }
    struct domain_rules rules = {.min_ttl = 120};
    struct dns_fact given = {.source = DNS_FILE};
    ck_assert_uint_eq(domains_left(&rules, &given, now_ms), 120000);
    leave();
}
END_TEST

START_TEST(nothing_is_known)
{
    enter();
    struct domain_rules rules = RULES_OF("*.example.com"), none = {0};
    none.index = dns_index_new(arena);
    ck_assert_str_eq(elements_of(&rules), "");
    learn("a.example.com", "192.0.2.1", NOW, 200);
    ck_assert_str_eq(elements_of(&none), "");
    ck_assert(domain_rules_exist(&rules) && !domain_rules_exist(&none));
    leave();
}
END_TEST

// What the set of a list holds, holds for each list with all of its patterns, and for no other.
START_TEST(carried_from_other_lists)
{
    enter();
    struct domain_rules from = RULES_OF("a.com b.com", "c.com", "a.com d.com");
    struct domain_rules to = RULES_OF("a.com b.com c.com", "a.com c.com", "b.com", "a.com b.com");
    struct nft_domain_elements elements = {0}, carried = {0};
    vec_push(arena, &elements, (struct nft_domain_element){0, address("192.0.2.1"), 5000});
    vec_push(arena, &elements, (struct nft_domain_element){1, address("192.0.2.1"), 9000});
    vec_push(arena, &elements, (struct nft_domain_element){1, address("192.0.2.2"), 7000});
    vec_push(arena, &elements, (struct nft_domain_element){2, address("192.0.2.3"), 7000});
    domains_carry(arena, &to, &from, &elements, &carried);
    ck_assert_str_eq(text_of(&carried),
                     "0 192.0.2.1 9; 0 192.0.2.2 7; 1 192.0.2.1 9; 1 192.0.2.2 7; 3 192.0.2.1 5");
    leave();
}
END_TEST

// Only what a new list has use for is read of the kernel.
START_TEST(lists_that_are_worth_carrying)
{
    enter();
    struct domain_rules before = RULES_OF("a.example.com", "b.example.com", "c.example.com");
    struct domain_rules to = RULES_OF("a.example.com", "b.example.com d.example.com",
                                      "a.example.com d.example.com", "e.example.com");
    struct domain_rules from = domains_to_carry(arena, &to, before.lists, before.list_count);
    ck_assert_uint_eq(from.list_count, 2);
    ck_assert_str_eq(from.lists[0].name, "a.example.com");
    ck_assert_str_eq(from.lists[1].name, "b.example.com");
    struct domain_rules fewer = RULES_OF("a.example.com");
    ck_assert_uint_eq(domains_to_carry(arena, &fewer, before.lists, before.list_count).list_count,
                      0);
    ck_assert_uint_eq(domains_to_carry(arena, &to, NULL, 0).list_count, 0);
    leave();
}
END_TEST

START_TEST(what_is_known_of_each_pattern)
{
    enter();
    struct domain_rules rules =
        RULES_OF("*.example.com b.example.com", "a.example.org b.example.com");
    learn("b.example.com", "192.0.2.2", NOW - 10, 300);
    learn("a.example.com", "192.0.2.9", NOW, 300);
    learn("b.example.com", "192.0.2.1", NOW, 300);
    learn("a.example.org", "192.0.2.3", NOW - 5000, 300);
    learn("a.example.org", "192.0.2.4", NOW - 1000, 300);
    learn("a.example.org", "192.0.2.5", NOW - 3000, 300);
    struct domain_entries entries = domains_entries(arena, &rules, book, now_ms);
    ck_assert_uint_eq(entries.count, 3);
    ck_assert_str_eq(entries.items[0].pattern, "*.example.com");
    ck_assert(entries.items[0].wildcard && !entries.items[1].wildcard);
    ck_assert_uint_eq(entries.items[0].addresses.count, 3);
    ck_assert_str_eq(entries.items[0].addresses.items[0].fact->name, "a.example.com");
    ck_assert_str_eq(entries.items[1].pattern, "a.example.org");
    ck_assert_uint_eq(entries.items[1].addresses.count, 0);
    ck_assert_int_eq(entries.items[1].expired->learned, NOW - 1000); // the last one
    ck_assert_ptr_null(entries.items[2].expired);
    ck_assert(!domains_name_lives(&rules, book, "a.example.org", now_ms));
    ck_assert(!domains_name_lives(&rules, book, "c.example.org", now_ms));
    ck_assert(domains_name_lives(&rules, book, "b.example.com", now_ms));
    ck_assert_str_eq(entries.items[2].pattern, "b.example.com");
    ck_assert_uint_eq(entries.items[2].addresses.count, 2);
    ck_assert_uint_eq(entries.items[2].addresses.items[1].left, 290000);
    leave();
}
END_TEST

UNIT_TESTS("elements", each_list_that_has_the_name, an_address_of_two_names, how_long_a_fact_counts,
           nothing_is_known, carried_from_other_lists, lists_that_are_worth_carrying,
           what_is_known_of_each_pattern)
