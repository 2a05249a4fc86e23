// SPDX-License-Identifier: GPL-2.0-or-later
// Payloads for raw sockets: ICMP, SCTP (an INIT that connection tracking accepts), and a bare token in any other
// protocol. The kernel makes the IP header, and the checksum of ICMPv6.
#include "internal.h"

enum {
    ICMP_HEADER = 8,
    SCTP_HEADER = 12,
    SCTP_INIT_SIZE = 20,
    SCTP_CHUNK_INIT = 1,
    MAGIC_SIZE = 8,
    TOKEN_SIZE = MAGIC_SIZE + 4,
};

static const uint8_t magic[MAGIC_SIZE] = "polc.lab";

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_token(uint8_t *at, uint32_t token)
{
    memcpy(at, magic, sizeof magic);
    put32(at + MAGIC_SIZE, token);
}

static uint16_t internet_checksum(const uint8_t *data, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i += 2) {
        sum += (uint32_t)data[i] << 8 | (i + 1 < size ? data[i + 1] : 0);
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

// CRC-32C, RFC 9260 appendix A.
static uint32_t crc32c(const uint8_t *data, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
        }
    }
    return ~crc;
}

// Types with an identifier: one for each packet, so that none looks like the answer to another.
static size_t make_icmp(const struct lab_probe *probe, uint32_t token, uint8_t *ret)
{
    ret[0] = probe->icmp_type;
    ret[1] = probe->icmp_code;
    put16(ret + 4, token & 0xffff);
    put16(ret + 6, token >> 16);
    put_token(ret + ICMP_HEADER, token);
    if (probe->protocol == PROTO_ICMP) {
        put16(ret + 2, internet_checksum(ret, ICMP_HEADER + TOKEN_SIZE));
    }
    return ICMP_HEADER + TOKEN_SIZE;
}

static size_t make_sctp(const struct lab_probe *probe, uint32_t token, uint8_t *ret)
{
    uint8_t *chunk = ret + SCTP_HEADER;
    size_t size = SCTP_HEADER + SCTP_INIT_SIZE;
    put16(ret, probe->source_port);
    put16(ret + 2, probe->destination_port);
    chunk[0] = SCTP_CHUNK_INIT;
    put16(chunk + 2, SCTP_INIT_SIZE);
    put32(chunk + 4, token | 1U << 31); // the initiate tag, not 0
    put32(chunk + 8, UINT16_MAX);       // window
    put16(chunk + 12, 1);               // streams out and in
    put16(chunk + 14, 1);
    put32(chunk + 16, token);
    uint32_t crc = crc32c(ret, size);
    for (int i = 0; i < 4; i++) {
        ret[8 + i] = (uint8_t)(crc >> (8 * i));
    }
    return size;
}

size_t packet_make(const struct lab_probe *probe, uint32_t token, uint8_t *ret)
{
    memset(ret, 0, PACKET_MAX);
    switch (probe->protocol) {
    case PROTO_ICMP:
    case PROTO_ICMPV6:
        return make_icmp(probe, token, ret);
    case PROTO_SCTP:
        return make_sctp(probe, token, ret);
    default:
        put_token(ret, token);
        return TOKEN_SIZE;
    }
}

bool packet_token(uint8_t protocol, const uint8_t *data, size_t size, uint32_t *ret)
{
    if (protocol == PROTO_SCTP) {
        bool is_ours = size == SCTP_HEADER + SCTP_INIT_SIZE && data[SCTP_HEADER] == SCTP_CHUNK_INIT;
        *ret = is_ours ? get32(data + SCTP_HEADER + 16) : 0;
        return is_ours && get32(data + SCTP_HEADER + 4) == (*ret | 1U << 31);
    }
    size_t offset = protocol == PROTO_ICMP || protocol == PROTO_ICMPV6 ? ICMP_HEADER : 0;
    if (size < offset + TOKEN_SIZE || memcmp(data + offset, magic, sizeof magic) != 0) {
        return false;
    }
    *ret = get32(data + offset + MAGIC_SIZE);
    return true;
}

// Of connection tracking: any other type is an error or an answer, and INVALID without the connection that it is about.
static bool opens_connection(uint8_t protocol, uint8_t type)
{
    static const uint8_t v4[] = {8, 13, 15, 17}, v6[] = {128, 139};
    const uint8_t *types = protocol == PROTO_ICMP ? v4 : v6;
    return memchr(types, type, protocol == PROTO_ICMP ? sizeof v4 : sizeof v6) != NULL;
}

bool lab_can_send(const struct lab_probe *probe)
{
    // Hop-by-hop options, routing, fragment, ESP, AH, no next header, destination options, mobility, HIP, shim6.
    static const uint8_t extensions[] = {0, 43, 44, 50, 51, 59, 60, 135, 139, 140};
    uint8_t protocol = probe->protocol;
    if (!lab_has_family(probe->source.family)) {
        return false;
    }
    if (probe->source.family == IP_V6 && memchr(extensions, protocol, sizeof extensions) != NULL) {
        return false;
    }
    if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) {
        return (protocol == PROTO_ICMPV6) == (probe->source.family == IP_V6) &&
               opens_connection(protocol, probe->icmp_type);
    }
    // A raw socket of protocol 0 or 255 is something else.
    return protocol != 0 && protocol != 255 && protocol != PROTO_UDPLITE;
}
