// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses and prefixes: parsing as strict as Go's net package, printing as RFC 5952 wants it, comparing.
#include <polc/net.h>

#include <arpa/inet.h>

enum { TEXT_BUFFER = 64 };

unsigned ip_family_bits(uint8_t family)
{
    return family == IP_V4 ? 32 : 128;
}

static bool is_mapped(const uint8_t *bytes)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

enum addr_problem ip_addr_parse(const char *text, size_t length, struct ip_addr *ret)
{
    char buffer[TEXT_BUFFER];
    struct ip_addr addr = {0};
    if (length == 0 || length >= sizeof buffer || memchr(text, '\0', length) != NULL) {
        return ADDR_NOT_AN_ADDRESS;
    }
    memcpy(buffer, text, length);
    buffer[length] = '\0';
    addr.family = strchr(buffer, ':') != NULL ? IP_V6 : IP_V4;
    // inet_pton refuses leading zeros, zones and short forms itself.
    if (inet_pton(addr.family == IP_V6 ? AF_INET6 : AF_INET, buffer, addr.bytes) != 1) {
        return ADDR_NOT_AN_ADDRESS;
    }
    if (addr.family == IP_V6 && is_mapped(addr.bytes)) {
        return ADDR_MAPPED;
    }
    *ret = addr;
    return ADDR_OK;
}

