// SPDX-License-Identifier: GPL-2.0-or-later
// What the files that lower a plan to a ruleset share. Inside module nft only.
#pragma once

#include "ruleset.h"

// Fixed names: made once and then changed in place (dataplane.md 4.1).
#define CHAIN_TO       "dispatch/to"   // second half: the destination endpoint
#define CHAIN_FROM     "dispatch/from" // first half, packets from a workload interface
#define CHAIN_HOST     "dispatch/host" // from a workload interface to this host
#define CHAIN_SPOOFED  "dispatch/spoofed"
#define SET_INTERFACES "workload-interfaces"

struct lower {
    struct arena *arena;
    const struct plan *plan;
    const struct sources *sources;
    struct nft_ruleset *ruleset;
    struct strmap *sets;       // name -> struct set *
    struct strmap *chains;     // name -> struct chain *
    struct loc place;          // of the rule at hand: where the sets come from that it needs first
    struct strmap *identities; // hashed name -> what it stands for
    struct set **ipset_cache[2]; // per plan IP set, IPv4 and IPv6; NULL: not made yet
};

// ---- lower_sets.c ---------------------------------------------------------------------------------------------

// A new set, or the one of that name; *ret_new tells.
struct set *lower_set(struct lower *lower, const char *name, enum set_content content,
                      bool *ret_new);
// The nft set of a plan IP set in one family. NULL when it has no member there.
const struct set *lower_ipset(struct lower *lower, int32_t number, uint8_t family);
// A shared set for a list of a rule's nets (of one family) or ports.
const struct set *lower_nets(struct lower *lower, const struct cidrset *nets);
const struct set *lower_ports(struct lower *lower, const struct portset *ports);
// The declared size of a hash with `count` elements: head room, in steps, so that it seldom changes.
uint32_t set_size(size_t count);

// ---- lower_names.c --------------------------------------------------------------------------------------------

// "PREFIXHASH" for something that has no name of its own: the same identity gives the same name, another identity
// another name, also when the hashes agree. `identity` must outlive the lowering.
const char *hashed_name(struct lower *lower, const char *prefix, const char *identity);
// An id that fits in a comment and a chain name: itself, or its head and a hash.
const char *short_id(struct arena *arena, const char *id);
// "ID in|out WHAT FILE:LINE", fit for nft's quoted strings.
const char *rule_comment(const struct lower *lower, const char *id, int direction, const char *what,
                         struct loc loc);
const char *clean_comment(struct arena *arena, const char *text);
const char *direction_text(int direction); // "in", "out"

// ---- lower_rule.c ---------------------------------------------------------------------------------------------

struct chain *lower_chain(struct lower *lower, const char *name);          // new or known
void chain_expect(struct lower *lower, struct chain *chain, size_t rules); // room, to save memory
void chain_add(struct lower *lower, struct chain *chain, const struct stmt *stmts, size_t count,
               const char *comment, struct loc loc);
// The nft rules of one plan rule, appended to a chain.
void lower_rule(struct lower *lower, struct chain *chain, const struct plan_policy *policy,
                int direction, const struct plan_rule *rule);

// ---- lower_policy.c -------------------------------------------------------------------------------------------

// The chain that judges a class of endpoints, made on first use.
const char *lower_class(struct lower *lower, uint32_t number);

// ---- lower_dispatch.c -----------------------------------------------------------------------------------------

void lower_dispatch(struct lower *lower);

// Statements, for readable rule building.
struct stmt stmt_value(enum rule_key key, enum match_op op, const void *value, size_t length);
struct stmt stmt_in_set(enum rule_key key, const struct set *set);
struct stmt stmt_address_set(uint8_t family, bool source, const struct set *set);
struct stmt stmt_port(enum rule_key key, uint16_t port);
struct stmt stmt_vmap(enum rule_key first, int second, const struct set *map); // second -1: one key
struct stmt stmt_verdict(enum verdict_kind verdict, const char *chain);
struct stmt stmt_counter(void);
