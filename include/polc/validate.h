// SPDX-License-Identifier: GPL-2.0-or-later
// Module validate: what is wrong (errors) and what is suspicious (warnings) in decoded resources. Changes nothing.
#pragma once

#include <polc/resource.h>

// Checks every object alone (semantics.md 1) and against the others: duplicates, tiers that do not exist,
// addresses claimed twice on one node, profiles that do not exist (a warning).
void validate(struct arena *arena, struct diags *diags, const struct resources *resources);
