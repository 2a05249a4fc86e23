// SPDX-License-Identifier: GPL-2.0-or-later
// Module space: exact sets of packets of one IP version: unions of boxes over protocol, addresses, ports and ICMP type and
// code. What lint proves and what the diff of traffic compares is made of them.
// The sides of a box are sets of numbers, interned, so that two equal ones are one number and every result is computed
// once. In protocols without ports (or types) no rule looks at that side, so every value there stands for the packet.
#pragma once

#include <polc/plan.h>

// Large enough for an IPv6 address.
typedef unsigned __int128 wide;

struct range {
    wide min, max; // inclusive
};

// The number of a set of numbers; only of the space that made it.
enum { SPACE_EMPTY = 0 };

struct space;
// All that a space makes is on the arena, and lives as long.
struct space *space_new(struct arena *arena);

// The set of the numbers from `min` to `max`; of several ranges; of what both have, the first alone has, either has.
uint32_t space_range(struct space *space, wide min, wide max);
uint32_t space_ranges(struct space *space, const struct range *ranges,
                      size_t count); // in any order
uint32_t space_and(struct space *space, uint32_t a, uint32_t b);
uint32_t space_minus(struct space *space, uint32_t a, uint32_t b);
uint32_t space_or(struct space *space, uint32_t a, uint32_t b);
// Whether the number is in the set; in a time that grows with the logarithm of its ranges.
bool space_has(const struct space *space, uint32_t set, wide value);
// The ranges of a set: sorted, disjoint, not adjacent.
const struct range *space_items(const struct space *space, uint32_t set, size_t *ret_count);
// Numbers of sets are below this.
size_t space_count(const struct space *space);
// How many ranges were made so far: the measure of memory.
size_t space_size(const struct space *space);

// An address as a number, and back; the sets of those parts of a CIDR set or a port set that have the family.
wide wide_of_addr(struct ip_addr addr);
struct ip_addr addr_of_wide(wide value, uint8_t family);
uint32_t space_cidrs(struct space *space, const struct cidrset *set, uint8_t family);
uint32_t space_ports(struct space *space, const struct portset *set);

enum side {
    SIDE_PROTOCOL,
    SIDE_DESTINATION_PORT,
    SIDE_DESTINATION,
    SIDE_SOURCE,
    SIDE_SOURCE_PORT,
    SIDE_ICMP, // type * 256 + code
    SIDES
};

struct box {
    uint32_t sides[SIDES];
};

// Disjoint boxes, none of them empty.
struct region {
    VEC_FIELDS(struct box);
};

// The box of all packets of a family (enum ip_family).
struct box space_everything(struct space *space, uint8_t family);

// How much work may still be done. Once it is used up the answer is not known, and nobody may say anything.
struct budget {
    size_t left;
};

// What two boxes have in common; false when that is nothing.
bool box_and(struct space *space, const struct box *a, const struct box *b, struct box *ret);

// Takes a box out of a region; the part that was taken goes to `taken` unless it is NULL. Returns whether there was one.
bool region_cut(struct space *space, struct arena *arena, struct budget *budget,
                struct region *region, const struct box *box, struct region *taken);
// The same for every box of a region.
bool region_cut_all(struct space *space, struct arena *arena, struct budget *budget,
                    struct region *region, const struct region *boxes, struct region *taken);

// ---- match.c: the match of a rule as a region of packets ----------------------------------------------------------

// Reads the plan, which must outlive it. Several may share a space: equal sets of their plans have one number.
struct matcher;
struct matcher *matcher_new(struct arena *arena, struct space *space, const struct plan *plan);
// Which addresses a set of names has.
struct space_domains {
    bool any;                 // all that an answer may open (dns_address_usable)
    struct cidrset addresses; // else these; normalized
};
// By number in plan.domains. Without this call no name has an address: what a rule takes for certain. `domains` must outlive
// the matcher.
void matcher_set_domains(struct matcher *matcher, const struct space_domains *domains);
// Overlapping boxes. No packet outside of them matches.
struct region match_region(struct matcher *matcher, const struct plan_match *match, uint8_t family);
// The same if every address that may have a name had all of them: the most that a rule may take.
struct region match_region_at_most(struct matcher *matcher, const struct plan_match *match,
                                   uint8_t family);
