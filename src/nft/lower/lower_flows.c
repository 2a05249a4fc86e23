// SPDX-License-Identifier: GPL-2.0-or-later
// The flow table: every path of a packet that concerns an endpoint ends in one of these chains, which record it and give
// the verdict.
//   flow/allow      the first packet of a connection, counted in flows4 or flows6; accept
//   flow/allow-to   the same; but forwarded packets are left to host-forward-out behind it, which may still drop them
//   flow/deny       every denied packet, counted in denied4 or denied6; drop
//   flow/reject     the same with an answer
// Only new connections come by: the hooks accept what is established first. A packet is recorded where nothing behind it
// can judge it any more, and so once, whatever the number of endpoints that it concerns. Each update stands in a rule that
// gives the verdict too: a full set ends that rule, and the verdict is that of the last one, which counts what was lost.
// Kernel fact: nft 1.0 forgets a test of the protocol before a port of any transport, so that ICMP has a chain of its own.
#include "lower.h"

#include "keys.h"

struct recorder {
    struct lower *lower;
    const char *set;     // SET_FLOWS, SET_DENIED
    struct stmt verdict; // of all its rules
};

bool lower_records(const struct lower *lower)
{
    return lower->plan->settings.flow_size > 0;
}

// ---- sets -----------------------------------------------------------------------------------------------------

static const struct set *flow_set(struct lower *lower, const char *kind, uint8_t family)
{
    bool is_new;
    struct set *set =
        lower_set(lower, arena_printf(lower->arena, "%s%u", kind, family), SET_FLOWS_SEEN, &is_new);
    set->family = family;
    set->dynamic = true;
    set->timeout = lower->plan->settings.flow_timeout;
    set->size = lower->plan->settings.flow_size;
    return set;
}

// ---- rules ----------------------------------------------------------------------------------------------------

static struct stmt update(const struct recorder *recorder, uint8_t family, enum rule_key port)
{
    return (struct stmt){.kind = STMT_UPDATE,
                         .key_count = 4,
                         .keys = {(uint8_t)key_address(family, true),
                                  (uint8_t)key_address(family, false), KEY_L4PROTO, (uint8_t)port},
                         .set = flow_set(recorder->lower, recorder->set, family)};
}

static void record(const struct recorder *recorder, struct chain *chain, uint8_t family,
                   enum rule_key port)
{
    chain_add2(recorder->lower, chain, update(recorder, family, port), recorder->verdict);
}

static struct stmt protocol(enum match_op op, uint8_t number)
{
    return stmt_value(KEY_L4PROTO, op, &number, 1);
}

// Protocols without ports: not those that a full set has left over.
static void record_others(const struct recorder *recorder, struct chain *chain, uint8_t family)
{
    struct stmt stmts[] = {protocol(OP_NE, PROTO_TCP), protocol(OP_NE, PROTO_UDP),
                           protocol(OP_NE, PROTO_SCTP), update(recorder, family, KEY_NO_PORT),
                           recorder->verdict};
    chain_add(recorder->lower, chain, stmts, ARRAY_COUNT(stmts), NULL, LOC_NONE);
}

static void count_lost(const struct recorder *recorder, struct chain *chain)
{
    struct stmt stmts[] = {stmt_counter(), recorder->verdict};
    chain_add(recorder->lower, chain, stmts, ARRAY_COUNT(stmts), COMMENT_FLOWS_LOST, LOC_NONE);
}

static const char *icmp_chain(const struct recorder *recorder, const char *name)
{
    struct chain *chain = lower_chain(recorder->lower, name);
    if (chain->count == 0) {
        record(recorder, chain, IP_V4,
               KEY_TH_SPORT); // type and code stand where the source port would
        record(recorder, chain, IP_V6, KEY_TH_SPORT);
        count_lost(recorder, chain);
    }
    return name;
}

