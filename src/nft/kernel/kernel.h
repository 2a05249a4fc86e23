// SPDX-License-Identifier: GPL-2.0-or-later
// The table as the kernel has it. Of a rule only what comparing and rewriting need is kept. Inside
// module nft only.
#pragma once

#include "rows.h"

struct kernel_rule {
    uint64_t handle;
    struct expr_hash hash;
    const char *comment;     // NULL for none
    uint64_t packets, bytes; // of its first counter
    bool counted;            // it has one
};

struct kernel_chain {
    const char *name;
    bool base;
    uint32_t hook; // NF_INET_*, of a base chain
    int32_t priority;
    const char *type;
    bool policy_drop;
    VEC_FIELDS(struct kernel_rule);
};

struct kernel_set {
    const char *name;
    struct set_shape shape;
    uint32_t data_type; // of maps
    uint32_t size;      // declared; 0: none
    uint64_t timeout_ms;
    bool anonymous; // comes and goes with its rule
    bool dynamic;   // its elements come and go on their own and were not read
    bool irregular; // elements that cannot be deleted one by one: flush and fill again
    struct rows rows;
};

struct nft_kernel {
    const char *table;
    bool exists;
    bool known;   // made from a ruleset: rules have no handles and no counters
    bool dormant; // base chains are not hooked
    uint32_t generation_id;
    uint64_t handle; // 0: not read
    struct {
        VEC_FIELDS(struct kernel_chain *);
    } chains; // by name
    struct {
        VEC_FIELDS(struct kernel_set *);
    } sets;                     // by name, without anonymous ones
    struct strmap *chain_names; // name -> struct kernel_chain *
    struct strmap *set_names;   // name -> struct kernel_set *
    struct strtab *texts;
};

// Reads the rules of some chains of a known table. NFT_STALE when it is no longer what is known.
enum nft_status dump_chains(struct arena *arena, const struct nft_kernel *kernel,
                            struct kernel_chain *const *chains, size_t count,
                            struct nft_failure *reterr);
