// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets in the namespaces of their stations: TCP connects, UDP and everything else sends one datagram.
#include "sockets.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

bool sockets_begin(struct sockets *sockets, struct world *world)
{
    *sockets = (struct sockets){
        .world = world, .shared = strmap_new(world->arena), .opening = strmap_new(world->arena)};
    sockets->epoll = epoll_create1(EPOLL_CLOEXEC);
    return sockets->epoll >= 0 || world_fail(world, "epoll_create1", errno);
}

void sockets_end(struct sockets *sockets)
{
    // A connection that ends with a reset leaves nothing behind, so that its ports can be used again at once.
    static const struct linger at_once = {.l_onoff = 1};
    for (size_t i = 0; i < sockets->all.count; i++) {
        const struct lab_socket *item = sockets->all.items[i];
        if (item->kind == SOCKET_CONNECT) {
            setsockopt(item->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
        close(item->fd);
    }
    close(sockets->epoll);
}

// Opens a socket in a station's namespace, bound to an address of it; -1 after world_fail.
static int open_bound(struct world *world, uint32_t station, int type, int protocol,
                      struct ip_addr addr, uint16_t port)
{
    static const int on = 1;
    struct sockaddr_storage address;
    socklen_t size = socket_address(addr, port, &address);
    if (!namespace_enter(world, station_namespace(world, station))) {
        return -1;
    }
    int fd = socket(address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0) {
        world_fail(world, "cannot open a socket", errno);
        return -1;
    }
    if (type == SOCK_STREAM) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    }
    if (bind(fd, (const struct sockaddr *)&address, size) != 0) {
        char text[IP_TEXT_MAX];
        world_fail(
            world,
            arena_printf(world->arena, "cannot use %s port %u", ip_addr_text(addr, text), port),
            errno);
        close(fd);
        return -1;
    }
    return fd;
}

static struct lab_socket *add_socket(struct sockets *sockets, int fd, enum socket_kind kind,
                                     const struct lab_probe *probe, uint32_t events)
{
    struct lab_socket *item = arena_new_of(sockets->world->arena, struct lab_socket);
    *item = (struct lab_socket){.fd = fd,
                                .kind = (uint8_t)kind,
                                .protocol = probe->protocol,
                                .family = probe->source.family};
    vec_push(sockets->world->arena, &sockets->all, item);
    struct epoll_event event = {.events = events, .data.ptr = item};
    if (epoll_ctl(sockets->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        world_fail(sockets->world, "epoll_ctl", errno);
        return NULL;
    }
    return item;
}

static enum socket_kind shared_kind(uint8_t protocol)
{
    return protocol == PROTO_TCP   ? SOCKET_LISTEN
           : protocol == PROTO_UDP ? SOCKET_DATAGRAM
                                   : SOCKET_RAW;
}

static struct lab_socket *make_shared(struct sockets *sockets, const struct lab_probe *probe,
                                      uint32_t station, struct ip_addr addr, uint16_t port)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW};
    enum socket_kind kind = shared_kind(probe->protocol);
    int protocol = kind == SOCKET_RAW ? probe->protocol : 0;
    int fd = open_bound(sockets->world, station, types[kind], protocol, addr, port);
    if (fd < 0) {
        return NULL;
    }
    if (kind == SOCKET_LISTEN && listen(fd, BACKLOG) != 0) {
        world_fail(sockets->world, "listen", errno);
        close(fd);
        return NULL;
    }
    return add_socket(sockets, fd, kind, probe, kind == SOCKET_LISTEN ? 0 : EPOLLIN);
}

// The socket of a station for an address, protocol and port.
static struct lab_socket *shared_socket(struct sockets *sockets, const struct lab_probe *probe,
                                        uint32_t station, struct ip_addr addr, uint16_t port)
{
    char key[128], text[IP_TEXT_MAX];
    uint16_t used = shared_kind(probe->protocol) == SOCKET_RAW ? 0 : port;
    snprintf(key, sizeof key, "%u %s %u %u", station, ip_addr_text(addr, text), probe->protocol,
             used);
    struct lab_socket *item = strmap_get(sockets->shared, key);
    if (item == NULL) {
        item = make_shared(sockets, probe, station, addr, used);
        if (item != NULL) {
            strmap_put(sockets->shared, key, item);
        }
    }
    return item;
}

