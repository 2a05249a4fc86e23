// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses, prefixes, protocols: catalogue cases 55 to 57 among them.
#include <polc/net.h>

#include "unit.h"

START_TEST(prefixes)
{
    static const struct {
        const char *text;
        enum addr_problem problem;
        const char *canonical;
    } cases[] = {
        {"10.0.0.0/8", ADDR_OK, "10.0.0.0/8"},
        {"0.0.0.0/0", ADDR_OK, "0.0.0.0/0"},
        {"10.1.2.3/32", ADDR_OK, "10.1.2.3/32"},
        {"10.1.2.3/8", ADDR_HOST_BITS, "10.0.0.0/8"}, // case 55
        {"10.0.0.1", ADDR_NO_MASK, "10.0.0.1/32"},    // case 56
        {"fd00::1", ADDR_NO_MASK, "fd00::1/128"},
        {"FD00:0:0::/48", ADDR_OK, "fd00::/48"},
        {"2001:db8::/33", ADDR_OK, "2001:db8::/33"},
        {"2001:db8:8000::/33", ADDR_OK, "2001:db8:8000::/33"},
        {"2001:db8:c000::/33", ADDR_HOST_BITS, "2001:db8:8000::/33"},
        {"::/0", ADDR_OK, "::/0"},
        {"010.0.0.1/32", ADDR_NOT_AN_ADDRESS, NULL}, // case 57
        {"::ffff:1.2.3.4/128", ADDR_MAPPED, NULL},   // case 57
        {"10.0.0.0/33", ADDR_BAD_MASK, NULL},
        {"10.0.0.0/", ADDR_BAD_MASK, NULL},
        {"10.0.0.0/08", ADDR_BAD_MASK, NULL},
        {"10.0.0.0/8x", ADDR_BAD_MASK, NULL},
        {"10.0.0.0/-1", ADDR_BAD_MASK, NULL},
        {"fd00::/129", ADDR_BAD_MASK, NULL},
        {"10.0.0", ADDR_NOT_AN_ADDRESS, NULL},
        {"10.0.0.256", ADDR_NOT_AN_ADDRESS, NULL},
        {"0x0a.0.0.1", ADDR_NOT_AN_ADDRESS, NULL},
        {"fe80::1%eth0", ADDR_NOT_AN_ADDRESS, NULL},
        {"", ADDR_NOT_AN_ADDRESS, NULL},
        {"/8", ADDR_NOT_AN_ADDRESS, NULL},
        {" 10.0.0.0/8", ADDR_NOT_AN_ADDRESS, NULL},
    };
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct cidr cidr;
        enum addr_problem problem = cidr_parse(cases[i].text, strlen(cases[i].text), &cidr);
        ck_assert_msg(problem == cases[i].problem, "%s: %d", cases[i].text, (int)problem);
        if (cases[i].canonical != NULL) {
            ck_assert_str_eq(cidr_text(cidr, false, buffer), cases[i].canonical);
        }
    }
}
END_TEST

static struct cidr cidr(const char *text)
{
    struct cidr ret;
    ck_assert_int_eq(cidr_parse(text, strlen(text), &ret), ADDR_OK);
    return ret;
}

START_TEST(containment_and_last)
{
    static const struct {
        const char *outer, *inner;
        bool contains;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.0/16", true},
        {"10.0.0.0/8", "11.0.0.0/16", false},
        {"10.0.0.0/16", "10.0.0.0/8", false},
        {"0.0.0.0/0", "1.2.3.4/32", true},
        {"0.0.0.0/0", "::/0", false},
        {"10.128.0.0/9", "10.127.0.0/16", false},
        {"10.128.0.0/9", "10.200.0.0/16", true},
        {"fd00::/8", "fd12::/16", true},
        {"1.2.3.4/32", "1.2.3.4/32", true},
        {"::/0", "ffff::/16", true},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_msg(cidr_contains(cidr(cases[i].outer), cidr(cases[i].inner)) ==
                          cases[i].contains,
                      "case %zu", i);
    }
    char buffer[IP_TEXT_MAX];
    ck_assert_str_eq(ip_addr_text(cidr_last(cidr("10.0.0.0/9")), buffer), "10.127.255.255");
    ck_assert_str_eq(ip_addr_text(cidr_last(cidr("0.0.0.0/0")), buffer), "255.255.255.255");
    ck_assert_str_eq(ip_addr_text(cidr_last(cidr("fd00::/127")), buffer), "fd00::1");
}
END_TEST

