// SPDX-License-Identifier: GPL-2.0-or-later
// The interfaces of this network namespace, by two rtnetlink dumps: links, then addresses. A dump that a change
// interrupted is made again.
#include "internal.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

enum { TRIES = 5 };

// A link before its master has a name.
struct link {
    uint32_t master;
    bool hides_ports; // as a master: its ports' packets are seen as its own
};

// Where the interface with an index stands.
struct place {
    uint32_t index;
    uint32_t at;
};

struct reader {
    struct arena *arena;
    struct host_node node;
    struct {
        VEC_FIELDS(struct link);
    } links; // one for each interface of the node, until both are sorted
    struct {
        VEC_FIELDS(struct cidr);
    } * addresses;        // one list for each interface
    struct place *places; // sorted by index
};

static void close_socket(struct mnl_socket **socket)
{
    if (*socket != NULL) {
        mnl_socket_close(*socket);
    }
}

static const char *link_kind(const struct nlattr *info)
{
    const struct nlattr *attr;
    mnl_attr_for_each_nested (attr, info) {
        if (mnl_attr_get_type(attr) == IFLA_INFO_KIND &&
            mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0) {
            return mnl_attr_get_str(attr);
        }
    }
    return "";
}

static int on_link(const struct nlmsghdr *message, void *context)
{
    struct reader *reader = context;
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
    struct host_interface interface = {
        .index = (uint32_t)info->ifi_index,
        .loopback = (info->ifi_flags & IFF_LOOPBACK) != 0,
    };
    struct link link = {.hides_ports = true};
    const struct nlattr *attr;
    mnl_attr_for_each (attr, message, sizeof *info) {
        uint16_t type = mnl_attr_get_type(attr);
        if (type == IFLA_IFNAME && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0) {
            interface.name = arena_strdup(reader->arena, mnl_attr_get_str(attr));
        } else if (type == IFLA_MASTER && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0) {
            link.master = mnl_attr_get_u32(attr);
        } else if (type == IFLA_LINKINFO) {
            const char *kind = link_kind(attr);
            interface.bridge = strcmp(kind, "bridge") == 0;
            link.hides_ports = strcmp(kind, "vrf") != 0;
        }
    }
    if (interface.name != NULL) {
        vec_push(reader->arena, &reader->node, interface);
        vec_push(reader->arena, &reader->links, link);
    }
    return MNL_CB_OK;
}

static int compare_places(const void *a, const void *b)
{
    uint32_t left = ((const struct place *)a)->index;
    uint32_t right = ((const struct place *)b)->index;
    return (left > right) - (left < right);
}

static void sort_places(struct reader *reader)
{
    size_t count = reader->node.count;
    reader->places = arena_array_of(reader->arena, struct place, count);
    for (size_t i = 0; i < count; i++) {
        reader->places[i] = (struct place){reader->node.items[i].index, (uint32_t)i};
    }
    if (count > 1) {
        qsort(reader->places, count, sizeof *reader->places, compare_places);
    }
}

static size_t find_index(const struct reader *reader, uint32_t index)
{
    struct place key = {.index = index};
    const struct place *place = reader->node.count == 0
                                    ? NULL
                                    : bsearch(&key, reader->places, reader->node.count,
                                              sizeof *reader->places, compare_places);
    return place != NULL ? place->at : SIZE_MAX;
}

static int on_address(const struct nlmsghdr *message, void *context)
{
    struct reader *reader = context;
    const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
    size_t at = find_index(reader, info->ifa_index);
    bool v4 = info->ifa_family == AF_INET;
    if (at == SIZE_MAX || (!v4 && info->ifa_family != AF_INET6)) {
        return MNL_CB_OK;
    }
    struct cidr cidr = {.addr.family = v4 ? IP_V4 : IP_V6, .bits = info->ifa_prefixlen};
    bool found = false;
    const struct nlattr *attr;
    mnl_attr_for_each (attr, message, sizeof *info) {
        // On a point-to-point link IFA_ADDRESS is the other end; IFA_LOCAL then says which one is here.
        uint16_t type = mnl_attr_get_type(attr);
        bool wanted = type == IFA_LOCAL || (type == IFA_ADDRESS && !found);
        if (wanted && mnl_attr_get_payload_len(attr) == (v4 ? 4 : 16)) {
            memcpy(cidr.addr.bytes, mnl_attr_get_payload(attr), v4 ? 4 : 16);
            found = type == IFA_LOCAL;
        }
    }
    vec_push(reader->arena, &reader->addresses[at], cidr);
    return MNL_CB_OK;
}

// One dump; returns 0 or an errno.
static int dump(const struct mnl_socket *socket, uint16_t type, mnl_cb_t callback,
                struct reader *reader)
{
    char buffer[32768];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = type;
    struct rtgenmsg *family = mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
    family->rtgen_family = AF_UNSPEC;
    if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0) {
        return errno;
    }
    int result = MNL_CB_OK;
    while (result > MNL_CB_STOP) {
        ssize_t size = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
        if (size < 0) {
            return errno;
        }
        result =
            mnl_cb_run(buffer, (size_t)size, type, mnl_socket_get_portid(socket), callback, reader);
    }
    return result < 0 ? errno : 0;
}

static void name_masters(struct reader *reader)
{
    for (size_t i = 0; i < reader->node.count; i++) {
        uint32_t master = reader->links.items[i].master;
        size_t at = master != 0 ? find_index(reader, master) : SIZE_MAX;
        if (at != SIZE_MAX && reader->links.items[at].hides_ports) {
            reader->node.items[i].master = reader->node.items[at].name;
        }
        reader->node.items[i].addresses = reader->addresses[i].items;
        reader->node.items[i].address_count = reader->addresses[i].count;
    }
}

static int read_once(struct reader *reader)
{
    __attribute__((cleanup(close_socket))) struct mnl_socket *socket =
        mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (socket == NULL || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        return errno;
    }
    int error = dump(socket, RTM_GETLINK, on_link, reader);
    if (error == 0) {
        sort_places(reader);
        reader->addresses =
            arena_array(reader->arena, reader->node.count, sizeof *reader->addresses);
        error = dump(socket, RTM_GETADDR, on_address, reader);
    }
    return error;
}

int host_read_kernel(struct arena *arena, const char *node, struct host_inventory *ret)
{
    struct reader reader = {0};
    int error = EINTR;
    for (int i = 0; i < TRIES && error == EINTR; i++) {
        reader = (struct reader){.arena = arena, .node.name = node};
        error = read_once(&reader);
    }
    if (error == 0) {
        name_masters(&reader);
        inventory_sort(&reader.node);
        vec_push(arena, ret, reader.node);
    }
    return error;
}
