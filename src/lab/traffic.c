// SPDX-License-Identifier: GPL-2.0-or-later
// Sends the probes in batches and sees what arrives. Those that should not arrive come first: what is really denied leaves
// no trace in connection tracking that could let a later one pass as an answer. On the way to another host a packet may
// leave such a trace all the same; so two of which one looks like the answer to the other never share a batch, and the
// hosts forget their connections in between.
#include "sockets.h"

#include <errno.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH_MAX = 1000,
    FILES_KEPT = 200, // not for sockets of a batch
    FILES_WANTED = 8192,
    FIRST_WAIT = 500, // ms until a packet counts as dropped
    SECOND_WAIT =
        3500, // the same for one that should arrive: longer than two retransmissions of TCP
    EVENTS = 64,
    DATAGRAM_MAX = 2048,
    CONTROL_PORT = 9,
    CONTROL_TRIES = 20,
};

struct batch {
    struct lab_probe **probes;
    size_t count;
    size_t undecided; // not arrived
    uint32_t first;   // token of the first one: what is late from another batch counts nowhere
};

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- one batch ------------------------------------------------------------------------------------------------

// Only what arrives is a decision: a refusal may be an answer to what arrived.
static void arrive(struct batch *batch, struct lab_probe *probe)
{
    batch->undecided -= !probe->arrived;
    probe->arrived = true;
}

static void take_connection(struct sockets *sockets, struct batch *batch,
                            const struct lab_socket *item)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(item->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    epoll_ctl(sockets->epoll, EPOLL_CTL_DEL, item->fd, NULL);
    if (error == 0) {
        arrive(batch, item->probe);
    }
}

static struct ip_addr peer_address(const struct sockaddr_storage *peer)
{
    struct ip_addr addr = {.family = peer->ss_family == AF_INET ? IP_V4 : IP_V6};
    if (addr.family == IP_V4) {
        memcpy(addr.bytes, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, 4);
    } else {
        memcpy(addr.bytes, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, 16);
    }
    return addr;
}

// Raw IPv4 sockets give the IP header too.
static size_t header_size(const struct lab_socket *item, const uint8_t *data, size_t size)
{
    bool raw = item->kind == SOCKET_RAW || item->kind == SOCKET_WATCH;
    if (!raw || item->family != IP_V4) {
        return 0;
    }
    size_t header = size > 0 ? (size_t)(data[0] & 15) * 4 : 0;
    return header < size ? header : size;
}

static void take_datagrams(struct batch *batch, const struct lab_socket *item)
{
    uint8_t data[DATAGRAM_MAX];
    for (;;) {
        ssize_t got = recv(item->fd, data, sizeof data, 0);
        if (got < 0) {
            if (errno == EAGAIN) {
                return;
            }
            continue; // an ICMP error for an earlier packet, which is no arrival
        }
        size_t skip = header_size(item, data, (size_t)got);
        uint32_t token;
        if (packet_token(item->protocol, data + skip, (size_t)got - skip, &token) &&
            token - batch->first < batch->count && !batch->probes[token - batch->first]->arrived) {
            arrive(batch, batch->probes[token - batch->first]);
        }
    }
}

// Segments that open a connection: SYN without ACK.
static void take_segments(struct sockets *sockets, struct batch *batch,
                          const struct lab_socket *item)
{
    enum { TCP_HEADER = 20, FLAGS = 13, SYN = 2, ACK = 16 };
    uint8_t data[DATAGRAM_MAX];
    struct sockaddr_storage peer;
    for (;;) {
        socklen_t size = sizeof peer;
        ssize_t got = recvfrom(item->fd, data, sizeof data, 0, (struct sockaddr *)&peer, &size);
        if (got < 0) {
            return;
        }
        const uint8_t *tcp = data + header_size(item, data, (size_t)got);
        if (tcp + TCP_HEADER > data + got || (tcp[FLAGS] & (SYN | ACK)) != SYN) {
            continue;
        }
        struct lab_probe *probe =
            strmap_get(sockets->opening, socket_tuple(sockets->world->arena, peer_address(&peer),
                                                      (uint16_t)(tcp[0] << 8 | tcp[1]), item->addr,
                                                      (uint16_t)(tcp[2] << 8 | tcp[3])));
        if (probe != NULL) {
            arrive(batch, probe);
        }
    }
}

