// SPDX-License-Identifier: GPL-2.0-or-later
// By which names destinations were reached, for verbs that look at flows.
#pragma once

#include "cli.h"

#include <polc/dns.h>
#include <time.h>

struct flow_book {
    struct run *run;
    struct arena *arena;         // of the book, when it is of the stores
    const struct dns_book *book; // NULL: nothing is known
    struct timespec changed[2];  // when the stores were, that it was read from
};

// The answers of --dns, if there are any (else NULL); of flows of the kernel what this host knows of names; of those of a
// file nothing, which have their names or none. `answers` must outlive the book.
void flow_book_open(struct run *run, const struct dns_book *answers, struct flow_book *ret);
// Reads the stores again if they have changed: then the book is another one, and the one before is gone.
void flow_book_renew(struct flow_book *book);
void flow_book_close(struct flow_book *book);
