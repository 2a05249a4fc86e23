// SPDX-License-Identifier: GPL-2.0-or-later
// Workload endpoints behind a port of a bridge (dataplane.md 1b). The inet hooks see their packets as the bridge's. A
// bridge that only workload endpoints use stands for them; where others use it too (an uplink, a container without an
// endpoint), a packet of the bridge may be anybody's, and the endpoints are known by their addresses alone.
#include "internal.h"

#include <stdlib.h>

struct bridge {
    const char *node, *name;
    size_t named;      // endpoints that name the bridge, not their port
    const char *other; // a port that is not of an endpoint, or NULL
    struct model_indexes endpoints;
};

struct bridges {
    struct arena *arena;
    struct diags *diags;
    const struct host_inventory *inventory;
    struct model *model;
    struct strmap *by_name; // "NODE BRIDGE" -> struct bridge
    struct strmap *ports;   // "NODE PORT" of endpoints
};

const struct host_node *inventory_node(const struct host_inventory *inventory, const char *node)
{
    return inventory != NULL && node != NULL ? host_find(inventory, node) : NULL;
}

static int compare_interface_names(const void *a, const void *b)
{
    return strcmp(((const struct host_interface *)a)->name,
                  ((const struct host_interface *)b)->name);
}

const struct host_interface *inventory_interface(const struct host_node *node, const char *name)
{
    struct host_interface key = {.name = name};
    return node->count == 0 ? NULL
                            : bsearch(&key, node->items, node->count, sizeof *node->items,
                                      compare_interface_names);
}

static const char *key_of(const struct bridges *bridges, const char *node, const char *name)
{
    return arena_printf(bridges->arena, "%s %s", node, name);
}

// Whether an endpoint names the bridge itself: which of its ports is the endpoint's is then not known.
static bool is_bridge(const struct host_node *node, const char *device)
{
    const struct host_interface *interface = inventory_interface(node, device);
    return interface != NULL && interface->bridge;
}

// The bridge that a device is a port of. Other masters, such as bonds, have no workloads behind them.
static const char *bridge_of(const struct host_node *node, const char *device)
{
    const struct host_interface *port = inventory_interface(node, device);
    const struct host_interface *master =
        port != NULL && port->master != NULL ? inventory_interface(node, port->master) : NULL;
    return master != NULL && master->bridge ? master->name : NULL;
}

static void add_endpoint(const struct bridges *bridges, uint32_t number)
{
    struct model_endpoint *endpoint = &bridges->model->endpoints.items[number];
    const char *node = endpoint->res->node.text;
    const struct host_node *known =
        endpoint->local ? inventory_node(bridges->inventory, node) : NULL;
    if (known == NULL || endpoint->interface == NULL) {
        return;
    }
    bool named = is_bridge(known, endpoint->interface);
    const char *name = named ? endpoint->interface : bridge_of(known, endpoint->interface);
    if (name == NULL) {
        return;
    }
    if (!named) {
        endpoint->port = endpoint->interface;
        strmap_put(bridges->ports, key_of(bridges, node, endpoint->port), endpoint);
    }
    endpoint->interface = endpoint->bridge = name;
    const char *key = key_of(bridges, node, name);
    struct bridge *bridge = strmap_get(bridges->by_name, key);
    if (bridge == NULL) {
        bridge = arena_new_of(bridges->arena, struct bridge);
        bridge->node = node;
        bridge->name = name;
        strmap_put(bridges->by_name, key, bridge);
    }
    bridge->named += named;
    vec_push(bridges->arena, &bridge->endpoints, number);
}

// One that is named as workloads' are is a workload's, without an endpoint: it gets nothing through.
static const char *other_port(const struct bridges *bridges, const struct bridge *bridge)
{
    const struct host_node *known = inventory_node(bridges->inventory, bridge->node);
    const char *other = NULL;
    size_t count = 0;
    for (size_t i = 0; i < known->count; i++) {
        const struct host_interface *port = &known->items[i];
        if (port->master != NULL && strcmp(port->master, bridge->name) == 0 &&
            !is_workload_prefix(&bridges->model->settings, port->name) &&
            strmap_get(bridges->ports, key_of(bridges, bridge->node, port->name)) == NULL) {
            other = other == NULL ? port->name : other;
            count++;
        }
    }
    return count > bridge->named ? other : NULL;
}

