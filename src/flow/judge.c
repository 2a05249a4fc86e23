// SPDX-License-Identifier: GPL-2.0-or-later
// The verdict on a flow, with or without a trace: the stages of its way, one after the other.
#include "internal.h"

enum { NO_GROUP = 255 };

static bool failsafe_covers(const struct plan_failsafe *failsafe, const struct flow *flow,
                            uint16_t port, struct ip_addr remote)
{
    return failsafe->protocol == flow->protocol && failsafe->port == port &&
           (!failsafe->has_net || cidr_contains_addr(failsafe->net, remote));
}

// In untracked stages the other half of such a connection passes too: nothing there knows of connections.
static bool is_failsafe(const struct plan_settings *settings, const struct stop *stop,
                        const struct flow *flow)
{
    const struct plan_failsafes *own = &settings->failsafes[stop->direction];
    const struct plan_failsafes *other = &settings->failsafes[!stop->direction];
    struct ip_addr remote = stop->direction == PLAN_IN ? flow->source : flow->destination;
    for (size_t i = 0; i < own->count; i++) {
        if (failsafe_covers(&own->items[i], flow, flow->destination_port, remote)) {
            return true;
        }
    }
    for (size_t i = 0; i < other->count && stop->stage == PLAN_UNTRACKED; i++) {
        if (failsafe_covers(&other->items[i], flow, flow->source_port, remote)) {
            return true;
        }
    }
    return false;
}

static bool is_before_dnat(const struct stop *stop)
{
    return stop->stage == PLAN_UNTRACKED || stop->stage == PLAN_PREDNAT;
}

static struct decision judge(const struct flow_evaluator *evaluator, const struct flow *flow,
                             const struct stop *stop, enum walk_mode mode,
                             struct recorder *recorder)
{
    const struct plan *plan = evaluator->plan;
    struct flow before UNINITIALIZED;
    if (flow->published.family != 0 && is_before_dnat(stop)) {
        before = *flow;
        before.destination = flow->published;
        before.destination_port = flow->published_port;
        flow = &before;
    }
    if (stop->fixed) {
        return stop->decision;
    }
    if (stop->host != NULL && is_discovery(flow)) {
        return (struct decision){OUTCOME_CONTINUE, FLOW_BY_DISCOVERY};
    }
    if (stop->host != NULL && stop->stage != PLAN_FORWARD &&
        is_failsafe(settings_of_host(evaluator, stop->host), stop, flow)) {
        return (struct decision){OUTCOME_CONTINUE, FLOW_BY_FAILSAFE};
    }
    return walk_class(plan, &plan->classes.items[stop->class], flow, mode, recorder);
}

// What later stages of the same group are spared. A failsafe port is none: it only keeps a stage from judging.
static bool ends_group(const struct stop *stop, struct decision decision)
{
    return is_before_dnat(stop) && decision.outcome != OUTCOME_CONTINUE;
}

enum flow_verdict flow_verdict(const struct flow_evaluator *evaluator, const struct flow *flow,
                               bool staged)
{
    struct way way UNINITIALIZED;
    unsigned skipped = NO_GROUP;
    way_find(evaluator, flow, &way);
    for (size_t i = 0; i < way.count; i++) {
        const struct stop *stop = &way.stops[i];
        if (stop->group == skipped) {
            continue;
        }
        struct decision decision =
            judge(evaluator, flow, stop, staged ? WALK_PENDING : WALK_ENFORCED, NULL);
        if (decision.outcome == OUTCOME_DENY) {
            return FLOW_DENY;
        }
        skipped = ends_group(stop, decision) ? stop->group : skipped;
    }
    return FLOW_ALLOW;
}

// ---- trace ----------------------------------------------------------------------------------------------------

struct tracer {
    const struct flow_evaluator *evaluator;
    struct arena *arena;
    const struct flow *flow;
    bool hits_only;
};

// One view (enforced or pending) of all stages, in which an earlier one may take a later one out.
struct view {
    enum walk_mode mode;
    unsigned skipped;
    uint8_t verdict;
};

static void note_decision(struct view *view, const struct stop *stop, struct decision decision)
{
    if (ends_group(stop, decision)) {
        view->skipped = stop->group;
    }
    if (decision.outcome == OUTCOME_DENY) {
        view->verdict = FLOW_DENY;
    }
}

static struct decision judge_in_view(const struct tracer *tracer, const struct stop *stop,
                                     struct view *view, struct flow_steps *steps)
{
    struct recorder recorder = {tracer->arena, tracer->hits_only, steps};
    if (stop->group == view->skipped) {
        return (struct decision){OUTCOME_CONTINUE, FLOW_BY_EARLIER};
    }
    struct decision decision = judge(tracer->evaluator, tracer->flow, stop, view->mode, &recorder);
    note_decision(view, stop, decision);
    return decision;
}

static uint8_t verdict_of(struct decision decision)
{
    return decision.outcome == OUTCOME_DENY ? FLOW_DENY : FLOW_ALLOW;
}

