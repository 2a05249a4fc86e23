// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the groups of checks. None depends on another; their findings are sorted by place in the end.
#include "judge.h"

#define SCRATCH_LIMIT ((size_t)4 << 30)

void lint(struct diags *diags, const struct lint_input *input)
{
    struct arena *arena = arena_new(SCRATCH_LIMIT);
    struct lint lint = {
        .arena = arena,
        .diags = diags,
        .resources = input->resources,
        .model = input->model,
        .plan = input->plan,
        .paths = input->paths,
        .node = input->node,
        .published = input->published,
        .published_count = input->published_count,
        .policies = strmap_new(arena),
    };
    for (size_t i = 0; i < input->model->policies.count; i++) {
        struct model_policy *policy = &input->model->policies.items[i];
        strmap_put(lint.policies, policy->id, policy);
    }
    lint_annotations(&lint);
    lint_types(&lint);
    lint_tiers(&lint);
    lint_cidrs(&lint);
    lint_domains(&lint);
    if (lint.model->endpoints.count + lint.model->hosts.count > 0) {
        lint_scope(&lint);
        lint_selectors(&lint);
    } else {
        diag_report(diags, DIAG_L100, LOC_NONE,
                    "the input has no endpoint, so what selectors match was not looked at");
    }
    struct arena *judged = arena_new(SCRATCH_LIMIT);
    struct judge *judge = judge_new(judged, &lint);
    lint_shadow(&lint, judge);
    lint_hosts(&lint, judge);
    lint_reach(&lint, judge);
    arena_free(judged);
    arena_free(arena);
}
