// SPDX-License-Identifier: GPL-2.0-or-later
// Graph -> a drawing that needs nothing else: SVG, for light and for dark grounds.
#include "drawing.h"

#include <inttypes.h>

// Above this many edges only those that something is wrong with are labelled; the others tell when pointed at.
enum {
    MARGIN = 24,
    LEGEND = 40,
    LABELS_MAX = 48,
    SIGN_RADIUS = 8,
    LOOP = 22,
    TURN_REACH = 34,
    WIDTH_MIN = 640
};

struct svg {
    struct arena *arena;
    const struct graph *graph;
    const struct drawing *drawing;
    FILE *out;
    struct {
        VEC_FIELDS(struct layout_point);
    } labels; // where some stand already
};

static const char style[] =
    "svg{background:#fff;--ink:#1f2328;--dim:#59636e;--line:#d1d9e0;--box:#f6f8fa;--leaf:#fff;"
    "--v0:#c4314b;--v1:#b26205;--v2:#6a53b8;--v3:#6e7681;--v4:#2f7d63;--v5:#3a6db0;"
    "font:11px system-ui,sans-serif}\n"
    "@media(prefers-color-scheme:dark){svg{background:#0d1117;--ink:#e6edf3;--dim:#9198a1;"
    "--line:#30363d;--box:#151b23;--leaf:#212830;--v0:#ff7b8a;--v1:#e3a35a;--v2:#b3a1f5;--v3:#9198a1;"
    "--v4:#5cc09d;--v5:#86b1ec}}\n"
    "text{fill:var(--ink)}.t{fill:var(--dim);font-weight:600}.n{font:12px monospace}\n"
    ".b{fill:var(--box);stroke:var(--line)}.l{fill:var(--leaf);stroke:var(--dim)}"
    ".o{stroke-dasharray:3 2}\n"
    "path{fill:none;stroke-width:1.6}.s{fill:var(--leaf);stroke-width:1.4}"
    ".h{paint-order:stroke;stroke:var(--leaf);stroke-width:3px}\n"
    ".v0{stroke:var(--v0);stroke-dasharray:7 4}.v1{stroke:var(--v1);stroke-dasharray:2 3}"
    ".v2{stroke:var(--v2);stroke-dasharray:2 3}.v3{stroke:var(--v3)}.v4{stroke:var(--v4)}"
    ".v5{stroke:var(--v5);stroke-dasharray:1 4;stroke-linecap:round}\n"
    ".f0{fill:var(--v0)}.f1{fill:var(--v1)}.f2{fill:var(--v2)}.f3{fill:var(--v3)}"
    ".f4{fill:var(--v4)}.f5{fill:var(--v5)}.s{stroke-dasharray:none}\n";

// What XML cannot hold at all (control characters, U+FFFE and U+FFFF) is written out, as for terminals.
static void print_escaped(const struct svg *svg, const char *text)
{
    for (text = safe_text(svg->arena, text); *text != '\0'; text++) {
        bool barred =
            strncmp(text, "\xEF\xBF\xBE", 3) == 0 || strncmp(text, "\xEF\xBF\xBF", 3) == 0;
        if (barred) {
            fputs("\xEF\xBF\xBD", svg->out);
            text += 2;
        } else if (strchr("<>&\"'", *text) != NULL) {
            fprintf(svg->out, "&#%d;", *text);
        } else {
            fputc(*text, svg->out);
        }
    }
}

// ---- boxes ----------------------------------------------------------------------------------------------------------

