// SPDX-License-Identifier: GPL-2.0-or-later
// Breaks a ruleset in one place, to prove that the comparison would notice.
#pragma once

#include "rng.h"
#include "ruleset.h"

// Changes this rule in place: its verdict, a match, or its presence. Gives a description, or NULL when it has nothing of
// that kind.
const char *mutate_rule(struct arena *arena, struct rng *rng, struct nft_ruleset *ruleset,
                        const struct rule *rule);
