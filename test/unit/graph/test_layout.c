// SPDX-License-Identifier: GPL-2.0-or-later
// Places of boxes and lines: whatever the graph, nothing stands on anything else, and lines lead as they say.
#include "layout.h"

#include "unit.h"

static struct arena *arena;

__attribute__((constructor)) static void begin(void)
{
    arena = arena_new((size_t)1 << 30);
}

__attribute__((destructor)) static void end(void)
{
    arena_free(arena);
}

enum { BOXES_MAX = 40 };

static uint32_t state;

// A generator that is the same everywhere.
static uint32_t next(uint32_t limit)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % limit;
}

static void add_line(struct layout *layout, uint32_t from, uint32_t to)
{
    vec_push(arena, &layout->lines, (struct layout_line){.from = from, .to = to});
}

static struct layout random_layout(uint32_t seed)
{
    struct layout layout = {0};
    state = seed;
    uint32_t boxes = 2 + next(BOXES_MAX - 2);
    for (uint32_t i = 0; i < boxes; i++) {
        vec_push(arena, &layout.boxes,
                 (struct layout_box){.width = 20 + next(100), .height = 20 + next(60)});
    }
    for (uint32_t i = next(2 * boxes); i > 0; i--) {
        uint32_t from = next(boxes), to = next(boxes);
        if (from != to) {
            add_line(&layout, from, to);
        }
    }
    return layout;
}

static bool overlap(const struct layout_box *a, const struct layout_box *b)
{
    return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
           b->y < a->y + a->height;
}

static void check_boxes(const struct layout *layout, uint32_t seed)
{
    const double slack = 0.001;
    for (size_t i = 0; i < layout->boxes.count; i++) {
        const struct layout_box *box = &layout->boxes.items[i];
        ck_assert_msg(box->x >= -slack && box->y >= -slack &&
                          box->x + box->width <= layout->width + slack &&
                          box->y + box->height <= layout->height + slack,
                      "seed %u: box %zu stands outside", seed, i);
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(!overlap(box, &layout->boxes.items[j]), "seed %u: %zu stands on %zu",
                          seed, i, j);
        }
    }
}

static void check_lines(const struct layout *layout, uint32_t seed)
{
    for (size_t i = 0; i < layout->lines.count; i++) {
        const struct layout_line *line = &layout->lines.items[i];
        uint32_t left = line->turned ? line->to : line->from;
        uint32_t right = line->turned ? line->from : line->to;
        const struct layout_box *boxes = layout->boxes.items;
        ck_assert_msg(boxes[left].x + boxes[left].width < boxes[right].x,
                      "seed %u: line %zu does not lead as it says", seed, i);
        for (size_t j = 1; j < line->bends.count; j++) {
            double step = line->bends.items[j].x - line->bends.items[j - 1].x;
            ck_assert_msg(line->turned ? step <= 0 : step >= 0, "seed %u: line %zu goes back", seed,
                          i);
        }
    }
}

START_TEST(nothing_stands_on_anything)
{
    enum { SEEDS = 200 };
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        struct layout layout = random_layout(seed);
        layout_direct(arena, &layout);
        layout_make(arena, &layout);
        check_boxes(&layout, seed);
        check_lines(&layout, seed);
    }
}
END_TEST

START_TEST(folding_makes_it_less_wide)
{
    struct layout layout = {0};
    for (uint32_t i = 0; i < 12; i++) {
        vec_push(arena, &layout.boxes, (struct layout_box){.width = 400, .height = 100});
        if (i > 0) {
            add_line(&layout, i - 1, i);
        }
    }
    layout_direct(arena, &layout);
    layout_make(arena, &layout);
    ck_assert(layout.width > 20 * layout.height);
    layout_balance(arena, &layout, 2);
    ck_assert(layout.width < 4 * layout.height);
    ck_assert_uint_gt(layout.fold, 1);
    check_boxes(&layout, 0);
}
END_TEST

START_TEST(the_same_again)
{
    struct layout first = random_layout(7), second = random_layout(7);
    layout_direct(arena, &first);
    layout_make(arena, &first);
    layout_direct(arena, &second);
    layout_make(arena, &second);
    ck_assert_mem_eq(first.boxes.items, second.boxes.items,
                     first.boxes.count * sizeof *first.boxes.items);
}
END_TEST

START_TEST(one_line_of_a_circle_is_turned)
{
    struct layout layout = {0};
    for (int i = 0; i < 3; i++) {
        vec_push(arena, &layout.boxes, (struct layout_box){.width = 10, .height = 10});
    }
    add_line(&layout, 0, 1);
    add_line(&layout, 1, 2);
    add_line(&layout, 2, 0);
    layout_direct(arena, &layout);
    layout_make(arena, &layout);
    ck_assert(!layout.lines.items[0].turned);
    ck_assert(!layout.lines.items[1].turned);
    ck_assert(layout.lines.items[2].turned);
    ck_assert_uint_eq(layout.lines.items[2].bends.count, 2); // past the box in the middle
}
END_TEST

START_TEST(ports_are_on_the_borders)
{
    struct layout layout = {0};
    for (int i = 0; i < 3; i++) {
        vec_push(arena, &layout.boxes, (struct layout_box){.width = 10, .height = 10});
    }
    add_line(&layout, 0, 1);
    add_line(&layout, 1, 2);
    layout_direct(arena, &layout);
    vec_push(arena, &layout.boxes, (struct layout_box){.height = 1, .side = LAYOUT_RIGHT});
    vec_push(arena, &layout.boxes, (struct layout_box){.height = 1, .side = LAYOUT_LEFT});
    add_line(&layout, 0, 3);
    add_line(&layout, 4, 2);
    layout_make(arena, &layout);
    ck_assert(layout.boxes.items[3].x == layout.width);
    ck_assert(layout.boxes.items[4].x == 0);
    ck_assert(layout.boxes.items[0].x > 0);
    ck_assert_uint_eq(layout.lines.items[2].bends.count, 4); // past two boxes
    check_boxes(&layout, 0);
}
END_TEST

START_TEST(little_and_nothing)
{
    struct layout none = {0}, one = {0};
    layout_direct(arena, &none);
    layout_make(arena, &none);
    ck_assert(none.width == 0 && none.height == 0);
    vec_push(arena, &one.boxes, (struct layout_box){.width = 30, .height = 10});
    layout_direct(arena, &one);
    layout_make(arena, &one);
    ck_assert(one.width == 30 && one.height == 10);
    ck_assert(one.boxes.items[0].x == 0 && one.boxes.items[0].y == 0);
}
END_TEST

UNIT_TESTS("graph: layout", nothing_stands_on_anything, folding_makes_it_less_wide, the_same_again,
           one_line_of_a_circle_is_turned, ports_are_on_the_borders, little_and_nothing)
