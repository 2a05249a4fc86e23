// SPDX-License-Identifier: GPL-2.0-or-later
// Which host endpoint governs which interface (semantics.md 6.1), from what is known of the nodes' interfaces. With
// nothing known, a host endpoint governs the interface that it names.
#include "internal.h"

#include <stdlib.h>

struct governing {
    struct arena *arena;
    struct diags *diags;
    struct model *model;
    const struct host_inventory *inventory; // may be NULL
    bool *candidates;                       // by number of the host: it could govern an interface
};

static const struct host_node *known_node(const struct governing *governing, const char *node)
{
    return inventory_node(governing->inventory, node);
}

// ---- workloads ------------------------------------------------------------------------------------------------------

bool is_workload_prefix(const struct model_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->interface_prefix_count; i++) {
        const char *prefix = settings->interface_prefixes[i];
        if (text_begins(name, prefix)) {
            return true;
        }
    }
    return false;
}

// A pod says nothing about its device. Where the one is that Calico names after it, the pod is behind that: a packet from
// a workload interface is dropped unless an endpoint has the interface. Elsewhere it is known by its addresses alone.
static void name_pods(const struct governing *governing)
{
    const struct model_settings *settings = &governing->model->settings;
    for (size_t i = 0; i < governing->model->endpoints.count; i++) {
        struct model_endpoint *endpoint = &governing->model->endpoints.items[i];
        const struct res_meta *meta = &endpoint->res->meta;
        const struct host_node *node =
            endpoint->local ? known_node(governing, endpoint->res->node.text) : NULL;
        if (node == NULL || meta->kind != RES_POD || endpoint->interface != NULL) {
            continue;
        }
        const struct host_interface *device = inventory_interface(
            node, res_pod_interface(governing->arena, settings->interface_prefixes[0], meta->ns,
                                    meta->name));
        if (device != NULL) {
            endpoint->interface = device->name;
        }
    }
}

// "NODE INTERFACE" of every workload endpoint, the bridge and the port behind it.
static struct strmap *workload_interfaces(const struct governing *governing)
{
    struct strmap *map = strmap_new(governing->arena);
    for (size_t i = 0; i < governing->model->endpoints.count; i++) {
        const struct model_endpoint *endpoint = &governing->model->endpoints.items[i];
        const char *names[] = {endpoint->interface, endpoint->port};
        for (size_t j = 0; endpoint->local && j < ARRAY_COUNT(names); j++) {
            if (names[j] != NULL && endpoint->res->node.text != NULL) {
                strmap_put(
                    map,
                    arena_printf(governing->arena, "%s %s", endpoint->res->node.text, names[j]),
                    map);
            }
        }
    }
    return map;
}

// ---- the inventory --------------------------------------------------------------------------------------------------

static int compare_interfaces(const void *a, const void *b)
{
    const struct model_interface *left = a;
    const struct model_interface *right = b;
    int order = strcmp(left->node, right->node);
    return order != 0 ? order : strcmp(left->name, right->name);
}

static void add_interfaces(const struct governing *governing, struct strmap *workloads,
                           const char *name, const struct host_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct host_interface *interface = &node->items[i];
        const char *key = arena_printf(governing->arena, "%s %s", name, interface->name);
        vec_push(governing->arena, &governing->model->interfaces,
                 (struct model_interface){
                     .node = name,
                     .name = interface->name,
                     .host = -1,
                     .loopback = interface->loopback,
                     .bridge = interface->bridge,
                     .workload = strmap_get(workloads, key) != NULL ||
                                 is_workload_prefix(&governing->model->settings, interface->name),
                     .master = interface->master,
                     .addresses = interface->addresses,
                     .address_count = interface->address_count,
                 });
    }
}

static void take_inventory(const struct governing *governing)
{
    if (governing->inventory == NULL || governing->inventory->count == 0) {
        return;
    }
    struct strmap *workloads = workload_interfaces(governing);
    const char *wanted = governing->model->node;
    for (size_t i = 0; i < governing->inventory->count; i++) {
        const struct host_node *node = &governing->inventory->items[i];
        const char *name = node->name != NULL ? node->name : wanted;
        if (name != NULL && (wanted == NULL || strcmp(wanted, name) == 0)) {
            add_interfaces(governing, workloads, name, node);
        }
    }
    vec_sort(&governing->model->interfaces, compare_interfaces);
}

// ---- who governs ----------------------------------------------------------------------------------------------------

