// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of the kernel's log: whole ones, without what is needed, and others.
#include "capture.h"
#include "unit.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

static _Alignas(8) char bytes[4096];

static struct nlmsghdr *begin(uint16_t type)
{
    memset(bytes, 0, sizeof bytes);
    struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);
    message->nlmsg_type = type;
    mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
    return message;
}

enum { PACKET = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET };

START_TEST(whole)
{
    struct watch_copy copy;
    bool numbered;
    uint32_t sequence;
    struct nlmsghdr *message = begin(PACKET);
    mnl_attr_put_u32(message, NFULA_IFINDEX_INDEV, htonl(3));
    mnl_attr_put_u32(message, NFULA_IFINDEX_OUTDEV, htonl(4));
    mnl_attr_put_u32(message, NFULA_SEQ, htonl(77));
    mnl_attr_put(message, NFULA_PAYLOAD, 5, "hello");
    ck_assert(capture_decode(message, &copy, &numbered, &sequence));
    ck_assert(numbered);
    ck_assert_uint_eq(sequence, 77);
    ck_assert_uint_eq(copy.size, 5);
    ck_assert_mem_eq(copy.bytes, "hello", 5);
    ck_assert_uint_eq(copy.in, 3);
    ck_assert_uint_eq(copy.out, 4);
    mnl_attr_put_u32(message, NFULA_IFINDEX_PHYSINDEV, htonl(5)); // the port, not its bridge
    ck_assert(capture_decode(message, &copy, &numbered, &sequence));
    ck_assert_uint_eq(copy.in, 5);
}
END_TEST

START_TEST(not_whole)
{
    struct watch_copy copy;
    bool numbered;
    uint32_t sequence;
    struct nlmsghdr *message = begin(PACKET);
    ck_assert(!capture_decode(message, &copy, &numbered, &sequence)); // no payload
    ck_assert(!numbered);
    mnl_attr_put(message, NFULA_SEQ, 2, "ab"); // no number
    mnl_attr_put(message, NFULA_PAYLOAD, 0, NULL);
    ck_assert(capture_decode(message, &copy, &numbered, &sequence));
    ck_assert_uint_eq(copy.size, 0);
    message->nlmsg_len = NLMSG_HDRLEN;
    ck_assert(!capture_decode(message, &copy, &numbered, &sequence));
    message = begin(NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG);
    mnl_attr_put(message, NFULA_PAYLOAD, 5, "hello");
    ck_assert(!capture_decode(message, &copy, &numbered, &sequence));
}
END_TEST

UNIT_TESTS("capture", whole, not_whole)
