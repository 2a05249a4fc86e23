// SPDX-License-Identifier: GPL-2.0-or-later
// Whether packets are tracked here at all. No kernel interface says so: a datagram that this process sends to itself over
// the loopback interface is in conntrack afterwards, or it is not.
#include "internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <polc/base/file.h>
#include <sys/socket.h>

// Binds a socket to the loopback address and connects it to itself; the tuple of what it sends then.
static bool connect_to_itself(int fd, uint8_t family, struct live_tuple *ret)
{
    struct sockaddr_storage addr = {.ss_family = family == IP_V4 ? AF_INET : AF_INET6};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&addr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&addr;
    socklen_t size = family == IP_V4 ? sizeof *v4 : sizeof *v6;
    struct ip_addr loopback = {.family = family};
    if (family == IP_V4) {
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        memcpy(loopback.bytes, &v4->sin_addr, 4);
    } else {
        v6->sin6_addr = in6addr_loopback;
        memcpy(loopback.bytes, &v6->sin6_addr, 16);
    }
    if (bind(fd, (struct sockaddr *)&addr, size) < 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &size) < 0 ||
        connect(fd, (struct sockaddr *)&addr, size) < 0) {
        return false;
    }
    uint16_t port = ntohs(family == IP_V4 ? v4->sin_port : v6->sin6_port);
    *ret = (struct live_tuple){.source = loopback,
                               .destination = loopback,
                               .protocol = PROTO_UDP,
                               .source_port = port,
                               .destination_port = port,
                               .icmp_type = -1,
                               .icmp_code = -1};
    return true;
}

bool live_is_tracking(struct arena *arena, uint8_t family)
{
    __attribute__((cleanup(live_conntrack_close))) struct live_conntrack *conntrack = NULL;
    CLOSING int fd = socket(family == IP_V4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct live_tuple tuple;
    struct live_connection found;
    return fd >= 0 && connect_to_itself(fd, family, &tuple) && send(fd, "", 1, MSG_DONTWAIT) == 1 &&
           live_conntrack_open(arena, &conntrack) == 0 &&
           live_connection_find(conntrack, arena, &tuple, 0, &found) == 0;
}
