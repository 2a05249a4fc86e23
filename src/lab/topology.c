// SPDX-License-Identifier: GPL-2.0-or-later
// Who is connected with whom: each workload to its host, each host to the fabric, which is the outside world at once.
//
//   workload [eth0] --- [interface] host [uplink] --- [hN-M] fabric
//
// Addresses are /32 and /128, with a gateway that is the same everywhere; neighbours are fixed on both ends, so that
// nothing depends on ARP or neighbour discovery. Several workloads on one interface are the ports of a bridge.
#include "internal.h"

#include <net/if.h>

static const struct ip_addr gateways[] = {
    {IP_V4, {169, 254, 1, 1}},
    {IP_V6, {0xfe, 0x80, [15] = 1}},
};

// Of link-local and unique local addresses, so that no input has them.
const struct ip_addr control_addresses[2] = {
    {IP_V4, {169, 254, 112, 108}},
    {IP_V6, {0xfd, 0x70, 0x6f, 0x6c, 0x63, 0x6c, 0x61, 0x62, [15] = 1}},
};

static const struct mac gateway_mac = {{0xee, 0xee, 0xee, 0xee, 0xee, 0xee}};

static struct mac mac_of(uint8_t kind, size_t number)
{
    return (struct mac){{0x02, kind, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                         (uint8_t)(number >> 8), (uint8_t)number}};
}

enum { MAC_STATION = 1, MAC_PORT, MAC_HOST, MAC_FABRIC };
enum { UPLINKS_MAX = 200 }; // routing tables 1 to 199

static bool done(struct world *world, const char *what, const char *name, int error)
{
    return error == 0 ||
           world_fail(world, arena_printf(world->arena, "cannot %s %s", what, name), -error);
}

// Both families go over one neighbour.
static bool add_default_routes(struct world *world, const char *device, struct mac mac,
                               uint8_t table)
{
    for (size_t i = 0; i < ARRAY_COUNT(gateways); i++) {
        if (!done(world, "add the gateway to", device,
                  rtnl_add_neighbour(device, gateways[i], mac)) ||
            !done(world, "add a route over", device,
                  rtnl_add_route(device, NULL, &gateways[i], table))) {
            return false;
        }
    }
    return true;
}

static bool add_addresses(struct world *world, const char *device, const struct ip_addr *addresses,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!done(world, "add an address to", device, rtnl_add_address(device, addresses[i]))) {
            return false;
        }
    }
    return true;
}

// From the fabric to what is behind a host.
static bool add_routes_back(struct world *world, const struct ip_addr *addresses, size_t count,
                            const char *device)
{
    for (size_t i = 0; i < count; i++) {
        const struct ip_addr *addr = &addresses[i];
        if (!done(world, "add a route over", device,
                  rtnl_add_route(device, addr, &gateways[addr->family == IP_V6], RTNL_MAIN))) {
            return false;
        }
    }
    return true;
}

// ---- hosts ----------------------------------------------------------------------------------------------------

static const char *fabric_device(struct world *world, size_t node, size_t uplink)
{
    return arena_printf(world->arena, "h%zu-%zu", node, uplink);
}

// What has a source address of this uplink leaves by it.
static bool add_way_out(struct world *world, const struct lab_uplink *uplink, struct mac mac,
                        size_t number)
{
    uint8_t table = number == 0 ? RTNL_MAIN : (uint8_t)number;
    if (!add_addresses(world, uplink->name, uplink->addresses, uplink->address_count) ||
        !add_default_routes(world, uplink->name, mac, table)) {
        return false;
    }
    for (size_t i = 0; i < uplink->address_count && number > 0; i++) {
        if (!done(world, "add a rule for", uplink->name,
                  rtnl_add_rule(uplink->addresses[i], table))) {
            return false;
        }
    }
    return true;
}

static bool connect_uplink(struct world *world, size_t node, size_t number)
{
    const struct lab_uplink *uplink = &world->lab->nodes[node].uplinks[number];
    const char *device = fabric_device(world, node, number);
    size_t cable = node * UPLINKS_MAX + number;
    struct mac own = mac_of(MAC_HOST, cable), other = mac_of(MAC_FABRIC, cable);
    if (!namespace_enter(world, world->nodes[node]) ||
        !done(world, "make the interface", uplink->name,
              rtnl_add_veth(uplink->name, own, device, other, world->fabric)) ||
        !done(world, "set up", uplink->name, rtnl_set_up(uplink->name, NULL)) ||
        !add_way_out(world, uplink, other, number) || !namespace_enter(world, world->fabric) ||
        !done(world, "set up", device, rtnl_set_up(device, NULL))) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_COUNT(gateways); i++) {
        if (!done(world, "add a neighbour to", device,
                  rtnl_add_neighbour(device, gateways[i], own))) {
            return false;
        }
    }
    return add_routes_back(world, uplink->addresses, uplink->address_count, device);
}

