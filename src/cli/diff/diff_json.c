// SPDX-License-Identifier: GPL-2.0-or-later
// What changes, for programs: everything that the text shortens is whole.
#include "diff.h"

static json_t *names_json(const struct traffic_names *names)
{
    json_t *list = json_array();
    for (size_t i = 0; i < names->count; i++) {
        json_array_append_new(list, json_string(names->items[i]));
    }
    return list;
}

static json_t *nets_json(const struct cidrset *nets)
{
    char buffer[IP_TEXT_MAX];
    json_t *list = json_array();
    for (size_t i = 0; i < nets->count; i++) {
        json_array_append_new(list, json_string(cidr_text(nets->items[i], false, buffer)));
    }
    return list;
}

static json_t *end_json(struct arena *arena, const struct traffic_end *end, uint8_t families)
{
    json_t *who = json_pack("{s:o, s:o, s:o, s:o}", "endpoints", names_json(&end->who.endpoints),
                            "hosts", names_json(&end->who.hosts), "nets", nets_json(&end->who.nets),
                            "without", names_json(&end->who.holes));
    return json_pack("{s:s, s:o, s:o}", "text", diff_end_text(arena, end, families),
                     end->all_but ? "all_but" : "all_of", who, "addresses",
                     nets_json(&end->addresses));
}

static json_t *ports_json(const struct portset *ports)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ports->count; i++) {
        json_array_append_new(list, json_pack("[i, i]", ports->items[i].min, ports->items[i].max));
    }
    return list;
}

// Types and codes as [first type, first code, last type, last code].
static json_t *types_json(const struct portset *types)
{
    enum { CODES = 256 };
    json_t *list = json_array();
    for (size_t i = 0; i < types->count; i++) {
        struct port_range range = types->items[i];
        json_array_append_new(list, json_pack("[i, i, i, i]", range.min / CODES, range.min % CODES,
                                              range.max / CODES, range.max % CODES));
    }
    return list;
}

static json_t *services_json(struct arena *arena, const struct traffic_services *services)
{
    json_t *list = json_array();
    for (size_t i = 0; i < services->count; i++) {
        const struct traffic_service *service = &services->items[i];
        json_t *json = json_pack("{s:[i, i]}", "protocols", service->first, service->last);
        if (service->first == service->last) {
            json_object_set_new(json, "protocol",
                                json_string(flow_protocol_text(arena, service->first)));
        }
        if (service->destination_ports.count > 0) {
            json_object_set_new(json, "destination_ports", ports_json(&service->destination_ports));
        }
        if (service->source_ports.count > 0) {
            json_object_set_new(json, "source_ports", ports_json(&service->source_ports));
        }
        if (service->icmp.count > 0) {
            json_object_set_new(json, "icmp", types_json(&service->icmp));
        }
        json_array_append_new(list, json);
    }
    return list;
}

json_t *diff_json_flow(const struct flow *flow)
{
    char source[IP_TEXT_MAX], destination[IP_TEXT_MAX], protocol[sizeof "255"];
    snprintf(protocol, sizeof protocol, "%u", flow->protocol);
    json_t *json =
        json_pack("{s:s, s:s, s:s}", "source_ip", ip_addr_text(flow->source, source), "dest_ip",
                  ip_addr_text(flow->destination, destination), "proto", protocol);
    if (proto_has_ports(flow->protocol)) {
        json_object_set_new(json, "source_port", json_integer(flow->source_port));
        json_object_set_new(json, "dest_port", json_integer(flow->destination_port));
    }
    if (flow->icmp_type >= 0) {
        json_object_set_new(json, "icmp_type", json_integer(flow->icmp_type));
        json_object_set_new(json, "icmp_code", json_integer(flow->icmp_code));
    }
    size_t names = flow->names != NULL ? flow->names->count : 0;
    for (size_t i = 0; i < names; i++) {
        json_t *list = json_object_get(json, "dest_domains");
        if (list == NULL) {
            list = json_array();
            json_object_set_new(json, "dest_domains", list);
        }
        json_array_append_new(list, json_string(flow->names->items[i]));
    }
    return json;
}

json_t *diff_json_decision(const struct diff_decision *decision)
{
    json_t *json = json_pack("{s:s, s:s, s:s?, s:s?, s:s}", "text", decision->text, "reason",
                             decision->reason, "policy", decision->policy, "direction",
                             decision->direction, "at", decision->place);
    if (decision->rule >= 0) {
        json_object_set_new(json, "rule", json_integer(decision->rule));
    }
    return json;
}

static json_t *families_json(uint8_t families)
{
    json_t *list = json_array();
    if (families & PLAN_V4) {
        json_array_append_new(list, json_integer(IP_V4));
    }
    if (families & PLAN_V6) {
        json_array_append_new(list, json_integer(IP_V6));
    }
    return list;
}

static json_t *row_json(const struct diff *diff, const struct traffic_row *row)
{
    struct arena *arena = diff->run->arena;
    bool opened = row->change == TRAFFIC_OPENED;
    struct diff_decision decisions[2];
    diff_decide(diff, &row->witness, decisions);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "change",
                     opened ? "opened" : "closed", "from", opened ? "deny" : "allow", "to",
                     opened ? "allow" : "deny", "ip_versions", families_json(row->families),
                     "source", end_json(arena, &row->source, row->families), "destination",
                     end_json(arena, &row->destination, row->families), "service",
                     diff_service_text(arena, row), "services", services_json(arena, &row->exact),
                     "example", diff_json_flow(&row->witness), "was",
                     diff_json_decision(&decisions[0]), "now", diff_json_decision(&decisions[1]));
}

static json_t *named_json(const struct diff *diff)
{
    json_t *list = json_array();
    for (size_t i = 0; i < diff->names.count; i++) {
        const struct diff_name *name = &diff->names.items[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "change",
                                              name->change == TRAFFIC_OPENED ? "opened" : "closed",
                                              "name", name->pattern, "service", name->service,
                                              "policy", name->policy, "rule",
                                              (json_int_t)name->rule, "at", name->place));
    }
    return list;
}

json_t *diff_json_traffic(const struct diff *diff)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < diff->traffic->rows.count; i++) {
        json_array_append_new(rows, row_json(diff, &diff->traffic->rows.items[i]));
    }
    return json_pack("{s:b, s:I, s:I, s:o, s:o, s:o, s:s}", "decided", 1, "opened",
                     (json_int_t)diff->traffic->counts[TRAFFIC_OPENED], "closed",
                     (json_int_t)diff->traffic->counts[TRAFFIC_CLOSED], "rows", rows, "names",
                     named_json(diff), "undecided_nodes", names_json(&diff->traffic->undecided),
                     "staged", diff->staged);
}

json_t *diff_json_policies(const struct diff *diff)
{
    static const char *const kinds[] = {
        [NFT_ADDED] = "added", [NFT_REMOVED] = "removed", [NFT_CHANGED] = "changed"};
    json_t *list = json_array();
    for (size_t i = 0; i < diff->texts.policies.count; i++) {
        const struct diff_policy *policy = &diff->texts.policies.items[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "policy", policy->name,
                                              "change", kinds[policy->kind], "what", policy->what,
                                              "at", policy->place));
    }
    return list;
}
