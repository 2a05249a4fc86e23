// SPDX-License-Identifier: GPL-2.0-or-later
// What flow logs call endpoints, network sets and services (semantics.md 9.2), those of other nodes included: a flow has two ends.
#include "internal.h"

#include <polc/dns.h>

static const char *copy(struct arena *arena, const char *text)
{
    return text != NULL ? arena_strdup(arena, text) : NULL;
}

// Endpoints come sorted, so that those of one origin stand together.
static struct plan_name_member *add_name(struct arena *arena, struct plan *plan,
                                         enum plan_name_type type, const char *ns,
                                         const char *aggregate, const char *name)
{
    struct plan_name *last =
        plan->names.count > 0 ? &plan->names.items[plan->names.count - 1] : NULL;
    if (last == NULL || last->type != type || !texts_equal(last->ns, ns) ||
        strcmp(last->aggregate, aggregate) != 0) {
        last = vec_add(arena, &plan->names);
        last->type = (uint8_t)type;
        last->ns = copy(arena, ns);
        last->aggregate = arena_strdup(arena, aggregate);
    }
    struct plan_name_member *member = vec_add(arena, &last->members);
    member->name = arena_strdup(arena, name);
    return member;
}

static void add_address(struct arena *arena, struct plan_name_member *member, size_t capacity,
                        struct ip_addr addr)
{
    if (member->addresses == NULL) {
        member->addresses = arena_array_of(arena, struct ip_addr, capacity);
    }
    member->addresses[member->address_count++] = addr;
}

static void add_workload(struct arena *arena, const struct res_workload *res, struct plan *plan)
{
    const char *name = res->pod != NULL ? res->pod : res->meta.name;
    const char *generated = res->meta.generate_name;
    const char *aggregate = generated != NULL ? arena_printf(arena, "%s*", generated) : name;
    struct plan_name_member *member =
        add_name(arena, plan, PLAN_NAME_WORKLOAD, res->meta.ns, aggregate, name);
    for (size_t i = 0; i < res->addresses.count; i++) {
        add_address(arena, member, res->addresses.count, res->addresses.items[i].cidr.addr);
    }
}

// What it expects, and what the interfaces have that it governs.
static void add_host(struct arena *arena, const struct model *model, size_t number,
                     struct plan *plan)
{
    const struct res_host *res = model->hosts.items[number].res;
    const char *node = res->node.text != NULL ? res->node.text : res->meta.name;
    struct plan_name_member *member =
        add_name(arena, plan, PLAN_NAME_HOST, NULL, node, res->meta.name);
    size_t capacity = res->expected_ips.count;
    for (size_t i = 0; i < model->interfaces.count; i++) {
        const struct model_interface *interface = &model->interfaces.items[i];
        capacity += interface->host == (int32_t)number ? interface->address_count : 0;
    }
    for (size_t i = 0; i < res->expected_ips.count; i++) {
        add_address(arena, member, capacity, res->expected_ips.items[i].cidr.addr);
    }
    for (size_t i = 0; i < model->interfaces.count; i++) {
        const struct model_interface *interface = &model->interfaces.items[i];
        for (size_t j = 0; interface->host == (int32_t)number && j < interface->address_count;
             j++) {
            add_address(arena, member, capacity, interface->addresses[j].addr);
        }
    }
}

static void add_netset(struct arena *arena, const struct res_netset *res, struct plan *plan)
{
    struct plan_netset *netset = vec_add(arena, &plan->netsets);
    netset->ns = copy(arena, res->meta.ns);
    netset->name = arena_strdup(arena, res->meta.name);
    netset->nets = arena_array_of(arena, struct cidr, res->nets.count);
    for (size_t i = 0; i < res->nets.count; i++) {
        netset->nets[netset->net_count++] = cidr_masked(res->nets.items[i].cidr);
    }
    netset->domains = arena_array_of(arena, const char *, res->domains.count);
    for (size_t i = 0; i < res->domains.count; i++) {
        netset->domains[netset->domain_count++] =
            dns_name_canonical(arena, res->domains.items[i].text);
    }
}

static void add_service(struct arena *arena, const struct model_service *service, struct plan *plan)
{
    struct plan_service *copied = vec_add(arena, &plan->services);
    copied->ns = arena_strdup(arena, service->ns);
    copied->name = arena_strdup(arena, service->name);
    copied->ports = arena_array_of(arena, struct plan_port_member, service->port_count);
    for (size_t i = 0; i < service->port_count; i++) {
        const struct model_port_member *port = &service->ports[i];
        copied->ports[copied->port_count++] =
            (struct plan_port_member){port->addr, port->protocol, port->port};
    }
}

void plan_names_build(struct arena *arena, const struct model *model, struct plan *plan)
{
    for (size_t i = 0; i < model->endpoints.count; i++) {
        add_workload(arena, model->endpoints.items[i].res, plan);
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        add_host(arena, model, i, plan);
    }
    for (size_t i = 0; i < model->netsets.count; i++) {
        add_netset(arena, model->netsets.items[i].res, plan);
    }
    for (size_t i = 0; i < model->services.count; i++) {
        add_service(arena, &model->services.items[i], plan);
    }
}
