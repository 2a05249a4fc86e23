// SPDX-License-Identifier: GPL-2.0-or-later
// Interned sets of numbers and what two of them make, remembered.
#include <polc/space.h>

#include <polc/base/slots.h>
#include <stdlib.h>

// The ranges of a set: sorted, disjoint, not adjacent.
struct set {
    const struct range *items;
    size_t count;
};

enum operation { OPERATION_NONE, OPERATION_AND, OPERATION_MINUS, OPERATION_OR };

struct memo {
    uint32_t a, b, result;
    uint32_t operation; // enum operation; OPERATION_NONE: a free slot
};

struct space {
    struct arena *arena;
    struct {
        VEC_FIELDS(struct set);
    } sets;
    struct slots slots;
    struct memo *memos; // open addressing
    size_t memo_slots, memo_count;
    size_t size;
};

enum { FIRST_MEMOS = 1024 }; // a power of two, as every later size

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint32_t hash_of(const struct range *items, size_t count)
{
    uint64_t hash = count;
    for (size_t i = 0; i < count; i++) {
        hash = mix(hash, (uint64_t)items[i].min);
        hash = mix(hash, (uint64_t)(items[i].min >> 64));
        hash = mix(hash, (uint64_t)items[i].max);
        hash = mix(hash, (uint64_t)(items[i].max >> 64));
    }
    return (uint32_t)(hash ^ hash >> 32);
}

static bool same_ranges(const struct set *set, const struct range *items, size_t count)
{
    if (set->count != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (set->items[i].min != items[i].min || set->items[i].max != items[i].max) {
            return false;
        }
    }
    return true;
}

// Takes ranges that are in order already; they must live as long as the space.
static uint32_t intern(struct space *space, const struct range *items, size_t count)
{
    uint32_t hash = hash_of(items, count);
    slots_make_room(space->arena, &space->slots, space->sets.count);
    struct slot *slot = slots_first(&space->slots, hash);
    while (slot->entry != 0 && (slot->hash != hash ||
                                !same_ranges(&space->sets.items[slot->entry - 1], items, count))) {
        slot = slots_next(&space->slots, slot);
    }
    if (slot->entry == 0) {
        vec_push(space->arena, &space->sets, (struct set){items, count});
        space->size += count;
        *slot = (struct slot){hash, (uint32_t)space->sets.count};
    }
    return slot->entry - 1;
}

struct space *space_new(struct arena *arena)
{
    struct space *space = arena_new_of(arena, struct space);
    space->arena = arena;
    space->memo_slots = FIRST_MEMOS;
    space->memos = arena_array_of(arena, struct memo, space->memo_slots);
    intern(space, NULL, 0); // SPACE_EMPTY
    return space;
}

size_t space_count(const struct space *space)
{
    return space->sets.count;
}

size_t space_size(const struct space *space)
{
    return space->size;
}

const struct range *space_items(const struct space *space, uint32_t set, size_t *ret_count)
{
    *ret_count = space->sets.items[set].count;
    return space->sets.items[set].items;
}

bool space_has(const struct space *space, uint32_t set, wide value)
{
    const struct set *ranges = &space->sets.items[set];
    size_t low = 0;
    size_t high = ranges->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->items[middle].max < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < ranges->count && ranges->items[low].min <= value;
}

// Whether `next` begins in `last` or right behind it. Not "last.max + 1", which has no room above the highest number.
static bool goes_on(struct range last, struct range next)
{
    return next.min <= last.max || next.min - 1 == last.max;
}

static int compare_ranges(const void *a, const void *b)
{
    wide left = ((const struct range *)a)->min;
    wide right = ((const struct range *)b)->min;
    return (left > right) - (left < right);
}

uint32_t space_ranges(struct space *space, const struct range *ranges, size_t count)
{
    struct range *sorted = arena_array_of(space->arena, struct range, count);
    size_t kept = 0;
    if (count > 0) {
        memcpy(sorted, ranges, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare_ranges);
    }
    for (size_t i = 0; i < count; i++) {
        struct range next = sorted[i];
        struct range *last = kept > 0 ? &sorted[kept - 1] : NULL;
        if (last != NULL && goes_on(*last, next)) {
            last->max = next.max > last->max ? next.max : last->max;
        } else {
            sorted[kept++] = next;
        }
    }
    return intern(space, sorted, kept);
}

