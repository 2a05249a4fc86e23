// SPDX-License-Identifier: GPL-2.0-or-later
// The book of names beside the flows. It is read anew when the stores change, as --follow goes on for long.
#include "flow_book.h"

#include "dns_known.h"
#include "dns_paths.h"

#include <sys/stat.h>

static const char *const stores[] = {DNS_STORE_RESOLVED, DNS_STORE_OBSERVED};

// Whether a store is another one than it was.
static bool has_changed(struct flow_book *book, size_t store)
{
    struct stat info = {0};
    struct arena_mark mark = arena_mark(book->run->arena);
    bool there = stat(dns_path(book->run, stores[store]), &info) == 0;
    struct timespec now = there ? info.st_mtim : (struct timespec){0};
    struct timespec *known = &book->changed[store];
    bool changed = now.tv_sec != known->tv_sec || now.tv_nsec != known->tv_nsec;
    *known = now;
    arena_rewind(book->run->arena, mark);
    return changed;
}

static void read_stores(struct flow_book *book)
{
    arena_free(book->arena);
    book->arena = arena_new(MEMORY_LIMIT);
    struct dns_book *known = dns_book_new(book->arena);
    dns_known_read(book->run, known);
    book->book = known;
}

void flow_book_renew(struct flow_book *book)
{
    bool changed = false;
    for (size_t i = 0; i < ARRAY_COUNT(stores) && book->arena != NULL; i++) {
        changed |= has_changed(book, i);
    }
    if (changed) {
        read_stores(book);
    }
}

void flow_book_open(struct run *run, const struct dns_book *answers, struct flow_book *ret)
{
    *ret = (struct flow_book){.run = run, .book = answers};
    if (answers == NULL && run->options.flows == NULL) {
        has_changed(ret, 0);
        has_changed(ret, 1);
        read_stores(ret);
    }
}

void flow_book_close(struct flow_book *book)
{
    arena_free(book->arena);
    *book = (struct flow_book){.run = book->run};
}
