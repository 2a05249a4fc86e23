// SPDX-License-Identifier: GPL-2.0-or-later
// Who the two ends of a flow are: a workload, a host, or somewhere else; and whether a source may use its address.
#include "internal.h"

static bool is_interface_of(const struct plan_endpoint *endpoint, const char *name)
{
    return endpoint->interface != NULL &&
           (strcmp(endpoint->interface, name) == 0 ||
            (endpoint->port != NULL && strcmp(endpoint->port, name) == 0));
}

static struct party workload_party(const struct flow_evaluator *evaluator,
                                   const struct plan_endpoint *endpoint)
{
    return (struct party){.endpoint = endpoint, .node = node_of_endpoint(evaluator, endpoint)};
}

// ---- destination ----------------------------------------------------------------------------------------------

static const struct address_owner *choose_owner(const struct address_owner *owners, size_t count,
                                                const char *interface)
{
    for (size_t i = 0; i < count && interface != NULL; i++) {
        if (owners[i].endpoint != NULL && is_interface_of(owners[i].endpoint, interface)) {
            return &owners[i];
        }
    }
    // An address that several interfaces share is found by the interface alone.
    bool shared =
        count > 1 && owners[1].endpoint != NULL && owners[1].endpoint != owners[0].endpoint;
    return count == 0 || (shared && interface != NULL) ? NULL : &owners[0];
}

static struct party find_destination(const struct flow_evaluator *evaluator,
                                     const struct flow *flow)
{
    size_t count;
    const struct address_owner *owners = owners_of(evaluator, flow->destination, &count);
    const char *given = flow->out_interface;
    bool workload = given != NULL && is_workload_interface(evaluator, given);
    const struct address_owner *owner = choose_owner(owners, count, workload ? given : NULL);
    struct party party = {.node = NODE_UNKNOWN, .interface = workload ? NULL : given};
    if (owner != NULL) {
        party.endpoint = owner->endpoint;
        party.node = owner->node;
    } else {
        party.no_workload = workload;
    }
    return party;
}

// What a host on the link takes itself and never forwards.
static bool is_link_local(struct ip_addr addr)
{
    static const struct cidr nets[] = {
        {{IP_V4, {224}}, 4},
        {{IP_V4, {255, 255, 255, 255}}, 32},
        {{IP_V6, {0xff}}, 8},
        {{IP_V6, {0xfe, 0x80}}, 10},
    };
    for (size_t i = 0; i < ARRAY_COUNT(nets); i++) {
        if (cidr_contains_addr(nets[i], addr)) {
            return true;
        }
    }
    return false;
}

// ---- source -----------------------------------------------------------------------------------------------------

static bool has_address(const struct plan_endpoint *endpoint, struct ip_addr addr)
{
    for (size_t i = 0; i < endpoint->address_count; i++) {
        if (ip_addr_compare(endpoint->addresses[i], addr) == 0) {
            return true;
        }
    }
    return false;
}

// By a workload's interface only its own addresses may enter, and those that it is allowed besides.
static struct party find_by_interface(const struct flow_evaluator *evaluator,
                                      const struct flow *flow, const struct party *destination)
{
    const struct plan *plan = evaluator->plan;
    const struct plan_endpoint *any = NULL;
    const struct plan_endpoint *allowed = NULL;
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[i];
        if (!is_interface_of(endpoint, flow->in_interface)) {
            continue;
        }
        if (has_address(endpoint, flow->source)) {
            return workload_party(evaluator, endpoint);
        }
        any = any != NULL ? any : endpoint;
        if (allowed == NULL && cidrset_contains_addr(&endpoint->spoofable, flow->source)) {
            allowed = endpoint;
        }
    }
    if (allowed != NULL) {
        return workload_party(evaluator, allowed);
    }
    int32_t node = any != NULL                           ? node_of_endpoint(evaluator, any)
                   : evaluator->own_node != NODE_UNKNOWN ? evaluator->own_node
                                                         : destination->node;
    return (struct party){.endpoint = any, .node = node, .spoofed = true};
}

// Through another interface a workload that has one does not come in: a foreign packet with its address.
static bool may_come_by(const struct address_owner *owner, const char *interface,
                        const struct party *destination)
{
    bool sends_to_other_node =
        destination->node != NODE_UNKNOWN && destination->node != owner->node;
    return owner->endpoint == NULL || owner->endpoint->interface == NULL || interface == NULL ||
           sends_to_other_node;
}

static struct party find_source(const struct flow_evaluator *evaluator, const struct flow *flow,
                                const struct party *destination)
{
    const char *interface = flow->in_interface;
    if (interface != NULL && is_workload_interface(evaluator, interface)) {
        return find_by_interface(evaluator, flow, destination);
    }
    size_t count;
    const struct address_owner *owners = owners_of(evaluator, flow->source, &count);
    struct party party = {.node = NODE_UNKNOWN, .interface = interface};
    for (size_t i = 0; i < count; i++) {
        if (may_come_by(&owners[i], interface, destination)) {
            party.endpoint = owners[i].endpoint;
            party.node = owners[i].node;
            break;
        }
    }
    return party;
}

void parties_find(const struct flow_evaluator *evaluator, const struct flow *flow,
                  struct party *ret_source, struct party *ret_destination)
{
    *ret_destination = find_destination(evaluator, flow);
    *ret_source = find_source(evaluator, flow, ret_destination);
    bool from_workload = ret_source->endpoint != NULL || ret_source->spoofed;
    bool sent_by_host = !from_workload && ret_source->node != NODE_UNKNOWN;
    if (!sent_by_host && ret_destination->node == NODE_UNKNOWN &&
        is_link_local(flow->destination)) {
        ret_destination->node = from_workload ? ret_source->node : evaluator->own_node;
    }
}

bool uses_own_address(const struct party *source, struct ip_addr addr)
{
    return source->endpoint != NULL && has_address(source->endpoint, addr);
}