static bool names_all(const struct model_host *host)
{
    return host->res->interface_name.text != NULL &&
           strcmp(host->res->interface_name.text, "*") == 0;
}

static bool is_on(const struct model_host *host, const char *node)
{
    return host->local && host->res->node.text != NULL && strcmp(host->res->node.text, node) == 0;
}

static bool has_address(const struct model_interface *interface, const struct res_nets *expected)
{
    for (size_t i = 0; i < expected->count; i++) {
        for (size_t j = 0; j < interface->address_count; j++) {
            if (ip_addr_compare(expected->items[i].cidr.addr, interface->addresses[j].addr) == 0) {
                return true;
            }
        }
    }
    return false;
}

// A host endpoint that names an interface is never matched by address.
static bool is_candidate(const struct model_host *host, const struct model_interface *interface)
{
    const char *name = host->res->interface_name.text;
    return name != NULL ? strcmp(name, interface->name) == 0
                        : has_address(interface, &host->res->expected_ips);
}

static void govern(const struct governing *governing, struct model_host *host, const char *name)
{
    vec_push(governing->arena, &host->interfaces, name);
}

static struct loc place(const struct model_host *host)
{
    struct loc loc = host->res->interface_name.loc;
    return loc.line != 0 ? loc : host->res->expected_ips_loc;
}

static void warn_second(const struct governing *governing, const struct model_host *host,
                        const struct model_host *first, const char *interface)
{
    struct diag *diag =
        diag_report(governing->diags, DIAG_W044, place(host),
                    "HostEndpoint %s does not govern %s: %s does, which comes first by name",
                    host->res->meta.name, interface, first->res->meta.name);
    diag_related(diag, place(first), "HostEndpoint %s", first->res->meta.name);
    diag_hint(diag,
              "of several host endpoints for one interface only one governs it; remove the others");
}

static void warn_never(const struct governing *governing, const struct model_host *host,
                       const char *name, const char *why, const char *advice)
{
    struct diag *diag = diag_report(governing->diags, DIAG_W044, place(host),
                                    "HostEndpoint %s does not govern %s, which %s",
                                    host->res->meta.name, name, why);
    diag_hint(diag, "%s", advice);
}

// The host endpoint with the smallest name, of all that may govern the interface; hosts are sorted by name.
static void choose(const struct governing *governing, struct model_interface *interface)
{
    struct model *model = governing->model;
    struct model_host *first = NULL;
    for (size_t i = 0; i < model->hosts.count; i++) {
        struct model_host *host = &model->hosts.items[i];
        if (!is_on(host, interface->node) || names_all(host) || !is_candidate(host, interface)) {
            continue;
        }
        governing->candidates[i] = true;
        if (interface->loopback) {
            warn_never(governing, host, interface->name,
                       "is the loopback interface and never policed",
                       "name the interface by which packets come and go");
        } else if (interface->workload) {
            warn_never(governing, host, interface->name, "belongs to workload endpoints",
                       "what workloads send and get is governed by policies that select them");
        } else if (interface->master != NULL) {
            const char *master = interface->master;
            warn_never(governing, host, interface->name,
                       arena_printf(governing->arena,
                                    "is a port of %s, and its packets are seen there", master),
                       arena_printf(governing->arena, "write \"interfaceName: %s\"", master));
        } else if (first != NULL) {
            warn_second(governing, host, first, interface->name);
        } else {
            first = host;
            interface->host = (int32_t)i;
            govern(governing, host, interface->name);
        }
    }
}

// It is governed once it is there, but until then, or for ever if the name is a slip, nothing is.
static void warn_missing(const struct governing *governing, const struct model_host *host,
                         const char *name)
{
    const struct host_node *node = known_node(governing, host->res->node.text);
    if (node == NULL) {
        return;
    }
    const char **names = arena_array_of(governing->arena, const char *, node->count);
    for (size_t i = 0; i < node->count; i++) {
        names[i] = node->items[i].name;
    }
    struct diag *diag =
        diag_report(governing->diags, DIAG_W048, place(host),
                    "HostEndpoint %s governs nothing now: %s has no interface \"%s\"",
                    host->res->meta.name, host->res->node.text, name);
    const char *best = spell_best(name, names, node->count);
    if (best != NULL) {
        diag_label(diag, "did you mean \"%s\"?", best);
    }
}

