// SPDX-License-Identifier: GPL-2.0-or-later
// Tiers, policies and profiles in their order, as semantics.md 5.2 has it; the steps are noted for who wants to see them.
#include "internal.h"

struct walk {
    const struct plan *plan;
    const struct plan_class *class;
    const struct flow *flow;
    const struct known_names *names;
    enum walk_mode mode;
    struct recorder *recorder;
    bool *maybe; // see struct decision
};

static void note(const struct walk *walk, struct flow_step step)
{
    bool hit = step.result != FLOW_STEP_NO_MATCH;
    if (walk->recorder != NULL && (hit || !walk->recorder->hits_only)) {
        vec_push(walk->recorder->arena, walk->recorder->steps, step);
    }
}

static void note_rule(const struct walk *walk, int32_t tier, const struct plan_policy *policy,
                      const struct plan_rule *rule, enum mismatch mismatch)
{
    static const uint8_t results[] = {[PLAN_ALLOW] = FLOW_STEP_ALLOW,
                                      [PLAN_DENY] = FLOW_STEP_DENY,
                                      [PLAN_LOG] = FLOW_STEP_LOG,
                                      [PLAN_PASS] = FLOW_STEP_PASS};
    _Static_assert(ARRAY_COUNT(results) == PLAN_ACTION_COUNT, "one result per action");
    note(walk, (struct flow_step){
                   .result = mismatch == MISMATCH_NONE    ? results[rule->action]
                             : mismatch == MISMATCH_MAYBE ? (uint8_t)FLOW_STEP_MAYBE
                                                          : (uint8_t)FLOW_STEP_NO_MATCH,
                   .reason = FLOW_BY_RULE,
                   .tier = tier,
                   .policy = policy,
                   .rule = rule,
                   .loc = rule->loc.line > 0 ? rule->loc : policy->loc,
               });
}

// The first rule that matches and decides, or NULL.
static const struct plan_rule *walk_policy(const struct walk *walk, int32_t tier,
                                           const struct plan_policy *policy)
{
    const struct plan_rules *rules = &policy->rules[walk->class->direction];
    bool deciding = !policy->staged || walk->mode == WALK_PENDING;
    bool source;
    for (size_t i = 0; i < rules->count; i++) {
        const struct plan_rule *rule = &rules->items[i];
        enum mismatch mismatch =
            match_rule(walk->plan, &rule->match, walk->flow, walk->names, &source);
        note_rule(walk, tier, policy, rule, mismatch);
        if (mismatch == MISMATCH_NONE && rule->action != PLAN_LOG) {
            return rule;
        }
        *walk->maybe |= mismatch == MISMATCH_MAYBE && deciding;
    }
    if (rules->count == 0) {
        note(walk, (struct flow_step){.result = FLOW_STEP_NO_MATCH,
                                      .reason = FLOW_BY_RULE,
                                      .tier = tier,
                                      .policy = policy,
                                      .loc = policy->loc});
    }
    return NULL;
}

static struct decision by_rule(const struct plan_rule *rule)
{
    uint8_t outcome = rule->action == PLAN_ALLOW  ? OUTCOME_ALLOW
                      : rule->action == PLAN_DENY ? OUTCOME_DENY
                                                  : OUTCOME_CONTINUE;
    return (struct decision){.outcome = outcome, .reason = FLOW_BY_RULE};
}

// The end of a tier names the last enforced policy, in a pending trace the first one (semantics.md 9.4).
static struct decision end_of_tier(const struct walk *walk, uint32_t number,
                                   const struct plan_policy *first,
                                   const struct plan_policy *last_enforced)
{
    const struct plan_tier *tier = &walk->plan->tiers.items[number];
    bool pass =
        tier->pass || walk->class->stage == PLAN_PREDNAT || walk->class->stage == PLAN_UNTRACKED;
    const struct plan_policy *policy = walk->mode == WALK_PENDING ? first : last_enforced;
    note(walk, (struct flow_step){.result = pass ? FLOW_STEP_PASS : FLOW_STEP_DENY,
                                  .reason = FLOW_BY_TIER_END,
                                  .tier = (int32_t)number,
                                  .policy = policy,
                                  .loc = policy->loc});
    return (struct decision){.outcome = pass ? OUTCOME_CONTINUE : OUTCOME_DENY,
                             .reason = FLOW_BY_TIER_END};
}

