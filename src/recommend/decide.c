// SPDX-License-Identifier: GPL-2.0-or-later
// What each flow is good for. A policy of the tier is asked about a flow when no tier in front of it decides; so a flow
// teaches a subject exactly when it is decided in the tier, behind it, or by profiles.
#include "internal.h"

// ---- steps ----------------------------------------------------------------------------------------------------------

const struct flow_step *deciding_step(const struct flow_stage *stage)
{
    uint8_t wanted = stage->verdict == FLOW_ALLOW ? FLOW_STEP_ALLOW : FLOW_STEP_DENY;
    const struct flow_step *last =
        stage->enforced.count > 0 ? &stage->enforced.items[stage->enforced.count - 1] : NULL;
    return last != NULL && last->result == wanted ? last : NULL;
}

static bool is_open(const struct plan_side *side)
{
    return !side->has_nets && !side->has_not_nets && side->ipset < 0 && side->not_ipset < 0 &&
           side->domains < 0 && !side->has_ports && side->not_ports.count == 0 &&
           side->named_ports < 0 && side->not_named_ports < 0;
}

bool takes_everything(const struct plan_rule *rule)
{
    const struct plan_match *match = &rule->match;
    return match->families == PLAN_BOTH && match->protocol == 0 && match->not_protocol == 0 &&
           match->icmp_type < 0 && match->not_icmp_type < 0 && is_open(&match->source) &&
           is_open(&match->destination);
}

bool is_catch_all(const struct flow_step *step)
{
    return step->reason == FLOW_BY_TIER_END || step->reason == FLOW_BY_NO_PROFILE ||
           (step->rule != NULL && takes_everything(step->rule));
}

const char *step_text(struct arena *arena, const struct plan *plan, const struct flow_stage *stage,
                      const struct flow_step *step)
{
    const char *way = stage->direction == PLAN_IN ? "ingress" : "egress";
    const char *id = stage->endpoint != NULL ? stage->endpoint->id
                     : stage->host != NULL   ? stage->host->id
                                             : "the host";
    if (step == NULL) {
        return arena_printf(arena, "%s of %s, %s", way, id,
                            stage->reason == FLOW_BY_HOST_ACTION ? "by defaultEndpointToHostAction"
                            : stage->reason == FLOW_BY_SPOOF
                                ? "as the source address is not its own"
                                : "where no policy is asked");
    }
    if (step->tier < 0) {
        return arena_printf(arena, "%s of %s, by its profiles", way, id);
    }
    const char *policy =
        step->policy != NULL ? flow_policy_name(arena, plan, step->policy) : "a policy";
    if (step->rule == NULL) {
        return arena_printf(arena, "%s of %s, at the end of tier %s, which %s arms", way, id,
                            plan->tiers.items[step->tier].name, policy);
    }
    return arena_printf(arena, "%s of %s, by rule %u of %s", way, id, step->rule->index, policy);
}

// ---- the tier -------------------------------------------------------------------------------------------------------

static bool stands_before(const struct plan_tier *tier, const struct recommend_tier *own)
{
    if (tier->order != own->order) {
        return tier->order < own->order;
    }
    return strcmp(tier->name, own->name) < 0;
}

// Whether a policy in the subject's tier would have been asked.
static bool comes_to_tier(const struct recommend *run, const struct recommend_subject *subject,
                          const struct flow_step *step)
{
    return step->tier < 0 || !stands_before(&run->plan->tiers.items[step->tier],
                                            &run->tiers[subject->scope == RECOMMEND_HOST]);
}

// To learn from what a tier denies, the policies must be asked before it.
static void move_tier(struct recommend *run, bool hosts, const struct flow_step *step)
{
    struct recommend_tier *own = &run->tiers[hosts];
    const struct plan_tier *denier = step->tier >= 0 ? &run->plan->tiers.items[step->tier] : NULL;
    if (own->present || denier == NULL || !stands_before(denier, own)) {
        return;
    }
    bool has_previous = step->tier > 0;
    double previous =
        has_previous ? run->plan->tiers.items[step->tier - 1].order : denier->order - 2;
    own->order = denier->order - 1 > previous ? denier->order - 1
                                              : previous + (denier->order - previous) / 2;
}

// ---- flows ----------------------------------------------------------------------------------------------------------

static const struct owner *stage_owner(const struct recommend *run, const struct flow_stage *stage)
{
    const char *id = stage->endpoint != NULL ? stage->endpoint->id
                     : stage->host != NULL   ? stage->host->id
                                             : NULL;
    return id != NULL && stage->stage == PLAN_NORMAL ? strmap_get(run->owners, id) : NULL;
}

