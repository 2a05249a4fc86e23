// SPDX-License-Identifier: GPL-2.0-or-later
// What reading the flow sets keeps, and its handlers of replies. Inside module nft only.
#pragma once

#include "decode.h"

struct flow_set {
    const char *name;
    uint8_t family; // of the addresses
    bool denied;
};

struct flow_reader {
    struct arena *arena;
    const char *table;
    struct netlink *netlink;
    struct nft_flow_table *ret;
    const struct flow_set *set; // the one at hand:
    bool fits;                  // it is such a set
    uint64_t timeout_ms;
    struct decoded_rule rule;
};

void flows_take_set(const struct nlmsghdr *reply, void *reader);
void flows_take_elements(const struct nlmsghdr *reply, void *reader);
void flows_take_rule(const struct nlmsghdr *reply, void *reader);
