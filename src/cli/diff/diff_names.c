// SPDX-License-Identifier: GPL-2.0-or-later
// Which names of domains rules allow in one plan and not in the other. What addresses they have no plan knows, so they are
// no traffic that could be compared.
#include "diff.h"

// A rule with names.
struct grant {
    const struct plan_policy *policy;
    const struct plan_rule *rule;
    const struct plan_domains *domains;
};

// Those of one policy that ask for the same but for their names.
struct grants {
    VEC_FIELDS(struct grant);
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
        rest.match.destination.domains = rest.match.destination.ipset = -1;
        const char *key =
            arena_printf(arena, "%s %s", policy->id, diff_rule_text(arena, plan, &rest));
        struct grants *grants = strmap_put(ret, key, arena_new_of(arena, struct grants));
        vec_push(
            arena, grants,
            (struct grant){policy, rule, &plan->domains.items[rule->match.destination.domains]});
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

// Asked pattern by pattern, in order: lists are sorted, long, and in many rules. `at`: how far each of them was read.
static bool allows(const struct grants *grants, const char *pattern, size_t *at)
{
    bool found = false;
    for (size_t i = 0; grants != NULL && i < grants->count; i++) {
        const struct plan_domains *domains = grants->items[i].domains;
        int order = -1;
        while (at[i] < domains->count && (order = strcmp(domains->patterns[at[i]], pattern)) < 0) {
            at[i]++;
        }
        found |= order == 0;
    }
    return found;
}

static bool has_list(const struct grants *grants, const struct plan_domains *domains)
{
    for (size_t i = 0; grants != NULL && i < grants->count; i++) {
        if (strcmp(grants->items[i].domains->name, domains->name) == 0) {
            return true;
        }
    }
    return false;
}

static void add_grant(const struct diff *diff, struct run *side, const struct grant *grant,
                      const struct grants *other, enum traffic_change change,
                      struct diff_names *ret)
{
    struct arena *arena = diff->run->arena;
    const char *service = NULL, *policy = NULL, *place = NULL;
    if (has_list(other, grant->domains)) {
        return;
    }
    size_t *at = arena_array_of(arena, size_t, other != NULL ? other->count : 0);
    for (size_t i = 0; i < grant->domains->count; i++) {
        if (allows(other, grant->domains->patterns[i], at)) {
            continue;
        }
        if (service == NULL) {
            struct loc loc = grant->rule->loc;
            loc.column = 0;
            service = diff_match_text(arena, &grant->rule->match);
            policy = safe_text(arena, flow_policy_name(arena, side->plan, grant->policy));
            place = loc_text(arena, side->sources, loc);
        }
        vec_push(arena, ret,
                 (struct diff_name){.change = (uint8_t)change,
                                    .pattern = grant->domains->patterns[i],
                                    .service = service,
                                    .policy = policy,
                                    .rule = grant->rule->index,
                                    .place = place});
    }
}

// What `has` has and `lacks` has not.
static void add_missing(const struct diff *diff, struct run *side, const struct strmap *has,
                        const struct strmap *lacks, enum traffic_change change,
                        struct diff_names *ret)
{
    void *cursor = NULL, *value;
    const char *key;
    while (strmap_next(has, &cursor, &key, &value)) {
        const struct grants *grants = value;
        for (size_t i = 0; i < grants->count; i++) {
            add_grant(diff, side, &grants->items[i], strmap_get(lacks, key), change, ret);
        }
    }
}

static int compare_names(const void *a, const void *b)
{
    const struct diff_name *left = a, *right = b;
    int order = left->change != right->change ? left->change - right->change
                                              : strcmp(left->pattern, right->pattern);
    order = order != 0 ? order : strcmp(left->service, right->service);
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
    for (size_t i = 0; i < names.count; i++) {
        const struct diff_name *name = &names.items[i];
        bool again = i > 0 && name[-1].change == name->change &&
                     strcmp(name[-1].pattern, name->pattern) == 0;
        names.counts[name->change] += !again;
    }
    return names;
}

size_t diff_names_like(const struct diff_names *names, size_t first)
{
    const struct diff_name *name = &names->items[first];
    size_t end = first + 1;
    while (end < names->count && names->items[end].change == name->change &&
           strcmp(names->items[end].pattern, name->pattern) == 0 &&
           strcmp(names->items[end].service, name->service) == 0) {
        end++;
    }
    return end - first;
}

const char *diff_name_rule(struct arena *arena, const struct diff_name *name, size_t like)
{
    return like > 1 ? arena_printf(arena, "%s egress rule %u (+%zu rule%s)", name->policy,
                                   name->rule, like - 1, plural(like - 1))
                    : arena_printf(arena, "%s egress rule %u", name->policy, name->rule);
}
