// SPDX-License-Identifier: GPL-2.0-or-later
// Traces as JSON: one report for each side, as flow logs have them.
#include "trace.h"

static json_t *strings_json(const struct flow_strings *strings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < strings->count; i++) {
        json_array_append_new(list, json_string(strings->items[i]));
    }
    return list;
}

// The rules that would allow it, if one of their names had the address.
static json_t *doubts_json(struct arena *arena, const struct plan *plan,
                           const struct flow_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->maybes.count; i++) {
        const struct flow_step *step = report->maybes.items[i];
        const struct plan_domains *domains =
            &plan->domains.items[step->rule->match.destination.domains];
        json_t *patterns = json_array();
        for (size_t j = 0; j < domains->count; j++) {
            json_array_append_new(patterns, json_string(domains->patterns[j]));
        }
        json_array_append_new(list, json_pack("{s:s, s:i, s:o}", "policy",
                                              flow_policy_name(arena, plan, step->policy), "rule",
                                              (int)step->rule->index, "domains", patterns));
    }
    return list;
}

static json_t *report_json(struct arena *arena, const struct plan *plan,
                           const struct flow_report *report, bool detail)
{
    json_t *object =
        json_pack("{s:s, s:s, s:{s:o, s:o, s:o}}", "reporter", flow_reporter_text(report->reporter),
                  "action", trace_verdict_text(report->verdict, false), "policies",
                  "enforced_policies", strings_json(&report->enforced), "pending_policies",
                  strings_json(&report->pending), "all_policies", strings_json(&report->all));
    if (report->verdict == FLOW_UNCERTAIN) {
        json_object_set_new(object, "depends_on", doubts_json(arena, plan, report));
    }
    if (detail) {
        json_object_set_new(object, "endpoint",
                            report->id != NULL ? json_string(report->id) : json_null());
        json_object_set_new(object, "reason", json_string(trace_reason_key(report->reason)));
    }
    return object;
}

json_t *trace_json(struct arena *arena, const struct plan *plan, const struct flow_trace *trace,
                   bool detail)
{
    struct flow_reports reports;
    json_t *list = json_array();
    flow_reports_make(arena, plan, trace, &reports);
    for (size_t i = 0; i < reports.count; i++) {
        json_array_append_new(list, report_json(arena, plan, &reports.items[i], detail));
    }
    json_t *root = json_pack("{s:s}", "action", trace_verdict_text(trace->verdict, false));
    if (detail) {
        json_object_set_new(root, "pending_action",
                            json_string(trace_verdict_text(trace->pending_verdict, false)));
    }
    json_object_set_new(root, "reports", list);
    return root;
}
