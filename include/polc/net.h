// SPDX-License-Identifier: GPL-2.0-or-later
// Module net: addresses, CIDR sets, port sets, protocols. Pure arithmetic, no I/O.
// Addresses are in network byte order; ports and protocol numbers in host byte order.
#pragma once

#include <polc/base.h>

enum ip_family { IP_V4 = 4, IP_V6 = 6 };

struct ip_addr {
    uint8_t family;    // enum ip_family
    uint8_t bytes[16]; // network byte order; the first 4 for IPv4, the rest zero
};

// Where a server listens.
struct ip_port {
    struct ip_addr addr;
    uint16_t port; // host byte order
};

struct ip_ports {
    VEC_FIELDS(struct ip_port);
};

// A prefix. `bits` is 0..32 or 0..128. Host bits are zero in a normalized set.
struct cidr {
    struct ip_addr addr;
    uint8_t bits;
};

enum addr_problem {
    ADDR_OK,
    ADDR_NOT_AN_ADDRESS, // not an IPv4 or IPv6 address at all (leading zeros included, as in Go >= 1.17)
    ADDR_MAPPED,         // an IPv4-mapped IPv6 address, which polc refuses
    ADDR_NO_MASK,        // a bare address where a prefix is needed
    ADDR_BAD_MASK,       // the part behind "/" is no number or out of range
    ADDR_HOST_BITS,      // bits below the mask are set
};

// A bare address. On a problem *ret is untouched. `text` need not be terminated.
enum addr_problem ip_addr_parse(const char *text, size_t length, struct ip_addr *ret);

// "ADDRESS/BITS". Returns ADDR_HOST_BITS with *ret filled (and masked) when host bits are set, so that a caller who
// tolerates that can go on; ADDR_NO_MASK with *ret filled as /32 or /128 for a bare address.
enum addr_problem cidr_parse(const char *text, size_t length, struct cidr *ret);

#define IP_TEXT_MAX 54 // longest "[address]:port" with its terminator

// "10.0.0.1", "10.0.0.1:53", "fd00::1" or "[fd00::1]:53"; a port of 0 when none is given. False, and *ret untouched, for
// anything else. `text` need not be terminated.
bool ip_port_parse(const char *text, size_t length, struct ip_port *ret);

// Canonical text (RFC 5952 for IPv6). `buffer` holds at least IP_TEXT_MAX bytes. Returns buffer.
const char *ip_addr_text(struct ip_addr addr, char *buffer);
// "10.0.0.1:80", "[fd00::1]:80"; `port` in host byte order.
const char *ip_port_text(struct ip_addr addr, uint16_t port, char *buffer);
// "10.0.0.0/8"; a host prefix is printed without its mask when `bare_host`.
const char *cidr_text(struct cidr cidr, bool bare_host, char *buffer);

unsigned ip_family_bits(uint8_t family); // 32 or 128
struct cidr cidr_masked(struct cidr cidr);
struct cidr cidr_of_addr(struct ip_addr addr); // /32 or /128
bool cidr_is_host(struct cidr cidr);
bool cidr_contains(struct cidr outer, struct cidr inner);
bool cidr_contains_addr(struct cidr cidr, struct ip_addr addr);
bool ip_addr_is_link_local(struct ip_addr addr);         // of IPv6: fe80::/10
struct ip_addr cidr_last(struct cidr cidr);              // highest address of the prefix
int ip_addr_compare(struct ip_addr a, struct ip_addr b); // family, then bytes
// Sorts them by address, then port, and drops duplicates.
void ip_ports_normalize(struct ip_ports *ports);
// An address as a custom field of a record (polc/base/record.h): its bytes; none for family 0, the default.
void ip_addr_field_write(struct strbuf *out, const void *field);
bool ip_addr_field_read(struct arena *arena, const uint8_t *data, size_t size, void *field);
int cidr_compare(struct cidr a, struct cidr b); // family, address, then shorter prefix first

// A set of prefixes of one family or of both: sorted by cidr_compare, none contains another, and (when
// not all are hosts) sibling prefixes are merged to their parent. A zeroed one is the empty set.
struct cidrset {
    struct cidr *items;
    size_t count;
};

// Normalizes in place (sorts, drops duplicates and what is contained, merges siblings).
void cidrset_normalize(struct cidrset *set);
bool cidrset_contains_addr(const struct cidrset *set,
                           struct ip_addr addr); // binary search; set normalized
bool cidrset_all_hosts(const struct cidrset *set);
bool cidrset_equal(const struct cidrset *a, const struct cidrset *b);
// The part of a normalized set that is of one family: a view, nothing is copied.
struct cidrset cidrset_family(const struct cidrset *set, uint8_t family);

struct port_range {
    uint16_t min, max; // host byte order, inclusive
};

// Sorted, disjoint, not adjacent.
struct portset {
    struct port_range *items;
    size_t count;
};

void portset_normalize(struct portset *set);
bool portset_contains(const struct portset *set, uint16_t port);
bool portset_equal(const struct portset *a, const struct portset *b);

// IP protocol numbers (IANA) that have a name in Calico's language.
enum {
    PROTO_ICMP = 1,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_ICMPV6 = 58,
    PROTO_SCTP = 132,
    PROTO_UDPLITE = 136
};

// Calico's names, case-sensitive (TCP UDP ICMP ICMPv6 SCTP UDPLite), or a number 1..255 as text.
// Returns 0 when it is neither.
unsigned proto_parse(const char *text, size_t length);
// Calico's name ("TCP"), or NULL for a number without one.
const char *proto_name(unsigned protocol);
bool proto_has_ports(unsigned protocol); // TCP, UDP, SCTP
extern const char *const proto_names[];  // for suggestions
extern const size_t proto_names_count;
