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
                             const struct stop *stop, enum walk_mode mode, enum guess guess,
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
        return (struct decision){.outcome = OUTCOME_CONTINUE, .reason = FLOW_BY_DISCOVERY};
    }
    if (stop->host != NULL && stop->stage != PLAN_FORWARD &&
        is_failsafe(settings_of_host(evaluator, stop->host), stop, flow)) {
        return (struct decision){.outcome = OUTCOME_CONTINUE, .reason = FLOW_BY_FAILSAFE};
    }
    struct known_names names = names_of(evaluator, stop->class, flow, guess);
    return walk_class(plan, &plan->classes.items[stop->class], flow, &names, mode, recorder);
}

// What later stages of the same group are spared. A failsafe port is none: it only keeps a stage from judging.
static bool ends_group(const struct stop *stop, struct decision decision)
{
    return is_before_dnat(stop) && decision.outcome != OUTCOME_CONTINUE;
}

// *ret_maybe: whether another guess at the names could make another verdict.
static enum flow_verdict judge_way(const struct flow_evaluator *evaluator, const struct flow *flow,
                                   const struct way *way, enum walk_mode mode, enum guess guess,
                                   bool *ret_maybe)
{
    unsigned skipped = NO_GROUP;
    for (size_t i = 0; i < way->count; i++) {
        const struct stop *stop = &way->stops[i];
        if (stop->group == skipped) {
            continue;
        }
        struct decision decision = judge(evaluator, flow, stop, mode, guess, NULL);
        *ret_maybe |= decision.maybe;
        if (decision.outcome == OUTCOME_DENY) {
            return FLOW_DENY;
        }
        skipped = ends_group(stop, decision) ? stop->group : skipped;
    }
    return FLOW_ALLOW;
}

enum flow_verdict flow_verdict(const struct flow_evaluator *evaluator, const struct flow *flow,
                               bool staged)
{
    struct way way UNINITIALIZED;
    bool maybe = false;
    way_find(evaluator, flow, &way);
    return judge_way(evaluator, flow, &way, staged ? WALK_PENDING : WALK_ENFORCED, GUESS_NO,
                     &maybe);
}

enum flow_verdict flow_verdict_or_doubt(const struct flow_evaluator *evaluator,
                                        const struct flow *flow, bool staged)
{
    struct way way UNINITIALIZED;
    enum walk_mode mode = staged ? WALK_PENDING : WALK_ENFORCED;
    bool maybe = false;
    way_find(evaluator, flow, &way);
    enum flow_verdict verdict = judge_way(evaluator, flow, &way, mode, GUESS_NONE, &maybe);
    bool doubtful = verdict == FLOW_DENY && maybe &&
                    judge_way(evaluator, flow, &way, mode, GUESS_YES, &maybe) == FLOW_ALLOW;
    return doubtful ? FLOW_UNCERTAIN : verdict;
}

// ---- trace ----------------------------------------------------------------------------------------------------

struct tracer {
    const struct flow_evaluator *evaluator;
    struct arena *arena;
    const struct flow *flow;
    bool hits_only;
};

// What is judged twice where names are not known: as if none of them had the address, and as if all had.
enum { NONE, ALL, CASES };

// One view (enforced or pending) of all stages, in which an earlier one may take a later one out.
struct view {
    enum walk_mode mode;
    unsigned skipped[CASES];
    bool denied[CASES];
};

struct decisions {
    struct decision of[CASES];
};

static struct view new_view(enum walk_mode mode)
{
    return (struct view){.mode = mode, .skipped = {NO_GROUP, NO_GROUP}};
}

static void note_decisions(struct view *view, const struct stop *stop, struct decisions decisions)
{
    for (int i = 0; i < CASES; i++) {
        if (ends_group(stop, decisions.of[i])) {
            view->skipped[i] = stop->group;
        }
        view->denied[i] |= decisions.of[i].outcome == OUTCOME_DENY;
    }
}

static struct decision judge_case(const struct tracer *tracer, const struct stop *stop,
                                  const struct view *view, int number, struct recorder *recorder)
{
    static const uint8_t guesses[CASES] = {GUESS_NONE, GUESS_YES};
    if (stop->group == view->skipped[number]) {
        return (struct decision){.outcome = OUTCOME_CONTINUE, .reason = FLOW_BY_EARLIER};
    }
    return judge(tracer->evaluator, tracer->flow, stop, view->mode, guesses[number], recorder);
}

static struct decisions judge_in_view(const struct tracer *tracer, const struct stop *stop,
                                      struct view *view, struct flow_steps *steps)
{
    struct recorder recorder = {tracer->arena, tracer->hits_only, steps};
    struct decision none = judge_case(tracer, stop, view, NONE, &recorder);
    bool one = !none.maybe && view->skipped[NONE] == view->skipped[ALL];
    struct decision all = one ? none : judge_case(tracer, stop, view, ALL, NULL);
    struct decisions decisions = {{none, all}};
    note_decisions(view, stop, decisions);
    return decisions;
}

