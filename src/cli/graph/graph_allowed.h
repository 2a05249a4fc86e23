// SPDX-License-Identifier: GPL-2.0-or-later
// polc graph --allowed: what the policies of the run allow, as far as the command line asks for it.
#pragma once

#include "cli.h"

#include <polc/graph.h>

// Of run->plan; those that the filter of --where matches.
const struct graph_allowed *graph_allowed_find(struct run *run, enum graph_level level);
// Says what is not in it.
void graph_allowed_notes(const struct run *run, const struct graph_allowed *allowed);
