// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel expressions in one flat, comparable form: the seam between the ruleset model (linearize) and netlink
// (encode, decode). Two rules are the same when their expressions are equal. Inside module nft only.
#pragma once

#include "ruleset.h"

enum expr_kind {
    EXPR_META,
    EXPR_META_SET,
    EXPR_PAYLOAD,
    EXPR_CT,
    EXPR_CMP,
    EXPR_BITWISE,
    EXPR_RANGE,
    EXPR_LOOKUP,
    EXPR_UPDATE,
    EXPR_VERDICT,
    EXPR_COUNTER,
    EXPR_LIMIT,
    EXPR_LOG,
    EXPR_COPY,
    EXPR_REJECT,
    EXPR_NOTRACK,
    EXPR_OTHER
};

// Registers are numbered in 32-bit words: NFT_REG_1 is 0, NFT_REG32_05 is 5. The verdict register is REG_VERDICT.
enum { REG_VERDICT = 0xff, EXPR_DATA_MAX = 16, EXPRS_MAX = 64 };

// Unused fields are zero, so that expr_equal may compare all of them.
struct expr {
    uint8_t kind;       // enum expr_kind
    uint8_t reg;        // destination of a load, source of a test
    uint8_t inverted;   // LOOKUP NOT
    uint8_t verdict;    // VERDICT: enum verdict_kind
    uint8_t to_verdict; // LOOKUP in a verdict map
    uint32_t
        key; // META, META_SET, CT: kernel key; PAYLOAD: base; CMP, RANGE: kernel operator; LIMIT: type; REJECT: type; UPDATE: operation; COPY: group
    uint32_t offset; // PAYLOAD offset in bytes; LIMIT burst; REJECT code; LOG level; COPY threshold
    uint32_t length; // bytes of data, of the load
    uint64_t rate, unit;          // LIMIT
    uint64_t packets, bytes;      // COUNTER: values; never compared
    uint8_t data[EXPR_DATA_MAX];  // CMP value, BITWISE mask, RANGE from
    uint8_t data2[EXPR_DATA_MAX]; // BITWISE xor, RANGE to
    const char *name; // LOOKUP and UPDATE set, VERDICT chain, LOG and COPY prefix, OTHER name; NULL
};

struct exprs {
    struct expr items[EXPRS_MAX];
    size_t count;
};

// Appends the expressions of a rule, as nft itself would make them for the printed text.
void linearize(const struct rule *rule, struct exprs *ret);

// 128 bits of everything but counter values, for comparing rules of a dump without keeping their expressions.
struct expr_hash {
    uint64_t words[2];
};
struct expr_hash exprs_hash(const struct exprs *exprs);

// ---- set elements in the kernel's form ----------------------------------------------------------------------

// Fixed properties of a set as the kernel stores them.
struct set_shape {
    uint32_t key_type;                     // nft's datatype number(s), six bits a field
    uint32_t key_length;                   // bytes, each field padded to 4
    uint32_t flags;                        // NFT_SET_*
    uint32_t field_lengths[STMT_MAX_KEYS]; // bytes of each field, for concatenations
    uint32_t field_count;
    bool counted; // each element has a counter
};
struct set_shape set_shape_of(const struct set *set);

enum { SET_KEY_MAX = 32 }; // of sets that are filled here

// One element. Interval sets of one field: key..key_end inclusive (the encoder makes start and end elements of it).
struct element {
    uint8_t key[SET_KEY_MAX];
    uint8_t key_end[SET_KEY_MAX]; // equal to key when the set is no interval set
    bool catch_all;
    uint8_t verdict;   // verdict maps
    const char *chain; // verdict maps
};
void set_element(const struct set *set, size_t index, struct element *ret);
