// SPDX-License-Identifier: GPL-2.0-or-later
// Failsafe ports: chains that let them through before any policy of a host endpoint (semantics.md 6.5).
#include "lower.h"

#include "keys.h"

#include <linux/netfilter.h>

// Where they pass: a packet that passes before connection tracking or before NAT comes by in the stage behind again.
struct way {
    struct chain *chain;
    int direction;
    bool counted; // in this stage
    struct stmt verdict;
};

// One port of the list, looked at as the destination or the source of the packet. The prefix is that of the remote end.
static void add_port(struct lower *lower, const struct way *way,
                     const struct plan_failsafe *failsafe, bool reply)
{
    int direction = way->direction;
    struct stmt stmts[5];
    size_t count = 0;
    if (failsafe->has_net && failsafe->net.bits > 0) {
        size_t length = ip_family_bits(failsafe->net.addr.family) / 8;
        struct stmt net = stmt_value(key_address(failsafe->net.addr.family, direction == PLAN_IN),
                                     cidr_is_host(failsafe->net) ? OP_EQ : OP_PREFIX,
                                     failsafe->net.addr.bytes, length);
        net.bits = failsafe->net.bits;
        stmts[count++] = net;
    } else if (failsafe->has_net) {
        uint8_t family = failsafe->net.addr.family == IP_V4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
        stmts[count++] = stmt_value(KEY_NFPROTO, OP_EQ, &family, 1);
    }
    stmts[count++] = stmt_port(key_port(failsafe->protocol, reply), failsafe->port);
    if (way->counted) {
        stmts[count++] = stmt_counter();
    }
    stmts[count++] = way->verdict;
    char protocol[VALUE_TEXT_MAX];
    const char *what =
        arena_printf(lower->arena, "%s/%u%s", protocol_text(failsafe->protocol, protocol),
                     failsafe->port, reply ? " reply" : "");
    chain_add(lower, way->chain, stmts, count,
              rule_comment(lower, "failsafe", direction, what, LOC_NONE), LOC_NONE);
}

const char *lower_failsafe(struct lower *lower, int direction, enum plan_stage stage)
{
    bool replies = stage == PLAN_UNTRACKED, last = stage == PLAN_NORMAL;
    const struct plan_failsafes *ports = lower->plan->settings.failsafes;
    const struct plan_failsafes *own = &ports[direction], *other = &ports[1 - direction];
    if (own->count + (replies ? other->count : 0) == 0) {
        return NULL;
    }
    const char *name = arena_printf(lower->arena, "failsafe/%s%s", direction_text(direction),
                                    replies ? path_untracked_in.suffix
                                    : last  ? ""
                                            : path_prednat.suffix);
    if (strmap_get(lower->chains, name) != NULL) {
        return name;
    }
    struct way way = {lower_chain(lower, name), direction, last,
                      last ? flow_allow(lower) : stmt_verdict(VERDICT_ACCEPT, NULL)};
    for (size_t i = 0; i < own->count; i++) {
        add_port(lower, &way, &own->items[i], false);
    }
    for (size_t i = 0; replies && i < other->count; i++) {
        add_port(lower, &way, &other->items[i], true);
    }
    return name;
}
