// SPDX-License-Identifier: GPL-2.0-or-later
// The packet's way: which stages of which endpoints judge a flow, in the order of the hooks (semantics.md 5.4, 6).
//   a workload's node   preDNAT and forward-in of "*", the workload's egress, then forward-out or this host
//   a host that sends   untracked-out, normal-out
//   a node that gets it untracked-in, preDNAT, then normal-in, or forward-in and the workload's ingress
#include "internal.h"

struct walker {
    const struct flow_evaluator *evaluator;
    const struct flow *flow;
    struct way *way;
    uint8_t group;
};

bool is_discovery(const struct flow *flow)
{
    return flow->protocol == PROTO_ICMPV6 &&
           ((flow->icmp_type >= FIRST_DISCOVERY && flow->icmp_type <= LAST_DISCOVERY) ||
            flow->icmp_type == MLD2_REPORT);
}

// ---- stops ----------------------------------------------------------------------------------------------------

static void add_stop(struct walker *walker, struct stop stop)
{
    if (walker->way->count == WAY_MAX) {
        POLC_UNREACHABLE("a way with too many stages");
    }
    stop.group = walker->group;
    walker->way->stops[walker->way->count++] = stop;
}

static void add_host(struct walker *walker, const struct plan_host *host, enum plan_stage stage,
                     enum plan_direction direction)
{
    // Untracked policy needs one interface: Calico ignores it on "*" (semantics.md 6.1).
    bool ignored = stage == PLAN_UNTRACKED && host != NULL && host->all_interfaces;
    if (host != NULL && !ignored && host->classes[stage][direction] != PLAN_NO_CLASS) {
        add_stop(walker, (struct stop){.stage = (uint8_t)stage,
                                       .direction = (uint8_t)direction,
                                       .class = host->classes[stage][direction],
                                       .host = host});
    }
}

static void add_fixed(struct walker *walker, const struct plan_endpoint *endpoint,
                      enum plan_direction direction, enum outcome outcome, enum flow_reason reason)
{
    add_stop(walker,
             (struct stop){.stage = PLAN_NORMAL,
                           .direction = (uint8_t)direction,
                           .fixed = true,
                           .decision = {.outcome = (uint8_t)outcome, .reason = (uint8_t)reason},
                           .endpoint = endpoint});
    walker->group++;
}

static void add_workload(struct walker *walker, const struct plan_endpoint *endpoint,
                         enum plan_direction direction)
{
    const struct plan_settings *settings =
        settings_of_node(walker->evaluator, node_of_endpoint(walker->evaluator, endpoint));
    const struct flow *flow = walker->flow;
    bool vxlan = settings->drop_vxlan && flow->protocol == PROTO_UDP &&
                 flow->destination_port == settings->vxlan_port;
    bool ipip = settings->drop_ipip && flow->protocol == PROTO_IPIP;
    walker->group++;
    if (direction == PLAN_OUT && (vxlan || ipip)) {
        add_fixed(walker, endpoint, direction, OUTCOME_DENY, FLOW_BY_TUNNEL);
        return;
    }
    add_stop(walker, (struct stop){.stage = PLAN_NORMAL,
                                   .direction = (uint8_t)direction,
                                   .class = endpoint->classes[direction],
                                   .endpoint = endpoint});
    walker->group++;
}

// The host endpoint of the interface by which the flow comes in from, or goes out to, `remote`.
static const struct plan_host *host_of_flow(const struct walker *walker, int32_t node,
                                            const char *interface, struct ip_addr remote,
                                            const struct ip_addr *own)
{
    if (interface != NULL) {
        return host_of_interface(walker->evaluator, node, interface);
    }
    bool unknown = false;
    const struct plan_host *host =
        host_towards(walker->evaluator, node, remote, own, SEARCH_GUESS, &unknown);
    if (unknown) {
        walker->way->unknown_interface = true;
        walker->way->unknown_node = node;
    }
    return host;
}

