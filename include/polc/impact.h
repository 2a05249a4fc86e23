// SPDX-License-Identifier: GPL-2.0-or-later
// Module impact: what becomes of recorded flows when one plan takes the place of another (semantics.md 9.6). Records say
// less than packets: names that stand for several endpoints, no address, no port. All packets that a record may stand for
// are judged at once, as sets; a verdict counts only when all of them agree.
#pragma once

#include <polc/flowlog.h>
#include <polc/traffic.h>

enum impact_change {
    IMPACT_CLOSED,
    IMPACT_OPENED,
    IMPACT_UNCERTAIN,
    IMPACT_SAME, // allowed before and after, or denied
    IMPACT_CHANGES
};

// What a record leaves open, and its outcome depends on.
enum impact_doubt {
    IMPACT_BY_SOURCE = 1, // which of the addresses that the source may have
    IMPACT_BY_DEST = 2,
    IMPACT_BY_PROTOCOL = 4,
    IMPACT_BY_PORT = 8, // of the destination
    IMPACT_BY_SOURCE_PORT = 16,
    IMPACT_BY_INTERFACE = 32, // of a host: nobody knows which one it takes
    IMPACT_BY_SIZE = 64,      // too many possibilities to try
    IMPACT_BY_NAMES = 128,    // names that rules allow, which may have the address or not
};

// What an end of a record may be.
enum impact_end_kind {
    IMPACT_ADDRESS,   // that one
    IMPACT_ENDPOINTS, // any address of those that have the name
    IMPACT_KIN,       // not there any more: any of those that the same object made
    IMPACT_NETSET,    // any address of a network set
    IMPACT_OUTSIDE, // "pub" or "pvt": any such address beyond the link that no endpoint and no network set has
    IMPACT_GONE,     // an endpoint or a network set that neither plan knows
    IMPACT_ANYTHING, // the record does not say
};

struct impact_end {
    uint8_t kind;         // enum impact_end_kind
    const char *type;     // as in flow logs: "wep", "hep", "ns", "net"; NULL
    const char *ns;       // NULL for none
    const char *name;     // aggregated; NULL when it has none
    const char *domains;  // of a destination that is no endpoint, "\n" between them; NULL: none
    size_t address_count; // of IMPACT_ENDPOINTS and IMPACT_KIN: of how many addresses it may be one
};

// A packet, and its verdicts, enum flow_verdict.
struct impact_example {
    struct flow flow; // without interfaces; its names are those that it is taken to have
    uint8_t before, after;
};

// Flows that fare alike for the same reason.
struct impact_group {
    uint8_t change;    // enum impact_change
    uint8_t doubts;    // of those that are uncertain: enum impact_doubt
    uint8_t reachable; // changes that may be, 1 << enum impact_change
    struct impact_end source, dest;
    uint8_t protocol;  // 0: not recorded
    int32_t port;      // of the destination, or -1: not recorded, or there is none
    int16_t icmp_type; // -1: none
    size_t
        example_count; // 0 when no packet can be named; 2 when the outcome is uncertain: two that fare differently
    struct impact_example examples[2];
    uint64_t records, flows, bytes; // a flow that both ends report counts once
    uint64_t
        otherwise; // flows that had another verdict when they were recorded than now, before the change
};

struct impact_result {
    struct {
        VEC_FIELDS(struct impact_group);
    } groups; // by change; then most flows first, then by names
    uint64_t flows, otherwise;
    uint64_t counts[IMPACT_CHANGES]; // of flows
    uint64_t by_names;               // of the uncertain ones, those that depend on names
};

// Takes records, one at a time. Everything lives on the arena and reads the plans, which must outlive it; `traffic` is what
// traffic_compare says of them. `all`: the groups of what does not change are told apart by who decides, too.
struct impact;
struct impact *impact_new(struct arena *arena, const struct plan *before, const struct plan *after,
                          const struct traffic_diff *traffic, bool all);
// All that is known of names, before any record is added. Without it what names may have an address is a doubt, but for
// records that have the names of their destination.
void impact_set_names(struct impact *impact, const struct dns_book *book);
void impact_add(struct impact *impact, const struct flowlog_record *record);
const struct impact_result *impact_finish(struct impact *impact);
