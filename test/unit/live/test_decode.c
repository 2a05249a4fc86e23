// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of ctnetlink and sock_diag: whole ones, and such as no kernel should send.
#include "internal.h"
#include "unit.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/inet_diag.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/tcp.h>

static _Alignas(8) char bytes[4096];

static const uint8_t client4[] = {192, 0, 2, 1}, server4[] = {198, 51, 100, 2};
static const uint8_t client6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
static const uint8_t server6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 2};

struct ends {
    uint8_t protocol;
    bool v6;
    uint16_t source_port, destination_port;
};

static void put_ends(struct nlmsghdr *message, uint16_t type, const struct ends *ends, bool reverse)
{
    struct nlattr *tuple = mnl_attr_nest_start(message, type);
    struct nlattr *ip = mnl_attr_nest_start(message, CTA_TUPLE_IP);
    size_t size = ends->v6 ? 16 : 4;
    const void *client = ends->v6 ? client6 : client4;
    const void *server = ends->v6 ? server6 : server4;
    mnl_attr_put(message, ends->v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, size,
                 reverse ? server : client);
    mnl_attr_put(message, ends->v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, size,
                 reverse ? client : server);
    mnl_attr_nest_end(message, ip);
    struct nlattr *proto = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(message, CTA_PROTO_NUM, ends->protocol);
    mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT,
                     htons(reverse ? ends->destination_port : ends->source_port));
    mnl_attr_put_u16(message, CTA_PROTO_DST_PORT,
                     htons(reverse ? ends->source_port : ends->destination_port));
    if (ends->protocol == PROTO_ICMP) {
        mnl_attr_put_u8(message, CTA_PROTO_ICMP_TYPE, 8);
        mnl_attr_put_u8(message, CTA_PROTO_ICMP_CODE, 3);
    }
    mnl_attr_nest_end(message, proto);
    mnl_attr_nest_end(message, tuple);
}

static struct nlmsghdr *begin(void)
{
    memset(bytes, 0, sizeof bytes);
    struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);
    mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
    return message;
}

static struct nlmsghdr *entry(const struct ends *ends)
{
    struct nlmsghdr *message = begin();
    put_ends(message, CTA_TUPLE_ORIG, ends, false);
    put_ends(message, CTA_TUPLE_REPLY, ends, true);
    mnl_attr_put_u32(message, CTA_TIMEOUT, htonl(300));
    mnl_attr_put_u32(message, CTA_STATUS, htonl(IPS_CONFIRMED));
    mnl_attr_put_u16(message, CTA_ZONE, htons(7));
    mnl_attr_put_u32(message, CTA_ID, htonl(99));
    return message;
}

START_TEST(whole_entry)
{
    struct live_connection connection;
    ck_assert(decode_connection(entry(&(struct ends){PROTO_TCP, false, 40000, 22}), &connection));
    ck_assert_uint_eq(connection.original.source.family, IP_V4);
    ck_assert_mem_eq(connection.original.source.bytes, client4, 4);
    ck_assert_mem_eq(connection.reply.source.bytes, server4, 4);
    ck_assert_uint_eq(connection.original.source_port, 40000);
    ck_assert_uint_eq(connection.original.destination_port, 22);
    ck_assert_uint_eq(connection.reply.destination_port, 40000);
    ck_assert_int_eq(connection.original.icmp_type, -1);
    ck_assert_uint_eq(connection.timeout, 300);
    ck_assert_uint_eq(connection.zone, 7);
    ck_assert_uint_eq(connection.id, 99);
    ck_assert(!connection.counted);
    ck_assert(!connection.related);
}
END_TEST

static void put_counts(struct nlmsghdr *message, uint16_t type, uint64_t packets, uint64_t count)
{
    struct nlattr *nest = mnl_attr_nest_start(message, type);
    mnl_attr_put_u64(message, CTA_COUNTERS_PACKETS, htobe64(packets));
    mnl_attr_put_u64(message, CTA_COUNTERS_BYTES, htobe64(count));
    mnl_attr_nest_end(message, nest);
}

START_TEST(counts_of_both_directions)
{
    struct live_connection connection;
    struct nlmsghdr *message = entry(&(struct ends){PROTO_TCP, false, 40000, 22});
    put_counts(message, CTA_COUNTERS_ORIG, 3, (uint64_t)5 << 32);
    ck_assert(decode_connection(message, &connection));
    ck_assert_msg(!connection.counted, "one direction only");
    put_counts(message, CTA_COUNTERS_REPLY, 2, 70);
    ck_assert(decode_connection(message, &connection));
    ck_assert(connection.counted);
    ck_assert_uint_eq(connection.packets, 3);
    ck_assert_uint_eq(connection.bytes, (uint64_t)5 << 32);
    ck_assert_uint_eq(connection.reply_packets, 2);
    ck_assert_uint_eq(connection.reply_bytes, 70);
}
END_TEST

