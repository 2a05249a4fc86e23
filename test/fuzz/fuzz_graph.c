// SPDX-License-Identifier: GPL-2.0-or-later
// Records of flows as a graph, on each level and in each form: all flows are there on every level, the filter of each edge
// can be read, JSON is JSON, and nothing of a name ends the data of the page.
#include <jansson.h>
#include <polc/graph.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

static struct flowlog_records records_of(struct arena *arena, const char *text, size_t size)
{
    enum { RECORDS_MAX = 24 };
    struct flowlog_reader *reader = flowlog_reader_new(arena);
    struct flowlog_records records = {0};
    for (size_t at = 0; at < size && records.count < RECORDS_MAX;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
        struct flowlog_record record;
        struct flow_record_error error;
        if (flowlog_read(reader, text + at, length, &record, &error)) {
            vec_push(arena, &records, record);
        }
        at += length + 1;
    }
    return records;
}

static void check_filters(struct arena *arena, const struct graph *graph,
                          const struct flowlog_records *records)
{
    struct flow_record_error error;
    for (size_t i = 0; i < graph->edges.count; i++) {
        const char *text = graph_edge_filter(arena, graph, &graph->edges.items[i]);
        const struct flowlog_filter *filter = flowlog_filter_parse(arena, text, &error);
        require(filter != NULL);
        flowlog_filter_matches(filter, &records->items[0]);
    }
}

static void print_json(struct arena *arena, const struct graph *graph)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    require(out != NULL);
    graph_print_json(arena, graph, out);
    fclose(out);
    json_t *json = json_loadb(text, size, 0, NULL);
    require(json != NULL);
    json_decref(json);
    free(text);
}

static void print_html(struct arena *arena, const struct graph *graph)
{
    static const char end[] = "</script>";
    char *text = NULL;
    size_t size = 0, ends = 0;
    FILE *out = open_memstream(&text, &size);
    require(out != NULL);
    graph_print_html(arena, graph, NULL, "", out);
    fclose(out);
    for (const char *at = text; (at = strstr(at, end)) != NULL; at += strlen(end)) {
        ends++;
    }
    require(ends == 2 && strlen(text) == size);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)512 << 20);
    FILE *nowhere = fopen("/dev/null", "w");
    struct flowlog_records records = records_of(arena, (const char *)data, size);
    uint64_t flows = 0;
    require(nowhere != NULL);
    for (int level = 0; level < GRAPH_LEVEL_COUNT; level++) {
        struct graph *graph = graph_build(arena, &records, NULL, (enum graph_level)level);
        flows = level == 0 ? graph_flows(&graph->counts) : flows;
        require(graph_flows(&graph->counts) == flows || flows == (uint64_t)INT64_MAX);
        check_filters(arena, graph, &records);
        graph_lanes_make(arena, graph);
        graph_print_dot(arena, graph, nowhere);
        graph_print_mermaid(arena, graph, nowhere);
        graph_print_svg(arena, graph, nowhere);
        print_json(arena, graph);
        if (level == GRAPH_ENDPOINT) {
            print_html(arena, graph);
        }
    }
    fclose(nowhere);
    arena_free(arena);
    return 0;
}
