// SPDX-License-Identifier: GPL-2.0-or-later
// Which names of domains rules allow in one plan and not in the other. What addresses they have no plan knows, so they are
// no traffic that could be compared.
#include "diff.h"

// What a rule allows by name, with all that it asks for besides.
struct grant {
    const struct plan_policy *policy;
    const struct plan_rule *rule;
    const char *pattern;
};

static void collect_rules(struct arena *arena, const struct plan *plan,
                          const struct plan_policy *policy, struct strmap *ret)
{
    for (size_t i = 0; i < policy->rules[PLAN_OUT].count; i++) {
        const struct plan_rule *rule = &policy->rules[PLAN_OUT].items[i];
        struct plan_rule rest = *rule;
        if (rule->match.destination.domains < 0) {
            continue;
        }
        const struct plan_domains *domains = &plan->domains.items[rule->match.destination.domains];
        rest.match.destination.domains = rest.match.destination.ipset = -1;
        const char *key =
            arena_printf(arena, "%s %s", policy->id, diff_rule_text(arena, plan, &rest));
        for (size_t j = 0; j < domains->count; j++) {
            struct grant *grant = arena_new_of(arena, struct grant);
            *grant = (struct grant){policy, rule, domains->patterns[j]};
            strmap_put(ret, arena_printf(arena, "%s %s", domains->patterns[j], key), grant);
        }
    }
}

static struct strmap *collect(struct arena *arena, const struct plan *plan)
{
    struct strmap *grants = strmap_new(arena);
    for (size_t i = 0; plan->domains.count > 0 && i < plan->policies.count; i++) {
        collect_rules(arena, plan, &plan->policies.items[i], grants);
    }
    for (size_t i = 0; plan->domains.count > 0 && i < plan->profiles.count; i++) {
        collect_rules(arena, plan, &plan->profiles.items[i], grants);
    }
    return grants;
}

// What `has` has and `lacks` has not.
static void add_missing(const struct diff *diff, struct run *side, const struct strmap *has,
                        const struct strmap *lacks, enum traffic_change change,
                        struct diff_names *ret)
{
    struct arena *arena = diff->run->arena;
    void *cursor = NULL, *value;
    const char *key;
    while (strmap_next(has, &cursor, &key, &value)) {
        const struct grant *grant = value;
        if (strmap_get(lacks, key) != NULL) {
            continue;
        }
        const char *policy = flow_policy_name(arena, side->plan, grant->policy);
        struct loc loc = grant->rule->loc;
        loc.column = 0;
        vec_push(arena, ret,
                 (struct diff_name){.change = (uint8_t)change,
                                    .pattern = grant->pattern,
                                    .service = diff_match_text(arena, &grant->rule->match),
                                    .policy = safe_text(arena, policy),
                                    .rule = grant->rule->index,
                                    .place = loc_text(arena, side->sources, loc)});
        ret->counts[change]++;
    }
}

static int compare_names(const void *a, const void *b)
{
    const struct diff_name *left = a, *right = b;
    int order = left->change != right->change ? left->change - right->change
                                              : strcmp(left->pattern, right->pattern);
    order = order != 0 ? order : strcmp(left->policy, right->policy);
    return order != 0 ? order : (left->rule > right->rule) - (left->rule < right->rule);
}

struct diff_names diff_names(const struct diff *diff)
{
    struct diff_names names = {0};
    const struct strmap *old = collect(diff->run->arena, diff->before->plan);
    const struct strmap *new = collect(diff->run->arena, diff->after->plan);
    add_missing(diff, diff->after, new, old, TRAFFIC_OPENED, &names);
    add_missing(diff, diff->before, old, new, TRAFFIC_CLOSED, &names);
    vec_sort(&names, compare_names);
    return names;
}
