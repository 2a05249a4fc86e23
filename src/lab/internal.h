// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of the lab share.
#pragma once

#include <polc/lab.h>

#include <netinet/in.h>
#include <sys/socket.h>

// ---- world.c: namespaces ----------------------------------------------------------------------------------------

struct mac {
    uint8_t bytes[6];
};

// The namespaces of a lab, as file descriptors of the child; a station of the outside world is in `fabric`.
struct world {
    struct arena *arena;
    const struct lab *lab;
    int fabric;    // between the hosts
    int *nodes;    // of each host
    int *stations; // of each workload; else -1
    const char *error;
};

// Notes what went wrong, once; returns false.
bool world_fail(struct world *world, const char *what, int error);
// The first namespace of the child. False with errno when none is to be had.
bool namespace_begin(void);
// A new namespace that forwards; -1 after world_fail. The child is in it afterwards.
int namespace_new(struct world *world);
bool namespace_enter(struct world *world, int fd);
bool lab_has_family(uint8_t family); // of this kernel
int station_namespace(const struct world *world, uint32_t station);

// Somebody on the fabric whom the control packets go to, with an address of each family; no station of the caller's.
#define CONTROL_STATION UINT32_MAX
extern const struct ip_addr control_addresses[2];

// ---- topology.c: links, addresses, routes -----------------------------------------------------------------------

bool topology_build(struct world *world);

// ---- rtnl.c: requests to the kernel, in the namespace that the child is in. 0 or a negative errno. ---------------------

int rtnl_add_veth(const char *name, struct mac mac, const char *peer, struct mac peer_mac,
                  int peer_namespace);
int rtnl_add_bridge(const char *name, struct mac mac);
int rtnl_set_up(const char *name, const char *master); // master NULL: none
int rtnl_add_address(const char *name, struct ip_addr addr);
int rtnl_add_neighbour(const char *name, struct ip_addr addr, struct mac mac);
enum { RTNL_MAIN = 254 }; // RT_TABLE_MAIN
// `gateway` NULL: on the link. `to` NULL: the default route of the gateway's family.
int rtnl_add_route(const char *name, const struct ip_addr *to, const struct ip_addr *gateway,
                   uint8_t table);
int rtnl_add_rule(struct ip_addr from,
                  uint8_t table);  // what has this source leaves by that table's default route
int rtnl_forget_connections(void); // every entry of connection tracking

// ---- traffic.c ------------------------------------------------------------------------------------------------

// Before any ruleset is loaded: one packet over each cable in each direction, for each address, tried until it arrives. A
// link is not ready when the kernel says that it is up, and what gets lost then must not be taken for denied.
bool traffic_control(struct world *world);
bool traffic_run(struct world *world);

// ---- packet.c: packets of protocols without a socket type of their own ------------------------------------------------

enum { PACKET_MAX = 64 };

// The payload of an IP packet that carries `token`; returns its size.
size_t packet_make(const struct lab_probe *probe, uint32_t token, uint8_t *ret);
// The token of a payload that packet_make made for this protocol; false for anything else.
bool packet_token(uint8_t protocol, const uint8_t *data, size_t size, uint32_t *ret);

// ---- address.c ------------------------------------------------------------------------------------------------

socklen_t socket_address(struct ip_addr addr, uint16_t port, struct sockaddr_storage *ret);
