// SPDX-License-Identifier: GPL-2.0-or-later
// Reference: whether a rule matches a flow (semantics.md 3.2 to 3.6, 4).
#include "ref.h"

#include "names.h"

#define IN_NAMESPACE "projectcalico.org/namespace"

struct side {
    const struct ref *ref;
    const struct res_rule *rule;
    const struct res_entity *entity;
    const char *ns;
    const struct flow *flow;
    struct ip_addr addr;
    uint16_t port;
    bool names; // names of domains count: the destination of an egress rule that allows
};

static bool in_prefix(const struct cidr *cidr, struct ip_addr addr)
{
    if (cidr->addr.family != addr.family) {
        return false;
    }
    for (unsigned bit = 0; bit < cidr->bits; bit++) {
        if ((cidr->addr.bytes[bit / 8] ^ addr.bytes[bit / 8]) >> (7 - bit % 8) & 1) {
            return false;
        }
    }
    return true;
}

static bool in_nets(const struct res_nets *nets, struct ip_addr addr)
{
    for (size_t i = 0; i < nets->count; i++) {
        if (in_prefix(&nets->items[i].cidr, addr)) {
            return true;
        }
    }
    return false;
}

static bool is_named_by(const struct side *side, const struct res_names *domains)
{
    for (size_t i = 0; side->ref->names && domains != NULL && i < domains->count; i++) {
        if (names_have(domains->items[i].text, side->addr)) {
            return true;
        }
    }
    return false;
}

// A list that has nothing of the flow's family takes the rule away, a negated one too.
static bool speaks_of_family(const struct res_nets *nets, uint8_t family)
{
    bool any = nets->count == 0;
    for (size_t i = 0; i < nets->count; i++) {
        any |= nets->items[i].cidr.addr.family == family;
    }
    return any;
}

// ---- selectors ------------------------------------------------------------------------------------------------------

static bool names_account(const struct res_entity *entity, const struct ref_object *object)
{
    const char *account = ref_label(object, "projectcalico.org/serviceaccount");
    for (size_t i = 0; i < entity->service_account_names.count; i++) {
        if (account != NULL && strcmp(entity->service_account_names.items[i].text, account) == 0) {
            return true;
        }
    }
    return entity->service_account_names.count == 0;
}

static bool has_accounts(const struct res_entity *entity)
{
    return entity->service_account_names.count > 0 || entity->service_account_selector.tree != NULL;
}

static bool has_positive(const struct side *side)
{
    const struct res_entity *entity = side->entity;
    return entity->selector.tree != NULL || has_accounts(entity) ||
           entity->namespace_selector.tree != NULL ||
           (side->ns != NULL && entity->not_selector.tree != NULL);
}

// The positive selector, narrowed by the negative one.
static bool is_selected(const struct side *side, const struct ref_object *object)
{
    const struct res_entity *entity = side->entity;
    const char *ns = ref_label(object, IN_NAMESPACE);
    const struct sel *accounts = entity->service_account_selector.tree;
    bool scoped = entity->namespace_selector.tree != NULL
                      ? ref_selects(entity->namespace_selector.tree, object, "pcns.", IN_NAMESPACE)
                      : side->ns == NULL || (ns != NULL && strcmp(ns, side->ns) == 0);
    return scoped && names_account(entity, object) &&
           (accounts == NULL || ref_selects(accounts, object, "pcsa.", NULL)) &&
           (entity->selector.tree == NULL ||
            ref_selects(entity->selector.tree, object, "", NULL)) &&
           (entity->not_selector.tree == NULL ||
            !ref_selects(entity->not_selector.tree, object, "", NULL));
}

static bool selectors_match(const struct side *side)
{
    bool positive = has_positive(side);
    const struct sel *negative = side->entity->not_selector.tree;
    if (!positive && negative == NULL) {
        return true;
    }
    for (size_t i = 0; i < side->ref->objects.count; i++) {
        const struct ref_object *object = &side->ref->objects.items[i];
        bool counts =
            positive ? is_selected(side, object) : ref_selects(negative, object, "", NULL);
        bool named = positive && side->names && is_named_by(side, object->domains);
        if (counts && (named || in_nets(object->nets, side->addr))) {
            return positive;
        }
    }
    return !positive;
}

