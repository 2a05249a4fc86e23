// SPDX-License-Identifier: GPL-2.0-or-later
// Graph -> JSON: one document, as contrib/schema/graph.json says; also the data of the page.
#include "internal.h"

#include <inttypes.h>
#include <polc/base/json_text.h>

// Members of an object, each behind a comma: the first one is printed by hand.
static void print_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, ", \"%s\": ", key);
    json_text_print(out, text);
}

static void print_number(FILE *out, const char *key, int64_t number)
{
    number != FLOWLOG_UNKNOWN ? fprintf(out, ", \"%s\": %" PRId64, key, number)
                              : fprintf(out, ", \"%s\": null", key);
}

static void print_list(FILE *out, const char *key, const struct flow_strings *list)
{
    fprintf(out, ", \"%s\": [", key);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i > 0 ? ", " : "", out);
        json_text_print(out, list->items[i]);
    }
    fputc(']', out);
}

static void print_counts(FILE *out, const struct graph_counts *counts)
{
    const uint64_t *flows = counts->flows;
    fprintf(out,
            "\"flows\": %" PRIu64 ", \"allowed\": %" PRIu64 ", \"denied\": %" PRIu64
            ", \"would_deny\": %" PRIu64 ", \"would_allow\": %" PRIu64 ", \"not_judged\": %" PRIu64
            ", \"unused\": %" PRIu64,
            graph_flows(counts), sum_flows(flows[GRAPH_ALLOWED], flows[GRAPH_WOULD_DENY]),
            sum_flows(flows[GRAPH_DENIED], flows[GRAPH_WOULD_ALLOW]), flows[GRAPH_WOULD_DENY],
            flows[GRAPH_WOULD_ALLOW], flows[GRAPH_UNKNOWN], flows[GRAPH_UNUSED]);
    print_number(out, "bytes", counts->bytes);
}

static void print_node(struct arena *arena, FILE *out, const struct graph *graph,
                       const struct graph_node *node)
{
    fputs("    {\"id\": ", out);
    json_text_print(out, node->id);
    print_text(out, "kind", graph_kind_name((enum graph_kind)node->kind));
    print_text(out, "namespace", node->ns);
    print_text(out, "name", node->name);
    print_text(out, "parent",
               node->parent != GRAPH_ROOT ? graph->nodes.items[node->parent].id : NULL);
    print_list(out, "aggregates", &node->aggregates);
    print_text(out, "source_filter", graph_node_filter(arena, graph, node, "source"));
    print_text(out, "dest_filter", graph_node_filter(arena, graph, node, "dest"));
    fputc('}', out);
}

static void print_decision(FILE *out, const struct graph_decision *decision)
{
    fprintf(out, "          {\"flows\": %" PRIu64, decision->flows);
    print_text(out, "reporter", decision->reporter);
    print_text(out, "action", decision->action);
    print_list(out, "enforced_policies", &decision->enforced);
    print_list(out, "pending_policies", &decision->pending);
    fputc('}', out);
}

static void print_service(struct arena *arena, FILE *out, const struct graph_service *service)
{
    fputs("        {", out);
    print_counts(out, &service->counts);
    print_text(out, "service", graph_service_text(arena, service));
    print_text(out, "proto", service->proto);
    print_number(out, "port", service->port);
    fputs(", \"decisions\": [\n", out);
    for (size_t i = 0; i < service->decisions.count; i++) {
        fputs(i > 0 ? ",\n" : "", out);
        print_decision(out, &service->decisions.items[i]);
    }
    fputs("\n        ]}", out);
}

static void print_edge(struct arena *arena, FILE *out, const struct graph *graph,
                       const struct graph_edge *edge)
{
    fputs("    {", out);
    print_counts(out, &edge->counts);
    print_text(out, "source", graph->nodes.items[edge->source].id);
    print_text(out, "dest", graph->nodes.items[edge->dest].id);
    print_text(out, "filter", graph_edge_filter(arena, graph, edge));
    fputs(", \"services\": [\n", out);
    for (size_t i = 0; i < edge->services.count; i++) {
        fputs(i > 0 ? ",\n" : "", out);
        print_service(arena, out, &edge->services.items[i]);
    }
    fputs("\n      ]}", out);
}

void graph_print_json(struct arena *arena, const struct graph *graph, FILE *out)
{
    fprintf(out, "{\n  \"by\": \"%s\",\n  \"counts\": {",
            graph_level_name((enum graph_level)graph->level));
    print_counts(out, &graph->counts);
    fprintf(out, "},\n  \"cut\": %s,\n  \"nodes\": [\n", graph->cut ? "true" : "false");
    for (size_t i = 0; i < graph->nodes.count; i++) {
        fputs(i > 0 ? ",\n" : "", out);
        print_node(arena, out, graph, &graph->nodes.items[i]);
    }
    fputs("\n  ],\n  \"edges\": [\n", out);
    for (size_t i = 0; i < graph->edges.count; i++) {
        fputs(i > 0 ? ",\n" : "", out);
        print_edge(arena, out, graph, &graph->edges.items[i]);
    }
    fputs("\n  ]\n}\n", out);
}
