// SPDX-License-Identifier: GPL-2.0-or-later
// Staged policies -> chains that count and decide nothing. A class with staged policies walks its tiers twice: first as if
// every staged policy were enforced (the pending view of semantics.md 9.4), then as they are enforced. The first walk covers
// the tiers from the first to the last that has a staged policy; what stands before them is the same in both.
//   pending chain  one per distinct list of tiers and policies. The class chain jumps to it, so that `return` ends the walk:
//                  that is Allow and Deny. Pass goes on with the chain of the tiers behind, by `goto`, so that `return` there
//                  ends the walk too. Therefore the policies cannot be chains of their own: all rules stand in it.
// Only rules of staged policies and the ends of their tiers count there.
#include "lower.h"

// Each Pass on the way enters a chain more. With a map's chain at the end, as deep as the rest of the way leaves room for.
enum { PENDING_GOTOS_MAX = 4 };

static const struct plan_policy *policy_of(const struct lower *lower,
                                           const struct plan_class_tier *tier, size_t index)
{
    return &lower->plan->policies.items[tier->policies.items[index]];
}

static bool tier_has_staged(const struct lower *lower, const struct plan_class_tier *tier)
{
    for (size_t i = 0; i < tier->policies.count; i++) {
        if (policy_of(lower, tier, i)->staged) {
            return true;
        }
    }
    return false;
}

static bool tier_has_pass(const struct lower *lower, const struct plan_class_tier *tier,
                          int direction)
{
    for (size_t i = 0; i < tier->policies.count; i++) {
        if (steps_have_pass(lower_steps(lower, policy_of(lower, tier, i), direction))) {
            return true;
        }
    }
    return false;
}

struct range lower_staged_range(const struct lower *lower, const struct plan_class *class)
{
    struct range range = {0};
    unsigned gotos = 0;
    for (size_t i = 0; i < class->tiers.count && gotos <= PENDING_GOTOS_MAX; i++) {
        const struct plan_class_tier *tier = &class->tiers.items[i];
        if (tier_has_staged(lower, tier)) {
            range.first = range.end == 0 ? i : range.first;
            range.end = i + 1;
        }
        gotos += range.end > 0 && tier_has_pass(lower, tier, class->direction);
    }
    return range;
}

static const char *pending_name(struct lower *lower, const struct plan_class *class,
                                struct range range)
{
    struct strbuf identity = {.arena = lower->arena};
    for (size_t i = range.first; i < range.end; i++) {
        const struct plan_class_tier *tier = &class->tiers.items[i];
        strbuf_addf(&identity, "%s:", lower->plan->tiers.items[tier->tier].name);
        for (size_t j = 0; j < tier->policies.count; j++) {
            strbuf_addf(&identity, "%s ", policy_of(lower, tier, j)->id);
        }
    }
    const char *prefix =
        arena_printf(lower->arena, "pending/%s/", direction_text(class->direction));
    return hashed_name(lower, prefix, strbuf_text(&identity));
}

// The name of the chain behind is that of its policies. A rule that counts must not have it, lest it begin at zero when
// another policy comes there: so one rule counts, as Log does, and the next one goes.
static void add_pass(struct lower *lower, struct chain *chain, const struct plan_policy *policy,
                     const struct path *path, const struct plan_step *step)
{
    struct plan_step *count = arena_new_of(lower->arena, struct plan_step);
    struct path go = *path;
    *count = *step;
    count->action = PLAN_LOG;
    go.uncounted = true;
    lower_step(lower, chain, policy, path, count);
    lower_step(lower, chain, policy, &go, step);
}

// Log is no verdict: only of a staged policy is it worth a rule, which counts.
static void add_policy(struct lower *lower, struct chain *chain, const struct plan_policy *policy,
                       const struct path *path)
{
    const struct plan_steps *steps = lower_steps(lower, policy, path->direction);
    for (size_t i = 0; i < steps->count; i++) {
        const struct plan_step *step = &steps->items[i];
        bool logs = step->kind != PLAN_STEP_MAP && step->action == PLAN_LOG;
        bool passes = step->kind != PLAN_STEP_MAP && step->action == PLAN_PASS;
        if (policy->staged && passes && path->pass != NULL) {
            add_pass(lower, chain, policy, path, step);
        } else if (policy->staged || !logs) {
            lower_step(lower, chain, policy, path, step);
        }
    }
}

static void add_end(struct lower *lower, struct chain *chain, const struct plan_tier *tier,
                    int direction)
{
    struct stmt stmts[] = {stmt_counter(), stmt_verdict(VERDICT_RETURN, NULL)};
    const char *id = arena_printf(lower->arena, "tier/%s", tier->name);
    const char *comment = rule_comment(lower, id, direction, "end", tier->loc);
    chain_add(lower, chain, stmts, ARRAY_COUNT(stmts), pending_comment(lower, comment), tier->loc);
}

const char *lower_staged(struct lower *lower, const struct plan_class *class, struct range range)
{
    const char *name = pending_name(lower, class, range);
    if (strmap_get(lower->chains, name) != NULL) {
        return name;
    }
    struct chain *chain = lower_chain(lower, name);
    for (size_t i = range.first; i < range.end; i++) {
        const struct plan_class_tier *tier = &class->tiers.items[i];
        const struct plan_tier *info = &lower->plan->tiers.items[tier->tier];
        bool last = i + 1 == range.end, ends = tier_denies_rest(info, class->stage);
        struct path path = {
            .direction = class->direction, .allow = PATH_PENDING, .suffix = "/pending"};
        if (!last && tier_has_pass(lower, tier, class->direction)) {
            path.pass = lower_staged(lower, class, (struct range){i + 1, range.end});
        }
        for (size_t j = 0; j < tier->policies.count; j++) {
            add_policy(lower, chain, policy_of(lower, tier, j), &path);
        }
        if (ends && tier_has_staged(lower, tier)) {
            add_end(lower, chain, info, class->direction);
        }
        if (ends) {
            break; // what follows is reached by Pass alone
        }
        if (path.pass != NULL) {
            chain_add1(lower, chain, stmt_verdict(VERDICT_GOTO, path.pass));
            break;
        }
    }
    return name;
}