// Where no policy is staged there is one view: it is judged once and told twice.
static bool same_view(const struct tracer *tracer, const struct stop *stop,
                      const struct view *enforced, const struct view *pending)
{
    return !stop->fixed && !tracer->evaluator->has_staged[stop->class] &&
           (enforced->skipped == stop->group) == (pending->skipped == stop->group);
}

static void trace_pending(const struct tracer *tracer, const struct stop *stop,
                          struct view *pending, struct flow_stage *stage)
{
    struct decision decision = judge_in_view(tracer, stop, pending, &stage->pending);
    stage->pending_verdict = verdict_of(decision);
    stage->pending_reason = decision.reason;
    if (stage->reason != FLOW_BY_EARLIER) {
        struct recorder recorder = {tracer->arena, true, &stage->all};
        judge(tracer->evaluator, tracer->flow, stop, WALK_ALL, &recorder);
    }
}

static void trace_stop(const struct tracer *tracer, const struct stop *stop, struct view *enforced,
                       struct view *pending, struct flow_stage *stage)
{
    bool same = same_view(tracer, stop, enforced, pending);
    stage->stage = stop->stage;
    stage->direction = stop->direction;
    stage->endpoint = stop->endpoint;
    stage->host = stop->host;
    struct decision decision = judge_in_view(tracer, stop, enforced, &stage->enforced);
    stage->verdict = verdict_of(decision);
    stage->reason = decision.reason;
    if (!same) {
        trace_pending(tracer, stop, pending, stage);
        return;
    }
    struct recorder recorder = {tracer->arena, tracer->hits_only, &stage->pending};
    const struct plan *plan = tracer->evaluator->plan;
    walk_as_pending(plan, &plan->classes.items[stop->class], &stage->enforced, &recorder);
    stage->all = stage->enforced;
    stage->pending_verdict = stage->verdict;
    stage->pending_reason = stage->reason;
    note_decision(pending, stop, decision);
}

static struct flow_end end_of(const struct flow_evaluator *evaluator, const struct party *party)
{
    struct flow_end end = {.endpoint = party->endpoint};
    if (party->node != NODE_UNKNOWN) {
        end.node = evaluator->nodes.items[party->node].name;
    }
    end.is_host = party->endpoint == NULL && party->node != NODE_UNKNOWN && !party->spoofed;
    return end;
}

static void trace(const struct tracer *tracer, struct flow_trace *ret)
{
    const struct flow_evaluator *evaluator = tracer->evaluator;
    struct way way;
    struct view enforced = {WALK_ENFORCED, NO_GROUP, FLOW_ALLOW};
    struct view pending = {WALK_PENDING, NO_GROUP, FLOW_ALLOW};
    *ret = (struct flow_trace){0};
    way_find(evaluator, tracer->flow, &way);
    ret->reason = way.empty_reason;
    for (size_t i = 0; i < way.count; i++) {
        bool denied = enforced.verdict == FLOW_DENY;
        struct flow_stage *stage = vec_add(tracer->arena, &ret->stages);
        trace_stop(tracer, &way.stops[i], &enforced, &pending, stage);
        ret->reason = denied ? ret->reason : stage->reason;
    }
    ret->verdict = enforced.verdict;
    ret->pending_verdict = pending.verdict;
    ret->source = end_of(evaluator, &way.source);
    ret->destination = end_of(evaluator, &way.destination);
    ret->interface_unknown = way.unknown_interface;
}

void flow_trace(const struct flow_evaluator *evaluator, struct arena *arena,
                const struct flow *flow, struct flow_trace *ret)
{
    trace(&(struct tracer){evaluator, arena, flow, false}, ret);
}

void flow_trace_hits(const struct flow_evaluator *evaluator, struct arena *arena,
                     const struct flow *flow, struct flow_trace *ret)
{
    trace(&(struct tracer){evaluator, arena, flow, true}, ret);
}

// ---- stages of a trace --------------------------------------------------------------------------------------------

const struct flow_stage *flow_denying_stage(const struct flow_trace *trace, bool pending)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        if ((pending ? stage->pending_verdict : stage->verdict) == FLOW_DENY) {
            return stage;
        }
    }
    return NULL;
}

// The stage that corresponds to one of another trace; else, and when that is NULL, the last one that judged.
static const struct flow_stage *matching_stage(const struct flow_trace *trace,
                                               const struct flow_stage *other)
{
    const struct flow_stage *last = NULL;
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        if (other != NULL && stage->direction == other->direction && stage->stage == other->stage &&
            (stage->host != NULL) == (other->host != NULL)) {
            return stage;
        }
        last = stage->reason != FLOW_BY_EARLIER ? stage : last;
    }
    return last;
}

void flow_deciding_stages(const struct flow_trace *before, const struct flow_trace *after,
                          const struct flow_stage *ret[2])
{
    const struct flow_stage *denying[] = {flow_denying_stage(before, false),
                                          flow_denying_stage(after, false)};
    ret[0] = denying[0] != NULL ? denying[0] : matching_stage(before, denying[1]);
    ret[1] = denying[1] != NULL ? denying[1] : matching_stage(after, ret[0]);
}