// ---- parts of the way -----------------------------------------------------------------------------------------

// The host endpoint of a workload's interface is "*". One without an interface name may be behind any other.
static const struct plan_host *host_of_workload(const struct walker *walker,
                                                const struct party *party, const char *interface,
                                                struct ip_addr addr)
{
    const struct plan_host *host = NULL;
    bool unknown = false;
    if (party->endpoint->interface == NULL && interface != NULL) {
        return host_of_interface(walker->evaluator, party->node, interface);
    }
    if (party->endpoint->interface == NULL) {
        host = host_towards(walker->evaluator, party->node, addr, NULL, SEARCH_CONNECTED, &unknown);
    }
    return host != NULL ? host : walker->evaluator->nodes.items[party->node].all;
}

static bool is_dhcp(const struct walker *walker)
{
    static const struct cidr link_local = {{IP_V6, {0xfe, 0x80}}, 10};
    static const struct ip_addr any4 = {IP_V4, {0}};
    const struct flow *flow = walker->flow;
    bool own = uses_own_address(&walker->way->source, flow->source);
    if (flow->protocol != PROTO_UDP) {
        return false;
    }
    if (flow->source.family == IP_V4) {
        return flow->source_port == DHCP_CLIENT && flow->destination_port == DHCP_SERVER &&
               (own || ip_addr_compare(flow->source, any4) == 0);
    }
    return flow->source_port == DHCP6_CLIENT && flow->destination_port == DHCP6_SERVER &&
           cidr_contains_addr(link_local, flow->source);
}

// What is asked by the interface alone, before anybody looks who is behind it.
static const struct plan_host *enter_from_workload(struct walker *walker)
{
    const struct party *source = &walker->way->source;
    bool comes_here = walker->way->destination.node == source->node ||
                      walker->way->destination.node == NODE_UNKNOWN;
    const struct plan_host *host = host_of_workload(
        walker, source, comes_here ? source->interface : NULL, walker->flow->source);
    add_host(walker, host, PLAN_UNTRACKED, PLAN_IN);
    if (source->endpoint->interface == NULL || !is_dhcp(walker)) {
        add_host(walker, host, PLAN_PREDNAT, PLAN_IN);
    }
    return host;
}

static void from_workload(struct walker *walker, bool forwarded)
{
    const struct plan_host *host = enter_from_workload(walker);
    if (forwarded) {
        add_host(walker, host, PLAN_FORWARD, PLAN_IN);
    }
    add_workload(walker, walker->way->source.endpoint, PLAN_OUT);
}

static void to_workload(struct walker *walker)
{
    const struct party *destination = &walker->way->destination;
    bool leaves_here =
        walker->way->source.node == destination->node || walker->way->source.node == NODE_UNKNOWN;
    add_workload(walker, destination->endpoint, PLAN_IN);
    add_host(walker,
             host_of_workload(walker, destination, leaves_here ? destination->interface : NULL,
                              walker->flow->destination),
             PLAN_FORWARD, PLAN_OUT);
}

static void to_own_host(struct walker *walker)
{
    const struct party *source = &walker->way->source;
    const struct plan_settings *settings = settings_of_node(walker->evaluator, source->node);
    bool drop = settings->host_action == PLAN_HOST_DROP;
    bool by_address = source->endpoint != NULL && source->endpoint->interface == NULL;
    bool dhcp = is_dhcp(walker);
    if (by_address && dhcp) {
        enter_from_workload(walker);
        walker->group++;
    }
    if (dhcp || is_discovery(walker->flow)) {
        add_fixed(walker, source->endpoint, PLAN_OUT, OUTCOME_ALLOW, FLOW_BY_DISCOVERY);
        return;
    }
    if (source->spoofed) {
        add_fixed(walker, source->endpoint, PLAN_OUT, OUTCOME_DENY, FLOW_BY_SPOOF);
        return;
    }
    from_workload(walker, false);
    add_fixed(walker, source->endpoint, PLAN_OUT, drop ? OUTCOME_DENY : OUTCOME_ALLOW,
              FLOW_BY_HOST_ACTION);
}

