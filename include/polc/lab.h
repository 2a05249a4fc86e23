// SPDX-License-Identifier: GPL-2.0-or-later
// Module lab: hosts, workloads and the outside world as network namespaces of one child process, and real packets
// between them. Knows nothing of policy: the caller loads the rulesets. Nothing outside of the child's namespaces is
// touched, and nothing of them is left when it ends, however it ends.
#pragma once

#include <polc/net.h>

// An interface of a host to the other hosts and the outside world, with addresses of the host itself.
struct lab_uplink {
    const char *name;
    const struct ip_addr *addresses;
    size_t address_count;
};

// A host: forwards between its workloads and the other hosts. What it sends itself leaves by the uplink that has the source
// address; all else leaves, and comes in, by the first one.
struct lab_node {
    const char *name;
    const struct lab_uplink *uplinks; // one at least
    size_t uplink_count;
};

enum lab_place { LAB_WORKLOAD, LAB_HOST, LAB_OUTSIDE };

// Somebody who sends and receives. Addresses of different stations differ; those of a host are those of its uplinks.
struct lab_station {
    uint8_t place; // enum lab_place
    uint32_t node; // of a workload or host
    const char *
        interface; // of a workload, on its node; NULL: any name. Several on one: the ports of a bridge
    const char *port; // the bridge port behind `interface`, or NULL
    const struct ip_addr *addresses;
    size_t address_count;
};

// One new connection (or packet) from a station to another.
struct lab_probe {
    uint32_t from, to; // stations
    struct ip_addr source, destination;
    uint8_t protocol;
    uint16_t source_port, destination_port; // host byte order; 0 in protocols without ports
    uint8_t icmp_type, icmp_code;
    bool expected; // to arrive: saves waiting, and is tried again before it counts as lost
    bool arrived;  // the result
    bool mirrored; // set by the lab: another probe looks like the answer to this one
};

struct lab {
    const struct lab_node *nodes;
    size_t node_count;
    const struct lab_station *stations;
    size_t station_count;
    struct lab_probe *probes;
    size_t probe_count;
    // Called once for each node inside of its namespace: loads its ruleset. NULL, or what went wrong.
    const char *(*prepare)(void *context, size_t node);
    void *context;
};

// Whether such a packet can be sent, and be the first of a connection: not of a family that this kernel lacks, not a header
// extension of IPv6, not a checksum that polc does not make, not an ICMP message that belongs to another connection.
bool lab_can_send(const struct lab_probe *probe);

enum lab_status {
    LAB_DONE,
    LAB_NOT_ALLOWED, // no network namespace to be had
    LAB_FAILED,      // the lab could not be built, or did not end in time
};

// Builds the lab in a child, sends every probe in batches, and takes it away again. Single-threaded callers only.
// *ret_message says what went wrong; on `arena`.
enum lab_status lab_run(struct arena *arena, const struct lab *lab, const char **ret_message);
