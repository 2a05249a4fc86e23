// SPDX-License-Identifier: GPL-2.0-or-later
// A trace -> the reports of flow logs, one for each side that is an endpoint (semantics.md 9.1).
#include "internal.h"

static bool belongs(const struct flow_trace *trace, const struct flow_stage *stage,
                    const struct flow_report *report)
{
    return flow_reporter_of(trace, stage) == report->reporter &&
           (report->reporter != FLOW_REPORT_FORWARD || strcmp(stage->host->id, report->id) == 0);
}

// What counts more of a side: a deny is certain whatever an uncertain stage says.
static int weight(uint8_t verdict)
{
    static const uint8_t weights[] = {[FLOW_ALLOW] = 0, [FLOW_UNCERTAIN] = 1, [FLOW_DENY] = 2};
    return weights[verdict];
}

// The first stage that denies speaks for the side, else the first that is uncertain, else the last one.
static void add_verdict(const struct flow_stage *stage, struct flow_report *report)
{
    if (report->verdict == FLOW_ALLOW || weight(stage->verdict) > weight(report->verdict)) {
        report->verdict = stage->verdict;
        report->reason = stage->reason;
        report->id = stage->endpoint != NULL ? stage->endpoint->id
                     : stage->host != NULL   ? stage->host->id
                                             : NULL;
        report->node = stage->endpoint != NULL ? stage->endpoint->node
                       : stage->host != NULL   ? stage->host->node
                                               : NULL;
    }
    if (weight(stage->pending_verdict) > weight(report->pending_verdict)) {
        report->pending_verdict = stage->pending_verdict;
    }
}

static void add_maybes(struct arena *arena, const struct flow_stage *stage,
                       struct flow_report *report)
{
    for (size_t i = 0; stage->doubtful && i < stage->enforced.count; i++) {
        const struct flow_step *step = &stage->enforced.items[i];
        if (step->result == FLOW_STEP_MAYBE) {
            vec_push(arena, &report->maybes, step);
        }
    }
}

static struct flow_report *find_report(const struct flow_trace *trace,
                                       const struct flow_stage *stage, struct flow_reports *reports)
{
    for (size_t i = 0; i < reports->count; i++) {
        if (belongs(trace, stage, &reports->items[i])) {
            return &reports->items[i];
        }
    }
    return NULL;
}

static struct flow_report *new_report(struct arena *arena, enum flow_reporter reporter,
                                      struct flow_reports *ret)
{
    struct flow_report *report = vec_add(arena, ret);
    report->reporter = (uint8_t)reporter;
    report->verdict = report->pending_verdict = FLOW_ALLOW;
    report->reason = FLOW_BY_LOCAL;
    return report;
}

void flow_reports_make(struct arena *arena, const struct plan *plan, const struct flow_trace *trace,
                       struct flow_reports *ret)
{
    *ret = (struct flow_reports){0};
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        struct flow_report *report = find_report(trace, stage, ret);
        if (report == NULL) {
            report = new_report(arena, flow_reporter_of(trace, stage), ret);
        }
        add_verdict(stage, report);
        add_maybes(arena, stage, report);
        flow_strings_add(arena, plan, stage, FLOW_VIEW_ENFORCED, &report->enforced);
        flow_strings_add(arena, plan, stage, FLOW_VIEW_PENDING, &report->pending);
        flow_strings_add(arena, plan, stage, FLOW_VIEW_ALL, &report->all);
    }
    for (size_t i = 0; i < ret->count; i++) {
        if (ret->items[i].verdict != FLOW_UNCERTAIN) { // another stage of the side denies
            ret->items[i].maybes.count = 0;
        }
    }
    // What a host sends to its own workload is not policed, and seen there all the same.
    const struct plan_endpoint *endpoint = trace->destination.endpoint;
    if (trace->reason == FLOW_BY_LOCAL && endpoint != NULL) {
        struct flow_report *report = new_report(arena, FLOW_REPORT_DESTINATION, ret);
        report->id = endpoint->id;
        report->node = endpoint->node;
    }
}
