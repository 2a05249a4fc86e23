// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that add nothing to those in front of them: a network set inside a larger one, an address of a set. Exact: a rule
// goes only when every packet that it allows is allowed already.
#include "internal.h"

#include <polc/space.h>

enum { BUDGET = 1000 * 1000, FAMILIES = 2 };

// What each rule of a policy and direction allows: for certain, and at most, which is more where a rule has names.
struct allowed {
    struct region by_family[FAMILIES], at_most[FAMILIES];
};

struct work {
    struct arena *arena;
    const struct plan *plan;
    struct space *space;
    struct matcher *matcher;
    struct budget budget;
};

static const struct plan_policy *find_policy(const struct work *work,
                                             const struct recommend_policy *policy)
{
    const char *name = proof_name(work->arena, policy);
    for (size_t i = 0; i < work->plan->policies.count; i++) {
        const struct plan_policy *other = &work->plan->policies.items[i];
        if (texts_equal(other->ns, policy->subject->ns) && strcmp(other->name, name) == 0) {
            return other;
        }
    }
    return NULL;
}

// Of the addresses that those have whom the policy is for; of a host nobody knows them all.
static uint8_t families_of(const struct recommend *run, const struct recommend_subject *subject)
{
    uint8_t families = subject->scope == RECOMMEND_HOST ? PLAN_BOTH : 0;
    for (size_t i = 0; subject->scope != RECOMMEND_HOST && i < subject->endpoints.count; i++) {
        const struct res_nets *nets =
            &run->model->endpoints.items[subject->endpoints.items[i]].res->addresses;
        for (size_t j = 0; j < nets->count; j++) {
            families |= nets->items[j].cidr.addr.family == IP_V4 ? PLAN_V4 : PLAN_V6;
        }
    }
    return families;
}

// By the positions of rules; one that can match nothing is not in the plan.
static struct allowed *find_allowed(struct work *work, const struct plan_rules *rules, size_t count,
                                    uint8_t wanted)
{
    static const uint8_t families[FAMILIES][2] = {{IP_V4, PLAN_V4}, {IP_V6, PLAN_V6}};
    struct allowed *ret = arena_array_of(work->arena, struct allowed, count);
    for (size_t i = 0; i < rules->count; i++) {
        const struct plan_rule *rule = &rules->items[i];
        for (int j = 0; j < FAMILIES && rule->index < count; j++) {
            if (rule->match.families & families[j][1] & wanted) {
                struct allowed *allowed = &ret[rule->index];
                allowed->by_family[j] = match_region(work->matcher, &rule->match, families[j][0]);
                allowed->at_most[j] =
                    match_region_at_most(work->matcher, &rule->match, families[j][0]);
            }
        }
    }
    return ret;
}

// Cuts out of a rule what the earlier ones allow. Returns the first of these that had a part in it, when nothing is left;
// else the rule itself.
static size_t find_cover(struct work *work, struct allowed *all, const bool *dropped, size_t rule)
{
    struct allowed left = {0};
    size_t cover = rule;
    for (int j = 0; j < FAMILIES; j++) {
        for (size_t i = 0; i < all[rule].at_most[j].count; i++) {
            vec_push(work->arena, &left.by_family[j], all[rule].at_most[j].items[i]);
        }
        for (size_t i = 0; i < rule && left.by_family[j].count > 0; i++) {
            if (!dropped[i] &&
                region_cut_all(work->space, work->arena, &work->budget, &left.by_family[j],
                               &all[i].by_family[j], NULL) &&
                i < cover) {
                cover = i;
            }
        }
    }
    return left.by_family[0].count + left.by_family[1].count > 0 ? rule : cover;
}

static void simplify(struct recommend *run, struct recommend_policy *policy, int direction,
                     const struct plan *after)
{
    struct work work = {run->scratch, after, space_new(run->scratch), NULL, {BUDGET}};
    work.matcher = matcher_new(run->scratch, work.space, after);
    const struct plan_policy *proved = find_policy(&work, policy);
    size_t count = policy->rules[direction].count, kept = 0;
    if (proved == NULL) {
        return; // it governs nothing that is looked at
    }
    struct recommend_rule *rules = policy->rules[direction].items;
    struct allowed *all =
        find_allowed(&work, &proved->rules[direction], count, families_of(run, policy->subject));
    bool *dropped = arena_array_of(run->scratch, bool, count);
    for (size_t i = 0; i < count; i++) {
        size_t cover = find_cover(&work, all, dropped, i);
        dropped[i] = cover != i;
        for (size_t j = 0; dropped[i] && j < rules[i].evidence.count; j++) {
            vec_push(run->arena, &rules[cover].evidence, rules[i].evidence.items[j]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!dropped[i]) {
            rules[kept++] = rules[i];
        }
    }
    policy->rules[direction].count = kept;
}

void recommend_simplify(struct recommend *run, struct recommend_policies *policies,
                        const struct plan *after)
{
    for (size_t i = 0; i < policies->count; i++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            struct arena_mark mark = arena_mark(run->scratch);
            simplify(run, &policies->items[i], direction, after);
            arena_rewind(run->scratch, mark);
        }
    }
}
