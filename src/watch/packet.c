// SPDX-License-Identifier: GPL-2.0-or-later
// IPv4 (RFC 791), IPv6 with its extension headers (RFC 8200), UDP (RFC 768) and TCP (RFC 9293), as far as a DNS message
// needs. Copies are taken behind conntrack, which puts fragments together: what still is one is left alone.
#include "packet.h"

enum {
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    UDP_HEADER = 8,
    TCP_HEADER = 20,
    EXTENSIONS = 8, // extension headers of one packet, at most
};

enum { EXT_HOP_BY_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_DESTINATION = 60 };

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4 };

struct bytes {
    const uint8_t *at;
    size_t left;
};

static uint16_t number16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t number32(const uint8_t *at)
{
    return (uint32_t)number16(at) << 16 | number16(at + 2);
}

static void skip(struct bytes *bytes, size_t size)
{
    bytes->at += size;
    bytes->left -= size;
}

static struct ip_addr address(uint8_t family, const uint8_t *at)
{
    struct ip_addr ret = {.family = family};
    memcpy(ret.bytes, at, family == IP_V4 ? 4 : 16);
    return ret;
}

static enum packet_status parse_ipv4(struct bytes *bytes, struct packet *ret)
{
    if (bytes->left < IPV4_HEADER) {
        return PACKET_MALFORMED;
    }
    size_t header = (size_t)(bytes->at[0] & 15) * 4, total = number16(bytes->at + 2);
    if (header < IPV4_HEADER || total < header || total > bytes->left) {
        return PACKET_MALFORMED;
    }
    ret->protocol = bytes->at[9];
    ret->source = address(IP_V4, bytes->at + 12);
    ret->destination = address(IP_V4, bytes->at + 16);
    bool fragment = (number16(bytes->at + 6) & 0x3fff) != 0; // more to come, or not the first
    bytes->left = total;
    skip(bytes, header);
    return fragment ? PACKET_OTHER : PACKET_FINE;
}

// Of a fragment that is the whole packet (RFC 6946) the header says nothing.
static enum packet_status skip_extension(struct bytes *bytes, uint8_t *protocol)
{
    if (bytes->left < 8) {
        return PACKET_MALFORMED;
    }
    bool fragment = *protocol == EXT_FRAGMENT;
    size_t size = fragment ? 8 : ((size_t)bytes->at[1] + 1) * 8;
    if (size > bytes->left) {
        return PACKET_MALFORMED;
    }
    bool part = fragment && (number16(bytes->at + 2) & 0xfff9) != 0;
    *protocol = bytes->at[0];
    skip(bytes, size);
    return part ? PACKET_OTHER : PACKET_FINE;
}

static enum packet_status parse_ipv6(struct bytes *bytes, struct packet *ret)
{
    if (bytes->left < IPV6_HEADER) {
        return PACKET_MALFORMED;
    }
    size_t payload = number16(bytes->at + 4);
    if (payload == 0 || payload > bytes->left - IPV6_HEADER) {
        return PACKET_MALFORMED; // no length at all: a jumbogram
    }
    ret->protocol = bytes->at[6];
    ret->source = address(IP_V6, bytes->at + 8);
    ret->destination = address(IP_V6, bytes->at + 24);
    bytes->left = IPV6_HEADER + payload;
    skip(bytes, IPV6_HEADER);
    for (int i = 0; i < EXTENSIONS; i++) {
        if (ret->protocol != EXT_HOP_BY_HOP && ret->protocol != EXT_ROUTING &&
            ret->protocol != EXT_FRAGMENT && ret->protocol != EXT_DESTINATION) {
            return PACKET_FINE;
        }
        enum packet_status status = skip_extension(bytes, &ret->protocol);
        if (status != PACKET_FINE) {
            return status;
        }
    }
    return PACKET_MALFORMED;
}

// What the IP packet has behind the length of UDP is nobody's, as for every receiver.
static enum packet_status parse_udp(struct bytes *bytes)
{
    if (bytes->left < UDP_HEADER) {
        return PACKET_MALFORMED;
    }
    size_t length = number16(bytes->at + 4);
    if (length < UDP_HEADER || length > bytes->left) {
        return PACKET_MALFORMED;
    }
    bytes->left = length;
    skip(bytes, UDP_HEADER);
    return PACKET_FINE;
}

static enum packet_status parse_tcp(struct bytes *bytes, struct packet *ret)
{
    if (bytes->left < TCP_HEADER) {
        return PACKET_MALFORMED;
    }
    size_t header = (size_t)(bytes->at[12] >> 4) * 4;
    if (header < TCP_HEADER || header > bytes->left) {
        return PACKET_MALFORMED;
    }
    uint8_t flags = bytes->at[13];
    ret->syn = (flags & TCP_SYN) != 0;
    ret->fin = (flags & TCP_FIN) != 0;
    ret->rst = (flags & TCP_RST) != 0;
    ret->sequence = number32(bytes->at + 4) + (ret->syn ? 1 : 0);
    skip(bytes, header);
    return PACKET_FINE;
}

static enum packet_status parse_ports(struct bytes *bytes, struct packet *ret)
{
    if (ret->protocol != PROTO_UDP && ret->protocol != PROTO_TCP) {
        return PACKET_OTHER;
    }
    if (bytes->left < 4) {
        return PACKET_MALFORMED;
    }
    ret->source_port = number16(bytes->at);
    ret->destination_port = number16(bytes->at + 2);
    return ret->protocol == PROTO_UDP ? parse_udp(bytes) : parse_tcp(bytes, ret);
}

enum packet_status packet_parse(const uint8_t *bytes, size_t size, struct packet *ret)
{
    struct bytes rest = {bytes, size};
    *ret = (struct packet){0};
    uint8_t version = size > 0 ? bytes[0] >> 4 : 0;
    if (version != IP_V4 && version != IP_V6) {
        return PACKET_MALFORMED;
    }
    enum packet_status status = version == IP_V4 ? parse_ipv4(&rest, ret) : parse_ipv6(&rest, ret);
    status = status == PACKET_FINE ? parse_ports(&rest, ret) : status;
    ret->payload = rest.at;
    ret->size = rest.left;
    return status;
}
