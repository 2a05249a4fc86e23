// SPDX-License-Identifier: GPL-2.0-or-later
// The plan as JSON: everything in it, keys in a fixed order, references by name, places as "file:line:col".
#include "internal.h"

#include <jansson.h>
#include <math.h>

struct printer {
    const struct plan *plan;
    const struct sources *sources;
    struct arena *scratch;
};

static void set_text(json_t *object, const char *key, const char *value)
{
    if (value != NULL) {
        json_object_set_new(object, key, json_string(value));
    }
}

static void set_loc(const struct printer *printer, json_t *object, struct loc loc)
{
    struct arena_mark mark = arena_mark(printer->scratch);
    const char *text = loc_text(printer->scratch, printer->sources, loc);
    if (text[0] != '\0') {
        set_text(object, "at", text);
    }
    arena_rewind(printer->scratch, mark);
}

static json_t *texts_json(const char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(texts[i]));
    }
    return list;
}

static json_t *cidrs_json(const struct cidrset *set)
{
    json_t *list = json_array();
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < set->count; i++) {
        json_array_append_new(list, json_string(cidr_text(set->items[i], false, buffer)));
    }
    return list;
}

static json_t *ports_json(const struct portset *set)
{
    json_t *list = json_array();
    for (size_t i = 0; i < set->count; i++) {
        struct port_range range = set->items[i];
        json_array_append_new(list, range.min == range.max
                                        ? json_integer(range.min)
                                        : json_sprintf("%u:%u", range.min, range.max));
    }
    return list;
}

static void set_ipset(const struct printer *printer, json_t *object, const char *key,
                      int32_t number)
{
    if (number >= 0) {
        set_text(object, key, printer->plan->ipsets.items[number].name);
    }
}

static void set_side(const struct printer *printer, json_t *match, const char *key,
                     const struct plan_side *side)
{
    json_t *object = json_object();
    if (side->has_nets) {
        json_object_set_new(object, "nets", cidrs_json(&side->nets));
    }
    if (side->has_not_nets) {
        json_object_set_new(object, "notNets", cidrs_json(&side->not_nets));
    }
    set_ipset(printer, object, "ipset", side->ipset);
    set_ipset(printer, object, "notIpset", side->not_ipset);
    if (side->ports.count > 0) {
        json_object_set_new(object, "ports", ports_json(&side->ports));
    }
    if (side->not_ports.count > 0) {
        json_object_set_new(object, "notPorts", ports_json(&side->not_ports));
    }
    set_ipset(printer, object, "namedPorts", side->named_ports);
    set_ipset(printer, object, "notNamedPorts", side->not_named_ports);
    if (side->domains >= 0) {
        json_object_set_new(object, "domains", json_integer(side->domains));
    }
    if (json_object_size(object) > 0) {
        json_object_set_new(match, key, object);
    } else {
        json_decref(object);
    }
}

static void set_number(json_t *object, const char *key, int value, int absent)
{
    if (value != absent) {
        json_object_set_new(object, key, json_integer(value));
    }
}

static json_t *rule_json(const struct printer *printer, const struct plan_rule *rule)
{
    static const char *const families[] = {"", "ipv4", "ipv6", "both"};
    const struct plan_match *match = &rule->match;
    json_t *object = json_object();
    json_object_set_new(object, "index", json_integer(rule->index));
    set_text(object, "action", plan_action_text(rule->action));
    set_loc(printer, object, rule->loc);
    set_text(object, "families", families[match->families]);
    set_number(object, "protocol", match->protocol, 0);
    set_number(object, "notProtocol", match->not_protocol, 0);
    set_number(object, "icmpType", match->icmp_type, -1);
    set_number(object, "icmpCode", match->icmp_code, -1);
    set_number(object, "notIcmpType", match->not_icmp_type, -1);
    set_number(object, "notIcmpCode", match->not_icmp_code, -1);
    set_side(printer, object, "source", &match->source);
    set_side(printer, object, "destination", &match->destination);
    return object;
}

