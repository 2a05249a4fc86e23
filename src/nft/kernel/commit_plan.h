// SPDX-License-Identifier: GPL-2.0-or-later
// What a commit does to each object. Inside module nft only.
#pragma once

#include "compare.h"

enum chain_action { CHAIN_KEEP, CHAIN_NEW, CHAIN_REWRITE, CHAIN_RECREATE };
enum set_action {
    SET_KEEP,
    SET_NEW,
    SET_CHANGE,   // delete and add what differs
    SET_REFILL,   // delete all elements, add all
    SET_RECREATE, // another shape
};

struct set_plan {
    uint8_t action;                  // enum set_action
    bool enlarge;                    // needs a larger size before it is filled
    const struct kernel_set *kernel; // NULL for new ones
};

struct names {
    VEC_FIELDS(const char *);
};

struct commit_plan {
    const struct nft_ruleset *wanted;
    const struct nft_kernel *kernel;
    uint8_t *chains;       // enum chain_action, one for each wanted chain
    struct set_plan *sets; // one for each wanted set
    struct names removed_chains, removed_sets;
    bool dry_run;
    bool enlarges; // some set has to be enlarged
};

// In a dry run sets that are too small are made anew.
struct commit_plan commit_plan_of(struct arena *arena, const struct nft_ruleset *wanted,
                                  const struct nft_kernel *kernel, const struct nft_diff *diff,
                                  bool dry_run);
