// SPDX-License-Identifier: GPL-2.0-or-later
// Module netlink: requests to the kernel over one netlink socket, and what attributes hold. Knows no subsystem.
#pragma once

#include <polc/base.h>

#include <libmnl/libmnl.h>

struct netlink {
    int fd;
    uint32_t seq;
    bool interrupted; // a dump was cut through by a commit
    uint8_t *buffer;  // NETLINK_BUFFER bytes, for requests and replies
    const char
        *message; // the kernel's text with the last error, or NULL; valid until the next request
};

enum { NETLINK_BUFFER = 128 * 1024 };

// `protocol` NETLINK_*. 0 or a negative errno value. netlink_close suits __attribute__((cleanup)).
int netlink_open(struct netlink *netlink, struct arena *arena, int protocol);
void netlink_close(struct netlink *netlink);

typedef void (*netlink_handler)(const struct nlmsghdr *reply, void *context);

// Sends the request, numbered here, and hands each reply to the handler, until the end of the dump or the
// acknowledgement. 0 or a negative errno value.
int netlink_request(struct netlink *netlink, struct nlmsghdr *request, netlink_handler handler,
                    void *context);

// Whether a whole message is in the `left` bytes.
bool netlink_message_ok(const struct nlmsghdr *message, int left);

// The text in an extended acknowledgement, or NULL.
const char *netlink_error_text(const struct nlmsghdr *error);

// The attributes behind a header of `header` bytes, by number; those above `max` are left out. `ret` has max + 1 places.
void netlink_attributes_behind(const struct nlmsghdr *message, size_t header,
                               const struct nlattr **ret, uint16_t max);
// Those inside of another one; none for NULL.
void netlink_nested(const struct nlattr *nest, const struct nlattr **ret, uint16_t max);
// What an attribute holds, in host byte order: 0 and "" for NULL, for a number of another length, and for a text without
// an end. Another kernel than the one that polc was built for may send anything.
uint32_t netlink_u32(const struct nlattr *attr);
uint64_t netlink_u64(const struct nlattr *attr);
const char *netlink_text(const struct nlattr *attr);

// The first attribute inside of another one, if it is of this type; else NULL.
const struct nlattr *netlink_first(const struct nlattr *nest, uint16_t type);
