// SPDX-License-Identifier: GPL-2.0-or-later
// What the domain sets of a plan are to hold: from what is known on this host, into the kernel; and the file from which
// dns watch knows the rules. Nothing here ends a run: a name without an address is a rule that does not match yet.
#pragma once

#include "state.h"

#include <polc/domains.h>

struct dns_fill {
    struct domain_rules rules;
    struct dns_book *book; // what is known; NULL: the rules have no names
    struct nft_domain_elements elements;
};

int64_t dns_now_ms(void); // since 1970

// Of a plan that is to be loaded, from what is known. Without domain rules there are no elements.
void dns_fill_read(struct run *run, const struct plan *plan, struct dns_fill *ret);
// Makes the elements of the book again.
void dns_fill_renew(struct run *run, struct dns_fill *fill);

// Keeps what was looked up, and adds it to the book. Only under the lock.
void dns_fill_learn(struct run *run, struct dns_fill *fill, const struct dns_facts *facts);

// Before the commit: the file for dns watch.
void dns_fill_publish(struct run *run, const struct dns_fill *fill);
// Behind it: what sets that were there before do not hold yet. Says on stderr what could not be put.
enum nft_status dns_fill_put(struct run *run, const struct dns_fill *fill);
// Takes away the files of what is no longer kept. Behind the change of the history.
void dns_fill_clean(struct run *run, const struct dns_fill *fill, const struct state *state);
