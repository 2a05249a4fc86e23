// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses of polc -> addresses of the socket interface.
#include "internal.h"

socklen_t socket_address(struct ip_addr addr, uint16_t port, struct sockaddr_storage *ret)
{
    memset(ret, 0, sizeof *ret);
    if (addr.family == IP_V4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)ret;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        memcpy(&v4->sin_addr, addr.bytes, sizeof v4->sin_addr);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)ret;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    memcpy(&v6->sin6_addr, addr.bytes, sizeof v6->sin6_addr);
    return sizeof *v6;
}
