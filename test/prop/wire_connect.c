// SPDX-License-Identifier: GPL-2.0-or-later
// Connections as programs make them: TCP with its handshake, UDP with an answer. So the way back is there too.
#include "wire.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SHOTS_MAX = 64, PATIENCE = 60 /* ms */, STEP = 4 /* ms */ };

// Sockets of one shot; -1: none.
struct pair {
    int server, client;
};

static bool is_own_prefix(const char *const *prefixes, struct ip_addr addr)
{
    for (; *prefixes != NULL; prefixes++) {
        struct cidr cidr;
        if (cidr_parse(*prefixes, strlen(*prefixes), &cidr) == ADDR_OK &&
            cidr_contains_addr(cidr, addr)) {
            return true;
        }
    }
    return false;
}

// Whether somebody with this address is at the place.
static bool is_at(int place, struct ip_addr addr)
{
    if (place == WIRE_HOST) {
        return scene_is_host(addr);
    }
    if (place < SCENE_SLOTS) {
        return scene_slot_of(addr) == place;
    }
    return !scene_is_host(addr) &&
           is_own_prefix(place == SCENE_SLOTS ? scene_behind_first : scene_behind_second, addr);
}

bool wire_can_connect(const struct probe *probe)
{
    const struct flow *flow = &probe->flow;
    return wire_can_carry(probe) && (flow->protocol == PROTO_TCP || flow->protocol == PROTO_UDP) &&
           flow->source_port != 0 && flow->destination_port != 0 &&
           is_at(wire_place_of(probe->in_interface), flow->source) &&
           is_at(wire_place_of(probe->out_interface), flow->destination);
}

// ---- sockets --------------------------------------------------------------------------------------------------

static socklen_t fill_address(struct ip_addr addr, uint16_t port, struct sockaddr_storage *ret)
{
    memset(ret, 0, sizeof *ret);
    if (addr.family == IP_V4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        memcpy(&v4->sin_addr, addr.bytes, sizeof v4->sin_addr);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    memcpy(&v6->sin6_addr, addr.bytes, sizeof v6->sin6_addr);
    return sizeof *v6;
}

// A socket with an address of the place; the address need not be on an interface.
static int bound_socket(const struct wire *wire, int place, const struct flow *flow,
                        struct ip_addr addr, uint16_t port)
{
    enum { FREEBIND_V6 = 78 }; // IPV6_FREEBIND
    struct sockaddr_storage address;
    int on = 1;
    wire_enter(wire, place);
    int fd = socket(
        addr.family == IP_V4 ? AF_INET : AF_INET6,
        (flow->protocol == PROTO_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    wire_enter(wire, -1);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
    setsockopt(fd, IPPROTO_IPV6, FREEBIND_V6, &on, sizeof on);
    socklen_t length = fill_address(addr, port, &address);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, length) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void open_server(const struct wire *wire, struct shot *shot, struct pair *pair)
{
    const struct probe *probe = shot->probe;
    const struct flow *flow = &probe->flow;
    pair->server = bound_socket(wire, wire_place_of(probe->out_interface), flow, flow->destination,
                                flow->destination_port);
    if (pair->server < 0 || (flow->protocol == PROTO_TCP && listen(pair->server, SHOTS_MAX) != 0)) {
        shot->skipped = true;
    }
}

static void open_client(const struct wire *wire, struct shot *shot, struct pair *pair)
{
    const struct probe *probe = shot->probe;
    const struct flow *flow = &probe->flow;
    struct sockaddr_storage address;
    socklen_t length = fill_address(flow->destination, flow->destination_port, &address);
    pair->client = bound_socket(wire, wire_place_of(probe->in_interface), flow, flow->source,
                                flow->source_port);
    if (pair->client < 0) {
        shot->skipped = true;
        return;
    }
    // Errors are what a ruleset that rejects makes of it: the shot does not arrive.
    connect(pair->client, (struct sockaddr *)&address, length);
    if (flow->protocol == PROTO_UDP) {
        send(pair->client, "ping", 4, MSG_NOSIGNAL);
    }
}

// ---- progress -------------------------------------------------------------------------------------------------

static void answer(int server)
{
    char data[64];
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    ssize_t size;
    while ((size = recvfrom(server, data, sizeof data, 0, (struct sockaddr *)&from, &length)) > 0) {
        sendto(server, data, (size_t)size, MSG_NOSIGNAL, (struct sockaddr *)&from, length);
        length = sizeof from;
    }
}

static bool is_connected(int client)
{
    int error = 0;
    socklen_t length = sizeof error;
    struct pollfd poll_fd = {.fd = client, .events = POLLOUT};
    getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length);
    struct sockaddr_storage peer;
    length = sizeof peer;
    return error == 0 && poll(&poll_fd, 1, 0) == 1 &&
           getpeername(client, (struct sockaddr *)&peer, &length) == 0;
}

static void look(struct shot *shot, const struct pair *pair)
{
    char data[64];
    if (shot->skipped || shot->arrived) {
        return;
    }
    if (shot->probe->flow.protocol == PROTO_TCP) {
        shot->arrived = is_connected(pair->client);
        return;
    }
    answer(pair->server);
    shot->arrived = recv(pair->client, data, sizeof data, 0) > 0;
}

static bool all_there(const struct shot *shots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (shots[i].expected && !shots[i].arrived && !shots[i].skipped) {
            return false;
        }
    }
    return true;
}

void wire_connect(const struct wire *wire, struct shot *shots, size_t count)
{
    struct pair pairs[SHOTS_MAX];
    count = count < SHOTS_MAX ? count : SHOTS_MAX;
    for (size_t i = 0; i < count; i++) {
        pairs[i] = (struct pair){-1, -1};
        open_server(wire, &shots[i], &pairs[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!shots[i].skipped) {
            open_client(wire, &shots[i], &pairs[i]);
        }
    }
    for (int waited = 0; waited < PATIENCE; waited += STEP) {
        poll(NULL, 0, STEP);
        for (size_t i = 0; i < count; i++) {
            look(&shots[i], &pairs[i]);
        }
        if (all_there(shots, count)) {
            break;
        }
    }
    for (size_t i = 0; i < count; i++) {
        close(pairs[i].client);
        close(pairs[i].server);
    }
}