// A tier of nothing but staged policies decides nothing, but in the view of all a staged one that does not match shows.
static void note_staged_end(const struct walk *walk, uint32_t tier,
                            const struct plan_policy *policy)
{
    note(walk, (struct flow_step){.result = FLOW_STEP_DENY,
                                  .reason = FLOW_BY_TIER_END,
                                  .tier = (int32_t)tier,
                                  .policy = policy,
                                  .loc = policy->loc});
}

static struct decision walk_tier(const struct walk *walk, const struct plan_class_tier *tier)
{
    const struct plan_policy *first = NULL;
    const struct plan_policy *last_enforced = NULL;
    for (size_t i = 0; i < tier->policies.count; i++) {
        const struct plan_policy *policy = &walk->plan->policies.items[tier->policies.items[i]];
        if (policy->staged && walk->mode == WALK_ENFORCED) {
            continue;
        }
        first = first != NULL ? first : policy;
        last_enforced = policy->staged ? last_enforced : policy;
        const struct plan_rule *rule = walk_policy(walk, (int32_t)tier->tier, policy);
        if (policy->staged && walk->mode == WALK_ALL) {
            if (rule == NULL && !tier->enforced) {
                note_staged_end(walk, tier->tier, policy);
            }
        } else if (rule != NULL) {
            return by_rule(rule);
        }
    }
    bool takes_part = tier->enforced || walk->mode == WALK_PENDING;
    return takes_part && first != NULL
               ? end_of_tier(walk, tier->tier, first, last_enforced)
               : (struct decision){.outcome = OUTCOME_CONTINUE, .reason = FLOW_BY_FALL_THROUGH};
}

static struct decision walk_profiles(const struct walk *walk)
{
    for (size_t i = 0; i < walk->class->profiles.count; i++) {
        const struct plan_policy *profile =
            &walk->plan->profiles.items[walk->class->profiles.items[i]];
        if (profile->missing) {
            note(walk, (struct flow_step){.result = FLOW_STEP_DENY,
                                          .reason = FLOW_BY_NO_PROFILE,
                                          .tier = -1,
                                          .policy = profile,
                                          .loc = profile->loc});
            return (struct decision){.outcome = OUTCOME_DENY, .reason = FLOW_BY_NO_PROFILE};
        }
        const struct plan_rule *rule = walk_policy(walk, -1, profile);
        if (rule != NULL && rule->action != PLAN_PASS) {
            return by_rule(rule);
        }
    }
    note(walk,
         (struct flow_step){.result = FLOW_STEP_DENY, .reason = FLOW_BY_NO_PROFILE, .tier = -1});
    return (struct decision){.outcome = OUTCOME_DENY, .reason = FLOW_BY_NO_PROFILE};
}

static struct decision walk_tiers(const struct walk *walk)
{
    const struct plan_class *class = walk->class;
    for (size_t i = 0; i < class->tiers.count; i++) {
        const struct plan_class_tier *tier = &class->tiers.items[i];
        if (!tier->enforced && walk->mode == WALK_ENFORCED) {
            continue;
        }
        struct decision decision = walk_tier(walk, tier);
        if (decision.outcome != OUTCOME_CONTINUE) {
            return decision;
        }
    }
    return class->stage == PLAN_NORMAL
               ? walk_profiles(walk)
               : (struct decision){.outcome = OUTCOME_CONTINUE, .reason = FLOW_BY_FALL_THROUGH};
}

struct decision walk_class(const struct plan *plan, const struct plan_class *class,
                           const struct flow *flow, const struct known_names *names,
                           enum walk_mode mode, struct recorder *recorder)
{
    bool maybe = false;
    struct walk walk = {plan, class, flow, names, mode, recorder, &maybe};
    struct decision decision = walk_tiers(&walk);
    decision.maybe = maybe;
    return decision;
}

void walk_as_pending(const struct plan *plan, const struct plan_class *class,
                     const struct flow_steps *enforced, struct recorder *recorder)
{
    size_t tier = 0;
    for (size_t i = 0; i < enforced->count; i++) {
        struct flow_step step = enforced->items[i];
        if (step.reason == FLOW_BY_TIER_END) {
            while (class->tiers.items[tier].tier != (uint32_t)step.tier) {
                tier++;
            }
            step.policy = &plan->policies.items[class->tiers.items[tier].policies.items[0]];
            step.loc = step.policy->loc;
        }
        vec_push(recorder->arena, recorder->steps, step);
    }
}
