// SPDX-License-Identifier: GPL-2.0-or-later
// IP set member index: from effective selectors to addresses (semantics.md 3.4) and from port names to triples (4.4).
// One set per canonical selector; candidates are the endpoints and network sets of the whole input, not of one node.
#include "internal.h"

#include <stdlib.h>

struct ipset_registry {
    struct arena *arena;
    struct model *model;
    struct label_index *members; // endpoints first, then hosts, then network sets
    struct strmap *numbers;      // set name -> int32_t *
    bool has_domains;            // a network set has some
};

static void index_members(struct label_index *index, const struct model *model)
{
    size_t endpoints = model->endpoints.count;
    for (size_t i = 0; i < endpoints; i++) {
        label_index_add(index, (uint32_t)i, &model->endpoints.items[i].labels);
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        label_index_add(index, (uint32_t)(endpoints + i), &model->hosts.items[i].labels);
    }
    endpoints += model->hosts.count;
    for (size_t i = 0; i < model->netsets.count; i++) {
        label_index_add(index, (uint32_t)(endpoints + i), &model->netsets.items[i].labels);
    }
}

struct ipset_registry *ipset_registry_new(struct arena *arena, struct model *model)
{
    struct ipset_registry *registry = arena_new_of(arena, struct ipset_registry);
    registry->arena = arena;
    registry->model = model;
    registry->members = label_index_new(arena);
    registry->numbers = strmap_new(arena);
    index_members(registry->members, model);
    for (size_t i = 0; i < model->netsets.count; i++) {
        registry->has_domains |= model->netsets.items[i].res->domains.count > 0;
    }
    return registry;
}

// The number of a set by name, or a new one, which *ret_new then points to.
static int32_t intern_set(struct ipset_registry *registry, const char *name,
                          struct model_ipset **ret_new)
{
    *ret_new = NULL;
    const int32_t *known = strmap_get(registry->numbers, name);
    if (known != NULL) {
        return *known;
    }
    int32_t *number = arena_new_of(registry->arena, int32_t);
    *number = (int32_t)registry->model->ipsets.count;
    strmap_put(registry->numbers, name, number);
    *ret_new = vec_add(registry->arena, &registry->model->ipsets);
    (*ret_new)->name = name;
    return *number;
}

// A host endpoint contributes only what it says of its addresses; its interface contributes nothing.
static const struct res_nets *member_nets(const struct model *model, uint32_t member)
{
    size_t endpoints = model->endpoints.count;
    size_t hosts = model->hosts.count;
    return member < endpoints ? &model->endpoints.items[member].res->addresses
           : member < endpoints + hosts
               ? &model->hosts.items[member - endpoints].res->expected_ips
               : &model->netsets.items[member - endpoints - hosts].res->nets;
}

// Network sets have none.
static const struct res_endpoint_ports *member_ports(const struct model *model, uint32_t member)
{
    size_t endpoints = model->endpoints.count;
    return member < endpoints ? &model->endpoints.items[member].res->ports
           : member < endpoints + model->hosts.count
               ? &model->hosts.items[member - endpoints].res->ports
               : NULL;
}

static void collect_addresses(struct ipset_registry *registry, const struct sel *sel,
                              struct cidrset *ret)
{
    struct model_indexes matches = {0};
    label_index_select(registry->members, registry->arena, sel, &matches);
    size_t total = 0;
    for (size_t i = 0; i < matches.count; i++) {
        total += member_nets(registry->model, matches.items[i])->count;
    }
    ret->items = arena_array_of(registry->arena, struct cidr, total);
    for (size_t i = 0; i < matches.count; i++) {
        const struct res_nets *nets = member_nets(registry->model, matches.items[i]);
        for (size_t j = 0; j < nets->count; j++) {
            ret->items[ret->count++] = nets->items[j].cidr;
        }
    }
    cidrset_normalize(ret);
}

void ipset_domain_names(struct ipset_registry *registry, const struct sel *sel,
                        struct res_names *ret)
{
    const struct model *model = registry->model;
    size_t endpoints = model->endpoints.count + model->hosts.count;
    struct model_indexes matches = {0};
    if (!registry->has_domains) {
        return;
    }
    label_index_select(registry->members, registry->arena, sel, &matches);
    for (size_t i = 0; i < matches.count; i++) {
        const struct res_names *names =
            matches.items[i] >= endpoints
                ? &model->netsets.items[matches.items[i] - endpoints].res->domains
                : &(struct res_names){0};
        for (size_t j = 0; j < names->count; j++) {
            vec_push(registry->arena, ret, names->items[j]);
        }
    }
}

int32_t ipset_addresses(struct ipset_registry *registry, const struct sel *sel)
{
    struct model_ipset *set;
    int32_t number = intern_set(registry, sel_text(registry->arena, sel), &set);
    if (set != NULL) {
        set->kind = MODEL_ADDRESSES;
        collect_addresses(registry, sel, &set->members);
    }
    return number;
}

struct port_names {
    VEC_FIELDS(const char *);
};

static struct port_names collect_names(struct arena *arena, const struct res_ports *ports)
{
    struct port_names names = {0};
    for (size_t i = 0; i < ports->count; i++) {
        if (ports->items[i].name != NULL) {
            vec_push(arena, &names, ports->items[i].name);
        }
    }
    vec_sort(&names, compare_texts);
    return names;
}

