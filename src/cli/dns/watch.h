// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of polc dns watch share: what is loaded, what was heard, and what becomes of it.
#pragma once

#include "cli.h"

#include <polc/domains.h>
#include <polc/watch.h>

// ---- watch_words.c --------------------------------------------------------------------------------------------

// Something that goes on being wrong is said when it begins, and then at most every so often.
struct watch_nag {
    uint64_t said; // time
};
void watch_nag(struct watch_nag *nag, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// "5s", "7m", "2h", "3d", rounded down.
const char *watch_time_text(uint64_t ms, char *buffer);
enum { WATCH_TIME_TEXT = 32 };

// ---- watch_rules.c --------------------------------------------------------------------------------------------

// The domain rules of the generation that the kernel has.
struct watch_rules {
    struct arena *arena; // of all that follows; NULL: nothing is loaded, or it has no domain rules
    struct domain_rules rules;
    uint64_t table; // its handle; 0: no table
    uint32_t generation;
    char id[NFT_ID_LENGTH + 1]; // of its plan
    bool due;                   // the next look reads them in any case
    struct watch_nag unreadable;
};

enum watch_look {
    WATCH_SAME,
    WATCH_AGAIN,      // the same generation, and its rules were read again
    WATCH_CHANGED,    // another one, or its rules are there now and were not
    WATCH_GONE_WRONG, // the kernel does not tell: *ret_code is how to end
};

// Looks which generation is loaded, and reads its rules if it is another one.
enum watch_look watch_rules_look(struct run *run, struct watch_rules *rules, int *ret_code);
void watch_rules_free(struct watch_rules *rules);

// ---- watch_learn.c --------------------------------------------------------------------------------------------

struct watch_written; // which facts the store has

// From answers to the sets and the store. What answers say is kept until it is put, batch by batch.
struct watch_learner {
    struct run *run;
    const struct watch_rules *rules;
    struct nft_updater *updater;
    struct dns_store store;
    struct watch_written *written;
    struct arena *batch; // of what follows
    struct arena_mark begin;
    struct dns_facts facts;
    struct nft_domain_elements elements;
    size_t heard;     // pairs of a name and an address in this batch
    uint64_t learned; // addresses of names that rules have, as often as answers told them
    struct watch_nag full, refused, unwritten, unread;
};

// With the user that is to write the store. An exit code, the words printed.
int watch_learner_open(struct run *run, const struct watch_rules *rules, struct watch_learner *ret);
void watch_learner_close(struct watch_learner *learner);

// After the rules have changed: their sets from now on, and what is known already put into them.
enum nft_status watch_learner_refill(struct watch_learner *learner);

// A handler for watch_listener_take; `context` is the learner.
void watch_learner_hear(const struct dns_answer *answer, void *context);

// Whether so much was heard that it is to be put before more is read: an answer over TCP has up to 4,000 addresses, for up
// to 17 names.
bool watch_learner_is_full(const struct watch_learner *learner);

// Puts what was heard into the sets, and then into the store. NFT_STALE: the rules are to be read again, and
// refilled from the store.
enum nft_status watch_learner_put(struct watch_learner *learner);
