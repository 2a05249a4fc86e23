// SPDX-License-Identifier: GPL-2.0-or-later
// Sets of numbers and regions of packets against a plain picture of them: one bit for each number, one for each point.
#include "space_helper.h"

enum { NUMBERS = 24, ROUNDS = 2000 };

// The numbers of a picture lie at both ends of what a set can hold, so that carries and borrows are met.
static wide number_at(unsigned i)
{
    return i < NUMBERS / 2 ? (wide)i : ~(wide)0 - (NUMBERS - 1 - i);
}

static uint32_t set_of(uint32_t picture)
{
    struct range ranges[NUMBERS];
    size_t count = 0;
    for (unsigned i = NUMBERS;
         i-- > 0;) { // backwards, and each alone: normalizing is up to the set
        if (picture >> i & 1) {
            ranges[count++] = (struct range){number_at(i), number_at(i)};
        }
    }
    return space_ranges(space, ranges, count);
}

static uint32_t picture_of(uint32_t set)
{
    uint32_t ret = 0;
    for (unsigned i = 0; i < NUMBERS; i++) {
        ret |= (uint32_t)space_has(space, set, number_at(i)) << i;
    }
    return ret;
}

START_TEST(sets_are_what_their_pictures_are)
{
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t a = roll(1u << NUMBERS) & roll(1u << NUMBERS);
        uint32_t b = i % 7 == 0 ? a : roll(1u << NUMBERS);
        uint32_t left = set_of(a), right = set_of(b);
        ck_assert_uint_eq(picture_of(left), a);
        ck_assert_uint_eq(picture_of(space_and(space, left, right)), a & b);
        ck_assert_uint_eq(picture_of(space_minus(space, left, right)), a & ~b);
        // Equal sets have one number, however they were made.
        ck_assert_uint_eq(space_and(space, left, right), set_of(a & b));
        ck_assert_uint_eq(space_minus(space, left, right), set_of(a & ~b));
        ck_assert_uint_eq(space_or(space, left, right), set_of(a | b));
        ck_assert_uint_eq(space_and(space, left, right), space_and(space, right, left));
    }
    ck_assert_uint_eq(set_of(0), SPACE_EMPTY);
}
END_TEST

START_TEST(ranges_that_touch_are_one)
{
    static const struct range parts[] = {{8, 9}, {0, 3}, {4, 7}, {2, 5}};
    size_t count;
    uint32_t set = space_ranges(space, parts, ARRAY_COUNT(parts));
    const struct range *items = space_items(space, set, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert(items[0].min == 0 && items[0].max == 9);
    const struct range top[] = {{~(wide)0 - 1, ~(wide)0}, {0, ~(wide)0 - 2}};
    space_items(space, space_ranges(space, top, 2), &count);
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(large_sets_meet_small_ones)
{
    enum { LARGE = 1500, TOP = 3 * LARGE, TRIES = 200 };
    struct range many[LARGE];
    for (unsigned i = 0; i < LARGE; i++) { // 0-1, 3-4, 6-7, ...
        many[i] = (struct range){3 * i, 3 * i + 1};
    }
    uint32_t large = space_ranges(space, many, LARGE);
    for (int i = 0; i < TRIES; i++) {
        struct range few[3];
        for (size_t j = 0; j < ARRAY_COUNT(few); j++) {
            unsigned min = roll(TOP);
            few[j] = (struct range){min, min + roll(i % 5 == 0 ? TOP : 8)};
        }
        uint32_t small = space_ranges(space, few, ARRAY_COUNT(few));
        uint32_t both = space_and(space, small, large);
        uint32_t left = space_minus(space, small, large), right = space_minus(space, large, small);
        for (unsigned n = 0; n < 2 * TOP; n++) {
            bool in_large = n < TOP && n % 3 != 2, in_small = space_has(space, small, n);
            ck_assert_int_eq(space_has(space, both, n), in_small && in_large);
            ck_assert_int_eq(space_has(space, left, n), in_small && !in_large);
            ck_assert_int_eq(space_has(space, right, n), in_large && !in_small);
        }
    }
}
END_TEST

START_TEST(addresses_go_there_and_back)
{
    static const char *const texts[] = {"0.0.0.0", "10.1.2.3",    "255.255.255.255",
                                        "::",      "2001:db8::7", "ffff:ffff::ffff"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct ip_addr addr;
        ck_assert_int_eq(ip_addr_parse(texts[i], strlen(texts[i]), &addr), ADDR_OK);
        struct ip_addr back = addr_of_wide(wide_of_addr(addr), addr.family);
        ck_assert_int_eq(ip_addr_compare(addr, back), 0);
    }
}
END_TEST

// ---- regions: points of a cube of 4 x 4 x 4 in three of the sides ------------------------------------------------

enum { EDGE = 4, POINTS = EDGE * EDGE * EDGE };

static const enum side cube_sides[] = {SIDE_PROTOCOL, SIDE_DESTINATION, SIDE_SOURCE_PORT};

static struct box random_box(void)
{
    struct box box = space_everything(space, IP_V4);
    for (size_t i = 0; i < ARRAY_COUNT(cube_sides); i++) {
        box.sides[cube_sides[i]] = set_of(1 + roll((1u << EDGE) - 1));
    }
    return box;
}

static bool box_has(const struct box *box, unsigned point)
{
    return space_has(space, box->sides[cube_sides[0]], point % EDGE) &&
           space_has(space, box->sides[cube_sides[1]], point / EDGE % EDGE) &&
           space_has(space, box->sides[cube_sides[2]], point / EDGE / EDGE);
}

static unsigned times_in(const struct region *region, unsigned point)
{
    unsigned ret = 0;
    for (size_t i = 0; i < region->count; i++) {
        ret += box_has(&region->items[i], point);
    }
    return ret;
}

START_TEST(a_cut_leaves_what_is_not_in_the_box)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct region region = {0}, taken = {0};
        struct budget budget = {SIZE_MAX};
        struct box whole = random_box();
        bool left[POINTS], gone[POINTS] = {false};
        vec_push(arena, &region, whole);
        for (unsigned point = 0; point < POINTS; point++) {
            left[point] = box_has(&whole, point);
        }
        for (int cuts = 0; cuts < 4; cuts++) {
            struct box box = random_box();
            bool some = false;
            for (unsigned point = 0; point < POINTS; point++) {
                bool hit = left[point] && box_has(&box, point);
                some |= hit;
                gone[point] |= hit;
                left[point] &= !hit;
            }
            ck_assert_int_eq(region_cut(space, arena, &budget, &region, &box, &taken), some);
        }
        for (unsigned point = 0; point < POINTS; point++) {
            ck_assert_uint_eq(times_in(&region, point), left[point]); // at most once: disjoint
            ck_assert_uint_eq(times_in(&taken, point), gone[point]);
        }
    }
}
END_TEST

START_TEST(work_ends_with_the_budget)
{
    struct region region = {0};
    struct budget budget = {3};
    vec_push(arena, &region, space_everything(space, IP_V4));
    struct box box = random_box();
    region_cut(space, arena, &budget, &region, &box, NULL);
    ck_assert_uint_eq(budget.left, 0);
    size_t count = region.count;
    struct region boxes = {.items = &box, .count = 1};
    ck_assert(!region_cut_all(space, arena, &budget, &region, &boxes, NULL));
    ck_assert_uint_eq(region.count, count);
}
END_TEST

UNIT_TESTS("space/space", sets_are_what_their_pictures_are, ranges_that_touch_are_one,
           large_sets_meet_small_ones, addresses_go_there_and_back,
           a_cut_leaves_what_is_not_in_the_box, work_ends_with_the_budget)
