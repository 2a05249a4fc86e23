// SPDX-License-Identifier: GPL-2.0-or-later
// Random flows from the targets of a plan, each with the way that it takes through the scene.
#include "probe.h"

#include "scene.h"

struct maker {
    struct arena *arena;
    const struct plan *plan;
    struct rng *rng;
    struct targets targets;
};

static struct ip_addr pick_address(struct maker *maker, uint8_t family)
{
    for (;;) { // both families are among the usual ones
        struct ip_addr addr =
            maker->targets.addresses
                .items[rng_below(maker->rng, (uint32_t)maker->targets.addresses.count)];
        if (addr.family == family) {
            return addr;
        }
    }
}

static const struct plan_endpoint *pick_endpoint(struct maker *maker)
{
    size_t count = maker->plan->endpoints.count;
    return count == 0 ? NULL
                      : &maker->plan->endpoints.items[rng_below(maker->rng, (uint32_t)count)];
}

// An address of the endpoint in this family; false when it has none.
static bool pick_own(struct maker *maker, const struct plan_endpoint *endpoint, uint8_t family,
                     struct ip_addr *ret)
{
    for (int tries = 0; endpoint != NULL && endpoint->address_count > 0 && tries < 8; tries++) {
        size_t number = rng_below(maker->rng, (uint32_t)endpoint->address_count);
        if (endpoint->addresses[number].family == family) {
            *ret = endpoint->addresses[number];
            return true;
        }
    }
    return false;
}

static bool pick_host(struct maker *maker, uint8_t family, struct ip_addr *ret)
{
    const char *interface;
    for (int tries = 0; tries < 8; tries++) {
        if (scene_host_address(rng_below(maker->rng, SCENE_HOST_ADDRESSES), ret, &interface) &&
            ret->family == family) {
            return true;
        }
    }
    return false;
}

// As the hooks see an interface: of a bridge port the bridge.
static const char *seen_as(const struct maker *maker, const char *name)
{
    for (size_t i = 0; i < maker->plan->interfaces.count; i++) {
        const struct plan_interface *interface = &maker->plan->interfaces.items[i];
        if (strcmp(interface->name, name) == 0 && interface->master != NULL) {
            return interface->master;
        }
    }
    return name;
}

// The interface of the host towards an address; "" when it is the host's own.
static const char *route(const struct maker *maker, struct ip_addr addr)
{
    int slot = scene_slot_of(addr);
    if (scene_is_host(addr)) {
        return "";
    }
    return slot >= 0 ? seen_as(maker, scene_slots[slot].interface)
                     : scene_outside[scene_outside_of(addr)];
}

// Any interface.
static const char *pick_interface(const struct maker *maker)
{
    uint32_t number = rng_below(maker->rng, SCENE_SLOTS + SCENE_OUTSIDE);
    return number < SCENE_SLOTS ? seen_as(maker, scene_slots[number].interface)
                                : scene_outside[number - SCENE_SLOTS];
}

static void choose_source(struct maker *maker, struct probe *probe, uint8_t family)
{
    const struct plan_endpoint *endpoint = pick_endpoint(maker);
    struct ip_addr *addr = &probe->flow.source;
    uint32_t choice = rng_below(maker->rng, 100);
    if (choice < 55 && pick_own(maker, endpoint, family, addr)) {
        probe->in_interface =
            endpoint->interface != NULL ? endpoint->interface : route(maker, *addr);
    } else if (choice < 65 && pick_host(maker, family, addr)) {
        probe->in_interface = "";
    } else {
        *addr = pick_address(maker, family);
        probe->in_interface = route(maker, *addr);
        if (choice >= 85) { // by an interface that it does not belong to
            probe->in_interface = pick_interface(maker);
        }
    }
}

static void choose_destination(struct maker *maker, struct probe *probe, uint8_t family)
{
    struct ip_addr *addr = &probe->flow.destination;
    uint32_t choice = rng_below(maker->rng, 100);
    bool chosen = choice < 55 ? pick_own(maker, pick_endpoint(maker), family, addr)
                              : choice < 70 && pick_host(maker, family, addr);
    if (!chosen) {
        *addr = pick_address(maker, family);
    }
    probe->out_interface = route(maker, *addr);
}

static uint16_t pick_port(struct maker *maker)
{
    return maker->targets.ports.items[rng_below(maker->rng, (uint32_t)maker->targets.ports.count)];
}

static void choose_service(struct maker *maker, struct flow *flow)
{
    const struct targets *targets = &maker->targets;
    flow->protocol =
        targets->protocols.items[rng_below(maker->rng, (uint32_t)targets->protocols.count)];
    if (flow->protocol == PROTO_ICMP && flow->source.family == IP_V6 &&
        rng_chance(maker->rng, 90)) {
        flow->protocol = PROTO_ICMPV6;
    }
    flow->icmp_type = flow->icmp_code = -1;
    bool icmp = flow->protocol == (flow->source.family == IP_V4 ? PROTO_ICMP : PROTO_ICMPV6);
    if (icmp) {
        flow->icmp_type =
            targets->icmp_types.items[rng_below(maker->rng, (uint32_t)targets->icmp_types.count)];
        flow->icmp_code = (int16_t)rng_below(maker->rng, 3);
    } else if (proto_has_ports(flow->protocol) || flow->protocol == PROTO_UDPLITE) {
        flow->source_port = rng_chance(maker->rng, 50)
                                ? (uint16_t)rng_between(maker->rng, 1024, 65535)
                                : pick_port(maker);
        flow->destination_port = pick_port(maker);
    }
}

