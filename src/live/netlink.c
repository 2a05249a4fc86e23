// SPDX-License-Identifier: GPL-2.0-or-later
// One request at a time over a netlink socket, and its replies.
#include "internal.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

int channel_open(struct channel *channel, struct arena *arena, int protocol)
{
    static const int on = 1;
    *channel = (struct channel){.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)};
    if (channel->fd < 0) {
        return errno;
    }
    setsockopt(channel->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    channel->buffer = arena_alloc(arena, LIVE_BUFFER);
    return 0;
}

void channel_close(struct channel *channel)
{
    if (channel->fd >= 0) {
        close(channel->fd);
    }
    channel->fd = -1;
}

// -1: go on; 0: the request is done; positive: an errno.
static int take_reply(const struct channel *channel, const struct nlmsghdr *reply,
                      channel_handler handler, void *context)
{
    if (reply->nlmsg_seq != channel->seq) {
        return -1;
    }
    if (reply->nlmsg_type == NLMSG_ERROR) {
        bool whole = mnl_nlmsg_get_payload_len(reply) >= sizeof(struct nlmsgerr);
        return whole ? -((const struct nlmsgerr *)mnl_nlmsg_get_payload(reply))->error : EBADMSG;
    }
    if (reply->nlmsg_type == NLMSG_DONE) {
        bool has_error = mnl_nlmsg_get_payload_len(reply) >= sizeof(int);
        int error = has_error ? *(const int *)mnl_nlmsg_get_payload(reply) : 0;
        return error < 0 ? -error : 0;
    }
    if (handler != NULL) {
        handler(reply, context);
    }
    return -1;
}

// libmnl takes a length above INT_MAX for a negative one.
bool message_ok(const struct nlmsghdr *message, int left)
{
    return mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left;
}

static int receive(struct channel *channel, channel_handler handler, void *context)
{
    for (;;) {
        ssize_t size = recv(channel->fd, channel->buffer, LIVE_BUFFER, MSG_TRUNC);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0 || size > LIVE_BUFFER) {
            return size < 0 ? errno : EMSGSIZE;
        }
        const struct nlmsghdr *reply = (const struct nlmsghdr *)(const void *)channel->buffer;
        for (int left = (int)size; message_ok(reply, left); reply = mnl_nlmsg_next(reply, &left)) {
            int state = take_reply(channel, reply, handler, context);
            if (state >= 0) {
                return state;
            }
        }
    }
}

int channel_request(struct channel *channel, struct nlmsghdr *request, channel_handler handler,
                    void *context)
{
    bool dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    request->nlmsg_flags |= NLM_F_REQUEST | (dump ? 0 : NLM_F_ACK);
    request->nlmsg_seq = ++channel->seq;
    if (send(channel->fd, request, request->nlmsg_len, 0) < 0) {
        return errno;
    }
    return receive(channel, handler, context);
}