static void warn_shared(const struct bridges *bridges, const struct bridge *bridge)
{
    const struct res_workload *first =
        bridges->model->endpoints.items[bridge->endpoints.items[0]].res;
    struct diag *diag = diag_report(
        bridges->diags, DIAG_W047, first->interface_name.loc,
        "bridge %s has ports that are not of workload endpoints, such as %s: on it they are known by "
        "address alone",
        bridge->name, bridge->other);
    diag_label(diag, "WorkloadEndpoint %s is behind %s",
               res_full_name(bridges->arena, &first->meta), bridge->name);
    diag_hint(
        diag,
        "a workload on %s that takes an unknown address escapes its egress policy: give workloads "
        "a bridge of their own, or routed interfaces",
        bridge->name);
}

static void judge_bridges(const struct bridges *bridges)
{
    void *cursor = NULL;
    const char *key;
    void *value;
    while (strmap_next(bridges->by_name, &cursor, &key, &value)) {
        struct bridge *bridge = value;
        bridge->other = other_port(bridges, bridge);
        if (bridge->other == NULL) {
            continue;
        }
        for (size_t i = 0; i < bridge->endpoints.count; i++) {
            bridges->model->endpoints.items[bridge->endpoints.items[i]].interface = NULL;
        }
        warn_shared(bridges, bridge);
    }
}

// ---- addresses that can no longer be told apart ---------------------------------------------------------------------

static bool collide(const struct model_endpoint *a, const struct model_endpoint *b)
{
    return a->interface == NULL || b->interface == NULL || strcmp(a->interface, b->interface) == 0;
}

static void report_collision(const struct bridges *bridges, const struct model_endpoint *first,
                             const struct model_endpoint *second, const struct res_net *net)
{
    char buffer[IP_TEXT_MAX];
    const struct model_endpoint *behind = second->bridge != NULL ? second : first;
    struct diag *diag = diag_report(
        bridges->diags, DIAG_P060, net->loc,
        "WorkloadEndpoint %s and WorkloadEndpoint %s have the same address %s on node %s",
        res_full_name(bridges->arena, &first->res->meta),
        res_full_name(bridges->arena, &second->res->meta), ip_addr_text(net->cidr.addr, buffer),
        second->res->node.text);
    diag_related(diag, first->res->meta.loc, "WorkloadEndpoint %s",
                 res_full_name(bridges->arena, &first->res->meta));
    diag_hint(diag, "their interfaces differ, but packets from %s are seen as those of bridge %s",
              behind->res->interface_name.text, behind->bridge);
}

static void claim(const struct bridges *bridges, struct strmap *claims,
                  const struct model_endpoint *endpoint, const struct res_net *net)
{
    char buffer[IP_TEXT_MAX];
    const char *key =
        key_of(bridges, endpoint->res->node.text, ip_addr_text(net->cidr.addr, buffer));
    struct model_indexes *others = strmap_get(claims, key);
    if (others == NULL) {
        others = arena_new_of(bridges->arena, struct model_indexes);
        strmap_put(claims, key, others);
    }
    for (size_t i = 0; i < others->count; i++) {
        const struct model_endpoint *other = &bridges->model->endpoints.items[others->items[i]];
        if ((endpoint->bridge != NULL || other->bridge != NULL) && collide(endpoint, other)) {
            report_collision(bridges, other, endpoint, net);
            break;
        }
    }
    vec_push(bridges->arena, others, (uint32_t)(endpoint - bridges->model->endpoints.items));
}

// What the validator could not know: endpoints with an interface each, whose packets are seen on one.
static void check_addresses(const struct bridges *bridges)
{
    struct strmap *claims = strmap_new(bridges->arena);
    for (size_t i = 0; i < bridges->model->endpoints.count; i++) {
        const struct model_endpoint *endpoint = &bridges->model->endpoints.items[i];
        if (!endpoint->local || endpoint->res->node.text == NULL) {
            continue;
        }
        for (size_t j = 0; j < endpoint->res->addresses.count; j++) {
            claim(bridges, claims, endpoint, &endpoint->res->addresses.items[j]);
        }
    }
}

void resolve_bridges(struct arena *arena, struct diags *diags,
                     const struct host_inventory *inventory, struct model *model)
{
    struct bridges bridges = {arena, diags, inventory, model, strmap_new(arena), strmap_new(arena)};
    for (size_t i = 0; i < model->endpoints.count; i++) {
        add_endpoint(&bridges, (uint32_t)i);
    }
    if (strmap_count(bridges.by_name) > 0) {
        judge_bridges(&bridges);
        check_addresses(&bridges);
    }
}
