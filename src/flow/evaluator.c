// SPDX-License-Identifier: GPL-2.0-or-later
// A plan made ready for look-ups: nodes as numbers, the owners of addresses sorted by address.
#include "internal.h"

// ---- nodes ----------------------------------------------------------------------------------------------------

// Nodes are few; endpoints of one node mostly stand together, so the last answer is tried first.
struct node_names {
    struct arena *arena;
    struct flow_evaluator *evaluator;
    struct strmap *numbers; // name -> number + 1
    int32_t unnamed;
};

static int32_t add_node(struct node_names *names, const char *name)
{
    vec_push(names->arena, &names->evaluator->nodes, (struct node_info){.name = name});
    return (int32_t)names->evaluator->nodes.count - 1;
}

static int32_t node_number(struct node_names *names, const char *name)
{
    name = name != NULL ? name : names->evaluator->plan->node;
    if (name == NULL) {
        if (names->unnamed < 0) {
            names->unnamed = add_node(names, NULL);
        }
        return names->unnamed;
    }
    const int32_t *known = strmap_get(names->numbers, name);
    if (known == NULL) {
        int32_t *number = arena_new_of(names->arena, int32_t);
        *number = add_node(names, name);
        known = strmap_put(names->numbers, name, number);
    }
    return *known;
}

static void add_host(struct arena *arena, struct node_info *node, const struct plan_host *host)
{
    vec_push(arena, &node->hosts, host);
    // Of several, the first by name governs (semantics.md 6.1); the hosts are sorted.
    node->all = host->all_interfaces && node->all == NULL ? host : node->all;
}

static const struct plan_settings *find_settings(const struct plan *plan, const char *node)
{
    for (size_t i = 0; node != NULL && i < plan->node_settings.count; i++) {
        if (strcmp(plan->node_settings.items[i].node, node) == 0) {
            return &plan->node_settings.items[i].settings;
        }
    }
    return &plan->settings;
}

// Nodes have their numbers by name: who has an address that several hosts have does not depend on anybody else.
static void add_nodes(struct node_names *names, const struct plan *plan)
{
    VEC(const char *) all = {0};
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        vec_push(names->arena, &all, plan->endpoints.items[i].node);
    }
    for (size_t i = 0; i < plan->hosts.count; i++) {
        vec_push(names->arena, &all, plan->hosts.items[i].node);
    }
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        vec_push(names->arena, &all, plan->interfaces.items[i].node);
    }
    size_t known = 0;
    for (size_t i = 0; i < all.count; i++) {
        if (all.items[i] != NULL && (known == 0 || all.items[known - 1] != all.items[i])) {
            all.items[known++] = all.items[i];
        }
    }
    all.count = known;
    vec_sort(&all, compare_texts);
    for (size_t i = 0; i < all.count; i++) {
        (void)node_number(names, all.items[i]);
    }
}

static void collect_nodes(struct arena *arena, struct flow_evaluator *evaluator)
{
    const struct plan *plan = evaluator->plan;
    struct node_names names = {arena, evaluator, strmap_new(arena), -1};
    add_nodes(&names, plan);
    evaluator->endpoint_nodes = arena_array_of(arena, int32_t, plan->endpoints.count);
    evaluator->host_nodes = arena_array_of(arena, int32_t, plan->hosts.count);
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        evaluator->endpoint_nodes[i] = node_number(&names, plan->endpoints.items[i].node);
    }
    for (size_t i = 0; i < plan->hosts.count; i++) {
        const struct plan_host *host = &plan->hosts.items[i];
        int32_t number = node_number(&names, host->node);
        evaluator->host_nodes[i] = number;
        add_host(arena, &evaluator->nodes.items[number], host);
    }
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        const struct plan_interface *interface = &plan->interfaces.items[i];
        int32_t number = node_number(&names, interface->node);
        vec_push(arena, &evaluator->nodes.items[number].interfaces, interface);
    }
    for (size_t i = 0; i < evaluator->nodes.count; i++) {
        evaluator->nodes.items[i].settings = find_settings(plan, evaluator->nodes.items[i].name);
    }
    evaluator->own_node = evaluator->nodes.count == 1 ? 0 : NODE_UNKNOWN;
}

static void add_name(struct flow_evaluator *evaluator, const char *name)
{
    if (name != NULL) {
        strmap_put(evaluator->workload_interfaces, name, evaluator);
    }
}

// Behind a bridge that it shares with others an endpoint has no interface, and its port is no matter for the inet hooks.
static void collect_interface_names(struct arena *arena, struct flow_evaluator *evaluator)
{
    evaluator->workload_interfaces = strmap_new(arena);
    for (size_t i = 0; i < evaluator->plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &evaluator->plan->endpoints.items[i];
        add_name(evaluator, endpoint->interface);
        add_name(evaluator, endpoint->interface != NULL ? endpoint->port : NULL);
    }
}