static bool parse_bits(const char *text, size_t length, unsigned max, uint8_t *ret)
{
    unsigned value = 0;
    if (length == 0 || length > 3 || (length > 1 && text[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *ret = (uint8_t)value;
    return value <= max;
}

enum addr_problem cidr_parse(const char *text, size_t length, struct cidr *ret)
{
    const char *slash = memchr(text, '/', length);
    struct cidr cidr;
    size_t addr_length = slash != NULL ? (size_t)(slash - text) : length;
    enum addr_problem problem = ip_addr_parse(text, addr_length, &cidr.addr);
    if (problem != ADDR_OK) {
        return problem;
    }
    if (slash == NULL) {
        *ret = cidr_of_addr(cidr.addr);
        return ADDR_NO_MASK;
    }
    if (!parse_bits(slash + 1, length - addr_length - 1, ip_family_bits(cidr.addr.family),
                    &cidr.bits)) {
        return ADDR_BAD_MASK;
    }
    *ret = cidr_masked(cidr);
    return ip_addr_compare(ret->addr, cidr.addr) == 0 ? ADDR_OK : ADDR_HOST_BITS;
}

enum { GROUPS = 8 };

static unsigned group(const uint8_t *bytes, size_t i)
{
    return (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
}

// The first longest run of two or more zero groups: where it begins; its length in *ret_length.
static size_t zero_run(const uint8_t *bytes, size_t *ret_length)
{
    size_t best = GROUPS;
    *ret_length = 1;
    for (size_t i = 0; i < GROUPS; i++) {
        size_t end = i;
        while (end < GROUPS && group(bytes, end) == 0) {
            end++;
        }
        if (end - i > *ret_length) {
            best = i;
            *ret_length = end - i;
        }
    }
    return best;
}

// inet_ntop would print ::1:2 as ::0.1.0.2, which nobody writes.
static void v6_text(const uint8_t *bytes, char *buffer)
{
    size_t run_length;
    size_t run = zero_run(bytes, &run_length);
    size_t at = 0;
    for (size_t i = 0; i < GROUPS;) {
        if (i == run) {
            at += (size_t)snprintf(buffer + at, IP_TEXT_MAX - at, "::");
            i += run_length;
        } else {
            const char *colon = i > 0 && i != run + run_length ? ":" : "";
            at += (size_t)snprintf(buffer + at, IP_TEXT_MAX - at, "%s%x", colon, group(bytes, i));
            i++;
        }
    }
}

const char *ip_addr_text(struct ip_addr addr, char *buffer)
{
    if (addr.family == IP_V6 && !is_mapped(addr.bytes)) {
        v6_text(addr.bytes, buffer);
    } else {
        inet_ntop(addr.family == IP_V6 ? AF_INET6 : AF_INET, addr.bytes, buffer, IP_TEXT_MAX);
    }
    return buffer;
}

const char *ip_port_text(struct ip_addr addr, uint16_t port, char *buffer)
{
    char text[IP_TEXT_MAX];
    snprintf(buffer, IP_TEXT_MAX, addr.family == IP_V6 ? "[%.45s]:%u" : "%.45s:%u",
             ip_addr_text(addr, text), port);
    return buffer;
}

const char *cidr_text(struct cidr cidr, bool bare_host, char *buffer)
{
    ip_addr_text(cidr.addr, buffer);
    if (!bare_host || !cidr_is_host(cidr)) {
        size_t length = strlen(buffer);
        snprintf(buffer + length, IP_TEXT_MAX - length, "/%u", cidr.bits);
    }
    return buffer;
}

// The mask of one byte of an address under a prefix of `bits`.
static uint8_t byte_mask(unsigned bits, unsigned byte)
{
    if (bits >= 8 * (byte + 1)) {
        return 0xff;
    }
    return bits <= 8 * byte ? 0 : (uint8_t)(0xff00 >> (bits - 8 * byte));
}

struct cidr cidr_masked(struct cidr cidr)
{
    unsigned whole = cidr.bits / 8;
    if (whole < sizeof cidr.addr.bytes) {
        cidr.addr.bytes[whole] &= byte_mask(cidr.bits, whole);
        memset(cidr.addr.bytes + whole + 1, 0, sizeof cidr.addr.bytes - whole - 1);
    }
    return cidr;
}

struct cidr cidr_of_addr(struct ip_addr addr)
{
    return (struct cidr){addr, (uint8_t)ip_family_bits(addr.family)};
}

bool cidr_is_host(struct cidr cidr)
{
    return cidr.bits == ip_family_bits(cidr.addr.family);
}

bool cidr_contains_addr(struct cidr cidr, struct ip_addr addr)
{
    return cidr_contains(cidr, cidr_of_addr(addr));
}

bool cidr_contains(struct cidr outer, struct cidr inner)
{
    if (outer.addr.family != inner.addr.family || outer.bits > inner.bits) {
        return false;
    }
    size_t whole = outer.bits / 8;
    if (memcmp(outer.addr.bytes, inner.addr.bytes, whole) != 0) {
        return false;
    }
    uint8_t mask = outer.bits % 8 != 0 ? byte_mask(outer.bits, (unsigned)whole) : 0;
    return mask == 0 || ((outer.addr.bytes[whole] ^ inner.addr.bytes[whole]) & mask) == 0;
}

struct ip_addr cidr_last(struct cidr cidr)
{
    unsigned bytes = ip_family_bits(cidr.addr.family) / 8;
    unsigned whole = cidr.bits / 8;
    if (whole < bytes) {
        cidr.addr.bytes[whole] |= (uint8_t)~byte_mask(cidr.bits, whole);
        memset(cidr.addr.bytes + whole + 1, 0xff, bytes - whole - 1);
    }
    return cidr.addr;
}

bool ip_addr_is_link_local(struct ip_addr addr)
{
    static const struct cidr link_local = {{IP_V6, {0xfe, 0x80}}, 10};
    return cidr_contains_addr(link_local, addr);
}

int ip_addr_compare(struct ip_addr a, struct ip_addr b)
{
    if (a.family != b.family) {
        return a.family < b.family ? -1 : 1;
    }
    return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

int cidr_compare(struct cidr a, struct cidr b)
{
    int order = ip_addr_compare(a.addr, b.addr);
    return order != 0 ? order : (a.bits > b.bits) - (a.bits < b.bits);
}

// ---- kept in records ----------------------------------------------------------------------------------------------

void ip_addr_field_write(struct strbuf *out, const void *field)
{
    const struct ip_addr *addr = field;
    if (addr->family != 0) {
        strbuf_add_n(out, (const char *)addr->bytes, ip_family_bits(addr->family) / 8);
    }
}

bool ip_addr_field_read(struct arena *arena, const uint8_t *data, size_t size, void *field)
{
    (void)arena;
    struct ip_addr *addr = field;
    // Whole: the bytes behind an IPv4 address are compared, too, and the field may have been read before.
    *addr = (struct ip_addr){.family = size == ip_family_bits(IP_V4) / 8 ? IP_V4 : IP_V6};
    if (size != ip_family_bits(addr->family) / 8) {
        return false;
    }
    memcpy(addr->bytes, data, size);
    return true;
}
