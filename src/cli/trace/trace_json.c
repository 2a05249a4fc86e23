// SPDX-License-Identifier: GPL-2.0-or-later
// Traces as JSON: one report for each side, as flow logs have them.
#include "trace.h"

static const char *const reporters[] = {"src", "dst", "fwd"};

// The stages that one side reports.
struct report_part {
    enum flow_reporter reporter;
    const char *id; // of the host endpoint that forwards; else NULL
};

static bool belongs(const struct flow_trace *trace, const struct flow_stage *stage,
                    const struct report_part *part)
{
    return flow_reporter_of(trace, stage) == part->reporter &&
           (part->reporter != FLOW_REPORT_FORWARD || strcmp(stage->host->id, part->id) == 0);
}

static json_t *strings_json(struct arena *arena, const struct plan *plan,
                            const struct flow_trace *trace, const struct report_part *part,
                            enum flow_view view)
{
    struct flow_strings strings = {0};
    for (size_t i = 0; i < trace->stages.count; i++) {
        if (belongs(trace, &trace->stages.items[i], part)) {
            flow_strings_add(arena, plan, &trace->stages.items[i], view, &strings);
        }
    }
    json_t *list = json_array();
    for (size_t i = 0; i < strings.count; i++) {
        json_array_append_new(list, json_string(strings.items[i]));
    }
    return list;
}

// The stage that speaks for a side: the first that denies, else the last one.
static const struct flow_stage *deciding_stage(const struct flow_trace *trace,
                                               const struct report_part *part)
{
    const struct flow_stage *last = NULL;
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        if (!belongs(trace, stage, part)) {
            continue;
        }
        last = stage;
        if (stage->verdict == FLOW_DENY) {
            break;
        }
    }
    return last;
}

static json_t *report_json(struct arena *arena, const struct plan *plan,
                           const struct flow_trace *trace, const struct report_part *part,
                           bool detail)
{
    const struct flow_stage *stage = deciding_stage(trace, part);
    uint8_t verdict = stage != NULL ? stage->verdict : (uint8_t)FLOW_ALLOW;
    json_t *report =
        json_pack("{s:s, s:s, s:{s:o, s:o, s:o}}", "reporter", reporters[part->reporter], "action",
                  trace_verdict_text(verdict, false), "policies", "enforced_policies",
                  strings_json(arena, plan, trace, part, FLOW_VIEW_ENFORCED), "pending_policies",
                  strings_json(arena, plan, trace, part, FLOW_VIEW_PENDING), "all_policies",
                  strings_json(arena, plan, trace, part, FLOW_VIEW_ALL));
    if (detail) {
        const char *id = stage == NULL             ? trace->destination.endpoint->id
                         : stage->endpoint != NULL ? stage->endpoint->id
                         : stage->host != NULL     ? stage->host->id
                                                   : NULL;
        json_object_set_new(report, "endpoint", id != NULL ? json_string(id) : json_null());
        json_object_set_new(
            report, "reason",
            json_string(trace_reason_key(stage != NULL ? stage->reason : (uint8_t)FLOW_BY_LOCAL)));
    }
    return report;
}

static void add_part(struct arena *arena, const struct flow_trace *trace, size_t until,
                     json_t *reports, const struct plan *plan, bool detail)
{
    const struct flow_stage *stage = &trace->stages.items[until];
    struct report_part part = {flow_reporter_of(trace, stage),
                               stage->host != NULL ? stage->host->id : NULL};
    for (size_t i = 0; i < until; i++) {
        if (belongs(trace, &trace->stages.items[i], &part)) {
            return; // reported with an earlier one
        }
    }
    json_array_append_new(reports, report_json(arena, plan, trace, &part, detail));
}

json_t *trace_json(struct arena *arena, const struct plan *plan, const struct flow_trace *trace,
                   bool detail)
{
    json_t *reports = json_array();
    for (size_t i = 0; i < trace->stages.count; i++) {
        add_part(arena, trace, i, reports, plan, detail);
    }
    if (trace->reason == FLOW_BY_LOCAL && trace->destination.endpoint != NULL) {
        struct report_part part = {FLOW_REPORT_DESTINATION, NULL};
        json_array_append_new(reports, report_json(arena, plan, trace, &part, detail));
    }
    json_t *root = json_pack("{s:s}", "action", trace_verdict_text(trace->verdict, false));
    if (detail) {
        json_object_set_new(root, "pending_action",
                            json_string(trace_verdict_text(trace->pending_verdict, false)));
    }
    json_object_set_new(root, "reports", reports);
    return root;
}
