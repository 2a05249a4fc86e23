// SPDX-License-Identifier: GPL-2.0-or-later
// Attributes at the end of a message, as libmnl puts them: a large ruleset has millions of them, and calls into a library
// for each took most of the time of encoding it. Inside module nft only.
#pragma once

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline struct nlattr *attr_nest_start(struct nlmsghdr *message, uint16_t type)
{
    size_t end = MNL_ALIGN(message->nlmsg_len);
    struct nlattr *attr = (struct nlattr *)(void *)((char *)message + end);
    attr->nla_type = NLA_F_NESTED | type;
    message->nlmsg_len = (uint32_t)(end + MNL_ATTR_HDRLEN);
    return attr;
}

static inline void attr_nest_end(const struct nlmsghdr *message, struct nlattr *attr)
{
    attr->nla_len = (uint16_t)((const char *)message + message->nlmsg_len - (const char *)attr);
}

static inline void attr_put(struct nlmsghdr *message, uint16_t type, size_t length,
                            const void *data)
{
    size_t end = MNL_ALIGN(message->nlmsg_len), padded = MNL_ALIGN(length);
    struct nlattr *attr = (struct nlattr *)(void *)((char *)message + end);
    char *payload = (char *)attr + MNL_ATTR_HDRLEN;
    attr->nla_type = type;
    attr->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + length);
    if (padded != length) {
        memset(payload + padded - MNL_ALIGNTO, 0, MNL_ALIGNTO);
    }
    memcpy(payload, data, length);
    message->nlmsg_len = (uint32_t)(end + MNL_ATTR_HDRLEN + padded);
}

static inline void attr_put_u32(struct nlmsghdr *message, uint16_t type, uint32_t value)
{
    attr_put(message, type, sizeof value, &value);
}

static inline void attr_put_text(struct nlmsghdr *message, uint16_t type, const char *text)
{
    attr_put(message, type, strlen(text) + 1, text);
}
