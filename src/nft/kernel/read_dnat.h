// SPDX-License-Identifier: GPL-2.0-or-later
// One rule of a dump -> what it publishes. Inside module nft, and for its fuzzer.
#pragma once

#include "netlink.h"

struct dnat_readings {
    struct arena *arena;
    const char *except_table;            // of family inet
    const struct nft_base_chains *bases; // of all tables
    struct nft_published_ports *ret;
};

// A netlink_handler for replies of NFT_MSG_GETRULE; the context is a struct dnat_readings.
void dnat_take_rule(const struct nlmsghdr *reply, void *context);
