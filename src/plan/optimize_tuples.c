// SPDX-License-Identifier: GPL-2.0-or-later
// Boxes that may overlap -> disjoint tuples, since the kernel refuses a concatenated set with overlapping elements. Ports
// are swept from low to high; between two borders the same boxes are open, and of their addresses the first box that
// has one gets it. Neighbouring ranges of ports with the same addresses are one. The work is bounded with the result.
#include "optimize.h"

#include <stdlib.h>

enum { PORT_END = 65536, WORK_PER_TUPLE = 16 };

struct sweep {
    struct arena *arena;
    const struct boxes *boxes; // of one protocol, sorted by port
    struct tuples *tuples;
    size_t limit, work; // work: prefixes looked at
    struct plan_indexes open;
    size_t cell;       // where the tuples of the cell before this one begin
    uint32_t cell_end; // the port behind it
    uint32_t *worst;
};

static int compare_boxes(const void *a, const void *b)
{
    const struct box *left = a, *right = b;
    if (left->protocol != right->protocol) {
        return left->protocol - right->protocol;
    }
    if (left->ports.min != right->ports.min) {
        return left->ports.min - right->ports.min;
    }
    return (left->order > right->order) - (left->order < right->order);
}

static int compare_tuples(const void *a, const void *b)
{
    const struct plan_tuple *left = a, *right = b;
    return cidr_compare(left->net, right->net);
}

// ---- addresses ------------------------------------------------------------------------------------------------

// The number of the first prefix of a normalized set that begins at an address or behind it.
static size_t first_from(const struct cidrset *set, struct ip_addr addr)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ip_addr_compare(set->items[middle].addr, addr) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct cidr half(struct cidr cidr, bool upper)
{
    cidr.addr.bytes[cidr.bits / 8] |= (uint8_t)(upper ? 0x80 >> cidr.bits % 8 : 0);
    cidr.bits++;
    return cidr;
}

struct cidrs {
    VEC_FIELDS(struct cidr);
};

// What is left of a prefix without those of a set.
static void subtract(struct sweep *sweep, struct cidr cidr, const struct cidrset *taken,
                     struct cidrs *ret)
{
    size_t next = first_from(taken, cidr.addr);
    bool behind = next < taken->count;
    bool within = behind && cidr_contains(cidr, taken->items[next]);
    sweep->work++;
    if ((behind && cidr_contains(taken->items[next], cidr)) ||
        (next > 0 && cidr_contains(taken->items[next - 1], cidr))) {
        return;
    }
    if (!within) {
        vec_push(sweep->arena, ret, cidr);
        return;
    }
    subtract(sweep, half(cidr, false), taken, ret);
    subtract(sweep, half(cidr, true), taken, ret);
}

static struct cidrset unite(struct arena *arena, const struct cidrset *a, const struct cidrset *b)
{
    struct cidrset ret = {arena_array_of(arena, struct cidr, a->count + b->count), 0};
    for (size_t i = 0; i < a->count; i++) {
        ret.items[ret.count++] = a->items[i];
    }
    for (size_t i = 0; i < b->count; i++) {
        ret.items[ret.count++] = b->items[i];
    }
    cidrset_normalize(&ret);
    return ret;
}

// ---- one cell -------------------------------------------------------------------------------------------------

static void put_tuples(struct sweep *sweep, const struct cidrset *nets, const struct box *box,
                       struct port_range ports)
{
    for (size_t i = 0; i < nets->count; i++) {
        vec_push(sweep->arena, sweep->tuples,
                 (struct plan_tuple){.net = nets->items[i],
                                     .protocol = box->protocol,
                                     .action = box->action,
                                     .ports = ports});
    }
}

// Which action each address of the open boxes gets: one set for each action.
static void resolve_cell(struct sweep *sweep, struct port_range ports)
{
    struct cidrset taken = {0};
    struct cidrs left[PLAN_ACTION_COUNT] = {{0}};
    const struct box *box = NULL;
    for (size_t i = 0; i < sweep->open.count; i++) {
        box = &sweep->boxes->items[sweep->open.items[i]];
        sweep->work += box->nets.count + taken.count;
        for (size_t j = 0; j < box->nets.count; j++) {
            subtract(sweep, box->nets.items[j], &taken, &left[box->action]);
        }
        taken = unite(sweep->arena, &taken, &box->nets);
    }
    for (uint8_t action = 0; action < PLAN_ACTION_COUNT; action++) {
        struct cidrset nets = {left[action].items, left[action].count};
        struct box of_action = {.protocol = box->protocol, .action = action};
        cidrset_normalize(&nets);
        put_tuples(sweep, &nets, &of_action, ports);
    }
}

static bool one_action(const struct sweep *sweep)
{
    const struct box *boxes = sweep->boxes->items;
    for (size_t i = 1; i < sweep->open.count; i++) {
        if (boxes[sweep->open.items[i]].action != boxes[sweep->open.items[0]].action) {
            return false;
        }
    }
    return true;
}

static void unite_cell(struct sweep *sweep, struct port_range ports)
{
    const struct box *boxes = sweep->boxes->items;
    struct cidrset nets = boxes[sweep->open.items[0]].nets;
    size_t total = 0;
    for (size_t i = 0; i < sweep->open.count; i++) {
        total += boxes[sweep->open.items[i]].nets.count;
    }
    sweep->work += total;
    if (sweep->open.count > 1) {
        nets = (struct cidrset){arena_array_of(sweep->arena, struct cidr, total), 0};
        for (size_t i = 0; i < sweep->open.count; i++) {
            const struct cidrset *more = &boxes[sweep->open.items[i]].nets;
            memcpy(nets.items + nets.count, more->items, more->count * sizeof *more->items);
            nets.count += more->count;
        }
        cidrset_normalize(&nets);
    }
    put_tuples(sweep, &nets, &boxes[sweep->open.items[0]], ports);
}

