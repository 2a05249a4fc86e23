// SPDX-License-Identifier: GPL-2.0-or-later
// A case through the pipeline, in this process.
#pragma once

#include "case.h"

#include <polc/nft.h>
#include <polc/resource.h>

enum { BUILD_PASSES = 4 };

struct built {
    const struct resources *resources;
    const struct plan *plan;
    const struct nft_ruleset *ruleset; // NULL without a node
    // The same by fewer passes of the optimizer: by none, and by each alone.
    const struct nft_ruleset *by_pass[BUILD_PASSES];
};

// From the texts to the plan of a node (NULL: of all) and its ruleset. False when the directory is not valid: then
// `errors`, if not NULL, gets the diagnostics.
bool build_case(struct arena *arena, const struct test_case *test_case, const char *node,
                struct built *ret, FILE *errors);