uint32_t space_range(struct space *space, wide min, wide max)
{
    return space_ranges(space, &(struct range){min, max}, 1);
}

// ---- two sets make a third ------------------------------------------------------------------------------------

// The first range from `at` on that does not end below the value: in steps that double, then between the last two. Sets of
// one range meet sets of a hundred thousand, which nobody wants to walk through.
static size_t seek(const struct set *set, size_t at, wide value)
{
    size_t step = 1;
    size_t low = at;
    size_t high = at;
    while (high < set->count && set->items[high].max < value) {
        low = high + 1;
        high += step;
        step *= 2;
    }
    high = high < set->count ? high : set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->items[middle].max < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// The joins return how many ranges there are, and write them unless `ret` is NULL.
static size_t join_and(const struct set *a, const struct set *b, struct range *ret)
{
    size_t i = 0, j = 0, count = 0;
    while (i < a->count && j < b->count) {
        struct range left = a->items[i];
        struct range right = b->items[j];
        if (left.max < right.min) {
            i = seek(a, i, right.min);
            continue;
        }
        if (right.max < left.min) {
            j = seek(b, j, left.min);
            continue;
        }
        if (ret != NULL) {
            ret[count] = (struct range){left.min > right.min ? left.min : right.min,
                                        left.max < right.max ? left.max : right.max};
        }
        count++;
        left.max < right.max ? i++ : j++;
    }
    return count;
}

static size_t join_minus(const struct set *a, const struct set *b, struct range *ret)
{
    size_t j = 0, count = 0;
    for (size_t i = 0; i < a->count; i++) {
        struct range rest = a->items[i];
        bool some = true;
        j = seek(b, j, rest.min);
        // A range of b may reach into the next range of a, so j stays on the last one that was looked at.
        while (some && j < b->count && b->items[j].min <= rest.max) {
            struct range hole = b->items[j];
            if (hole.min > rest.min) {
                if (ret != NULL) {
                    ret[count] = (struct range){rest.min, hole.min - 1};
                }
                count++;
            }
            some = hole.max < rest.max;
            if (some) {
                rest.min = hole.max + 1;
                j++;
            }
        }
        if (some && ret != NULL) {
            ret[count] = rest;
        }
        count += some;
    }
    return count;
}

static size_t join_or(const struct set *a, const struct set *b, struct range *ret)
{
    size_t i = 0, j = 0, count = 0;
    struct range last = {0};
    while (i < a->count || j < b->count) {
        bool left = j == b->count || (i < a->count && a->items[i].min <= b->items[j].min);
        struct range next = left ? a->items[i++] : b->items[j++];
        if (count > 0 && goes_on(last, next)) {
            last.max = next.max > last.max ? next.max : last.max;
        } else {
            last = next;
            count++;
        }
        if (ret != NULL) {
            ret[count - 1] = last;
        }
    }
    return count;
}

static size_t memo_slot(const struct memo *memos, size_t slots, uint32_t operation, uint32_t a,
                        uint32_t b)
{
    size_t at = mix(mix(operation, a), b) & (slots - 1);
    while (memos[at].operation != OPERATION_NONE &&
           (memos[at].operation != operation || memos[at].a != a || memos[at].b != b)) {
        at = (at + 1) & (slots - 1);
    }
    return at;
}

static void grow_memos(struct space *space)
{
    size_t slots = 2 * space->memo_slots;
    struct memo *memos = arena_array_of(space->arena, struct memo, slots);
    for (size_t i = 0; i < space->memo_slots; i++) {
        const struct memo *memo = &space->memos[i];
        if (memo->operation != OPERATION_NONE) {
            memos[memo_slot(memos, slots, memo->operation, memo->a, memo->b)] = *memo;
        }
    }
    space->memos = memos;
    space->memo_slots = slots;
}

static uint32_t operate(struct space *space, enum operation operation, uint32_t a, uint32_t b)
{
    size_t at = memo_slot(space->memos, space->memo_slots, operation, a, b);
    if (space->memos[at].operation != OPERATION_NONE) {
        return space->memos[at].result;
    }
    const struct set *left = &space->sets.items[a];
    const struct set *right = &space->sets.items[b];
    size_t (*join)(const struct set *, const struct set *, struct range *) =
        operation == OPERATION_AND     ? join_and
        : operation == OPERATION_MINUS ? join_minus
                                       : join_or;
    size_t count = join(left, right, NULL);
    slots_make_room(space->arena, &space->slots, space->sets.count);
    struct arena_mark mark = arena_mark(space->arena); // behind the slots, which stay
    struct range *items = arena_array_of(space->arena, struct range, count);
    join(left, right, items);
    size_t sets = space->sets.count;
    uint32_t result = intern(space, items, count);
    if (space->sets.count == sets) {
        arena_rewind(space->arena, mark); // known already
    }
    if (2 * ++space->memo_count > space->memo_slots) {
        grow_memos(space);
    }
    at = memo_slot(space->memos, space->memo_slots, operation, a, b);
    space->memos[at] = (struct memo){a, b, result, operation};
    return result;
}

static bool apart(const struct space *space, uint32_t a, uint32_t b)
{
    const struct set *left = &space->sets.items[a];
    const struct set *right = &space->sets.items[b];
    return left->items[left->count - 1].max < right->items[0].min ||
           right->items[right->count - 1].max < left->items[0].min;
}

uint32_t space_and(struct space *space, uint32_t a, uint32_t b)
{
    if (a == b) {
        return a;
    }
    if (a == SPACE_EMPTY || b == SPACE_EMPTY || apart(space, a, b)) {
        return SPACE_EMPTY;
    }
    return operate(space, OPERATION_AND, a < b ? a : b, a < b ? b : a);
}

uint32_t space_minus(struct space *space, uint32_t a, uint32_t b)
{
    if (a == SPACE_EMPTY || a == b) {
        return SPACE_EMPTY;
    }
    if (b == SPACE_EMPTY || apart(space, a, b)) {
        return a;
    }
    return operate(space, OPERATION_MINUS, a, b);
}

uint32_t space_or(struct space *space, uint32_t a, uint32_t b)
{
    if (a == b || b == SPACE_EMPTY) {
        return a;
    }
    if (a == SPACE_EMPTY) {
        return b;
    }
    return operate(space, OPERATION_OR, a < b ? a : b, a < b ? b : a);
}

// ---- from addresses and ports -----------------------------------------------------------------------------------

wide wide_of_addr(struct ip_addr addr)
{
    wide value = 0;
    for (unsigned i = 0; i < ip_family_bits(addr.family) / 8; i++) {
        value = value << 8 | addr.bytes[i];
    }
    return value;
}

struct ip_addr addr_of_wide(wide value, uint8_t family)
{
    struct ip_addr addr = {.family = family};
    for (unsigned i = ip_family_bits(family) / 8; i-- > 0; value >>= 8) {
        addr.bytes[i] = (uint8_t)value;
    }
    return addr;
}

uint32_t space_cidrs(struct space *space, const struct cidrset *set, uint8_t family)
{
    struct cidrset part = cidrset_family(set, family);
    struct range *ranges = arena_array_of(space->arena, struct range, part.count);
    for (size_t i = 0; i < part.count; i++) {
        ranges[i] = (struct range){wide_of_addr(part.items[i].addr),
                                   wide_of_addr(cidr_last(part.items[i]))};
    }
    return space_ranges(space, ranges, part.count);
}

uint32_t space_ports(struct space *space, const struct portset *set)
{
    struct range *ranges = arena_array_of(space->arena, struct range, set->count);
    for (size_t i = 0; i < set->count; i++) {
        ranges[i] = (struct range){set->items[i].min, set->items[i].max};
    }
    return space_ranges(space, ranges, set->count);
}
