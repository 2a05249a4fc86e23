// SPDX-License-Identifier: GPL-2.0-or-later
// The impact for programs, as contrib/schema/impact.json has it.
#include "impact_view.h"

static json_t *words_json(const struct words *words)
{
    json_t *list = json_array();
    for (size_t i = 0; i < words->count; i++) {
        json_array_append_new(list, json_string(words->items[i]));
    }
    return list;
}

static json_t *end_json(struct arena *arena, const struct impact_end *end)
{
    static const char *const kinds[] = {
        [IMPACT_ADDRESS] = "address",  [IMPACT_ENDPOINTS] = "endpoints", [IMPACT_KIN] = "kin",
        [IMPACT_NETSET] = "netset",    [IMPACT_OUTSIDE] = "outside",     [IMPACT_GONE] = "gone",
        [IMPACT_ANYTHING] = "anything"};
    json_t *json = json_pack("{s:s, s:s?, s:s, s:s}", "is", kinds[end->kind], "type", end->type,
                             "namespace", end->ns != NULL ? end->ns : "-", "name_aggr",
                             end->name != NULL ? end->name : "-");
    if (end->domains != NULL) {
        struct words domains = impact_domains(arena, end);
        json_object_set_new(json, "domains", words_json(&domains));
    }
    return json;
}

static json_t *example_json(const struct impact_view *view, const struct impact_example *example)
{
    static const char *const verdicts[] = {[FLOW_ALLOW] = "allow", [FLOW_DENY] = "deny"};
    struct diff_decision decisions[2];
    diff_decide(view->diff, &example->flow, decisions);
    return json_pack("{s:o, s:s, s:s, s:o, s:o}", "flow", diff_json_flow(&example->flow), "from",
                     verdicts[example->before], "to", verdicts[example->after], "was",
                     diff_json_decision(&decisions[0]), "now", diff_json_decision(&decisions[1]));
}

static json_t *reachable_json(uint8_t reachable)
{
    json_t *list = json_array();
    for (uint8_t change = 0; change < IMPACT_CHANGES; change++) {
        if (reachable & 1 << change) {
            json_array_append_new(list, json_string(impact_change_text(change)));
        }
    }
    return list;
}

static json_t *group_json(const struct impact_view *view, const struct impact_group *group)
{
    struct arena *arena = view->diff->run->arena;
    struct words reasons = impact_reasons(arena, group);
    json_t *examples = json_array();
    for (size_t i = 0; i < group->example_count; i++) {
        json_array_append_new(examples, example_json(view, &group->examples[i]));
    }
    json_t *json =
        json_pack("{s:s, s:o, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:o}", "change",
                  impact_change_text(group->change), "may", reachable_json(group->reachable),
                  "source", end_json(arena, &group->source), "dest", end_json(arena, &group->dest),
                  "service", impact_service_text(arena, group), "flows", (json_int_t)group->flows,
                  "records", (json_int_t)group->records, "bytes", (json_int_t)group->bytes,
                  "recorded_otherwise", (json_int_t)group->otherwise, "examples", examples);
    if (group->protocol != 0) {
        json_object_set_new(json, "proto", json_string(flow_protocol_text(arena, group->protocol)));
    }
    if (group->port >= 0) {
        json_object_set_new(json, "dest_port", json_integer(group->port));
    }
    if (group->change == IMPACT_UNCERTAIN) {
        json_object_set_new(json, "reasons", words_json(&reasons));
        json_object_set_new(json, "why", json_string(impact_why(arena, group)));
    }
    return json;
}

json_t *impact_json(const struct impact_view *view)
{
    const struct impact_result *result = view->result;
    json_t *groups = json_array();
    for (size_t i = 0; i < result->groups.count; i++) {
        if (result->groups.items[i].change != IMPACT_SAME || view->all) {
            json_array_append_new(groups, group_json(view, &result->groups.items[i]));
        }
    }
    return json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:s}", "trials",
                     words_json(&view->trials), "changes", (int)impact_changes(view), "flows",
                     (json_int_t)result->flows, "closed", (json_int_t)result->counts[IMPACT_CLOSED],
                     "opened", (json_int_t)result->counts[IMPACT_OPENED], "uncertain",
                     (json_int_t)result->counts[IMPACT_UNCERTAIN], "uncertain_by_names",
                     (json_int_t)result->by_names, "unchanged",
                     (json_int_t)result->counts[IMPACT_SAME], "recorded_otherwise",
                     (json_int_t)result->otherwise, "groups", groups, "summary",
                     impact_headline(view->diff->run->arena, view));
}
