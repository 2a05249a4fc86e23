// SPDX-License-Identifier: GPL-2.0-or-later
// Unions of boxes: cutting one out of another (what is left is again a union of disjoint boxes).
#include <polc/space.h>

struct box space_everything(struct space *space, uint8_t family)
{
    wide top = family == IP_V4 ? UINT32_MAX : ~(wide)0;
    uint32_t addresses = space_range(space, 0, top);
    uint32_t numbers = space_range(space, 0, UINT16_MAX);
    return (struct box){.sides = {
                            [SIDE_PROTOCOL] = space_range(space, 0, UINT8_MAX),
                            [SIDE_DESTINATION_PORT] = numbers,
                            [SIDE_DESTINATION] = addresses,
                            [SIDE_SOURCE] = addresses,
                            [SIDE_SOURCE_PORT] = numbers,
                            [SIDE_ICMP] = numbers,
                        }};
}

bool box_and(struct space *space, const struct box *a, const struct box *b, struct box *ret)
{
    for (int side = 0; side < SIDES; side++) {
        ret->sides[side] = space_and(space, a->sides[side], b->sides[side]);
        if (ret->sides[side] == SPACE_EMPTY) {
            return false;
        }
    }
    return true;
}

static void spend(struct budget *budget)
{
    budget->left -= budget->left > 0;
}

// `box` without `common`, which is a part of it: for each side what sticks out there, the sides before it cut already.
static void push_rest(struct space *space, struct arena *arena, struct budget *budget,
                      struct box box, const struct box *common, struct region *ret)
{
    for (int side = 0; side < SIDES; side++) {
        uint32_t out = space_minus(space, box.sides[side], common->sides[side]);
        if (out != SPACE_EMPTY) {
            struct box piece = box;
            piece.sides[side] = out;
            vec_push(arena, ret, piece);
            spend(budget);
        }
        box.sides[side] = common->sides[side];
    }
}

bool region_cut(struct space *space, struct arena *arena, struct budget *budget,
                struct region *region, const struct box *box, struct region *taken)
{
    bool some = false;
    size_t count = region->count;
    size_t kept = 0;
    struct region pieces = {0};
    for (size_t i = 0; i < count; i++) {
        struct box whole = region->items[i];
        struct box common;
        spend(budget);
        if (!box_and(space, &whole, box, &common)) {
            region->items[kept++] = whole;
            continue;
        }
        some = true;
        push_rest(space, arena, budget, whole, &common, &pieces);
        if (taken != NULL) {
            vec_push(arena, taken, common);
        }
    }
    region->count = kept;
    for (size_t i = 0; i < pieces.count; i++) {
        vec_push(arena, region, pieces.items[i]);
    }
    return some;
}

bool region_cut_all(struct space *space, struct arena *arena, struct budget *budget,
                    struct region *region, const struct region *boxes, struct region *taken)
{
    bool some = false;
    for (size_t i = 0; i < boxes->count && region->count > 0 && budget->left > 0; i++) {
        some |= region_cut(space, arena, budget, region, &boxes->items[i], taken);
    }
    return some;
}
