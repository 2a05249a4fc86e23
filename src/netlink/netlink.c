// SPDX-License-Identifier: GPL-2.0-or-later
// A netlink socket, one request at a time. Kernel facts: a dump ends with NLMSG_DONE, any other request here with an
// acknowledgement; NLM_F_DUMP_INTR marks a dump that a change cut through; errors carry a text only when NETLINK_EXT_ACK
// is on.
#include <polc/netlink.h>

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

int netlink_open(struct netlink *netlink, struct arena *arena, int protocol)
{
    static const int on = 1;
    *netlink = (struct netlink){.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)};
    if (netlink->fd < 0) {
        return -errno;
    }
    // Old kernels know neither: then errors are long and have no text.
    setsockopt(netlink->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    setsockopt(netlink->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    netlink->buffer = arena_alloc(arena, NETLINK_BUFFER);
    return 0;
}

void netlink_close(struct netlink *netlink)
{
    if (netlink->fd >= 0) {
        close(netlink->fd);
    }
    netlink->fd = -1;
}

const char *netlink_error_text(const struct nlmsghdr *error)
{
    const struct nlmsgerr *payload = mnl_nlmsg_get_payload(error);
    if (!(error->nlmsg_flags & NLM_F_ACK_TLVS) ||
        mnl_nlmsg_get_payload_len(error) < sizeof *payload) {
        return NULL;
    }
    size_t skip = sizeof *payload;
    if (!(error->nlmsg_flags & NLM_F_CAPPED)) {
        skip += MNL_ALIGN((size_t)payload->msg.nlmsg_len) - sizeof payload->msg;
    }
    if (skip > mnl_nlmsg_get_payload_len(error)) {
        return NULL;
    }
    const struct nlattr *attr;
    mnl_attr_for_each (attr, error, skip) {
        if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG) {
            return netlink_text(attr);
        }
    }
    return NULL;
}

// 1: go on; 0: the request is done; negative: it failed.
static int take_reply(struct netlink *netlink, const struct nlmsghdr *reply,
                      netlink_handler handler, void *context)
{
    if (reply->nlmsg_seq != netlink->seq) {
        return 1;
    }
    if (reply->nlmsg_flags & NLM_F_DUMP_INTR) {
        netlink->interrupted = true;
    }
    if (reply->nlmsg_type == NLMSG_ERROR) {
        netlink->message = netlink_error_text(reply);
        bool whole = mnl_nlmsg_get_payload_len(reply) >= sizeof(struct nlmsgerr);
        return whole ? ((const struct nlmsgerr *)mnl_nlmsg_get_payload(reply))->error : -EBADMSG;
    }
    if (reply->nlmsg_type == NLMSG_DONE) {
        bool has_error = mnl_nlmsg_get_payload_len(reply) >= sizeof(int);
        int error = has_error ? *(const int *)mnl_nlmsg_get_payload(reply) : 0;
        return error < 0 ? error : 0;
    }
    if (handler != NULL) {
        handler(reply, context);
    }
    return 1;
}

// libmnl takes a length above INT_MAX for a negative one.
bool netlink_message_ok(const struct nlmsghdr *message, int left)
{
    return mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left;
}

static int receive(struct netlink *netlink, netlink_handler handler, void *context)
{
    for (;;) {
        ssize_t size = recv(netlink->fd, netlink->buffer, NETLINK_BUFFER, MSG_TRUNC);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0 || size > NETLINK_BUFFER) {
            return size < 0 ? -errno : -EMSGSIZE;
        }
        const struct nlmsghdr *reply = (const struct nlmsghdr *)(const void *)netlink->buffer;
        for (int left = (int)size; netlink_message_ok(reply, left);
             reply = mnl_nlmsg_next(reply, &left)) {
            int state = take_reply(netlink, reply, handler, context);
            if (state <= 0) {
                return state;
            }
        }
    }
}

int netlink_request(struct netlink *netlink, struct nlmsghdr *request, netlink_handler handler,
                    void *context)
{
    bool dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    request->nlmsg_flags |= NLM_F_REQUEST | (dump ? 0 : NLM_F_ACK);
    request->nlmsg_seq = ++netlink->seq;
    netlink->message = NULL;
    if (send(netlink->fd, request, request->nlmsg_len, 0) < 0) {
        return -errno;
    }
    return receive(netlink, handler, context);
}

// ---- attributes -------------------------------------------------------------------------------------------------

static void keep(const struct nlattr *attr, const struct nlattr **ret, uint16_t max)
{
    if (mnl_attr_get_type(attr) <= max) {
        ret[mnl_attr_get_type(attr)] = attr;
    }
}

void netlink_attributes_behind(const struct nlmsghdr *message, size_t header,
                               const struct nlattr **ret, uint16_t max)
{
    const struct nlattr *attr;
    memset(ret, 0, (max + 1u) * sizeof *ret);
    mnl_attr_for_each (attr, message, header) {
        keep(attr, ret, max);
    }
}

void netlink_nested(const struct nlattr *nest, const struct nlattr **ret, uint16_t max)
{
    const struct nlattr *attr;
    memset(ret, 0, (max + 1u) * sizeof *ret);
    if (nest == NULL) {
        return;
    }
    mnl_attr_for_each_nested (attr, nest) {
        keep(attr, ret, max);
    }
}

uint32_t netlink_u32(const struct nlattr *attr)
{
    return attr != NULL && mnl_attr_get_payload_len(attr) == sizeof(uint32_t)
               ? ntohl(mnl_attr_get_u32(attr))
               : 0;
}

uint64_t netlink_u64(const struct nlattr *attr)
{
    return attr != NULL && mnl_attr_get_payload_len(attr) == sizeof(uint64_t)
               ? be64toh(mnl_attr_get_u64(attr))
               : 0;
}

const char *netlink_text(const struct nlattr *attr)
{
    if (attr == NULL) {
        return "";
    }
    const char *text = mnl_attr_get_str(attr);
    size_t length = mnl_attr_get_payload_len(attr);
    return strnlen(text, length) < length ? text : "";
}

const struct nlattr *netlink_first(const struct nlattr *nest, uint16_t type)
{
    const struct nlattr *first = mnl_attr_get_payload(nest);
    bool has_one = mnl_attr_ok(first, mnl_attr_get_payload_len(nest));
    return has_one && mnl_attr_get_type(first) == type ? first : NULL;
}
