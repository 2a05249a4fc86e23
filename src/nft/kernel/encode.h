// SPDX-License-Identifier: GPL-2.0-or-later
// Objects of the ruleset model -> messages of a batch. Inside module nft only.
#pragma once

#include "batch.h"
#include "rows.h"

struct encoder {
    struct batch *batch;
    const char *table;
    uint32_t set_count; // new sets so far: the kernel wants a number for each
};

void encode_table(struct encoder *encoder);
void encode_delete_table(struct encoder *encoder);

uint32_t hook_number(enum chain_hook hook); // the kernel's NF_INET_*; not of HOOK_NONE

// A new chain, or a base chain that exists with another policy.
void encode_chain(struct encoder *encoder, const struct chain *chain);
void encode_delete_chain(struct encoder *encoder, const char *name, const struct loc *loc);
// Deletes all rules of a chain.
void encode_flush_chain(struct encoder *encoder, const char *name, const struct loc *loc);

// What a rule of the kernel keeps that is not in the model.
struct rule_state {
    const char *comment;     // instead of the rule's own; NULL: its own
    uint64_t packets, bytes; // first values of its counter
};
// Appends rule `index` of a chain.
void encode_rule(struct encoder *encoder, const struct chain *chain, size_t index,
                 const struct rule_state *state);

// A new set without elements, or one that exists with a smaller size.
void encode_set(struct encoder *encoder, const struct set *set);
void encode_delete_set(struct encoder *encoder, const char *name, const struct loc *loc);
// Deletes all elements of a set.
void encode_flush_set(struct encoder *encoder, const char *name, const struct loc *loc);

// ---- encode_elements.c ---------------------------------------------------------------------

enum elements_verb { ELEMENTS_ADD, ELEMENTS_REMOVE, ELEMENTS_ASK };

// Elements of one set, into as many messages as they need. Ends with elements_end.
struct elements {
    struct encoder *encoder;
    struct nlmsghdr *message; // NULL: none is open
    struct nlattr *list;
    const char *set;
    const struct loc *loc; // NULL for sets that are not wanted
    uint8_t verb;          // enum elements_verb
};

void elements_put(struct elements *elements, const struct rows *rows, size_t index);
void elements_put_catch_all(struct elements *elements, const struct rows *rows);
// An element of a domain set, which lives for so long, ADDRESS_MS_MAX at most. NULL: the address alone.
#define ADDRESS_MS_MAX ((uint64_t)365 * 24 * 3600 * 1000)
void elements_put_address(struct elements *elements, struct ip_addr addr, const uint64_t *left_ms);
void elements_end(struct elements *elements);
