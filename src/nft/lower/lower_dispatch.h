// SPDX-License-Identifier: GPL-2.0-or-later
// What the files share that make base chains and dispatch chains. Inside module nft only.
#pragma once

#include "lower.h"

// ---- lower_maps.c ---------------------------------------------------------------------------------------------

// One (endpoint, address) pair.
struct entry {
    const struct plan_endpoint *endpoint;
    struct ip_addr addr;
    bool shared; // another endpoint on another interface has the address too
};

struct entries {
    VEC_FIELDS(struct entry);
};

// MAP_OWN and MAP_OWN_ADDRESS accept an endpoint's own source address without asking its policies.
enum map_use {
    MAP_FROM_INTERFACE,
    MAP_FROM_ADDRESS,
    MAP_TO_ADDRESS,
    MAP_TO_INTERFACE,
    MAP_OWN,
    MAP_OWN_ADDRESS
};

struct maps {
    const struct set *from[2], *from_address[2], *to[2], *to_interface[2]; // IPv4, IPv6
};

struct entries collect_entries(struct lower *lower);
struct maps make_maps(struct lower *lower, const struct entries *entries);
const struct set *make_map(struct lower *lower, const struct entries *entries, const char *name,
                           uint8_t family, enum map_use use);
const struct set *make_interfaces(struct lower *lower); // of workloads

// ---- lower_passes.c -------------------------------------------------------------------------------------------

struct stmt established(void);
// A verdict for what comes from a workload interface, or with KEY_OIFNAME goes to one: a known one, or one whose name starts
// with a prefix.
void of_workloads(struct lower *lower, struct chain *chain, enum rule_key key,
                  const struct set *interfaces, struct stmt verdict);
struct stmt interface_prefix(enum rule_key key, const char *prefix);
struct stmt byte_stmt(enum rule_key key, enum match_op op, uint8_t value, uint8_t end);
void accept_discovery(struct lower *lower, struct chain *chain);
void accept_dhcp(struct lower *lower, struct chain *chain, const struct entries *entries);
void accept_dhcp_of_workloads(struct lower *lower, struct chain *chain);
// Accepts what goes to a workload interface.
void accept_to_workloads(struct lower *lower, struct chain *chain);
