// SPDX-License-Identifier: GPL-2.0-or-later
// What the codec of the plan is made of: the table of its fields, and the check of what was read.
#pragma once

#include <polc/base/record.h>
#include <polc/plan.h>

extern const struct record plan_record, plan_origin_record;

// Whether all references, numbers of kinds and sets of a plan that was read are in order, so that whoever works on it
// may rely on them. NULL, or what is not. `scratch` is left as it was.
const char *plan_check(struct arena *scratch, const struct plan *plan, size_t source_count);
