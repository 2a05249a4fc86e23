// SPDX-License-Identifier: GPL-2.0-or-later
// The one network that all cases live in, so that packets can be sent for any of them: a host, workloads behind
// interfaces of their own, and two networks outside.
//
//   slot N     interface scene_slots[N].interface of the host; everything in 10.65.0.8N/29 and fd65::8N/125 is behind it
//   eth0       the host has 192.0.2.1 and 2001:db8:1::1; behind it 192.0.2.0/24, 172.16.0.0/24, 2001:db8:1::/64, fd99::/64
//   eth1       the host has 198.51.100.1 and 2001:db8:2::1; behind it 198.51.100.0/24, 10.66.0.0/24, 2001:db8:2::/64, fd66::/64
//   lo         the host has 10.99.0.1 and fd99:1::1 too
#pragma once

#include <polc/net.h>

#define SCENE_NODE  "one"
#define SCENE_OTHER "two" // its endpoints have addresses in 10.66.0.0/24 and fd66::/64

enum scene_use {
    SCENE_WORKLOAD, // endpoints name the interface
    SCENE_POD,      // the interface is named after one pod
    SCENE_PLAIN,    // endpoints do not name it
    SCENE_UNKNOWN,  // no endpoint, but the name begins with the prefix of workload interfaces
};

struct scene_slot {
    const char *interface;
    enum scene_use use;
};

#define SCENE_BRIDGE "br3"
enum { SCENE_PORT = 3, SCENE_PORTS = 2 };

enum { SCENE_SLOTS = 8, SCENE_SLOT_ADDRESSES = 8, SCENE_OUTSIDE = 2, SCENE_HOST_ADDRESSES = 6 };

extern const struct scene_slot scene_slots[SCENE_SLOTS];
extern const char *const scene_outside[SCENE_OUTSIDE]; // interfaces
// Prefixes behind the two, each list ends with NULL; the first one is also for everything that is nowhere else.
extern const char *const scene_behind_first[], *const scene_behind_second[];

// Address `number` (0..7) of a slot. An endpoint has some of 1..6; 0 and 7 belong to nobody.
struct ip_addr scene_slot_address(size_t slot, uint8_t family, uint8_t number);

// The slot that an address is behind, or -1.
int scene_slot_of(struct ip_addr addr);
// The outside network that an address is routed to: 0 or 1; everything that is nowhere else is behind 0.
int scene_outside_of(struct ip_addr addr);
bool scene_is_host(struct ip_addr addr);

// Every address of the host: `index` from 0; false at the end.
bool scene_host_address(size_t index, struct ip_addr *ret, const char **ret_interface);
