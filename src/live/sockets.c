// SPDX-License-Identifier: GPL-2.0-or-later
// The sockets of this network namespace over sock_diag, its addresses, and the way out to an address.
#include "internal.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

struct reading {
    struct arena *arena;
    struct live_sockets *sockets;
    uint8_t protocol;
};

static void take_socket(const struct nlmsghdr *reply, void *context)
{
    const struct reading *reading = context;
    struct live_socket socket;
    if (decode_socket(reply, reading->protocol, &socket)) {
        vec_push(reading->arena, reading->sockets, socket);
    }
}

static int read_some(struct netlink *netlink, uint8_t family, struct reading *reading)
{
    char bytes[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
    request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request->nlmsg_flags = NLM_F_DUMP;
    struct inet_diag_req_v2 *wanted = mnl_nlmsg_put_extra_header(request, sizeof *wanted);
    wanted->sdiag_family = family;
    wanted->sdiag_protocol = reading->protocol;
    // A connection that has not begun, or whose socket is gone, is nobody's.
    wanted->idiag_states = ~(1u << TCP_SYN_SENT | 1u << TCP_SYN_RECV | 1u << TCP_TIME_WAIT);
    return -netlink_request(netlink, request, take_socket, reading);
}

int live_sockets_read(struct arena *arena, struct live_sockets *ret)
{
    static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
    static const uint8_t families[] = {AF_INET, AF_INET6};
    __attribute__((cleanup(netlink_close))) struct netlink netlink;
    *ret = (struct live_sockets){.count = 0};
    int error = -netlink_open(&netlink, arena, NETLINK_SOCK_DIAG);
    for (size_t i = 0; i < ARRAY_COUNT(protocols) && error == 0; i++) {
        for (size_t j = 0; j < ARRAY_COUNT(families) && error == 0; j++) {
            struct reading reading = {arena, ret, protocols[i]};
            error = read_some(&netlink, families[j], &reading);
        }
    }
    return error;
}

bool live_is_listening(const struct live_sockets *sockets, uint8_t protocol, struct ip_addr addr,
                       uint16_t port)
{
    for (size_t i = 0; i < sockets->count; i++) {
        const struct live_socket *socket = &sockets->items[i];
        bool takes = ip_addr_compare(socket->local, addr) == 0 ||
                     (live_is_wildcard(socket->local) &&
                      (socket->local.family == addr.family || socket->local.family == IP_V6));
        if (socket->state == LIVE_LISTENING && socket->protocol == protocol &&
            socket->local_port == port && takes) {
            return true;
        }
    }
    return false;
}

static bool is_address(const struct sockaddr *found, struct ip_addr addr)
{
    if (found == NULL) {
        return false;
    }
    if (addr.family == IP_V4) {
        return found->sa_family == AF_INET &&
               memcmp(&((const struct sockaddr_in *)(const void *)found)->sin_addr, addr.bytes,
                      4) == 0;
    }
    return found->sa_family == AF_INET6 &&
           memcmp(&((const struct sockaddr_in6 *)(const void *)found)->sin6_addr, addr.bytes, 16) ==
               0;
}

bool live_is_local(struct ip_addr addr)
{
    struct ifaddrs *list = NULL;
    bool found = false;
    if (getifaddrs(&list) != 0) {
        return false;
    }
    for (const struct ifaddrs *at = list; at != NULL && !found; at = at->ifa_next) {
        found = is_address(at->ifa_addr, addr);
    }
    freeifaddrs(list);
    return found;
}

// ---- the way out ------------------------------------------------------------------------------------------------

static void take_route(const struct nlmsghdr *reply, void *context)
{
    const struct nlattr *attr;
    if (mnl_nlmsg_get_payload_len(reply) < sizeof(struct rtmsg)) {
        return;
    }
    mnl_attr_for_each (attr, reply, sizeof(struct rtmsg)) {
        if (mnl_attr_get_type(attr) == RTA_OIF && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0) {
            *(uint32_t *)context = mnl_attr_get_u32(attr);
        }
    }
}

uint32_t live_route_interface(struct ip_addr addr)
{
    __attribute__((cleanup(netlink_close))) struct netlink netlink = {.fd = -1};
    struct arena *arena = arena_new((size_t)1 << 20);
    char bytes[256];
    uint32_t interface = 0;
    size_t size = ip_family_bits(addr.family) / 8;
    if (netlink_open(&netlink, arena, NETLINK_ROUTE) == 0) {
        struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
        request->nlmsg_type = RTM_GETROUTE;
        struct rtmsg *route = mnl_nlmsg_put_extra_header(request, sizeof *route);
        route->rtm_family = addr.family == IP_V4 ? AF_INET : AF_INET6;
        route->rtm_dst_len = (unsigned char)(size * 8);
        mnl_attr_put(request, RTA_DST, size, addr.bytes);
        netlink_request(&netlink, request, take_route, &interface);
    }
    arena_free(arena);
    return interface;
}
