// SPDX-License-Identifier: GPL-2.0-or-later
// Module domains: the domain rules of one plan, and what the kernel's domain sets must hold of what is known of names.
// Asks nobody and sends nothing: facts come in as a book, elements go out. A file of the rules lets `dns watch`, which may
// not read the state directory, know them.
//
// `now_ms` is ms since 1970, as facts have seconds of.
#pragma once

#include <polc/dns.h>
#include <polc/nft.h>

// What domain rules say, of a plan or of a published file. Lists of patterns have the numbers of plan.domains.
struct domain_rules {
    const char *id; // of the plan
    const struct plan_domains *lists;
    size_t list_count;
    struct ip_ports servers; // whose answers are believed; normalized
    uint32_t min_ttl, extra_ttl;
    uint32_t set_timeout; // seconds of an element without a time of its own; 0: for good
    uint16_t log_group;
    bool watch;                    // answers are copied even without a list
    const struct dns_index *index; // patterns -> numbers of lists
};

// A view of the plan, with an index on the arena.
struct domain_rules domain_rules_of_plan(struct arena *arena, const struct plan *plan);

// Whether it has anything to say: lists, or answers that are copied.
bool domain_rules_exist(const struct domain_rules *rules);

// ---- facts -> elements ------------------------------------------------------------------------------------------------

// ms that a fact counts from now on: its TTL, at least min_ttl, and extra_ttl behind that, from when it was learned. 0: its
// time is over. A fact from the future counts as one of now; one without times (DNS_FILE) never ends by itself.
uint64_t domains_left(const struct domain_rules *rules, const struct dns_fact *fact,
                      int64_t now_ms);

// Whether it has an address of the name whose time is not over.
bool domains_name_lives(const struct domain_rules *rules, const struct dns_book *book,
                        const char *name, int64_t now_ms);

// Appends for each list and each address of a name that one of its patterns matches an element, each pair once, sorted by
// list and address.
void domains_elements(struct arena *arena, const struct domain_rules *rules,
                      const struct dns_book *book, int64_t now_ms, struct nft_domain_elements *ret);

// Of lists that were there before those whose elements a new list has use for, as domains_carry does it: a list that was not
// there by this name, and has all of their patterns. Only `lists` and `list_count` are set.
struct domain_rules domains_to_carry(struct arena *arena, const struct domain_rules *rules,
                                     const struct plan_domains *before, size_t count);

// Appends elements of other lists (`from`, as their sets are now in the kernel) to those lists of the rules that have all of
// their patterns: what was known of the one holds for the other.
void domains_carry(struct arena *arena, const struct domain_rules *rules,
                   const struct domain_rules *from, const struct nft_domain_elements *elements,
                   struct nft_domain_elements *ret);

// ---- what is known of each pattern --------------------------------------------------------------------------------------

struct domain_address {
    const struct dns_fact *fact; // of the book
    uint64_t left;               // ms
};

struct domain_entry {
    const char *pattern;
    bool wildcard;
    struct {
        VEC_FIELDS(struct domain_address);
    } addresses; // by name, then address; those whose time is not over
    const struct dns_fact
        *expired; // of those whose time is over the one that was learned last; NULL
};

struct domain_entries {
    VEC_FIELDS(struct domain_entry); // by pattern, each once
};

struct domain_entries domains_entries(struct arena *arena, const struct domain_rules *rules,
                                      const struct dns_book *book, int64_t now_ms);

// ---- the published file -------------------------------------------------------------------------------------------------

// Its name below the directory of the run: "dns/sets-0123456789abcdef.json", by the first digits of the plan's id.
#define DOMAINS_FOLDER "dns"
const char *domains_file_name(struct arena *arena, const char *id);

// Writes DIR/dns/sets-ID.json, readable for everybody, whole or not at all; makes DIR and DIR/dns when they are not there.
// Rules that say nothing take it away instead. 0 or an errno.
int domains_publish(struct arena *arena, const char *directory, const struct domain_rules *rules);

// Takes away the files of all ids but these (whole ids, or their first 16 digits at least).
void domains_unpublish(struct arena *arena, const char *directory, const char *const *keep,
                       size_t count);

// NULL, or in words why it cannot be read. *ret_exists false and NULL: nothing was published for the id, which may be its
// first 16 digits: that generation has no domain rules, or is not known.
const char *domains_load(struct arena *arena, const char *directory, const char *id,
                         struct domain_rules *ret, bool *ret_exists);
