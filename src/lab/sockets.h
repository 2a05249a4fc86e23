// SPDX-License-Identifier: GPL-2.0-or-later
// The sockets of one batch of probes.
#pragma once

#include "internal.h"

enum socket_kind { SOCKET_LISTEN, SOCKET_DATAGRAM, SOCKET_RAW, SOCKET_CONNECT, SOCKET_WATCH };

// A connection belongs to one probe; the others are shared by all probes that use the same station, address, protocol and
// port, to send and to receive. Beside each listening socket one watches for segments: what answers is not asked, because
// policy without connection tracking may let a packet pass and not its answer.
struct lab_socket {
    int fd;
    uint8_t kind, protocol, family;
    struct lab_probe *probe; // of a connection
    struct ip_addr addr;     // that it is bound to
};

struct sockets {
    struct world *world;
    struct strmap *shared;
    struct strmap *opening; // tuples of TCP probes -> probe
    struct {
        VEC_FIELDS(struct lab_socket *);
    } all;
    int epoll;
};

bool sockets_begin(struct sockets *sockets, struct world *world);
void sockets_end(struct sockets *sockets);
// How a TCP probe's first segment is known: by its ends.
const char *socket_tuple(struct arena *arena, struct ip_addr source, uint16_t source_port,
                         struct ip_addr destination, uint16_t destination_port);
// Makes the probe's receiver ready.
bool sockets_listen(struct sockets *sockets, struct lab_probe *probe);
// Sends the probe; `token` comes back with what arrives. A packet that cannot even be sent counts as denied.
bool sockets_send(struct sockets *sockets, struct lab_probe *probe, uint32_t token);
