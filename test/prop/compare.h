// SPDX-License-Identifier: GPL-2.0-or-later
// The evaluator on the plan against the simulator on the ruleset, for one case and one node.
#pragma once

#include "build.h"
#include "everywhere.h"
#include "probe.h"
#include "ref.h"
#include "sim.h"

struct subject {
    struct arena *arena;
    const struct plan *plan;
    const struct nft_ruleset *ruleset;
    struct flow_evaluator *evaluator;
    struct ref ref;
    struct everywhere everywhere;
    const struct nft_ruleset *by_pass[BUILD_PASSES];
    const struct nft_ruleset
        *promoted; // with every staged policy enforced; NULL: there is none, or not valid
};

// Builds the case for the node of the scene. False when the directory is not valid; see build_case().
bool subject_make(struct arena *arena, const struct test_case *test_case, struct subject *ret,
                  FILE *errors);

// NULL when the two agree about the probe, else what is wrong, in a few words.
const char *subject_compare(const struct subject *subject, const struct probe *probe);

// Both explanations, for a person.
void subject_explain(const struct subject *subject, const struct probe *probe, FILE *out);

// Whether any policy is asked before connection tracking.
bool plan_has_untracked(const struct plan *plan);

// What the simulator says.
enum sim_verdict subject_simulate(const struct subject *subject, const struct probe *probe,
                                  uint32_t ct_state, struct sim *sim);