START_TEST(entry_of_ipv6)
{
    struct live_connection connection;
    ck_assert(decode_connection(entry(&(struct ends){PROTO_UDP, true, 546, 547}), &connection));
    ck_assert_uint_eq(connection.original.destination.family, IP_V6);
    ck_assert_mem_eq(connection.original.destination.bytes, server6, 16);
}
END_TEST

START_TEST(entry_of_icmp)
{
    struct live_connection connection;
    ck_assert(decode_connection(entry(&(struct ends){PROTO_ICMP, false, 0, 0}), &connection));
    ck_assert_int_eq(connection.original.icmp_type, 8);
    ck_assert_int_eq(connection.original.icmp_code, 3);
}
END_TEST

START_TEST(related_entry)
{
    struct live_connection connection;
    struct nlmsghdr *message = entry(&(struct ends){PROTO_TCP, false, 20, 40001});
    put_ends(message, CTA_TUPLE_MASTER, &(struct ends){PROTO_TCP, false, 40000, 21}, false);
    ck_assert(decode_connection(message, &connection));
    ck_assert_msg(!connection.related, "the status does not say so");
    mnl_attr_put_u32(message, CTA_STATUS, htonl(IPS_CONFIRMED | IPS_EXPECTED));
    ck_assert(decode_connection(message, &connection));
    ck_assert(connection.related);
    ck_assert_uint_eq(connection.master.destination_port, 21);
}
END_TEST

START_TEST(what_is_over)
{
    static const uint8_t over[] = {TCP_CONNTRACK_LAST_ACK, TCP_CONNTRACK_TIME_WAIT,
                                   TCP_CONNTRACK_CLOSE};
    for (uint8_t state = TCP_CONNTRACK_NONE; state < TCP_CONNTRACK_MAX; state++) {
        struct live_connection connection;
        struct nlmsghdr *message = entry(&(struct ends){PROTO_TCP, false, 40000, 22});
        struct nlattr *info = mnl_attr_nest_start(message, CTA_PROTOINFO);
        struct nlattr *tcp = mnl_attr_nest_start(message, CTA_PROTOINFO_TCP);
        mnl_attr_put_u8(message, CTA_PROTOINFO_TCP_STATE, state);
        mnl_attr_nest_end(message, tcp);
        mnl_attr_nest_end(message, info);
        ck_assert(decode_connection(message, &connection));
        ck_assert_int_eq(connection.over, memchr(over, state, sizeof over) != NULL);
    }
}
END_TEST

START_TEST(what_names_an_entry_is_kept)
{
    struct arena *arena = arena_new((size_t)1 << 20);
    struct live_connection connection;
    ck_assert(decode_connection(entry(&(struct ends){PROTO_TCP, false, 40000, 22}), &connection));
    live_connection_keep(arena, &connection);
    memset(bytes, 0xff, sizeof bytes);
    unsigned seen = 0;
    const struct nlattr *attr;
    mnl_attr_for_each_payload (connection.key, connection.key_size) {
        seen |= 1u << mnl_attr_get_type(attr);
    }
    ck_assert_uint_eq(seen, 1u << CTA_TUPLE_ORIG | 1u << CTA_ZONE | 1u << CTA_ID);
    arena_free(arena);
}
END_TEST

// Cut anywhere, a message names an entry, or it does not; nothing behind its end is read (AddressSanitizer sees it).
START_TEST(truncated_entries)
{
    const struct nlmsghdr *message = entry(&(struct ends){PROTO_TCP, true, 40000, 22});
    for (size_t size = sizeof *message; size < message->nlmsg_len; size++) {
        char *copy = malloc(size);
        struct live_connection connection;
        memcpy(copy, bytes, size);
        ((struct nlmsghdr *)(void *)copy)->nlmsg_len = (uint32_t)size;
        if (decode_connection((const struct nlmsghdr *)(const void *)copy, &connection)) {
            ck_assert_uint_eq(connection.original.destination_port, 22);
        }
        free(copy);
    }
}
END_TEST

// Every length field of the message in turn is something else.
START_TEST(lengths_that_lie)
{
    static const uint16_t lengths[] = {0, 1, 3, 4, 5, 8, 200, 0xffff};
    uint32_t size = entry(&(struct ends){PROTO_TCP, false, 40000, 22})->nlmsg_len;
    for (uint32_t at = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg); at + 2 <= size; at += 2) {
        for (size_t i = 0; i < ARRAY_COUNT(lengths); i++) {
            entry(&(struct ends){PROTO_TCP, false, 40000, 22});
            char *copy = malloc(size);
            struct live_connection connection;
            memcpy(copy, bytes, size);
            memcpy(copy + at, &lengths[i], sizeof lengths[i]);
            if (decode_connection((const struct nlmsghdr *)(const void *)copy, &connection)) {
                ck_assert_uint_eq(connection.original.source.family, IP_V4);
            }
            free(copy);
        }
    }
}
END_TEST