// Until everything has arrived, or the time is over.
static void collect(struct sockets *sockets, struct batch *batch, long wait)
{
    struct epoll_event events[EVENTS];
    long end = now_ms() + wait;
    while (batch->undecided > 0) {
        long left = end - now_ms();
        int count = left > 0 ? epoll_wait(sockets->epoll, events, EVENTS, (int)left) : 0;
        if (count <= 0 && left <= 0) {
            return;
        }
        for (int i = 0; i < count; i++) {
            const struct lab_socket *item = events[i].data.ptr;
            if (item->kind == SOCKET_CONNECT) {
                take_connection(sockets, batch, item);
            } else if (item->kind == SOCKET_WATCH) {
                take_segments(sockets, batch, item);
            } else if (item->kind != SOCKET_LISTEN) {
                take_datagrams(batch, item);
            }
        }
    }
}

static bool send_batch(struct sockets *sockets, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (!sockets_listen(sockets, batch->probes[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (!sockets_send(sockets, batch->probes[i], batch->first + (uint32_t)i)) {
            return false;
        }
    }
    return true;
}

static bool run_batch(struct world *world, struct batch *batch, long wait)
{
    struct sockets sockets;
    struct arena_mark mark = arena_mark(world->arena);
    if (!sockets_begin(&sockets, world)) {
        return false;
    }
    batch->undecided = batch->count;
    bool sent = send_batch(&sockets, batch);
    if (sent) {
        collect(&sockets, batch, wait);
    }
    sockets_end(&sockets);
    if (world->error == NULL) { // which is on the arena
        arena_rewind(world->arena, mark);
    }
    return sent;
}

// ---- all of them ----------------------------------------------------------------------------------------------

static const char *tuple_text(struct arena *arena, const struct lab_probe *probe, bool reversed)
{
    char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];
    ip_addr_text(probe->source, source);
    ip_addr_text(probe->destination, destination);
    return reversed ? arena_printf(arena, "%u %s %u %s %u", probe->protocol, destination,
                                   probe->destination_port, source, probe->source_port)
                    : arena_printf(arena, "%u %s %u %s %u", probe->protocol, source,
                                   probe->source_port, destination, probe->destination_port);
}

// Packets of ICMP have identifiers of their own, so that none looks like the answer to another.
static void find_mirrored(struct world *world)
{
    const struct lab *lab = world->lab;
    struct arena_mark mark = arena_mark(world->arena);
    struct strmap *tuples = strmap_new(world->arena);
    for (size_t i = 0; i < lab->probe_count; i++) {
        strmap_put(tuples, tuple_text(world->arena, &lab->probes[i], false), &lab->probes[i]);
    }
    for (size_t i = 0; i < lab->probe_count; i++) {
        struct lab_probe *probe = &lab->probes[i];
        bool numbered = probe->protocol == PROTO_ICMP || probe->protocol == PROTO_ICMPV6;
        probe->mirrored =
            !numbered && strmap_get(tuples, tuple_text(world->arena, probe, true)) != NULL;
    }
    arena_rewind(world->arena, mark);
}

// What must not share a batch.
static int phase(const struct lab_probe *probe)
{
    int direction = probe->mirrored ? 1 + (probe->from > probe->to) : 0;
    return probe->expected * 3 + direction;
}

static int compare_probes(const void *a, const void *b)
{
    const struct lab_probe *left = *(struct lab_probe *const *)a;
    const struct lab_probe *right = *(struct lab_probe *const *)b;
    int order = phase(left) - phase(right);
    return order != 0 ? order : (left > right) - (left < right);
}

// Without ctnetlink in the kernel the order of the phases has to do.
static bool forget_connections(struct world *world)
{
    for (size_t i = 0; i < world->lab->node_count; i++) {
        if (!namespace_enter(world, world->nodes[i])) {
            return false;
        }
        rtnl_forget_connections();
    }
    return true;
}

static size_t batch_limit(void)
{
    struct rlimit files = {0};
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < FILES_WANTED && files.rlim_max > files.rlim_cur) {
        files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    // A probe has a socket at each end at most.
    size_t limit = files.rlim_cur > FILES_KEPT + 2 ? (files.rlim_cur - FILES_KEPT) / 2 : 1;
    return limit < BATCH_MAX ? limit : BATCH_MAX;
}

static bool run_all(struct world *world, struct lab_probe **probes, size_t count, uint32_t token,
                    long wait)
{
    size_t limit = batch_limit();
    for (size_t i = 0; i < count;) {
        struct batch batch = {.probes = probes + i, .first = token + (uint32_t)i};
        while (i < count && batch.count < limit && phase(probes[i]) == phase(batch.probes[0])) {
            batch.count++;
            i++;
        }
        if (!run_batch(world, &batch, wait) || !forget_connections(world)) {
            return false;
        }
    }
    return true;
}

// Moves those that should have arrived and did not to the front.
static size_t keep_missing(struct lab_probe **probes, size_t count)
{
    size_t missing = 0;
    for (size_t i = 0; i < count; i++) {
        if (probes[i]->expected && !probes[i]->arrived) {
            probes[missing++] = probes[i];
        }
    }
    return missing;
}

static void add_control(struct lab_probe *probes, size_t *count, uint32_t station,
                        struct ip_addr addr)
{
    struct ip_addr other = control_addresses[addr.family == IP_V6];
    struct lab_probe probe = {.protocol = PROTO_UDP,
                              .source_port = CONTROL_PORT,
                              .destination_port = CONTROL_PORT,
                              .expected = true};
    probe.from = station;
    probe.to = CONTROL_STATION;
    probe.source = addr;
    probe.destination = other;
    probes[(*count)++] = probe;
    probe.from = CONTROL_STATION;
    probe.to = station;
    probe.source = other;
    probe.destination = addr;
    probes[(*count)++] = probe;
}

bool traffic_control(struct world *world)
{
    const struct lab *lab = world->lab;
    size_t count = 0, left = 0, addresses = 0;
    for (size_t i = 0; i < lab->station_count; i++) {
        addresses += lab->stations[i].address_count;
    }
    struct lab_probe *probes = arena_array_of(world->arena, struct lab_probe, 2 * addresses);
    struct lab_probe **order = arena_array_of(world->arena, struct lab_probe *, 2 * addresses);
    for (uint32_t i = 0; i < lab->station_count; i++) {
        for (size_t j = 0; j < lab->stations[i].address_count; j++) {
            if (lab_has_family(lab->stations[i].addresses[j].family)) {
                add_control(probes, &count, i, lab->stations[i].addresses[j]);
            }
        }
    }
    for (; left < count; left++) {
        order[left] = &probes[left];
    }
    for (int i = 0; i < CONTROL_TRIES && left > 0; i++) {
        if (!run_all(world, order, left, (uint32_t)(1 + (size_t)i * count), FIRST_WAIT)) {
            return false;
        }
        left = keep_missing(order, left);
    }
    return left == 0 || world_fail(world, "a cable carries no packets", ETIMEDOUT);
}

bool traffic_run(struct world *world)
{
    const struct lab *lab = world->lab;
    find_mirrored(world);
    struct lab_probe **probes = arena_array_of(world->arena, struct lab_probe *, lab->probe_count);
    for (size_t i = 0; i < lab->probe_count; i++) {
        lab->probes[i].arrived = false;
        probes[i] = &lab->probes[i];
    }
    if (lab->probe_count > 1) {
        qsort(probes, lab->probe_count, sizeof(struct lab_probe *), compare_probes);
    }
    if (!run_all(world, probes, lab->probe_count, 1, FIRST_WAIT)) {
        return false;
    }
    // Once more, and with patience, those that should have arrived and did not.
    size_t missing = keep_missing(probes, lab->probe_count);
    return run_all(world, probes, missing, 1 + (uint32_t)lab->probe_count, SECOND_WAIT);
}
