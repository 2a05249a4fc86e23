// SPDX-License-Identifier: GPL-2.0-or-later
// What passes before any policy: established connections, neighbour discovery, DHCP of guests, and what the host sends
// to its own workloads.
#include "lower_dispatch.h"

struct stmt established(void)
{
    static const uint32_t bits = 6; // established, related
    return stmt_value(KEY_CT_STATE, OP_BITS, &bits, sizeof bits);
}

struct stmt interface_prefix(enum rule_key key, const char *prefix)
{
    size_t length = strlen(prefix);
    struct stmt stmt = stmt_value(key, OP_PREFIX, prefix, length);
    stmt.bits = (uint8_t)(length * 8);
    return stmt;
}

void of_workloads(struct lower *lower, struct chain *chain, enum rule_key key,
                  const struct set *interfaces, struct stmt verdict)
{
    chain_add2(lower, chain, stmt_in_set(key, interfaces), verdict);
    for (size_t i = 0; i < lower->plan->settings.interface_prefix_count; i++) {
        const char *prefix = lower->plan->settings.interface_prefixes[i];
        chain_add2(lower, chain, interface_prefix(key, prefix), verdict);
    }
}

struct stmt byte_stmt(enum rule_key key, enum match_op op, uint8_t value, uint8_t end)
{
    struct stmt stmt = stmt_value(key, op, &value, 1);
    stmt.value_end[0] = end;
    return stmt;
}

// Neighbour discovery and MLD (RFC 4861, 2710, 3810): without them IPv6 does not work at all.
void accept_discovery(struct lower *lower, struct chain *chain)
{
    struct stmt accept = stmt_verdict(VERDICT_ACCEPT, NULL);
    chain_add2(lower, chain, byte_stmt(KEY_ICMPV6_TYPE, OP_RANGE, 130, 136), accept);
    chain_add2(lower, chain, byte_stmt(KEY_ICMPV6_TYPE, OP_EQ, 143, 0), accept);
}

// DHCP of guests comes from 0.0.0.0 or, when a lease is renewed, from an own address; DHCPv6 from fe80::/10.
void accept_dhcp(struct lower *lower, struct chain *chain, const struct entries *entries)
{
    static const uint8_t any4[4];
    static const uint8_t link_local[16] = {0xfe, 0x80};
    struct stmt accept = stmt_verdict(VERDICT_ACCEPT, NULL);
    struct stmt from_any = stmt_value(KEY_IP_SADDR, OP_EQ, any4, sizeof any4);
    struct stmt from_link = stmt_value(KEY_IP6_SADDR, OP_PREFIX, link_local, sizeof link_local);
    from_link.bits = 10;
    struct stmt dhcp[] = {stmt_port(KEY_UDP_SPORT, 68), stmt_port(KEY_UDP_DPORT, 67), from_any,
                          accept};
    struct stmt dhcp6[] = {stmt_port(KEY_UDP_SPORT, 546), stmt_port(KEY_UDP_DPORT, 547), from_link,
                           accept};
    chain_add(lower, chain, dhcp, ARRAY_COUNT(dhcp), NULL, LOC_NONE);
    const struct set *own = make_map(lower, entries, "own", IP_V4, MAP_OWN);
    struct stmt renewal[] = {stmt_port(KEY_UDP_SPORT, 68), stmt_port(KEY_UDP_DPORT, 67),
                             stmt_vmap(KEY_IIFNAME, KEY_IP_SADDR, own)};
    chain_add(lower, chain, renewal, ARRAY_COUNT(renewal), NULL, LOC_NONE);
    chain_add(lower, chain, dhcp6, ARRAY_COUNT(dhcp6), NULL, LOC_NONE);
}

void accept_dhcp_of_workloads(struct lower *lower, struct chain *chain)
{
    struct entries entries = collect_entries(lower);
    struct stmt jump = stmt_verdict(VERDICT_JUMP, CHAIN_DHCP);
    accept_dhcp(lower, lower_chain(lower, CHAIN_DHCP), &entries);
    of_workloads(lower, chain, KEY_IIFNAME, make_interfaces(lower), jump);
}

void accept_to_workloads(struct lower *lower, struct chain *chain)
{
    of_workloads(lower, chain, KEY_OIFNAME, make_interfaces(lower),
                 stmt_verdict(VERDICT_ACCEPT, NULL));
}
