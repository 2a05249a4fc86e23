// SPDX-License-Identifier: GPL-2.0-or-later
// Packets and DNS messages for the tests of module watch.
#pragma once

#include <polc/net.h>
#include <polc/watch.h>

struct wire {
    uint8_t bytes[70000];
    size_t size;
};

static inline void wire8(struct wire *wire, unsigned value)
{
    wire->bytes[wire->size++] = (uint8_t)value;
}

static inline void wire16(struct wire *wire, unsigned value)
{
    wire8(wire, value >> 8);
    wire8(wire, value & 255);
}

static inline void wire32(struct wire *wire, uint32_t value)
{
    wire16(wire, value >> 16);
    wire16(wire, value & 0xffff);
}

static inline void wire_bytes(struct wire *wire, const void *data, size_t size)
{
    memcpy(wire->bytes + wire->size, data, size);
    wire->size += size;
}

static inline void wire_name(struct wire *wire, const char *name)
{
    while (*name != '\0') {
        size_t length = strcspn(name, ".");
        wire8(wire, (unsigned)length);
        wire_bytes(wire, name, length);
        name += length + (name[length] == '.');
    }
    wire8(wire, 0);
}

// A question for A, and with `addr` (four bytes) its answer.
static inline struct wire dns_message(uint16_t id, const char *name, const char *addr)
{
    struct wire wire = {.size = 0};
    wire16(&wire, id);
    wire16(&wire, addr != NULL ? 0x8180 : 0x0100);
    wire16(&wire, 1);
    wire16(&wire, addr != NULL);
    wire32(&wire, 0);
    wire_name(&wire, name);
    wire16(&wire, 1);
    wire16(&wire, 1);
    if (addr != NULL) {
        wire16(&wire, 0xc00c);
        wire16(&wire, 1);
        wire16(&wire, 1);
        wire32(&wire, 300);
        wire16(&wire, 4);
        wire_bytes(&wire, addr, 4);
    }
    return wire;
}

struct ends {
    const char *source, *destination;
    uint16_t source_port, destination_port;
};

static inline struct ip_addr test_addr(const char *text)
{
    struct ip_addr addr = {0};
    if (ip_addr_parse(text, strlen(text), &addr) != ADDR_OK) {
        abort();
    }
    return addr;
}

// An IP header without options or extensions, for `size` bytes behind it.
static inline struct wire ip_header(const struct ends *ends, uint8_t protocol, size_t size)
{
    struct wire wire = {.size = 0};
    struct ip_addr source = test_addr(ends->source), destination = test_addr(ends->destination);
    if (source.family == IP_V4) {
        wire16(&wire, 0x4500);
        wire16(&wire, (unsigned)(20 + size));
        wire32(&wire, 0x4000);
        wire16(&wire, 64u << 8 | protocol);
        wire16(&wire, 0);
    } else {
        wire32(&wire, 0x60000000);
        wire16(&wire, (unsigned)size);
        wire16(&wire, (unsigned)protocol << 8 | 64);
    }
    wire_bytes(&wire, source.bytes, source.family == IP_V4 ? 4 : 16);
    wire_bytes(&wire, destination.bytes, source.family == IP_V4 ? 4 : 16);
    return wire;
}

static inline struct wire udp_packet(const struct ends *ends, const struct wire *payload)
{
    struct wire wire = ip_header(ends, PROTO_UDP, payload->size + 8);
    wire16(&wire, ends->source_port);
    wire16(&wire, ends->destination_port);
    wire16(&wire, (unsigned)(payload->size + 8));
    wire16(&wire, 0);
    wire_bytes(&wire, payload->bytes, payload->size);
    return wire;
}

enum { TEST_FIN = 1, TEST_SYN = 2, TEST_RST = 4, TEST_ACK = 16 };

static inline struct wire tcp_packet(const struct ends *ends, uint32_t sequence, unsigned flags,
                                     const void *payload, size_t size)
{
    struct wire wire = ip_header(ends, PROTO_TCP, size + 20);
    wire16(&wire, ends->source_port);
    wire16(&wire, ends->destination_port);
    wire32(&wire, sequence);
    wire32(&wire, 1);
    wire16(&wire, 0x5000 | flags | TEST_ACK);
    wire16(&wire, 1000);
    wire32(&wire, 0);
    wire_bytes(&wire, payload, size);
    return wire;
}