START_TEST(addresses_with_ports)
{
    char buffer[IP_TEXT_MAX];
    ck_assert_str_eq(ip_port_text(cidr("10.0.0.1/32").addr, 80, buffer), "10.0.0.1:80");
    ck_assert_str_eq(ip_port_text(cidr("fd00::1/128").addr, 0, buffer), "[fd00::1]:0");
    const char *longest = "[2001:1db8:1db8:1db8:1db8:1db8:1db8:1db8]:65535";
    struct cidr wide = cidr("2001:1db8:1db8:1db8:1db8:1db8:1db8:1db8/128");
    ck_assert_str_eq(ip_port_text(wide.addr, 65535, buffer), longest);
}
END_TEST

START_TEST(link_local_is_ten_bits)
{
    ck_assert(ip_addr_is_link_local(cidr("fe80::1/128").addr));
    ck_assert(ip_addr_is_link_local(cidr("febf:ffff::/128").addr));
    ck_assert(!ip_addr_is_link_local(cidr("fec0::/128").addr));
    ck_assert(!ip_addr_is_link_local(cidr("169.254.0.1/32").addr));
}
END_TEST

START_TEST(protocols)
{
    static const struct {
        const char *text;
        unsigned number;
    } cases[] = {
        {"TCP", 6},    {"UDP", 17},
        {"ICMP", 1},   {"ICMPv6", 58},
        {"SCTP", 132}, {"UDPLite", 136},
        {"6", 6},      {"255", 255},
        {"tcp", 0},    {"0", 0},
        {"256", 0},    {"", 0},
        {"6x", 0},     {"99999999999999999999", 0},
        {"TCPx", 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_msg(proto_parse(cases[i].text, strlen(cases[i].text)) == cases[i].number, "%s",
                      cases[i].text);
    }
    ck_assert_str_eq(proto_name(58), "ICMPv6");
    ck_assert_ptr_null(proto_name(47));
    ck_assert(proto_has_ports(PROTO_SCTP) && !proto_has_ports(PROTO_UDPLITE) &&
              !proto_has_ports(PROTO_ICMP));
}
END_TEST

START_TEST(servers)
{
    static const struct {
        const char *text, *canonical; // NULL: none; a port of 0: none was given
    } cases[] = {
        {"10.0.0.53", "10.0.0.53:0"},
        {"10.0.0.53:5353", "10.0.0.53:5353"},
        {"fd00::53", "[fd00::53]:0"},
        {"[FD00::53]:53", "[fd00::53]:53"},
        {"10.0.0.53:", NULL},
        {"10.0.0.53:0", NULL},
        {"10.0.0.53:65536", NULL},
        {"10.0.0.53:+53", NULL},
        {"10.0.0.53:053000", NULL},
        {"[fd00::53]", NULL},
        {"[fd00::53]53", NULL},
        {"[fd00::53", NULL},
        {"[10.0.0.53]:53", NULL},
        {"fd00::53:x", NULL},
        {"dns.example.com:53", NULL},
        {"::ffff:10.0.0.53", NULL},
        {":53", NULL},
        {"", NULL},
    };
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct ip_port server = {0};
        bool fine = ip_port_parse(cases[i].text, strlen(cases[i].text), &server);
        ck_assert_msg(fine == (cases[i].canonical != NULL), "%s", cases[i].text);
        if (fine) {
            ck_assert_str_eq(ip_port_text(server.addr, server.port, buffer), cases[i].canonical);
        } else {
            ck_assert_uint_eq(server.addr.family, 0);
        }
    }
}
END_TEST

START_TEST(lists_of_servers_are_sorted_and_have_each_once)
{
    static const char *const texts[] = {"[fd00::1]:53", "10.0.0.2:53", "10.0.0.1:5353",
                                        "10.0.0.1:53",  "10.0.0.2:53", "10.0.0.1:5353"};
    static const char *const sorted[] = {"10.0.0.1:53", "10.0.0.1:5353", "10.0.0.2:53",
                                         "[fd00::1]:53"};
    struct ip_port items[ARRAY_COUNT(texts)];
    struct ip_ports ports = {items, ARRAY_COUNT(texts), ARRAY_COUNT(texts)};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        ck_assert(ip_port_parse(texts[i], strlen(texts[i]), &items[i]));
    }
    ip_ports_normalize(&ports);
    ck_assert_uint_eq(ports.count, ARRAY_COUNT(sorted));
    for (size_t i = 0; i < ports.count; i++) {
        ck_assert_str_eq(ip_port_text(items[i].addr, items[i].port, buffer), sorted[i]);
    }
}
END_TEST

UNIT_TESTS("net addr", prefixes, containment_and_last, addresses_with_ports, link_local_is_ten_bits,
           servers, lists_of_servers_are_sorted_and_have_each_once, protocols)
