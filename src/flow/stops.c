// SPDX-License-Identifier: GPL-2.0-or-later
// The way of a flow for those who judge it themselves, and what it depends on.
#include "internal.h"

void flow_way(const struct flow_evaluator *evaluator, const struct flow *flow, struct flow_way *ret)
{
    struct way way UNINITIALIZED;
    way_find(evaluator, flow, &way);
    ret->count = way.count;
    ret->interface_unknown = way.unknown_interface;
    ret->unknown_node =
        way.unknown_node != NODE_UNKNOWN ? evaluator->nodes.items[way.unknown_node].name : NULL;
    for (size_t i = 0; i < way.count; i++) {
        const struct stop *stop = &way.stops[i];
        ret->stops[i] = (struct flow_stop){
            .stage = stop->stage,
            .direction = stop->direction,
            .group = stop->group,
            .fixed = stop->fixed,
            .verdict =
                stop->fixed && stop->decision.outcome == OUTCOME_DENY ? FLOW_DENY : FLOW_ALLOW,
            .class = stop->class,
            .endpoint = stop->endpoint,
            .host = stop->host,
        };
    }
}

const struct plan_settings *flow_host_settings(const struct flow_evaluator *evaluator,
                                               const struct plan_host *host)
{
    return settings_of_host(evaluator, host);
}

const struct cidr *flow_special_nets(size_t *ret_count)
{
    static const struct cidr nets[] = {
        {{IP_V4, {127}}, 8}, // loopback
        {{IP_V4, {0}}, 32},  // asks for an address by DHCP
        {{IP_V4, {224}}, 4}, // never forwarded, as the next ones
        {{IP_V4, {255, 255, 255, 255}}, 32},
        {{IP_V6, {[15] = 1}}, 128}, // loopback
        {{IP_V6, {0xff}}, 8},
        {{IP_V6, {0xfe, 0x80}}, 10}, // asks for an address by DHCPv6, and is never forwarded
    };
    *ret_count = ARRAY_COUNT(nets);
    return nets;
}

static void add_tunnels(struct arena *arena, const struct plan_settings *settings,
                        struct flow_specials *ret)
{
    if (settings->drop_vxlan) {
        vec_push(arena, ret, (struct flow_special){PROTO_UDP, -1, settings->vxlan_port, -1, -1});
    }
    if (settings->drop_ipip) {
        vec_push(arena, ret, (struct flow_special){PROTO_IPIP, -1, -1, -1, -1});
    }
}

void flow_add_specials(const struct flow_evaluator *evaluator, struct arena *arena,
                       struct flow_specials *ret)
{
    static const struct flow_special always[] = {
        {PROTO_ICMPV6, -1, -1, FIRST_DISCOVERY, LAST_DISCOVERY},
        {PROTO_ICMPV6, -1, -1, MLD2_REPORT, MLD2_REPORT},
        {PROTO_UDP, DHCP_CLIENT, DHCP_SERVER, -1, -1},
        {PROTO_UDP, DHCP6_CLIENT, DHCP6_SERVER, -1, -1},
    };
    const struct plan *plan = evaluator->plan;
    for (size_t i = 0; i < ARRAY_COUNT(always); i++) {
        vec_push(arena, ret, always[i]);
    }
    add_tunnels(arena, &plan->settings, ret);
    for (size_t i = 0; i < plan->node_settings.count; i++) {
        add_tunnels(arena, &plan->node_settings.items[i].settings, ret);
    }
}
