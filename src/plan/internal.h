// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module plan share.
#pragma once

#include <polc/plan.h>
#include <polc/resolve.h>

// Copies a rule list into the plan; rules that can match in no family are left out, indexes stay.
void plan_rules_build(struct arena *arena, const struct model_rule *rules, size_t count,
                      struct plan_rules *ret);

// Endpoints of the node and their classes. `policy_numbers` maps a policy of the model to one of the plan.
void plan_endpoints_build(struct arena *arena, const struct model *model,
                          const uint32_t *policy_numbers, struct plan *plan);

// What flow logs call endpoints and network sets.
void plan_names_build(struct arena *arena, const struct model *model, struct plan *plan);
