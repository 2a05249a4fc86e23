// SPDX-License-Identifier: GPL-2.0-or-later
// Policies, tiers and classes -> chains.
//   class chain   one per distinct list of tiers, policies and profiles: jumps to its tier chains, then the profiles,
//                 then drop. `return` from a tier chain is Pass: the next jump follows.
//   tier chain    one per distinct list of policies in a tier: jumps to policy chains, then the end of the tier.
//   policy chain  one per policy and direction, shared by all tier chains. No match falls off its end.
//   pending chain counts for staged policies, before the tiers; see lower_staged.c.
// A policy with Pass rules cannot be a chain of its own (pass would have to unwind two levels): its Pass rules stand in
// the tier chain, and longer runs of other rules between them become chains.
#include "lower.h"

enum { RUN_MIN = 4 }; // rules that are worth a chain of their own

static bool is_pass(const struct plan_step *step)
{
    return step->kind != PLAN_STEP_MAP && step->action == PLAN_PASS;
}

bool steps_have_pass(const struct plan_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        if (is_pass(&steps->items[i])) {
            return true;
        }
    }
    return false;
}

static struct stmt jump(const char *chain)
{
    return stmt_verdict(VERDICT_JUMP, chain);
}

// A chain with the steps first..last-1 of a policy, made on first use.
static const char *run_chain(struct lower *lower, const struct plan_policy *policy,
                             const struct path *path, size_t first, size_t last, const char *suffix)
{
    const struct plan_steps *steps = lower_steps(lower, policy, path->direction);
    const char *name = arena_printf(lower->arena, "%s/%s%s%s", short_id(lower->arena, policy->id),
                                    direction_text(path->direction), path->suffix, suffix);
    if (strmap_get(lower->chains, name) == NULL) {
        struct chain *chain = lower_chain(lower, name);
        chain->loc = policy->loc;
        chain_expect(lower, chain, 2 * (last - first)); // most rules stand once per family
        for (size_t i = first; i < last; i++) {
            lower_step(lower, chain, policy, path, &steps->items[i]);
        }
    }
    return name;
}

static void add_jump(struct lower *lower, struct chain *chain, const char *name, struct loc loc)
{
    struct stmt stmt = jump(name);
    chain_add(lower, chain, &stmt, 1, NULL, loc);
}

static void inline_policy(struct lower *lower, struct chain *chain,
                          const struct plan_policy *policy, const struct path *path)
{
    const struct plan_steps *steps = lower_steps(lower, policy, path->direction);
    for (size_t i = 0; i < steps->count;) {
        size_t end = i;
        while (end < steps->count && !is_pass(&steps->items[end])) {
            end++;
        }
        if (end - i >= RUN_MIN) {
            char suffix[16];
            snprintf(suffix, sizeof suffix, "/%u",
                     policy->rules[path->direction].items[steps->items[i].sources.items[0]].index);
            add_jump(lower, chain, run_chain(lower, policy, path, i, end, suffix), policy->loc);
            i = end;
        }
        for (; i < steps->count && i <= end; i++) {
            lower_step(lower, chain, policy, path, &steps->items[i]);
        }
    }
}

// One look-up in one family is one rule, which may as well stand where the jump would.
static bool is_one_rule(const struct plan_steps *steps)
{
    const struct plan_step *step = &steps->items[0];
    return steps->count == 1 && step->kind == PLAN_STEP_SET &&
           (step->tuples[0].count == 0 || step->tuples[1].count == 0);
}

static void add_policy(struct lower *lower, struct chain *chain, const struct plan_policy *policy,
                       const struct path *path)
{
    const struct plan_steps *steps = lower_steps(lower, policy, path->direction);
    if (steps_have_pass(steps) || is_one_rule(steps)) {
        inline_policy(lower, chain, policy, path);
        return;
    }
    add_jump(lower, chain, run_chain(lower, policy, path, 0, steps->count, ""), policy->loc);
}

static void add_drop(struct lower *lower, struct chain *chain, const char *id,
                     const struct path *path, struct loc loc)
{
    struct stmt stmts[1 + PATH_STMTS_MAX] = {stmt_counter()};
    size_t count = 1 + path_deny(lower, path, stmts + 1);
    chain_add(lower, chain, stmts, count, rule_comment(lower, id, path->direction, "end", loc),
              loc);
}

