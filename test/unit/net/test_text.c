// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses as text: RFC 5952, and random addresses there and back.
#include <polc/net.h>

#include <arpa/inet.h>

#include "unit.h"

START_TEST(rfc_5952)
{
    static const char *const cases[][2] = {
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"0:0:0:0:0:0:0:0", "::"},
        {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},    // the first of two equal runs
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},          // the longer one
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, // no "::" for one group
        {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},
        {"1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"},
        {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
        {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
        {"1:0:0:4:5:0:0:8", "1::4:5:0:0:8"},
        {"::1:2", "::1:2"},
        {"::1.2.3.4", "::102:304"},
        {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
        {"0::ffff:0:1", "::ffff:0:1"},
        {"fe80:0000::00ab:0", "fe80::ab:0"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"255.255.255.255", "255.255.255.255"},
        {"0.0.0.0", "0.0.0.0"},
    };
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct ip_addr addr;
        enum addr_problem problem = ip_addr_parse(cases[i][0], strlen(cases[i][0]), &addr);
        if (strcmp(cases[i][0], "0::ffff:0:1") == 0) {
            ck_assert_int_eq(problem, ADDR_MAPPED);
            continue;
        }
        ck_assert_msg(problem == ADDR_OK, "%s", cases[i][0]);
        ck_assert_str_eq(ip_addr_text(addr, buffer), cases[i][1]);
    }
    struct cidr longest = {.bits = 128};
    longest.addr = (struct ip_addr){.family = IP_V6};
    memset(longest.addr.bytes, 0xff, sizeof longest.addr.bytes);
    ck_assert_uint_lt(strlen(cidr_text(longest, false, buffer)), IP_TEXT_MAX);
    ck_assert_str_eq(strchr(buffer, '/'), "/128");
    ck_assert_ptr_null(strchr(cidr_text(longest, true, buffer), '/'));
}
END_TEST

START_TEST(not_addresses)
{
    static const char *const cases[] = {
        "1.2.3.4.",
        ".1.2.3.4",
        "1..2.3",
        "1.2.3.4.5",
        "1.2.3",
        "1",
        "00.0.0.0",
        "1.2.3.04",
        "1.2.3.+4",
        "1.2.3.4 ",
        "1.2.3.4\n",
        "1.2.3.0x4",
        "1.2.3.999",
        ":",
        ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "::1::",
        "12345::",
        "g::",
        "1:2:3:4:5:6:7::8",
        "::1.2.3",
        "::1.2.3.04",
        "fe80::1%1",
        "[::1]",
        "::ffff:1.2.3.256",
        "localhost",
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct ip_addr addr = {.family = 99};
        ck_assert_msg(ip_addr_parse(cases[i], strlen(cases[i]), &addr) != ADDR_OK, "%s", cases[i]);
        ck_assert_uint_eq(addr.family, 99); // untouched
    }
    static const char *const mapped[] = {"::ffff:1.2.3.4", "::ffff:102:304",
                                         "0:0:0:0:0:FFFF:1.2.3.4"};
    for (size_t i = 0; i < ARRAY_COUNT(mapped); i++) {
        struct ip_addr addr;
        ck_assert_int_eq(ip_addr_parse(mapped[i], strlen(mapped[i]), &addr), ADDR_MAPPED);
    }
    struct ip_addr addr;
    ck_assert_int_eq(ip_addr_parse("1.2.3.4\0", 8, &addr), ADDR_NOT_AN_ADDRESS);
    ck_assert_int_eq(ip_addr_parse("1.2.3.4567", 8, &addr), ADDR_OK); // need not be terminated
}
END_TEST

// Groups are often zero, so that runs of all kinds appear. What is printed is read back as the same by libc too.
START_TEST(there_and_back)
{
    char buffer[IP_TEXT_MAX];
    srand(6);
    for (int i = 0; i < 50000; i++) {
        struct cidr cidr = {.addr.family = rand() % 4 > 0 ? IP_V6 : IP_V4};
        size_t size = cidr.addr.family == IP_V6 ? 16 : 4;
        for (size_t j = 0; j < size; j++) {
            cidr.addr.bytes[j] = (uint8_t)(rand() % 2 > 0 ? rand() : 0);
        }
        cidr.addr.bytes[size - 1] |= 1;
        cidr.bits = (uint8_t)((unsigned)rand() % (ip_family_bits(cidr.addr.family) + 1));
        ip_addr_text(cidr.addr, buffer);
        uint8_t bytes[16] = {0};
        ck_assert_int_eq(inet_pton(size == 16 ? AF_INET6 : AF_INET, buffer, bytes), 1);
        ck_assert_mem_eq(bytes, cidr.addr.bytes, 16);
        cidr = cidr_masked(cidr);
        struct cidr again;
        cidr_text(cidr, i % 2 == 0, buffer);
        enum addr_problem problem = cidr_parse(buffer, strlen(buffer), &again);
        ck_assert(problem == ADDR_OK || (problem == ADDR_NO_MASK && cidr_is_host(cidr)) ||
                  problem == ADDR_MAPPED);
        ck_assert(problem == ADDR_MAPPED || cidr_compare(cidr, again) == 0);
        ck_assert_int_le(ip_addr_compare(cidr.addr, cidr_last(cidr)), 0);
        ck_assert(cidr_contains_addr(cidr, cidr_last(cidr)));
    }
}
END_TEST

START_TEST(protocol_numbers_are_plain)
{
    static const char *const wrong[] = {"06", "00",  "0",    "+6",   " 6",
                                        "6 ", "256", "TCP ", "icmp", "UdpLite"};
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        ck_assert_uint_eq(proto_parse(wrong[i], strlen(wrong[i])), 0);
    }
    for (unsigned number = 1; number < 256; number++) {
        char text[8];
        snprintf(text, sizeof text, "%u", number);
        ck_assert_uint_eq(proto_parse(text, strlen(text)), number);
        const char *name = proto_name(number);
        ck_assert(name == NULL || proto_parse(name, strlen(name)) == number);
    }
}
END_TEST

UNIT_TESTS("net text", rfc_5952, not_addresses, there_and_back, protocol_numbers_are_plain)