// A packet arrives at the node of the destination from another machine.
static void arrive(struct walker *walker)
{
    const struct party *destination = &walker->way->destination;
    const struct flow *flow = walker->flow;
    const char *interface = walker->way->source.interface;
    bool to_host = destination->endpoint == NULL;
    const struct plan_host *host = host_of_flow(walker, destination->node, interface, flow->source,
                                                to_host ? &flow->destination : NULL);
    walker->group++;
    add_host(walker, host, PLAN_UNTRACKED, PLAN_IN);
    add_host(walker, host, PLAN_PREDNAT, PLAN_IN);
    add_host(walker, host, to_host ? PLAN_NORMAL : PLAN_FORWARD, PLAN_IN);
    if (!to_host) {
        to_workload(walker);
    }
}

// The bridge of workloads that an end is behind: by the interface that was given, else by the endpoint.
static const char *bridge_of(const struct walker *walker, const char *given,
                             const struct plan_endpoint *endpoint)
{
    const struct plan *plan = walker->evaluator->plan;
    for (size_t i = 0; given != NULL && i < plan->endpoints.count; i++) {
        const struct plan_endpoint *other = &plan->endpoints.items[i];
        if (other->bridge != NULL && (strcmp(other->bridge, given) == 0 ||
                                      (other->port != NULL && strcmp(other->port, given) == 0))) {
            return other->bridge;
        }
    }
    return given == NULL && endpoint != NULL ? endpoint->bridge : NULL;
}

// From one port of a bridge to another, whoever is behind them.
static bool stays_on_bridge(const struct walker *walker)
{
    const struct party *source = &walker->way->source;
    const struct party *destination = &walker->way->destination;
    const char *in = bridge_of(walker, walker->flow->in_interface, source->endpoint);
    const char *out = bridge_of(walker, walker->flow->out_interface, destination->endpoint);
    bool other_node = source->node != NODE_UNKNOWN && destination->node != NODE_UNKNOWN &&
                      source->node != destination->node;
    return in != NULL && out != NULL && !other_node && strcmp(in, out) == 0;
}

static void leave_workload(struct walker *walker)
{
    const struct party *source = &walker->way->source;
    const struct party *destination = &walker->way->destination;
    if (destination->node == source->node && destination->endpoint == NULL) {
        to_own_host(walker);
        return;
    }
    if (source->spoofed) {
        add_fixed(walker, source->endpoint, PLAN_OUT, OUTCOME_DENY, FLOW_BY_SPOOF);
        return;
    }
    bool same_node = destination->endpoint != NULL && destination->node == source->node;
    from_workload(walker, true);
    if (same_node) {
        to_workload(walker);
    } else if (destination->no_workload) {
        add_fixed(walker, NULL, PLAN_IN, OUTCOME_DENY, FLOW_BY_NO_WORKLOAD);
    } else {
        add_host(walker,
                 host_of_flow(walker, source->node, destination->interface,
                              walker->flow->destination, NULL),
                 PLAN_FORWARD, PLAN_OUT);
        if (destination->node != NODE_UNKNOWN) {
            arrive(walker);
        }
    }
}

// Never judged by normal policy. Untracked policy comes before that is known: it sees an interface, not who is behind it.
static void to_own_workload(struct walker *walker)
{
    const struct party *destination = &walker->way->destination;
    walker->way->empty_reason = FLOW_BY_LOCAL;
    if (destination->endpoint != NULL && destination->endpoint->interface == NULL) {
        add_host(walker,
                 host_of_workload(walker, destination, destination->interface,
                                  walker->flow->destination),
                 PLAN_UNTRACKED, PLAN_OUT);
    }
}

