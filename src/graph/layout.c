// SPDX-License-Identifier: GPL-2.0-or-later
// Boxes and lines -> a drawing in layers, in the steps of Sugiyama, Tagawa and Toda (1981): lines that close circles are
// turned around; each box stands right of all that lead to it; lines that pass layers get a place in each of them; the
// order within the layers is that with few crossings; heights are near those of the neighbours.
#include "layout.h"

#include <math.h>

enum { LAYER_GAP = 90, BOX_GAP = 16, LINE_GAP = 7, PORT_GAP = 30, SWEEPS = 12 };
// A layer higher than this, and than the width that all boxes would take, becomes several.
enum { HEIGHT_MIN = 460 };

#define NOT_A_BOX UINT32_MAX

struct numbers {
    VEC_FIELDS(uint32_t);
};

// A box, or the place where a line passes a layer.
struct item {
    uint32_t box, layer;
    double height, center, wanted;
    struct numbers before, behind; // neighbours in the layers next to it
};

struct layer {
    struct numbers items; // from top to bottom
    double x, width;
};

struct maker {
    struct arena *arena;
    struct layout *layout;
    struct {
        VEC_FIELDS(struct item);
    } items;                 // boxes first, with their numbers
    struct numbers *passes;  // by line: the items between its ends
    struct numbers *lines;   // by box: those that lead on from there
    struct numbers sequence; // of boxes: each behind all that lead to it
    bool *connected;         // by box: it has lines
    struct {
        VEC_FIELDS(struct layer);
    } layers;
};

// ---- directions -----------------------------------------------------------------------------------------------------

// A walk along the lines from a box.
struct walk {
    struct arena *arena;
    struct layout *layout;
    struct numbers *lines; // by box: those that begin there
    uint8_t *seen;         // by box: 1 on the way, 2 done
    struct numbers done;   // boxes, each behind all that it leads to
};

static void visit(struct walk *walk, uint32_t box)
{
    walk->seen[box] = 1;
    for (size_t i = 0; i < walk->lines[box].count; i++) {
        struct layout_line *line = &walk->layout->lines.items[walk->lines[box].items[i]];
        uint32_t to = line->from == box ? line->to : line->from;
        line->turned ^= walk->seen[to] == 1;
        if (walk->seen[to] == 0) {
            visit(walk, to);
        }
    }
    walk->seen[box] = 2;
    vec_push(walk->arena, &walk->done, box);
}

static struct walk walk_new(struct arena *arena, struct layout *layout)
{
    size_t boxes = layout->boxes.count;
    return (struct walk){.arena = arena,
                         .layout = layout,
                         .lines = arena_array_of(arena, struct numbers, boxes),
                         .seen = arena_array_of(arena, uint8_t, boxes)};
}

// From where most lines begin, and few end, so that few are turned around.
void layout_direct(struct arena *arena, struct layout *layout)
{
    size_t boxes = layout->boxes.count;
    struct walk walk = walk_new(arena, layout);
    int *excess = arena_array_of(arena, int, boxes);
    bool *reached = arena_array_of(arena, bool, boxes);
    for (uint32_t i = 0; i < layout->lines.count; i++) {
        const struct layout_line *line = &layout->lines.items[i];
        vec_push(arena, &walk.lines[line->from], i);
        excess[line->from]++;
        excess[line->to]--;
        reached[line->to] = true;
    }
    for (uint32_t i = 0; i < boxes; i++) {
        if (!reached[i]) {
            visit(&walk, i);
        }
    }
    for (;;) {
        uint32_t best = NOT_A_BOX;
        for (uint32_t i = 0; i < boxes; i++) {
            if (walk.seen[i] == 0 && (best == NOT_A_BOX || excess[i] > excess[best])) {
                best = i;
            }
        }
        if (best == NOT_A_BOX) {
            break;
        }
        visit(&walk, best);
    }
}

static uint32_t start_of(const struct maker *maker, uint32_t line)
{
    const struct layout_line *item = &maker->layout->lines.items[line];
    return item->turned ? item->to : item->from;
}

static uint32_t end_of(const struct maker *maker, uint32_t line)
{
    const struct layout_line *item = &maker->layout->lines.items[line];
    return item->turned ? item->from : item->to;
}

