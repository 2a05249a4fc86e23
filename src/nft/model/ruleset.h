// SPDX-License-Identifier: GPL-2.0-or-later
// The ruleset model: one table as statements, as a person would write it in nft. Lowering makes it, the text and
// JSON printers print it, linearize turns each rule into kernel expressions. Inside module nft only.
#pragma once

#include <polc/nft.h>

// What a match or a verdict map looks at. One row each in the key table (keys.c).
enum rule_key {
    KEY_IIFNAME,
    KEY_OIFNAME,
    KEY_IIF,
    KEY_OIF,
    KEY_MARK,
    KEY_NFPROTO,
    KEY_L4PROTO,
    KEY_CT_STATE,
    KEY_CT_STATUS,
    KEY_CT_DIRECTION,
    KEY_IP_SADDR,
    KEY_IP_DADDR,
    KEY_IP6_SADDR,
    KEY_IP6_DADDR,
    KEY_TCP_SPORT,
    KEY_TCP_DPORT,
    KEY_UDP_SPORT,
    KEY_UDP_DPORT,
    KEY_SCTP_SPORT,
    KEY_SCTP_DPORT,
    KEY_TH_SPORT,
    KEY_TH_DPORT,
    KEY_NO_PORT, // 0 in the place of a port, for protocols that have none
    KEY_ICMP_TYPE,
    KEY_ICMP_CODE,
    KEY_ICMPV6_TYPE,
    KEY_ICMPV6_CODE,
    KEY_COUNT
};

enum match_op {
    OP_EQ, // value
    OP_NE,
    OP_PREFIX, // the first `bits` bits of value (addresses; interface names with a trailing *)
    OP_NOT_PREFIX,
    OP_RANGE, // value..value_end
    OP_NOT_RANGE,
    OP_SET, // in the named set
    OP_NOT_SET,
    OP_BITS, // value & bits set, for ct state, ct status and mark
};

enum verdict_kind {
    VERDICT_ACCEPT,
    VERDICT_DROP,
    VERDICT_RETURN,
    VERDICT_JUMP,
    VERDICT_GOTO,
    VERDICT_CONTINUE
};

enum stmt_kind {
    STMT_MATCH,
    STMT_VMAP,
    STMT_COUNTER,
    STMT_LIMIT,
    STMT_LOG,
    STMT_COPY, // copies the packet to a netlink log group, each at once
    STMT_REJECT,
    STMT_NOTRACK,
    STMT_SET_MARK, // takes some bits of the packet mark away, then sets some
    STMT_UPDATE, // adds the keys to a dynamic set, or counts once more; the rule ends here when the set is full
    STMT_VERDICT
};

enum { STMT_MAX_KEYS = 4 };

struct stmt {
    uint8_t kind; // enum stmt_kind
    uint8_t op;   // enum match_op, of STMT_MATCH
    uint8_t
        key_count; // more than one: a concatenation (with OP_SET, OP_NOT_SET, STMT_VMAP, STMT_UPDATE only)
    uint8_t keys[STMT_MAX_KEYS]; // enum rule_key
    uint8_t verdict;             // enum verdict_kind, of STMT_VERDICT
    uint8_t bits;                // of OP_PREFIX, OP_NOT_PREFIX
    union {
        // Network byte order for addresses and ports, one byte for protocols and ICMP, a NUL-padded name for interfaces,
        // host byte order (4 bytes) for ct state and status, iif, oif and mark.
        uint8_t value[16];
        struct {
            uint8_t value_start[8], value_end[8];
        };                      // of ranges, which are ports or ICMP types
        const struct set *set;  // OP_SET, OP_NOT_SET, STMT_VMAP, STMT_UPDATE
        const char *chain;      // VERDICT_JUMP, VERDICT_GOTO
        const char *log_prefix; // STMT_LOG
        struct {
            const char *prefix;
            uint16_t group;
        } copy; // STMT_COPY
        struct {
            uint32_t keep, set; // mark = mark & keep | set; STMT_SET_MARK
        } mark;
        struct {
            uint32_t rate, burst;
            uint64_t unit;
        } limit; // packets per unit seconds
    };
};

struct rule {
    const struct stmt *stmts;
    uint32_t stmt_count;
    const char *comment; // at most RULE_COMMENT_MAX bytes; NULL for none
    struct loc loc;
};

enum { RULE_COMMENT_MAX = 127 }; // nft 1.0.6 takes 128 bytes with the terminator

