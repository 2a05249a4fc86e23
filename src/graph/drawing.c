// SPDX-License-Identifier: GPL-2.0-or-later
// Graph -> drawing: boxes from the inside out, each laid out by itself; edges run between the boxes that hold their ends
// as these are laid out.
#include "drawing.h"

#include <math.h>
#include <polc/base/utf8.h>

// So many times as wide as high may the whole be, and what is in a box.
enum { WIDE = 2, INNER_WIDE = 5 };
enum { LEAF_HEIGHT = 34, LEAF_PADDING = 14, LABEL_MAX = 30, DEPTH_MAX = GRAPH_LEVEL_COUNT + 1 };
#define CHARACTER_WIDTH 7.3 // of the font for names, which has one width

#define NO_LINE UINT32_MAX // of loops

// Boxes of one box, and lines between them: what is laid out at once.
struct plane {
    struct layout layout;
    struct {
        VEC_FIELDS(uint32_t);
    } boxes;              // of the drawing, by number in the layout
    struct strmap *lines; // (from, to) -> number in the layout, from 1
    struct strmap *ports; // (number in the layout, side) -> that of its port, from 1
};

struct drafter {
    struct arena *arena;
    const struct graph *graph;
    struct drawing *drawing;
    int32_t open;                  // box, or GRAPH_ROOT
    bool *sources, *dests;         // by node: edges begin or end there
    uint32_t *as_source, *as_dest; // by node: its box
    struct plane *planes;          // by box, from 1; 0 is the whole
    uint32_t *line_of_edge;
    uint32_t *plane_of_edge;
    uint32_t *place; // by box: its number in the layout around it
};

// ---- boxes ----------------------------------------------------------------------------------------------------------

static bool is_outside(const struct graph_node *node)
{
    return node->kind >= GRAPH_KIND_SET;
}

// At most LABEL_MAX characters; what is cut out of a longer one is its middle.
static const char *short_label(struct arena *arena, const char *text, size_t *ret_characters)
{
    VEC(const char *) starts = {0};
    text = safe_text(arena, text);
    const char *end = text + strlen(text);
    for (const char *at = text; at < end;) {
        uint32_t character;
        size_t size = utf8_read(at, (size_t)(end - at), &character);
        vec_push(arena, &starts, at);
        at += size > 0 ? size : 1;
    }
    *ret_characters = starts.count < LABEL_MAX ? starts.count : LABEL_MAX;
    if (starts.count <= LABEL_MAX) {
        return text;
    }
    size_t head = LABEL_MAX / 2, tail = LABEL_MAX - head - 1;
    return arena_printf(arena, "%.*s…%s", (int)(starts.items[head] - text), text,
                        starts.items[starts.count - tail]);
}

static uint32_t add_box(struct drafter *drafter, uint32_t node, const char *label, bool leaf)
{
    size_t characters;
    struct drawing_box *box = vec_add(drafter->arena, &drafter->drawing->boxes);
    box->node = node;
    box->outer = drafter->open;
    box->leaf = leaf;
    box->label = short_label(drafter->arena, label, &characters);
    box->width = (double)characters * CHARACTER_WIDTH + 2 * LEAF_PADDING;
    box->height = LEAF_HEIGHT;
    return (uint32_t)drafter->drawing->boxes.count - 1;
}

static void open_box(void *context, uint32_t node)
{
    struct drafter *drafter = context;
    drafter->open = (int32_t)add_box(drafter, node, drafter->graph->nodes.items[node].name, false);
}

static void add_leaf(void *context, uint32_t node)
{
    struct drafter *drafter = context;
    if (drafter->dests[node] || !is_outside(&drafter->graph->nodes.items[node])) {
        const char *label = tree_label(drafter->arena, drafter->graph, node);
        drafter->as_dest[node] = add_box(drafter, node, label, true);
        drafter->as_source[node] = drafter->as_dest[node];
    }
}

static void close_box(void *context, uint32_t node)
{
    struct drafter *drafter = context;
    (void)node;
    drafter->open = drafter->drawing->boxes.items[drafter->open].outer;
}

