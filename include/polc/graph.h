// SPDX-License-Identifier: GPL-2.0-or-later
// Module graph: records of flows, and what a plan allows -> who talks to whom, or may, by namespace, service or endpoint;
// and its printers.
#pragma once

#include <polc/flowlog.h>
#include <polc/plan.h>

// ---- the graph (build.c, nodes.c) -----------------------------------------------------------------------------------

enum graph_level { GRAPH_NAMESPACE, GRAPH_SERVICE, GRAPH_ENDPOINT, GRAPH_LEVEL_COUNT };
const char *graph_level_name(enum graph_level level); // "namespace" "service" "endpoint"

enum graph_kind {
    GRAPH_KIND_NAMESPACE,
    GRAPH_KIND_HOSTS,    // all of them
    GRAPH_KIND_SERVICE,  // the workloads that all flows reach by one service
    GRAPH_KIND_WORKLOAD, // what logs aggregate endpoints to, such as "frontend-86c57db685-*"
    GRAPH_KIND_HOST,     // a node
    GRAPH_KIND_ENDPOINT,
    GRAPH_KIND_SET,     // a network set
    GRAPH_KIND_NETWORK, // "pub" or "pvt"
    GRAPH_KIND_DOMAIN,  // the names of one destination
    GRAPH_KIND_ANY,     // everybody, at an end of what policies allow
    GRAPH_KIND_UNKNOWN, // the record does not say
    GRAPH_KIND_COUNT
};
const char *graph_kind_name(enum graph_kind kind);

#define GRAPH_ROOT (-1)

struct graph_node {
    const char *id; // unique, the same in every run: "service/shop/cart"
    uint8_t kind;   // enum graph_kind
    uint8_t level;  // enum graph_level
    bool leaf;      // edges end here; others only hold nodes
    int32_t parent; // number of the node that holds it, which stands before it; GRAPH_ROOT
    const char *ns; // NULL: none
    const char *name;
    struct flow_strings
        aggregates; // of a service or workload: what records call it; of a domain: all of its names
};

// What became of flows, each in one of them. What staged policies would change has one of its own.
enum graph_verdict {
    GRAPH_DENIED,
    GRAPH_WOULD_DENY, // allowed; staged policies would deny it
    GRAPH_WOULD_ALLOW, // denied; staged policies would allow it, as far as the side goes that denies it
    GRAPH_UNKNOWN,     // no record says
    GRAPH_ALLOWED,
    GRAPH_UNUSED, // policies allow it, and there is no such flow: of services, not of flows
    GRAPH_VERDICT_COUNT
};
// "-x" "~x" "~>" "-?" "->" ".>": "-" is now, "~" with staged policies, "." nobody; ">" passes, "x" does not.
const char *graph_verdict_sign(enum graph_verdict verdict);
const char *graph_verdict_text(enum graph_verdict verdict);

// A flow that both ends report counts once.
struct graph_counts {
    uint64_t flows[GRAPH_VERDICT_COUNT]; // GRAPH_UNUSED: how many services
    int64_t bytes;                       // both directions; FLOWLOG_UNKNOWN
};
// Without those that nobody used.
uint64_t graph_flows(const struct graph_counts *counts);

// What one side reported, with the policies that decided.
struct graph_decision {
    const char *reporter, *action; // NULL: the record does not say
    uint8_t verdict;               // enum graph_verdict
    struct flow_strings enforced;  // of logs that have no such list: all_policies
    struct flow_strings pending;
    uint64_t flows;
};

struct graph_service {
    const char
        *text; // of what policies allow, if no record could say it: "tcp/8000-9000"; else NULL
    const char *proto;            // NULL: not known
    int64_t port;                 // of the destination; FLOWLOG_UNKNOWN
    int64_t icmp_type, icmp_code; // FLOWLOG_UNKNOWN
    struct graph_counts counts;
    struct {
        VEC_FIELDS(struct graph_decision);
    } decisions; // in the order of the records
};

struct graph_edge {
    uint32_t source, dest; // numbers of nodes that are leaves; may be the same
    struct graph_counts counts;
    struct {
        VEC_FIELDS(struct graph_service);
    } services; // by protocol, then by port
};

