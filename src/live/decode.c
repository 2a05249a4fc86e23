// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of ctnetlink and sock_diag -> entries and sockets. Attributes of another length than expected count as absent.
#include "internal.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/inet_diag.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/tcp.h>

static struct ip_addr unmapped(struct ip_addr addr)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    if (addr.family == IP_V6 && memcmp(addr.bytes, prefix, sizeof prefix) == 0) {
        struct ip_addr v4 = {.family = IP_V4};
        memcpy(v4.bytes, addr.bytes + sizeof prefix, 4);
        return v4;
    }
    return addr;
}

bool live_is_wildcard(struct ip_addr addr)
{
    static const uint8_t zeros[16];
    return memcmp(addr.bytes, zeros, sizeof zeros) == 0;
}

static bool is_size(const struct nlattr *attr, size_t size)
{
    return attr != NULL && mnl_attr_get_payload_len(attr) == size;
}

static uint8_t byte_of(const struct nlattr *attr)
{
    return is_size(attr, 1) ? mnl_attr_get_u8(attr) : 0;
}

static uint16_t short_of(const struct nlattr *attr)
{
    return is_size(attr, 2) ? ntohs(mnl_attr_get_u16(attr)) : 0;
}

static bool take_address(const struct nlattr *v4, const struct nlattr *v6, struct ip_addr *ret)
{
    if (is_size(v4, 4)) {
        *ret = (struct ip_addr){.family = IP_V4};
        memcpy(ret->bytes, mnl_attr_get_payload(v4), 4);
        return true;
    }
    if (is_size(v6, 16)) {
        *ret = (struct ip_addr){.family = IP_V6};
        memcpy(ret->bytes, mnl_attr_get_payload(v6), 16);
        return true;
    }
    return false;
}

static bool take_tuple(const struct nlattr *nest, struct live_tuple *ret)
{
    const struct nlattr *parts[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1], *proto[CTA_PROTO_MAX + 1];
    netlink_nested(nest, parts, CTA_TUPLE_MAX);
    netlink_nested(parts[CTA_TUPLE_IP], ip, CTA_IP_MAX);
    netlink_nested(parts[CTA_TUPLE_PROTO], proto, CTA_PROTO_MAX);
    *ret = (struct live_tuple){
        .protocol = byte_of(proto[CTA_PROTO_NUM]),
        .source_port = short_of(proto[CTA_PROTO_SRC_PORT]),
        .destination_port = short_of(proto[CTA_PROTO_DST_PORT]),
        .icmp_type = -1,
        .icmp_code = -1,
    };
    bool v6 = ret->protocol == PROTO_ICMPV6;
    if (v6 || ret->protocol == PROTO_ICMP) {
        ret->icmp_type = byte_of(proto[v6 ? CTA_PROTO_ICMPV6_TYPE : CTA_PROTO_ICMP_TYPE]);
        ret->icmp_code = byte_of(proto[v6 ? CTA_PROTO_ICMPV6_CODE : CTA_PROTO_ICMP_CODE]);
    }
    return ret->protocol != 0 && take_address(ip[CTA_IP_V4_SRC], ip[CTA_IP_V6_SRC], &ret->source) &&
           take_address(ip[CTA_IP_V4_DST], ip[CTA_IP_V6_DST], &ret->destination) &&
           ret->source.family == ret->destination.family;
}

static bool is_over(const struct nlattr *info)
{
    const struct nlattr *parts[CTA_PROTOINFO_MAX + 1], *tcp[CTA_PROTOINFO_TCP_MAX + 1];
    netlink_nested(info, parts, CTA_PROTOINFO_MAX);
    netlink_nested(parts[CTA_PROTOINFO_TCP], tcp, CTA_PROTOINFO_TCP_MAX);
    uint8_t state = byte_of(tcp[CTA_PROTOINFO_TCP_STATE]);
    return state == TCP_CONNTRACK_LAST_ACK || state == TCP_CONNTRACK_TIME_WAIT ||
           state == TCP_CONNTRACK_CLOSE;
}

