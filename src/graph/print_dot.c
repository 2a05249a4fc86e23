// SPDX-License-Identifier: GPL-2.0-or-later
// Graph -> a digraph in Graphviz's language.
#include "internal.h"

struct dot {
    struct arena *arena;
    const struct graph *graph;
    FILE *out;
    int depth;
};

static void print_quoted(const struct dot *dot, const char *text)
{
    fputc('"', dot->out);
    for (text = safe_text(dot->arena, text); *text != '\0'; text++) {
        fputs(*text == '"' || *text == '\\' ? "\\" : "", dot->out);
        fputc(*text, dot->out);
    }
    fputc('"', dot->out);
}

static void print_leaf(void *context, uint32_t node)
{
    const struct dot *dot = context;
    fprintf(dot->out, "%*sn%u [label=", 2 * dot->depth, "", node);
    print_quoted(dot, tree_label(dot->arena, dot->graph, node));
    fputs(dot->graph->nodes.items[node].kind >= GRAPH_KIND_SET ? ", style=\"rounded,dashed\"];\n"
                                                               : "];\n",
          dot->out);
}

static void open_box(void *context, uint32_t node)
{
    struct dot *dot = context;
    fprintf(dot->out, "%*ssubgraph cluster_%u {\n", 2 * dot->depth, "", node);
    dot->depth++;
    fprintf(dot->out, "%*slabel=", 2 * dot->depth, "");
    print_quoted(dot, dot->graph->nodes.items[node].name);
    fputs(";\n", dot->out);
}

static void close_box(void *context, uint32_t node)
{
    struct dot *dot = context;
    (void)node;
    dot->depth--;
    fprintf(dot->out, "%*s}\n", 2 * dot->depth, "");
}

// Told apart by line and head, not by colour alone.
static void print_lane(const struct dot *dot, const struct graph_lane *lane)
{
    static const char *const forms[] = {
        "style=dashed, arrowhead=tee",    "style=dotted, arrowhead=tee",
        "style=dotted, arrowhead=normal", "style=solid, arrowhead=empty",
        "style=solid, arrowhead=normal",  "style=dotted, arrowhead=vee"};
    _Static_assert(ARRAY_COUNT(forms) == GRAPH_VERDICT_COUNT, "one form per verdict");
    enum graph_verdict verdict = (enum graph_verdict)lane->verdict;
    const char *label = lane_label(dot->arena, lane);
    const char *color = verdict_colors[verdict];
    fprintf(dot->out,
            "  n%u -> n%u [%s, color=\"%s\", fontcolor=\"%s\", label=", lane->edge->source,
            lane->edge->dest, forms[verdict], color, color);
    print_quoted(dot, verdict == GRAPH_ALLOWED
                          ? label
                          : arena_printf(dot->arena, "%s %s", graph_verdict_sign(verdict), label));
    fputs("];\n", dot->out);
}

void graph_print_dot(struct arena *arena, const struct graph *graph, FILE *out)
{
    static const struct tree_walk walk = {open_box, print_leaf, close_box};
    struct dot dot = {arena, graph, out, 1};
    struct graph_lanes lanes = graph_lanes_make(arena, graph);
    fputs("digraph polc {\n  rankdir=LR;\n  fontname=\"sans-serif\";\n"
          "  node [shape=box, style=rounded, fontname=\"monospace\"];\n"
          "  edge [fontname=\"sans-serif\", fontsize=10];\n",
          out);
    tree_walk(graph, &walk, &dot);
    for (size_t i = 0; i < lanes.count; i++) {
        print_lane(&dot, &lanes.items[i]);
    }
    fputs("}\n", out);
}