static bool has_subject(const struct recommend *run, const struct flow_trace *trace)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct owner *owner = stage_owner(run, &trace->stages.items[i]);
        if (owner != NULL && owner->subjects.count > 0) {
            return true;
        }
    }
    return false;
}

static const struct flow_stage *denying_stage(const struct flow_trace *trace)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        if (trace->stages.items[i].verdict == FLOW_DENY) {
            return &trace->stages.items[i];
        }
    }
    return NULL;
}

// Whether nothing but catch-alls denies it: then it may only never have been thought of.
static bool is_forgotten(const struct flow_trace *trace)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        const struct flow_step *step = deciding_step(stage);
        if (stage->verdict == FLOW_DENY && (step == NULL || !is_catch_all(step))) {
            return false;
        }
    }
    return true;
}

static void add_lessons(struct recommend *run, uint32_t number, const struct flow_stage *stage)
{
    const struct owner *owner = stage_owner(run, stage);
    const struct flow_step *step = deciding_step(stage);
    for (size_t i = 0; owner != NULL && step != NULL && i < owner->subjects.count; i++) {
        uint32_t subject = owner->subjects.items[i];
        if (comes_to_tier(run, &run->subjects.items[subject], step)) {
            vec_push(run->arena, &run->lessons, (struct lesson){subject, number, stage->direction});
            run->flows.items[number].learned = true;
        }
    }
}

static void decide(struct recommend *run, uint32_t number, const struct flow_trace *trace)
{
    struct recommend_flow *flow = &run->flows.items[number];
    const struct flow_stage *denying = denying_stage(trace);
    flow->allowed = trace->verdict == FLOW_ALLOW;
    if (!has_subject(run, trace)) {
        return;
    }
    if (!flow->allowed && (!run->options.include_denied || !is_forgotten(trace))) {
        flow->left_out = arena_printf(
            run->arena, "denied at %s",
            denying != NULL ? step_text(run->scratch, run->plan, denying, deciding_step(denying))
                            : "an end that is not policed");
        return;
    }
    for (size_t i = 0; i < trace->stages.count; i++) {
        add_lessons(run, number, &trace->stages.items[i]);
    }
    flow->covered = !flow->learned;
}

// Before anything is decided: where the tiers must stand.
static void find_place(struct recommend *run, const struct flow_trace *trace)
{
    if (!is_forgotten(trace)) {
        return;
    }
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        const struct owner *owner = stage_owner(run, stage);
        const struct flow_step *step = deciding_step(stage);
        if (owner != NULL && owner->subjects.count > 0 && stage->verdict == FLOW_DENY) {
            move_tier(run, owner->host, step);
        }
    }
}

void recommend_decide(struct recommend *run)
{
    for (int pass = run->options.include_denied ? 0 : 1; pass < 2; pass++) {
        for (size_t i = 0; i < run->flows.count; i++) {
            struct arena_mark mark = arena_mark(run->scratch);
            struct flow_trace trace;
            flow_trace_hits(run->evaluator, run->scratch, &run->flows.items[i].flow, &trace);
            pass == 0 ? find_place(run, &trace) : decide(run, (uint32_t)i, &trace);
            arena_rewind(run->scratch, mark);
        }
    }
    find_hidden(run);
}

// ---- proof ----------------------------------------------------------------------------------------------------------

size_t recommend_prove(struct recommend *run, const struct plan *after)
{
    struct arena_mark mark = arena_mark(run->scratch);
    struct flow_evaluator *evaluator = flow_evaluator_new(run->scratch, after);
    size_t refuted = 0;
    for (size_t i = 0; i < run->flows.count; i++) {
        struct recommend_flow *flow = &run->flows.items[i];
        struct flow_trace trace;
        if ((!flow->learned && !flow->covered) ||
            flow_verdict(evaluator, &flow->flow, false) == FLOW_ALLOW) {
            continue;
        }
        flow_trace_hits(evaluator, run->scratch, &flow->flow, &trace);
        const struct flow_stage *denying = denying_stage(&trace);
        flow->left_out = arena_printf(
            run->arena, "would %sbe denied at %s", flow->allowed ? "" : "still ",
            denying != NULL ? step_text(run->scratch, after, denying, deciding_step(denying))
                            : "an end that is not policed");
        flow->learned = flow->covered = false;
        refuted++;
    }
    arena_rewind(run->scratch, mark);
    return refuted;
}
