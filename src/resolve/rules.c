// SPDX-License-Identifier: GPL-2.0-or-later
// Rule scanner: the effective selectors of each side of each active rule (semantics.md 3.2, 3.3), and the IP sets
// that they name.
#include "internal.h"

struct scanner {
    struct arena *arena;
    struct ipset_registry *registry;
    struct domain_registry *domains;
    bool egress;    // of the rules at hand
    const char *ns; // namespace of the policy; NULL for a global one
};

// A namespaceSelector in terms of the labels that objects inherit, with its meanings of all() and global().
static const struct sel *namespace_scope(struct arena *arena, const struct sel *sel)
{
    const struct sel *in_namespace = sel_has(arena, LABEL_NAMESPACE);
    return sel_rewrite(arena, sel, PREFIX_NAMESPACE, in_namespace, sel_not(arena, in_namespace));
}

static const struct sel *service_accounts(struct arena *arena, const struct res_entity *entity)
{
    const struct sel *sel = NULL;
    if (entity->service_account_selector.tree != NULL) {
        sel = sel_rewrite(arena, entity->service_account_selector.tree, PREFIX_SERVICE_ACCOUNT,
                          NULL, NULL);
    }
    size_t count = entity->service_account_names.count;
    if (count > 0) {
        const char **names = arena_array_of(arena, const char *, count);
        for (size_t i = 0; i < count; i++) {
            names[i] = entity->service_account_names.items[i].text;
        }
        sel = sel_and(arena, sel, sel_in(arena, LABEL_SERVICE_ACCOUNT, names, count));
    }
    return sel;
}

// The effective positive selector without the negative one; NULL when the side has none.
static const struct sel *positive_selector(const struct scanner *scanner,
                                           const struct res_entity *entity)
{
    struct arena *arena = scanner->arena;
    const struct sel *positive =
        sel_and(arena, entity->selector.tree, service_accounts(arena, entity));
    const struct sel *scope = NULL;
    if (entity->namespace_selector.tree != NULL) {
        scope = namespace_scope(arena, entity->namespace_selector.tree);
    } else if (scanner->ns != NULL) {
        scope = sel_eq(arena, LABEL_NAMESPACE, scanner->ns);
    }
    bool scoped = positive != NULL || entity->not_selector.tree != NULL ||
                  entity->namespace_selector.tree != NULL;
    return scope != NULL && scoped ? sel_and(arena, scope, positive) : positive;
}

// A service stands for all criteria of its side but the ports of a source: to a destination belong its ports, to a
// source only its addresses (semantics.md 3.7).
static struct model_side scan_service(const struct scanner *scanner,
                                      const struct res_entity *entity, bool destination,
                                      uint8_t protocol)
{
    struct model_side side = {-1, -1, -1, -1, -1};
    const char *written = entity->service_namespace.text;
    const char *ns = written != NULL && written[0] != '\0' ? written : scanner->ns;
    const char *name = entity->service_name.text;
    if (destination) {
        side.named_ports = ipset_service_ports(scanner->registry, ns, name);
        return side;
    }
    side.ipset = ipset_service_addresses(scanner->registry, ns, name);
    side.named_ports =
        ipset_named_ports(scanner->registry, NULL, side.ipset, protocol, &entity->ports);
    side.not_named_ports =
        ipset_named_ports(scanner->registry, NULL, side.ipset, protocol, &entity->not_ports);
    return side;
}

// Beside domains of its own a rule has no selector.
static int32_t scan_domains(const struct scanner *scanner, const struct res_entity *entity,
                            const struct sel *positive)
{
    return positive != NULL ? domains_of_selector(scanner->domains, positive)
                            : domains_of_names(scanner->domains, &entity->domains);
}

static struct model_side scan_side(const struct scanner *scanner, const struct res_entity *entity,
                                   bool destination, const struct res_rule *rule)
{
    struct model_side side = {-1, -1, -1, -1, -1};
    uint8_t protocol = rule->protocol.number;
    if (entity->has_services) {
        return scan_service(scanner, entity, destination, protocol);
    }
    const struct sel *positive = positive_selector(scanner, entity);
    const struct sel *negative = entity->not_selector.tree;
    if (positive != NULL && negative != NULL) {
        positive = sel_and(scanner->arena, positive, sel_not(scanner->arena, negative));
        negative = NULL;
    }
    if (positive != NULL) {
        side.ipset = ipset_addresses(scanner->registry, positive);
    }
    if (negative != NULL) {
        side.not_ipset = ipset_addresses(scanner->registry, negative);
    }
    side.named_ports = ipset_named_ports(scanner->registry, positive, -1, protocol, &entity->ports);
    side.not_named_ports =
        ipset_named_ports(scanner->registry, positive, -1, protocol, &entity->not_ports);
    if (destination && scanner->egress && rule->action == RES_ALLOW) {
        side.domains = scan_domains(scanner, entity, positive);
    }
    return side;
}

static void scan_rules(struct scanner *scanner, const struct res_rule *rules, size_t count,
                       struct model_rule *ret)
{
    for (size_t i = 0; i < count; i++) {
        ret[i].res = &rules[i];
        ret[i].source = scan_side(scanner, &rules[i].source, false, &rules[i]);
        ret[i].destination = scan_side(scanner, &rules[i].destination, true, &rules[i]);
    }
}

static void scan_policy(struct scanner *scanner, struct model_policy *policy)
{
    const struct res_rules *lists[MODEL_DIRECTIONS] = {&policy->res->ingress, &policy->res->egress};
    static const uint8_t types[MODEL_DIRECTIONS] = {RES_INGRESS, RES_EGRESS};
    scanner->ns = policy->ns;
    for (int direction = 0; direction < MODEL_DIRECTIONS; direction++) {
        size_t count = policy->types & types[direction] ? lists[direction]->count : 0;
        policy->rules[direction].items = arena_array_of(scanner->arena, struct model_rule, count);
        policy->rules[direction].count = count;
        scanner->egress = direction == MODEL_OUT;
        scan_rules(scanner, lists[direction]->items, count, policy->rules[direction].items);
    }
}

// A profile's lists already point to its rules: fill in what they select. Profiles are global in scope.
static void scan_profile(struct scanner *scanner, struct model_policy *profile)
{
    scanner->ns = NULL;
    for (int direction = 0; direction < MODEL_DIRECTIONS; direction++) {
        scanner->egress = direction == MODEL_OUT;
        for (size_t i = 0; i < profile->rules[direction].count; i++) {
            struct model_rule *rule = &profile->rules[direction].items[i];
            scan_rules(scanner, rule->res, 1, rule);
        }
    }
}

void resolve_rules(struct arena *arena, struct model *model)
{
    struct ipset_registry *ipsets = ipset_registry_new(arena, model);
    struct scanner scanner = {
        .arena = arena, .registry = ipsets, .domains = domain_registry_new(arena, model, ipsets)};
    for (size_t i = 0; i < model->policies.count; i++) {
        if (model->policies.items[i].active) {
            scan_policy(&scanner, &model->policies.items[i]);
        }
    }
    for (size_t i = 0; i < model->profiles.count; i++) {
        scan_profile(&scanner, &model->profiles.items[i]);
    }
}
