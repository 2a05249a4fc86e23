// SPDX-License-Identifier: GPL-2.0-or-later
// What a flow that was seen says of one that was not: see alike.h. Written anew for the test, by addresses, labels and sets.
#include "alike.h"

#include <polc/dns.h>

static struct ip_addr peer_of(const struct ruling *ruling)
{
    return ruling->direction == PLAN_IN ? ruling->flow.source : ruling->flow.destination;
}

static bool nets_have(const struct res_nets *nets, struct ip_addr addr)
{
    for (size_t i = 0; i < nets->count; i++) {
        if (cidr_contains_addr(nets->items[i].cidr, addr)) {
            return true;
        }
    }
    return false;
}

static const struct model_endpoint *endpoint_of(const struct model *model, struct ip_addr addr)
{
    for (size_t i = 0; i < model->endpoints.count; i++) {
        if (nets_have(&model->endpoints.items[i].res->addresses, addr)) {
            return &model->endpoints.items[i];
        }
    }
    return NULL;
}

static bool is_private(struct ip_addr addr)
{
    static const struct cidr nets[] = {{{IP_V4, {10}}, 8},
                                       {{IP_V4, {172, 16}}, 12},
                                       {{IP_V4, {192, 168}}, 16},
                                       {{IP_V6, {0xfc}}, 7},
                                       {{IP_V6, {0xfe, 0x80}}, 10}};
    for (size_t i = 0; i < ARRAY_COUNT(nets); i++) {
        if (cidr_contains_addr(nets[i], addr)) {
            return true;
        }
    }
    return false;
}

// Whether every label that a person chose for the one is there, too.
static bool looks_like(const struct labels *labels, const struct labels *one)
{
    for (size_t i = 0; i < one->count; i++) {
        const char *key = one->items[i].key;
        bool own = !text_begins(key, "projectcalico.org/") && !text_begins(key, "pcns.") &&
                   !text_begins(key, "pcsa.") && strcmp(key, "pod-template-hash") != 0;
        if (own && !texts_equal(labels_get(labels, key), one->items[i].value)) {
            return false;
        }
    }
    return true;
}

static bool is_kin(const struct res_workload *a, const struct res_workload *b)
{
    return a == b || (a->meta.generate_name != NULL &&
                      texts_equal(a->meta.generate_name, b->meta.generate_name));
}

// Whose namespace its profile tells; without one nobody finds it by its namespace.
static const char *namespace_of(const struct model_endpoint *endpoint)
{
    return labels_get(&endpoint->labels, "pcns.projectcalico.org/name");
}

// By labels: in its namespace, and of the same pods or with all that people wrote at it.
static bool looks_the_same(const struct model_endpoint *endpoint, const struct model_endpoint *seen)
{
    return strcmp(endpoint->res->meta.ns, seen->res->meta.ns) == 0 &&
           (is_kin(endpoint->res, seen->res) || looks_like(&endpoint->labels, &seen->labels));
}

// Something that has the address, an endpoint or a set, cannot be told from an endpoint that was seen.
static bool cannot_be_told(const struct model *model, bool workloads, const struct ruling *fresh,
                           const struct model_endpoint *seen)
{
    struct ip_addr addr = peer_of(fresh);
    bool by_labels = (workloads && fresh->policy->ns != NULL) ||
                     !texts_equal(namespace_of(seen), seen->res->meta.ns);
    for (size_t i = 0; i < model->endpoints.count; i++) {
        const struct model_endpoint *endpoint = &model->endpoints.items[i];
        bool same = by_labels ? looks_the_same(endpoint, seen)
                              : texts_equal(namespace_of(endpoint), namespace_of(seen));
        if (nets_have(&endpoint->res->addresses, addr) && same) {
            return true;
        }
    }
    for (size_t i = 0; by_labels && i < model->netsets.count; i++) {
        const struct model_netset *netset = &model->netsets.items[i];
        if (nets_have(&netset->res->nets, addr) &&
            texts_equal(netset->res->meta.ns, seen->res->meta.ns) &&
            looks_like(&netset->labels, &seen->labels)) {
            return true;
        }
    }
    return false;
}

static bool share_a_set(const struct model *model, struct ip_addr a, struct ip_addr b)
{
    for (size_t i = 0; i < model->netsets.count; i++) {
        const struct res_nets *nets = &model->netsets.items[i].res->nets;
        if (nets_have(nets, a) && nets_have(nets, b)) {
            return true;
        }
    }
    return false;
}

static bool share_a_host(const struct model *model, struct ip_addr a, struct ip_addr b)
{
    for (size_t i = 0; i < model->hosts.count; i++) {
        const struct res_nets *nets = &model->hosts.items[i].res->expected_ips;
        if (nets_have(nets, a) && nets_have(nets, b)) {
            return true;
        }
    }
    return false;
}

static bool serves(const struct model_service *service, const struct flow *flow)
{
    for (size_t i = 0; i < service->port_count; i++) {
        if (service->ports[i].port == flow->destination_port &&
            service->ports[i].protocol == flow->protocol &&
            ip_addr_compare(service->ports[i].addr, flow->destination) == 0) {
            return true;
        }
    }
    return false;
}

static bool share_a_service(const struct model *model, const struct ruling *a,
                            const struct ruling *b)
{
    for (size_t i = 0; i < model->services.count; i++) {
        if (serves(&model->services.items[i], &a->flow) &&
            serves(&model->services.items[i], &b->flow)) {
            return true;
        }
    }
    return false;
}

static bool has_name(const struct flow_strings *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

// Addresses outside that nothing else tells apart: those that have a name by that, those that have none together.
static bool are_called_alike(const struct ruling *fresh, const struct ruling *seen)
{
    struct ip_addr a = peer_of(fresh), b = peer_of(seen);
    const struct flow_strings *names = seen->flow.names;
    bool named = seen->direction == PLAN_OUT && !is_private(b) && dns_address_usable(b);
    for (size_t i = 0; named && i < names->count; i++) {
        if (has_name(fresh->flow.names, names->items[i])) {
            return true;
        }
    }
    return (!named || names->count == 0) && a.family == b.family && is_private(a) == is_private(b);
}

static bool shares_peer(const struct model *model, bool workloads, const struct ruling *fresh,
                        const struct ruling *seen)
{
    struct ip_addr a = peer_of(fresh), b = peer_of(seen);
    const struct model_endpoint *endpoint = endpoint_of(model, b);
    if (ip_addr_compare(a, b) == 0) {
        return true;
    }
    if (endpoint != NULL) {
        return cannot_be_told(model, workloads, fresh, endpoint);
    }
    return are_called_alike(fresh, seen) || share_a_set(model, a, b) || share_a_host(model, a, b);
}

bool ruling_speaks_for(const struct model *model, bool workloads, const struct ruling *seen,
                       const struct ruling *fresh)
{
    if (seen->direction != fresh->direction || seen->flow.protocol != fresh->flow.protocol) {
        return false;
    }
    if (fresh->direction == PLAN_OUT && share_a_service(model, seen, fresh)) {
        return true;
    }
    bool same_port = !proto_has_ports(seen->flow.protocol) ||
                     seen->flow.destination_port == fresh->flow.destination_port;
    return same_port && seen->flow.icmp_type == fresh->flow.icmp_type &&
           seen->flow.icmp_code == fresh->flow.icmp_code &&
           shares_peer(model, workloads, fresh, seen);
}
