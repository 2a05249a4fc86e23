// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of ctnetlink and sock_diag, as another kernel or another program might make them; and SSH_CONNECTION.
#include "internal.h"

#include <net/if.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct arena *arena, const struct nlmsghdr *message)
{
    struct live_connection connection;
    struct live_socket socket;
    if (decode_connection(message, &connection)) {
        size_t before = connection.key_size;
        live_connection_keep(arena, &connection);
        if (connection.key_size > before || connection.original.protocol == 0) {
            abort();
        }
    }
    if (decode_socket(message, PROTO_TCP, &socket) && socket.local.family != IP_V4 &&
        socket.local.family != IP_V6) {
        abort();
    }
}

static void parse_ssh(struct arena *arena, const uint8_t *data, size_t size)
{
    struct live_tuple tuple;
    char scope[IF_NAMESIZE];
    const char *text = arena_strndup(arena, (const char *)data, size);
    if (live_ssh_parse(text, &tuple, scope) &&
        (tuple.source_port == 0 || tuple.source.family != tuple.destination.family)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    uint8_t *copy = arena_alloc(arena, size + NLMSG_ALIGNTO);
    memcpy(copy, data, size);
    const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)copy;
    for (int left = (int)size; netlink_message_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
        decode(arena, message);
    }
    parse_ssh(arena, data, size);
    arena_free(arena);
    return 0;
}