// The cell joins the one before it when that ends at its first port and has the same addresses.
static bool join_cell(struct sweep *sweep, size_t start, struct port_range ports)
{
    struct plan_tuple *tuples = sweep->tuples->items;
    size_t count = sweep->tuples->count - start;
    if (sweep->cell_end != ports.min || count == 0 || start - sweep->cell != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct plan_tuple *before = &tuples[sweep->cell + i], *here = &tuples[start + i];
        if (before->action != here->action || cidr_compare(before->net, here->net) != 0) {
            return false;
        }
    }
    for (size_t i = sweep->cell; i < start; i++) {
        tuples[i].ports.max = ports.max;
    }
    sweep->tuples->count = start;
    return true;
}

static void add_cell(struct sweep *sweep, struct port_range ports)
{
    size_t start = sweep->tuples->count;
    uint32_t cost = 0;
    for (size_t i = 0; i < sweep->open.count; i++) {
        cost += sweep->boxes->items[sweep->open.items[i]].look_up;
    }
    *sweep->worst = cost > *sweep->worst ? cost : *sweep->worst;
    if (one_action(sweep)) {
        unite_cell(sweep, ports);
    } else {
        resolve_cell(sweep, ports);
    }
    struct plan_tuple *added = sweep->tuples->items + start;
    qsort(added, sweep->tuples->count - start, sizeof *added, compare_tuples);
    if (!join_cell(sweep, start, ports)) {
        sweep->cell = start;
    }
    sweep->cell_end = (uint32_t)ports.max + 1;
}

// ---- the sweep ------------------------------------------------------------------------------------------------

// Open boxes stand in the order in which they decide.
static void open_box(struct sweep *sweep, uint32_t number)
{
    const struct box *boxes = sweep->boxes->items;
    vec_push(sweep->arena, &sweep->open, number);
    for (size_t i = sweep->open.count - 1;
         i > 0 && boxes[sweep->open.items[i - 1]].order > boxes[number].order; i--) {
        sweep->open.items[i] = sweep->open.items[i - 1];
        sweep->open.items[i - 1] = number;
    }
}

static void close_boxes(struct sweep *sweep, uint32_t port)
{
    size_t kept = 0;
    for (size_t i = 0; i < sweep->open.count; i++) {
        if (sweep->boxes->items[sweep->open.items[i]].ports.max >= port) {
            sweep->open.items[kept++] = sweep->open.items[i];
        }
    }
    sweep->work += sweep->open.count;
    sweep->open.count = kept;
}

// The first port behind `port` at which a box opens or has ended.
static uint32_t next_border(const struct sweep *sweep, size_t next, size_t end)
{
    uint32_t border = next < end ? sweep->boxes->items[next].ports.min : PORT_END;
    for (size_t i = 0; i < sweep->open.count; i++) {
        uint32_t behind = (uint32_t)sweep->boxes->items[sweep->open.items[i]].ports.max + 1;
        border = behind < border ? behind : border;
    }
    return border;
}

// Boxes first..end-1, all of one protocol.
static bool sweep_protocol(struct sweep *sweep, size_t first, size_t end)
{
    size_t next = first;
    sweep->open.count = 0;
    sweep->cell = sweep->tuples->count;
    sweep->cell_end = PORT_END;
    while (next < end || sweep->open.count > 0) {
        uint32_t port =
            sweep->open.count > 0 ? sweep->cell_end : sweep->boxes->items[next].ports.min;
        while (next < end && sweep->boxes->items[next].ports.min <= port) {
            open_box(sweep, (uint32_t)next++);
        }
        uint32_t border = next_border(sweep, next, end);
        add_cell(sweep, (struct port_range){(uint16_t)port, (uint16_t)(border - 1)});
        close_boxes(sweep, border);
        if (sweep->tuples->count > sweep->limit || sweep->work > sweep->limit * WORK_PER_TUPLE) {
            return false;
        }
    }
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const struct plan_tuple *left = a, *right = b;
    int order = ip_addr_compare(left->net.addr, right->net.addr);
    if (order == 0) {
        order = left->protocol - right->protocol;
    }
    return order != 0 ? order : left->ports.min - right->ports.min;
}

// By address first; ports of one prefix that are neighbours become one range.
static void sort_tuples(struct tuples *tuples)
{
    size_t kept = 0;
    vec_sort(tuples, compare_keys);
    for (size_t i = 0; i < tuples->count; i++) {
        const struct plan_tuple *next = &tuples->items[i];
        struct plan_tuple *last = kept > 0 ? &tuples->items[kept - 1] : NULL;
        if (last != NULL && cidr_compare(last->net, next->net) == 0 &&
            last->protocol == next->protocol && last->action == next->action &&
            last->ports.max + 1 == next->ports.min) {
            last->ports.max = next->ports.max;
        } else {
            tuples->items[kept++] = *next;
        }
    }
    tuples->count = kept;
}

bool tuples_of_boxes(struct arena *arena, struct boxes *boxes, size_t limit, struct tuples *ret,
                     uint32_t *ret_worst)
{
    struct sweep sweep = {
        .arena = arena, .boxes = boxes, .tuples = ret, .limit = limit, .worst = ret_worst};
    vec_sort(boxes, compare_boxes);
    for (size_t i = 0; i < boxes->count;) {
        size_t end = i;
        while (end < boxes->count && boxes->items[end].protocol == boxes->items[i].protocol) {
            end++;
        }
        if (!sweep_protocol(&sweep, i, end)) {
            return false;
        }
        i = end;
    }
    sort_tuples(ret);
    return true;
}
