// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to nf_tables, and its failures in words. Kernel fact: a reply of a dump is never larger than 32 KiB.
#include "netlink.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

enum { ATTEMPTS = 10 };

struct nlmsghdr *netlink_prepare(struct netlink *netlink, uint16_t type, uint16_t flags,
                                 uint8_t family)
{
    struct nlmsghdr *request = mnl_nlmsg_put_header(netlink->buffer);
    request->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
    request->nlmsg_flags = flags;
    struct nfgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof *header);
    header->nfgen_family = family;
    return request;
}

void netlink_take_generation(const struct nlmsghdr *reply, void *context)
{
    const struct nlattr *attrs[NFTA_GEN_MAX + 1];
    netlink_attributes(reply, attrs, NFTA_GEN_MAX);
    if (attrs[NFTA_GEN_ID] != NULL) {
        *(uint32_t *)context = netlink_u32(attrs[NFTA_GEN_ID]);
    }
}

int netlink_generation(struct netlink *netlink, uint32_t *ret)
{
    struct nlmsghdr *request = netlink_prepare(netlink, NFT_MSG_GETGEN, 0, NFPROTO_UNSPEC);
    return netlink_request(netlink, request, netlink_take_generation, ret);
}

void netlink_attributes(const struct nlmsghdr *message, const struct nlattr **ret, uint16_t max)
{
    netlink_attributes_behind(message, sizeof(struct nfgenmsg), ret, max);
}

// EINVAL is what nfnetlink says when nf_tables is not there.
enum nft_status netlink_failure(const struct netlink *netlink, struct arena *arena, int error,
                                const char *what, struct nft_failure *reterr)
{
    const char *message = netlink->message != NULL ? arena_strdup(arena, netlink->message) : NULL;
    *reterr = (struct nft_failure){.error = -error, .message = message, .what = what};
    switch (-error) {
    case EPERM:
        return NFT_NO_PRIVILEGE;
    case EINVAL:
    case ENOENT:
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
        return NFT_UNSUPPORTED;
    default:
        return NFT_SYSTEM_ERROR;
    }
}

enum nft_status netlink_read_whole(struct arena *arena, netlink_reading read_once, void *context,
                                   const char *what, struct nft_failure *reterr)
{
    __attribute__((cleanup(netlink_close))) struct netlink netlink;
    int error = netlink_open(&netlink, arena, NETLINK_NETFILTER);
    if (error < 0) {
        return netlink_failure(&netlink, arena, error, "netlink socket", reterr);
    }
    struct arena_mark mark = arena_mark(arena);
    for (int i = 0; i < ATTEMPTS; i++) {
        arena_rewind(arena, mark);
        netlink.interrupted = false;
        error = read_once(&netlink, context);
        if (error == 0 && !netlink.interrupted) {
            return NFT_DONE;
        }
        if (error != 0 && error != -EINTR && error != -EAGAIN) {
            return netlink_failure(&netlink, arena, error, what, reterr);
        }
    }
    *reterr = (struct nft_failure){.error = EAGAIN, .what = what};
    return NFT_STALE;
}
