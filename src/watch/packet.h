// SPDX-License-Identifier: GPL-2.0-or-later
// An IP packet with UDP or TCP in it, read strictly and never behind its end.
#pragma once

#include <polc/net.h>

enum packet_status {
    PACKET_FINE,
    PACKET_OTHER,     // neither UDP nor TCP, or a fragment
    PACKET_MALFORMED, // a length that does not fit
};

struct packet {
    struct ip_addr source, destination;
    uint16_t source_port, destination_port; // host byte order
    uint8_t protocol;                       // PROTO_UDP or PROTO_TCP
    bool syn, fin, rst;                     // of TCP
    uint32_t sequence;                      // of TCP: of the first byte of the payload
    const uint8_t *payload;                 // inside of the bytes that were given
    size_t size;
};

// `bytes` begin with the IP header. Bytes behind the length that the header names are padding. Checksums are not looked
// at: a packet between local interfaces has none yet, and conntrack has refused the others where it checks them.
enum packet_status packet_parse(const uint8_t *bytes, size_t size, struct packet *ret);