// Each box behind all that lead to it.
static void find_sequence(struct maker *maker)
{
    struct walk walk = walk_new(maker->arena, maker->layout);
    for (uint32_t i = 0; i < maker->layout->lines.count; i++) {
        vec_push(maker->arena, &walk.lines[start_of(maker, i)], i);
        maker->connected[start_of(maker, i)] = maker->connected[end_of(maker, i)] = true;
    }
    for (uint32_t i = 0; i < maker->layout->boxes.count; i++) {
        if (walk.seen[i] == 0) {
            visit(&walk, i);
        }
    }
    for (size_t i = walk.done.count; i > 0; i--) {
        vec_push(maker->arena, &maker->sequence, walk.done.items[i - 1]);
    }
    maker->lines = walk.lines;
}

// ---- layers ---------------------------------------------------------------------------------------------------------

static void relax(struct maker *maker, uint32_t line)
{
    struct item *from = &maker->items.items[start_of(maker, line)];
    struct item *to = &maker->items.items[end_of(maker, line)];
    to->layer = to->layer > from->layer + 1 ? to->layer : from->layer + 1;
}

// Ports to the borders.
static void move_ports(struct maker *maker)
{
    const struct layout_box *boxes = maker->layout->boxes.items;
    uint32_t last = 0, shift = 0;
    for (uint32_t i = 0; i < maker->items.count; i++) {
        shift |= boxes[i].side == LAYOUT_LEFT;
    }
    for (uint32_t i = 0; i < maker->items.count; i++) {
        struct item *item = &maker->items.items[i];
        item->layer = boxes[i].side == LAYOUT_LEFT ? 0 : item->layer + shift;
        last = boxes[i].side == LAYOUT_INSIDE && item->layer > last ? item->layer : last;
    }
    for (uint32_t i = 0; i < maker->items.count; i++) {
        struct item *item = &maker->items.items[i];
        item->layer = boxes[i].side == LAYOUT_RIGHT ? last + 1 : item->layer;
    }
}