static void add_boxes(struct drafter *drafter)
{
    static const struct tree_walk walk = {open_box, add_leaf, close_box};
    const struct graph *graph = drafter->graph;
    for (size_t i = 0; i < graph->edges.count; i++) {
        drafter->sources[graph->edges.items[i].source] = true;
        drafter->dests[graph->edges.items[i].dest] = true;
    }
    tree_walk(graph, &walk, drafter);
    drafter->open = GRAPH_ROOT;
    for (uint32_t i = 0; i < graph->nodes.count; i++) {
        const struct graph_node *node = &graph->nodes.items[i];
        if (is_outside(node) && drafter->sources[i]) {
            drafter->as_source[i] =
                add_box(drafter, i, graph_node_text(drafter->arena, node), true);
        }
    }
}

// ---- lines ----------------------------------------------------------------------------------------------------------

// A box and all around it, from the inside; the last one is GRAPH_ROOT.
static size_t boxes_around(const struct drawing *drawing, uint32_t box, int32_t *ret)
{
    size_t count = 0;
    for (int32_t at = (int32_t)box; at != GRAPH_ROOT; at = drawing->boxes.items[at].outer) {
        ret[count++] = at;
    }
    ret[count++] = GRAPH_ROOT;
    return count;
}

static size_t number_of(struct strmap *map, uint32_t first, uint32_t second, size_t next)
{
    uint32_t key[] = {first, second};
    return (size_t)(uintptr_t)strmap_put_n(map, key, sizeof key, (void *)(uintptr_t)next);
}

static uint32_t line_on(struct drafter *drafter, struct plane *plane, uint32_t from, uint32_t to)
{
    size_t next = plane->layout.lines.count + 1;
    size_t number = number_of(plane->lines, from, to, next);
    if (number == next) {
        vec_push(drafter->arena, &plane->layout.lines,
                 (struct layout_line){.from = from, .to = to});
    }
    return (uint32_t)number - 1;
}

// Edges run on the plane of the innermost box around both ends.
static void add_line(struct drafter *drafter, uint32_t edge)
{
    int32_t from[DEPTH_MAX + 1], to[DEPTH_MAX + 1];
    const struct drawing_edge *drawn = &drafter->drawing->edges.items[edge];
    size_t i = boxes_around(drafter->drawing, drawn->from, from);
    size_t j = boxes_around(drafter->drawing, drawn->to, to);
    while (i > 0 && j > 0 && from[i - 1] == to[j - 1]) {
        i--;
        j--;
    }
    drafter->line_of_edge[edge] = NO_LINE;
    if (i > 0 && j > 0) {
        drafter->plane_of_edge[edge] = (uint32_t)(from[i] + 1);
        drafter->line_of_edge[edge] =
            line_on(drafter, &drafter->planes[from[i] + 1], drafter->place[from[i - 1]],
                    drafter->place[to[j - 1]]);
    }
}

static void add_lines(struct drafter *drafter)
{
    struct drawing *drawing = drafter->drawing;
    for (uint32_t i = 0; i < drawing->boxes.count; i++) {
        struct plane *plane = &drafter->planes[drawing->boxes.items[i].outer + 1];
        drafter->place[i] = (uint32_t)plane->boxes.count;
        vec_push(drafter->arena, &plane->boxes, i);
        vec_add(drafter->arena, &plane->layout.boxes);
    }
    for (uint32_t i = 0; i < drafter->graph->edges.count; i++) {
        const struct graph_edge *edge = &drafter->graph->edges.items[i];
        bool loop = edge->source == edge->dest;
        uint32_t from = drafter->as_source[edge->source];
        vec_push(drafter->arena, &drawing->edges,
                 (struct drawing_edge){
                     .edge = edge, .from = from, .to = loop ? from : drafter->as_dest[edge->dest]});
        add_line(drafter, i);
    }
}

// ---- ports ----------------------------------------------------------------------------------------------------------

// How an edge leaves boxes on its way to where it runs.
struct way {
    enum layout_side side;
    uint32_t lane; // edges of one box share ports if they look the same, and lead the same way
};

static struct way way_of(const struct drawing_edge *edge, bool turned, bool dest)
{
    return (struct way){turned == dest ? LAYOUT_RIGHT : LAYOUT_LEFT,
                        (uint32_t)graph_worst(&edge->edge->counts) << 2 | (uint32_t)turned << 1 |
                            dest};
}

// The port of a plane at which what is in its box `inner` goes out.
static uint32_t port_on(struct drafter *drafter, struct plane *plane, uint32_t inner,
                        struct way way)
{
    size_t next = plane->layout.boxes.count + 1;
    size_t number = number_of(plane->ports, inner, way.lane, next);
    if (number == next) {
        vec_push(drafter->arena, &plane->layout.boxes,
                 (struct layout_box){.height = 1, .side = (uint8_t)way.side});
    }
    return (uint32_t)number - 1;
}

