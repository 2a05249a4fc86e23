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
    const struct dns_book *book; // the names of the scene
    // What the domain sets hold, of the ruleset and of the promoted one, when their addresses are known.
    struct nft_domain_elements elements, promoted_elements;
    bool names; // they are known; without, no name has an address
};

// Builds the case for the node of the scene. False when the directory is not valid; see build_case().
bool subject_make(struct arena *arena, const struct test_case *test_case, struct subject *ret,
                  FILE *errors);

// What names the scene has: from now on, their addresses, or none.
void subject_set_names(struct subject *subject, bool known);

// NULL when the two agree about the probe, else what is wrong, in a few words.
// With no address known, and with all of them.
const char *subject_compare(struct subject *subject, const struct probe *probe);

// Both explanations, for a person.
void subject_explain(const struct subject *subject, const struct probe *probe, FILE *out);

// Whether any policy is asked before connection tracking.
bool plan_has_untracked(const struct plan *plan);

// What the simulator says.
enum sim_verdict subject_simulate(const struct subject *subject, const struct probe *probe,
                                  uint32_t ct_state, struct sim *sim);
