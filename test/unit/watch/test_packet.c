// SPDX-License-Identifier: GPL-2.0-or-later
// Packets: whole ones, with options and extension headers, and every way in which a length does not fit.
#include "packet.h"
#include "unit.h"
#include "watch_helper.h"

static const struct ends v4 = {"192.0.2.53", "10.65.0.10", 53, 40000};
static const struct ends v6 = {"2001:db8::53", "fd65::10", 53, 40000};

// In memory of exactly this size, so that a byte behind it is found.
static enum packet_status parse(const struct wire *wire, size_t size, struct packet *ret)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, wire->bytes, size);
    enum packet_status status = packet_parse(copy, size, ret);
    bool inside =
        status != PACKET_FINE || (ret->payload >= copy && ret->payload + ret->size <= copy + size);
    ret->payload = NULL;
    free(copy);
    ck_assert(inside);
    return status;
}

static void check_whole(const struct ends *ends, const struct wire *wire, uint8_t protocol,
                        size_t payload)
{
    struct packet packet;
    char text[IP_TEXT_MAX];
    ck_assert_int_eq(parse(wire, wire->size, &packet), PACKET_FINE);
    ck_assert_str_eq(ip_addr_text(packet.source, text), ends->source);
    ck_assert_str_eq(ip_addr_text(packet.destination, text), ends->destination);
    ck_assert_uint_eq(packet.source_port, 53);
    ck_assert_uint_eq(packet.destination_port, 40000);
    ck_assert_uint_eq(packet.protocol, protocol);
    ck_assert_uint_eq(packet.size, payload);
}

START_TEST(whole)
{
    struct wire message = dns_message(1, "a.example", "abcd");
    const struct ends *both[] = {&v4, &v6};
    for (size_t i = 0; i < ARRAY_COUNT(both); i++) {
        struct wire udp = udp_packet(both[i], &message);
        struct wire tcp = tcp_packet(both[i], 7, 0, message.bytes, message.size);
        check_whole(both[i], &udp, PROTO_UDP, message.size);
        check_whole(both[i], &tcp, PROTO_TCP, message.size);
    }
}
END_TEST

START_TEST(cut_anywhere)
{
    struct wire message = dns_message(1, "a.example", "abcd");
    struct wire packets[] = {
        udp_packet(&v4, &message),
        udp_packet(&v6, &message),
        tcp_packet(&v4, 7, 0, message.bytes, message.size),
        tcp_packet(&v6, 7, 0, message.bytes, message.size),
    };
    struct packet packet;
    for (size_t i = 0; i < ARRAY_COUNT(packets); i++) {
        for (size_t size = 0; size < packets[i].size; size++) {
            ck_assert_int_eq(parse(&packets[i], size, &packet), PACKET_MALFORMED);
        }
    }
}
END_TEST

START_TEST(padding)
{
    struct wire message = dns_message(1, "a.example", "abcd");
    struct wire v4_wire = udp_packet(&v4, &message), v6_wire = udp_packet(&v6, &message);
    wire32(&v4_wire, 0xdeadbeef);
    wire32(&v6_wire, 0xdeadbeef);
    check_whole(&v4, &v4_wire, PROTO_UDP, message.size);
    check_whole(&v6, &v6_wire, PROTO_UDP, message.size);
    // What IP has and UDP does not.
    v4_wire.bytes[3] += 4;
    check_whole(&v4, &v4_wire, PROTO_UDP, message.size);
}
END_TEST

struct patch {
    size_t at;
    uint8_t value;
    enum packet_status wanted;
};

START_TEST(wrong_fields_of_ipv4)
{
    static const struct patch patches[] = {
        {0, 0x44, PACKET_MALFORMED}, {0, 0x4f, PACKET_MALFORMED}, {0, 0x55, PACKET_MALFORMED},
        {0, 0x05, PACKET_MALFORMED}, {2, 0xff, PACKET_MALFORMED}, {3, 19, PACKET_MALFORMED},
        {6, 0x20, PACKET_OTHER},     {7, 1, PACKET_OTHER},        {9, 1, PACKET_OTHER},
        {9, 47, PACKET_OTHER},       {9, 132, PACKET_OTHER},      {24, 0xff, PACKET_MALFORMED},
        {25, 7, PACKET_MALFORMED},   {25, 0, PACKET_MALFORMED},   {6, 0x40, PACKET_FINE},
    };
    struct wire message = dns_message(1, "a.example", "abcd");
    struct packet packet;
    for (size_t i = 0; i < ARRAY_COUNT(patches); i++) {
        struct wire wire = udp_packet(&v4, &message);
        wire.bytes[patches[i].at] = patches[i].value;
        ck_assert_msg(parse(&wire, wire.size, &packet) == patches[i].wanted, "patch %zu", i);
    }
}
END_TEST

