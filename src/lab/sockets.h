// SPDX-License-Identifier: GPL-2.0-or-later
// The sockets of one batch of probes.
#pragma once

#include "internal.h"

enum socket_kind { SOCKET_LISTEN, SOCKET_DATAGRAM, SOCKET_RAW, SOCKET_CONNECT };

// A connection belongs to one probe; the others are shared by all probes that use the same station, address, protocol and
// port, to send and to receive.
struct lab_socket {
    int fd;
    uint8_t kind, protocol, family;
    struct lab_probe *probe; // of a connection
};

struct sockets {
    struct world *world;
    struct strmap *shared;
    struct {
        VEC_FIELDS(struct lab_socket *);
    } all;
    int epoll;
};

bool sockets_begin(struct sockets *sockets, struct world *world);
void sockets_end(struct sockets *sockets);
// Makes the probe's receiver ready.
bool sockets_listen(struct sockets *sockets, const struct lab_probe *probe);
// Sends the probe; `token` comes back with what arrives. A packet that cannot even be sent counts as denied.
bool sockets_send(struct sockets *sockets, struct lab_probe *probe, uint32_t token);
