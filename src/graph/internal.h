// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module graph share.
#pragma once

#include <polc/graph.h>

#define GRAPH_ANY "any" // type of an end that is everybody, and name of its node

// ---- nodes.c --------------------------------------------------------------------------------------------------------

// The ends of records as nodes of every level. Numbers of nodes are those of `nodes` until they are sorted.
struct graph_nodes {
    VEC_FIELDS(struct graph_node);
};
struct node_maker;
struct node_maker *node_maker_new(struct arena *arena, struct graph_nodes *nodes);
// Of all records, before the first node is asked for.
void node_maker_note(struct node_maker *maker, const struct flowlog_record *record);
// The node of the lowest level that an end has.
uint32_t node_of_end(struct node_maker *maker, const struct flowlog_record *record, bool dest);
// Leaves only `level` and above it, in their order. ret[number before] is the number that stands for it now.
uint32_t *nodes_arrange(struct arena *arena, struct graph_nodes *nodes, enum graph_level level);

// ---- words.c --------------------------------------------------------------------------------------------------------

// Whether an entry "index|tier|name|action|rule" of a policy trace has this action.
bool entry_has_action(const char *entry, const char *action);

// ---- build.c --------------------------------------------------------------------------------------------------------

// Adds to a sum that may be FLOWLOG_UNKNOWN bytes that may be, too.
void graph_add_bytes(int64_t *sum, int64_t bytes);
// Numbers of records may be anything; sums stay within what readers of JSON take, INT64_MAX.
uint64_t sum_flows(uint64_t a, uint64_t b);

// ---- tree.c ---------------------------------------------------------------------------------------------------------

// How drawings nest nodes. A workload that holds one endpoint is that endpoint; a node at which edges end and that holds
// others too stands in itself once more, for what it does not hold.
struct tree_walk {
    void (*open)(void *context, uint32_t node);  // a box begins
    void (*leaf)(void *context, uint32_t node);  // in the box that is open
    void (*close)(void *context, uint32_t node); // a box ends
};
void tree_walk(const struct graph *graph, const struct tree_walk *walk, void *context);
bool tree_is_box(const struct graph *graph, uint32_t node);
// What a leaf is called in its box: "other", "cart".
const char *tree_label(struct arena *arena, const struct graph *graph, uint32_t node);

// Colours for a light ground, by verdict.
extern const char *const verdict_colors[GRAPH_VERDICT_COUNT];
// "tcp/22, tcp/80: 12"
const char *lane_label(struct arena *arena, const struct graph_lane *lane);
