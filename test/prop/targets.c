// SPDX-License-Identifier: GPL-2.0-or-later
// What a plan names, and its neighbours: the first and the last address of each prefix and those next to them, the ends
// of port ranges, protocols, ICMP types.
#include "probe.h"

#include "names.h"
#include "scene.h"

struct finder {
    struct arena *arena;
    struct targets *out;
};

static bool is_special(struct ip_addr addr)
{
    static const uint8_t zero[16];
    const uint8_t *bytes = addr.bytes;
    if (addr.family == IP_V4) { // no 0/8, loopback, multicast and beyond
        return bytes[0] == 0 || bytes[0] == 127 || bytes[0] >= 224;
    }
    bool low = memcmp(bytes, zero, 15) == 0;            // :: and ::1
    bool scoped = bytes[0] == 0xfe || bytes[0] == 0xff; // link-local, multicast
    bool mapped = memcmp(bytes, zero, 10) == 0 && bytes[10] == 0xff;
    return low || scoped || mapped;
}

static void add_address(struct finder *finder, struct ip_addr addr)
{
    if (!is_special(addr)) {
        vec_push(finder->arena, &finder->out->addresses, addr);
    }
}

// The next address, or the one before; wraps around.
static struct ip_addr step(struct ip_addr addr, bool up)
{
    size_t length = addr.family == IP_V4 ? 4 : 16;
    for (size_t i = length; i-- > 0;) {
        addr.bytes[i] = (uint8_t)(addr.bytes[i] + (up ? 1 : 255));
        if (addr.bytes[i] != (up ? 0 : 255)) {
            break;
        }
    }
    return addr;
}

static void add_cidr(struct finder *finder, const struct cidr *cidr)
{
    struct ip_addr last = cidr_last(*cidr);
    add_address(finder, cidr->addr);
    add_address(finder, last);
    add_address(finder, step(cidr->addr, false));
    add_address(finder, step(last, true));
}

static void add_cidrs(struct finder *finder, const struct cidrset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        add_cidr(finder, &set->items[i]);
    }
}

static void add_port(struct finder *finder, uint32_t port)
{
    if (port >= 1 && port <= UINT16_MAX) {
        vec_push(finder->arena, &finder->out->ports, (uint16_t)port);
    }
}

static void add_ports(struct finder *finder, const struct portset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        add_port(finder, set->items[i].min);
        add_port(finder, set->items[i].max);
        add_port(finder, set->items[i].min - 1u);
        add_port(finder, set->items[i].max + 1u);
    }
}

static void add_type(struct finder *finder, int type)
{
    if (type >= 0) {
        vec_push(finder->arena, &finder->out->icmp_types, (uint8_t)type);
    }
}

static void add_rules(struct finder *finder, const struct plan_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct plan_match *match = &rules->items[i].match;
        const struct plan_side *sides[] = {&match->source, &match->destination};
        for (size_t j = 0; j < ARRAY_COUNT(sides); j++) {
            add_cidrs(finder, &sides[j]->nets);
            add_cidrs(finder, &sides[j]->not_nets);
            add_ports(finder, &sides[j]->ports);
            add_ports(finder, &sides[j]->not_ports);
        }
        if (match->protocol != 0) {
            vec_push(finder->arena, &finder->out->protocols, match->protocol);
        }
        if (match->not_protocol != 0) {
            vec_push(finder->arena, &finder->out->protocols, match->not_protocol);
        }
        add_type(finder, match->icmp_type);
        add_type(finder, match->not_icmp_type);
    }
}

static void add_policies(struct finder *finder, const struct plan_policy *policies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            add_rules(finder, &policies[i].rules[direction]);
        }
    }
}

static void add_ipset(struct finder *finder, const struct plan_ipset *set)
{
    add_cidrs(finder, &set->members);
    for (size_t i = 0; i < set->port_count; i++) {
        add_address(finder, set->ports[i].addr);
        add_port(finder, set->ports[i].port);
        add_port(finder, set->ports[i].port + 1u);
    }
}

static void add_settings(struct finder *finder, const struct plan_settings *settings)
{
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        const struct plan_failsafes *list = &settings->failsafes[direction];
        for (size_t i = 0; i < list->count; i++) {
            add_port(finder, list->items[i].port);
            if (list->items[i].has_net) {
                add_cidr(finder, &list->items[i].net);
            }
        }
    }
    add_port(finder, settings->vxlan_port);
}

// What every case is asked, whatever it names.
static void add_usual(struct finder *finder)
{
    static const char *const addresses[] = {"203.0.113.5",    "192.0.2.77",     "198.51.100.77",
                                            "10.66.0.200",    "172.16.0.9",     "2001:db8:1::77",
                                            "2001:db8:2::77", "2001:db8:3::77", "fd66::200"};
    static const uint8_t protocols[] = {
        PROTO_TCP,  PROTO_TCP,  PROTO_TCP,  PROTO_TCP,     PROTO_UDP, PROTO_UDP, PROTO_UDP,
        PROTO_ICMP, PROTO_ICMP, PROTO_SCTP, PROTO_UDPLITE, 4,         47};
    static const uint8_t types[] = {0, 3, 8, 128, 129, 130, 133, 136, 137, 143};
    static const uint16_t ports[] = {22, 53, 67, 68, 80, 546, 547, 1024, 40000};
    for (size_t i = 0; i < ARRAY_COUNT(addresses); i++) {
        struct ip_addr addr;
        if (ip_addr_parse(addresses[i], strlen(addresses[i]), &addr) == ADDR_OK) {
            add_address(finder, addr);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
        vec_push(finder->arena, &finder->out->protocols, protocols[i]);
    }
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        add_type(finder, types[i]);
    }
    for (size_t i = 0; i < ARRAY_COUNT(ports); i++) {
        add_port(finder, ports[i]);
    }
    struct ip_addr named;
    for (size_t i = 0; names_address(i, &named); i++) {
        add_address(finder, named);
    }
    for (size_t slot = 0; slot < SCENE_SLOTS; slot++) {
        add_address(finder, scene_slot_address(slot, IP_V4, 7));
        add_address(finder, scene_slot_address(slot, IP_V6, 7));
    }
}

void targets_find(struct arena *arena, const struct plan *plan, struct targets *ret)
{
    struct finder finder = {arena, ret};
    *ret = (struct targets){0};
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[i];
        for (size_t j = 0; j < endpoint->address_count; j++) {
            add_address(&finder, endpoint->addresses[j]);
            add_address(&finder, step(endpoint->addresses[j], true));
        }
        add_cidrs(&finder, &endpoint->spoofable);
    }
    for (size_t i = 0; i < plan->ipsets.count; i++) {
        add_ipset(&finder, &plan->ipsets.items[i]);
    }
    add_policies(&finder, plan->policies.items, plan->policies.count);
    add_policies(&finder, plan->profiles.items, plan->profiles.count);
    add_settings(&finder, &plan->settings);
    add_usual(&finder);
}
