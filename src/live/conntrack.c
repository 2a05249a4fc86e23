// SPDX-License-Identifier: GPL-2.0-or-later
// The entries of conntrack over ctnetlink: read, found, deleted, entered.
// Kernel facts: a delete without a tuple flushes the whole table, so that none is ever sent; with CTA_ID it spares an
// entry that came later; a tuple carries its zone, when it is of one direction only, in itself. An entry that is made
// over ctnetlink may have any reply tuple; both tuples must be free. The windows of a TCP entry are learnt from the
// packets that come next, without the scale of its handshake: only a liberal one takes what does not fit them.
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

enum { REQUEST_SIZE = 4096 };

// Of an entry that was not tracked so far, in seconds: as long as Linux keeps an idle established connection, 5 days; and
// one that is being closed.
enum { ENTERED_TIMEOUT = 432000, CLOSING_TIMEOUT = 120 };

struct live_conntrack {
    struct netlink netlink;
    char bytes[REQUEST_SIZE];
};

int live_conntrack_open(struct arena *arena, struct live_conntrack **ret)
{
    *ret = arena_new_of(arena, struct live_conntrack);
    return -netlink_open(&(*ret)->netlink, arena, NETLINK_NETFILTER);
}

void live_conntrack_close(struct live_conntrack **conntrack)
{
    if (*conntrack != NULL) {
        netlink_close(&(*conntrack)->netlink);
    }
    *conntrack = NULL;
}

static struct nlmsghdr *prepare(char *bytes, uint16_t type, uint16_t flags, uint8_t family)
{
    struct nlmsghdr *request = mnl_nlmsg_put_header(bytes);
    request->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
    request->nlmsg_flags = flags;
    struct nfgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof *header);
    header->nfgen_family = family;
    return request;
}

static uint8_t socket_family(const struct live_tuple *tuple)
{
    return tuple->source.family == IP_V4 ? AF_INET : AF_INET6;
}

// ---- reading ----------------------------------------------------------------------------------------------------

struct reading {
    live_connection_handler handler;
    void *context;
};

static void take_entry(const struct nlmsghdr *reply, void *context)
{
    const struct reading *reading = context;
    struct live_connection connection;
    if (decode_connection(reply, &connection)) {
        reading->handler(&connection, reading->context);
    }
}

// A dump walks the whole hash table of the kernel, of all network namespaces: where this one has no entry, and a host
// that polc has not policed yet tracks nothing, that is most of what a small apply would cost.
static void take_count(const struct nlmsghdr *reply, void *context)
{
    const struct nlattr *attr;
    bool *empty = context;
    if (mnl_nlmsg_get_payload_len(reply) < sizeof(struct nfgenmsg)) {
        return;
    }
    mnl_attr_for_each (attr, reply, sizeof(struct nfgenmsg)) {
        if (mnl_attr_get_type(attr) == CTA_STATS_GLOBAL_ENTRIES &&
            mnl_attr_validate(attr, MNL_TYPE_U32) >= 0) {
            *empty = mnl_attr_get_u32(attr) == 0;
        }
    }
}

static bool is_empty(struct netlink *netlink)
{
    char bytes[REQUEST_SIZE];
    bool empty = false;
    struct nlmsghdr *request = prepare(bytes, IPCTNL_MSG_CT_GET_STATS, 0, AF_UNSPEC);
    return netlink_request(netlink, request, take_count, &empty) == 0 && empty;
}

int live_connections_each(struct arena *arena, live_connection_handler handler, void *context)
{
    __attribute__((cleanup(netlink_close))) struct netlink netlink;
    char bytes[REQUEST_SIZE];
    int error = -netlink_open(&netlink, arena, NETLINK_NETFILTER);
    if (error != 0 || is_empty(&netlink)) {
        return error;
    }
    struct reading reading = {handler, context};
    struct nlmsghdr *request = prepare(bytes, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC);
    return -netlink_request(&netlink, request, take_entry, &reading);
}

// Of all attributes of the entry those that name it.
static bool names_entry(uint16_t type)
{
    return type == CTA_TUPLE_ORIG || type == CTA_ZONE || type == CTA_ID;
}

void live_connection_keep(struct arena *arena, struct live_connection *connection)
{
    struct strbuf kept = {.arena = arena};
    const struct nlattr *attr;
    if (connection->key_size == 0) {
        return; // no bytes, no place: libmnl would count from it
    }
    mnl_attr_for_each_payload (connection->key, connection->key_size) {
        if (names_entry(mnl_attr_get_type(attr))) {
            strbuf_add_n(&kept, (const char *)attr, (size_t)MNL_ALIGN(attr->nla_len));
        }
    }
    connection->key = kept.text;
    connection->key_size = kept.length;
}

// ---- writing tuples ---------------------------------------------------------------------------------------------

static void put_address(struct nlmsghdr *request, uint16_t v4, uint16_t v6, struct ip_addr addr)
{
    bool is_v4 = addr.family == IP_V4;
    mnl_attr_put(request, is_v4 ? v4 : v6, is_v4 ? 4 : 16, addr.bytes);
}

