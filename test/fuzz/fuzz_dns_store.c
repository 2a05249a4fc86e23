// SPDX-License-Identifier: GPL-2.0-or-later
// Stores of facts, which another user may have written: what is taken has only names and addresses that may be, and times
// that have been.
#include "internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 2000 };

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    struct dns_book *book = dns_book_new(arena);
    struct dns_view view;
    store_read_lines(book, (const char *)data, size, NOW);
    struct dns_view all = dns_book_all(book);
    for (size_t i = 0; i < all.count; i++) {
        const struct dns_fact *fact = all.items[i];
        require(dns_name_problem(fact->name) == NULL);
        require(strcmp(dns_name_canonical(arena, fact->name), fact->name) == 0);
        require(dns_address_usable(fact->addr) && fact->source < DNS_SOURCE_COUNT);
        require(fact->learned >= 0 && fact->learned <= NOW && fact->ttl <= DNS_TTL_MAX);
        require(dns_book_name(book, fact->name, &view) && view.count > 0);
        require(dns_book_addr(book, fact->addr, &view) && view.count > 0);
    }
    arena_free(arena);
    return 0;
}