static const char *tier_chain_name(struct lower *lower, const struct plan_class_tier *tier,
                                   const struct path *path)
{
    struct strbuf identity = {.arena = lower->arena};
    for (size_t i = 0; i < tier->policies.count; i++) {
        const struct plan_policy *policy = &lower->plan->policies.items[tier->policies.items[i]];
        if (!policy->staged) {
            strbuf_addf(&identity, "%s ", policy->id);
        }
    }
    const char *prefix =
        arena_printf(lower->arena, "tier/%s/%s%s/", lower->plan->tiers.items[tier->tier].name,
                     direction_text(path->direction), path->suffix);
    return hashed_name(lower, prefix, strbuf_text(&identity));
}

bool tier_denies_rest(const struct plan_tier *tier, uint8_t stage)
{
    return !tier->pass && stage != PLAN_PREDNAT && stage != PLAN_UNTRACKED;
}

static const char *lower_tier(struct lower *lower, const struct plan_class_tier *tier,
                              uint8_t stage, const struct path *path)
{
    const char *name = tier_chain_name(lower, tier, path);
    if (strmap_get(lower->chains, name) != NULL) {
        return name;
    }
    const struct plan_tier *info = &lower->plan->tiers.items[tier->tier];
    struct chain *chain = lower_chain(lower, name);
    chain->loc = info->loc;
    for (size_t i = 0; i < tier->policies.count; i++) {
        const struct plan_policy *policy = &lower->plan->policies.items[tier->policies.items[i]];
        if (!policy->staged) {
            add_policy(lower, chain, policy, path);
        }
    }
    if (tier_denies_rest(info, stage)) {
        add_drop(lower, chain, arena_printf(lower->arena, "tier/%s", info->name), path, info->loc);
    }
    return name;
}

// A profile that does not exist denies everything; one of a single rule stands in the class chain itself.
static void add_profile(struct lower *lower, struct chain *chain, const struct plan_policy *profile,
                        const struct path *path)
{
    const struct plan_steps *steps = lower_steps(lower, profile, path->direction);
    if (profile->missing) {
        add_drop(lower, chain, profile->id, path, profile->loc);
    } else if (steps->count == 1 && !is_pass(&steps->items[0])) {
        lower_step(lower, chain, profile, path, &steps->items[0]);
    } else if (steps->count > 0) {
        add_jump(lower, chain, run_chain(lower, profile, path, 0, steps->count, ""), profile->loc);
    }
}

static const char *class_prefix(struct lower *lower, const struct plan_class *class,
                                const struct path *path)
{
    static const char *const stages[PLAN_STAGES] = {"", "forward-", "", ""};
    return arena_printf(lower->arena, "%s/%s%s%s/", class->host ? "host" : "class",
                        stages[class->stage], direction_text(path->direction), path->suffix);
}

static const char *class_name(struct lower *lower, const struct plan_class *class,
                              const struct path *path)
{
    struct strbuf identity = {.arena = lower->arena};
    for (size_t i = 0; i < class->tiers.count; i++) {
        if (class->tiers.items[i].enforced) {
            strbuf_addf(&identity, "%s ", tier_chain_name(lower, &class->tiers.items[i], path));
        }
    }
    for (size_t i = 0; i < class->profiles.count; i++) {
        strbuf_addf(&identity, "%s ", lower->plan->profiles.items[class->profiles.items[i]].id);
    }
    struct range staged = lower_staged_range(lower, class);
    if (staged.end > 0) {
        strbuf_add(&identity, lower_staged(lower, class, staged));
    }
    return hashed_name(lower, class_prefix(lower, class, path), strbuf_text(&identity));
}