static const char *named_set_name(struct arena *arena, const struct sel *sel, uint8_t protocol,
                                  const struct port_names *names)
{
    struct strbuf text = {.arena = arena};
    strbuf_add(&text, "port ");
    for (size_t i = 0; i < names->count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? "," : "", names->items[i]);
    }
    if (protocol != 0) {
        const char *name = proto_name(protocol);
        name != NULL ? strbuf_addf(&text, "/%s", name) : strbuf_addf(&text, "/%u", protocol);
    }
    strbuf_addf(&text, " of %s", sel != NULL ? sel_text(arena, sel) : "all()");
    return strbuf_text(&text);
}

static int compare_triples(const void *a, const void *b)
{
    const struct model_port_member *left = a;
    const struct model_port_member *right = b;
    int order = ip_addr_compare(left->addr, right->addr);
    if (order != 0) {
        return order;
    }
    if (left->protocol != right->protocol) {
        return left->protocol < right->protocol ? -1 : 1;
    }
    return (left->port > right->port) - (left->port < right->port);
}

void triples_normalize(struct triples *triples)
{
    vec_sort(triples, compare_triples);
    size_t unique = 0;
    for (size_t i = 0; i < triples->count; i++) {
        if (unique == 0 || compare_triples(&triples->items[unique - 1], &triples->items[i]) != 0) {
            triples->items[unique++] = triples->items[i];
        }
    }
    triples->count = unique;
}

static bool names_contain(const struct port_names *names, const char *name)
{
    return bsearch(&name, names->items, names->count, sizeof *names->items, compare_texts) != NULL;
}

static void add_triples(struct arena *arena, const struct res_endpoint_ports *ports,
                        const struct res_nets *addresses, uint8_t protocol,
                        const struct port_names *names, struct triples *ret)
{
    for (size_t i = 0; i < ports->count; i++) {
        const struct res_endpoint_port *port = &ports->items[i];
        bool compatible = protocol == 0 || port->protocol == protocol;
        if (port->name == NULL || !compatible || !names_contain(names, port->name)) {
            continue;
        }
        for (size_t j = 0; j < addresses->count; j++) {
            vec_push(arena, ret,
                     (struct model_port_member){addresses->items[j].cidr.addr, port->protocol,
                                                port->port});
        }
    }
}

static void collect_triples(struct ipset_registry *registry, const struct sel *sel,
                            uint8_t protocol, const struct port_names *names,
                            struct model_ipset *set)
{
    static const struct sel everything = {.op = SEL_ALL};
    struct model_indexes matches = {0};
    struct triples triples = {0};
    label_index_select(registry->members, registry->arena, sel != NULL ? sel : &everything,
                       &matches);
    for (size_t i = 0; i < matches.count; i++) {
        const struct res_endpoint_ports *ports = member_ports(registry->model, matches.items[i]);
        if (ports != NULL) {
            add_triples(registry->arena, ports, member_nets(registry->model, matches.items[i]),
                        protocol, names, &triples);
        }
    }
    triples_normalize(&triples);
    set->ports = triples.items;
    set->port_count = triples.count;
}

// Takes away what has another address.
static void keep_within(const struct cidrset *addresses, struct model_ipset *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->port_count; i++) {
        if (cidrset_contains_addr(addresses, set->ports[i].addr)) {
            set->ports[kept++] = set->ports[i];
        }
    }
    set->port_count = kept;
}

int32_t ipset_named_ports(struct ipset_registry *registry, const struct sel *sel, int32_t within,
                          uint8_t protocol, const struct res_ports *ports)
{
    struct port_names names = collect_names(registry->arena, ports);
    if (names.count == 0) {
        return -1;
    }
    struct model_ipset *set;
    const char *name = named_set_name(registry->arena, sel, protocol, &names);
    if (within >= 0) {
        name = arena_printf(registry->arena, "%s within %s", name,
                            registry->model->ipsets.items[within].name);
    }
    int32_t number = intern_set(registry, name, &set);
    if (set != NULL) {
        set->kind = MODEL_NAMED_PORTS;
        collect_triples(registry, sel, protocol, &names, set);
        if (within >= 0) {
            keep_within(&registry->model->ipsets.items[within].members, set);
        }
    }
    return number;
}

// The set of a service under a name that ends in its own; *ret_new is NULL when it was made before.
static int32_t intern_service(struct ipset_registry *registry, const char *head, const char *ns,
                              const char *name, struct model_ipset **ret_new)
{
    const char *full = arena_printf(registry->arena, "%s%s/%s", head, ns, name);
    int32_t number = intern_set(registry, full, ret_new);
    if (*ret_new != NULL) {
        (*ret_new)->service = full + strlen(head);
    }
    return number;
}

int32_t ipset_service_ports(struct ipset_registry *registry, const char *ns, const char *name)
{
    struct model_ipset *set;
    int32_t number = intern_service(registry, "service ", ns, name, &set);
    const struct model_service *service = model_find_service(registry->model, ns, name);
    if (set != NULL) {
        set->kind = MODEL_NAMED_PORTS;
        set->ports = service != NULL ? service->ports : NULL;
        set->port_count = service != NULL ? service->port_count : 0;
    }
    return number;
}

int32_t ipset_service_addresses(struct ipset_registry *registry, const char *ns, const char *name)
{
    struct model_ipset *set;
    int32_t number = intern_service(registry, "addresses of service ", ns, name, &set);
    const struct model_service *service = model_find_service(registry->model, ns, name);
    if (set != NULL) {
        set->kind = MODEL_ADDRESSES;
        set->members = service != NULL ? service->addresses : (struct cidrset){0};
    }
    return number;
}
