// SPDX-License-Identifier: GPL-2.0-or-later
// The book of facts: pairs of a name and an address, found by either. What no answer may open is in no book.
#include "internal.h"

struct page {
    VEC_FIELDS(struct dns_fact *);
};

struct dns_book {
    struct arena *arena;
    struct strmap *names;     // name -> struct page
    struct strmap *addresses; // family and bytes -> struct page
    struct strmap *pairs;     // those and the name behind them -> struct dns_fact
    struct page all;
};

// An address as a key: nothing behind the bytes of its family.
struct addr_key {
    uint8_t bytes[17];
    size_t size;
};

static struct addr_key key_of(struct ip_addr addr)
{
    size_t size = ip_family_bits(addr.family) / 8;
    struct addr_key key = {.bytes = {addr.family}, .size = size + 1};
    memcpy(key.bytes + 1, addr.bytes, size);
    return key;
}

const struct cidr *dns_unusable_nets(size_t *ret_count)
{
    static const struct cidr nets[] = {
        {{IP_V4, {0}}, 8},
        {{IP_V4, {127}}, 8},
        {{IP_V4, {169, 254}}, 16},
        {{IP_V4, {224}}, 4},
        {{IP_V4, {255, 255, 255, 255}}, 32},
        {{IP_V6, {0}}, 96}, // ::, ::1, and IPv4-compatible
        {{IP_V6, {[10] = 0xff, [11] = 0xff}}, 96},
        {{IP_V6, {0xfe, 0x80}}, 10},
        {{IP_V6, {0xff}}, 8},
    };
    *ret_count = ARRAY_COUNT(nets);
    return nets;
}

bool dns_address_usable(struct ip_addr addr)
{
    size_t count;
    const struct cidr *nets = dns_unusable_nets(&count);
    for (size_t i = 0; i < count; i++) {
        if (cidr_contains_addr(nets[i], addr)) {
            return false;
        }
    }
    return addr.family == IP_V4 || addr.family == IP_V6;
}

const char *dns_source_name(enum dns_source source)
{
    static const char *const names[] = {"apply", "refresh", "watch", "file"};
    _Static_assert(ARRAY_COUNT(names) == DNS_SOURCE_COUNT, "a name for each source");
    return names[source];
}

void dns_answer_facts(struct arena *arena, const struct dns_answer *answer, int64_t learned,
                      enum dns_source source, struct dns_facts *ret)
{
    for (size_t i = 0; i < answer->names.count; i++) {
        for (size_t j = 0; j < answer->addresses.count; j++) {
            const struct dns_address *address = &answer->addresses.items[j];
            if (dns_address_usable(address->addr)) {
                vec_push(arena, ret,
                         (struct dns_fact){answer->names.items[i], address->addr, learned,
                                           address->ttl, (uint8_t)source, i > 0, 0});
            }
        }
    }
}

struct dns_book *dns_book_new(struct arena *arena)
{
    struct dns_book *book = arena_new_of(arena, struct dns_book);
    book->arena = arena;
    book->names = strmap_new(arena);
    book->addresses = strmap_new(arena);
    book->pairs = strmap_new(arena);
    return book;
}

static struct page *page_of(struct dns_book *book, struct strmap *map, const void *key, size_t size)
{
    struct page *page = strmap_get_n(map, key, size);
    if (page == NULL) {
        page = arena_new_of(book->arena, struct page);
        strmap_put_n(map, key, size, page);
    }
    return page;
}

void dns_book_add_name(struct dns_book *book, const char *name)
{
    page_of(book, book->names, name, strlen(name));
}

static int64_t end_of(const struct dns_fact *fact)
{
    return fact->learned + fact->ttl;
}

static int64_t since_of(const struct dns_fact *fact)
{
    return fact->since != 0 && fact->since < fact->learned ? fact->since : fact->learned;
}

// Names and addresses of strangers: neither may have so many of the other that a pair is slow to find.
static struct dns_fact *find_pair(struct dns_book *book, const struct addr_key *addr,
                                  const char *name, size_t length)
{
    uint8_t key[sizeof addr->bytes + DNS_NAME_MAX];
    memcpy(key, addr->bytes, addr->size);
    memcpy(key + addr->size, name, length);
    struct dns_fact *fact = strmap_get_n(book->pairs, key, addr->size + length);
    if (fact == NULL) {
        fact = arena_new_of(book->arena, struct dns_fact);
        strmap_put_n(book->pairs, key, addr->size + length, fact);
    }
    return fact;
}

void dns_book_add(struct dns_book *book, const struct dns_fact *fact)
{
    size_t length = strlen(fact->name);
    if (length > DNS_NAME_MAX || !dns_address_usable(fact->addr)) {
        return;
    }
    struct addr_key key = key_of(fact->addr);
    struct dns_fact *pair = find_pair(book, &key, fact->name, length);
    if (pair->name != NULL) {
        bool followed = pair->followed && fact->followed; // asked for once is asked for
        int64_t since = since_of(fact) < pair->since ? since_of(fact) : pair->since;
        if (end_of(fact) >= end_of(pair)) {
            const char *name = pair->name;
            *pair = *fact;
            pair->name = name;
        }
        pair->followed = followed;
        pair->since = since;
        return;
    }
    struct page *of_name = page_of(book, book->names, fact->name, length);
    *pair = *fact;
    pair->since = since_of(fact);
    pair->name =
        of_name->count > 0 ? of_name->items[0]->name : arena_strdup(book->arena, fact->name);
    vec_push(book->arena, of_name, pair);
    vec_push(book->arena, page_of(book, book->addresses, key.bytes, key.size), pair);
    vec_push(book->arena, &book->all, pair);
}

static struct dns_view view_of(const struct page *page)
{
    return (struct dns_view){(const struct dns_fact *const *)page->items, page->count};
}

static bool take_view(const struct page *page, struct dns_view *ret)
{
    *ret = page != NULL ? view_of(page) : (struct dns_view){0};
    return page != NULL;
}

bool dns_book_name(const struct dns_book *book, const char *name, struct dns_view *ret)
{
    return take_view(strmap_get(book->names, name), ret);
}

bool dns_book_addr(const struct dns_book *book, struct ip_addr addr, struct dns_view *ret)
{
    struct addr_key key = key_of(addr);
    return take_view(strmap_get_n(book->addresses, key.bytes, key.size), ret);
}

struct dns_view dns_book_all(const struct dns_book *book)
{
    return view_of(&book->all);
}

bool dns_book_next_name(const struct dns_book *book, void **cursor, const char **ret_name)
{
    return strmap_next(book->names, cursor, ret_name, NULL);
}
