// SPDX-License-Identifier: GPL-2.0-or-later
// Protocols and services by name, as flow logs and people write them (semantics.md 9.2).
#include "internal.h"

#include <strings.h>

enum { ECHO_REQUEST = 8, ECHO_REQUEST6 = 128 };

static const struct {
    const char *name;
    uint8_t number;
} protocols[] = {
    {"icmp", PROTO_ICMP},     {"ipip", 4},          {"tcp", PROTO_TCP},
    {"udp", PROTO_UDP},       {"esp", 50},          {"icmp6", PROTO_ICMPV6},
    {"icmpv6", PROTO_ICMPV6}, {"sctp", PROTO_SCTP}, {"udplite", PROTO_UDPLITE},
};
const char *const flow_protocol_names[] = {"tcp",  "udp",     "icmp", "icmp6",
                                           "sctp", "udplite", "ipip", "esp"};
const size_t flow_protocol_name_count = ARRAY_COUNT(flow_protocol_names);

uint8_t flow_protocol_parse(const char *text)
{
    char *end;
    for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
        if (strcasecmp(text, protocols[i].name) == 0) {
            return protocols[i].number;
        }
    }
    unsigned long number = strtoul(text, &end, 10);
    bool digits = text[0] >= '0' && text[0] <= '9' && *end == '\0';
    return digits && number <= UINT8_MAX ? (uint8_t)number : 0;
}

void flow_default_icmp(struct flow *flow)
{
    bool icmp = flow->protocol == PROTO_ICMP || flow->protocol == PROTO_ICMPV6;
    if (!icmp) {
        flow->icmp_type = flow->icmp_code = -1;
    } else if (flow->icmp_type < 0) {
        flow->icmp_type = flow->protocol == PROTO_ICMP ? ECHO_REQUEST : ECHO_REQUEST6;
        flow->icmp_code = 0;
    } else if (flow->icmp_code < 0) {
        flow->icmp_code = 0;
    }
}

const char *flow_protocol_text(struct arena *arena, uint8_t protocol)
{
    for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
        if (protocols[i].number == protocol) {
            return protocols[i].name;
        }
    }
    return arena_printf(arena, "protocol %u", protocol);
}

const char *flow_service_text(struct arena *arena, const struct flow *flow)
{
    const char *protocol = flow_protocol_text(arena, flow->protocol);
    if (proto_has_ports(flow->protocol)) {
        return arena_printf(arena, "%s/%u", protocol, flow->destination_port);
    }
    if (flow->icmp_type >= 0) {
        return arena_printf(arena, "%s type %d code %d", protocol, flow->icmp_type,
                            flow->icmp_code >= 0 ? flow->icmp_code : 0);
    }
    return protocol;
}
