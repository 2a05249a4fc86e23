// SPDX-License-Identifier: GPL-2.0-or-later
// Graph -> a flowchart in Mermaid's language.
#include "internal.h"

#include <ctype.h>

struct mermaid {
    struct arena *arena;
    const struct graph *graph;
    FILE *out;
    int depth;
};

// In quotes; signs as Mermaid's entities, so that none of them is taken for its language or for HTML.
static void print_quoted(const struct mermaid *mermaid, const char *text)
{
    fputc('"', mermaid->out);
    for (text = safe_text(mermaid->arena, text); *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        bool plain = byte >= 0x80 || isalnum(byte) || strchr(" ./:,*-_~?", *text) != NULL;
        plain ? fputc(byte, mermaid->out) : fprintf(mermaid->out, "#%d;", byte);
    }
    fputc('"', mermaid->out);
}

static void print_leaf(void *context, uint32_t node)
{
    const struct mermaid *mermaid = context;
    bool outside = mermaid->graph->nodes.items[node].kind >= GRAPH_KIND_SET;
    fprintf(mermaid->out, "%*sn%u%s", 2 * mermaid->depth, "", node, outside ? "([" : "[");
    print_quoted(mermaid, tree_label(mermaid->arena, mermaid->graph, node));
    fputs(outside ? "])\n" : "]\n", mermaid->out);
}

static void open_box(void *context, uint32_t node)
{
    struct mermaid *mermaid = context;
    fprintf(mermaid->out, "%*ssubgraph s%u[", 2 * mermaid->depth, "", node);
    print_quoted(mermaid, mermaid->graph->nodes.items[node].name);
    fputs("]\n", mermaid->out);
    mermaid->depth++;
}

static void close_box(void *context, uint32_t node)
{
    struct mermaid *mermaid = context;
    (void)node;
    mermaid->depth--;
    fprintf(mermaid->out, "%*send\n", 2 * mermaid->depth, "");
}

static void print_lane(const struct mermaid *mermaid, const struct graph_lane *lane)
{
    static const char *const arrows[] = {"--x", "-.-x", "-.->", "--o", "-->", "-.->"};
    _Static_assert(ARRAY_COUNT(arrows) == GRAPH_VERDICT_COUNT, "one arrow per verdict");
    enum graph_verdict verdict = (enum graph_verdict)lane->verdict;
    const char *label = lane_label(mermaid->arena, lane);
    fprintf(mermaid->out, "  n%u %s|", lane->edge->source, arrows[verdict]);
    print_quoted(mermaid,
                 verdict == GRAPH_ALLOWED
                     ? label
                     : arena_printf(mermaid->arena, "%s: %s", graph_verdict_text(verdict), label));
    fprintf(mermaid->out, "| n%u\n", lane->edge->dest);
}

// Mermaid styles edges by their numbers.
static void print_styles(const struct mermaid *mermaid, const struct graph_lanes *lanes)
{
    for (int verdict = 0; verdict < GRAPH_VERDICT_COUNT; verdict++) {
        size_t count = 0;
        for (size_t i = 0; i < lanes->count; i++) {
            if (lanes->items[i].verdict == verdict) {
                fprintf(mermaid->out, "%s%zu", count++ > 0 ? "," : "  linkStyle ", i);
            }
        }
        count > 0 ? fprintf(mermaid->out, " stroke:%s\n", verdict_colors[verdict]) : 0;
    }
}

void graph_print_mermaid(struct arena *arena, const struct graph *graph, FILE *out)
{
    static const struct tree_walk walk = {open_box, print_leaf, close_box};
    struct mermaid mermaid = {arena, graph, out, 1};
    struct graph_lanes lanes = graph_lanes_make(arena, graph);
    fputs("flowchart LR\n", out);
    tree_walk(graph, &walk, &mermaid);
    for (size_t i = 0; i < lanes.count; i++) {
        print_lane(&mermaid, &lanes.items[i]);
    }
    print_styles(&mermaid, &lanes);
}
