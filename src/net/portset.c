// SPDX-License-Identifier: GPL-2.0-or-later
// Sets of port ranges.
#include <polc/net.h>

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct port_range *left = a;
    const struct port_range *right = b;
    return left->min != right->min ? left->min - right->min : left->max - right->max;
}

void portset_normalize(struct portset *set)
{
    size_t count = 0;
    if (set->count > 1) {
        qsort(set->items, set->count, sizeof *set->items, compare);
    }
    for (size_t i = 0; i < set->count; i++) {
        struct port_range next = set->items[i];
        if (count > 0 && next.min <= (unsigned)set->items[count - 1].max + 1) {
            if (next.max > set->items[count - 1].max) {
                set->items[count - 1].max = next.max;
            }
            continue;
        }
        set->items[count++] = next;
    }
    set->count = count;
}

bool portset_contains(const struct portset *set, uint16_t port)
{
    for (size_t i = 0; i < set->count; i++) {
        if (port >= set->items[i].min && port <= set->items[i].max) {
            return true;
        }
    }
    return false;
}

bool portset_equal(const struct portset *a, const struct portset *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->items, b->items, a->count * sizeof *a->items) == 0);
}
