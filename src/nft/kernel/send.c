// SPDX-License-Identifier: GPL-2.0-or-later
// One datagram to the kernel, then every error it left behind -> one status and the error that
// explains the others. Kernel facts: sending is synchronous, so that all errors wait in the socket
// when sendmsg returns; a batch is all or nothing, and no error means it was done; an error bears
// the sequence number of its message, and that of the batch's begin for privilege (EPERM), a stale
// generation id (ERESTART), and the final check of the whole ruleset; a datagram larger than the
// send buffer is refused with EMSGSIZE; ENOBUFS only says that errors were lost, not that all
// failed.
#include "send.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

// Not in the C library's errno.h: the kernel uses it towards netlink all the same.
#ifndef ERESTART
#define ERESTART 85
#endif

enum { RECEIVE_BUFFER = 8 * 1024 * 1024, SEND_SLACK = 64 * 1024 };

struct outcome {
    int error; // positive errno value of the first message that failed; 0: none
    uint32_t seq;
    const char *text; // on the arena, or NULL
    bool overrun;     // errors were lost
};

static void set_buffer(int fd, int force_option, int option, size_t bytes)
{
    int size = bytes > INT_MAX / 2 ? INT_MAX / 2 : (int)bytes;
    if (setsockopt(fd, SOL_SOCKET, force_option, &size, sizeof size) < 0) {
        // In a user namespace the limits of the host hold.
        setsockopt(fd, SOL_SOCKET, option, &size, sizeof size);
    }
}

