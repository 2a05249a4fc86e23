// SPDX-License-Identifier: GPL-2.0-or-later
// polc graph: who talks to whom, or may, as text, as a drawing or as a page.
#include "flow_input.h"
#include "flow_sift.h"
#include "graph_allowed.h"
#include "live_policies.h"

#include <inttypes.h>
#include <polc/graph.h>
#include <polc/report.h>

static bool parse_level(const char *name, enum graph_level *ret)
{
    const char *names[GRAPH_LEVEL_COUNT];
    for (int i = 0; i < GRAPH_LEVEL_COUNT; i++) {
        names[i] = graph_level_name((enum graph_level)i);
        if (name != NULL && strcmp(name, names[i]) == 0) {
            *ret = (enum graph_level)i;
            return true;
        }
    }
    *ret = GRAPH_SERVICE;
    if (name != NULL) {
        const char *best = spell_best(name, names, GRAPH_LEVEL_COUNT);
        complain("--by is namespace, service or endpoint, not \"%s\"", name);
        if (best != NULL) {
            hint("did you mean --by %s?", best);
        }
    }
    return name == NULL;
}

// ---- text -----------------------------------------------------------------------------------------------------------

// "912", "48.1k", "1.2M".
static const char *short_number(struct arena *arena, int64_t number)
{
    static const char units[] = "kMGTPE";
    double value = (double)number;
    int unit = -1;
    if (number == FLOWLOG_UNKNOWN) {
        return NULL;
    }
    for (; value >= 999.95 && units[unit + 1] != '\0'; unit++) {
        value /= 1000;
    }
    return unit < 0 ? arena_printf(arena, "%" PRId64, number)
                    : arena_printf(arena, "%.1f%c", value, units[unit]);
}

static void print_summary(struct run *run, const struct graph *graph)
{
    static const char *const words[] = {"denied",
                                        "that staged policies would deny",
                                        "that staged policies would allow",
                                        "not judged",
                                        "allowed",
                                        "allowed without a flow"};
    static const uint8_t order[] = {GRAPH_ALLOWED,     GRAPH_WOULD_DENY, GRAPH_DENIED,
                                    GRAPH_WOULD_ALLOW, GRAPH_UNKNOWN,    GRAPH_UNUSED};
    struct strbuf text = {.arena = run->arena};
    uint64_t flows = graph_flows(&graph->counts);
    for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
        uint64_t count = graph->counts.flows[order[i]];
        if (count > 0) {
            strbuf_addf(&text, "%s%" PRIu64 " %s", text.length > 0 ? ", " : "", count,
                        words[order[i]]);
        }
    }
    if (flows == 0) {
        uint64_t allowed = graph->counts.flows[GRAPH_UNUSED];
        printf("%" PRIu64 " service%s on %zu edge%s by %s that the policies allow, and no flow\n\n",
               allowed, plural(allowed), graph->edges.count, plural(graph->edges.count),
               graph_level_name((enum graph_level)graph->level));
        return;
    }
    printf("%" PRIu64 " flow%s on %zu edge%s by %s: %s\n\n", flows, plural(flows),
           graph->edges.count, plural(graph->edges.count),
           graph_level_name((enum graph_level)graph->level), strbuf_text(&text));
}

static void add_row(struct run *run, struct report *report, const struct graph *graph,
                    const struct graph_lane *lane)
{
    enum { SERVICES_MAX = 6, DECIDERS_MAX = 3 };
    struct arena *arena = run->arena;
    enum graph_verdict verdict = (enum graph_verdict)lane->verdict;
    report_row(report, "");
    report_cell(report, graph_node_text(arena, &graph->nodes.items[lane->edge->source]));
    report_cell(report, graph_verdict_sign(verdict));
    report_cell(report, graph_node_text(arena, &graph->nodes.items[lane->edge->dest]));
    report_cell(report, graph_join(arena, &lane->services, SERVICES_MAX));
    report_cell(report, graph_verdict_text(verdict));
    verdict != GRAPH_UNUSED ? report_cellf(report, "%" PRIu64, lane->flows)
                            : report_cell(report, NULL);
    report_cell(report, short_number(arena, lane->bytes));
    report_cell(report, graph_join(arena, &lane->deciders, DECIDERS_MAX));
    report_cell(report,
                verdict != GRAPH_UNUSED ? graph_edge_filter(arena, graph, lane->edge) : NULL);
}