static json_t *rules_json(const struct printer *printer, const struct plan_rules *rules)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rules->count; i++) {
        json_array_append_new(list, rule_json(printer, &rules->items[i]));
    }
    return list;
}

static json_t *policy_json(const struct printer *printer, const struct plan_policy *policy,
                           bool profile)
{
    json_t *object = json_object();
    set_text(object, "id", policy->id);
    set_loc(printer, object, policy->loc);
    if (!profile) {
        set_text(object, "tier", printer->plan->tiers.items[policy->tier].name);
        if (isfinite(policy->order)) {
            json_object_set_new(object, "order", json_real(policy->order));
        }
        json_object_set_new(object, "staged", json_boolean(policy->staged));
        if (policy->rule_counters) {
            json_object_set_new(object, "ruleCounters", json_true());
        }
    }
    if (policy->missing) {
        json_object_set_new(object, "missing", json_true());
    }
    if (policy->types & PLAN_INGRESS) {
        json_object_set_new(object, "ingress", rules_json(printer, &policy->rules[PLAN_IN]));
    }
    if (policy->types & PLAN_EGRESS) {
        json_object_set_new(object, "egress", rules_json(printer, &policy->rules[PLAN_OUT]));
    }
    return object;
}

static json_t *tiers_json(const struct printer *printer)
{
    json_t *list = json_array();
    for (size_t i = 0; i < printer->plan->tiers.count; i++) {
        const struct plan_tier *tier = &printer->plan->tiers.items[i];
        json_t *object = json_object();
        set_text(object, "name", tier->name);
        json_object_set_new(object, "order", json_real(tier->order));
        set_text(object, "defaultAction", tier->pass ? "Pass" : "Deny");
        set_loc(printer, object, tier->loc);
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *ipsets_json(const struct printer *printer)
{
    json_t *list = json_array();
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < printer->plan->ipsets.count; i++) {
        const struct plan_ipset *set = &printer->plan->ipsets.items[i];
        json_t *object = json_object();
        set_text(object, "name", set->name);
        json_t *members = set->named_ports ? json_array() : cidrs_json(&set->members);
        for (size_t j = 0; j < set->port_count; j++) {
            const struct plan_port_member *member = &set->ports[j];
            json_array_append_new(members, json_pack("{s:s, s:i, s:i}", "address",
                                                     ip_addr_text(member->addr, buffer), "protocol",
                                                     member->protocol, "port", member->port));
        }
        json_object_set_new(object, "members", members);
        json_array_append_new(list, object);
    }
    return list;
}

static const char *stage_text(enum plan_stage stage)
{
    static const char *const texts[PLAN_STAGES] = {"normal", "forward", "preDNAT", "untracked"};
    return texts[stage];
}

static json_t *class_json(const struct printer *printer, const struct plan_class *class)
{
    const struct plan *plan = printer->plan;
    json_t *object = json_object();
    json_t *tiers = json_array();
    json_t *profiles = json_array();
    set_text(object, "direction", class->direction == PLAN_IN ? "ingress" : "egress");
    if (class->host) {
        set_text(object, "hostStage", stage_text(class->stage));
    }
    for (size_t i = 0; i < class->tiers.count; i++) {
        const struct plan_class_tier *tier = &class->tiers.items[i];
        json_t *policies = json_array();
        for (size_t j = 0; j < tier->policies.count; j++) {
            json_array_append_new(policies,
                                  json_string(plan->policies.items[tier->policies.items[j]].id));
        }
        json_array_append_new(tiers,
                              json_pack("{s:s, s:o}", "tier", plan->tiers.items[tier->tier].name,
                                        "policies", policies));
    }
    for (size_t i = 0; i < class->profiles.count; i++) {
        json_array_append_new(profiles,
                              json_string(plan->profiles.items[class->profiles.items[i]].id));
    }
    json_object_set_new(object, "tiers", tiers);
    json_object_set_new(object, "profiles", profiles);
    return object;
}

static json_t *addresses_json(const struct ip_addr *addresses, size_t count)
{
    json_t *list = json_array();
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(ip_addr_text(addresses[i], buffer)));
    }
    return list;
}

