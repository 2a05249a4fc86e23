// SPDX-License-Identifier: GPL-2.0-or-later
// Services -> their backends (semantics.md 3.7): from the EndpointSlices that name the service; if there are none, from
// the Endpoints object of its name; if there is none, from the workloads that its selector matches.
#include "internal.h"

// What the input has of one service.
struct parts {
    const char *ns, *name;
    const struct res_service *service;    // NULL: no such object
    const struct res_backends *endpoints; // NULL: no such object
    struct {
        VEC_FIELDS(const struct res_backends *);
    } slices;
};

struct workloads {
    VEC_FIELDS(const struct res_workload *);
};

struct namespace
{
    struct workloads workloads;
    struct strmap *
        by_key; // key of a label -> struct strmap *: value -> struct workloads *, for keys that were asked for
};

struct collector {
    struct arena *arena;
    const struct resources *resources;
    struct strmap *parts;        // "NS/NAME" -> struct parts *
    struct strmap *by_namespace; // name -> struct namespace *; NULL until it is wanted
};

static struct parts *parts_of(struct collector *collector, const char *ns, const char *name)
{
    const char *key = arena_printf(collector->arena, "%s/%s", ns, name);
    struct parts *parts = strmap_get(collector->parts, key);
    if (parts == NULL) {
        parts = arena_new_of(collector->arena, struct parts);
        parts->ns = ns;
        parts->name = name;
        strmap_put(collector->parts, key, parts);
    }
    return parts;
}

static void collect_parts(struct collector *collector)
{
    const struct resources *resources = collector->resources;
    for (size_t i = 0; i < resources->services.count; i++) {
        const struct res_service *service = &resources->services.items[i];
        parts_of(collector, service->meta.ns, service->meta.name)->service = service;
    }
    for (size_t i = 0; i < resources->slices.count; i++) {
        const struct res_backends *slice = &resources->slices.items[i];
        if (slice->service != NULL) {
            struct parts *parts = parts_of(collector, slice->meta.ns, slice->service);
            vec_push(collector->arena, &parts->slices, slice);
        }
    }
    for (size_t i = 0; i < resources->endpoints.count; i++) {
        const struct res_backends *endpoints = &resources->endpoints.items[i];
        parts_of(collector, endpoints->meta.ns, endpoints->service)->endpoints = endpoints;
    }
}

// Members of one service while they are collected.
struct members {
    struct arena *arena;
    struct {
        VEC_FIELDS(struct cidr);
    } addresses;
    struct triples triples;
};

static void add_addresses(struct members *members, const struct res_nets *addresses)
{
    for (size_t i = 0; i < addresses->count; i++) {
        vec_push(members->arena, &members->addresses, addresses->items[i].cidr);
    }
}

static void add_port(struct members *members, const struct res_nets *addresses, uint8_t protocol,
                     uint16_t port)
{
    for (size_t i = 0; i < addresses->count; i++) {
        vec_push(members->arena, &members->triples,
                 (struct model_port_member){addresses->items[i].cidr.addr, protocol, port});
    }
}

static void add_backends(struct members *members, const struct res_backends *backends)
{
    for (size_t i = 0; i < backends->sets.count; i++) {
        const struct res_backend_set *set = &backends->sets.items[i];
        add_addresses(members, &set->addresses);
        for (size_t j = 0; j < set->ports.count; j++) {
            add_port(members, &set->addresses, set->ports.items[j].protocol,
                     set->ports.items[j].port);
        }
    }
}

// ---- without slices and endpoints -------------------------------------------------------------------------------------

static struct namespace *namespace_of(const struct collector *collector, const char *name)
{
    struct namespace *ns = strmap_get(collector->by_namespace, name);
    if (ns == NULL) {
        ns = arena_new_of(collector->arena, struct namespace);
        ns->by_key = strmap_new(collector->arena);
        strmap_put(collector->by_namespace, name, ns);
    }
    return ns;
}

static void group_by_namespace(struct collector *collector)
{
    collector->by_namespace = strmap_new(collector->arena);
    for (size_t i = 0; i < collector->resources->workloads.count; i++) {
        const struct res_workload *workload = &collector->resources->workloads.items[i];
        vec_push(collector->arena, &namespace_of(collector, workload->meta.ns)->workloads,
                 workload);
    }
}

static const struct res_label *find_label(const struct res_meta *meta, const char *key)
{
    for (size_t i = 0; i < meta->label_count; i++) {
        if (strcmp(meta->labels[i].key, key) == 0) {
            return &meta->labels[i];
        }
    }
    return NULL;
}

static struct strmap *group_by_value(struct arena *arena, const struct workloads *workloads,
                                     const char *key)
{
    struct strmap *values = strmap_new(arena);
    for (size_t i = 0; i < workloads->count; i++) {
        const struct res_label *label = find_label(&workloads->items[i]->meta, key);
        struct workloads *list = label != NULL ? strmap_get(values, label->value) : NULL;
        if (label != NULL && list == NULL) {
            list = arena_new_of(arena, struct workloads);
            strmap_put(values, label->value, list);
        }
        if (label != NULL) {
            vec_push(arena, list, workloads->items[i]);
        }
    }
    return values;
}

