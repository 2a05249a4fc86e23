// SPDX-License-Identifier: GPL-2.0-or-later
// Messages and attributes as no kernel should send them; requests to this kernel, which change nothing.
#include "unit.h"

#include <polc/netlink.h>

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

static _Alignas(8) char bytes[1024];

static struct nlmsghdr *begin(void)
{
    memset(bytes, 0, sizeof bytes);
    return mnl_nlmsg_put_header(bytes);
}

START_TEST(messages_that_are_longer_than_what_came)
{
    static const uint32_t lengths[] = {0, 15, 17, 0x7fffffff, 0x80000000, 0xffffffff};
    struct nlmsghdr *message = begin();
    ck_assert(netlink_message_ok(message, 16));
    ck_assert(!netlink_message_ok(message, 15));
    for (size_t i = 0; i < ARRAY_COUNT(lengths); i++) {
        message->nlmsg_len = lengths[i];
        ck_assert_msg(!netlink_message_ok(message, 16), "%u", lengths[i]);
    }
}
END_TEST

START_TEST(attributes_of_another_form)
{
    enum { MAX = 4 };
    const struct nlattr *attrs[MAX + 1], *inner[MAX + 1];
    struct nlmsghdr *message = begin();
    mnl_attr_put_u32(message, 1, htonl(7));
    mnl_attr_put_u64(message, 2, htobe64(1ull << 40));
    mnl_attr_put(message, 3, 3, "abc"); // a text without an end
    struct nlattr *nest = mnl_attr_nest_start(message, 4);
    mnl_attr_put_strz(message, 2, "in");
    mnl_attr_nest_end(message, nest);
    mnl_attr_put_u32(message, MAX + 1, 0);
    netlink_attributes_behind(message, 0, attrs, MAX);
    netlink_nested(attrs[4], inner, MAX);
    ck_assert_ptr_null(attrs[0]);
    ck_assert_uint_eq(netlink_u32(attrs[1]), 7);
    ck_assert_uint_eq(netlink_u32(attrs[2]), 0);
    ck_assert_uint_eq(netlink_u64(attrs[2]), 1ull << 40);
    ck_assert_uint_eq(netlink_u64(attrs[1]), 0);
    ck_assert_str_eq(netlink_text(attrs[3]), "");
    ck_assert_str_eq(netlink_text(inner[2]), "in");
    ck_assert_ptr_eq(netlink_first(attrs[4], 2), inner[2]);
    ck_assert_ptr_null(netlink_first(attrs[4], 1));
    netlink_nested(NULL, inner, MAX);
    ck_assert_ptr_null(inner[2]);
    ck_assert(netlink_u32(NULL) == 0 && netlink_u64(NULL) == 0 && netlink_text(NULL)[0] == '\0');
}
END_TEST

static void take_link(const struct nlmsghdr *reply, void *context)
{
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(reply);
    *(unsigned *)context += (link->ifi_flags & IFF_LOOPBACK) != 0;
}

static struct nlmsghdr *link_request(uint16_t flags, int index)
{
    struct nlmsghdr *request = begin();
    request->nlmsg_type = RTM_GETLINK;
    request->nlmsg_flags = flags;
    struct ifinfomsg *link = mnl_nlmsg_put_extra_header(request, sizeof *link);
    link->ifi_index = index;
    return request;
}

// A dump, an error, and a single answer, one behind the other on the same socket.
START_TEST(one_request_at_a_time)
{
    struct arena *arena = arena_new((size_t)1 << 20);
    struct netlink netlink;
    unsigned loopbacks = 0;
    ck_assert_int_eq(netlink_open(&netlink, arena, NETLINK_ROUTE), 0);
    ck_assert_int_eq(netlink_request(&netlink, link_request(NLM_F_DUMP, 0), take_link, &loopbacks),
                     0);
    ck_assert_uint_eq(loopbacks, 1);
    ck_assert_int_eq(netlink_request(&netlink, link_request(0, INT32_MAX), take_link, &loopbacks),
                     -ENODEV);
    ck_assert_uint_eq(loopbacks, 1);
    ck_assert_int_eq(netlink_request(&netlink, link_request(0, 1), take_link, &loopbacks), 0);
    ck_assert_uint_eq(loopbacks, 2);
    ck_assert(!netlink.interrupted);
    netlink_close(&netlink);
    ck_assert_int_eq(netlink.fd, -1);
    arena_free(arena);
}
END_TEST

UNIT_TESTS("netlink", messages_that_are_longer_than_what_came, attributes_of_another_form,
           one_request_at_a_time)
