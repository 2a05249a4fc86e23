// SPDX-License-Identifier: GPL-2.0-or-later
// Packets of flows as bytes: the smallest that connection tracking takes for the begin of something new. A tag behind
// the transport header tells whose packet it is; in TCP and SCTP it is in their own sequence numbers.
#include "wire.h"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

enum {
    TAG_SIZE = 8,
    TTL = 64,
    SCTP_HEADER = 12,
    SCTP_INIT = 1,
    SCTP_INIT_SIZE = 20,
    WINDOW = 8192
};

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_tag(uint8_t *at, uint32_t run, uint32_t number)
{
    put32(at, run);
    put32(at + 4, number);
}

// ---- transport ------------------------------------------------------------------------------------------------

static size_t put_tcp(const struct flow *flow, uint32_t run, uint32_t number, uint8_t *at)
{
    put16(at, flow->source_port);
    put16(at + 2, flow->destination_port);
    put32(at + 4, number); // sequence
    put32(at + 8, run);    // acknowledged: nobody looks at it in a SYN
    at[12] = 5 << 4;
    at[13] = TH_SYN;
    put16(at + 14, WINDOW);
    return sizeof(struct tcphdr);
}

static size_t put_udp(const struct flow *flow, uint32_t run, uint32_t number, uint8_t *at)
{
    put16(at, flow->source_port);
    put16(at + 2, flow->destination_port);
    put16(at + 4, sizeof(struct udphdr) + TAG_SIZE); // of UDPLite: what the checksum covers
    put_tag(at + sizeof(struct udphdr), run, number);
    return sizeof(struct udphdr) + TAG_SIZE;
}

static size_t put_sctp(const struct flow *flow, uint32_t run, uint32_t number, uint8_t *at)
{
    put16(at, flow->source_port);
    put16(at + 2, flow->destination_port);
    at[SCTP_HEADER] = SCTP_INIT;
    put16(at + SCTP_HEADER + 2, SCTP_INIT_SIZE);
    put32(at + SCTP_HEADER + 4, run); // initiate tag
    put32(at + SCTP_HEADER + 8, WINDOW);
    put16(at + SCTP_HEADER + 12, 1); // streams
    put16(at + SCTP_HEADER + 14, 1);
    put32(at + SCTP_HEADER + 16, number); // first sequence number
    return SCTP_HEADER + SCTP_INIT_SIZE;
}

static size_t put_icmp(const struct flow *flow, uint32_t run, uint32_t number, uint8_t *at)
{
    at[0] = (uint8_t)flow->icmp_type;
    at[1] = (uint8_t)flow->icmp_code;
    put16(at + 4, number); // identifier
    put_tag(at + sizeof(struct icmphdr), run, number);
    return sizeof(struct icmphdr) + TAG_SIZE;
}

static size_t put_transport(const struct flow *flow, uint32_t run, uint32_t number, uint8_t *at)
{
    switch (flow->protocol) {
    case IPPROTO_TCP:
        return put_tcp(flow, run, number, at);
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
        return put_udp(flow, run, number, at);
    case IPPROTO_SCTP:
        return put_sctp(flow, run, number, at);
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        return put_icmp(flow, run, number, at);
    default:
        memset(at, 0, 8); // enough for what ESP and GRE begin with
        put_tag(at + 8, run, number);
        return 8 + TAG_SIZE;
    }
}

// ---- checksums ------------------------------------------------------------------------------------------------

static uint32_t sum(const uint8_t *data, size_t size, uint32_t start)
{
    for (size_t i = 0; i < size; i++) {
        start += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
    }
    return start;
}

static uint16_t fold(uint32_t value)
{
    value = (value & 0xffff) + (value >> 16);
    return (uint16_t) ~(value + (value >> 16));
}

// Where a transport header has its checksum; 0: it has none that matters (connection tracking of the scene's host
// does not check them, so SCTP may do without).
static size_t checksum_offset(uint8_t protocol)
{
    switch (protocol) {
    case IPPROTO_TCP:
        return 16;
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
        return 6;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        return 2;
    default:
        return 0;
    }
}

static void put_checksum(const struct flow *flow, uint8_t *at, size_t size)
{
    size_t offset = checksum_offset(flow->protocol);
    size_t length = flow->source.family == IP_V4 ? 4 : 16;
    uint32_t start = 0;
    if (offset == 0) {
        return;
    }
    if (flow->protocol != IPPROTO_ICMP) { // the pseudo header
        start = sum(flow->source.bytes, length, (uint32_t)size + flow->protocol);
        start = sum(flow->destination.bytes, length, start);
    }
    put16(at + offset, fold(sum(at, size, start)));
}

// ---- whole packets --------------------------------------------------------------------------------------------

static size_t put_ip(const struct flow *flow, size_t payload, uint8_t *at)
{
    if (flow->source.family == IP_V6) {
        put32(at, 6u << 28);
        put16(at + 4, (uint32_t)payload);
        at[6] = flow->protocol;
        at[7] = flow->protocol == IPPROTO_ICMPV6 ? 255 : TTL; // neighbour discovery
        memcpy(at + 8, flow->source.bytes, 16);
        memcpy(at + 24, flow->destination.bytes, 16);
        return sizeof(struct ip6_hdr);
    }
    at[0] = 4 << 4 | 5;
    put16(at + 2, (uint32_t)(sizeof(struct iphdr) + payload));
    at[8] = TTL;
    at[9] = flow->protocol;
    memcpy(at + 12, flow->source.bytes, 4);
    memcpy(at + 16, flow->destination.bytes, 4);
    put16(at + 10, fold(sum(at, sizeof(struct iphdr), 0)));
    return sizeof(struct iphdr);
}

size_t packet_make(const struct flow *flow, uint32_t run, uint32_t number, uint8_t *ret)
{
    uint8_t transport[PACKET_MAX] = {0};
    memset(ret, 0, PACKET_MAX);
    size_t size = put_transport(flow, run, number, transport);
    put_checksum(flow, transport, size);
    size_t header = put_ip(flow, size, ret);
    memcpy(ret + header, transport, size);
    return header + size;
}

int64_t payload_number(uint8_t protocol, const uint8_t *data, size_t size, uint32_t run)
{
    size_t of_run = 8, of_number = 12; // the tag
    if (protocol == IPPROTO_TCP) {
        of_run = 8;
        of_number = 4;
    } else if (protocol == IPPROTO_SCTP) {
        of_run = SCTP_HEADER + 4;
        of_number = SCTP_HEADER + 16;
    }
    bool tagged = size >= of_number + 4 && size >= of_run + 4 && get32(data + of_run) == run;
    return tagged ? (int64_t)get32(data + of_number) : -1;
}

int64_t packet_number(const uint8_t *data, size_t size, uint32_t run)
{
    if (size >= sizeof(struct iphdr) && data[0] >> 4 == 4) {
        size_t header = (size_t)(data[0] & 15) * 4;
        return size < header ? -1 : payload_number(data[9], data + header, size - header, run);
    }
    if (size >= sizeof(struct ip6_hdr) && data[0] >> 4 == 6) {
        return payload_number(data[6], data + sizeof(struct ip6_hdr), size - sizeof(struct ip6_hdr),
                              run);
    }
    return -1;
}