// The line from what holds the end of an edge to the border of the box around that.
static const struct layout_line *port_line(struct drafter *drafter, uint32_t box, struct way way)
{
    struct plane *plane = &drafter->planes[drafter->drawing->boxes.items[box].outer + 1];
    uint32_t inner = drafter->place[box];
    uint32_t port = port_on(drafter, plane, inner, way);
    uint32_t line = way.side == LAYOUT_LEFT ? line_on(drafter, plane, port, inner)
                                            : line_on(drafter, plane, inner, port);
    return &plane->layout.lines.items[line];
}

static bool is_turned(const struct drafter *drafter, uint32_t edge)
{
    const struct plane *plane = &drafter->planes[drafter->plane_of_edge[edge]];
    return drafter->line_of_edge[edge] != NO_LINE &&
           plane->layout.lines.items[drafter->line_of_edge[edge]].turned;
}

static void add_way(struct drafter *drafter, uint32_t box, uint32_t plane, struct way way)
{
    const struct drawing *drawing = drafter->drawing;
    for (; drawing->boxes.items[box].outer + 1 != (int32_t)plane;
         box = (uint32_t)drawing->boxes.items[box].outer) {
        port_line(drafter, box, way);
    }
}

// Edges go out of boxes at borders, on their ways around what else is in there.
static void add_ports(struct drafter *drafter)
{
    struct drawing *drawing = drafter->drawing;
    for (uint32_t plane = 0; plane <= drawing->boxes.count; plane++) {
        layout_direct(drafter->arena, &drafter->planes[plane].layout);
        for (uint32_t i = 0; i < drawing->edges.count; i++) {
            const struct drawing_edge *edge = &drawing->edges.items[i];
            if (drafter->plane_of_edge[i] != plane || drafter->line_of_edge[i] == NO_LINE) {
                continue;
            }
            bool turned = is_turned(drafter, i);
            add_way(drafter, edge->from, plane, way_of(edge, turned, false));
            add_way(drafter, edge->to, plane, way_of(edge, turned, true));
        }
    }
}

// ---- places ---------------------------------------------------------------------------------------------------------

static void lay_out(struct drafter *drafter, struct plane *plane, double wide)
{
    for (size_t i = 0; i < plane->boxes.count; i++) {
        const struct drawing_box *box = &drafter->drawing->boxes.items[plane->boxes.items[i]];
        plane->layout.boxes.items[i].width = box->width;
        plane->layout.boxes.items[i].height = box->height;
    }
    layout_make(drafter->arena, &plane->layout);
    layout_balance(drafter->arena, &plane->layout, wide);
    for (size_t i = 0; i < plane->boxes.count; i++) {
        struct drawing_box *box = &drafter->drawing->boxes.items[plane->boxes.items[i]];
        box->x = plane->layout.boxes.items[i].x;
        box->y = plane->layout.boxes.items[i].y;
    }
}

// From the inside out, for sizes; then from the outside in, for places.
static void place_boxes(struct drafter *drafter)
{
    struct drawing *drawing = drafter->drawing;
    for (size_t i = drawing->boxes.count; i > 0; i--) {
        struct drawing_box *box = &drawing->boxes.items[i - 1];
        if (!box->leaf) {
            struct plane *plane = &drafter->planes[i];
            lay_out(drafter, plane, INNER_WIDE);
            box->width = fmax(box->width, plane->layout.width + 2 * DRAWING_PADDING);
            box->height = plane->layout.height + DRAWING_TITLE + DRAWING_PADDING;
        }
    }
    lay_out(drafter, &drafter->planes[0], WIDE);
    for (size_t i = 0; i < drawing->boxes.count; i++) {
        struct drawing_box *box = &drawing->boxes.items[i];
        if (box->outer != GRAPH_ROOT) {
            box->x += drawing->boxes.items[box->outer].x + DRAWING_PADDING;
            box->y += drawing->boxes.items[box->outer].y + DRAWING_TITLE;
        }
    }
    drawing->width = drafter->planes[0].layout.width;
    drawing->height = drafter->planes[0].layout.height;
}