static json_t *endpoint_json(const struct printer *printer, const struct plan_endpoint *endpoint)
{
    json_t *object = json_object();
    set_text(object, "id", endpoint->id);
    set_loc(printer, object, endpoint->loc);
    set_text(object, "node", endpoint->node);
    set_text(object, "interface", endpoint->interface);
    set_text(object, "bridge", endpoint->bridge);
    set_text(object, "port", endpoint->port);
    json_object_set_new(object, "addresses",
                        addresses_json(endpoint->addresses, endpoint->address_count));
    if (endpoint->spoofable.count > 0) {
        json_object_set_new(object, "allowSpoofedSourcePrefixes", cidrs_json(&endpoint->spoofable));
    }
    json_object_set_new(object, "ingressClass", json_integer(endpoint->classes[PLAN_IN]));
    json_object_set_new(object, "egressClass", json_integer(endpoint->classes[PLAN_OUT]));
    return object;
}

static json_t *host_json(const struct printer *printer, const struct plan_host *host)
{
    json_t *object = json_object();
    json_t *interfaces = json_array();
    json_t *classes = json_array();
    set_text(object, "id", host->id);
    set_loc(printer, object, host->loc);
    set_text(object, "node", host->node);
    for (size_t i = 0; i < host->interfaces.count; i++) {
        json_array_append_new(interfaces, json_string(host->interfaces.items[i]));
    }
    if (host->all_interfaces) {
        json_array_append_new(interfaces, json_string("*"));
    }
    json_object_set_new(object, "interfaces", interfaces);
    json_object_set_new(object, "addresses", addresses_json(host->addresses, host->address_count));
    for (int stage = 0; stage < PLAN_STAGES; stage++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            if (host->classes[stage][direction] != PLAN_NO_CLASS) {
                json_array_append_new(classes, json_integer(host->classes[stage][direction]));
            }
        }
    }
    json_object_set_new(object, "classes", classes);
    return object;
}

static json_t *interface_json(const struct plan *plan, const struct plan_interface *interface)
{
    json_t *object = json_object();
    json_t *addresses = json_array();
    char buffer[IP_TEXT_MAX];
    set_text(object, "node", interface->node);
    set_text(object, "name", interface->name);
    if (interface->host >= 0) {
        set_text(object, "host", plan->hosts.items[interface->host].id);
    }
    set_text(object, "master", interface->master);
    json_object_set_new(object, "workload", json_boolean(interface->workload));
    for (size_t i = 0; i < interface->address_count; i++) {
        json_array_append_new(addresses,
                              json_string(cidr_text(interface->addresses[i], false, buffer)));
    }
    json_object_set_new(object, "addresses", addresses);
    return object;
}

static json_t *failsafes_json(const struct plan_failsafes *failsafes)
{
    json_t *list = json_array();
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < failsafes->count; i++) {
        const struct plan_failsafe *failsafe = &failsafes->items[i];
        json_t *object =
            json_pack("{s:i, s:i}", "protocol", failsafe->protocol, "port", failsafe->port);
        if (failsafe->has_net) {
            set_text(object, "net", cidr_text(failsafe->net, false, buffer));
        }
        json_array_append_new(list, object);
    }
    return list;
}

static void set_dns(json_t *object, const struct plan_settings *settings)
{
    json_t *servers = json_array();
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < settings->dns_servers.count; i++) {
        const struct ip_port *server = &settings->dns_servers.items[i];
        json_array_append_new(servers,
                              json_string(ip_port_text(server->addr, server->port, buffer)));
    }
    json_object_set_new(object, "dnsTrustedServers", servers);
    json_object_set_new(object, "dnsExtraTTLSeconds", json_integer(settings->dns_extra_ttl));
    json_object_set_new(object, "dnsMinTTLSeconds", json_integer(settings->dns_min_ttl));
    json_object_set_new(object, "dnsSetTimeoutSeconds", json_integer(settings->dns_set_timeout));
    json_object_set_new(object, "dnsLogGroup", json_integer(settings->dns_log_group));
    json_object_set_new(object, "dnsWatch", json_boolean(settings->dns_watch));
}

