// SPDX-License-Identifier: GPL-2.0-or-later
// The other end of a flow -> how a rule names it: a namespace or a workload by its labels, a network set, a service, and
// only then addresses (semantics.md 9.7). "pub" excludes what is private, so that a rule for the Internet does not open
// the way to every neighbour.
#include "internal.h"

#include <polc/dns.h>

#define LABEL_NAME "projectcalico.org/name"
#define LABEL_KIND "projectcalico.org/kind"
#define KIND_SET   "NetworkSet"

// By family: what is private, whatever logs call it.
static const char *const private_nets[2][4] = {{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"},
                                               {"fc00::/7", "fe80::/10"}};

// ---- whose address it is ------------------------------------------------------------------------------------------

static struct owner *add_owner(struct recommend *run, const char *id, bool host, uint32_t number)
{
    struct owner *owner = arena_new_of(run->arena, struct owner);
    owner->host = host;
    owner->number = number;
    strmap_put(run->owners, id, owner);
    return owner;
}

static void add_addresses(struct recommend *run, const struct owner *owner,
                          const struct res_nets *nets)
{
    for (size_t i = 0; i < nets->count; i++) {
        vec_push(run->arena, &run->addresses,
                 (struct owned_address){nets->items[i].cidr.addr, owner});
    }
}

static int compare_addresses(const void *a, const void *b)
{
    const struct owned_address *x = a;
    const struct owned_address *y = b;
    int order = ip_addr_compare(x->addr, y->addr);
    if (order != 0 || x->owner == y->owner) {
        return order;
    }
    if (x->owner->host != y->owner->host) {
        return x->owner->host ? 1 : -1;
    }
    return x->owner->number < y->owner->number ? -1 : 1;
}

void find_owners(struct recommend *run)
{
    const struct model *model = run->model;
    run->owners = strmap_new(run->arena);
    for (size_t i = 0; i < model->endpoints.count; i++) {
        const struct model_endpoint *endpoint = &model->endpoints.items[i];
        add_addresses(run, add_owner(run, endpoint->id, false, (uint32_t)i),
                      &endpoint->res->addresses);
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        const struct model_host *host = &model->hosts.items[i];
        const struct owner *owner = add_owner(run, host->id, true, (uint32_t)i);
        add_addresses(run, owner, &host->res->expected_ips);
        for (size_t j = 0; j < model->interfaces.count; j++) {
            const struct model_interface *interface = &model->interfaces.items[j];
            for (size_t k = 0; interface->host == (int32_t)i && k < interface->address_count; k++) {
                vec_push(run->arena, &run->addresses,
                         (struct owned_address){interface->addresses[k].addr, owner});
            }
        }
    }
    vec_sort(&run->addresses, compare_addresses);
}

// Of a shared address the first one that has it, as in logs.
static const struct owner *owner_of(const struct recommend *run, struct ip_addr addr)
{
    size_t low = 0, high = run->addresses.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ip_addr_compare(run->addresses.items[middle].addr, addr) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found =
        low < run->addresses.count && ip_addr_compare(run->addresses.items[low].addr, addr) == 0;
    return found ? run->addresses.items[low].owner : NULL;
}

// ---- peers --------------------------------------------------------------------------------------------------------

// Selectors of namespaces look at a label that the namespace's profile gives: one without it cannot be found that way.
static bool is_in_namespace(const struct labels *labels, const char *ns)
{
    return texts_equal(labels_get(labels, "pcns." LABEL_NAME), ns);
}

static struct peer address_peer(struct recommend *run, struct ip_addr addr)
{
    char text[IP_TEXT_MAX];
    return (struct peer){.class = RECOMMEND_PEER_ADDRESS,
                         .family = addr.family == IP_V4 ? PLAN_V4 : PLAN_V6,
                         .value =
                             arena_strdup(run->arena, cidr_text(cidr_of_addr(addr), false, text))};
}

static struct peer label_peer(struct recommend *run, enum recommend_class class, const char *ns,
                              const struct choice *choice)
{
    bool one = choice->count == 1;
    return (struct peer){.class = (uint8_t) class,
                         .family = PLAN_BOTH,
                         .ns = ns,
                         .key = one ? choice->labels[0].key : "",
                         .value = one ? choice->labels[0].value : choice_text(run->arena, choice),
                         .choice = choice};
}

static struct peer workload_peer(struct recommend *run, const struct recommend_subject *subject,
                                 uint32_t number, struct ip_addr addr)
{
    const struct model_endpoint *endpoint = &run->model->endpoints.items[number];
    const char *ns = endpoint->res->meta.ns;
    bool reachable = is_in_namespace(&endpoint->labels, ns);
    if (subject->scope != RECOMMEND_WORKLOAD && reachable) {
        return (struct peer){
            .class = RECOMMEND_PEER_NAMESPACE, .family = PLAN_BOTH, .key = LABEL_NAME, .value = ns};
    }
    const struct choice *choice = choose_workload(run, number);
    if (choice->count == 0 || (!reachable && !texts_equal(subject->ns, ns))) {
        return address_peer(run, addr);
    }
    return label_peer(run, RECOMMEND_PEER_WORKLOAD, ns, choice);
}

// The labels by which sets are chosen are the lowest of all: a set may have its own.
static bool is_selectable(const struct recommend *run, const char *ns, const char *name)
{
    for (size_t i = 0; i < run->model->netsets.count; i++) {
        const struct model_netset *netset = &run->model->netsets.items[i];
        if (texts_equal(netset->res->meta.ns, ns) && strcmp(netset->res->meta.name, name) == 0) {
            return texts_equal(labels_get(&netset->labels, LABEL_NAME), name) &&
                   texts_equal(labels_get(&netset->labels, LABEL_KIND), KIND_SET);
        }
    }
    return false;
}

static bool find_set(const struct recommend *run, const struct recommend_subject *subject,
                     struct ip_addr addr, struct peer *ret)
{
    struct flowlog_name name = flowlog_name_address(run->names, addr, subject->ns);
    const char *ns = strcmp(name.ns, "-") != 0 ? name.ns : NULL;
    *ret = (struct peer){.class = RECOMMEND_PEER_SET,
                         .family = PLAN_BOTH,
                         .ns = ns,
                         .key = LABEL_NAME,
                         .value = name.name};
    return strcmp(name.type, "ns") == 0 && is_selectable(run, ns, name.name);
}

static bool find_service(const struct recommend *run, const struct flow *flow, struct peer *ret)
{
    for (size_t i = 0; i < run->model->services.count; i++) {
        const struct model_service *service = &run->model->services.items[i];
        bool there = cidrset_contains_addr(&service->addresses, flow->destination);
        for (size_t j = 0; there && j < service->port_count; j++) {
            const struct model_port_member *port = &service->ports[j];
            if (port->protocol == flow->protocol && port->port == flow->destination_port &&
                ip_addr_compare(port->addr, flow->destination) == 0) {
                *ret = (struct peer){.class = RECOMMEND_PEER_SERVICE,
                                     .family = PLAN_BOTH,
                                     .ns = service->ns,
                                     .value = service->name};
                return true;
            }
        }
    }
    return false;
}

static bool is_private(struct ip_addr addr)
{
    const char *const *nets = private_nets[addr.family == IP_V6];
    struct cidr cidr;
    for (size_t i = 0; nets[i] != NULL; i++) {
        if (cidr_parse(nets[i], strlen(nets[i]), &cidr) == ADDR_OK &&
            cidr_contains_addr(cidr, addr)) {
            return true;
        }
    }
    return false;
}

// An address that nothing else names, by what it was called when somebody asked for it; some no name ever opens.
static struct peer outside_peer(struct recommend *run, int direction, struct ip_addr addr,
                                const struct flow_strings *domains)
{
    struct peer peer = {.class = is_private(addr) ? RECOMMEND_PEER_PRIVATE : RECOMMEND_PEER_PUBLIC,
                        .family = addr.family == IP_V4 ? PLAN_V4 : PLAN_V6};
    if (peer.class == RECOMMEND_PEER_PUBLIC && direction == PLAN_OUT && domains->count > 0 &&
        dns_address_usable(addr)) {
        struct strbuf names = {.arena = run->arena};
        for (size_t i = 0; i < domains->count; i++) {
            strbuf_addf(&names, "%s%s", i > 0 ? " " : "", domains->items[i]);
        }
        peer = (struct peer){
            .class = RECOMMEND_PEER_DOMAINS, .family = PLAN_BOTH, .value = strbuf_text(&names)};
    }
    return peer;
}

struct peer find_peer(struct recommend *run, const struct recommend_subject *subject, int direction,
                      const struct recommend_flow *known)
{
    const struct flow *flow = &known->flow;
    struct ip_addr addr = direction == PLAN_IN ? flow->source : flow->destination;
    const struct owner *owner = owner_of(run, addr);
    struct peer peer;
    if (owner != NULL && !owner->host) {
        return workload_peer(run, subject, owner->number, addr);
    }
    if (owner != NULL) {
        const struct choice *choice = choose_host(run, owner->number);
        return choice->exact ? label_peer(run, RECOMMEND_PEER_HOST, NULL, choice)
                             : address_peer(run, addr);
    }
    if (find_set(run, subject, addr, &peer) ||
        (direction == PLAN_OUT && find_service(run, flow, &peer))) {
        return peer;
    }
    return outside_peer(run, direction, addr, &known->domains);
}

// ---- peers in rules -------------------------------------------------------------------------------------------------

static struct sel *key_is(struct arena *arena, const char *key, const struct flow_strings *values)
{
    return values->count == 1 ? sel_eq(arena, key, values->items[0])
                              : sel_in(arena, key, values->items, values->count);
}

const char *namespaces_text(struct arena *arena, const struct flow_strings *names)
{
    return sel_text(arena, key_is(arena, LABEL_NAME, names));
}

static const char *namespace_text(struct arena *arena, const char *ns)
{
    return sel_text(arena, sel_eq(arena, LABEL_NAME, ns));
}

static void write_set(struct arena *arena, const struct recommend_subject *subject,
                      const struct peer *peer, const struct flow_strings *values,
                      struct recommend_entity *ret)
{
    struct sel *parts[] = {key_is(arena, LABEL_NAME, values), sel_eq(arena, LABEL_KIND, KIND_SET)};
    ret->selector = all_of(arena, parts, ARRAY_COUNT(parts));
    if (peer->ns == NULL) {
        ret->namespace_selector = "global()";
    } else if (!texts_equal(peer->ns, subject->ns)) {
        ret->namespace_selector = namespace_text(arena, peer->ns);
    }
}

// Sets of a namespace are not its endpoints.
static void write_namespaces(struct arena *arena, const struct recommend *run,
                             const struct flow_strings *values, struct recommend_entity *ret)
{
    ret->namespace_selector = namespaces_text(arena, values);
    for (size_t i = 0; i < values->count && ret->selector == NULL; i++) {
        if (namespace_has_sets(run, values->items[i])) {
            ret->selector = LABEL_KIND " != \"" KIND_SET "\"";
        }
    }
}

static void write_labels(struct arena *arena, const struct recommend_subject *subject,
                         const struct peer *peer, const struct flow_strings *values,
                         struct recommend_entity *ret)
{
    ret->selector =
        peer->key[0] == '\0' ? values->items[0] : sel_text(arena, key_is(arena, peer->key, values));
    if (peer->class == RECOMMEND_PEER_HOST) {
        ret->namespace_selector = "global()";
    } else if (!texts_equal(peer->ns, subject->ns)) {
        ret->namespace_selector = namespace_text(arena, peer->ns);
    }
}

// Those of several peers, each once.
static void write_domains(struct arena *arena, const struct flow_strings *values,
                          struct flow_strings *ret)
{
    for (size_t i = 0; i < values->count; i++) {
        char *names = arena_strdup(arena, values->items[i]);
        for (const char *name; (name = strsep(&names, " ")) != NULL;) {
            vec_push(arena, ret, name);
        }
    }
    sort_names(ret);
}

static void add_private(struct arena *arena, uint8_t family, struct flow_strings *ret)
{
    const char *const *nets = private_nets[family == PLAN_V6];
    for (size_t i = 0; nets[i] != NULL; i++) {
        vec_push(arena, ret, nets[i]);
    }
}

void write_peer(struct arena *arena, const struct recommend *run,
                const struct recommend_subject *subject, const struct peer *peer,
                const struct flow_strings *values, struct recommend_entity *ret)
{
    switch ((enum recommend_class)peer->class) {
    case RECOMMEND_PEER_NAMESPACE:
        write_namespaces(arena, run, values, ret);
        break;
    case RECOMMEND_PEER_WORKLOAD:
    case RECOMMEND_PEER_HOST:
        write_labels(arena, subject, peer, values, ret);
        break;
    case RECOMMEND_PEER_SET:
        write_set(arena, subject, peer, values, ret);
        break;
    case RECOMMEND_PEER_SERVICE:
        ret->service = peer->value;
        ret->service_ns = peer->ns;
        break;
    case RECOMMEND_PEER_ADDRESS:
        for (size_t i = 0; i < values->count; i++) {
            vec_push(arena, &ret->nets, values->items[i]);
        }
        break;
    case RECOMMEND_PEER_DOMAINS:
        write_domains(arena, values, &ret->domains);
        break;
    case RECOMMEND_PEER_PRIVATE:
        add_private(arena, peer->family, &ret->nets);
        break;
    case RECOMMEND_PEER_PUBLIC:
        add_private(arena, peer->family, &ret->not_nets);
        break;
    case RECOMMEND_PEERS:
        break;
    }
}