// ---- addresses ------------------------------------------------------------------------------------------------

static int compare_owners(const void *a, const void *b)
{
    const struct address_owner *left = a;
    const struct address_owner *right = b;
    int order = ip_addr_compare(left->addr, right->addr);
    if (order != 0) {
        return order;
    }
    if ((left->endpoint == NULL) != (right->endpoint == NULL)) {
        return left->endpoint == NULL ? 1 : -1;
    }
    // Endpoints stand in the plan in the order of their ids.
    return left->endpoint != right->endpoint
               ? (left->endpoint < right->endpoint ? -1 : 1)
               : (left->node > right->node) - (left->node < right->node);
}

static void add_owner(struct arena *arena, struct flow_evaluator *evaluator, struct ip_addr addr,
                      const struct plan_endpoint *endpoint, int32_t node)
{
    vec_push(arena, &evaluator->owners, (struct address_owner){addr, endpoint, node});
}

static void add_node_addresses(struct arena *arena, struct flow_evaluator *evaluator,
                               int32_t number)
{
    const struct node_info *node = &evaluator->nodes.items[number];
    for (size_t i = 0; i < node->hosts.count; i++) {
        for (size_t j = 0; j < node->hosts.items[i]->address_count; j++) {
            add_owner(arena, evaluator, node->hosts.items[i]->addresses[j], NULL, number);
        }
    }
    for (size_t i = 0; i < node->interfaces.count; i++) {
        for (size_t j = 0; j < node->interfaces.items[i]->address_count; j++) {
            add_owner(arena, evaluator, node->interfaces.items[i]->addresses[j].addr, NULL, number);
        }
    }
}

static void collect_owners(struct arena *arena, struct flow_evaluator *evaluator)
{
    const struct plan *plan = evaluator->plan;
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[i];
        for (size_t j = 0; j < endpoint->address_count; j++) {
            add_owner(arena, evaluator, endpoint->addresses[j], endpoint,
                      evaluator->endpoint_nodes[i]);
        }
    }
    for (size_t i = 0; i < evaluator->nodes.count; i++) {
        add_node_addresses(arena, evaluator, (int32_t)i);
    }
    vec_sort(&evaluator->owners, compare_owners);
}

static void find_staged(struct arena *arena, struct flow_evaluator *evaluator)
{
    const struct plan *plan = evaluator->plan;
    evaluator->has_staged = arena_array_of(arena, bool, plan->classes.count);
    for (size_t i = 0; i < plan->classes.count; i++) {
        for (size_t j = 0; j < plan->classes.items[i].tiers.count; j++) {
            const struct plan_indexes *policies = &plan->classes.items[i].tiers.items[j].policies;
            for (size_t k = 0; k < policies->count; k++) {
                evaluator->has_staged[i] |= plan->policies.items[policies->items[k]].staged;
            }
        }
    }
}

struct flow_evaluator *flow_evaluator_new(struct arena *arena, const struct plan *plan)
{
    struct flow_evaluator *evaluator = arena_new_of(arena, struct flow_evaluator);
    evaluator->plan = plan;
    collect_nodes(arena, evaluator);
    collect_interface_names(arena, evaluator);
    collect_owners(arena, evaluator);
    find_staged(arena, evaluator);
    evaluator->names = names_new(arena, plan);
    return evaluator;
}

const struct address_owner *owners_of(const struct flow_evaluator *evaluator, struct ip_addr addr,
                                      size_t *ret_count)
{
    size_t low = 0;
    size_t high = evaluator->owners.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ip_addr_compare(evaluator->owners.items[middle].addr, addr) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *ret_count = 0;
    if (low == evaluator->owners.count) {
        return NULL;
    }
    const struct address_owner *first = &evaluator->owners.items[low];
    while (low + *ret_count < evaluator->owners.count &&
           ip_addr_compare(first[*ret_count].addr, addr) == 0) {
        (*ret_count)++;
    }
    return first;
}

int32_t node_of_endpoint(const struct flow_evaluator *evaluator,
                         const struct plan_endpoint *endpoint)
{
    return evaluator->endpoint_nodes[endpoint - evaluator->plan->endpoints.items];
}

const struct plan_settings *settings_of_node(const struct flow_evaluator *evaluator, int32_t node)
{
    return node == NODE_UNKNOWN ? &evaluator->plan->settings
                                : evaluator->nodes.items[node].settings;
}

const struct plan_settings *settings_of_host(const struct flow_evaluator *evaluator,
                                             const struct plan_host *host)
{
    return settings_of_node(evaluator, evaluator->host_nodes[host - evaluator->plan->hosts.items]);
}

bool is_workload_interface(const struct flow_evaluator *evaluator, const char *name)
{
    return plan_is_workload_name(&evaluator->plan->settings, name) ||
           strmap_get(evaluator->workload_interfaces, name) != NULL;
}
