// SPDX-License-Identifier: GPL-2.0-or-later
// The key table. Offsets are those of RFC 791 (IPv4), 8200 (IPv6), 792/4443 (ICMP) and of the port fields that TCP, UDP and
// SCTP share; datatype numbers are nft's own (they are stored with a set and tell `nft list` how to print it).
#include "keys.h"

#include "expr.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

enum {
    TYPE_IPADDR = 7,
    TYPE_IP6ADDR = 8,
    TYPE_INET_PROTOCOL = 12,
    TYPE_INET_SERVICE = 13,
    TYPE_IFNAME = 41
};

#define META(name, fmt, len, key, type, type_name)                                                 \
    {                                                                                              \
        .text = name, .load = EXPR_META, .format = fmt, .length = len, .kernel_key = key,          \
        .datatype = type, .datatype_name = type_name                                               \
    }
#define ADDRESS(name, family, len, off, type, type_name)                                           \
    {                                                                                              \
        .text = name, .load = EXPR_PAYLOAD, .format = FORMAT_ADDRESS, .nfproto = family,           \
        .length = len, .kernel_key = NFT_PAYLOAD_NETWORK_HEADER, .offset = off, .datatype = type,  \
        .datatype_name = type_name                                                                 \
    }
#define PORT(name, protocol, off)                                                                  \
    {                                                                                              \
        .text = name, .load = EXPR_PAYLOAD, .format = FORMAT_PORT, .l4proto = protocol,            \
        .length = 2, .kernel_key = NFT_PAYLOAD_TRANSPORT_HEADER, .offset = off,                    \
        .datatype = TYPE_INET_SERVICE, .datatype_name = "inet_service"                             \
    }
#define ICMP(name, family, protocol, off)                                                          \
    {                                                                                              \
        .text = name, .load = EXPR_PAYLOAD, .format = FORMAT_NUMBER, .nfproto = family,            \
        .l4proto = protocol, .length = 1, .kernel_key = NFT_PAYLOAD_TRANSPORT_HEADER,              \
        .offset = off                                                                              \
    }

static const struct key_info keys[] = {
    [KEY_IIFNAME] = META("iifname", FORMAT_IFNAME, 16, NFT_META_IIFNAME, TYPE_IFNAME, "ifname"),
    [KEY_OIFNAME] = META("oifname", FORMAT_IFNAME, 16, NFT_META_OIFNAME, TYPE_IFNAME, "ifname"),
    [KEY_IIF] = META("iif", FORMAT_INDEX, 4, NFT_META_IIF, 0, NULL),
    [KEY_OIF] = META("oif", FORMAT_INDEX, 4, NFT_META_OIF, 0, NULL),
    [KEY_MARK] = META("meta mark", FORMAT_BITS, 4, NFT_META_MARK, 0, NULL),
    [KEY_NFPROTO] = META("meta nfproto", FORMAT_NFPROTO, 1, NFT_META_NFPROTO, 0, NULL),
    [KEY_L4PROTO] = META("meta l4proto", FORMAT_PROTOCOL, 1, NFT_META_L4PROTO, TYPE_INET_PROTOCOL,
                         "inet_proto"),
    [KEY_CT_STATE] = {.text = "ct state",
                      .load = EXPR_CT,
                      .format = FORMAT_CT_STATE,
                      .length = 4,
                      .kernel_key = NFT_CT_STATE},
    [KEY_CT_STATUS] = {.text = "ct status",
                       .load = EXPR_CT,
                       .format = FORMAT_CT_STATUS,
                       .length = 4,
                       .kernel_key = NFT_CT_STATUS},
    [KEY_CT_DIRECTION] = {.text = "ct direction",
                          .load = EXPR_CT,
                          .format = FORMAT_CT_DIRECTION,
                          .length = 1,
                          .kernel_key = NFT_CT_DIRECTION},
    [KEY_IP_SADDR] = ADDRESS("ip saddr", NFPROTO_IPV4, 4, 12, TYPE_IPADDR, "ipv4_addr"),
    [KEY_IP_DADDR] = ADDRESS("ip daddr", NFPROTO_IPV4, 4, 16, TYPE_IPADDR, "ipv4_addr"),
    [KEY_IP6_SADDR] = ADDRESS("ip6 saddr", NFPROTO_IPV6, 16, 8, TYPE_IP6ADDR, "ipv6_addr"),
    [KEY_IP6_DADDR] = ADDRESS("ip6 daddr", NFPROTO_IPV6, 16, 24, TYPE_IP6ADDR, "ipv6_addr"),
    [KEY_TCP_SPORT] = PORT("tcp sport", PROTO_TCP, 0),
    [KEY_TCP_DPORT] = PORT("tcp dport", PROTO_TCP, 2),
    [KEY_UDP_SPORT] = PORT("udp sport", PROTO_UDP, 0),
    [KEY_UDP_DPORT] = PORT("udp dport", PROTO_UDP, 2),
    [KEY_SCTP_SPORT] = PORT("sctp sport", PROTO_SCTP, 0),
    [KEY_SCTP_DPORT] = PORT("sctp dport", PROTO_SCTP, 2),
    [KEY_TH_SPORT] = PORT("th sport", 0, 0),
    [KEY_TH_DPORT] = PORT("th dport", 0, 2),
    [KEY_NO_PORT] = {.text = "th dport & 0",
                     .load = EXPR_PAYLOAD,
                     .format = FORMAT_PORT,
                     .length = 2,
                     .zeroed = true,
                     .kernel_key = NFT_PAYLOAD_TRANSPORT_HEADER,
                     .offset = 2,
                     .datatype = TYPE_INET_SERVICE,
                     .datatype_name = "inet_service"},
    [KEY_ICMP_TYPE] = ICMP("icmp type", NFPROTO_IPV4, PROTO_ICMP, 0),
    [KEY_ICMP_CODE] = ICMP("icmp code", NFPROTO_IPV4, PROTO_ICMP, 1),
    [KEY_ICMPV6_TYPE] = ICMP("icmpv6 type", NFPROTO_IPV6, PROTO_ICMPV6, 0),
    [KEY_ICMPV6_CODE] = ICMP("icmpv6 code", NFPROTO_IPV6, PROTO_ICMPV6, 1),
};
_Static_assert(ARRAY_COUNT(keys) == KEY_COUNT, "one row per key");

