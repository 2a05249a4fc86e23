// SPDX-License-Identifier: GPL-2.0-or-later
// Names of domain rules -> facts, by asking the servers that are trusted.
#pragma once

#include "cli.h"

#include <polc/domains.h>

struct dns_missing {
    const char *name;
    const char *why; // "no such name": a constant
};

struct dns_lookup {
    struct dns_facts facts; // of the names and of those that they are aliases of
    struct {
        VEC_FIELDS(struct dns_missing);
    } missing;           // no address came; in the order of the names
    const char *problem; // why nothing could be asked, in words; NULL
    bool silent;         // no server said anything
};

// Names without a wildcard of all lists, each once, in order of the lists. With a book only those of which it has no address
// whose time is not over.
struct words dns_names_to_ask(struct run *run, const struct domain_rules *rules,
                              const struct dns_book *book, int64_t now_ms);

// Asks for all of them, for `timeout` ms at most.
void dns_lookup(struct run *run, const struct domain_rules *rules, const struct words *names,
                uint64_t timeout, enum dns_source source, struct dns_lookup *ret);

// "a.example (no such name), b.example (no server answered) and 3 more"
const char *dns_missing_text(struct arena *arena, const struct dns_lookup *lookup);
// "192.0.2.53:53, [2001:db8::53]:53": who is asked.
const char *dns_servers_text(struct arena *arena, const struct domain_rules *rules);