struct graph {
    uint8_t level; // enum graph_level
    struct {
        VEC_FIELDS(struct graph_node);
    } nodes; // namespaces by name, each with its nodes behind it, then everything else
    struct {
        VEC_FIELDS(struct graph_edge);
    } edges; // by source, then by destination
    struct graph_counts counts;
    bool cut; // more is allowed than was added
};

// Everything is on the arena; the texts are those of the records, which must outlive it. `allowed` (NULL: none) adds what
// no record has, once for each two nodes and service.
struct graph_allowed;
struct graph *graph_build(struct arena *arena, const struct flowlog_records *records,
                          const struct graph_allowed *allowed, enum graph_level level);

// ---- what policies allow (allowed.c) ----------------------------------------------------------------------------------

// A report of a connection that stands for all between two nodes by one service.
struct graph_allowance {
    struct flowlog_record record; // only with the ports and types that are the service's
    const char *service;          // unique by its pointer: "tcp/80", "any protocol but tcp/25"
};

struct graph_allowed {
    struct {
        VEC_FIELDS(struct graph_allowance);
    } reports;
    size_t count; // of connections
    bool cut;     // there were more
    // Nodes with host endpoints while nobody knows which of their interfaces a packet takes: what only they decide is left
    // out. A node without a name is "".
    struct flow_strings undecided;
};

// Everything that the endpoints of a plan let through, as exact as traffic_allowed, in at most `max` connections; of it
// what the filter matches (NULL: all). What a level does not tell apart is one; all addresses but few are the node "any",
// and where very many may reach very many so are all endpoints.
struct graph_allowed *graph_find_allowed(struct arena *arena, const struct plan *plan,
                                         enum graph_level level,
                                         const struct flowlog_filter *filter, size_t max);

// ---- words (words.c) ------------------------------------------------------------------------------------------------

// "shop/cart", "pub", "host n1".
const char *graph_node_text(struct arena *arena, const struct graph_node *node);
// "tcp/443", "icmp type 8 code 0", "?".
const char *graph_service_text(struct arena *arena, const struct graph_service *service);
// What `polc flows` shows an edge with.
const char *graph_edge_filter(struct arena *arena, const struct graph *graph,
                              const struct graph_edge *edge);
// The same for all flows that begin ("source") or end ("dest") in a node.
const char *graph_node_filter(struct arena *arena, const struct graph *graph,
                              const struct graph_node *node, const char *side);
// The worst of what became of its flows: the first in the order of the verdicts.
enum graph_verdict graph_worst(const struct graph_counts *counts);

// A part of an edge: the services with flows of one verdict.
struct graph_lane {
    const struct graph_edge *edge;
    uint8_t verdict;              // enum graph_verdict
    uint64_t flows;               // none of GRAPH_UNUSED
    int64_t bytes;                // of its services; FLOWLOG_UNKNOWN, as for what is denied
    struct flow_strings services; // as graph_service_text
    struct flow_strings deciders; // what decided, each once: "end of tier default", a policy
};
struct graph_lanes {
    VEC_FIELDS(struct graph_lane);
};
struct graph_lanes graph_lanes_make(struct arena *arena, const struct graph *graph);
// "tcp/80, tcp/443 and 3 more"
const char *graph_join(struct arena *arena, const struct flow_strings *list, size_t max);

// ---- printers -------------------------------------------------------------------------------------------------------

// All of it as one JSON object (contrib/schema/graph.json).
void graph_print_json(struct arena *arena, const struct graph *graph, FILE *out);
// A page for a browser, in one file that asks for no other. It has the levels of the graph and those above, and opens with
// `level`; NULL: whichever can be read. `more` stands behind the filter in commands that show the flows of an edge.
void graph_print_html(struct arena *arena, const struct graph *graph, const char *level,
                      const char *more, FILE *out);
// A digraph of Graphviz, and a flowchart of Mermaid: namespaces are boxes, and each lane is an edge.
void graph_print_dot(struct arena *arena, const struct graph *graph, FILE *out);
void graph_print_mermaid(struct arena *arena, const struct graph *graph, FILE *out);
// A drawing in which namespaces are boxes; an edge has the verdict of its worst flows.
void graph_print_svg(struct arena *arena, const struct graph *graph, FILE *out);