START_TEST(wrong_fields_of_tcp)
{
    struct wire wire = tcp_packet(&v4, 7, TEST_SYN, "abc", 3);
    struct packet packet;
    ck_assert_int_eq(parse(&wire, wire.size, &packet), PACKET_FINE);
    ck_assert_uint_eq(packet.sequence, 8); // SYN takes a number
    ck_assert(packet.syn && !packet.fin && !packet.rst);
    wire.bytes[32] = 0x40; // a header of 16 bytes
    ck_assert_int_eq(parse(&wire, wire.size, &packet), PACKET_MALFORMED);
    wire.bytes[32] = 0x60; // one that ends behind the packet
    ck_assert_int_eq(parse(&wire, wire.size, &packet), PACKET_MALFORMED);
}
END_TEST

START_TEST(options_of_ipv4)
{
    struct wire message = dns_message(1, "a.example", "abcd");
    struct wire plain = udp_packet(&v4, &message), wire = {.size = 0};
    wire_bytes(&wire, plain.bytes, 20);
    wire32(&wire, 0x01010100);
    wire_bytes(&wire, plain.bytes + 20, plain.size - 20);
    wire.bytes[0] = 0x46;
    wire.bytes[3] += 4;
    check_whole(&v4, &wire, PROTO_UDP, message.size);
}
END_TEST

// The packet with headers of 8 bytes, of the given types, between IPv6 and UDP.
static struct wire extended(const uint8_t *types, size_t count, unsigned second)
{
    struct wire message = dns_message(1, "a.example", "abcd");
    struct wire plain = udp_packet(&v6, &message), wire = {.size = 0};
    wire_bytes(&wire, plain.bytes, 40);
    for (size_t i = 0; i < count; i++) {
        wire8(&wire, i + 1 < count ? types[i + 1] : PROTO_UDP);
        wire8(&wire, 0);
        wire16(&wire, second);
        wire32(&wire, 0);
    }
    wire_bytes(&wire, plain.bytes + 40, plain.size - 40);
    wire.bytes[5] = (uint8_t)(wire.size - 40);
    wire.bytes[6] = types[0];
    return wire;
}

START_TEST(extensions_of_ipv6)
{
    static const uint8_t all[] = {0, 43, 60, 44}, many[9] = {0}, authentication[] = {51};
    struct packet packet;
    struct wire wire = extended(all, ARRAY_COUNT(all), 0);
    ck_assert_int_eq(parse(&wire, wire.size, &packet), PACKET_FINE);
    for (size_t size = 0; size < wire.size; size++) {
        ck_assert_int_eq(parse(&wire, size, &packet), PACKET_MALFORMED);
    }
    wire = extended(many, ARRAY_COUNT(many), 0);
    ck_assert_int_eq(parse(&wire, wire.size, &packet), PACKET_MALFORMED);
    wire = extended(authentication, 1, 0);
    ck_assert_int_eq(parse(&wire, wire.size, &packet), PACKET_OTHER);
}
END_TEST

START_TEST(fragments_of_ipv6)
{
    static const uint8_t fragment[] = {44};
    struct packet packet;
    struct wire wire = extended(fragment, 1, 1); // more to come
    ck_assert_int_eq(parse(&wire, wire.size, &packet), PACKET_OTHER);
    wire = extended(fragment, 1, 8); // not the first one
    ck_assert_int_eq(parse(&wire, wire.size, &packet), PACKET_OTHER);
    wire = extended(fragment, 1, 0); // the whole packet
    ck_assert_int_eq(parse(&wire, wire.size, &packet), PACKET_FINE);
}
END_TEST

UNIT_TESTS("packet", whole, cut_anywhere, padding, wrong_fields_of_ipv4, wrong_fields_of_tcp,
           options_of_ipv4, extensions_of_ipv6, fragments_of_ipv6)