enum chain_hook {
    HOOK_NONE,
    HOOK_PREROUTING,
    HOOK_INPUT,
    HOOK_FORWARD,
    HOOK_OUTPUT,
    HOOK_POSTROUTING
};

struct chain {
    const char *name;
    uint8_t hook;     // enum chain_hook; base chains are of type filter, policy accept
    int32_t priority; // of a base chain
    struct loc loc;   // of the policy that it renders
    VEC_FIELDS(struct rule);
};

enum set_content {
    SET_CIDRS,    // one address field; flags interval when not all are hosts
    SET_PADDED,   // CIDR . l4proto 0-255: nft's concatenated interval set, faster to look up
    SET_PORTS,    // port ranges, interval
    SET_TRIPLES,  // address . protocol . port
    SET_IFNAMES,  // interface names
    SET_VERDICTS, // a verdict map: interface name, or [interface name .] address -> verdict
    SET_TUPLES, // address . protocol . ports of several rules; flags interval when not all are single
    SET_TUPLE_VERDICTS, // a verdict map of such tuples: each goes to the chain of its action
    SET_DOMAINS, // one address field, with a time-out an element; filled by whoever learns addresses, declared empty
    SET_FLOWS_SEEN, // address . address . protocol . port, dynamic, with a counter an element; declared empty
};

struct map_element {
    const char *ifname; // NULL when the map has no such field
    struct ip_addr addr;
    bool catch_all;    // the "*" element; ifname and addr do not count
    uint8_t verdict;   // enum verdict_kind
    const char *chain; // of JUMP and GOTO
    struct loc loc;
};

struct set {
    const char *name;
    const char *comment; // NULL for none; at most RULE_COMMENT_MAX bytes
    uint8_t content;     // enum set_content
    uint8_t family;      // IP_V4 or IP_V6 of the address field; 0 when there is none
    bool interval;       // flag interval
    bool with_ifname;    // SET_VERDICTS: the key is ifname . address, or with family 0 ifname
    // Elements come and go by packets, timeouts and other programs: what the set holds is not compared, and is kept as
    // long as the set keeps its shape.
    bool dynamic;
    uint32_t
        timeout; // of a dynamic one: seconds that an element lives that comes without a time; 0: for ever
    uint32_t domains; // SET_DOMAINS: number of the list in the plan
    uint32_t size;    // declared size; 0: none (plain interval sets)
    struct loc loc;
    size_t count; // elements
    union {
        struct cidrset cidrs;
        struct portset ports;
        const struct plan_port_member *triples;
        const char *const *ifnames;
        const struct map_element *verdicts;
        struct {
            const struct plan_tuple *tuples;
            const char *targets[PLAN_ACTION_COUNT]; // chains, of SET_TUPLE_VERDICTS
        };
    };
};

static inline bool set_is_map(const struct set *set)
{
    return set->content == SET_VERDICTS || set->content == SET_TUPLE_VERDICTS;
}

// Whether its elements may run out: of a domain set also when it gives them no time of its own.
static inline bool set_has_times(const struct set *set)
{
    return set->timeout != 0 || set->content == SET_DOMAINS;
}

struct nft_ruleset {
    const char *table;
    struct {
        VEC_FIELDS(struct chain *);
    } chains; // base chains first, then by name
    struct {
        VEC_FIELDS(struct set *);
    } sets; // by name
    const struct sources *sources;
};

// The chain whose rules say what polc wrote: comments "polc VERSION", "generation N id HEX", "node NAME", "root PATH".
#define INFO_CHAIN "polc.info"

// The flow table: a set per family of what was allowed and of what was denied, with the family behind the name; and the
// chains that record there and end the path of a packet.
#define SET_FLOWS   "flows"
#define SET_DENIED  "denied"
#define CHAIN_ALLOW "flow/allow"
#define CHAIN_ALLOW_TO                                                                             \
    "flow/allow-to" // the same at the destination, where a host endpoint is asked behind it
#define CHAIN_DENY         "flow/deny"
#define CHAIN_REJECT       "flow/reject"
#define CHAIN_ICMP         "-icmp"           // behind the name
#define COMMENT_FLOWS_LOST "flow table full" // of the rules that count what is not recorded

// The first word of the comments in the walk for staged policies that do not name a staged policy: "pending gnp/x in 0 file:12",
// which does not count, and "pending tier/x in end file:12", which does.
#define PENDING_WORD "pending"