// Interfaces that do not exist now, or of which nothing is known: by name alone.
static void choose_by_name(const struct governing *governing, struct strmap *taken,
                           struct model_host *host)
{
    const char *name = host->res->interface_name.text;
    const char *key = arena_printf(governing->arena, "%s %s", host->res->node.text, name);
    if (strcmp(name, "lo") == 0) {
        warn_never(governing, host, name, "is the loopback interface and never policed",
                   "name the interface by which packets come and go");
        return;
    }
    const struct model_host *first = strmap_put(taken, key, host);
    if (first == host) {
        govern(governing, host, name);
        warn_missing(governing, host, name);
    } else {
        warn_second(governing, host, first, name);
    }
}

static void choose_all_interfaces(const struct governing *governing, struct strmap *taken,
                                  struct model_host *host)
{
    const struct model_host *first = strmap_put(taken, host->res->node.text, host);
    host->all_interfaces = first == host;
    if (first != host) {
        warn_second(governing, host, first, "the interfaces without one of their own");
    }
}

static bool is_known(const struct governing *governing, const struct model_host *host)
{
    const char *name = host->res->interface_name.text;
    const struct host_node *node = known_node(governing, host->res->node.text);
    return node != NULL && (name == NULL || inventory_interface(node, name) != NULL);
}

// A host endpoint by address needs to know the interfaces. Where the run is for all nodes, nobody expects that.
static void warn_by_address(const struct governing *governing, const struct model_host *host)
{
    const char *node = host->res->node.text;
    struct diag *diag;
    if (known_node(governing, node) != NULL) {
        diag = diag_report(
            governing->diags, DIAG_W042, host->res->expected_ips_loc,
            "HostEndpoint %s governs nothing: no interface of %s has one of its addresses now",
            host->res->meta.name, node);
        diag_hint(diag, "add its \"interfaceName\", or run polc again once the address is there");
        return;
    }
    diag = diag_report(
        governing->diags, DIAG_W041, host->res->expected_ips_loc,
        "HostEndpoint %s governs nothing: which interface of %s has these addresses is not known",
        host->res->meta.name, node);
    diag_hint(diag, "ip -j addr > %s.json     (on %s; then here: --interfaces %s.json)", node, node,
              node);
}

static void choose_hosts(const struct governing *governing)
{
    struct model *model = governing->model;
    struct strmap *names = strmap_new(governing->arena);
    struct strmap *all = strmap_new(governing->arena);
    for (size_t i = 0; i < model->hosts.count; i++) {
        struct model_host *host = &model->hosts.items[i];
        if (!host->local || host->res->node.text == NULL) {
            continue;
        }
        if (names_all(host)) {
            choose_all_interfaces(governing, all, host);
        } else if (host->res->interface_name.text != NULL && !is_known(governing, host)) {
            choose_by_name(governing, names, host);
        }
    }
}

static int32_t all_interfaces_host(const struct model *model, const char *node)
{
    for (size_t i = 0; i < model->hosts.count; i++) {
        if (model->hosts.items[i].all_interfaces && is_on(&model->hosts.items[i], node)) {
            return (int32_t)i;
        }
    }
    return -1;
}

static void finish(const struct governing *governing)
{
    struct model *model = governing->model;
    for (size_t i = 0; i < model->hosts.count; i++) {
        struct model_host *host = &model->hosts.items[i];
        vec_sort(&host->interfaces, compare_texts);
        bool by_address = host->res->interface_name.text == NULL && host->local;
        bool expected = model->node != NULL || known_node(governing, host->res->node.text) != NULL;
        if (by_address && !governing->candidates[i] && expected) {
            warn_by_address(governing, host);
        }
    }
}

void resolve_interfaces(struct arena *arena, struct diags *diags,
                        const struct host_inventory *inventory, struct model *model)
{
    struct governing governing = {arena, diags, model, inventory,
                                  arena_array_of(arena, bool, model->hosts.count)};
    name_pods(&governing);
    resolve_bridges(arena, diags, inventory, model);
    take_inventory(&governing);
    choose_hosts(&governing);
    for (size_t i = 0; i < model->interfaces.count; i++) {
        struct model_interface *interface = &model->interfaces.items[i];
        choose(&governing, interface);
        // The one for all interfaces also sees workload interfaces, but only forwarded packets and before DNAT.
        if (interface->host < 0 && !interface->loopback) {
            interface->host = all_interfaces_host(model, interface->node);
        }
    }
    finish(&governing);
}