static void put_tuple(struct nlmsghdr *request, uint16_t type, const struct live_tuple *tuple)
{
    struct nlattr *nest = mnl_attr_nest_start(request, type);
    struct nlattr *ip = mnl_attr_nest_start(request, CTA_TUPLE_IP);
    put_address(request, CTA_IP_V4_SRC, CTA_IP_V6_SRC, tuple->source);
    put_address(request, CTA_IP_V4_DST, CTA_IP_V6_DST, tuple->destination);
    mnl_attr_nest_end(request, ip);
    struct nlattr *proto = mnl_attr_nest_start(request, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(request, CTA_PROTO_NUM, tuple->protocol);
    mnl_attr_put_u16(request, CTA_PROTO_SRC_PORT, htons(tuple->source_port));
    mnl_attr_put_u16(request, CTA_PROTO_DST_PORT, htons(tuple->destination_port));
    mnl_attr_nest_end(request, proto);
    mnl_attr_nest_end(request, nest);
}

// ---- single entries ---------------------------------------------------------------------------------------------

int live_connection_delete(struct live_conntrack *conntrack,
                           const struct live_connection *connection)
{
    struct nlmsghdr *request =
        prepare(conntrack->bytes, IPCTNL_MSG_CT_DELETE, 0, socket_family(&connection->original));
    bool has_tuple = false;
    const struct nlattr *attr;
    if (connection->key_size == 0) {
        return EINVAL;
    }
    mnl_attr_for_each_payload (connection->key, connection->key_size) {
        uint16_t type = mnl_attr_get_type(attr);
        if (!names_entry(type)) {
            continue;
        }
        has_tuple |= type == CTA_TUPLE_ORIG;
        if (!mnl_attr_put_check(request, REQUEST_SIZE, attr->nla_type,
                                mnl_attr_get_payload_len(attr), mnl_attr_get_payload(attr))) {
            return EMSGSIZE;
        }
    }
    return has_tuple ? -netlink_request(&conntrack->netlink, request, NULL, NULL) : EINVAL;
}

struct finding {
    struct arena *arena;
    struct live_connection *ret;
    bool found;
};

static void take_found(const struct nlmsghdr *reply, void *context)
{
    struct finding *finding = context;
    if (decode_connection(reply, finding->ret)) {
        live_connection_keep(finding->arena, finding->ret);
        finding->found = true;
    }
}

int live_connection_find(struct live_conntrack *conntrack, struct arena *arena,
                         const struct live_tuple *tuple, uint16_t zone, struct live_connection *ret)
{
    struct finding finding = {.arena = arena, .ret = ret};
    struct nlmsghdr *request =
        prepare(conntrack->bytes, IPCTNL_MSG_CT_GET, 0, socket_family(tuple));
    put_tuple(request, CTA_TUPLE_ORIG, tuple);
    mnl_attr_put_u16(request, CTA_ZONE, htons(zone));
    int error = -netlink_request(&conntrack->netlink, request, take_found, &finding);
    return error != 0 ? error : finding.found ? 0 : ENOENT;
}

static void put_tcp_state(struct nlmsghdr *request, uint8_t state)
{
    struct nf_ct_tcp_flags flags = {.flags = IP_CT_TCP_FLAG_BE_LIBERAL,
                                    .mask = IP_CT_TCP_FLAG_BE_LIBERAL};
    struct nlattr *info = mnl_attr_nest_start(request, CTA_PROTOINFO);
    struct nlattr *tcp = mnl_attr_nest_start(request, CTA_PROTOINFO_TCP);
    mnl_attr_put_u8(request, CTA_PROTOINFO_TCP_STATE, state);
    mnl_attr_put(request, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, sizeof flags, &flags);
    mnl_attr_put(request, CTA_PROTOINFO_TCP_FLAGS_REPLY, sizeof flags, &flags);
    mnl_attr_nest_end(request, tcp);
    mnl_attr_nest_end(request, info);
}

static int enter(struct live_conntrack *conntrack, const struct live_connection *connection,
                 uint32_t status)
{
    struct nlmsghdr *request =
        prepare(conntrack->bytes, IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL,
                socket_family(&connection->original));
    put_tuple(request, CTA_TUPLE_ORIG, &connection->original);
    put_tuple(request, CTA_TUPLE_REPLY, &connection->reply);
    mnl_attr_put_u16(request, CTA_ZONE, htons(connection->zone));
    mnl_attr_put_u32(request, CTA_TIMEOUT, htonl(connection->timeout));
    mnl_attr_put_u32(request, CTA_STATUS, htonl(status));
    put_tcp_state(request, TCP_CONNTRACK_ESTABLISHED);
    return -netlink_request(&conntrack->netlink, request, NULL, NULL);
}

struct live_tuple live_reversed(const struct live_tuple *tuple)
{
    struct live_tuple reply = *tuple;
    reply.source = tuple->destination;
    reply.destination = tuple->source;
    reply.source_port = tuple->destination_port;
    reply.destination_port = tuple->source_port;
    return reply;
}

int live_connection_enter(struct live_conntrack *conntrack, const struct live_tuple *original,
                          bool closing)
{
    struct live_connection connection = {.original = *original,
                                         .reply = live_reversed(original),
                                         .timeout = closing ? CLOSING_TIMEOUT : ENTERED_TIMEOUT};
    return enter(conntrack, &connection, IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED);
}

// Its reply tuple is that of the answers, but for port 0, to which nothing is ever sent.
int live_connection_mark_cut(struct live_conntrack *conntrack,
                             const struct live_connection *connection)
{
    struct live_connection mark = *connection;
    mark.reply.destination_port = 0;
    return enter(conntrack, &mark, IPS_CONFIRMED);
}

bool live_connection_is_cut_mark(const struct live_connection *connection)
{
    return connection->original.protocol == PROTO_TCP && connection->reply.destination_port == 0 &&
           connection->original.source_port != 0;
}
