// SPDX-License-Identifier: GPL-2.0-or-later
// Where boxes and the lines between them stand: in layers from left to right, along the lines. No randomness, no clock:
// the same input gives the same picture.
#pragma once

#include <polc/base.h>

// A port is where lines from outside come in: a point on the left or right border.
enum layout_side { LAYOUT_INSIDE, LAYOUT_LEFT, LAYOUT_RIGHT };

struct layout_box {
    double width, height; // in; of a port 0 and 1
    uint8_t side;         // in, enum layout_side
    double x, y;          // out: the upper left corner
};

struct layout_point {
    double x, y;
    bool back; // against the direction of its line, between two turns
};

struct layout_line {
    uint32_t from, to; // in: numbers of boxes, not the same; from a left port, and to a right one
    bool turned;       // it leads from right to left, but for what folding put into one layer
    struct {
        VEC_FIELDS(struct layout_point);
    } bends; // out: where it passes other layers, from its start to its end
};

struct layout {
    struct {
        VEC_FIELDS(struct layout_box);
    } boxes;
    struct {
        VEC_FIELDS(struct layout_line);
    } lines;
    double gap;           // in: between boxes of one layer; 0: the least
    uint32_t fold;        // in: so many layers are put into one; 0: each is one
    double width, height; // out
};

// Says which lines are turned; sizes do not matter, and of ports none is.
void layout_direct(struct arena *arena, struct layout *layout);
// Places everything, by the directions that were found; ports may have come in between.
void layout_make(struct arena *arena, struct layout *layout);
// The same again when the picture would be more than `wide` times as wide as high: with more air between boxes, and if
// that is not enough with layers put together.
void layout_balance(struct arena *arena, struct layout *layout, double wide);
