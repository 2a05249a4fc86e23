// SPDX-License-Identifier: GPL-2.0-or-later
// Which host endpoint governs the interface that a flow takes (semantics.md 6.1; flow.h says how one is found that was
// not given).
#include "internal.h"

static const struct plan_host *host_number(const struct flow_evaluator *evaluator, int32_t number)
{
    return number >= 0 ? &evaluator->plan->hosts.items[number] : NULL;
}

static const struct node_info *node_of(const struct flow_evaluator *evaluator, int32_t number)
{
    return &evaluator->nodes.items[number];
}

const struct plan_host *host_of_interface(const struct flow_evaluator *evaluator, int32_t number,
                                          const char *name)
{
    const struct node_info *node = node_of(evaluator, number);
    for (size_t i = 0; i < node->interfaces.count; i++) {
        if (strcmp(node->interfaces.items[i]->name, name) == 0) {
            return host_number(evaluator, node->interfaces.items[i]->host);
        }
    }
    for (size_t i = 0; i < node->hosts.count; i++) {
        const struct plan_host *host = node->hosts.items[i];
        for (size_t j = 0; j < host->interfaces.count; j++) {
            if (strcmp(host->interfaces.items[j], name) == 0) {
                return host;
            }
        }
    }
    return node->all;
}

// The inet hooks see a bridge, not its ports.
static bool leads_outside(const struct plan_interface *interface)
{
    return !interface->loopback && !interface->workload && interface->master == NULL;
}

// The longest prefix of a link around an address.
static const struct plan_interface *connected_interface(const struct node_info *node,
                                                        struct ip_addr addr)
{
    const struct plan_interface *best = NULL;
    int best_bits = -1;
    for (size_t i = 0; i < node->interfaces.count; i++) {
        const struct plan_interface *interface = node->interfaces.items[i];
        for (size_t j = 0; leads_outside(interface) && j < interface->address_count; j++) {
            struct cidr cidr = interface->addresses[j];
            if (cidr.bits > best_bits && cidr_contains_addr(cidr, addr)) {
                best = interface;
                best_bits = cidr.bits;
            }
        }
    }
    return best;
}

static const struct plan_interface *interface_with(const struct node_info *node,
                                                   struct ip_addr addr)
{
    for (size_t i = 0; i < node->interfaces.count; i++) {
        const struct plan_interface *interface = node->interfaces.items[i];
        for (size_t j = 0; leads_outside(interface) && j < interface->address_count; j++) {
            if (ip_addr_compare(interface->addresses[j].addr, addr) == 0) {
                return interface;
            }
        }
    }
    return NULL;
}

static const struct plan_host *host_with(const struct node_info *node, struct ip_addr addr)
{
    for (size_t i = 0; i < node->hosts.count; i++) {
        const struct plan_host *host = node->hosts.items[i];
        for (size_t j = 0; !host->all_interfaces && j < host->address_count; j++) {
            if (ip_addr_compare(host->addresses[j], addr) == 0) {
                return host;
            }
        }
    }
    return NULL;
}

static const struct plan_host *only_host(const struct node_info *node)
{
    return node->hosts.count == 1 ? node->hosts.items[0] : NULL;
}

// All interfaces towards the outside are governed by the same host endpoint, or by none.
static bool only_choice(const struct flow_evaluator *evaluator, const struct node_info *node,
                        const struct plan_host **ret)
{
    const struct plan_interface *first = NULL;
    for (size_t i = 0; i < node->interfaces.count; i++) {
        const struct plan_interface *interface = node->interfaces.items[i];
        if (!leads_outside(interface)) {
            continue;
        }
        if (first != NULL && first->host != interface->host) {
            return false;
        }
        first = interface;
    }
    *ret = first != NULL ? host_number(evaluator, first->host) : only_host(node);
    return first != NULL || *ret != NULL;
}

const struct plan_host *host_towards(const struct flow_evaluator *evaluator, int32_t number,
                                     struct ip_addr remote, const struct ip_addr *own,
                                     enum host_search search, bool *ret_unknown)
{
    const struct node_info *node = node_of(evaluator, number);
    if (node->hosts.count == 0) {
        return NULL;
    }
    const struct plan_interface *interface = connected_interface(node, remote);
    if (interface == NULL && own != NULL) {
        interface = interface_with(node, *own);
    }
    if (interface != NULL) {
        return host_number(evaluator, interface->host);
    }
    const struct plan_host *host =
        own != NULL && node->interfaces.count == 0 ? host_with(node, *own) : NULL;
    if (host != NULL) {
        return host;
    }
    if (search == SEARCH_CONNECTED) {
        host = only_host(node);
        return host != NULL && host->all_interfaces ? host : NULL;
    }
    if (only_choice(evaluator, node, &host)) {
        return host;
    }
    *ret_unknown |= node->all == NULL;
    return node->all;
}