// ---- ports ----------------------------------------------------------------------------------------------------------

static bool declares(const struct side *side, const struct ref_object *object, const char *name)
{
    uint8_t protocol = side->rule->protocol.number;
    for (size_t i = 0; object->ports != NULL && i < object->ports->count; i++) {
        const struct res_endpoint_port *port = &object->ports->items[i];
        if (port->name != NULL && strcmp(port->name, name) == 0 && port->port == side->port &&
            port->protocol == side->flow->protocol &&
            (protocol == 0 || protocol == port->protocol)) {
            return true;
        }
    }
    return false;
}

static bool is_named(const struct side *side, const char *name)
{
    bool positive = has_positive(side);
    for (size_t i = 0; i < side->ref->objects.count; i++) {
        const struct ref_object *object = &side->ref->objects.items[i];
        if (declares(side, object, name) && in_nets(object->nets, side->addr) &&
            (!positive || is_selected(side, object))) {
            return true;
        }
    }
    return false;
}

static bool is_listed(const struct side *side, const struct res_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        const struct res_port *port = &ports->items[i];
        bool listed = port->name != NULL ? is_named(side, port->name)
                                         : port->min <= side->port && side->port <= port->max;
        if (listed) {
            return true;
        }
    }
    return false;
}

static bool side_matches(const struct side *side)
{
    const struct res_entity *entity = side->entity;
    return speaks_of_family(&entity->nets, side->addr.family) &&
           speaks_of_family(&entity->not_nets, side->addr.family) &&
           (entity->nets.count == 0 || in_nets(&entity->nets, side->addr)) &&
           !in_nets(&entity->not_nets, side->addr) && selectors_match(side) &&
           (entity->domains.count == 0 || is_named_by(side, &entity->domains)) &&
           (entity->ports.count == 0 || is_listed(side, &entity->ports)) &&
           !is_listed(side, &entity->not_ports);
}

// ---- the whole rule -------------------------------------------------------------------------------------------------

static bool family_matches(const struct res_rule *rule, uint8_t family)
{
    bool typed = rule->icmp.present || rule->not_icmp.present;
    bool implied = rule->protocol.named || typed;
    if (rule->ip_version != 0) {
        return rule->ip_version == family;
    }
    return !implied ||
           (rule->protocol.number != PROTO_ICMP && rule->protocol.number != PROTO_ICMPV6) ||
           (rule->protocol.number == PROTO_ICMP) == (family == IP_V4);
}

static bool icmp_matches(const struct res_rule *rule, const struct flow *flow)
{
    bool type = !rule->icmp.present || rule->icmp.type < 0 || rule->icmp.type == flow->icmp_type;
    bool code = !rule->icmp.present || rule->icmp.code < 0 || rule->icmp.code == flow->icmp_code;
    bool excluded = rule->not_icmp.present && rule->not_icmp.type >= 0 &&
                    rule->not_icmp.type == flow->icmp_type &&
                    (rule->not_icmp.code < 0 || rule->not_icmp.code == flow->icmp_code);
    return type && code && !excluded;
}

int ref_rule_matches(const struct ref *ref, const struct res_rule *rule, const char *ns,
                     enum plan_direction direction, const struct flow *flow)
{
    bool names = direction == PLAN_OUT && rule->action == RES_ALLOW;
    if (rule->source.has_services || rule->destination.has_services) {
        return -1;
    }
    struct side source = {ref,  rule,         &rule->source,     ns,
                          flow, flow->source, flow->source_port, false};
    struct side destination = {
        ref, rule, &rule->destination, ns, flow, flow->destination, flow->destination_port, names};
    return family_matches(rule, flow->source.family) &&
           (rule->protocol.number == 0 || rule->protocol.number == flow->protocol) &&
           (rule->not_protocol.number == 0 || rule->not_protocol.number != flow->protocol) &&
           icmp_matches(rule, flow) && side_matches(&source) && side_matches(&destination);
}
