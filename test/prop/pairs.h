// SPDX-License-Identifier: GPL-2.0-or-later
// Random pairs of policy directories, for what compares two plans: case N of a seed is that of prop_simulate, and its other
// directory a mutation of it.
#pragma once

#include "cases.h"

#include <polc/traffic.h>

struct pair {
    struct arena *arena;
    const struct plan *plans[2];
    struct flow_evaluator *evaluators[2];
    const struct traffic_diff *diff;
    bool all_nodes, staged; // staged: every staged policy counts as enforced
    uint64_t seed, number;
};

// Whether the diff leaves the flow alone: its way depends on an interface that is not known.
bool pair_undecided(const struct pair *pair, const struct flow *flow);
const char *pair_flow_text(struct arena *arena, const struct flow *flow);

// Looks at a pair: NULL, or what is wrong. `context` is the caller's.
typedef const char *pair_check(const struct pair *pair, void *context);

struct pairs {
    pair_check *check;
    void *context;
    bool never_staged;
    size_t count, same, failures; // `same`: pairs without a change of traffic
};
// Runs the cases; shrinks and prints those that fail, and ends after a few.
void pairs_run(struct pairs *pairs, const struct cases *cases);
