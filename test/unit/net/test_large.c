// SPDX-License-Identifier: GPL-2.0-or-later
// Sets of the size that block lists have: 400,000 prefixes, sorted, reversed, shuffled, all the same, all merging.
#include <polc/net.h>

#include "unit.h"

enum { COUNT = 400 * 1000 };

static struct cidr number(uint32_t i, uint8_t bits)
{
    struct cidr cidr = {.addr.family = IP_V4, .bits = bits};
    for (unsigned byte = 0; byte < 4; byte++) {
        cidr.addr.bytes[byte] = (uint8_t)(i >> (24 - 8 * byte));
    }
    return cidr_masked(cidr);
}

static void shuffle(struct cidrset *set)
{
    for (size_t i = set->count; i > 1; i--) {
        size_t j = (size_t)rand() % i;
        struct cidr swap = set->items[i - 1];
        set->items[i - 1] = set->items[j];
        set->items[j] = swap;
    }
}

START_TEST(large_sets)
{
    struct cidr *items = calloc(COUNT, sizeof *items);
    struct cidrset set = {items, COUNT};
    srand(7);
    for (uint32_t i = 0; i < COUNT; i++) { // every second /24, so that none merge
        items[i] = number(i << 9, 24);
    }
    shuffle(&set);
    cidrset_normalize(&set);
    ck_assert_uint_eq(set.count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        ck_assert(cidrset_contains_addr(&set, number(i << 9 | 17, 32).addr));
        ck_assert(!cidrset_contains_addr(&set, number(i << 9 | 256, 32).addr));
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        items[i] = number(10u << 24, 16);
    }
    cidrset_normalize(&set);
    ck_assert_uint_eq(set.count, 1);
    free(items);
}
END_TEST

// All halves of 10.0.0.0/8 down to /26: merges cascade eighteen levels.
START_TEST(merging_to_one)
{
    struct cidr *items = calloc(1 << 18, sizeof *items);
    struct cidrset set = {items, 1 << 18};
    srand(8);
    for (uint32_t i = 0; i < set.count; i++) {
        items[i] = number(10u << 24 | i << 6, 26);
    }
    shuffle(&set);
    cidrset_normalize(&set);
    ck_assert_uint_eq(set.count, 1);
    ck_assert_int_eq(cidr_compare(set.items[0], number(10u << 24, 8)), 0);
    free(items);
}
END_TEST

START_TEST(empty_sets)
{
    struct cidrset empty = {0};
    cidrset_normalize(&empty);
    ck_assert_uint_eq(empty.count, 0);
    ck_assert(cidrset_all_hosts(&empty) && cidrset_equal(&empty, &empty));
    ck_assert(!cidrset_contains_addr(&empty, number(1, 32).addr));
    ck_assert_uint_eq(cidrset_family(&empty, IP_V6).count, 0);
    struct portset none = {0};
    portset_normalize(&none);
    ck_assert(!portset_contains(&none, 0) && portset_equal(&none, &none));
}
END_TEST

UNIT_TESTS("net large", large_sets, merging_to_one, empty_sets)
