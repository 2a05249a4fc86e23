// SPDX-License-Identifier: GPL-2.0-or-later
// rtnetlink: links, addresses, neighbours and routes of one namespace; and ctnetlink, to forget its connections. Each
// request has a socket of its own, because a socket belongs to the namespace that it was made in.
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <unistd.h>

enum { BUFFER_SIZE = 4096, FIRST_RULE = 100, SECOND_RULE = 200 }; // priorities of rules

struct request {
    char bytes[BUFFER_SIZE];
    struct nlmsghdr *header;
};

static void begin(struct request *request, uint16_t type, uint16_t flags)
{
    request->header = mnl_nlmsg_put_header(request->bytes);
    request->header->nlmsg_type = type;
    request->header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
}

static int exchange(int fd, struct request *request)
{
    if (send(fd, request->bytes, request->header->nlmsg_len, 0) < 0) {
        return -errno;
    }
    ssize_t size = recv(fd, request->bytes, sizeof request->bytes, 0);
    if (size < 0) {
        return -errno;
    }
    const struct nlmsghdr *reply = (const struct nlmsghdr *)(const void *)request->bytes;
    if (!mnl_nlmsg_ok(reply, (int)size) || reply->nlmsg_type != NLMSG_ERROR) {
        return -EPROTO;
    }
    return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(reply))->error;
}

static int talk(struct request *request, int protocol)
{
    static const struct timeval limit = {.tv_sec = 10};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0) {
        return -errno;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    int result = exchange(fd, request);
    close(fd);
    return result;
}

static struct ifinfomsg *put_link(struct request *request, uint16_t flags)
{
    begin(request, RTM_NEWLINK, flags);
    return mnl_nlmsg_put_extra_header(request->header, sizeof(struct ifinfomsg));
}

int rtnl_add_veth(const char *name, struct mac mac, const char *peer, struct mac peer_mac,
                  int peer_namespace)
{
    struct request request;
    put_link(&request, NLM_F_CREATE | NLM_F_EXCL);
    struct nlmsghdr *header = request.header;
    mnl_attr_put_strz(header, IFLA_IFNAME, name);
    mnl_attr_put(header, IFLA_ADDRESS, sizeof mac, &mac);
    struct nlattr *info = mnl_attr_nest_start(header, IFLA_LINKINFO);
    mnl_attr_put_strz(header, IFLA_INFO_KIND, "veth");
    struct nlattr *data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
    struct nlattr *other = mnl_attr_nest_start(header, VETH_INFO_PEER);
    mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(header, IFLA_IFNAME, peer);
    mnl_attr_put(header, IFLA_ADDRESS, sizeof peer_mac, &peer_mac);
    mnl_attr_put_u32(header, IFLA_NET_NS_FD, (uint32_t)peer_namespace);
    mnl_attr_nest_end(header, other);
    mnl_attr_nest_end(header, data);
    mnl_attr_nest_end(header, info);
    return talk(&request, NETLINK_ROUTE);
}

int rtnl_add_bridge(const char *name, struct mac mac)
{
    struct request request;
    put_link(&request, NLM_F_CREATE | NLM_F_EXCL);
    mnl_attr_put_strz(request.header, IFLA_IFNAME, name);
    mnl_attr_put(request.header, IFLA_ADDRESS, sizeof mac, &mac);
    struct nlattr *info = mnl_attr_nest_start(request.header, IFLA_LINKINFO);
    mnl_attr_put_strz(request.header, IFLA_INFO_KIND, "bridge");
    mnl_attr_nest_end(request.header, info);
    return talk(&request, NETLINK_ROUTE);
}

int rtnl_set_up(const char *name, const char *master)
{
    struct request request;
    struct ifinfomsg *link = put_link(&request, 0);
    link->ifi_flags = link->ifi_change = IFF_UP;
    mnl_attr_put_strz(request.header, IFLA_IFNAME, name);
    if (master != NULL) {
        mnl_attr_put_u32(request.header, IFLA_MASTER, if_nametoindex(master));
    }
    return talk(&request, NETLINK_ROUTE);
}

static uint8_t socket_family(struct ip_addr addr)
{
    return addr.family == IP_V4 ? AF_INET : AF_INET6;
}

static void put_address(struct nlmsghdr *header, uint16_t type, struct ip_addr addr)
{
    mnl_attr_put(header, type, ip_family_bits(addr.family) / 8, addr.bytes);
}