// Several layers become one, but beginnings and ends of all stay left and right of what they are connected with.
static void fold_layers(struct maker *maker)
{
    size_t count = maker->items.count;
    uint32_t *incoming = arena_array_of(maker->arena, uint32_t, count);
    for (uint32_t i = 0; i < maker->layout->lines.count; i++) {
        incoming[end_of(maker, i)]++;
    }
    for (uint32_t i = 0; i < count; i++) {
        maker->items.items[i].layer = 1 + maker->items.items[i].layer / maker->layout->fold;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t box = maker->sequence.items[i];
        const struct numbers *lines = &maker->lines[box];
        for (size_t j = 0; j < lines->count; j++) {
            uint32_t end = end_of(maker, lines->items[j]);
            if (maker->lines[end].count == 0) {
                relax(maker, lines->items[j]);
            }
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        for (size_t j = 0; j < maker->lines[i].count && incoming[i] == 0; j++) {
            uint32_t layer = maker->items.items[end_of(maker, maker->lines[i].items[j])].layer;
            struct item *item = &maker->items.items[i];
            item->layer = layer <= item->layer ? layer - 1 : item->layer;
        }
    }
}

static void find_layers(struct maker *maker)
{
    bool *reached = arena_array_of(maker->arena, bool, maker->items.count);
    for (uint32_t i = 0; i < maker->layout->lines.count; i++) {
        uint32_t start = start_of(maker, i);
        reached[end_of(maker, i)] |= maker->layout->boxes.items[start].side == LAYOUT_INSIDE;
    }
    for (size_t i = 0; i < maker->sequence.count; i++) {
        uint32_t box = maker->sequence.items[i];
        bool port = maker->layout->boxes.items[box].side != LAYOUT_INSIDE;
        for (size_t j = 0; j < maker->lines[box].count && !port; j++) {
            relax(maker, maker->lines[box].items[j]);
        }
    }
    for (size_t i = 0; i < maker->sequence.count; i++) { // beginnings stand near what they lead to
        uint32_t box = maker->sequence.items[i];
        const struct numbers *lines = &maker->lines[box];
        uint32_t nearest = UINT32_MAX;
        for (size_t j = 0; j < lines->count; j++) {
            uint32_t end = end_of(maker, lines->items[j]);
            bool inside = maker->layout->boxes.items[end].side == LAYOUT_INSIDE;
            uint32_t layer = maker->items.items[end].layer;
            nearest = inside && layer < nearest ? layer : nearest;
        }
        bool port = maker->layout->boxes.items[box].side != LAYOUT_INSIDE;
        if (!reached[box] && nearest != UINT32_MAX && nearest > 0 && !port) {
            maker->items.items[box].layer = nearest - 1;
        }
    }
    if (maker->layout->fold > 1) {
        fold_layers(maker);
    }
    move_ports(maker);
}

static bool has_lines(const struct maker *maker, uint32_t box)
{
    return maker->connected[box];
}

static double height_limit(const struct maker *maker)
{
    double area = 0;
    for (size_t i = 0; i < maker->layout->boxes.count; i++) {
        const struct layout_box *box = &maker->layout->boxes.items[i];
        area += (box->width + LAYER_GAP) * (box->height + BOX_GAP);
    }
    return fmax(HEIGHT_MIN, sqrt(area));
}

// Points are lines that pass, or ports.
static double gap_of(const struct maker *maker, const struct item *item)
{
    return item->height <= 1 ? LINE_GAP : fmax(BOX_GAP, maker->layout->gap);
}

// Layers that are too high become several next to each other.
static void split_layers(struct maker *maker)
{
    double limit = height_limit(maker);
    uint32_t last = 0, next = 0;
    for (uint32_t i = 0; i < maker->items.count; i++) {
        last = maker->items.items[i].layer > last ? maker->items.items[i].layer : last;
    }
    uint32_t *moved = arena_array_of(maker->arena, uint32_t, maker->items.count);
    for (uint32_t layer = 0; layer <= last; layer++, next++) {
        double height = 0;
        for (uint32_t i = 0; i < maker->items.count; i++) {
            if (maker->items.items[i].layer != layer || !has_lines(maker, i)) {
                continue;
            }
            if (height > 0 && height + maker->items.items[i].height > limit) {
                height = 0;
                next++;
            }
            height += maker->items.items[i].height + gap_of(maker, &maker->items.items[i]);
            moved[i] = next;
        }
    }
    for (uint32_t i = 0; i < maker->items.count; i++) {
        maker->items.items[i].layer = moved[i];
    }
    for (uint32_t i = 0; i < next; i++) {
        vec_add(maker->arena, &maker->layers);
    }
}

static void connect(struct maker *maker, uint32_t left, uint32_t right)
{
    vec_push(maker->arena, &maker->items.items[left].behind, right);
    vec_push(maker->arena, &maker->items.items[right].before, left);
}

static void add_passes(struct maker *maker)
{
    for (uint32_t i = 0; i < maker->layout->lines.count; i++) {
        uint32_t at = start_of(maker, i), end = end_of(maker, i);
        for (uint32_t layer = maker->items.items[at].layer + 1;
             layer < maker->items.items[end].layer; layer++) {
            uint32_t pass = (uint32_t)maker->items.count;
            vec_push(maker->arena, &maker->items,
                     (struct item){.box = NOT_A_BOX, .layer = layer, .height = 1});
            vec_push(maker->arena, &maker->passes[i], pass);
            connect(maker, at, pass);
            at = pass;
        }
        if (maker->items.items[at].layer < maker->items.items[end].layer) { // not folded
            connect(maker, at, end);
        }
    }
    for (uint32_t i = 0; i < maker->items.count; i++) {
        const struct item *item = &maker->items.items[i];
        if (item->box == NOT_A_BOX || has_lines(maker, i)) {
            vec_push(maker->arena, &maker->layers.items[item->layer].items, i);
        }
    }
}

// ---- order within layers --------------------------------------------------------------------------------------------

struct ranked {
    double wanted;
    uint32_t item, place;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    if (x->wanted != y->wanted) {
        return x->wanted < y->wanted ? -1 : 1;
    }
    return x->place < y->place ? -1 : 1;
}

static double mean_center(const struct maker *maker, const struct numbers *items, double otherwise)
{
    double sum = 0;
    for (size_t i = 0; i < items->count; i++) {
        sum += maker->items.items[items->items[i]].center;
    }
    return items->count > 0 ? sum / (double)items->count : otherwise;
}

static void sort_layer(struct maker *maker, struct layer *layer, bool forward)
{
    struct ranked *ranks = arena_array_of(maker->arena, struct ranked, layer->items.count);
    for (uint32_t i = 0; i < layer->items.count; i++) {
        const struct item *item = &maker->items.items[layer->items.items[i]];
        double wanted = mean_center(maker, forward ? &item->before : &item->behind, item->center);
        ranks[i] = (struct ranked){wanted, layer->items.items[i], i};
    }
    qsort(ranks, layer->items.count, sizeof *ranks, compare_ranked);
    double y = 0;
    for (size_t i = 0; i < layer->items.count; i++) {
        struct item *item = &maker->items.items[ranks[i].item];
        layer->items.items[i] = ranks[i].item;
        item->center = y + item->height / 2;
        y += item->height + BOX_GAP;
    }
    for (size_t i = 0; i < layer->items.count; i++) { // all layers around one axis
        maker->items.items[layer->items.items[i]].center -= y / 2;
    }
}

static void find_order(struct maker *maker)
{
    struct arena_mark mark = arena_mark(maker->arena);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        for (size_t i = 0; i < maker->layers.count; i++) {
            bool forward = sweep % 2 == 0;
            sort_layer(maker, &maker->layers.items[forward ? i : maker->layers.count - 1 - i],
                       forward);
            arena_rewind(maker->arena, mark);
        }
    }
}

