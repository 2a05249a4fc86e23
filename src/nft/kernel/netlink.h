// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to nf_tables, and how failures are told. Inside module nft only.
#pragma once

#include <polc/netlink.h>
#include <polc/nft.h>

#include <linux/netfilter/nfnetlink.h>

// A request of type NFT_MSG_*, in the buffer, to be filled and sent at once. `family` NFPROTO_*.
struct nlmsghdr *netlink_prepare(struct netlink *netlink, uint16_t type, uint16_t flags,
                                 uint8_t family);

// The generation id of this network namespace. 0 or a negative errno value.
int netlink_generation(struct netlink *netlink, uint32_t *ret);
// The handler of the reply: `ret` is a uint32_t *.
void netlink_take_generation(const struct nlmsghdr *reply, void *ret);

// The attributes of an nf_tables message, by number; those above `max` are left out.
void netlink_attributes(const struct nlmsghdr *message, const struct nlattr **ret, uint16_t max);

static inline uint8_t netlink_family(const struct nlmsghdr *message)
{
    return ((const struct nfgenmsg *)mnl_nlmsg_get_payload(message))->nfgen_family;
}

// Fills *reterr for a failed system call or a failed request; `error` is a negative errno value.
enum nft_status netlink_failure(const struct netlink *netlink, struct arena *arena, int error,
                                const char *what, struct nft_failure *reterr);

// Reads over a socket of its own until no commit cut through it. `read_once` begins anew each time, on an arena that is
// as it was at the start; it returns 0, -EINTR or -EAGAIN to be called again, or another negative errno value. `what` says
// in *reterr what was read.
typedef int (*netlink_reading)(struct netlink *netlink, void *context);
enum nft_status netlink_read_whole(struct arena *arena, netlink_reading read_once, void *context,
                                   const char *what, struct nft_failure *reterr);