static struct layout_point in_box(const struct drafter *drafter, int32_t box,
                                  struct layout_point point)
{
    if (box != GRAPH_ROOT) {
        point.x += drafter->drawing->boxes.items[box].x + DRAWING_PADDING;
        point.y += drafter->drawing->boxes.items[box].y + DRAWING_TITLE;
    }
    return point;
}

struct points {
    VEC_FIELDS(struct layout_point);
};

// From the end of an edge out to the plane on which it runs. Turned edges keep a little below the others.
static struct points way_out(struct drafter *drafter, uint32_t box, uint32_t plane, struct way way,
                             bool turned)
{
    enum { TURNED_SHIFT = 7 };
    const struct drawing_box *boxes = drafter->drawing->boxes.items;
    bool left = way.side == LAYOUT_LEFT;
    struct points ret = {0};
    const struct drawing_box *at = &boxes[box];
    double x = left ? at->x : at->x + at->width;
    vec_push(drafter->arena, &ret,
             (struct layout_point){x, at->y + at->height / 2 + (turned ? TURNED_SHIFT : 0), false});
    for (; at->outer + 1 != (int32_t)plane; at = &boxes[at->outer]) {
        const struct layout_line *line = port_line(drafter, (uint32_t)(at - boxes), way);
        const struct layout *layout = &drafter->planes[at->outer + 1].layout;
        size_t count = line->bends.count;
        for (size_t i = 0; i < count; i++) {
            size_t from_end = left ? count - 1 - i : i;
            vec_push(drafter->arena, &ret, in_box(drafter, at->outer, line->bends.items[from_end]));
        }
        const struct drawing_box *outer = &boxes[at->outer];
        const struct layout_box *port = &layout->boxes.items[left ? line->from : line->to];
        struct layout_point point =
            in_box(drafter, at->outer, (struct layout_point){0, port->y, false});
        point.x = left ? outer->x : outer->x + outer->width;
        vec_push(drafter->arena, &ret, point);
    }
    return ret;
}

static void place_edge(struct drafter *drafter, uint32_t number)
{
    struct drawing_edge *edge = &drafter->drawing->edges.items[number];
    uint32_t around = drafter->plane_of_edge[number];
    if (drafter->line_of_edge[number] == NO_LINE) {
        return;
    }
    bool turned = is_turned(drafter, number);
    edge->turned = turned;
    struct points start = way_out(drafter, edge->from, around, way_of(edge, turned, false), turned);
    struct points end = way_out(drafter, edge->to, around, way_of(edge, turned, true), turned);
    const struct layout_line *line =
        &drafter->planes[around].layout.lines.items[drafter->line_of_edge[number]];
    for (size_t i = 0; i < start.count; i++) {
        vec_push(drafter->arena, &edge->points, start.items[i]);
    }
    for (size_t i = 0; i < line->bends.count; i++) {
        vec_push(drafter->arena, &edge->points,
                 in_box(drafter, (int32_t)around - 1, line->bends.items[i]));
    }
    for (size_t i = end.count; i > 0; i--) {
        vec_push(drafter->arena, &edge->points, end.items[i - 1]);
    }
}

struct drawing *drawing_make(struct arena *arena, const struct graph *graph)
{
    size_t nodes = graph->nodes.count, edges = graph->edges.count;
    struct drafter drafter = {.arena = arena,
                              .graph = graph,
                              .drawing = arena_new_of(arena, struct drawing),
                              .open = GRAPH_ROOT,
                              .sources = arena_array_of(arena, bool, nodes),
                              .dests = arena_array_of(arena, bool, nodes),
                              .as_source = arena_array_of(arena, uint32_t, nodes),
                              .as_dest = arena_array_of(arena, uint32_t, nodes),
                              .line_of_edge = arena_array_of(arena, uint32_t, edges),
                              .plane_of_edge = arena_array_of(arena, uint32_t, edges)};
    add_boxes(&drafter);
    size_t boxes = drafter.drawing->boxes.count;
    drafter.place = arena_array_of(arena, uint32_t, boxes);
    drafter.planes = arena_array_of(arena, struct plane, boxes + 1);
    for (size_t i = 0; i <= boxes; i++) {
        drafter.planes[i].lines = strmap_new(arena);
        drafter.planes[i].ports = strmap_new(arena);
    }
    add_lines(&drafter);
    add_ports(&drafter);
    place_boxes(&drafter);
    for (uint32_t i = 0; i < edges; i++) {
        place_edge(&drafter, i);
    }
    return drafter.drawing;
}