// ---- heights --------------------------------------------------------------------------------------------------------

// As near as can be (least squares) to what the items of a layer want, in their order and with their gaps: neighbours
// that would overlap become a block that stands at the mean of what they want.
struct block {
    double sum;
    size_t count;
};

static double gap_between(const struct maker *maker, const struct item *above,
                          const struct item *below)
{
    return (above->height + below->height) / 2 + fmax(gap_of(maker, above), gap_of(maker, below));
}

static void place_layer(struct maker *maker, const struct layer *layer)
{
    struct block *blocks = arena_array_of(maker->arena, struct block, layer->items.count + 1);
    size_t count = 0;
    double offset = 0;
    const struct item *above = NULL;
    for (size_t i = 0; i < layer->items.count; i++) {
        struct item *item = &maker->items.items[layer->items.items[i]];
        offset += above != NULL ? gap_between(maker, above, item) : 0;
        blocks[count++] = (struct block){item->wanted - offset, 1};
        while (count > 1 && blocks[count - 2].sum / (double)blocks[count - 2].count >
                                blocks[count - 1].sum / (double)blocks[count - 1].count) {
            blocks[count - 2].sum += blocks[count - 1].sum;
            blocks[count - 2].count += blocks[count - 1].count;
            count--;
        }
        above = item;
    }
    above = NULL;
    offset = 0;
    for (size_t i = 0, block = 0, left = 0; i < layer->items.count; i++, left--) {
        struct item *item = &maker->items.items[layer->items.items[i]];
        offset += above != NULL ? gap_between(maker, above, item) : 0;
        left = left == 0 ? blocks[block++].count : left;
        item->center = blocks[block - 1].sum / (double)blocks[block - 1].count + offset;
        above = item;
    }
}

static void find_heights(struct maker *maker)
{
    struct arena_mark mark = arena_mark(maker->arena);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        for (size_t i = 0; i < maker->layers.count; i++) {
            bool forward = sweep % 2 == 0;
            struct layer *layer = &maker->layers.items[forward ? i : maker->layers.count - 1 - i];
            for (size_t j = 0; j < layer->items.count; j++) {
                struct item *item = &maker->items.items[layer->items.items[j]];
                double before = mean_center(maker, &item->before, item->center);
                double behind = mean_center(maker, &item->behind, item->center);
                item->wanted = item->before.count == 0   ? behind
                               : item->behind.count == 0 ? before
                                                         : (before + behind) / 2;
            }
            place_layer(maker, layer);
            arena_rewind(maker->arena, mark);
        }
    }
}

// ---- the result -----------------------------------------------------------------------------------------------------

static void place_boxes(struct maker *maker)
{
    double x = 0, top = 0, bottom = 0;
    for (size_t i = 0; i < maker->layers.count; i++) {
        struct layer *layer = &maker->layers.items[i];
        for (size_t j = 0; j < layer->items.count; j++) {
            const struct item *item = &maker->items.items[layer->items.items[j]];
            double width = item->box != NOT_A_BOX ? maker->layout->boxes.items[item->box].width : 0;
            layer->width = fmax(layer->width, width);
            top = fmin(top, item->center - item->height / 2);
            bottom = fmax(bottom, item->center + item->height / 2);
        }
        // What ports lead to, and from, stands near.
        bool narrow = layer->width == 0 || (i > 0 && maker->layers.items[i - 1].width == 0);
        x += i == 0 ? 0 : narrow ? PORT_GAP : LAYER_GAP;
        layer->x = x;
        x += layer->width;
    }
    for (size_t i = 0; i < maker->items.count; i++) {
        struct item *item = &maker->items.items[i];
        item->center -= top;
        if (item->box != NOT_A_BOX && has_lines(maker, item->box)) {
            struct layout_box *box = &maker->layout->boxes.items[item->box];
            const struct layer *layer = &maker->layers.items[item->layer];
            box->x = layer->x + (layer->width - box->width) / 2;
            box->y = item->center - box->height / 2;
        }
    }
    maker->layout->width = x;
    maker->layout->height = bottom - top;
}