const char *socket_tuple(struct arena *arena, struct ip_addr source, uint16_t source_port,
                         struct ip_addr destination, uint16_t destination_port)
{
    char from[IP_TEXT_MAX], to[IP_TEXT_MAX];
    return arena_printf(arena, "%s %u %s %u", ip_addr_text(source, from), source_port,
                        ip_addr_text(destination, to), destination_port);
}

// Sees the segments that come to an address, before the kernel's own TCP does.
static bool watch_segments(struct sockets *sockets, struct lab_probe *probe)
{
    struct arena *arena = sockets->world->arena;
    char text[IP_TEXT_MAX];
    const char *key =
        arena_printf(arena, "watch %u %s", probe->to, ip_addr_text(probe->destination, text));
    strmap_put(sockets->opening,
               socket_tuple(arena, probe->source, probe->source_port, probe->destination,
                            probe->destination_port),
               probe);
    if (strmap_get(sockets->shared, key) != NULL) {
        return true;
    }
    int fd = open_bound(sockets->world, probe->to, SOCK_RAW, IPPROTO_TCP, probe->destination, 0);
    struct lab_socket *item = fd < 0 ? NULL : add_socket(sockets, fd, SOCKET_WATCH, probe, EPOLLIN);
    if (item != NULL) {
        item->addr = probe->destination;
        strmap_put(sockets->shared, key, item);
    }
    return item != NULL;
}

bool sockets_listen(struct sockets *sockets, struct lab_probe *probe)
{
    return shared_socket(sockets, probe, probe->to, probe->destination, probe->destination_port) !=
               NULL &&
           (probe->protocol != PROTO_TCP || watch_segments(sockets, probe));
}

// A connection of an earlier batch in the other direction, whose answer was dropped, holds the same ends for a second.
static int connect_soon(int fd, const struct sockaddr_storage *address, socklen_t size)
{
    static const struct timespec pause = {.tv_nsec = 50000000};
    enum { TRIES = 60 };
    int result = connect(fd, (const struct sockaddr *)address, size);
    for (int i = 0; i < TRIES && result != 0 && errno == EADDRNOTAVAIL; i++) {
        nanosleep(&pause, NULL);
        result = connect(fd, (const struct sockaddr *)address, size);
    }
    return result;
}

static bool start_connection(struct sockets *sockets, struct lab_probe *probe)
{
    struct sockaddr_storage address;
    socklen_t size = socket_address(probe->destination, probe->destination_port, &address);
    int fd =
        open_bound(sockets->world, probe->from, SOCK_STREAM, 0, probe->source, probe->source_port);
    if (fd < 0) {
        return false;
    }
    if (connect_soon(fd, &address, size) != 0 && errno != EINPROGRESS) {
        close(fd); // refused before it left: as good as dropped
        return true;
    }
    struct lab_socket *item = add_socket(sockets, fd, SOCKET_CONNECT, probe, EPOLLOUT);
    if (item != NULL) {
        item->probe = probe;
    }
    return item != NULL;
}

bool sockets_send(struct sockets *sockets, struct lab_probe *probe, uint32_t token)
{
    if (probe->protocol == PROTO_TCP) {
        return start_connection(sockets, probe);
    }
    struct lab_socket *item =
        shared_socket(sockets, probe, probe->from, probe->source, probe->source_port);
    if (item == NULL) {
        return false;
    }
    uint8_t packet[PACKET_MAX];
    struct sockaddr_storage address;
    bool raw = item->kind == SOCKET_RAW;
    // A raw IPv6 socket takes no port but 0.
    socklen_t size =
        socket_address(probe->destination, raw ? 0 : probe->destination_port, &address);
    size_t length = packet_make(probe, token, packet);
    // ECONNREFUSED and EPERM tell of packets that were refused: nothing arrives, and that is the answer.
    (void)!sendto(item->fd, packet, length, 0, (const struct sockaddr *)&address, size);
    return true;
}