static bool make_node(struct world *world, size_t node)
{
    const struct lab_node *item = &world->lab->nodes[node];
    world->nodes[node] = namespace_new(world);
    if (world->nodes[node] < 0) {
        return false;
    }
    for (size_t i = 0; i < item->uplink_count; i++) {
        if (!connect_uplink(world, node, i)) {
            return false;
        }
    }
    return true;
}

// ---- workloads ------------------------------------------------------------------------------------------------

static bool shares_interface(const struct lab *lab, const struct lab_station *station)
{
    for (size_t i = 0; i < lab->station_count; i++) {
        const struct lab_station *other = &lab->stations[i];
        if (other != station && other->place == LAB_WORKLOAD && other->node == station->node &&
            other->interface != NULL && strcmp(other->interface, station->interface) == 0) {
            return true;
        }
    }
    return false;
}

// The names of a workload's cable at its host: the end of the cable, and the interface that packets come from.
struct cable {
    const char *end, *interface;
    bool bridged;
};

static struct cable cable_of(struct world *world, size_t number)
{
    const struct lab_station *station = &world->lab->stations[number];
    const char *made = arena_printf(world->arena, "lab%zu", number);
    if (station->interface == NULL) {
        return (struct cable){made, made, false};
    }
    if (station->port == NULL && !shares_interface(world->lab, station)) {
        return (struct cable){station->interface, station->interface, false};
    }
    return (struct cable){station->port != NULL ? station->port : made, station->interface, true};
}

static bool make_bridge(struct world *world, const char *name)
{
    return if_nametoindex(name) != 0 ||
           (done(world, "make the bridge", name, rtnl_add_bridge(name, gateway_mac)) &&
            done(world, "set up", name, rtnl_set_up(name, NULL)));
}

static bool connect_workload(struct world *world, size_t number, const struct cable *cable,
                             struct mac mac)
{
    const struct lab_station *station = &world->lab->stations[number];
    struct mac own = cable->bridged ? mac_of(MAC_PORT, number) : gateway_mac;
    if (!namespace_enter(world, world->nodes[station->node]) ||
        (cable->bridged && !make_bridge(world, cable->interface)) ||
        !done(world, "make the interface", cable->end,
              rtnl_add_veth(cable->end, own, "eth0", mac, world->stations[number])) ||
        !done(world, "set up", cable->end,
              rtnl_set_up(cable->end, cable->bridged ? cable->interface : NULL))) {
        return false;
    }
    for (size_t i = 0; i < station->address_count; i++) {
        const struct ip_addr *addr = &station->addresses[i];
        if (!done(world, "add a route over", cable->interface,
                  rtnl_add_route(cable->interface, addr, NULL, RTNL_MAIN)) ||
            !done(world, "add a neighbour to", cable->interface,
                  rtnl_add_neighbour(cable->interface, *addr, mac))) {
            return false;
        }
    }
    return true;
}

static bool make_workload(struct world *world, size_t number)
{
    const struct lab_station *station = &world->lab->stations[number];
    struct cable cable = cable_of(world, number);
    struct mac mac = mac_of(MAC_STATION, number);
    world->stations[number] = namespace_new(world);
    if (world->stations[number] < 0 || !connect_workload(world, number, &cable, mac) ||
        !namespace_enter(world, world->stations[number]) ||
        !done(world, "set up", "eth0", rtnl_set_up("eth0", NULL)) ||
        !add_addresses(world, "eth0", station->addresses, station->address_count) ||
        !add_default_routes(world, "eth0", gateway_mac, RTNL_MAIN)) {
        return false;
    }
    return namespace_enter(world, world->fabric) &&
           add_routes_back(world, station->addresses, station->address_count,
                           fabric_device(world, station->node, 0));
}

static bool make_station(struct world *world, size_t number)
{
    const struct lab_station *station = &world->lab->stations[number];
    switch ((enum lab_place)station->place) {
    case LAB_WORKLOAD:
        return make_workload(world, number);
    case LAB_OUTSIDE:
        return namespace_enter(world, world->fabric) &&
               add_addresses(world, "lo", station->addresses, station->address_count);
    case LAB_HOST:
        break;
    }
    return true;
}

bool topology_build(struct world *world)
{
    const struct lab *lab = world->lab;
    world->fabric = namespace_new(world);
    if (world->fabric < 0 ||
        !add_addresses(world, "lo", control_addresses, ARRAY_COUNT(control_addresses))) {
        return false;
    }
    for (size_t i = 0; i < lab->node_count; i++) {
        if (!make_node(world, i)) {
            return false;
        }
    }
    for (size_t i = 0; i < lab->station_count; i++) {
        if (!make_station(world, i)) {
            return false;
        }
    }
    return true;
}