// Before every policy, so that none can allow what would carry packets past it (semantics.md 5.3).
static void drop_tunnels(struct lower *lower, struct chain *chain)
{
    const struct plan_settings *settings = &lower->plan->settings;
    struct stmt drop = flow_deny(lower);
    if (settings->drop_vxlan) {
        struct stmt stmts[] = {stmt_port(KEY_UDP_DPORT, settings->vxlan_port), stmt_counter(),
                               drop};
        chain_add(lower, chain, stmts, ARRAY_COUNT(stmts), "VXLAN from a workload", LOC_NONE);
    }
    if (settings->drop_ipip) {
        static const uint8_t ipip = 4; // RFC 2003
        struct stmt stmts[] = {stmt_value(KEY_L4PROTO, OP_EQ, &ipip, 1), stmt_counter(), drop};
        chain_add(lower, chain, stmts, ARRAY_COUNT(stmts), "IPIP from a workload", LOC_NONE);
    }
}

static struct stmt match_invalid(void)
{
    static const uint32_t invalid = 1; // NF_CT_STATE_INVALID_BIT
    return stmt_value(KEY_CT_STATE, OP_BITS, &invalid, sizeof invalid);
}

static void drop_invalid(struct lower *lower, struct chain *chain)
{
    struct stmt stmts[] = {match_invalid(), stmt_counter(), stmt_verdict(VERDICT_DROP, NULL)};
    chain_add(lower, chain, stmts, ARRAY_COUNT(stmts), "conntrack invalid", LOC_NONE);
}

bool class_decides(const struct plan_class *class)
{
    for (size_t i = 0; i < class->tiers.count; i++) {
        if (class->tiers.items[i].enforced) {
            return true;
        }
    }
    return class->stage == PLAN_NORMAL;
}

// What stands before the policies (semantics.md 5.3). A failsafe port is no way through the host. Where nothing is decided,
// nothing is dropped either: what would be is only not counted.
static void fill_head(struct lower *lower, struct chain *chain, const struct plan_class *class)
{
    bool check_invalid =
        lower->plan->settings.conntrack_invalid_check && class->stage != PLAN_UNTRACKED;
    if (check_invalid && class_decides(class)) {
        drop_invalid(lower, chain);
    } else if (check_invalid) {
        chain_add2(lower, chain, match_invalid(), stmt_verdict(VERDICT_RETURN, NULL));
    }
    if (!class->host && class->direction == PLAN_OUT) {
        drop_tunnels(lower, chain);
    }
    if (class->host && class->stage != PLAN_FORWARD) {
        const char *failsafe =
            lower_failsafe(lower, class->direction, (enum plan_stage) class->stage);
        if (failsafe != NULL) {
            add_jump(lower, chain, failsafe, LOC_NONE);
        }
    }
}

static void fill_class(struct lower *lower, struct chain *chain, const struct plan_class *class,
                       const struct path *path)
{
    struct range staged = lower_staged_range(lower, class);
    fill_head(lower, chain, class);
    for (size_t i = 0; i < class->tiers.count; i++) {
        const struct plan_class_tier *tier = &class->tiers.items[i];
        if (staged.end > 0 && i == staged.first) {
            add_jump(lower, chain, lower_staged(lower, class, staged), LOC_NONE);
        }
        if (tier->enforced) {
            add_jump(lower, chain, lower_tier(lower, tier, class->stage, path), LOC_NONE);
        }
    }
    for (size_t i = 0; i < class->profiles.count; i++) {
        add_profile(lower, chain, &lower->plan->profiles.items[class->profiles.items[i]], path);
    }
    if (class->stage == PLAN_NORMAL) {
        add_drop(lower, chain, "profile", path, LOC_NONE);
    } else if (class->stage == PLAN_FORWARD && lower_records(lower) && !path->unrecorded) {
        chain_add1(lower, chain, flow_allow(lower)); // no policy objects
    }
}

// Every address of every endpoint asks for its class, and the name takes a walk over all policies.
const char *lower_class(struct lower *lower, uint32_t number, const struct path *path)
{
    const struct plan_class *class = &lower->plan->classes.items[number];
    struct class_chain *last = &lower->class_chains[number];
    if (last->path == path) {
        return last->name;
    }
    const char *name = class_name(lower, class, path);
    if (strmap_get(lower->chains, name) == NULL) {
        fill_class(lower, lower_chain(lower, name), class, path);
    }
    *last = (struct class_chain){path, name};
    return name;
}
