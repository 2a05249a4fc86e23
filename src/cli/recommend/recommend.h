// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of `polc recommend` share.
#pragma once

#include "cli.h"

#include <polc/recommend.h>

struct recommendation {
    struct run *run;
    struct recommend *recommend;
    struct recommend_policies policies;
    size_t text_count;     // sources of the run that are the input
    struct arena *scratch; // left as it was
};

// ---- recommend_proof.c ----------------------------------------------------------------------------------------------

// Builds the policies, loads them back with the input, and leaves out the flows that would be denied, until none is.
// Returns an exit code.
int recommend_settle(struct recommendation *all);
// Prints what lint says of the policies; most often nothing.
int recommend_lint(struct recommendation *all);
bool recommend_needs_tier(const struct recommendation *all, bool hosts);

// ---- recommend_print.c ----------------------------------------------------------------------------------------------

void recommend_print_yaml(const struct recommendation *all);
// A file for each object; an exit code.
int recommend_write_files(const struct recommendation *all, const char *directory);
void recommend_print_json(const struct recommendation *all);
// On stderr: what each policy rests on, who gets none, and which flows are left out.
void recommend_print_summary(const struct recommendation *all);
