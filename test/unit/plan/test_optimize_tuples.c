// SPDX-License-Identifier: GPL-2.0-or-later
// Random boxes of a small world against their tuples, point by point: each point has the action of the first box that
// holds it, and lies in one tuple at most.
#include "optimize.h"
#include "unit.h"

enum { WORLD_BITS = 5, PORTS = 40, ROUNDS = 3000, BOXES = 12, LIMIT = 100000 };

static uint32_t state = 12345;

static uint32_t below(uint32_t limit)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % limit;
}

static struct ip_addr host(uint32_t number)
{
    return (struct ip_addr){.family = IP_V4, .bytes = {10, 0, 0, (uint8_t)number}};
}

static struct cidrset random_nets(struct arena *arena)
{
    struct cidrset nets = {arena_array_of(arena, struct cidr, 3), 1 + below(3)};
    for (size_t i = 0; i < nets.count; i++) {
        uint8_t bits = (uint8_t)(32 - below(WORLD_BITS + 1));
        nets.items[i] = cidr_masked((struct cidr){host(below(1 << WORLD_BITS)), bits});
    }
    cidrset_normalize(&nets);
    return nets;
}

static struct boxes random_boxes(struct arena *arena, bool mixed)
{
    struct boxes boxes = {0};
    uint32_t count = 1 + below(BOXES);
    for (uint32_t i = 0; i < count; i++) {
        uint16_t first = (uint16_t)below(PORTS);
        uint16_t last = (uint16_t)(below(4) == 0 ? UINT16_MAX : first + below(PORTS));
        vec_push(arena, &boxes,
                 (struct box){.nets = random_nets(arena),
                              .protocol = below(4) == 0 ? PROTO_UDP : PROTO_TCP,
                              .action = mixed && below(2) ? PLAN_DENY : PLAN_ALLOW,
                              .ports = {first, last},
                              .order = i});
    }
    return boxes;
}

// The action of the first box that holds a point; -1: none does.
static int wanted(const struct boxes *boxes, struct ip_addr addr, uint8_t protocol, uint16_t port)
{
    const struct box *first = NULL;
    for (size_t i = 0; i < boxes->count; i++) {
        const struct box *box = &boxes->items[i];
        if (box->protocol == protocol && box->ports.min <= port && port <= box->ports.max &&
            cidrset_contains_addr(&box->nets, addr) &&
            (first == NULL || box->order < first->order)) {
            first = box;
        }
    }
    return first != NULL ? first->action : -1;
}

static int found(const struct tuples *tuples, struct ip_addr addr, uint8_t protocol, uint16_t port)
{
    int action = -1;
    for (size_t i = 0; i < tuples->count; i++) {
        const struct plan_tuple *tuple = &tuples->items[i];
        if (tuple->protocol == protocol && tuple->ports.min <= port && port <= tuple->ports.max &&
            cidr_contains_addr(tuple->net, addr)) {
            ck_assert_msg(action == -1, "two tuples hold port %u", port);
            action = tuple->action;
        }
    }
    return action;
}

static void compare(const struct boxes *boxes, const struct tuples *tuples)
{
    static const uint8_t protocols[] = {PROTO_TCP, PROTO_UDP};
    for (uint32_t number = 0; number < 1 << WORLD_BITS; number++) {
        for (uint32_t port = 0; port < 2 * PORTS + 2; port++) {
            uint16_t probe = (uint16_t)(port < 2 * PORTS + 1 ? port : UINT16_MAX);
            for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
                ck_assert_int_eq(found(tuples, host(number), protocols[i], probe),
                                 wanted(boxes, host(number), protocols[i], probe));
            }
        }
    }
}

START_TEST(tuples_match_what_the_boxes_match)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct arena_mark mark = arena_mark(arena);
    for (int round = 0; round < ROUNDS; round++) {
        struct boxes boxes = random_boxes(arena, round % 2);
        struct tuples tuples = {0};
        uint32_t worst = 0;
        ck_assert(tuples_of_boxes(arena, &boxes, LIMIT, &tuples, &worst));
        if (round % 50 < 2) { // every point of some; that no two overlap, of all
            compare(&boxes, &tuples);
        }
        for (size_t i = 0; i < tuples.count; i++) {
            struct ip_addr first = tuples.items[i].net.addr;
            uint16_t port = tuples.items[i].ports.min;
            uint8_t protocol = tuples.items[i].protocol;
            ck_assert_int_eq(found(&tuples, first, protocol, port),
                             wanted(&boxes, first, protocol, port));
        }
        arena_rewind(arena, mark);
    }
    arena_free(arena);
}
END_TEST

START_TEST(too_many_tuples_are_none)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct boxes boxes = {0};
    struct tuples tuples = {0};
    uint32_t worst = 0;
    struct cidrset nets = {arena_array_of(arena, struct cidr, 64), 64};
    for (uint32_t i = 0; i < nets.count; i++) {
        nets.items[i] = cidr_of_addr(host(2 * i)); // no two are neighbours
    }
    for (uint32_t i = 0; i < 64; i++) {
        uint16_t port = (uint16_t)(10 * i);
        vec_push(arena, &boxes,
                 (struct box){.nets = nets,
                              .protocol = PROTO_TCP,
                              .ports = {port, port},
                              .order = i,
                              .look_up = 7});
    }
    ck_assert(!tuples_of_boxes(arena, &boxes, 64 * 64 - 1, &tuples, &worst));
    tuples.count = 0;
    ck_assert(tuples_of_boxes(arena, &boxes, 64 * 64, &tuples, &worst));
    ck_assert_uint_eq(tuples.count, 64 * 64);
    ck_assert_uint_eq(worst, 7); // no port is in two boxes
    arena_free(arena);
}
END_TEST

UNIT_TESTS("plan optimize_tuples", tuples_match_what_the_boxes_match, too_many_tuples_are_none)
