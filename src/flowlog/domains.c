// SPDX-License-Identifier: GPL-2.0-or-later
// What a destination was called: the names that were known to have its address while the flow went on.
#include "internal.h"

#include <polc/base/compare.h>
#include <polc/dns.h>

// How far a fact is from a flow, in seconds; 0: it held while the flow went on. A flow whose begin nobody knows may have
// begun at any time before its end. Times that are not known are no reason to say nothing.
static int64_t distance_of(const struct dns_fact *fact, int64_t start, int64_t end)
{
    int64_t over = fact->learned + fact->ttl;
    if (fact->source == DNS_FILE || end == FLOWLOG_UNKNOWN) {
        return 0;
    }
    if (fact->since > end) {
        return fact->since - end;
    }
    return start != FLOWLOG_UNKNOWN && over < start ? start - over : 0;
}

static int compare_facts(const void *a, const void *b)
{
    const struct dns_fact *x = *(const struct dns_fact *const *)a;
    const struct dns_fact *y = *(const struct dns_fact *const *)b;
    return x->learned != y->learned ? (x->learned < y->learned ? 1 : -1) : strcmp(x->name, y->name);
}

struct facts {
    VEC_FIELDS(const struct dns_fact *);
};

// Those that held while the flow went on; where none did, the nearest: workloads keep addresses longer than they should. What people call the address is what they ask for, not
// the names that their provider has for it.
static struct facts choose_facts(struct arena *arena, const struct dns_view *view, int64_t start,
                                 int64_t end)
{
    struct facts facts = {0};
    int64_t nearest = INT64_MAX;
    bool asked = false;
    for (size_t i = 0; i < view->count; i++) {
        int64_t distance = distance_of(view->items[i], start, end);
        nearest = distance < nearest ? distance : nearest;
    }
    for (size_t i = 0; i < view->count; i++) {
        asked |= distance_of(view->items[i], start, end) == nearest && !view->items[i]->followed;
    }
    for (size_t i = 0; i < view->count; i++) {
        if (distance_of(view->items[i], start, end) == nearest &&
            !(asked && view->items[i]->followed)) {
            vec_push(arena, &facts, view->items[i]);
        }
    }
    return facts;
}

struct flow_strings find_domains(struct flowlog_reader *reader, struct arena *scratch,
                                 const struct dns_book *book, struct ip_addr addr, int64_t start,
                                 int64_t end)
{
    struct dns_view view;
    struct flow_strings names = {0};
    if (!dns_book_addr(book, addr, &view)) {
        return names;
    }
    struct arena_mark mark = arena_mark(scratch);
    struct facts facts = choose_facts(scratch, &view, start, end);
    vec_sort(&facts, compare_facts);
    for (size_t i = 0; i < facts.count && i < FLOWLOG_DOMAINS_MAX; i++) {
        vec_push(reader_arena(reader), &names, reader_text(reader, facts.items[i]->name));
    }
    arena_rewind(scratch, mark);
    vec_sort(&names, compare_texts);
    return names;
}
