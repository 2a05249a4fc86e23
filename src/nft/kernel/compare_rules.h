// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of one chain, wanted and present. Inside module nft only.
#pragma once

#include "compare.h"

struct rule_changes {
    VEC_FIELDS(struct nft_rule_change);
};

// Appends the rules that were added and removed, in the order of the chains. Either chain may be
// NULL. False when the two are the same; rules that only changed places may be listed as removed
// here and added there. `scratch` is left as it was.
bool compare_rules(struct arena *arena, struct arena *scratch, const struct chain *wanted,
                   const struct kernel_chain *kernel, struct rule_changes *ret);
