// SPDX-License-Identifier: GPL-2.0-or-later
// Which ports, protocols and ICMP types the rules and cases tell apart. The ports of a protocol fall into intervals at
// whose ends something begins or stops to match; one port of each interval speaks for all of it, and one port that
// nothing names for all such ports.
#include "internal.h"

enum {
    UNNAMED_PORT = 50000,        // preferred, for a person to see
    UNNAMED_SOURCE_PORT = 40000, // the same
    UNNAMED_PROTOCOL = 253,      // for experiments, RFC 3692
    LAST_PORT = 65535,
    IPIP = 4,
};

struct ranges {
    VEC_FIELDS(struct port_range);
};

struct icmp_pair {
    int16_t type, code;
};

static const uint8_t with_ports[] = {PROTO_TCP, PROTO_UDP, PROTO_SCTP};
_Static_assert(ARRAY_COUNT(with_ports) == ARRAY_COUNT(((struct services *)0)->sources),
               "source ports of each");

struct collector {
    struct arena *arena;
    const struct plan *plan;
    bool protocols[256];                              // named
    bool *seen[2];                                    // sets of named ports, each once a side
    struct ranges ranges[2][ARRAY_COUNT(with_ports)]; // of source ports, of destination ports
    struct {
        VEC_FIELDS(struct icmp_pair);
    } icmp[2]; // ICMP, ICMPv6
};

enum { SOURCE, DESTINATION };

// ---- what is named --------------------------------------------------------------------------------------------

static void add_range(struct collector *collector, int side, uint8_t protocol,
                      struct port_range range)
{
    for (size_t i = 0; i < ARRAY_COUNT(with_ports); i++) {
        if (with_ports[i] == protocol) {
            collector->protocols[protocol] = true;
            vec_push(collector->arena, &collector->ranges[side][i], range);
        }
    }
}

static void add_ports(struct collector *collector, int side, uint8_t protocol,
                      const struct portset *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        add_range(collector, side, protocol, ports->items[i]);
    }
}

static void add_named_ports(struct collector *collector, int side, int32_t ipset)
{
    if (ipset < 0 || collector->seen[side][ipset]) {
        return;
    }
    collector->seen[side][ipset] = true;
    const struct plan_ipset *set = &collector->plan->ipsets.items[ipset];
    for (size_t i = 0; i < set->port_count; i++) {
        add_range(collector, side, set->ports[i].protocol,
                  (struct port_range){set->ports[i].port, set->ports[i].port});
    }
}

static void add_side(struct collector *collector, int side, uint8_t protocol,
                     const struct plan_side *from)
{
    add_ports(collector, side, protocol, &from->ports);
    add_ports(collector, side, protocol, &from->not_ports);
    add_named_ports(collector, side, from->named_ports);
    add_named_ports(collector, side, from->not_named_ports);
}

static void add_icmp(struct collector *collector, uint8_t protocol, int16_t type, int16_t code)
{
    if (type >= 0 && (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6)) {
        vec_push(collector->arena, &collector->icmp[protocol == PROTO_ICMPV6],
                 (struct icmp_pair){type, code});
    }
}

static void add_match(struct collector *collector, const struct plan_match *match)
{
    collector->protocols[match->protocol] = true;
    collector->protocols[match->not_protocol] = true;
    add_side(collector, SOURCE, match->protocol, &match->source);
    add_side(collector, DESTINATION, match->protocol, &match->destination);
    add_icmp(collector, match->protocol, match->icmp_type, match->icmp_code);
    add_icmp(collector, match->protocol, match->not_icmp_type, match->not_icmp_code);
}

static void add_policies(struct collector *collector, const struct plan_policy *policies,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS && !policies[i].staged; direction++) {
            const struct plan_rules *rules = &policies[i].rules[direction];
            for (size_t j = 0; j < rules->count; j++) {
                add_match(collector, &rules->items[j].match);
            }
        }
    }
}

static void add_settings(struct collector *collector, const struct plan_settings *settings)
{
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        const struct plan_failsafes *failsafes = &settings->failsafes[direction];
        for (size_t i = 0; i < failsafes->count && collector->plan->hosts.count > 0; i++) {
            uint16_t port = failsafes->items[i].port;
            add_range(collector, DESTINATION, failsafes->items[i].protocol,
                      (struct port_range){port, port});
        }
    }
    if (settings->drop_vxlan) {
        add_range(collector, DESTINATION, PROTO_UDP,
                  (struct port_range){settings->vxlan_port, settings->vxlan_port});
    }
    collector->protocols[IPIP] |= settings->drop_ipip;
}