int batch_put_on_wire(const struct netlink *netlink, const struct batch *batch)
{
    struct iovec part = {.iov_base = batch->data, .iov_len = batch->length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t sent;
    do {
        sent = sendmsg(netlink->fd, &message, 0);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

// Later errors are mostly follow-ups: rules of a chain that was refused.
static void take_error(struct arena *arena, const struct nlmsghdr *reply, struct outcome *outcome)
{
    const struct nlmsgerr *payload = mnl_nlmsg_get_payload(reply);
    if (payload->error >= 0 || (outcome->error != 0 && reply->nlmsg_seq >= outcome->seq)) {
        return;
    }
    const char *text = netlink_error_text(reply);
    outcome->error = -payload->error;
    outcome->seq = reply->nlmsg_seq;
    outcome->text = text != NULL ? arena_strdup(arena, text) : NULL;
}

static int drain(struct arena *arena, struct netlink *netlink, struct outcome *outcome)
{
    for (;;) {
        ssize_t size = recv(netlink->fd, netlink->buffer, NETLINK_BUFFER, MSG_DONTWAIT);
        if (size < 0 && errno == ENOBUFS) {
            outcome->overrun = true;
        } else if (size < 0 && errno != EINTR) {
            return errno == EAGAIN ? 0 : -errno;
        }
        const struct nlmsghdr *reply = (const struct nlmsghdr *)(const void *)netlink->buffer;
        for (int left = (int)size; size > 0 && mnl_nlmsg_ok(reply, left);
             reply = mnl_nlmsg_next(reply, &left)) {
            if (reply->nlmsg_type == NLMSG_ERROR) {
                take_error(arena, reply, outcome);
            }
        }
    }
}

// ---- telling -------------------------------------------------------------------------------

static const char *origin_text(struct arena *arena, const struct origin *origin)
{
    switch ((enum origin_kind)origin->kind) {
    case ORIGIN_BATCH:
        break;
    case ORIGIN_TABLE:
        return arena_printf(arena, "table %s", origin->name);
    case ORIGIN_CHAIN:
        return arena_printf(arena, "chain %s", origin->name);
    case ORIGIN_RULES:
        return arena_printf(arena, "the rules of chain %s", origin->name);
    case ORIGIN_RULE:
        return arena_printf(arena, "rule %u of chain %s", origin->index + 1, origin->name);
    case ORIGIN_SET:
        return arena_printf(arena, "set %s", origin->name);
    case ORIGIN_ELEMENTS:
        return arena_printf(arena, "elements of set %s", origin->name);
    }
    return "the ruleset as a whole";
}

static void tell_origin(struct arena *arena, const struct origin *origin,
                        struct nft_failure *reterr)
{
    reterr->what = origin_text(arena, origin);
    reterr->loc = origin->loc != NULL ? *origin->loc : LOC_NONE;
    if (origin->rule != NULL) {
        reterr->loc = origin->rule->loc;
        reterr->comment = origin->rule->comment;
    }
}

static enum nft_status status_of_batch_error(int error)
{
    switch (error) {
    case ERESTART:
        return NFT_STALE;
    case EPERM:
        return NFT_NO_PRIVILEGE;
    case EOPNOTSUPP:
        return NFT_UNSUPPORTED;
    default:
        return NFT_REFUSED;
    }
}

static enum nft_status tell_error(struct arena *arena, const struct batch *batch,
                                  const struct outcome *outcome, struct nft_failure *reterr)
{
    static const struct origin whole = {.kind = ORIGIN_BATCH};
    const struct origin *origin = batch_origin(batch, outcome->seq);
    if (origin == NULL) {
        origin = &whole;
    }
    *reterr = (struct nft_failure){.error = outcome->error, .message = outcome->text};
    tell_origin(arena, origin, reterr);
    return origin->kind == ORIGIN_BATCH ? status_of_batch_error(outcome->error) : NFT_REFUSED;
}

static enum nft_status tell_send_error(const struct netlink *netlink, struct arena *arena,
                                       const struct batch *batch, int error,
                                       struct nft_failure *reterr)
{
    const char *what = "sendmsg";
    if (error == -EMSGSIZE || error == -ENOBUFS) {
        size_t step = 1024 * 1024;
        what = arena_printf(
            arena,
            "sending %zu bytes at once (raise net.core.wmem_max to %zu, or run polc with "
            "CAP_NET_ADMIN outside of a user namespace)",
            batch->length, (batch->length + step) / step * step);
    }
    return netlink_failure(netlink, arena, error, what, reterr);
}

// Errors were lost and none was read: a commit moves the generation, a refused batch does not.
static enum nft_status recheck(struct netlink *netlink, struct arena *arena, uint32_t before,
                               struct nft_failure *reterr)
{
    uint32_t after = before;
    int error = netlink_generation(netlink, &after);
    if (error < 0) {
        return netlink_failure(netlink, arena, error, "generation id", reterr);
    }
    if (after != before) {
        reterr->error = ENOBUFS; // perhaps somebody else's
        return NFT_DONE;
    }
    *reterr = (struct nft_failure){.error = ENOBUFS, .what = "the ruleset as a whole"};
    return NFT_REFUSED;
}

enum nft_status batch_send_over(struct netlink *netlink, struct arena *arena,
                                const struct batch *batch, uint32_t generation_id,
                                struct nft_failure *reterr)
{
    struct outcome outcome = {0};
    int error = batch_put_on_wire(netlink, batch);
    if (error < 0) {
        return tell_send_error(netlink, arena, batch, error, reterr);
    }
    error = drain(arena, netlink, &outcome);
    if (error < 0) {
        return netlink_failure(netlink, arena, error, "recvmsg", reterr);
    }
    if (outcome.error != 0) {
        return tell_error(arena, batch, &outcome, reterr);
    }
    return outcome.overrun ? recheck(netlink, arena, generation_id, reterr) : NFT_DONE;
}

int batch_barrier(struct netlink *netlink, struct arena *arena, uint32_t generation_id)
{
    __attribute__((cleanup(batch_free))) struct batch batch = {0};
    struct outcome outcome = {0};
    batch_open(&batch, generation_id);
    batch_close(&batch);
    int error = batch_put_on_wire(netlink, &batch);
    if (error == 0) {
        error = drain(arena, netlink, &outcome);
    }
    if (error < 0) {
        return error;
    }
    return outcome.error == ERESTART ? -EAGAIN : -outcome.error;
}

int batch_socket(struct netlink *netlink, struct arena *arena, size_t bytes)
{
    int error = netlink_open(netlink, arena, NETLINK_NETFILTER);
    if (error == 0) {
        set_buffer(netlink->fd, SO_SNDBUFFORCE, SO_SNDBUF, bytes + SEND_SLACK);
        set_buffer(netlink->fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER);
    }
    return error;
}

enum nft_status batch_send(struct arena *arena, const struct batch *batch,
                           void (*before_send)(void *context), void *context,
                           struct nft_failure *reterr)
{
    __attribute__((cleanup(netlink_close))) struct netlink netlink;
    uint32_t generation_id = 0;
    int error = batch_socket(&netlink, arena, batch->length);
    if (error < 0) {
        return netlink_failure(&netlink, arena, error, "netlink socket", reterr);
    }
    if (before_send != NULL) {
        before_send(context);
    }
    error = netlink_generation(&netlink, &generation_id);
    if (error < 0) {
        return netlink_failure(&netlink, arena, error, "generation id", reterr);
    }
    return batch_send_over(&netlink, arena, batch, generation_id, reterr);
}