START_TEST(entries_that_name_nothing)
{
    struct live_connection connection;
    struct ends ends = {PROTO_TCP, false, 40000, 22};
    struct nlmsghdr *message = begin();
    ck_assert(!decode_connection(message, &connection));
    put_ends(message, CTA_TUPLE_ORIG, &ends, false);
    ck_assert_msg(!decode_connection(message, &connection), "no reply tuple");
    ends.protocol = PROTO_UDP;
    put_ends(message, CTA_TUPLE_REPLY, &ends, true);
    ck_assert_msg(!decode_connection(message, &connection), "two protocols");
    message->nlmsg_len = sizeof *message;
    ck_assert_msg(!decode_connection(message, &connection), "no header of nfnetlink");
}
END_TEST

// ---- sockets ------------------------------------------------------------------------------------------------------

static struct nlmsghdr *diag(uint8_t family, uint8_t state, const void *local, const void *remote)
{
    memset(bytes, 0, sizeof bytes);
    struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);
    struct inet_diag_msg *info = mnl_nlmsg_put_extra_header(message, sizeof *info);
    info->idiag_family = family;
    info->idiag_state = state;
    info->id.idiag_sport = htons(22);
    info->id.idiag_dport = htons(40000);
    info->idiag_inode = 1234;
    memcpy(info->id.idiag_src, local, family == AF_INET ? 4 : 16);
    memcpy(info->id.idiag_dst, remote, family == AF_INET ? 4 : 16);
    return message;
}

START_TEST(whole_socket)
{
    struct live_socket socket;
    ck_assert(decode_socket(diag(AF_INET, TCP_ESTABLISHED, server4, client4), PROTO_TCP, &socket));
    ck_assert_uint_eq(socket.state, LIVE_ESTABLISHED);
    ck_assert_mem_eq(socket.local.bytes, server4, 4);
    ck_assert_uint_eq(socket.local_port, 22);
    ck_assert_uint_eq(socket.remote_port, 40000);
    ck_assert_uint_eq(socket.inode, 1234);
}
END_TEST

START_TEST(mapped_addresses_are_ipv4)
{
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 1};
    struct live_socket socket;
    ck_assert(decode_socket(diag(AF_INET6, TCP_CLOSE_WAIT, mapped, mapped), PROTO_TCP, &socket));
    ck_assert_uint_eq(socket.remote.family, IP_V4);
    ck_assert_mem_eq(socket.remote.bytes, client4, 4);
    ck_assert_uint_eq(socket.state, LIVE_CLOSING);
}
END_TEST

START_TEST(sockets_that_are_none)
{
    struct live_socket socket;
    struct nlmsghdr *message = diag(AF_UNIX, TCP_ESTABLISHED, server6, client6);
    ck_assert(!decode_socket(message, PROTO_TCP, &socket));
    message = diag(AF_INET6, TCP_ESTABLISHED, server6, client6);
    message->nlmsg_len--;
    ck_assert(!decode_socket(message, PROTO_TCP, &socket));
}
END_TEST

START_TEST(who_listens)
{
    struct ip_addr any4 = {.family = IP_V4}, any6 = {.family = IP_V6};
    struct ip_addr own = {IP_V4, {192, 0, 2, 1}}, other = {IP_V4, {192, 0, 2, 2}};
    struct live_socket items[] = {
        {.protocol = PROTO_TCP, .state = LIVE_LISTENING, .local = own, .local_port = 22},
        {.protocol = PROTO_TCP, .state = LIVE_LISTENING, .local = any6, .local_port = 80},
        {.protocol = PROTO_UDP, .state = LIVE_LISTENING, .local = any4, .local_port = 68},
        {.protocol = PROTO_TCP, .state = LIVE_ESTABLISHED, .local = own, .local_port = 25},
    };
    struct live_sockets sockets = {.items = items, .count = ARRAY_COUNT(items)};
    ck_assert(live_is_listening(&sockets, PROTO_TCP, own, 22));
    ck_assert(!live_is_listening(&sockets, PROTO_TCP, other, 22));
    ck_assert(live_is_listening(&sockets, PROTO_TCP, other, 80));
    ck_assert(live_is_listening(&sockets, PROTO_UDP, other, 68));
    ck_assert(!live_is_listening(&sockets, PROTO_UDP, any6, 68));
    ck_assert(!live_is_listening(&sockets, PROTO_TCP, own, 25));
}
END_TEST

UNIT_TESTS("decode", whole_entry, counts_of_both_directions, entry_of_ipv6, entry_of_icmp,
           related_entry, what_is_over, what_names_an_entry_is_kept, truncated_entries,
           lengths_that_lie, entries_that_name_nothing, whole_socket, mapped_addresses_are_ipv4,
           sockets_that_are_none, who_listens)
