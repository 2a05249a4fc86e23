// SPDX-License-Identifier: GPL-2.0-or-later
// A rule as one line of text, from what is written: the same rule has the same text wherever it stands, and whatever its
// selectors match today. For fingerprints.
#include "internal.h"

#include <polc/dns.h>

static void add_nets(struct strbuf *text, const char *name, const struct res_nets *nets)
{
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < nets->count; i++) {
        strbuf_addf(text, "%s%s", i == 0 ? name : ",",
                    cidr_text(nets->items[i].cidr, false, buffer));
    }
}

static void add_ports(struct strbuf *text, const char *name, const struct res_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        const struct res_port *port = &ports->items[i];
        strbuf_add(text, i == 0 ? name : ",");
        port->name != NULL ? strbuf_add(text, port->name)
                           : strbuf_addf(text, "%u:%u", port->min, port->max);
    }
}

static void add_selector(struct strbuf *text, const char *name, const struct res_selector *selector)
{
    if (selector->tree != NULL) {
        strbuf_addf(text, "%s%s", name, sel_text(text->arena, selector->tree));
    }
}

static void add_entity(struct strbuf *text, const char *name, const struct res_entity *entity)
{
    if (!entity->present) {
        return;
    }
    strbuf_addf(text, " %s{", name);
    add_nets(text, " nets=", &entity->nets);
    add_nets(text, " notNets=", &entity->not_nets);
    add_selector(text, " selector=", &entity->selector);
    add_selector(text, " notSelector=", &entity->not_selector);
    add_selector(text, " namespaceSelector=", &entity->namespace_selector);
    add_selector(text, " serviceAccountSelector=", &entity->service_account_selector);
    for (size_t i = 0; i < entity->service_account_names.count; i++) {
        strbuf_addf(text, " serviceAccount=%s", entity->service_account_names.items[i].text);
    }
    if (entity->has_services && entity->service_name.text != NULL) {
        strbuf_addf(text, " service=%s/%s",
                    entity->service_namespace.text != NULL ? entity->service_namespace.text : "",
                    entity->service_name.text);
    }
    for (size_t i = 0; i < entity->domains.count; i++) {
        strbuf_addf(text, " domain=%s",
                    dns_name_canonical(text->arena, entity->domains.items[i].text));
    }
    add_ports(text, " ports=", &entity->ports);
    add_ports(text, " notPorts=", &entity->not_ports);
    strbuf_add(text, " }");
}

const char *lint_rule_key(const struct lint *lint, const struct res_rule *rule)
{
    static const char *const actions[RES_ACTION_COUNT] = {
        [RES_ALLOW] = "Allow", [RES_DENY] = "Deny", [RES_LOG] = "Log", [RES_PASS] = "Pass"};
    struct strbuf text = {.arena = lint->arena};
    strbuf_addf(&text, "%s ip=%u protocol=%u notProtocol=%u", actions[rule->action],
                rule->ip_version, rule->protocol.number, rule->not_protocol.number);
    if (rule->icmp.present) {
        strbuf_addf(&text, " icmp=%d/%d", rule->icmp.type, rule->icmp.code);
    }
    if (rule->not_icmp.present) {
        strbuf_addf(&text, " notICMP=%d/%d", rule->not_icmp.type, rule->not_icmp.code);
    }
    add_entity(&text, "source", &rule->source);
    add_entity(&text, "destination", &rule->destination);
    return strbuf_text(&text);
}
