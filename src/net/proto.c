// SPDX-License-Identifier: GPL-2.0-or-later
// Protocols by Calico's names (semantics.md 4.2) and by number.
#include <polc/net.h>

const char *const proto_names[] = {"ICMP", "TCP", "UDP", "ICMPv6", "SCTP", "UDPLite"};
const size_t proto_names_count = ARRAY_COUNT(proto_names);
static const uint8_t numbers[] = {PROTO_ICMP,   PROTO_TCP,  PROTO_UDP,
                                  PROTO_ICMPV6, PROTO_SCTP, PROTO_UDPLITE};
_Static_assert(ARRAY_COUNT(numbers) == ARRAY_COUNT(proto_names), "one number per name");

unsigned proto_parse(const char *text, size_t length)
{
    for (size_t i = 0; i < proto_names_count; i++) {
        if (strlen(proto_names[i]) == length && memcmp(proto_names[i], text, length) == 0) {
            return numbers[i];
        }
    }
    unsigned value = 0;
    if (length == 0 || text[0] == '0') {
        return 0; // "017" is 17 to some and 15 to others
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || value > UINT8_MAX) {
            return 0;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    return value <= UINT8_MAX ? value : 0;
}

const char *proto_name(unsigned protocol)
{
    for (size_t i = 0; i < proto_names_count; i++) {
        if (numbers[i] == protocol) {
            return proto_names[i];
        }
    }
    return NULL;
}

bool proto_has_ports(unsigned protocol)
{
    return protocol == PROTO_TCP || protocol == PROTO_UDP || protocol == PROTO_SCTP;
}