// Boxes without lines: rows below all others.
static void place_lonely(struct maker *maker)
{
    struct layout *layout = maker->layout;
    double limit = fmax(layout->width, height_limit(maker));
    double x = 0, y = layout->height, row = 0;
    for (uint32_t i = 0; i < layout->boxes.count; i++) {
        struct layout_box *box = &layout->boxes.items[i];
        if (has_lines(maker, i)) {
            continue;
        }
        if (row == 0 || x + box->width > limit) {
            y += row + (y > 0 ? BOX_GAP : 0);
            x = row = 0;
        }
        box->x = x;
        box->y = y;
        x += box->width + BOX_GAP;
        row = fmax(row, box->height);
        layout->width = fmax(layout->width, x - BOX_GAP);
    }
    layout->height = y + row;
}

// Within a layer, as folding leaves it: around the right border of the layer, back beside the box where the line ends,
// and around the left border.
static void place_turns(struct maker *maker, struct layout_line *line)
{
    const struct layout_box *from = &maker->layout->boxes.items[line->from];
    const struct layout_box *to = &maker->layout->boxes.items[line->to];
    const struct layer *layer = &maker->layers.items[maker->items.items[line->to].layer];
    bool below = to->y > from->y;
    double gap = fmax(BOX_GAP, maker->layout->gap) / 2;
    double y = below ? to->y - gap : to->y + to->height + gap;
    double left = layer->x - LINE_GAP, right = layer->x + layer->width + LINE_GAP;
    vec_push(maker->arena, &line->bends,
             (struct layout_point){line->turned ? left : right, y, true});
    vec_push(maker->arena, &line->bends,
             (struct layout_point){line->turned ? right : left, y, true});
}

static void place_bends(struct maker *maker)
{
    for (size_t i = 0; i < maker->layout->lines.count; i++) {
        struct layout_line *line = &maker->layout->lines.items[i];
        size_t count = maker->passes[i].count;
        line->bends.count = 0;
        if (maker->items.items[line->from].layer == maker->items.items[line->to].layer) {
            place_turns(maker, line);
        }
        for (size_t j = 0; j < count; j++) {
            bool turned = line->turned;
            const struct item *item =
                &maker->items.items[maker->passes[i].items[turned ? count - 1 - j : j]];
            const struct layer *layer = &maker->layers.items[item->layer];
            double right = layer->x + layer->width;
            vec_push(maker->arena, &line->bends,
                     (struct layout_point){turned ? right : layer->x, item->center, false});
            vec_push(maker->arena, &line->bends,
                     (struct layout_point){turned ? layer->x : right, item->center, false});
        }
    }
}

void layout_make(struct arena *arena, struct layout *layout)
{
    size_t boxes = layout->boxes.count, lines = layout->lines.count;
    struct maker maker = {.arena = arena,
                          .layout = layout,
                          .passes = arena_array_of(arena, struct numbers, lines),
                          .connected = arena_array_of(arena, bool, boxes)};
    for (uint32_t i = 0; i < boxes; i++) {
        vec_push(arena, &maker.items,
                 (struct item){.box = i, .height = layout->boxes.items[i].height});
    }
    find_sequence(&maker);
    find_layers(&maker);
    split_layers(&maker);
    add_passes(&maker);
    find_order(&maker);
    find_heights(&maker);
    place_boxes(&maker);
    place_lonely(&maker);
    place_bends(&maker);
}

static double excess_of(const struct layout *layout, double wide)
{
    return layout->width / fmax(1, layout->height * wide);
}

static void add_air(struct arena *arena, struct layout *layout, double wide)
{
    const double most = 5.0;
    double excess = excess_of(layout, wide);
    if (excess > 1) {
        layout->gap = BOX_GAP * fmin(most, excess * excess);
        layout_make(arena, layout);
    }
}

void layout_balance(struct arena *arena, struct layout *layout, double wide)
{
    add_air(arena, layout, wide);
    layout->fold = (uint32_t)fmax(1, round(sqrt(excess_of(layout, wide))));
    if (layout->fold > 1) {
        layout->gap = 0;
        layout_make(arena, layout);
        add_air(arena, layout, wide);
    }
}
