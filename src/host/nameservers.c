// SPDX-License-Identifier: GPL-2.0-or-later
// The DNS servers that this host asks: resolv.conf(5), and behind the stub of systemd-resolved those that it asks itself.
#include "internal.h"

#include <fcntl.h>
#include <polc/base/file.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 }; // the rest is not looked at

static const char *const host_file = "/etc/resolv.conf";
static const char *const resolved_file = "/run/systemd/resolve/resolv.conf";

static char *read_text(struct arena *arena, const char *path)
{
    CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = arena_alloc(arena, FILE_MAX + 1);
    size_t size = 0;
    ssize_t got = 1;
    while (fd >= 0 && size < FILE_MAX && (got = read(fd, text + size, FILE_MAX - size)) > 0) {
        size += (size_t)got;
    }
    return text;
}

static bool knows(const struct host_node *node, struct ip_addr addr)
{
    for (size_t i = 0; i < node->nameservers.count; i++) {
        if (ip_addr_compare(node->nameservers.items[i], addr) == 0) {
            return true;
        }
    }
    return false;
}

// "nameserver ADDRESS" at the beginning of a line, as the C library wants it. One with a zone ("fe80::1%eth0") is left
// out: a rule has no zones.
static void take_line(struct arena *arena, const char *line, struct host_node *ret)
{
    static const char keyword[] = "nameserver";
    static const char blanks[] = " \t";
    struct ip_addr addr;
    if (!text_begins(line, keyword)) {
        return;
    }
    const char *value = line + strlen(keyword);
    size_t blank = strspn(value, blanks);
    value += blank;
    if (blank > 0 && ip_addr_parse(value, strcspn(value, " \t\r"), &addr) == ADDR_OK &&
        !ip_addr_is_link_local(addr) && !knows(ret, addr)) {
        vec_push(arena, &ret->nameservers, addr);
    }
}

void nameservers_read(struct arena *arena, const char *path, struct host_node *ret)
{
    char *rest = read_text(arena, path), *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        take_line(arena, line, ret);
    }
}

// 127.0.0.53 and 127.0.0.54.
static bool is_resolved(struct ip_addr addr)
{
    static const uint8_t stub[] = {127, 0, 0, 53};
    return addr.family == IP_V4 && memcmp(addr.bytes, stub, 3) == 0 &&
           (addr.bytes[3] == stub[3] || addr.bytes[3] == stub[3] + 1);
}

void host_read_nameservers(struct arena *arena, struct host_node *ret)
{
    nameservers_read(arena, host_file, ret);
    for (size_t i = 0; i < ret->nameservers.count; i++) {
        if (is_resolved(ret->nameservers.items[i])) {
            nameservers_read(arena, resolved_file, ret);
            break;
        }
    }
}