// Absent where the kernel does not count.
static bool take_counts(const struct nlattr *nest, uint64_t *ret_packets, uint64_t *ret_bytes)
{
    const struct nlattr *parts[CTA_COUNTERS_MAX + 1];
    netlink_nested(nest, parts, CTA_COUNTERS_MAX);
    bool whole = is_size(parts[CTA_COUNTERS_PACKETS], sizeof(uint64_t)) &&
                 is_size(parts[CTA_COUNTERS_BYTES], sizeof(uint64_t));
    *ret_packets = whole ? be64toh(mnl_attr_get_u64(parts[CTA_COUNTERS_PACKETS])) : 0;
    *ret_bytes = whole ? be64toh(mnl_attr_get_u64(parts[CTA_COUNTERS_BYTES])) : 0;
    return whole;
}

bool decode_connection(const struct nlmsghdr *message, struct live_connection *ret)
{
    const struct nlattr *attrs[CTA_MAX + 1];
    if (mnl_nlmsg_get_payload_len(message) < sizeof(struct nfgenmsg)) {
        return false;
    }
    netlink_attributes_behind(message, sizeof(struct nfgenmsg), attrs, CTA_MAX);
    *ret = (struct live_connection){
        .over = is_over(attrs[CTA_PROTOINFO]),
        .zone = short_of(attrs[CTA_ZONE]),
        .timeout = netlink_u32(attrs[CTA_TIMEOUT]),
        .id = netlink_u32(attrs[CTA_ID]),
        .key = (const uint8_t *)mnl_nlmsg_get_payload(message) + sizeof(struct nfgenmsg),
        .key_size = mnl_nlmsg_get_payload_len(message) - sizeof(struct nfgenmsg),
    };
    bool counted = take_counts(attrs[CTA_COUNTERS_ORIG], &ret->packets, &ret->bytes);
    ret->counted =
        take_counts(attrs[CTA_COUNTERS_REPLY], &ret->reply_packets, &ret->reply_bytes) && counted;
    ret->related = attrs[CTA_TUPLE_MASTER] != NULL &&
                   (netlink_u32(attrs[CTA_STATUS]) & IPS_EXPECTED) != 0 &&
                   take_tuple(attrs[CTA_TUPLE_MASTER], &ret->master);
    return take_tuple(attrs[CTA_TUPLE_ORIG], &ret->original) &&
           take_tuple(attrs[CTA_TUPLE_REPLY], &ret->reply) &&
           ret->original.protocol == ret->reply.protocol;
}

static struct ip_addr address_of(uint8_t family, const void *bytes)
{
    bool v4 = family == AF_INET;
    struct ip_addr addr = {.family = v4 ? IP_V4 : IP_V6};
    memcpy(addr.bytes, bytes, v4 ? 4 : 16);
    return unmapped(addr);
}

static uint8_t state_of(uint8_t state)
{
    switch (state) {
    case TCP_ESTABLISHED:
        return LIVE_ESTABLISHED;
    case TCP_LISTEN:
    case TCP_CLOSE: // of UDP: bound
        return LIVE_LISTENING;
    default:
        return LIVE_CLOSING;
    }
}

bool decode_socket(const struct nlmsghdr *message, uint8_t protocol, struct live_socket *ret)
{
    struct inet_diag_msg info;
    if (mnl_nlmsg_get_payload_len(message) < sizeof info) {
        return false;
    }
    memcpy(&info, mnl_nlmsg_get_payload(message), sizeof info);
    if (info.idiag_family != AF_INET && info.idiag_family != AF_INET6) {
        return false;
    }
    *ret = (struct live_socket){
        .protocol = protocol,
        .state = state_of(info.idiag_state),
        .local = address_of(info.idiag_family, info.id.idiag_src),
        .remote = address_of(info.idiag_family, info.id.idiag_dst),
        .local_port = ntohs(info.id.idiag_sport),
        .remote_port = ntohs(info.id.idiag_dport),
        .interface = info.id.idiag_if,
        .inode = info.idiag_inode,
    };
    return true;
}
