// SPDX-License-Identifier: GPL-2.0-or-later
// Module traffic: what changes for packets between two plans. Exact: sets of addresses, ports, protocols and ICMP types,
// no samples. A flow is judged as flow_verdict judges one without interfaces, so both of its ends, and everything on the
// way between them, count together.
#pragma once

#include <polc/flow.h>
#include <polc/plan.h>

enum traffic_change { TRAFFIC_OPENED, TRAFFIC_CLOSED, TRAFFIC_CHANGES };

struct traffic_names {
    VEC_FIELDS(const char *);
};

// Some addresses, by who has them.
struct traffic_who {
    struct traffic_names endpoints; // ids of workload endpoints, sorted
    struct traffic_names hosts; // ids of host endpoints with such an address, else nodes; sorted
    struct cidrset nets;        // addresses that are neither's
    struct traffic_names holes; // whose addresses lie in `nets` and are not meant; sorted
};

// One end of what changed. The first of the two ways to say it that is short: who is in it, or all addresses but some.
struct traffic_end {
    struct cidrset addresses; // all of them
    bool all_but;             // `who` is who is not in it
    struct traffic_who who;
};

// Protocols first..last with these ports and ICMP types; no ports (or types) stand for all of them.
struct traffic_service {
    uint8_t first, last;                            // IP protocol numbers
    struct portset destination_ports, source_ports; // of TCP, UDP and SCTP
    struct portset icmp;                            // type * 256 + code
};

struct traffic_services {
    VEC_FIELDS(struct traffic_service);
};

// Everything from the source to the destination with one of these services changes its verdict.
struct traffic_row {
    uint8_t change;   // enum traffic_change
    uint8_t families; // PLAN_V4 | PLAN_V6
    struct traffic_end source, destination;
    bool all_but;                            // `services` are those that do not change
    struct traffic_services services, exact; // `exact` are always those that change
    struct flow witness;                     // one of its packets, without interfaces
};

struct traffic_diff {
    struct {
        VEC_FIELDS(struct traffic_row);
    } rows; // disjoint; opened before closed
    size_t counts[TRAFFIC_CHANGES];
    // Nodes whose host endpoints changed while nobody knows which of their interfaces a packet takes: such packets are in
    // no row. Sorted; a node without a name is "".
    struct traffic_names undecided;
};

// With `staged` every staged policy counts as enforced. The result is on `arena` and points into both plans. No name has an
// address: what is certain.
const struct traffic_diff *traffic_compare(struct arena *arena, const struct plan *before,
                                           const struct plan *after, bool staged);

// Which addresses the names of rules have: by number in plan.domains. NULL: none has any.
struct space_domains; // of module space
struct traffic_domains {
    const struct space_domains *before, *after;
};
// The same if names have these addresses.
const struct traffic_diff *traffic_compare_named(struct arena *arena, const struct plan *before,
                                                 const struct plan *after, bool staged,
                                                 const struct traffic_domains *names);

// What endpoints let through, as rows that are "opened": all that the plan allows, but not if all of its policies and
// profiles allowed nothing. What no endpoint has a say in is in no row, nor what a host always lets through.
const struct traffic_diff *traffic_allowed(struct arena *arena, const struct plan *plan,
                                           bool staged);
