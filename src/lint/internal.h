// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module lint share.
#pragma once

#include <polc/lint.h>

struct lint {
    struct arena *arena; // scratch; what a finding says is copied
    struct diags *diags;
    const struct resources *resources;
    const struct model *model;
    const struct plan *plan;
    const char *paths;
    const char *node; // that polc runs on, or NULL
    const struct lint_published *published;
    size_t published_count;
    struct strmap *policies; // id -> const struct model_policy *
};

// ---- text.c ---------------------------------------------------------------------------------------------------

const char *lint_object_text(const struct lint *lint,
                             const struct res_meta *meta); // "NetworkPolicy shop/web"
const char *lint_policy_text(const struct lint *lint, const struct plan_policy *policy); // the same
// The policy as it was written, or NULL.
const struct model_policy *lint_written(const struct lint *lint, const struct plan_policy *policy);
const char *lint_direction_text(int direction); // "ingress", "egress"
// "ingress rule 3"
const char *lint_rule_text(const struct lint *lint, int direction, size_t index);
// "a", "a and b", "a, b and c", "a, b and 7 more"
const char *lint_list_text(const struct lint *lint, const char *const *items, size_t count);

// ---- rule_key.c -----------------------------------------------------------------------------------------------

const char *lint_rule_key(const struct lint *lint, const struct res_rule *rule);

// ---- the checks, one file for each group ------------------------------------------------------------------------

void lint_annotations(const struct lint *lint);
void lint_types(const struct lint *lint);
void lint_scope(const struct lint *lint);
void lint_selectors(const struct lint *lint);
void lint_tiers(const struct lint *lint);
void lint_cidrs(const struct lint *lint);
void lint_domains(const struct lint *lint);

struct judge; // see judge.h
void lint_shadow(const struct lint *lint, struct judge *judge);
void lint_hosts(const struct lint *lint, struct judge *judge);
void lint_reach(const struct lint *lint, struct judge *judge);
