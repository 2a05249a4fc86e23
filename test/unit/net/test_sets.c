// SPDX-License-Identifier: GPL-2.0-or-later
// CIDR sets and port sets: samples, and properties over seeded random sets against a plain list.
#include <polc/net.h>

#include "unit.h"

static struct cidr cidr(const char *text)
{
    struct cidr ret = {0};
    cidr_parse(text, strlen(text), &ret);
    return ret;
}

static void check_normalized(const char *input, const char *expected)
{
    struct cidr items[32];
    struct cidrset set = {items, 0};
    char buffer[IP_TEXT_MAX];
    char text[1024] = "";
    char *copy = strdupa(input);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        items[set.count++] = cidr(word);
    }
    cidrset_normalize(&set);
    for (size_t i = 0; i < set.count; i++) {
        strcat(strcat(text, i > 0 ? " " : ""), cidr_text(set.items[i], false, buffer));
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(normal_forms)
{
    check_normalized("", "");
    check_normalized("10.0.0.2/32 10.0.0.1/32 10.0.0.2/32",
                     "10.0.0.1/32 10.0.0.2/32"); // hosts are not merged
    check_normalized("10.0.0.0/32 10.0.0.1/32", "10.0.0.0/32 10.0.0.1/32");
    check_normalized("10.1.0.0/16 10.0.0.0/8", "10.0.0.0/8");
    check_normalized("10.0.0.0/9 10.128.0.0/9", "10.0.0.0/8");
    check_normalized("10.0.0.0/25 10.0.0.128/26 10.0.0.192/26", "10.0.0.0/24");
    check_normalized("10.0.1.0/24 10.0.2.0/24",
                     "10.0.1.0/24 10.0.2.0/24"); // neighbours, not siblings
    check_normalized("0.0.0.0/1 128.0.0.0/1", "0.0.0.0/0");
    check_normalized("fd00::/16 10.0.0.0/8 ::/0", "10.0.0.0/8 ::/0");
    check_normalized("0.0.0.0/0 ::/0", "0.0.0.0/0 ::/0");
}
END_TEST

// Small random prefixes in 10.0.0.0/24 and fd00::/120, so that they meet often.
static struct cidr random_cidr(void)
{
    struct cidr ret = cidr(rand() % 4 > 0 ? "10.0.0.0/24" : "fd00::/120");
    ret.bits = (uint8_t)(ret.bits + rand() % 9);
    ret.addr.bytes[ret.addr.family == IP_V4 ? 3 : 15] = (uint8_t)rand();
    return cidr_masked(ret);
}

static bool list_contains(const struct cidr *items, size_t count, struct ip_addr addr)
{
    for (size_t i = 0; i < count; i++) {
        if (cidr_contains_addr(items[i], addr)) {
            return true;
        }
    }
    return false;
}

static void check_random_set(void)
{
    struct cidr list[24];
    struct cidr copy[24];
    size_t count = (size_t)rand() % 24;
    for (size_t i = 0; i < count; i++) {
        list[i] = copy[i] = random_cidr();
    }
    struct cidrset set = {copy, count};
    cidrset_normalize(&set);
    for (int byte = 0; byte < 256; byte++) {
        struct ip_addr v4 = cidr("10.0.0.0/32").addr;
        struct ip_addr v6 = cidr("fd00::/128").addr;
        v4.bytes[3] = v6.bytes[15] = (uint8_t)byte;
        ck_assert_int_eq(cidrset_contains_addr(&set, v4), list_contains(list, count, v4));
        ck_assert_int_eq(cidrset_contains_addr(&set, v6), list_contains(list, count, v6));
    }
    for (size_t i = 1; i < set.count; i++) {
        ck_assert_int_lt(cidr_compare(set.items[i - 1], set.items[i]), 0);
        ck_assert(!cidr_contains(set.items[i - 1], set.items[i]));
    }
    struct cidrset v4 = cidrset_family(&set, IP_V4);
    struct cidrset v6 = cidrset_family(&set, IP_V6);
    ck_assert_uint_eq(v4.count + v6.count, set.count);
    size_t before = set.count;
    cidrset_normalize(&set);
    ck_assert_uint_eq(set.count, before); // a normal form stays as it is
}

START_TEST(random_cidr_sets_hold_the_same_addresses)
{
    srand(1);
    for (int i = 0; i < 2000; i++) {
        check_random_set();
    }
}
END_TEST

START_TEST(random_port_sets_hold_the_same_ports)
{
    srand(2);
    for (int round = 0; round < 2000; round++) {
        struct port_range list[8];
        struct port_range copy[8];
        size_t count = (size_t)rand() % 8;
        for (size_t i = 0; i < count; i++) {
            uint16_t min = (uint16_t)(rand() % 64);
            list[i] = copy[i] = (struct port_range){min, (uint16_t)(min + rand() % 16)};
        }
        struct portset set = {copy, count};
        portset_normalize(&set);
        for (uint16_t port = 0; port < 100; port++) {
            bool expected = false;
            for (size_t i = 0; i < count; i++) {
                expected |= port >= list[i].min && port <= list[i].max;
            }
            ck_assert_int_eq(portset_contains(&set, port), expected);
        }
        for (size_t i = 1; i < set.count; i++) {
            ck_assert_int_gt(set.items[i].min, set.items[i - 1].max + 1);
        }
    }
    struct port_range all[] = {{0, 65535}, {80, 80}};
    struct portset set = {all, 2};
    portset_normalize(&set);
    ck_assert_uint_eq(set.count, 1);
}
END_TEST

UNIT_TESTS("net sets", normal_forms, random_cidr_sets_hold_the_same_addresses,
           random_port_sets_hold_the_same_ports)
