// SPDX-License-Identifier: GPL-2.0-or-later
// The plan of all nodes against those of each node.
#pragma once

#include "build.h"
#include "probe.h"

#include <polc/dns.h>

struct everywhere {
    struct flow_evaluator *all, *other; // NULL: nothing to compare
    const struct plan *other_plan;
};

// False when the case has something that makes nodes differ.
bool everywhere_make(struct arena *arena, const struct test_case *test_case,
                     struct everywhere *ret);
// As flow_evaluator_set_names, for all of its evaluators.
void everywhere_set_names(const struct everywhere *everywhere, const struct dns_book *book,
                          bool complete);
// NULL when they agree about a probe that node SCENE_NODE, with `plan`, allows or not.
const char *everywhere_compare(const struct everywhere *everywhere, const struct plan *plan,
                               const struct probe *probe, bool allowed_here);