static void print_box(const struct svg *svg, const struct drawing_box *box)
{
    const struct graph_node *node = &svg->graph->nodes.items[box->node];
    const char *outside = box->leaf && node->kind >= GRAPH_KIND_SET ? " o" : "";
    fprintf(svg->out, "<g><title>%s ", graph_kind_name((enum graph_kind)node->kind));
    print_escaped(svg, graph_node_text(svg->arena, node));
    fprintf(svg->out,
            "</title><rect class=\"%s%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
            "rx=\"%d\"/>",
            box->leaf ? "l" : "b", outside, box->x, box->y, box->width, box->height,
            box->leaf ? 6 : 10);
    if (box->leaf) {
        fprintf(svg->out, "<text class=\"n\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                box->x + box->width / 2, box->y + box->height / 2 + 4);
    } else {
        fprintf(svg->out, "<text class=\"t\" x=\"%.1f\" y=\"%.1f\">", box->x + DRAWING_PADDING,
                box->y + DRAWING_TITLE - 9);
    }
    print_escaped(svg, box->label);
    fputs("</text></g>\n", svg->out);
}

// ---- edges ----------------------------------------------------------------------------------------------------------

static void print_path(const struct svg *svg, const struct drawing_edge *edge)
{
    const struct layout_point *points = edge->points.items;
    const struct drawing_box *box = &svg->drawing->boxes.items[edge->from];
    if (edge->from == edge->to) {
        double x = box->x + box->width / 2;
        fprintf(svg->out, "M%.1f %.1fc-14 -%d 14 -%d 8 0", x - 4, box->y, LOOP, LOOP);
        return;
    }
    fprintf(svg->out, "M%.1f %.1f", points[0].x, points[0].y);
    for (size_t i = 1; i < edge->points.count; i++) {
        struct layout_point a = points[i - 1], b = points[i];
        double forward = edge->turned ? -1 : 1;
        double half = (b.x > a.x ? b.x - a.x : a.x - b.x) / 2;
        bool turns = a.back != b.back;
        double from = turns && (a.back || half < TURN_REACH) ? TURN_REACH : half;
        double to = turns && (b.back || half < TURN_REACH) ? TURN_REACH : half;
        fprintf(svg->out, "C%.1f %.1f %.1f %.1f %.1f %.1f",
                a.x + (a.back ? -forward : forward) * from, a.y,
                b.x - (b.back ? -forward : forward) * to, b.y, b.x, b.y);
    }
}

// A piece without room for a sign.
static bool is_short(const struct drawing_edge *edge, size_t piece)
{
    enum { SIGN_ROOM = 60 };
    double width = edge->points.items[piece + 1].x - edge->points.items[piece].x;
    return width < SIGN_ROOM && width > -SIGN_ROOM;
}

// Where an edge has its sign: near the end that fewer edges share, so that signs do not stand on each other.
static struct layout_point sign_place(const struct svg *svg, const struct drawing_edge *edge)
{
    size_t from = 0, to = 0, last = edge->points.count - 1;
    if (edge->from == edge->to) {
        const struct drawing_box *box = &svg->drawing->boxes.items[edge->from];
        return (struct layout_point){box->x + box->width / 2, box->y - (double)LOOP / 2, false};
    }
    for (size_t i = 0; i < svg->drawing->edges.count; i++) {
        from += svg->drawing->edges.items[i].from == edge->from;
        to += svg->drawing->edges.items[i].to == edge->to;
    }
    bool at_end = from >= to;
    size_t at = at_end ? last - 1 : 0;
    while (at_end ? at > 0 && is_short(edge, at) : at + 1 < last && is_short(edge, at)) {
        at = at_end ? at - 1 : at + 1;
    }
    struct layout_point a = edge->points.items[at];
    struct layout_point b = edge->points.items[at + 1];
    double t = at_end ? 0.62 : 0.38, u = 1 - t; // of a curve that is level at both ends
    double x = u * u * u * a.x + 3 * u * t * (a.x + b.x) / 2 + t * t * t * b.x;
    double y = a.y * (u * u * u + 3 * u * u * t) + b.y * (t * t * t + 3 * u * t * t);
    return (struct layout_point){x, y, false};
}

// Which addresses of an end are meant is too long for a drawing.
static const char *without_part(struct arena *arena, const char *service)
{
    const char *part = strstr(service, " (");
    return part != NULL ? arena_printf(arena, "%.*s …", (int)(part - service), service) : service;
}

static const char *service_list(const struct svg *svg, const struct graph_edge *edge,
                                enum graph_verdict verdict, bool brief, size_t max)
{
    struct flow_strings list = {0};
    for (size_t i = 0; i < edge->services.count; i++) {
        if (edge->services.items[i].counts.flows[verdict] > 0) {
            const char *text = graph_service_text(svg->arena, &edge->services.items[i]);
            vec_push(svg->arena, &list, brief ? without_part(svg->arena, text) : text);
        }
    }
    return graph_join(svg->arena, &list, max);
}

static void print_edge_title(const struct svg *svg, const struct graph_edge *edge)
{
    enum { SERVICES_MAX = 12 };
    const struct graph_node *nodes = svg->graph->nodes.items;
    fputs("<title>", svg->out);
    print_escaped(svg, graph_node_text(svg->arena, &nodes[edge->source]));
    fputs(" to ", svg->out);
    print_escaped(svg, graph_node_text(svg->arena, &nodes[edge->dest]));
    for (int i = 0; i < GRAPH_VERDICT_COUNT; i++) {
        enum graph_verdict verdict = (enum graph_verdict)i;
        if (edge->counts.flows[i] > 0) {
            i != GRAPH_UNUSED ? fprintf(svg->out, "\n%" PRIu64 " ", edge->counts.flows[i])
                              : fputs("\n", svg->out);
            fprintf(svg->out, "%s: ", graph_verdict_text(verdict));
            print_escaped(svg, service_list(svg, edge, verdict, false, SERVICES_MAX));
        }
    }
    fputs("</title>", svg->out);
}

static void print_edge(const struct svg *svg, const struct drawing_edge *edge)
{
    enum graph_verdict verdict = graph_worst(&edge->edge->counts);
    fputs("<g>", svg->out);
    print_edge_title(svg, edge->edge);
    fprintf(svg->out, "<path class=\"v%d\" marker-end=\"url(#m%d)\" d=\"", verdict, verdict);
    print_path(svg, edge);
    fputs("\"/></g>\n", svg->out);
}

static void print_sign(const struct svg *svg, double x, double y, enum graph_verdict verdict)
{
    static const char *const signs[] = {"×", "~×", "~", "?", "", "∅"};
    fprintf(svg->out,
            "<rect class=\"s v%d\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"%d\"/>"
            "<text class=\"f%d\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>",
            verdict, x - 1.3 * SIGN_RADIUS, y - SIGN_RADIUS, (int)(2.6 * SIGN_RADIUS),
            2 * SIGN_RADIUS, SIGN_RADIUS, verdict, x, y + 4, signs[verdict]);
}

// Signs and labels that would stand on others move up or down.
static struct layout_point free_place(struct svg *svg, struct layout_point wanted)
{
    enum { WIDTH = 56, HEIGHT = 24 };
    static const int steps[] = {0, -1, 1, -2, 2, -3, 3};
    for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
        struct layout_point place = {wanted.x, wanted.y + steps[i] * (double)HEIGHT / 2, false};
        bool taken = false;
        for (size_t j = 0; j < svg->labels.count && !taken; j++) {
            double x = svg->labels.items[j].x - place.x, y = svg->labels.items[j].y - place.y;
            taken = x < WIDTH && x > -WIDTH && y < HEIGHT / 2.0 && y > -HEIGHT / 2.0;
        }
        if (!taken) {
            vec_push(svg->arena, &svg->labels, place);
            return place;
        }
    }
    return wanted;
}

