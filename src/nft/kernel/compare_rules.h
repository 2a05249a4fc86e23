// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of one chain, wanted and present. Inside module nft only.
#pragma once

#include "compare.h"

// One step from the kernel's rules to the wanted ones.
struct rule_step {
    bool
        added; // a wanted rule that the kernel has not; else one of the kernel's that is not wanted
    size_t index; // in its chain
    size_t gap;   // rules that both have before it; GAP_UNKNOWN when the order was not compared
};
#define GAP_UNKNOWN SIZE_MAX

struct rule_steps {
    VEC_FIELDS(struct rule_step);
};

// Appends the steps, in the order of the chains. Either chain may be NULL. False when the two are
// the same; rules that only changed places may be listed as removed here and added there. `scratch`
// is left as it was.
bool compare_rules(struct arena *arena, struct arena *scratch, const struct chain *wanted,
                   const struct kernel_chain *kernel, struct rule_steps *ret);
