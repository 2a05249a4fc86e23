// SPDX-License-Identifier: GPL-2.0-or-later
// The policies of verbs that look at what is live: those of PATH, else those of the loaded generation.
#pragma once

#include "cli.h"

// Fills in run->plan, and run->sources for the places in it. Without a PATH the plan is that of the generation that the
// kernel's table names, with a note when its files have changed since. `needed`: without such a generation the run ends;
// else run->plan stays NULL. Returns an exit code, and has said why.
int live_policies(struct run *run, bool needed);

// The number of the generation that the kernel's table names; 0 when there is none or it cannot be read.
uint32_t live_generation(struct run *run, struct arena *arena);

// For verbs that need the files: without a PATH, those that the loaded generation was made from, if that is known.
void live_take_roots(struct run *run);
