// SPDX-License-Identifier: GPL-2.0-or-later
// The DNS servers of a host, from texts as resolv.conf has them.
#include "unit.h"

#include "internal.h"

#include <stdio.h>
#include <unistd.h>

// The servers that a file with this text names, joined by blanks.
static const char *servers_of(struct arena *arena, const char *text)
{
    char path[] = "/tmp/polc-nameservers-XXXXXX";
    char buffer[IP_TEXT_MAX];
    struct host_node node = {.name = NULL};
    struct strbuf out = {.arena = arena};
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    nameservers_read(arena, path, &node);
    unlink(path);
    for (size_t i = 0; i < node.nameservers.count; i++) {
        strbuf_addf(&out, "%s%s", i > 0 ? " " : "",
                    ip_addr_text(node.nameservers.items[i], buffer));
    }
    return strbuf_text(&out);
}

START_TEST(lines_that_name_a_server)
{
    static const struct {
        const char *text, *servers;
    } cases[] = {
        {"nameserver 192.0.2.1\n", "192.0.2.1"},
        {"nameserver\t192.0.2.1", "192.0.2.1"},
        {"nameserver 192.0.2.1 # why\r\nnameserver   2001:db8::53\r\n", "192.0.2.1 2001:db8::53"},
        {"search example.com\noptions edns0\nnameserver 127.0.0.53\n", "127.0.0.53"},
        {"nameserver 192.0.2.2\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n",
         "192.0.2.2 192.0.2.1"},
        {" nameserver 192.0.2.1\n#nameserver 192.0.2.2\n;nameserver 192.0.2.3\n", ""},
        {"nameservers 192.0.2.1\nnameserver192.0.2.1\nnameserver\nnameserver \n", ""},
        {"nameserver fe80::1%eth0\nnameserver fe80::1\nnameserver 192.0.2.300\nnameserver x\n", ""},
        {"", ""},
    };
    struct arena *arena = arena_new((size_t)1 << 24);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_str_eq(servers_of(arena, cases[i].text), cases[i].servers);
    }
    arena_free(arena);
}
END_TEST

START_TEST(no_such_file)
{
    struct arena *arena = arena_new((size_t)1 << 20);
    struct host_node node = {.name = NULL};
    nameservers_read(arena, "/nowhere/resolv.conf", &node);
    ck_assert_uint_eq(node.nameservers.count, 0);
    nameservers_read(arena, "/", &node);
    ck_assert_uint_eq(node.nameservers.count, 0);
    arena_free(arena);
}
END_TEST

UNIT_TESTS("nameservers", lines_that_name_a_server, no_such_file)