// A word of the command line for a shell.
static const char *shell_word(struct arena *arena, const char *text)
{
    struct strbuf word = {.arena = arena};
    strbuf_add(&word, "'");
    for (; *text != '\0'; text++) {
        *text == '\'' ? strbuf_add(&word, "'\\''") : strbuf_add_n(&word, text, 1);
    }
    strbuf_add(&word, "'");
    return strbuf_text(&word);
}

// What polc flows needs to read the same flows.
static const char *flows_options(struct run *run)
{
    struct strbuf text = {.arena = run->arena};
    strbuf_add(&text, same_options(run, true));
    for (size_t i = 0; i < run->options.flow_files.count; i++) {
        strbuf_addf(&text, " --flows %s", run->options.flow_files.items[i]);
    }
    for (size_t i = 0; i < run->options.dns.count; i++) {
        strbuf_addf(&text, " --dns %s", run->options.dns.items[i]);
    }
    return strbuf_text(&text);
}

// The way on: the flows of the first edge that somebody should look at.
static void print_next(struct run *run, const struct graph *graph, const struct graph_lanes *lanes)
{
    const struct graph_lane *lane = &lanes->items[0];
    for (size_t i = 1; i < lanes->count; i++) {
        lane = lanes->items[i].verdict < lane->verdict ? &lanes->items[i] : lane;
    }
    if (lane->verdict == GRAPH_UNUSED) {
        return;
    }
    const char *filter = graph_edge_filter(run->arena, graph, lane->edge);
    printf("\nnext: polc flows %s%s%s\n", safe_text(run->arena, shell_word(run->arena, filter)),
           lane->verdict == GRAPH_DENIED       ? " --denied"
           : lane->verdict == GRAPH_WOULD_DENY ? " --would-deny"
                                               : "",
           flows_options(run));
}

static void print_text(struct run *run, const struct graph *graph)
{
    static const char *const columns[] = {"SOURCE", "",      "DESTINATION", "PORTS",  "VERDICT",
                                          "FLOWS",  "BYTES", "DECIDED BY",  "+FILTER"};
    struct graph_lanes lanes = graph_lanes_make(run->arena, graph);
    struct report *report = report_new(run->arena, columns, ARRAY_COUNT(columns));
    for (size_t i = 0; i < lanes.count; i++) {
        add_row(run, report, graph, &lanes.items[i]);
    }
    bool wide = run->options.output == OUTPUT_WIDE;
    wide ? (void)0 : print_summary(run, graph);
    report_print(report, wide ? REPORT_WIDE : REPORT_TABLE, stdout);
    wide || run->options.quiet ? (void)0 : print_next(run, graph, &lanes);
}

// ---- drawings -------------------------------------------------------------------------------------------------------

static size_t leaf_count(const struct graph *graph)
{
    size_t ret = 0;
    for (size_t i = 0; i < graph->nodes.count; i++) {
        ret += graph->nodes.items[i].leaf;
    }
    return ret;
}

struct built {
    struct graph *graph;
    const struct graph_allowed *allowed; // NULL: not asked for
};

static struct built build_level(struct run *run, const struct flow_input *input,
                                enum graph_level level)
{
    struct built ret = {.allowed = run->options.allowed ? graph_allowed_find(run, level) : NULL};
    ret.graph = graph_build(run->arena, &input->records, ret.allowed, level);
    return ret;
}

