// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses with a port: parsing, and lists of them.
#include <polc/net.h>

static bool parse_port(const char *text, size_t length, uint16_t *ret)
{
    enum { DIGITS_MAX = 5 };
    uint32_t value = 0;
    if (length == 0 || length > DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    *ret = (uint16_t)value;
    return value > 0 && value <= UINT16_MAX;
}

bool ip_port_parse(const char *text, size_t length, struct ip_port *ret)
{
    struct ip_port server = {0};
    const char *end = text + length;
    const char *colon = memchr(text, ':', length);
    bool bracket = length > 0 && text[0] == '[';
    const char *close = bracket ? memchr(text, ']', length) : NULL;
    const char *address = text;
    size_t size = length;
    if (bracket) {
        if (close == NULL || close + 1 == end || close[1] != ':') {
            return false;
        }
        address = text + 1;
        size = (size_t)(close - address);
        colon = close + 1;
    } else if (colon != NULL && memchr(colon + 1, ':', (size_t)(end - colon - 1)) != NULL) {
        colon = NULL; // IPv6 without a port
    } else if (colon != NULL) {
        size = (size_t)(colon - text);
    }
    if (ip_addr_parse(address, size, &server.addr) != ADDR_OK ||
        (bracket && server.addr.family != IP_V6) ||
        (colon != NULL && !parse_port(colon + 1, (size_t)(end - colon - 1), &server.port))) {
        return false;
    }
    *ret = server;
    return true;
}

static int compare_ip_ports(const void *a, const void *b)
{
    const struct ip_port *left = a, *right = b;
    int order = ip_addr_compare(left->addr, right->addr);
    return order != 0 ? order : (left->port > right->port) - (left->port < right->port);
}

void ip_ports_normalize(struct ip_ports *ports)
{
    size_t unique = 0;
    vec_sort(ports, compare_ip_ports);
    for (size_t i = 0; i < ports->count; i++) {
        if (unique == 0 || compare_ip_ports(&ports->items[unique - 1], &ports->items[i]) != 0) {
            ports->items[unique++] = ports->items[i];
        }
    }
    ports->count = unique;
}
