// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to nf_tables over one netlink socket, and how failures are told. Inside module nft only.
#pragma once

#include <polc/nft.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>

struct netlink {
    int fd;
    uint32_t seq;
    bool interrupted; // a dump was cut through by a commit
    uint8_t *buffer;  // NETLINK_BUFFER bytes, for requests and replies
    const char
        *message; // the kernel's text with the last error, or NULL; valid until the next request
};

enum { NETLINK_BUFFER = 128 * 1024 };

// 0 or a negative errno value. netlink_close suits __attribute__((cleanup)).
int netlink_open(struct netlink *netlink, struct arena *arena);
void netlink_close(struct netlink *netlink);

// A request of type NFT_MSG_*, in the buffer, to be filled and sent at once. `family` NFPROTO_*.
struct nlmsghdr *netlink_prepare(struct netlink *netlink, uint16_t type, uint16_t flags,
                                 uint8_t family);

typedef void (*netlink_handler)(const struct nlmsghdr *reply, void *context);

// Sends the request and hands each reply to the handler, until the end of the dump or the
// acknowledgement. 0 or a negative errno value.
int netlink_request(struct netlink *netlink, struct nlmsghdr *request, netlink_handler handler,
                    void *context);

// The generation id of this network namespace. 0 or a negative errno value.
int netlink_generation(struct netlink *netlink, uint32_t *ret);

// The text in an extended acknowledgement, or NULL.
const char *netlink_error_text(const struct nlmsghdr *error);

// The attributes of an nf_tables message, by number; those above `max` are left out.
void netlink_attributes(const struct nlmsghdr *message, const struct nlattr **ret, uint16_t max);
void netlink_nested(const struct nlattr *nest, const struct nlattr **ret, uint16_t max);

// What an attribute holds, in host byte order: 0 and "" for NULL, for a number of another length, and for a text without
// an end. Another kernel than the one that polc was built for may send anything.
uint32_t netlink_u32(const struct nlattr *attr);
uint64_t netlink_u64(const struct nlattr *attr);
const char *netlink_text(const struct nlattr *attr);

// The first attribute inside of another one, if it is of this type; else NULL.
const struct nlattr *netlink_first(const struct nlattr *nest, uint16_t type);

static inline uint8_t netlink_family(const struct nlmsghdr *message)
{
    return ((const struct nfgenmsg *)mnl_nlmsg_get_payload(message))->nfgen_family;
}

// Fills *reterr for a failed system call or a failed request; `error` is a negative errno value.
enum nft_status netlink_failure(const struct netlink *netlink, struct arena *arena, int error,
                                const char *what, struct nft_failure *reterr);
