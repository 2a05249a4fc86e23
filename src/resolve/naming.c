// SPDX-License-Identifier: GPL-2.0-or-later
// What flow logs call an address (semantics.md 9.2): an endpoint, else a network set, else inside or outside.
#include "internal.h"

static bool has_address(const struct res_nets *nets, struct ip_addr addr)
{
    for (size_t i = 0; i < nets->count; i++) {
        if (ip_addr_compare(nets->items[i].cidr.addr, addr) == 0) {
            return true;
        }
    }
    return false;
}

static bool name_workload(struct arena *arena, const struct model *model, struct ip_addr addr,
                          struct model_name *ret)
{
    for (size_t i = 0; i < model->endpoints.count; i++) {
        const struct res_workload *res = model->endpoints.items[i].res;
        if (has_address(&res->addresses, addr)) {
            const char *name = res->pod != NULL ? res->pod : res->meta.name;
            const char *generated = res->meta.generate_name;
            *ret = (struct model_name){"wep", res->meta.ns, name,
                                       generated != NULL ? arena_printf(arena, "%s*", generated)
                                                         : name};
            return true;
        }
    }
    return false;
}

static bool governs_address(const struct model *model, size_t number, struct ip_addr addr)
{
    for (size_t i = 0; i < model->interfaces.count; i++) {
        const struct model_interface *interface = &model->interfaces.items[i];
        for (size_t j = 0; interface->host == (int32_t)number && j < interface->address_count;
             j++) {
            if (ip_addr_compare(interface->addresses[j].addr, addr) == 0) {
                return true;
            }
        }
    }
    return has_address(&model->hosts.items[number].res->expected_ips, addr);
}

static bool name_host(const struct model *model, struct ip_addr addr, struct model_name *ret)
{
    for (size_t i = 0; i < model->hosts.count; i++) {
        const struct res_host *res = model->hosts.items[i].res;
        if (governs_address(model, i, addr)) {
            const char *node = res->node.text != NULL ? res->node.text : res->meta.name;
            *ret = (struct model_name){"hep", "-", res->meta.name, node};
            return true;
        }
    }
    return false;
}

// A set that holds an address, and how good a name for it that is.
struct candidate {
    const struct model_netset *netset;
    int rank; // 0: of the namespace of the other end; 1: global; 2: of another namespace
    int bits;
};

static bool is_better(const struct candidate *a, const struct candidate *b)
{
    if (b->netset == NULL || a->rank != b->rank) {
        return b->netset == NULL || a->rank < b->rank;
    }
    return a->bits != b->bits ? a->bits > b->bits : strcmp(a->netset->id, b->netset->id) < 0;
}

static bool name_netset(const struct model *model, struct ip_addr addr, const char *other_ns,
                        struct model_name *ret)
{
    struct candidate best = {0};
    for (size_t i = 0; i < model->netsets.count; i++) {
        const struct model_netset *netset = &model->netsets.items[i];
        const char *ns = netset->res->meta.ns;
        bool own = ns != NULL && other_ns != NULL && strcmp(ns, other_ns) == 0;
        for (size_t j = 0; j < netset->res->nets.count; j++) {
            struct cidr cidr = netset->res->nets.items[j].cidr;
            struct candidate candidate = {netset, own ? 0 : ns == NULL ? 1 : 2, cidr.bits};
            if (cidr_contains_addr(cidr, addr) && is_better(&candidate, &best)) {
                best = candidate;
            }
        }
    }
    if (best.netset != NULL) {
        const struct res_meta *meta = &best.netset->res->meta;
        *ret = (struct model_name){"ns", meta->ns != NULL ? meta->ns : "-", meta->name, meta->name};
    }
    return best.netset != NULL;
}

// RFC 1918; nothing of IPv6.
static bool is_private(struct ip_addr addr)
{
    static const struct cidr nets[] = {
        {{IP_V4, {10}}, 8}, {{IP_V4, {172, 16}}, 12}, {{IP_V4, {192, 168}}, 16}};
    for (size_t i = 0; i < ARRAY_COUNT(nets); i++) {
        if (cidr_contains_addr(nets[i], addr)) {
            return true;
        }
    }
    return false;
}

struct model_name model_name_address(struct arena *arena, const struct model *model,
                                     struct ip_addr addr, const char *other_ns)
{
    struct model_name name = {"net", "-", "-", is_private(addr) ? "pvt" : "pub"};
    if (!name_workload(arena, model, addr, &name) && !name_host(model, addr, &name)) {
        name_netset(model, addr, other_ns, &name);
    }
    return name;
}
