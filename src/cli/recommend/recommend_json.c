// SPDX-License-Identifier: GPL-2.0-or-later
// Recommendations as one JSON document: contrib/schema/recommend.json.
#include "recommend.h"

#include <jansson.h>
#include <math.h>

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *time_json(struct arena *arena, int64_t time)
{
    return text_or_null(recommend_time_text(arena, time));
}

static json_t *strings_json(const struct flow_strings *strings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < strings->count; i++) {
        json_array_append_new(list, json_string(strings->items[i]));
    }
    return list;
}

static json_t *peer_json(const struct recommend_entity *peer)
{
    json_t *object = json_object();
    if (peer->namespace_selector != NULL) {
        json_object_set_new(object, "namespace_selector", json_string(peer->namespace_selector));
    }
    if (peer->selector != NULL) {
        json_object_set_new(object, "selector", json_string(peer->selector));
    }
    if (peer->nets.count > 0) {
        json_object_set_new(object, "nets", strings_json(&peer->nets));
    }
    if (peer->not_nets.count > 0) {
        json_object_set_new(object, "not_nets", strings_json(&peer->not_nets));
    }
    if (peer->domains.count > 0) {
        json_object_set_new(object, "domains", strings_json(&peer->domains));
    }
    if (peer->service != NULL) {
        json_object_set_new(object, "service", json_string(peer->service));
        json_object_set_new(object, "service_namespace", json_string(peer->service_ns));
    }
    return object;
}

static json_t *ports_json(struct arena *arena, const struct portset *ports)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ports->count; i++) {
        struct port_range range = ports->items[i];
        json_array_append_new(
            list, range.min == range.max
                      ? json_integer(range.min)
                      : json_string(arena_printf(arena, "%u:%u", range.min, range.max)));
    }
    return list;
}

static json_t *evidence_json(const struct recommendation *all, const struct recommend_rule *rule)
{
    struct arena *arena = all->run->arena;
    const struct recommend_flows *flows = recommend_flows(all->recommend);
    json_t *list = json_array();
    for (size_t i = 0; i < rule->evidence.count; i++) {
        const struct recommend_evidence *evidence = &rule->evidence.items[i];
        const char *example = recommend_flow_text(arena, &flows->items[evidence->example]);
        json_array_append_new(list, json_pack("{s:I, s:i, s:o, s:s}", "flows",
                                              (json_int_t)evidence->count, "different",
                                              (int)evidence->flows, "last",
                                              time_json(arena, evidence->last), "example",
                                              safe_text(arena, example)));
    }
    return list;
}

static json_t *rule_json(const struct recommendation *all, const struct recommend_rule *rule)
{
    struct arena *arena = all->run->arena;
    json_t *object =
        json_pack("{s:s, s:s}", "scope", recommend_class_text((enum recommend_class)rule->class),
                  "protocol", flow_protocol_text(arena, rule->protocol));
    if (rule->ip_version != 0) {
        json_object_set_new(object, "ip_version", json_integer(rule->ip_version));
    }
    if (rule->icmp_type >= 0) {
        json_object_set_new(object, "icmp_type", json_integer(rule->icmp_type));
        json_object_set_new(object, "icmp_code", json_integer(rule->icmp_code));
    }
    json_object_set_new(object, "ports", ports_json(arena, &rule->ports));
    json_object_set_new(object, "peer", peer_json(&rule->peer));
    json_object_set_new(object, "evidence", evidence_json(all, rule));
    return object;
}

static json_t *rules_json(const struct recommendation *all, const struct recommend_policy *policy,
                          int direction)
{
    json_t *list = json_array();
    for (size_t i = 0; i < policy->rules[direction].count; i++) {
        json_array_append_new(list, rule_json(all, &policy->rules[direction].items[i]));
    }
    return list;
}

static json_t *policy_json(const struct recommendation *all, const struct recommend_policy *policy)
{
    const struct recommend_subject *subject = policy->subject;
    struct arena *arena = all->run->arena;
    return json_pack(
        "{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:s}", "subject", subject->text,
        "kind", subject->ns != NULL ? "StagedNetworkPolicy" : "StagedGlobalNetworkPolicy",
        "namespace", text_or_null(subject->ns), "name", policy->name, "tier", policy->tier,
        "selector", subject->selector, "status",
        recommend_status_text((enum recommend_status)policy->status), "last_updated",
        time_json(arena, policy->updated), "flows", (json_int_t)policy->count, "ingress",
        rules_json(all, policy, PLAN_IN), "egress", rules_json(all, policy, PLAN_OUT), "yaml",
        recommend_policy_yaml(arena, all->recommend, policy, false));
}

static json_t *left_out_json(const struct recommendation *all)
{
    struct arena *arena = all->run->arena;
    const struct recommend_flows *flows = recommend_flows(all->recommend);
    json_t *list = json_array();
    for (size_t i = 0; i < flows->count; i++) {
        const struct recommend_flow *flow = &flows->items[i];
        if (flow->left_out != NULL) {
            const char *text = recommend_flow_text(arena, flow);
            json_array_append_new(list, json_pack("{s:s, s:I, s:s}", "flow", safe_text(arena, text),
                                                  "flows", (json_int_t)flow->count, "reason",
                                                  safe_text(arena, flow->left_out)));
        }
    }
    return list;
}

static json_t *tiers_json(const struct recommendation *all)
{
    json_t *list = json_array();
    for (int hosts = 0; hosts < 2; hosts++) {
        const struct recommend_tier *tier = recommend_tier(all->recommend, hosts);
        if (recommend_needs_tier(all, hosts)) {
            json_array_append_new(
                list, json_pack("{s:s, s:o, s:s}", "name", tier->name, "order",
                                isinf(tier->order) ? json_null() : json_real(tier->order), "yaml",
                                recommend_tier_yaml(all->run->arena, tier)));
        }
    }
    return list;
}

void recommend_print_json(const struct recommendation *all)
{
    json_t *policies = json_array();
    for (size_t i = 0; i < all->policies.count; i++) {
        json_array_append_new(policies, policy_json(all, &all->policies.items[i]));
    }
    json_t *root = json_pack("{s:o, s:o, s:o, s:o, s:i}", "records_end",
                             time_json(all->run->arena, recommend_end(all->recommend)), "tiers",
                             tiers_json(all), "policies", policies, "left_out", left_out_json(all),
                             "unreadable", (int)recommend_unreadable(all->recommend));
    json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    putchar('\n');
    json_decref(root);
}
