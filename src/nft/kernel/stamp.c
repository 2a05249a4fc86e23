// SPDX-License-Identifier: GPL-2.0-or-later
// Which state the kernel's rules are in, without reading them. Kernel facts: every commit in a network namespace, of any
// table and by anybody, moves its generation id by one, past 0; the cookie of a namespace is never given to another one
// until the next boot.
#include "netlink.h"

#include <sys/socket.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

bool nft_read_stamp(struct arena *arena, struct nft_stamp *ret)
{
    __attribute__((cleanup(netlink_close))) struct netlink netlink;
    socklen_t size = sizeof ret->namespace;
    return netlink_open(&netlink, arena, NETLINK_NETFILTER) == 0 &&
           getsockopt(netlink.fd, SOL_SOCKET, SO_NETNS_COOKIE, &ret->namespace, &size) == 0 &&
           netlink_generation(&netlink, &ret->generation_id) == 0;
}