static void leave_host(struct walker *walker)
{
    const struct party *source = &walker->way->source;
    const struct party *destination = &walker->way->destination;
    if (destination->node == source->node || destination->no_workload) {
        to_own_workload(walker);
        return;
    }
    const struct plan_host *host = host_of_flow(walker, source->node, destination->interface,
                                                walker->flow->destination, &walker->flow->source);
    add_host(walker, host, PLAN_UNTRACKED, PLAN_OUT);
    add_host(walker, host, PLAN_NORMAL, PLAN_OUT);
    if (destination->node != NODE_UNKNOWN) {
        arrive(walker);
    }
}

// Neither end is of this plan: it is asked only where it is known that the flow comes by, and through which interfaces.
static void pass_through(struct walker *walker)
{
    const struct party *source = &walker->way->source;
    const struct party *destination = &walker->way->destination;
    const struct flow_evaluator *evaluator = walker->evaluator;
    int32_t node = evaluator->own_node;
    if (node == NODE_UNKNOWN) {
        return;
    }
    bool unknown = false;
    const struct plan_host *in =
        source->interface != NULL
            ? host_of_interface(evaluator, node, source->interface)
            : host_towards(evaluator, node, walker->flow->source, NULL, SEARCH_CONNECTED, &unknown);
    add_host(walker, in, PLAN_UNTRACKED, PLAN_IN);
    add_host(walker, in, PLAN_PREDNAT, PLAN_IN);
    add_host(walker, in, PLAN_FORWARD, PLAN_IN);
    walker->group++;
    if (destination->no_workload) {
        add_fixed(walker, NULL, PLAN_IN, OUTCOME_DENY, FLOW_BY_NO_WORKLOAD);
        return;
    }
    const struct plan_host *out = destination->interface != NULL
                                      ? host_of_interface(evaluator, node, destination->interface)
                                      : host_towards(evaluator, node, walker->flow->destination,
                                                     NULL, SEARCH_CONNECTED, &unknown);
    add_host(walker, out, PLAN_FORWARD, PLAN_OUT);
}

// 127.0.0.0/8, ::1, and whatever goes through lo.
static bool is_loopback(const struct flow *flow)
{
    static const struct cidr nets[] = {{{IP_V4, {127}}, 8}, {{IP_V6, {[15] = 1}}, 128}};
    for (size_t i = 0; i < ARRAY_COUNT(nets); i++) {
        if (cidr_contains_addr(nets[i], flow->source) ||
            cidr_contains_addr(nets[i], flow->destination)) {
            return true;
        }
    }
    return (flow->in_interface != NULL && strcmp(flow->in_interface, "lo") == 0) ||
           (flow->out_interface != NULL && strcmp(flow->out_interface, "lo") == 0);
}

void way_find(const struct flow_evaluator *evaluator, const struct flow *flow, struct way *ret)
{
    ret->count = 0;
    ret->empty_reason = FLOW_BY_NOTHING;
    ret->unknown_interface = false;
    ret->unknown_node = NODE_UNKNOWN;
    struct walker walker = {evaluator, flow, ret, 0};
    parties_find(evaluator, flow, &ret->source, &ret->destination);
    if (is_loopback(flow)) {
        ret->empty_reason = FLOW_BY_LOCAL;
    } else if (is_discovery(flow) && stays_on_bridge(&walker)) {
        add_fixed(&walker, ret->source.endpoint, PLAN_OUT, OUTCOME_ALLOW, FLOW_BY_DISCOVERY);
    } else if (ret->source.endpoint != NULL || ret->source.spoofed) {
        leave_workload(&walker);
    } else if (ret->source.node != NODE_UNKNOWN) {
        leave_host(&walker);
    } else if (ret->destination.node != NODE_UNKNOWN) {
        arrive(&walker);
    } else {
        pass_through(&walker);
    }
}
