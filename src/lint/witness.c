// SPDX-License-Identifier: GPL-2.0-or-later
// Choosing and printing a packet.
#include "witness.h"

#include <ctype.h>

enum { ECHO_V4 = 8, ECHO_V6 = 128, ICMP_CODES = 256 };

static wide first_of(const struct space *space, uint32_t set)
{
    size_t count;
    return space_items(space, set, &count)[0].min;
}

// The first of `wanted` that is in the set, else its lowest number.
static wide choose(const struct space *space, uint32_t set, const wide *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (space_has(space, set, wanted[i])) {
            return wanted[i];
        }
    }
    return first_of(space, set);
}

// An address that the RFCs keep for examples; else one of the first range that is neither a network's own address nor,
// if that can be helped, `other`.
static wide choose_address(const struct space *space, uint32_t set, uint8_t family, wide other)
{
    static const struct ip_addr example4 = {IP_V4, {198, 51, 100, 7}};
    static const struct ip_addr example6 = {IP_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 7}};
    enum { TRIED = 3 };
    size_t count;
    struct range first = space_items(space, set, &count)[0];
    wide wanted = wide_of_addr(family == IP_V4 ? example4 : example6);
    if (space_has(space, set, wanted)) {
        return wanted;
    }
    for (wide i = 1; i <= TRIED && first.min + i < first.max; i++) {
        if (first.min + i != other) {
            return first.min + i;
        }
    }
    return first.min == other && count > 1 ? space_items(space, set, &count)[1].min : first.min;
}

// The side with fewer addresses first: that is the endpoint.
static void choose_addresses(const struct space *space, const struct box *box,
                             struct witness *witness)
{
    size_t count;
    const struct range *source = space_items(space, box->sides[SIDE_SOURCE], &count);
    const struct range *destination = space_items(space, box->sides[SIDE_DESTINATION], &count);
    bool source_first = source->max - source->min < destination->max - destination->min;
    enum side first = source_first ? SIDE_SOURCE : SIDE_DESTINATION;
    enum side second = source_first ? SIDE_DESTINATION : SIDE_SOURCE;
    wide none = ~(wide)0;
    witness->sides[first] = choose_address(space, box->sides[first], witness->family, none);
    witness->sides[second] =
        choose_address(space, box->sides[second], witness->family, witness->sides[first]);
}

struct witness witness_of(struct judge *judge, uint32_t class, const struct box *box,
                          uint8_t family)
{
    const struct space *space = judge_space(judge);
    static const wide protocols[] = {PROTO_TCP, PROTO_UDP};
    static const wide destination_ports[] = {443, 1};
    static const wide source_ports[] = {40000, 1};
    const wide icmps[] = {(family == IP_V4 ? ECHO_V4 : ECHO_V6) * ICMP_CODES};
    const uint32_t *sides = box->sides;
    struct witness witness = {.family = family};
    witness.sides[SIDE_PROTOCOL] =
        choose(space, sides[SIDE_PROTOCOL], protocols, ARRAY_COUNT(protocols));
    witness.sides[SIDE_DESTINATION_PORT] = choose(
        space, sides[SIDE_DESTINATION_PORT], destination_ports, ARRAY_COUNT(destination_ports));
    witness.sides[SIDE_SOURCE_PORT] =
        choose(space, sides[SIDE_SOURCE_PORT], source_ports, ARRAY_COUNT(source_ports));
    witness.sides[SIDE_ICMP] = choose(space, sides[SIDE_ICMP], icmps, ARRAY_COUNT(icmps));
    choose_addresses(space, box, &witness);
    enum side side;
    bool is_host;
    struct ip_addr own = judge_host_address(judge, class, family, &side, &is_host);
    bool known = own.family == family && space_has(space, sides[side], wide_of_addr(own));
    if (known) {
        witness.sides[side] = wide_of_addr(own);
    }
    witness.located = known || !is_host;
    return witness;
}

static bool has_icmp(const struct witness *witness)
{
    return witness->sides[SIDE_PROTOCOL] == (witness->family == IP_V4 ? PROTO_ICMP : PROTO_ICMPV6);
}

// "tcp", "icmp6", "47"
static const char *protocol_text(struct arena *arena, const struct witness *witness)
{
    unsigned protocol = (unsigned)witness->sides[SIDE_PROTOCOL];
    const char *name = protocol == PROTO_ICMPV6 ? "icmp6" : proto_name(protocol);
    char *text = name != NULL ? arena_strdup(arena, name) : arena_printf(arena, "%u", protocol);
    for (char *at = text; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return text;
}

static const char *address_text(struct arena *arena, const struct witness *witness, enum side side)
{
    char buffer[IP_TEXT_MAX];
    return arena_strdup(arena,
                        ip_addr_text(addr_of_wide(witness->sides[side], witness->family), buffer));
}

static const char *end_text(struct arena *arena, const struct witness *witness, enum side addresses,
                            enum side ports)
{
    char buffer[IP_TEXT_MAX];
    if (!proto_has_ports((unsigned)witness->sides[SIDE_PROTOCOL])) {
        return address_text(arena, witness, addresses);
    }
    struct ip_addr addr = addr_of_wide(witness->sides[addresses], witness->family);
    return arena_strdup(arena, ip_port_text(addr, (uint16_t)witness->sides[ports], buffer));
}

const char *witness_text(struct arena *arena, const struct witness *witness)
{
    const char *text =
        arena_printf(arena, "%s -> %s %s", end_text(arena, witness, SIDE_SOURCE, SIDE_SOURCE_PORT),
                     end_text(arena, witness, SIDE_DESTINATION, SIDE_DESTINATION_PORT),
                     protocol_text(arena, witness));
    unsigned icmp = (unsigned)witness->sides[SIDE_ICMP];
    return has_icmp(witness) ? arena_printf(arena, "%s type %u code %u", text, icmp / ICMP_CODES,
                                            icmp % ICMP_CODES)
                             : text;
}

const char *witness_options(struct arena *arena, const struct witness *witness)
{
    const char *text = arena_printf(
        arena, "--from %s --to %s --proto %s", address_text(arena, witness, SIDE_SOURCE),
        address_text(arena, witness, SIDE_DESTINATION), protocol_text(arena, witness));
    unsigned icmp = (unsigned)witness->sides[SIDE_ICMP];
    if (has_icmp(witness)) {
        return arena_printf(arena, "%s --icmp %u/%u", text, icmp / ICMP_CODES, icmp % ICMP_CODES);
    }
    if (!proto_has_ports((unsigned)witness->sides[SIDE_PROTOCOL])) {
        return text;
    }
    return arena_printf(arena, "%s --sport %u --dport %u", text,
                        (unsigned)witness->sides[SIDE_SOURCE_PORT],
                        (unsigned)witness->sides[SIDE_DESTINATION_PORT]);
}