static void print_edge_label(struct svg *svg, const struct drawing_edge *edge)
{
    enum { SERVICES_MAX = 2 };
    enum graph_verdict verdict = graph_worst(&edge->edge->counts);
    bool labelled = verdict == GRAPH_DENIED || svg->drawing->edges.count <= LABELS_MAX;
    if (verdict == GRAPH_ALLOWED && !labelled) {
        return;
    }
    struct layout_point place = free_place(svg, sign_place(svg, edge));
    if (verdict != GRAPH_ALLOWED) {
        print_sign(svg, place.x, place.y, verdict);
    }
    if (labelled) {
        fprintf(svg->out, "<text class=\"h f%d\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                verdict, place.x, place.y - (verdict != GRAPH_ALLOWED ? 11 : 4));
        print_escaped(svg, service_list(svg, edge->edge, verdict, true, SERVICES_MAX));
        fputs("</text>\n", svg->out);
    }
}

// ---- the whole ------------------------------------------------------------------------------------------------------

static void print_markers(const struct svg *svg)
{
    static const char *const heads[] = {"M1 0v10",      "M1 0v10",       "M0 1 8 5 0 9z",
                                        "M0 1 8 5 0 9", "M0 1 8 5 0 9z", "M0 1 8 5 0 9"};
    fputs("<defs>", svg->out);
    for (int i = 0; i < GRAPH_VERDICT_COUNT; i++) {
        fprintf(
            svg->out,
            "<marker id=\"m%d\" viewBox=\"-1 -1 11 12\" refX=\"%d\" refY=\"5\" markerWidth=\"9\" "
            "markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"%s\" "
            "stroke=\"var(--v%d)\"%s/></marker>",
            i, i <= GRAPH_WOULD_DENY ? 3 : 8, heads[i], i,
            i == GRAPH_ALLOWED || i == GRAPH_WOULD_ALLOW ? " class=\"m\"" : "");
    }
    fputs("</defs>\n", svg->out);
}

static void print_legend(const struct svg *svg, double y)
{
    enum { STEP = 180, SAMPLE = 56 };
    double x = 0;
    for (int i = GRAPH_VERDICT_COUNT - 1; i >= 0; i--) {
        if (svg->graph->counts.flows[i] == 0) {
            continue;
        }
        fprintf(svg->out, "<path class=\"v%d\" marker-end=\"url(#m%d)\" d=\"M%.1f %.1fh%d\"/>", i,
                i, x, y, SAMPLE);
        if (i != GRAPH_ALLOWED) {
            print_sign(svg, x + (double)SAMPLE / 2 - 5, y, (enum graph_verdict)i);
        }
        fprintf(svg->out, "<text x=\"%.1f\" y=\"%.1f\">%s</text>\n", x + SAMPLE + 8, y + 4,
                graph_verdict_text((enum graph_verdict)i));
        x += STEP;
    }
}

void graph_print_svg(struct arena *arena, const struct graph *graph, FILE *out)
{
    const struct drawing *drawing = drawing_make(arena, graph);
    struct svg svg = {.arena = arena, .graph = graph, .drawing = drawing, .out = out};
    double width = drawing->width > WIDTH_MIN ? drawing->width : WIDTH_MIN;
    width += 2 * MARGIN;
    double height = drawing->height + LOOP + LEGEND + 2 * MARGIN;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"%d %d %.0f %.0f\" "
            "width=\"%.0f\" height=\"%.0f\">\n<title>%s by %s</title>\n<style>%s"
            ".m{fill:context-stroke}</style>\n",
            -MARGIN, -MARGIN - LOOP, width, height, width, height,
            graph_flows(&graph->counts) > 0 ? "Flows" : "What is allowed",
            graph_level_name((enum graph_level)graph->level), style);
    print_markers(&svg);
    for (int leaf = 0; leaf < 2; leaf++) { // edges run over boxes, and behind what they connect
        for (size_t i = 0; i < drawing->boxes.count; i++) {
            if (drawing->boxes.items[i].leaf == (leaf == 1)) {
                print_box(&svg, &drawing->boxes.items[i]);
            }
        }
        for (size_t i = 0; leaf == 0 && i < drawing->edges.count; i++) {
            print_edge(&svg, &drawing->edges.items[i]);
        }
    }
    for (size_t i = 0; i < drawing->edges.count; i++) {
        print_edge_label(&svg, &drawing->edges.items[i]);
    }
    print_legend(&svg, drawing->height + LEGEND / 2.0 + MARGIN / 2.0);
    fputs("</svg>\n", out);
}