static void add_case(struct collector *collector, const struct expect_case *item)
{
    collector->protocols[item->protocol] = true;
    add_icmp(collector, item->protocol, item->icmp.type, item->icmp.code);
    for (size_t i = 0; i < item->ports.count; i++) {
        const struct res_port *port = &item->ports.items[i];
        if (port->name == NULL) {
            add_range(collector, DESTINATION, item->protocol,
                      (struct port_range){port->min, port->max});
        }
    }
}

static void add_party(struct collector *collector, const struct expect_party *party)
{
    for (size_t i = 0; party->ports != NULL && i < party->ports->count; i++) {
        const struct res_endpoint_port *port = &party->ports->items[i];
        add_range(collector, DESTINATION, port->protocol,
                  (struct port_range){port->port, port->port});
    }
}

// ---- one for each ---------------------------------------------------------------------------------------------

static int compare_ranges(const void *a, const void *b)
{
    const struct port_range *left = a;
    const struct port_range *right = b;
    return left->min != right->min ? left->min - right->min : left->max - right->max;
}

// A port by its name is in the set once for each endpoint.
static void drop_duplicates(struct ranges *ranges)
{
    size_t unique = 0;
    vec_sort(ranges, compare_ranges);
    for (size_t i = 0; i < ranges->count; i++) {
        if (unique == 0 || compare_ranges(&ranges->items[unique - 1], &ranges->items[i]) != 0) {
            ranges->items[unique++] = ranges->items[i];
        }
    }
    ranges->count = unique;
}

static bool is_in(const struct ranges *ranges, uint32_t port)
{
    for (size_t i = 0; i < ranges->count; i++) {
        if (port >= ranges->items[i].min && port <= ranges->items[i].max) {
            return true;
        }
    }
    return false;
}

struct numbers {
    VEC_FIELDS(uint32_t);
};

// The intervals that something names, ascending.
static struct ranges named_ports(struct arena *arena, const struct ranges *ranges)
{
    struct numbers cuts = {0};
    struct ranges ports = {0};
    for (size_t i = 0; i < ranges->count; i++) {
        vec_push(arena, &cuts, ranges->items[i].min);
        vec_push(arena, &cuts, ranges->items[i].max + 1U);
    }
    vec_sort(&cuts, compare_u32);
    for (size_t i = 0; i < cuts.count; i++) {
        // The last cut stands behind the last range.
        bool last = i + 1 == cuts.count || cuts.items[i] == cuts.items[i + 1];
        if (!last && is_in(ranges, cuts.items[i])) {
            vec_push(
                arena, &ports,
                (struct port_range){(uint16_t)cuts.items[i], (uint16_t)(cuts.items[i + 1] - 1)});
        }
    }
    return ports;
}

// A port that nothing names, at or after the preferred one; 0 when all are named.
static uint16_t unnamed_port(const struct ranges *ranges, uint32_t preferred)
{
    for (uint32_t i = 0; i < LAST_PORT; i++) {
        uint32_t port = (preferred - 1 + i) % LAST_PORT + 1;
        if (!is_in(ranges, port)) {
            return (uint16_t)port;
        }
    }
    return 0;
}

static void add_service(struct collector *collector, struct services *ret, struct service service)
{
    vec_push(collector->arena, ret, service);
}

static void add_port_services(struct collector *collector, size_t index, struct services *ret)
{
    uint8_t protocol = with_ports[index];
    const struct ranges *ranges = &collector->ranges[DESTINATION][index];
    struct ranges ports = named_ports(collector->arena, ranges);
    for (size_t i = 0; i < ports.count; i++) {
        add_service(
            collector, ret,
            (struct service){protocol, 0, ports.items[i].min, ports.items[i].max, -1, -1, false});
    }
    uint16_t unnamed = unnamed_port(ranges, UNNAMED_PORT);
    if (unnamed != 0) {
        add_service(collector, ret, (struct service){protocol, 0, unnamed, unnamed, -1, -1, true});
    }
}

static void add_source_ports(struct collector *collector, size_t index, struct services *ret)
{
    const struct ranges *ranges = &collector->ranges[SOURCE][index];
    struct ranges ports = named_ports(collector->arena, ranges);
    uint16_t unnamed = unnamed_port(ranges, UNNAMED_SOURCE_PORT);
    ret->sources[index].protocol = with_ports[index];
    if (unnamed != 0) {
        vec_push(collector->arena, &ret->sources[index].ports, unnamed);
    }
    for (size_t i = 0; i < ports.count; i++) {
        vec_push(collector->arena, &ret->sources[index].ports, ports.items[i].min);
    }
}