static uint8_t verdict_of(bool denied_by_none, bool denied_by_all)
{
    return denied_by_none == denied_by_all ? (denied_by_none ? FLOW_DENY : FLOW_ALLOW)
                                           : FLOW_UNCERTAIN;
}

// Whether names make a difference here, of the stop's own rules.
static bool is_doubtful(const struct stop *stop, struct decisions decisions)
{
    const struct decision *none = &decisions.of[NONE], *all = &decisions.of[ALL];
    return none->maybe && ((none->outcome == OUTCOME_DENY) != (all->outcome == OUTCOME_DENY) ||
                           ends_group(stop, *none) != ends_group(stop, *all));
}

static void set_verdict(struct decisions decisions, uint8_t *ret_verdict, uint8_t *ret_reason)
{
    const struct decision *none = &decisions.of[NONE], *all = &decisions.of[ALL];
    *ret_verdict = verdict_of(none->outcome == OUTCOME_DENY, all->outcome == OUTCOME_DENY);
    *ret_reason = *ret_verdict == FLOW_UNCERTAIN ? FLOW_BY_DOMAINS : none->reason;
}

// Where no policy is staged there is one view: it is judged once and told twice.
static bool same_view(const struct tracer *tracer, const struct stop *stop,
                      const struct view *enforced, const struct view *pending)
{
    bool same = !stop->fixed && !tracer->evaluator->has_staged[stop->class];
    for (int i = 0; i < CASES; i++) {
        same &= (enforced->skipped[i] == stop->group) == (pending->skipped[i] == stop->group);
    }
    return same;
}

static void trace_pending(const struct tracer *tracer, const struct stop *stop,
                          struct view *pending, struct flow_stage *stage)
{
    struct decisions decisions = judge_in_view(tracer, stop, pending, &stage->pending);
    set_verdict(decisions, &stage->pending_verdict, &stage->pending_reason);
    stage->pending_doubtful = is_doubtful(stop, decisions);
    if (stage->reason != FLOW_BY_EARLIER) {
        struct recorder recorder = {tracer->arena, true, &stage->all};
        judge(tracer->evaluator, tracer->flow, stop, WALK_ALL, GUESS_NONE, &recorder);
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
    struct decisions decisions = judge_in_view(tracer, stop, enforced, &stage->enforced);
    set_verdict(decisions, &stage->verdict, &stage->reason);
    stage->doubtful = is_doubtful(stop, decisions);
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
    stage->pending_doubtful = stage->doubtful;
    note_decisions(pending, stop, decisions);
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

// The first that denies; else the first that is uncertain; else the last one.
static const struct flow_stage *deciding_stage(const struct flow_trace *trace)
{
    const struct flow_stage *stage = flow_denying_stage(trace, false);
    stage = stage != NULL ? stage : flow_uncertain_stage(trace, false);
    return stage != NULL || trace->stages.count == 0
               ? stage
               : &trace->stages.items[trace->stages.count - 1];
}

static void trace(const struct tracer *tracer, struct flow_trace *ret)
{
    const struct flow_evaluator *evaluator = tracer->evaluator;
    struct way way;
    struct view enforced = new_view(WALK_ENFORCED);
    struct view pending = new_view(WALK_PENDING);
    *ret = (struct flow_trace){0};
    way_find(evaluator, tracer->flow, &way);
    ret->reason = way.empty_reason;
    for (size_t i = 0; i < way.count; i++) {
        struct flow_stage *stage = vec_add(tracer->arena, &ret->stages);
        trace_stop(tracer, &way.stops[i], &enforced, &pending, stage);
    }
    ret->verdict = verdict_of(enforced.denied[NONE], enforced.denied[ALL]);
    ret->pending_verdict = verdict_of(pending.denied[NONE], pending.denied[ALL]);
    const struct flow_stage *deciding = deciding_stage(ret);
    ret->reason = deciding != NULL ? deciding->reason : ret->reason;
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

static const struct flow_stage *stage_with(const struct flow_trace *trace,
                                           enum flow_verdict verdict, bool pending)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        if ((pending ? stage->pending_verdict : stage->verdict) == verdict) {
            return stage;
        }
    }
    return NULL;
}

const struct flow_stage *flow_denying_stage(const struct flow_trace *trace, bool pending)
{
    return stage_with(trace, FLOW_DENY, pending);
}

const struct flow_stage *flow_uncertain_stage(const struct flow_trace *trace, bool pending)
{
    return stage_with(trace, FLOW_UNCERTAIN, pending);
}

static const struct flow_step *maybe_step(const struct flow_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        if (steps->items[i].result == FLOW_STEP_MAYBE) {
            return &steps->items[i];
        }
    }
    return NULL;
}

const struct flow_step *flow_doubt(const struct flow_trace *trace, bool pending)
{
    bool uncertain = (pending ? trace->pending_verdict : trace->verdict) == FLOW_UNCERTAIN;
    const struct flow_step *step = NULL;
    for (size_t i = 0; i < trace->stages.count && uncertain && step == NULL; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        if (pending ? stage->pending_doubtful : stage->doubtful) {
            step = maybe_step(pending ? &stage->pending : &stage->enforced);
        }
    }
    return step;
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