// What guests need of their host, and what looks like it: DHCP, neighbour discovery, MLD.
static void make_special(struct maker *maker, struct probe *probe)
{
    static const struct flow flows[] = {
        {.source = {IP_V4, {0}},
         .destination = {IP_V4, {255, 255, 255, 255}},
         .protocol = PROTO_UDP,
         .source_port = 68,
         .destination_port = 67,
         .icmp_type = -1,
         .icmp_code = -1},
        {.source = {IP_V4, {0}},
         .destination = {IP_V4, {192, 0, 2, 1}},
         .protocol = PROTO_UDP,
         .source_port = 68,
         .destination_port = 67,
         .icmp_type = -1,
         .icmp_code = -1},
        {.source = {IP_V6, {0xfe, 0x80, [15] = 9}},
         .destination = {IP_V6, {0xff, 2, [13] = 1, 0, 2}},
         .protocol = PROTO_UDP,
         .source_port = 546,
         .destination_port = 547,
         .icmp_type = -1,
         .icmp_code = -1},
        {.source = {IP_V6, {0xfe, 0x80, [15] = 9}},
         .destination = {IP_V6, {0xff, 2, [15] = 2}},
         .protocol = PROTO_ICMPV6,
         .source_port = 0,
         .destination_port = 0,
         .icmp_type = 133,
         .icmp_code = 0},
        {.source = {IP_V6, {0}},
         .destination = {IP_V6, {0xff, 2, [15] = 0x16}},
         .protocol = PROTO_ICMPV6,
         .source_port = 0,
         .destination_port = 0,
         .icmp_type = 143,
         .icmp_code = 0},
        {.source = {IP_V6, {0xfe, 0x80, [15] = 9}},
         .destination = {IP_V6, {0xfe, 0x80, [15] = 1}},
         .protocol = PROTO_ICMPV6,
         .source_port = 0,
         .destination_port = 0,
         .icmp_type = 128,
         .icmp_code = 0},
    };
    probe->flow = rng_pick(maker->rng, flows);
    probe->in_interface = pick_interface(maker);
    probe->out_interface = "";
    if (rng_chance(maker->rng, 20)) { // almost
        probe->flow.source_port ^= 1;
        probe->flow.icmp_type ^= 8;
    }
    if (probe->flow.protocol == PROTO_UDP) {
        probe->flow.icmp_type = -1;
    }
    if (rng_chance(maker->rng, 30)) {
        pick_own(maker, pick_endpoint(maker), probe->flow.source.family, &probe->flow.source);
    }
}

static bool is_possible(const struct probe *probe)
{
    bool own_source = scene_is_host(probe->flow.source);
    return own_source == (probe->in_interface[0] == '\0') &&
           (probe->in_interface[0] != '\0' || probe->out_interface[0] != '\0') &&
           ip_addr_compare(probe->flow.source, probe->flow.destination) != 0;
}

void probes_make(struct arena *arena, const struct plan *plan, struct rng *rng, size_t count,
                 struct probes *ret)
{
    struct maker maker = {.arena = arena, .plan = plan, .rng = rng};
    targets_find(arena, plan, &maker.targets);
    *ret = (struct probes){0};
    while (ret->count < count) {
        struct probe probe = {0};
        uint8_t family = rng_chance(rng, 60) ? IP_V4 : IP_V6;
        if (rng_chance(rng, 4)) {
            make_special(&maker, &probe);
        } else {
            choose_source(&maker, &probe, family);
            choose_destination(&maker, &probe, family);
            choose_service(&maker, &probe.flow);
        }
        probe.flow.in_interface = probe.in_interface[0] != '\0' ? probe.in_interface : NULL;
        probe.flow.out_interface = probe.out_interface[0] != '\0' ? probe.out_interface : NULL;
        if (is_possible(&probe)) {
            vec_push(arena, ret, probe);
        }
    }
}

const char *probe_text(struct arena *arena, const struct probe *probe)
{
    char from[IP_TEXT_MAX], to[IP_TEXT_MAX];
    const struct flow *flow = &probe->flow;
    const char *service =
        flow->icmp_type >= 0
            ? arena_printf(arena, "type %d code %d", flow->icmp_type, flow->icmp_code)
            : arena_printf(arena, "ports %u -> %u", flow->source_port, flow->destination_port);
    return arena_printf(arena, "%s %s -> %s %s protocol %u %s",
                        probe->in_interface[0] != '\0' ? probe->in_interface : "host",
                        ip_addr_text(flow->source, from),
                        probe->out_interface[0] != '\0' ? probe->out_interface : "host",
                        ip_addr_text(flow->destination, to), flow->protocol, service);
}