static bool has_icmp(const struct services *services, uint8_t protocol, int16_t type, int16_t code)
{
    for (size_t i = 0; i < services->count; i++) {
        const struct service *service = &services->items[i];
        if (service->protocol == protocol && service->icmp_type == type &&
            (code < 0 || service->icmp_code == code)) {
            return true;
        }
    }
    return false;
}

static void add_icmp_service(struct collector *collector, struct services *ret, bool v6,
                             struct icmp_pair pair, bool unnamed)
{
    uint8_t protocol = v6 ? PROTO_ICMPV6 : PROTO_ICMP;
    if (!has_icmp(ret, protocol, pair.type, pair.code)) {
        add_service(
            collector, ret,
            (struct service){protocol, v6 ? IP_V6 : IP_V4, 0, 0, pair.type, pair.code, unnamed});
    }
}

// Echo requests, what is named, another code of each named pair, and a type that is not named. Of those only such as open
// a connection of their own: an error message belongs to another one.
static void add_icmp_services(struct collector *collector, bool v6, struct services *ret)
{
    static const int16_t others[2][3] = {{13, 15, 17}, {139, 139, 139}};
    static const int16_t echo[2] = {8, 128};
    add_icmp_service(collector, ret, v6, (struct icmp_pair){echo[v6], 0}, false);
    for (size_t i = 0; i < collector->icmp[v6].count; i++) {
        struct icmp_pair pair = collector->icmp[v6].items[i];
        add_icmp_service(collector, ret, v6,
                         (struct icmp_pair){pair.type, pair.code < 0 ? 0 : pair.code}, false);
        if (pair.code >= 0) {
            int16_t code = 0;
            while (code < 255 && has_icmp(ret, v6 ? PROTO_ICMPV6 : PROTO_ICMP, pair.type, code)) {
                code++;
            }
            add_icmp_service(collector, ret, v6, (struct icmp_pair){pair.type, code}, true);
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(others[v6]); i++) {
        if (!has_icmp(ret, v6 ? PROTO_ICMPV6 : PROTO_ICMP, others[v6][i], -1)) {
            add_icmp_service(collector, ret, v6, (struct icmp_pair){others[v6][i], 0}, true);
            break;
        }
    }
}

// Protocols that have neither ports nor types.
static void add_other_services(struct collector *collector, struct services *ret)
{
    unsigned unnamed = UNNAMED_PROTOCOL;
    while (unnamed > 0 && collector->protocols[unnamed]) {
        unnamed--;
    }
    for (unsigned i = 1; i < ARRAY_COUNT(collector->protocols); i++) {
        bool apart = proto_has_ports(i) || i == PROTO_ICMP || i == PROTO_ICMPV6;
        if (!apart && (collector->protocols[i] || i == unnamed)) {
            add_service(collector, ret,
                        (struct service){(uint8_t)i, 0, 0, 0, -1, -1, i == unnamed});
        }
    }
}

void services_collect(struct arena *arena, const struct plan *plan,
                      const struct expect_suite *suite, struct services *ret)
{
    struct collector *collector = arena_new_of(arena, struct collector);
    *collector = (struct collector){.arena = arena, .plan = plan};
    collector->seen[SOURCE] = arena_array_of(arena, bool, plan->ipsets.count);
    collector->seen[DESTINATION] = arena_array_of(arena, bool, plan->ipsets.count);
    add_policies(collector, plan->policies.items, plan->policies.count);
    add_policies(collector, plan->profiles.items, plan->profiles.count);
    add_settings(collector, &collector->plan->settings);
    for (size_t i = 0; i < collector->plan->node_settings.count; i++) {
        add_settings(collector, &collector->plan->node_settings.items[i].settings);
    }
    for (size_t i = 0; i < suite->cases.count; i++) {
        add_case(collector, &suite->cases.items[i]);
    }
    for (size_t i = 0; i < suite->parties.count; i++) {
        add_party(collector, &suite->parties.items[i]);
    }
    *ret = (struct services){0};
    for (size_t i = 0; i < ARRAY_COUNT(with_ports); i++) {
        drop_duplicates(&collector->ranges[SOURCE][i]);
        drop_duplicates(&collector->ranges[DESTINATION][i]);
        if (with_ports[i] != PROTO_SCTP || collector->protocols[PROTO_SCTP]) {
            add_port_services(collector, i, ret);
        }
        add_source_ports(collector, i, ret);
    }
    add_icmp_services(collector, false, ret);
    add_icmp_services(collector, true, ret);
    add_other_services(collector, ret);
}
