// SPDX-License-Identifier: GPL-2.0-or-later
// What drawings share: which nodes are boxes, what is in them, labels and colours.
#include "internal.h"

#include <inttypes.h>

const char *const verdict_colors[] = {"#c4314b", "#b26205", "#6a53b8",
                                      "#6e7681", "#2f7d63", "#3a6db0"};
_Static_assert(ARRAY_COUNT(verdict_colors) == GRAPH_VERDICT_COUNT, "one colour per verdict");

// Children stand behind the node that holds them, and nothing else stands between.
static uint32_t end_of(const struct graph *graph, uint32_t node)
{
    uint32_t at = node + 1;
    while (at < graph->nodes.count &&
           graph->nodes.items[at].level > graph->nodes.items[node].level) {
        at++;
    }
    return at;
}

static size_t child_count(const struct graph *graph, uint32_t node)
{
    size_t ret = 0;
    for (uint32_t i = node + 1, end = end_of(graph, node); i < end; i++) {
        ret += graph->nodes.items[i].parent == (int32_t)node;
    }
    return ret;
}

bool tree_is_box(const struct graph *graph, uint32_t node)
{
    size_t children = child_count(graph, node);
    bool outer = graph->nodes.items[node].parent == GRAPH_ROOT &&
                 graph->nodes.items[node].kind != GRAPH_KIND_WORKLOAD;
    return children > 0 && (outer || children + graph->nodes.items[node].leaf > 1);
}

static void walk_node(const struct graph *graph, uint32_t node, const struct tree_walk *walk,
                      void *context)
{
    bool box = tree_is_box(graph, node);
    if (box) {
        walk->open(context, node);
    }
    if (graph->nodes.items[node].leaf) {
        walk->leaf(context, node);
    }
    for (uint32_t i = node + 1, end = end_of(graph, node); i < end; i++) {
        if (graph->nodes.items[i].parent == (int32_t)node) {
            walk_node(graph, i, walk, context);
        }
    }
    if (box) {
        walk->close(context, node);
    }
}

void tree_walk(const struct graph *graph, const struct tree_walk *walk, void *context)
{
    for (uint32_t i = 0; i < graph->nodes.count; i++) {
        if (graph->nodes.items[i].parent == GRAPH_ROOT) {
            walk_node(graph, i, walk, context);
        }
    }
}

const char *tree_label(struct arena *arena, const struct graph *graph, uint32_t number)
{
    const struct graph_node *node = &graph->nodes.items[number];
    return node->leaf && tree_is_box(graph, number) ? "other"
           : node->kind == GRAPH_KIND_SET           ? graph_node_text(arena, node)
                                                    : node->name;
}

const char *lane_label(struct arena *arena, const struct graph_lane *lane)
{
    enum { SERVICES_MAX = 3 };
    const char *services = graph_join(arena, &lane->services, SERVICES_MAX);
    return lane->verdict == GRAPH_UNUSED
               ? services
               : arena_printf(arena, "%s: %" PRIu64, services, lane->flows);
}
