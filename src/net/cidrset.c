// SPDX-License-Identifier: GPL-2.0-or-later
// Sets of prefixes. In the order of cidr_compare a prefix stands before all that it contains, so one pass over a sorted
// list, with the result as a stack, drops what is contained and merges siblings upwards.
#include <polc/net.h>

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    return cidr_compare(*(const struct cidr *)a, *(const struct cidr *)b);
}

bool cidrset_all_hosts(const struct cidrset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!cidr_is_host(set->items[i])) {
            return false;
        }
    }
    return true;
}

static struct cidr parent_of(struct cidr cidr)
{
    cidr.bits--;
    return cidr_masked(cidr);
}

// Whether a and b are the two halves of one prefix.
static bool are_siblings(struct cidr a, struct cidr b)
{
    if (a.bits != b.bits || a.bits == 0) {
        return false;
    }
    a.bits--; // the parent, whose last bit nobody looks at
    return cidr_contains(a, b) && ip_addr_compare(a.addr, b.addr) != 0;
}

static bool is_sorted(const struct cidrset *set)
{
    for (size_t i = 1; i < set->count; i++) {
        if (cidr_compare(set->items[i - 1], set->items[i]) > 0) {
            return false;
        }
    }
    return true;
}

void cidrset_normalize(struct cidrset *set)
{
    bool hosts = cidrset_all_hosts(set);
    size_t count = 0;
    if (!is_sorted(set)) {
        qsort(set->items, set->count, sizeof *set->items, compare);
    }
    for (size_t i = 0; i < set->count; i++) {
        struct cidr next = set->items[i];
        if (count > 0 && cidr_contains(set->items[count - 1], next)) {
            continue;
        }
        while (!hosts && count > 0 && are_siblings(set->items[count - 1], next)) {
            next = parent_of(next);
            count--;
        }
        set->items[count++] = next;
    }
    set->count = count;
}

bool cidrset_contains_addr(const struct cidrset *set, struct ip_addr addr)
{
    // The last prefix that does not start above the address is the only one that can hold it.
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ip_addr_compare(set->items[middle].addr, addr) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && cidr_contains_addr(set->items[low - 1], addr);
}

bool cidrset_equal(const struct cidrset *a, const struct cidrset *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (cidr_compare(a->items[i], b->items[i]) != 0) {
            return false;
        }
    }
    return true;
}

struct cidrset cidrset_family(const struct cidrset *set, uint8_t family)
{
    if (set->count == 0) {
        return (struct cidrset){0};
    }
    size_t first_v6 = 0;
    size_t high = set->count;
    while (first_v6 < high) {
        size_t middle = first_v6 + (high - first_v6) / 2;
        if (set->items[middle].addr.family == IP_V4) {
            first_v6 = middle + 1;
        } else {
            high = middle;
        }
    }
    return family == IP_V4 ? (struct cidrset){set->items, first_v6}
                           : (struct cidrset){set->items + first_v6, set->count - first_v6};
}
