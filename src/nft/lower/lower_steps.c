// SPDX-License-Identifier: GPL-2.0-or-later
// The steps of policies, and what their rules are called.
#include "lower.h"

enum {
    LIST_MAX = 32
}; // characters of a list of indexes; what is in the middle of a longer one is left out

const struct plan_steps *lower_steps(struct lower *lower, const struct plan_policy *policy,
                                     int direction)
{
    const struct plan *plan = lower->plan;
    bool profile = plan->profiles.count > 0 && policy >= plan->profiles.items &&
                   policy < plan->profiles.items + plan->profiles.count;
    size_t number = profile ? plan->policies.count + (size_t)(policy - plan->profiles.items)
                            : (size_t)(policy - plan->policies.items);
    struct plan_steps **cached = &lower->step_cache[number * PLAN_DIRECTIONS + (size_t)direction];
    if (*cached == NULL) {
        *cached = arena_new_of(lower->arena, struct plan_steps);
        **cached = plan_steps(lower->arena, lower->scratch, plan, policy, direction, lower->passes);
    }
    return *cached;
}

struct loc step_loc(const struct plan_policy *policy, int direction, const struct plan_step *step)
{
    return policy->rules[direction].items[step->sources.items[0]].loc;
}

// Adds "5" or "5-7" to a list.
static void add_range(struct strbuf *list, uint32_t first, uint32_t last)
{
    strbuf_addf(list, "%s%u", list->length > 0 ? "," : "", first);
    if (last != first) {
        strbuf_addf(list, "-%u", last);
    }
}

const char *step_comment(const struct lower *lower, const struct plan_policy *policy, int direction,
                         const struct plan_step *step, int action)
{
    const struct plan_rule *rules = policy->rules[direction].items;
    struct strbuf list = {.arena = lower->arena};
    const struct plan_rule *first = NULL;
    uint32_t start = 0, end = 0;
    bool cut = false;
    for (size_t i = 0; i < step->sources.count; i++) {
        const struct plan_rule *rule = &rules[step->sources.items[i]];
        if (action >= 0 && rule->action != action) {
            continue;
        }
        if (first == NULL) {
            first = rule;
            start = rule->index;
        } else if (rule->index != end + 1 && !cut) {
            add_range(&list, start, end);
            start = rule->index;
            cut = list.length > LIST_MAX;
        }
        end = rule->index;
    }
    if (cut) {
        strbuf_addf(&list, "..%u", end);
    } else {
        add_range(&list, start, end);
    }
    return rule_comment(lower, policy->id, direction, strbuf_text(&list),
                        first != NULL ? first->loc : LOC_NONE);
}
