// SPDX-License-Identifier: GPL-2.0-or-later
// A graph as boxes in boxes with places on a plane, before it is written in any language of drawings.
#pragma once

#include "internal.h"
#include "layout.h"

struct drawing_box {
    uint32_t node;
    int32_t outer; // number of the box around it, which stands before it; GRAPH_ROOT
    bool leaf;
    const char *label; // as short as it is drawn
    double x, y, width, height;
};

struct drawing_edge {
    const struct graph_edge *edge;
    uint32_t from, to; // boxes that are leaves; the same for a loop
    bool turned;       // begins at the left side of its box
    struct {
        VEC_FIELDS(struct layout_point);
    } points; // from border to border, at least two; none of a loop
};

struct drawing {
    struct {
        VEC_FIELDS(struct drawing_box);
    } boxes;
    struct {
        VEC_FIELDS(struct drawing_edge);
    } edges; // those of the graph, in their order
    double width, height;
};

enum { DRAWING_TITLE = 26, DRAWING_PADDING = 16 };
// What is outside (sets, networks) stands twice when it is at both ends of flows: left as the source, right as the
// destination.
struct drawing *drawing_make(struct arena *arena, const struct graph *graph);