// The most frequent ones first.
static void fill(const struct recorder *recorder, struct chain *chain, const char *icmp)
{
    static const uint8_t families[] = {IP_V4, IP_V6};
    static const uint8_t ports[] = {KEY_TCP_DPORT, KEY_UDP_DPORT};
    struct stmt go = stmt_verdict(VERDICT_GOTO, icmp_chain(recorder, icmp));
    for (size_t i = 0; i < ARRAY_COUNT(ports); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(families); j++) {
            record(recorder, chain, families[j], ports[i]);
        }
    }
    chain_add2(recorder->lower, chain, protocol(OP_EQ, PROTO_ICMP), go);
    chain_add2(recorder->lower, chain, protocol(OP_EQ, PROTO_ICMPV6), go);
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        record(recorder, chain, families[i], KEY_SCTP_DPORT);
        record_others(recorder, chain, families[i]);
    }
    count_lost(recorder, chain);
}

// ---- chains ---------------------------------------------------------------------------------------------------

// A connection is confirmed once its first packet is through: more of them come while there is no answer.
static void fill_allow(struct lower *lower, struct chain *chain)
{
    static const uint32_t confirmed = CT_STATUS_CONFIRMED, none = 1 | 64; // invalid, untracked
    struct stmt accept = stmt_verdict(VERDICT_ACCEPT, NULL);
    struct recorder recorder = {lower, SET_FLOWS, accept};
    chain_add2(lower, chain, stmt_value(KEY_CT_STATUS, OP_BITS, &confirmed, sizeof confirmed),
               accept);
    chain_add2(lower, chain, stmt_value(KEY_CT_STATE, OP_BITS, &none, sizeof none), accept);
    fill(&recorder, chain, CHAIN_ALLOW CHAIN_ICMP);
}

static void fill_allow_to(struct lower *lower, struct chain *chain)
{
    static const uint32_t no_interface = 0;
    chain_add2(lower, chain, stmt_value(KEY_OIF, OP_NE, &no_interface, sizeof no_interface),
               stmt_verdict(VERDICT_ACCEPT, NULL));
    fill_allow(lower, chain);
}

void lower_flows(struct lower *lower)
{
    static const struct stmt reject = {.kind = STMT_REJECT};
    if (!lower_records(lower)) {
        return;
    }
    struct recorder drops = {lower, SET_DENIED, stmt_verdict(VERDICT_DROP, NULL)};
    struct recorder rejects = {lower, SET_DENIED, reject};
    fill_allow(lower, lower_chain(lower, CHAIN_ALLOW));
    fill(&drops, lower_chain(lower, CHAIN_DENY), CHAIN_DENY CHAIN_ICMP);
    if (lower_hosts_forward(lower, PLAN_OUT)) {
        fill_allow_to(lower, lower_chain(lower, CHAIN_ALLOW_TO));
    }
    if (lower->plan->settings.reject) {
        fill(&rejects, lower_chain(lower, CHAIN_REJECT), CHAIN_REJECT CHAIN_ICMP);
    }
}

static struct stmt ends_in(const struct lower *lower, const char *chain, struct stmt verdict)
{
    return lower_records(lower) ? stmt_verdict(VERDICT_GOTO, chain) : verdict;
}

struct stmt flow_allow(const struct lower *lower)
{
    return ends_in(lower, CHAIN_ALLOW, stmt_verdict(VERDICT_ACCEPT, NULL));
}

struct stmt flow_allow_to(const struct lower *lower)
{
    bool later = lower_hosts_forward(lower, PLAN_OUT);
    return ends_in(lower, later ? CHAIN_ALLOW_TO : CHAIN_ALLOW, stmt_verdict(VERDICT_ACCEPT, NULL));
}

struct stmt flow_deny(const struct lower *lower)
{
    return ends_in(lower, CHAIN_DENY, stmt_verdict(VERDICT_DROP, NULL));
}

struct stmt flow_reject(const struct lower *lower)
{
    return ends_in(lower, CHAIN_REJECT, (struct stmt){.kind = STMT_REJECT});
}