// A kernel without IPv6 has nothing to be told about it.
static bool is_absent(uint8_t family)
{
    return family == IP_V6 && !lab_has_family(IP_V6);
}

int rtnl_add_address(const char *name, struct ip_addr addr)
{
    struct request request;
    if (is_absent(addr.family)) {
        return 0;
    }
    begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
    struct ifaddrmsg *message = mnl_nlmsg_put_extra_header(request.header, sizeof *message);
    message->ifa_family = socket_family(addr);
    message->ifa_prefixlen = (uint8_t)ip_family_bits(addr.family);
    message->ifa_flags = addr.family == IP_V6 ? IFA_F_NODAD : 0;
    message->ifa_index = if_nametoindex(name);
    put_address(request.header, IFA_LOCAL, addr);
    put_address(request.header, IFA_ADDRESS, addr);
    return talk(&request, NETLINK_ROUTE);
}

int rtnl_add_neighbour(const char *name, struct ip_addr addr, struct mac mac)
{
    struct request request;
    if (is_absent(addr.family)) {
        return 0;
    }
    begin(&request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
    struct ndmsg *message = mnl_nlmsg_put_extra_header(request.header, sizeof *message);
    message->ndm_family = socket_family(addr);
    message->ndm_ifindex = (int)if_nametoindex(name);
    message->ndm_state = NUD_PERMANENT;
    put_address(request.header, NDA_DST, addr);
    mnl_attr_put(request.header, NDA_LLADDR, sizeof mac, &mac);
    return talk(&request, NETLINK_ROUTE);
}

int rtnl_add_route(const char *name, const struct ip_addr *to, const struct ip_addr *gateway,
                   uint8_t table)
{
    struct request request;
    const struct ip_addr *known = to != NULL ? to : gateway;
    if (is_absent(known->family)) {
        return 0;
    }
    begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
    struct rtmsg *message = mnl_nlmsg_put_extra_header(request.header, sizeof *message);
    message->rtm_family = socket_family(*known);
    message->rtm_table = table;
    message->rtm_protocol = RTPROT_STATIC;
    message->rtm_type = RTN_UNICAST;
    message->rtm_scope =
        gateway == NULL && known->family == IP_V4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    message->rtm_flags = gateway != NULL ? RTNH_F_ONLINK : 0;
    if (to != NULL) {
        message->rtm_dst_len = (uint8_t)ip_family_bits(to->family);
        put_address(request.header, RTA_DST, *to);
    }
    if (gateway != NULL) {
        put_address(request.header, RTA_GATEWAY, *gateway);
    }
    mnl_attr_put_u32(request.header, RTA_OIF, if_nametoindex(name));
    return talk(&request, NETLINK_ROUTE);
}

static struct fib_rule_hdr *put_rule(struct request *request, uint8_t family, uint8_t table,
                                     uint32_t priority)
{
    begin(request, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
    struct fib_rule_hdr *message = mnl_nlmsg_put_extra_header(request->header, sizeof *message);
    message->family = family;
    message->table = table;
    message->action = FR_ACT_TO_TBL;
    mnl_attr_put_u32(request->header, FRA_PRIORITY, priority);
    return message;
}

int rtnl_add_rule(struct ip_addr from, uint8_t table)
{
    struct request request;
    uint8_t family = socket_family(from);
    if (is_absent(from.family)) {
        return 0;
    }
    // All of the main table but its default route comes before.
    put_rule(&request, family, RTNL_MAIN, FIRST_RULE);
    mnl_attr_put_u32(request.header, FRA_SUPPRESS_PREFIXLEN, 0);
    int result = talk(&request, NETLINK_ROUTE);
    if (result != 0 && result != -EEXIST) {
        return result;
    }
    put_rule(&request, family, table, SECOND_RULE)->src_len = (uint8_t)ip_family_bits(from.family);
    put_address(request.header, FRA_SRC, from);
    return talk(&request, NETLINK_ROUTE);
}

int rtnl_forget_connections(void)
{
    struct request request;
    begin(&request, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, 0);
    struct nfgenmsg *message = mnl_nlmsg_put_extra_header(request.header, sizeof *message);
    message->nfgen_family = AF_UNSPEC;
    return talk(&request, NETLINK_NETFILTER);
}
