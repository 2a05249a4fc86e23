// SPDX-License-Identifier: GPL-2.0-or-later
// Tiers that are armed by nothing but Log rules: everything meets the deny at their end (L201).
#include "internal.h"

struct armed {
    const struct plan_policy *policy;
    const struct plan_rule *log; // the first Log rule; NULL: something decides, or nothing logs
};

// The first Log rule of the enforced policies, if nothing else stands in them.
static struct armed only_logs(const struct plan *plan, const struct plan_class_tier *tier,
                              int direction)
{
    struct armed ret = {0};
    for (size_t i = 0; i < tier->policies.count; i++) {
        const struct plan_policy *policy = &plan->policies.items[tier->policies.items[i]];
        const struct plan_rules *rules = &policy->rules[direction];
        for (size_t j = 0; j < rules->count && !policy->staged; j++) {
            if (rules->items[j].action != PLAN_LOG) {
                return (struct armed){0};
            }
            ret = ret.log != NULL ? ret : (struct armed){policy, &rules->items[j]};
        }
    }
    return ret;
}

struct names {
    VEC_FIELDS(const char *);
};

static struct names members(const struct lint *lint, uint32_t class)
{
    const struct plan *plan = lint->plan;
    struct names ret = {0};
    const struct plan_class *info = &plan->classes.items[class];
    for (size_t i = 0; i < plan->endpoints.count && !info->host; i++) {
        if (plan->endpoints.items[i].classes[info->direction] == class) {
            vec_push(lint->arena, &ret, plan->endpoints.items[i].id);
        }
    }
    for (size_t i = 0; i < plan->hosts.count && info->host; i++) {
        if (plan->hosts.items[i].classes[info->stage][info->direction] == class) {
            vec_push(lint->arena, &ret, plan->hosts.items[i].id);
        }
    }
    return ret;
}

static void report(const struct lint *lint, uint32_t class, const struct plan_class_tier *tier,
                   const struct armed *armed)
{
    int direction = lint->plan->classes.items[class].direction;
    const char *name = lint->plan->tiers.items[tier->tier].name;
    struct names names = members(lint, class);
    struct diag *diag = diag_report(lint->diags, DIAG_L201, armed->log->loc,
                                    "tier \"%s\" denies all %s: its policies only log", name,
                                    lint_direction_text(direction));
    diag_label(diag, "%s of %s", lint_rule_text(lint, direction, armed->log->index),
               lint_policy_text(lint, armed->policy));
    diag_related(diag, LOC_NONE, "no rule decides for %s, so the end of the tier does",
                 lint_list_text(lint, names.items, names.count));
    diag_hint(diag, "- action: Pass      (as the last %s rule)", lint_direction_text(direction));
    diag_key(diag, "%s %s", lint_direction_text(direction), name);
}

void lint_tiers(const struct lint *lint)
{
    const struct plan *plan = lint->plan;
    for (size_t i = 0; i < plan->classes.count; i++) {
        const struct plan_class *class = &plan->classes.items[i];
        bool passes = class->stage == PLAN_PREDNAT || class->stage == PLAN_UNTRACKED;
        for (size_t j = 0; j < class->tiers.count && !passes; j++) {
            const struct plan_class_tier *tier = &class->tiers.items[j];
            struct armed armed = only_logs(plan, tier, class->direction);
            if (armed.log != NULL && !plan->tiers.items[tier->tier].pass) {
                report(lint, (uint32_t)i, tier, &armed);
            }
        }
    }
}
