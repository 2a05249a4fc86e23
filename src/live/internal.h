// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module live share: netlink sockets, and the decoders, which take what any kernel may send.
#pragma once

#include <polc/live.h>

#include <libmnl/libmnl.h>

// ---- netlink.c ------------------------------------------------------------------------------------------------

enum { LIVE_BUFFER = 64 * 1024 };

struct channel {
    int fd;
    uint32_t seq;
    uint8_t *buffer; // LIVE_BUFFER bytes, for replies
};

// `protocol` NETLINK_*. 0 or an errno. channel_close suits __attribute__((cleanup)).
int channel_open(struct channel *channel, struct arena *arena, int protocol);
void channel_close(struct channel *channel);

// Whether a whole message is in the `left` bytes.
bool message_ok(const struct nlmsghdr *message, int left);

typedef void (*channel_handler)(const struct nlmsghdr *reply, void *context);

// Sends a request, numbered here, and hands each reply to the handler until the end of the dump or the acknowledgement.
// 0 or an errno.
int channel_request(struct channel *channel, struct nlmsghdr *request, channel_handler handler,
                    void *context);

// ---- decoders -------------------------------------------------------------------------------------------------

// False when the message names no entry: too short, or without addresses.
bool decode_connection(const struct nlmsghdr *message, struct live_connection *ret);
bool decode_socket(const struct nlmsghdr *message, uint8_t protocol, struct live_socket *ret);

bool live_is_wildcard(struct ip_addr addr);
