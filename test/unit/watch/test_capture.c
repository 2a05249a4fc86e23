// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of the kernel's log: whole ones, without what is needed, and others.
#include "capture.h"
#include "unit.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
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
    ck_assert(!copy.delivered);
    ck_assert_mem_eq(copy.bytes, "hello", 5);
    ck_assert_uint_eq(copy.in, 3);
    ck_assert_uint_eq(copy.out, 4);
    mnl_attr_put_u32(message, NFULA_IFINDEX_PHYSINDEV, htonl(5)); // the port, not its bridge
    ck_assert(capture_decode(message, &copy, &numbered, &sequence));
    ck_assert_uint_eq(copy.in, 5);
}
END_TEST

START_TEST(where_it_was_copied)
{
    static const struct {
        uint8_t hook;
        bool delivered;
    } hooks[] = {{NF_INET_PRE_ROUTING, false}, {NF_INET_LOCAL_IN, true},
                 {NF_INET_FORWARD, false},     {NF_INET_LOCAL_OUT, false},
                 {NF_INET_POST_ROUTING, true}, {NF_INET_NUMHOOKS, false}};
    struct watch_copy copy;
    bool numbered;
    uint32_t sequence;
    for (size_t i = 0; i < ARRAY_COUNT(hooks); i++) {
        struct nfulnl_msg_packet_hdr head = {htons(0x0800), hooks[i].hook, 0};
        struct nlmsghdr *message = begin(PACKET);
        mnl_attr_put(message, NFULA_PACKET_HDR, sizeof head, &head);
        mnl_attr_put(message, NFULA_PAYLOAD, 5, "hello");
        ck_assert(capture_decode(message, &copy, &numbered, &sequence));
        ck_assert_int_eq(copy.delivered, hooks[i].delivered);
    }
    struct nlmsghdr *message = begin(PACKET);
    mnl_attr_put(message, NFULA_PACKET_HDR, 2, "\1\1"); // cut
    mnl_attr_put(message, NFULA_PAYLOAD, 5, "hello");
    ck_assert(capture_decode(message, &copy, &numbered, &sequence));
    ck_assert(!copy.delivered);
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

UNIT_TESTS("capture", whole, where_it_was_copied, not_whole)
