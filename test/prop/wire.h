// SPDX-License-Identifier: GPL-2.0-or-later
// The scene as real network namespaces, and real packets between them. The namespaces have no names: they are gone with
// the process, however it ends. Nothing is done in the machine's own namespace but to remember it.
#pragma once

#include "probe.h"
#include "scene.h"

// The places where packets start and end: the host, what is behind the slots, what is outside.
enum { WIRE_HOST = SCENE_SLOTS + SCENE_OUTSIDE, WIRE_PLACES };

struct wire {
    int own;                  // the namespace of this process at the start
    int places[WIRE_PLACES];  // namespaces
    int capture[WIRE_PLACES]; // packet sockets; of the host -1
    int sender4[WIRE_PLACES], sender6[WIRE_PLACES];
    int host4[256], host6[256]; // raw sockets of the host, by protocol; -1: not opened
    uint32_t run;               // tells the packets of one round from those of another
};

// A probe on the wire.
struct shot {
    const struct probe *probe;
    bool expected, arrived;
    bool skipped; // could not be tried
};

// wire_build.c: NULL, or what went wrong.
const char *wire_build(struct arena *arena, struct wire *ret);
// Goes into the namespace of a place, or (place -1) back home.
void wire_enter(const struct wire *wire, int place);
// Runs a program in the host's namespace; its output goes to `log`. True for exit code 0.
bool wire_run_on_host(const struct wire *wire, const char *const argv[], const char *log);
// Forgets all connections of the host.
bool wire_forget_connections(const struct wire *wire);

// The place behind an interface of the host; "" is the host.
int wire_place_of(const char *interface);
// Whether the kernel sends such a packet on this way at all, and connection tracking takes it for a new one.
bool wire_can_carry(const struct probe *probe);

// wire_shoot.c: sends a packet for each shot and notes which arrived where they should.
void wire_shoot(struct wire *wire, struct shot *shots, size_t count);

// wire_connect.c: a TCP connection or a UDP request with its answer for each shot that can be one.
bool wire_can_connect(const struct probe *probe);
void wire_connect(const struct wire *wire, struct shot *shots, size_t count);

// packet.c: the IP packet of a flow, with a tag in it. Gives its size.
enum { PACKET_MAX = 128 };
size_t packet_make(const struct flow *flow, uint32_t run, uint32_t number, uint8_t *ret);
// The number in a packet of this run that was received, with or without its IP header; -1 for other packets.
int64_t packet_number(const uint8_t *data, size_t size, uint32_t run);
int64_t payload_number(uint8_t protocol, const uint8_t *data, size_t size, uint32_t run);