// Pages have everything, but endpoints of graphs that would make them too large for a browser.
static struct built build_page(struct run *run, const struct flow_input *input)
{
    enum { EDGES_MAX = 20000 };
    struct built built = build_level(run, input, GRAPH_ENDPOINT);
    bool cut = built.allowed != NULL && built.allowed->cut;
    if (built.graph->edges.count <= EDGES_MAX && !cut) {
        return built;
    }
    if (!run->options.quiet) {
        fprintf(stderr,
                "note: the page is by service: %s%zu edges between endpoints are too many\n",
                cut ? "more than " : "", built.graph->edges.count);
    }
    return build_level(run, input, GRAPH_SERVICE);
}

// A drawing that nobody asked to be so fine is by namespace when by service it would be too large to be read.
static struct built build(struct run *run, const struct flow_input *input, enum graph_level level)
{
    enum { READABLE = 60 };
    if (run->options.output == OUTPUT_HTML) {
        return build_page(run, input);
    }
    struct built built = build_level(run, input, level);
    size_t count = leaf_count(built.graph);
    if (run->options.output != OUTPUT_SVG || run->options.by != NULL || count <= READABLE) {
        return built;
    }
    if (!run->options.quiet) {
        fprintf(stderr,
                "note: drawn by namespace, as it has %zu services; --by service draws them\n",
                count);
    }
    return build_level(run, input, GRAPH_NAMESPACE);
}

static bool is_drawable(const struct run *run, const struct graph *graph)
{
    enum { NODES_MAX = 2000 };
    size_t count = leaf_count(graph);
    if (run->options.output == OUTPUT_SVG && count > NODES_MAX) {
        complain("%zu nodes are too many for a drawing, which has at most %d", count, NODES_MAX);
        hint("a coarser --by, a part by --where, or -o html, which opens what is looked at");
        return false;
    }
    return true;
}

static void print(struct run *run, const struct graph *graph)
{
    switch (run->options.output) {
    case OUTPUT_JSON:
        graph_print_json(run->arena, graph, stdout);
        break;
    case OUTPUT_DOT:
        graph_print_dot(run->arena, graph, stdout);
        break;
    case OUTPUT_MERMAID:
        graph_print_mermaid(run->arena, graph, stdout);
        break;
    case OUTPUT_HTML:
        graph_print_html(run->arena, graph, run->options.by, flows_options(run), stdout);
        break;
    case OUTPUT_SVG:
        graph_print_svg(run->arena, graph, stdout);
        break;
    default:
        print_text(run, graph);
        break;
    }
}

static int read_input(struct run *run, struct flow_input *ret)
{
    const struct options *options = &run->options;
    *ret = (struct flow_input){0};
    if (options->allowed && (options->denied || options->would_deny)) {
        complain("--allowed adds what no flow used; --%s leaves only some flows",
                 options->denied ? "denied" : "would-deny");
        return POLC_EXIT_USAGE;
    }
    // In front of everything that is done, the graph of what is meant: policies alone.
    bool alone = options->allowed && options->flows == NULL && !options->default_paths;
    struct flow_sift sift;
    if (alone && !flow_sift_prepare(run, options->where, &sift)) {
        return POLC_EXIT_USAGE;
    }
    int code = alone ? POLC_EXIT_OK : flow_input_read(run, options->where, ret);
    return code == POLC_EXIT_OK && options->allowed ? live_policies(run, true) : code;
}

int cmd_graph(struct run *run)
{
    struct flow_input input;
    enum graph_level level;
    if (!parse_level(run->options.by, &level)) {
        return POLC_EXIT_USAGE;
    }
    int code = read_input(run, &input);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    struct built built = build(run, &input, level);
    if (built.graph->edges.count == 0 && !run->options.allowed) {
        return flow_input_none(run, &input);
    }
    if (built.graph->edges.count == 0) {
        complain("no flow matches, and the policies allow nothing that does");
        return input.code != POLC_EXIT_OK ? input.code : POLC_EXIT_NO;
    }
    if (!is_drawable(run, built.graph)) {
        return POLC_EXIT_USAGE;
    }
    if (built.allowed != NULL) {
        graph_allowed_notes(run, built.allowed);
    }
    print(run, built.graph);
    return input.code;
}