static const struct workloads *with_label(const struct collector *collector, struct namespace *ns,
                                          const struct res_label *label)
{
    static const struct workloads none;
    struct strmap *values = strmap_get(ns->by_key, label->key);
    if (values == NULL) {
        values = group_by_value(collector->arena, &ns->workloads, label->key);
        strmap_put(ns->by_key, label->key, values);
    }
    const struct workloads *list = strmap_get(values, label->value);
    return list != NULL ? list : &none;
}

// The shortest of the lists by one label: a namespace may have thousands of services and of workloads.
static const struct workloads *candidates(struct collector *collector,
                                          const struct res_service *service)
{
    if (collector->by_namespace == NULL) {
        group_by_namespace(collector);
    }
    struct namespace *ns = namespace_of(collector, service->meta.ns);
    const struct workloads *best = &ns->workloads;
    for (size_t i = 0; i < service->selector_count; i++) {
        const struct workloads *list = with_label(collector, ns, &service->selector[i]);
        best = list->count < best->count ? list : best;
    }
    return best;
}

static bool selects(const struct res_service *service, const struct res_workload *workload)
{
    for (size_t i = 0; i < service->selector_count; i++) {
        const struct res_label *wanted = &service->selector[i];
        const struct res_label *label = find_label(&workload->meta, wanted->key);
        if (label == NULL || strcmp(label->value, wanted->value) != 0) {
            return false;
        }
    }
    return service->selector_count > 0;
}

// A target by name is what the workload calls so, in the protocol of the service's port.
static void add_target(struct members *members, const struct res_service_port *port,
                       const struct res_workload *workload)
{
    if (port->target_name == NULL) {
        add_port(members, &workload->addresses, port->protocol, port->target);
        return;
    }
    for (size_t i = 0; i < workload->ports.count; i++) {
        const struct res_endpoint_port *own = &workload->ports.items[i];
        if (own->name != NULL && own->protocol == port->protocol &&
            strcmp(own->name, port->target_name) == 0) {
            add_port(members, &workload->addresses, own->protocol, own->port);
        }
    }
}

static void add_selected(struct collector *collector, struct members *members,
                         const struct res_service *service)
{
    const struct workloads *workloads = candidates(collector, service);
    for (size_t i = 0; i < workloads->count; i++) {
        const struct res_workload *workload = workloads->items[i];
        if (!selects(service, workload)) {
            continue;
        }
        add_addresses(members, &workload->addresses);
        for (size_t j = 0; j < service->ports.count; j++) {
            add_target(members, &service->ports.items[j], workload);
        }
    }
}

// ---- the model --------------------------------------------------------------------------------------------------------

static struct model_service build_service(struct collector *collector, const struct parts *parts)
{
    struct members members = {.arena = collector->arena};
    struct model_service ret = {
        .id = arena_printf(collector->arena, "svc/%s/%s", parts->ns, parts->name),
        .ns = parts->ns,
        .name = parts->name,
        .res = parts->service,
    };
    if (parts->slices.count > 0) {
        ret.origin = MODEL_FROM_SLICES;
        for (size_t i = 0; i < parts->slices.count; i++) {
            add_backends(&members, parts->slices.items[i]);
        }
    } else if (parts->endpoints != NULL) {
        ret.origin = MODEL_FROM_ENDPOINTS;
        add_backends(&members, parts->endpoints);
    } else if (parts->service->selector_count > 0) {
        ret.origin = MODEL_FROM_SELECTOR;
        add_selected(collector, &members, parts->service);
    }
    triples_normalize(&members.triples);
    ret.addresses = (struct cidrset){members.addresses.items, members.addresses.count};
    cidrset_normalize(&ret.addresses);
    ret.ports = members.triples.items;
    ret.port_count = members.triples.count;
    return ret;
}

static int compare_services(const void *a, const void *b)
{
    const struct model_service *left = a;
    const struct model_service *right = b;
    int order = strcmp(left->ns, right->ns);
    return order != 0 ? order : strcmp(left->name, right->name);
}

void resolve_services(struct arena *arena, const struct resources *resources, struct model *model)
{
    struct collector collector = {
        .arena = arena, .resources = resources, .parts = strmap_new(arena)};
    collect_parts(&collector);
    void *cursor = NULL, *parts;
    const char *key;
    while (strmap_next(collector.parts, &cursor, &key, &parts)) {
        vec_push(arena, &model->services, build_service(&collector, parts));
    }
    vec_sort(&model->services, compare_services);
}

const struct model_service *model_find_service(const struct model *model, const char *ns,
                                               const char *name)
{
    size_t low = 0, high = model->services.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct model_service *service = &model->services.items[middle];
        int order = strcmp(service->ns, ns);
        order = order != 0 ? order : strcmp(service->name, name);
        if (order == 0) {
            return service;
        }
        order < 0 ? (low = middle + 1) : (high = middle);
    }
    return NULL;
}
