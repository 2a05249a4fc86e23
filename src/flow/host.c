// SPDX-License-Identifier: GPL-2.0-or-later
// Which host endpoint governs the interface that a flow takes (semantics.md 6.1; flow.h says how one is found that was
// not given).
#include "internal.h"

static const struct plan_host *host_number(const struct flow_evaluator *evaluator, int32_t number)
{
    return number >= 0 ? &evaluator->plan->hosts.items[number] : NULL;
}

const struct plan_host *host_of_interface(const struct flow_evaluator *evaluator, int32_t node,
                                          const char *name)
{
    const struct plan *plan = evaluator->plan;
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        if (evaluator->interface_nodes[i] == node &&
            strcmp(plan->interfaces.items[i].name, name) == 0) {
            return host_number(evaluator, plan->interfaces.items[i].host);
        }
    }
    for (size_t i = 0; i < plan->hosts.count; i++) {
        for (size_t j = 0; j < plan->hosts.items[i].interfaces.count; j++) {
            if (evaluator->host_nodes[i] == node &&
                strcmp(plan->hosts.items[i].interfaces.items[j], name) == 0) {
                return &plan->hosts.items[i];
            }
        }
    }
    return evaluator->nodes.items[node].all;
}

// The inet hooks see a bridge, not its ports.
static bool leads_outside(const struct plan_interface *interface)
{
    return !interface->loopback && !interface->workload && interface->master == NULL;
}

static const struct plan_interface *connected_interface(const struct flow_evaluator *evaluator,
                                                        int32_t node, struct ip_addr addr)
{
    const struct plan *plan = evaluator->plan;
    const struct plan_interface *best = NULL;
    int best_bits = -1;
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        const struct plan_interface *interface = &plan->interfaces.items[i];
        if (evaluator->interface_nodes[i] != node || !leads_outside(interface)) {
            continue;
        }
        for (size_t j = 0; j < interface->address_count; j++) {
            if (interface->addresses[j].bits > best_bits &&
                cidr_contains_addr(interface->addresses[j], addr)) {
                best = interface;
                best_bits = interface->addresses[j].bits;
            }
        }
    }
    return best;
}

static const struct plan_interface *interface_with(const struct flow_evaluator *evaluator,
                                                   int32_t node, struct ip_addr addr)
{
    const struct plan *plan = evaluator->plan;
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        const struct plan_interface *interface = &plan->interfaces.items[i];
        for (size_t j = 0; j < interface->address_count; j++) {
            if (evaluator->interface_nodes[i] == node && leads_outside(interface) &&
                ip_addr_compare(interface->addresses[j].addr, addr) == 0) {
                return interface;
            }
        }
    }
    return NULL;
}

static const struct plan_host *host_with(const struct flow_evaluator *evaluator, int32_t node,
                                         struct ip_addr addr)
{
    const struct plan *plan = evaluator->plan;
    for (size_t i = 0; i < plan->hosts.count; i++) {
        const struct plan_host *host = &plan->hosts.items[i];
        for (size_t j = 0; j < host->address_count; j++) {
            if (evaluator->host_nodes[i] == node && !host->all_interfaces &&
                ip_addr_compare(host->addresses[j], addr) == 0) {
                return host;
            }
        }
    }
    return NULL;
}

// All interfaces towards the outside are governed by the same host endpoint, or by none.
static bool only_choice(const struct flow_evaluator *evaluator, int32_t node,
                        const struct plan_host **ret)
{
    const struct plan *plan = evaluator->plan;
    const struct plan_interface *first = NULL;
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        const struct plan_interface *interface = &plan->interfaces.items[i];
        if (evaluator->interface_nodes[i] != node || !leads_outside(interface)) {
            continue;
        }
        if (first != NULL && first->host != interface->host) {
            return false;
        }
        first = interface;
    }
    if (first != NULL) {
        *ret = host_number(evaluator, first->host);
        return true;
    }
    *ret = evaluator->nodes.items[node].only;
    return *ret != NULL;
}

static bool has_hosts(const struct flow_evaluator *evaluator, int32_t node)
{
    for (size_t i = 0; i < evaluator->plan->hosts.count; i++) {
        if (evaluator->host_nodes[i] == node) {
            return true;
        }
    }
    return false;
}

const struct plan_host *host_towards(const struct flow_evaluator *evaluator, int32_t node,
                                     struct ip_addr remote, const struct ip_addr *own,
                                     enum host_search search, bool *ret_unknown)
{
    const struct node_info *info = &evaluator->nodes.items[node];
    if (!has_hosts(evaluator, node)) {
        return NULL;
    }
    const struct plan_interface *interface = connected_interface(evaluator, node, remote);
    if (interface == NULL && own != NULL) {
        interface = interface_with(evaluator, node, *own);
    }
    if (interface != NULL) {
        return host_number(evaluator, interface->host);
    }
    const struct plan_host *host =
        own != NULL && !info->has_interfaces ? host_with(evaluator, node, *own) : NULL;
    if (host != NULL) {
        return host;
    }
    if (search == SEARCH_CONNECTED) {
        return info->only != NULL && info->only->all_interfaces ? info->only : NULL;
    }
    if (only_choice(evaluator, node, &host)) {
        return host;
    }
    *ret_unknown |= info->all == NULL;
    return info->all;
}
