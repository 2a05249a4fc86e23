// SPDX-License-Identifier: GPL-2.0-or-later
// Policy traces as strings (semantics.md 9.3, 9.4).
#include "internal.h"

static const char *scoped(struct arena *arena, const char *ns, const char *mark, const char *prefix,
                          const char *name)
{
    const char *dot = prefix[0] != '\0' ? "." : "";
    return ns != NULL && ns[0] != '\0'
               ? arena_printf(arena, "%s/%s%s%s%s", ns, mark, prefix, dot, name)
               : arena_printf(arena, "%s%s%s%s", mark, prefix, dot, name);
}

const char *flow_policy_name(struct arena *arena, const struct plan *plan,
                             const struct plan_policy *policy)
{
    const char *tier = plan->tiers.items[policy->tier].name;
    const char *mark = policy->staged ? "staged:" : "";
    if (text_begins(policy->id, "profile/")) {
        return arena_printf(arena, "__PROFILE__.%s", policy->name);
    }
    if (strcmp(policy->kind, "KubernetesNetworkPolicy") == 0 ||
        strcmp(policy->kind, "StagedKubernetesNetworkPolicy") == 0) {
        return scoped(arena, policy->ns, mark, "knp.default", policy->name);
    }
    if (strcmp(policy->kind, "KubernetesClusterNetworkPolicy") == 0) {
        return scoped(arena, NULL, mark, arena_printf(arena, "kcnp.%s", tier), policy->name);
    }
    bool named = text_begins(policy->name, tier) && policy->name[strlen(tier)] == '.';
    return scoped(arena, policy->ns, mark, named ? "" : tier, policy->name);
}

static uint32_t class_of(const struct flow_stage *stage)
{
    return stage->endpoint != NULL ? stage->endpoint->classes[stage->direction]
                                   : stage->host->classes[stage->stage][stage->direction];
}

static const char *action_text(uint8_t result)
{
    return result == FLOW_STEP_ALLOW ? "allow" : result == FLOW_STEP_DENY ? "deny" : "pass";
}

// Nothing of a profile decided: what the enforcing side says, and the pending one of an endpoint without profiles.
static const char *no_profile(const struct plan *plan, const struct flow_stage *stage,
                              enum flow_view view)
{
    bool has_profiles = plan->classes.items[class_of(stage)].profiles.count > 0;
    return view == FLOW_VIEW_PENDING && !has_profiles
               ? "__PROFILE__|__PROFILE__.__PROFILE__|deny|-1"
               : "__PROFILE__|__PROFILE__.__NO_MATCH__|deny|0";
}

static void add_entry(struct arena *arena, const char *entry, struct flow_strings *ret)
{
    const char *numbered = arena_printf(arena, "%zu|%s", ret->count, entry);
    vec_push(arena, ret, numbered);
}

static void add_step(struct arena *arena, const struct plan *plan, const struct flow_stage *stage,
                     enum flow_view view, const struct flow_step *step, struct flow_strings *ret)
{
    bool profile_passes = step->tier < 0 && step->result == FLOW_STEP_PASS;
    bool decides = step->result == FLOW_STEP_ALLOW || step->result == FLOW_STEP_DENY ||
                   step->result == FLOW_STEP_PASS;
    if (!decides || profile_passes) {
        return;
    }
    if (step->policy == NULL) {
        add_entry(arena, no_profile(plan, stage, view), ret);
        return;
    }
    // A missing profile denies as if by its first rule.
    int index = step->rule != NULL ? (int)step->rule->index : step->tier < 0 ? 0 : -1;
    const char *tier = step->tier < 0 ? "__PROFILE__" : plan->tiers.items[step->tier].name;
    const char *name = flow_policy_name(arena, plan, step->policy);
    add_entry(arena,
              arena_printf(arena, "%s|%s|%s|%d", tier, name, action_text(step->result), index),
              ret);
}

// Several stages of one host may let the same port through; it is said once.
static void add_failsafe(struct arena *arena, const struct flow_stage *stage,
                         struct flow_strings *ret)
{
    const char *entry = arena_printf(arena, "__FAILSAFE__|__FAILSAFE__.%s|allow|0",
                                     stage->direction == PLAN_IN ? "inbound" : "outbound");
    if (ret->count == 0 || strstr(ret->items[ret->count - 1], entry) == NULL) {
        add_entry(arena, entry, ret);
    }
}

void flow_strings_add(struct arena *arena, const struct plan *plan, const struct flow_stage *stage,
                      enum flow_view view, struct flow_strings *ret)
{
    const struct flow_steps *steps = view == FLOW_VIEW_ENFORCED  ? &stage->enforced
                                     : view == FLOW_VIEW_PENDING ? &stage->pending
                                                                 : &stage->all;
    if (stage->reason == FLOW_BY_FAILSAFE) {
        add_failsafe(arena, stage, ret);
    }
    for (size_t i = 0; i < steps->count; i++) {
        add_step(arena, plan, stage, view, &steps->items[i], ret);
    }
}

const char *flow_reporter_text(enum flow_reporter reporter)
{
    static const char *const texts[] = {"src", "dst", "fwd"};
    return texts[reporter];
}

enum flow_reporter flow_reporter_of(const struct flow_trace *trace, const struct flow_stage *stage)
{
    if (stage->host == NULL) {
        return stage->direction == PLAN_OUT ? FLOW_REPORT_SOURCE : FLOW_REPORT_DESTINATION;
    }
    if (stage->stage == PLAN_FORWARD) {
        return FLOW_REPORT_FORWARD;
    }
    if (stage->direction == PLAN_OUT) {
        return FLOW_REPORT_SOURCE;
    }
    bool is_end =
        trace->destination.is_host && texts_equal(stage->host->node, trace->destination.node);
    return is_end ? FLOW_REPORT_DESTINATION : FLOW_REPORT_FORWARD;
}
