// SPDX-License-Identifier: GPL-2.0-or-later
// What `polc status` gathers, and its parts: each a file status_*.c with a text for people and a value for machines.
#pragma once

#include "drift.h"
#include "state.h"

struct status {
    struct run *run;
    struct nft_kernel *kernel;
    struct nft_info info;
    struct nft_counts counts;
    struct nft_base_chains others, own;
    struct nft_published_ports published; // by other tables
    struct nft_flow_table flows;
    const struct host_node *host; // interfaces as they are now
    const struct plan *plan;      // NULL: nothing is known of what governs
    bool exists, compared, differs;
    struct drift drift;
    struct state state;
    const struct change_entry *entry; // of what is loaded; NULL: not known
    const char *problem;              // why the input was not compared
    struct change_list changes;
};

// The first line of a part begins with its heading, the others with blanks.
const char *status_heading(const char *heading, size_t line);

// ---- status_flows.c: the kernel's flow table ----------------------------------------------------------------------

void print_flow_table(const struct status *status);
json_t *flow_table_json(const struct status *status);

// ---- status_interfaces.c: what governs each interface of this host -----------------------------------------------

enum governed_by {
    GOVERNED_BY_NOTHING,
    GOVERNED_BY_HOST,     // a host endpoint
    GOVERNED_BY_WORKLOAD, // one or more workload endpoints
    GOVERNED_BY_PREFIX, // its name is that of a workload's, and no endpoint has it: what it sends is dropped
    GOVERNED_BY_MASTER,   // a port: packets are seen at its bridge or bond
    GOVERNED_BY_LOOPBACK, // never policed
};

struct governor {
    uint8_t kind;                          // enum governed_by
    const char *name;                      // of the endpoint, or of the master; NULL
    size_t count;                          // of workload endpoints there
    const struct plan_host *host_endpoint; // GOVERNED_BY_HOST
};
struct governor governor_of(const struct plan *plan, const struct host_interface *interface);

void print_interfaces(const struct status *status);
json_t *interfaces_json(const struct status *status);

// ---- status_hooks.c: who else judges the same packets -------------------------------------------------------------

void print_hooks(const struct status *status);
json_t *hooks_json(const struct status *status);

// ---- status_published.c: ports that other tables send elsewhere ---------------------------------------------------

void print_published(const struct status *status);
json_t *published_json(const struct status *status);

// ---- status_bridges.c ---------------------------------------------------------------------------------------------

void print_bridges(const struct status *status);
json_t *bridges_json(const struct status *status);

// ---- status_names.c: the names of domain rules --------------------------------------------------------------------

void print_names(const struct status *status);
json_t *names_json(const struct status *status); // null: no rule has names, or they are not known
