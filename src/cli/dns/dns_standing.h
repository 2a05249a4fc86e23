// SPDX-License-Identifier: GPL-2.0-or-later
// How the domain rules of a plan stand: what the kernel's sets hold, what is known of the names, who feeds it.
#pragma once

#include "cli.h"

#include <polc/domains.h>

struct dns_standing {
    struct domain_rules rules;
    struct dns_book *book;
    struct domain_entries entries;       // of the book: by pattern
    struct nft_domain_elements elements; // of the kernel: by list, then address
    int64_t now;                         // ms since 1970
    const char
        *watch; // who has the log group, "process 812 (polc)"; NULL: nobody, or it may not be seen
    size_t
        nameless; // names, and patterns with "*" for which one was seen, without an address whose time is not over
    size_t unseen;  // other patterns with "*"
    size_t foreign; // addresses in the sets that are of no known name: others put them there
    size_t gone;    // known addresses, of each list, that its sets have not
    // Seconds since 1970 of what each source learned last; 0: nothing.
    int64_t last[DNS_SOURCE_COUNT];
};

// What cannot be read of the stores is said on stderr, and missing. NFT_DONE, also when the sets are not there.
enum nft_status dns_standing_read(struct run *run, const struct plan *plan,
                                  struct dns_standing *ret, struct nft_failure *reterr);

// The entry of a pattern of a list; never NULL.
const struct domain_entry *dns_standing_entry(const struct dns_standing *standing,
                                              const char *pattern);
// The element of a list in the kernel; NULL: it is not there.
const struct nft_domain_element *dns_standing_element(const struct dns_standing *standing,
                                                      uint32_t list, struct ip_addr addr);
// Whether an element has the address of a name that a pattern of its list matches. The arena is as it was, afterwards.
bool dns_standing_is_known(const struct dns_standing *standing, struct arena *arena,
                           const struct nft_domain_element *element);

// The elements of one list: *ret_count of them from the one that is returned on.
const struct nft_domain_element *dns_standing_list(const struct dns_standing *standing,
                                                   uint32_t list, size_t *ret_count);

// "2h", "for good", of what is left in the kernel; "gone" of NULL. On the arena.
const char *dns_left_text(struct arena *arena, const struct nft_domain_element *element);
// "12s ago"; NULL for 0.
const char *dns_ago_text(struct arena *arena, const struct dns_standing *standing, int64_t seconds);
// "5 names in 2 lists, 3 addresses; 1 without an address". On the arena.
const char *dns_standing_summary(struct arena *arena, const struct dns_standing *standing);