static json_t *settings_json(const struct plan_settings *settings)
{
    json_t *object = json_pack(
        "{s:o, s:s, s:s, s:s, s:i, s:I, s:i, s:b, s:b, s:b, s:i, s:I, s:I, s:I, s:o, s:o}",
        "interfacePrefix",
        texts_json(settings->interface_prefixes, settings->interface_prefix_count),
        "defaultEndpointToHostAction", settings->host_action == PLAN_HOST_DROP ? "Drop" : "Accept",
        "denyAction", settings->reject ? "Reject" : "Drop", "logPrefix", settings->log_prefix,
        "logRate", (int)settings->log_rate, "logRateSeconds", (json_int_t)settings->log_unit,
        "logBurst", (int)settings->log_burst, "conntrackInvalidCheck",
        (int)settings->conntrack_invalid_check, "dropVXLAN", (int)settings->drop_vxlan, "dropIPIP",
        (int)settings->drop_ipip, "vxlanPort", settings->vxlan_port, "mark",
        (json_int_t)settings->mark, "flowTableSize", (json_int_t)settings->flow_size,
        "flowTableTimeoutSeconds", (json_int_t)settings->flow_timeout, "failsafeInboundHostPorts",
        failsafes_json(&settings->failsafes[PLAN_IN]), "failsafeOutboundHostPorts",
        failsafes_json(&settings->failsafes[PLAN_OUT]));
    set_dns(object, settings);
    return object;
}

static json_t *policies_json(const struct printer *printer, const struct plan_policy *items,
                             size_t count, bool profiles)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, policy_json(printer, &items[i], profiles));
    }
    return list;
}

void plan_print_json(const struct plan *plan, const struct sources *sources, FILE *out)
{
    struct printer printer = {plan, sources, arena_new(1 << 20)};
    json_t *root = json_object();
    json_t *classes = json_array();
    json_t *endpoints = json_array();
    set_text(root, "node", plan->node);
    json_object_set_new(root, "settings", settings_json(&plan->settings));
    for (size_t i = 0; i < plan->node_settings.count; i++) {
        const struct plan_node_settings *own = &plan->node_settings.items[i];
        const char *key = arena_printf(printer.scratch, "settings of %s", own->node);
        json_object_set_new(root, key, settings_json(&own->settings));
    }
    json_object_set_new(root, "tiers", tiers_json(&printer));
    json_object_set_new(root, "policies",
                        policies_json(&printer, plan->policies.items, plan->policies.count, false));
    json_object_set_new(root, "profiles",
                        policies_json(&printer, plan->profiles.items, plan->profiles.count, true));
    json_object_set_new(root, "ipsets", ipsets_json(&printer));
    json_t *domains = json_array();
    for (size_t i = 0; i < plan->domains.count; i++) {
        const struct plan_domains *list = &plan->domains.items[i];
        json_array_append_new(domains, texts_json(list->patterns, list->count));
    }
    json_object_set_new(root, "domains", domains);
    for (size_t i = 0; i < plan->classes.count; i++) {
        json_array_append_new(classes, class_json(&printer, &plan->classes.items[i]));
    }
    json_object_set_new(root, "classes", classes);
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        json_array_append_new(endpoints, endpoint_json(&printer, &plan->endpoints.items[i]));
    }
    json_object_set_new(root, "endpoints", endpoints);
    json_t *hosts = json_array(), *interfaces = json_array();
    for (size_t i = 0; i < plan->hosts.count; i++) {
        json_array_append_new(hosts, host_json(&printer, &plan->hosts.items[i]));
    }
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        json_array_append_new(interfaces, interface_json(plan, &plan->interfaces.items[i]));
    }
    json_object_set_new(root, "hosts", hosts);
    json_object_set_new(root, "interfaces", interfaces);
    json_dumpf(root, out, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    fputc('\n', out);
    json_decref(root);
    arena_free(printer.scratch);
}