const struct key_info *key_info(enum rule_key key)
{
    return &keys[key];
}

enum rule_key key_address(uint8_t family, bool source)
{
    if (family == IP_V4) {
        return source ? KEY_IP_SADDR : KEY_IP_DADDR;
    }
    return source ? KEY_IP6_SADDR : KEY_IP6_DADDR;
}

enum rule_key key_port(uint8_t protocol, bool source)
{
    switch (protocol) {
    case PROTO_TCP:
        return source ? KEY_TCP_SPORT : KEY_TCP_DPORT;
    case PROTO_UDP:
        return source ? KEY_UDP_SPORT : KEY_UDP_DPORT;
    case PROTO_SCTP:
        return source ? KEY_SCTP_SPORT : KEY_SCTP_DPORT;
    default:
        return source ? KEY_TH_SPORT : KEY_TH_DPORT;
    }
}

const char *protocol_text(uint8_t protocol, char *buffer)
{
    static const struct {
        uint8_t number;
        const char *name;
    } names[] = {
        {PROTO_ICMP, "icmp"},        {PROTO_TCP, "tcp"},   {PROTO_UDP, "udp"},
        {PROTO_ICMPV6, "ipv6-icmp"}, {PROTO_SCTP, "sctp"}, {PROTO_UDPLITE, "udplite"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (names[i].number == protocol) {
            return strcpy(buffer, names[i].name);
        }
    }
    snprintf(buffer, VALUE_TEXT_MAX, "%u", protocol);
    return buffer;
}

struct bit_name {
    uint32_t bit;
    const char *name;
};

static const struct bit_name ct_states[] = {
    {1, "invalid"}, {2, "established"}, {4, "related"}, {8, "new"}, {64, "untracked"}};
static const struct bit_name ct_statuses[] = {{CT_STATUS_CONFIRMED, "confirmed"},
                                              {CT_STATUS_DNAT, "dnat"}};

static const char *bits_text(const struct bit_name *names, size_t count, const uint8_t *value,
                             char *buffer)
{
    uint32_t bits;
    memcpy(&bits, value, sizeof bits);
    buffer[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (bits & names[i].bit) {
            strcat(strcat(buffer, buffer[0] != '\0' ? "," : ""), names[i].name);
        }
    }
    return buffer;
}

const char *key_value_text(enum rule_key key, const uint8_t *value, char *buffer)
{
    const struct key_info *info = &keys[key];
    struct ip_addr addr = {.family = info->length == 4 ? IP_V4 : IP_V6};
    uint32_t index;
    switch ((enum value_format)info->format) {
    case FORMAT_IFNAME:
        snprintf(buffer, VALUE_TEXT_MAX, "\"%.16s\"", (const char *)value);
        return buffer;
    case FORMAT_NFPROTO:
        return strcpy(buffer, value[0] == NFPROTO_IPV4 ? "ipv4" : "ipv6");
    case FORMAT_PROTOCOL:
        return protocol_text(value[0], buffer);
    case FORMAT_CT_STATE:
        return bits_text(ct_states, ARRAY_COUNT(ct_states), value, buffer);
    case FORMAT_CT_STATUS:
        return bits_text(ct_statuses, ARRAY_COUNT(ct_statuses), value, buffer);
    case FORMAT_CT_DIRECTION:
        return strcpy(buffer, value[0] == CT_ORIGINAL ? "original" : "reply");
    case FORMAT_ADDRESS:
        memcpy(addr.bytes, value, info->length);
        return ip_addr_text(addr, buffer);
    case FORMAT_PORT:
        snprintf(buffer, VALUE_TEXT_MAX, "%u", value[0] << 8 | value[1]);
        return buffer;
    case FORMAT_INDEX:
        memcpy(&index, value, sizeof index);
        snprintf(buffer, VALUE_TEXT_MAX, "%u", index);
        return buffer;
    case FORMAT_BITS:
        memcpy(&index, value, sizeof index);
        snprintf(buffer, VALUE_TEXT_MAX, "0x%08x", index);
        return buffer;
    case FORMAT_NUMBER:
        break;
    }
    snprintf(buffer, VALUE_TEXT_MAX, "%u", value[0]);
    return buffer;
}
