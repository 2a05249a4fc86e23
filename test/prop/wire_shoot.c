// SPDX-License-Identifier: GPL-2.0-or-later
// Single packets: sent raw from where the flow comes from, seen where it goes to. Behind the host's interfaces a packet
// socket sees what came through; on the host itself a raw socket gets what passed the input hook.
#include "wire.h"

#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

enum {
    BATCH = 50,
    PATIENCE = 40 /* ms for what must arrive */,
    GRACE = 5 /* ms for what must not */
};

int wire_place_of(const char *interface)
{
    if (interface[0] == '\0') {
        return WIRE_HOST;
    }
    for (int place = 0; place < WIRE_HOST; place++) {
        const char *name =
            place < SCENE_SLOTS ? scene_slots[place].interface : scene_outside[place - SCENE_SLOTS];
        if (strcmp(name, interface) == 0) {
            return place;
        }
    }
    POLC_UNREACHABLE("an interface that the scene does not have");
}

// ICMP that connection tracking takes for new (or, of neighbour discovery, leaves alone).
static bool is_trackable_icmp(const struct flow *flow)
{
    int type = flow->icmp_type;
    if (flow->source.family == IP_V4) {
        return type == 8 || type == 13 || type == 15 || type == 17;
    }
    return type == 128 || (type >= 130 && type <= 136) || type == 143;
}

// Multicast and link-local destinations, and senders without an address, need more than a route.
static bool is_routable(struct ip_addr addr)
{
    return addr.family == IP_V4
               ? addr.bytes[0] != 0 && addr.bytes[0] < 224
               : addr.bytes[0] != 0xff && addr.bytes[0] != 0xfe && addr.bytes[0] != 0;
}

bool wire_can_carry(const struct probe *probe)
{
    const struct flow *flow = &probe->flow;
    bool foreign = (flow->protocol == PROTO_ICMP) != (flow->source.family == IP_V4) &&
                   (flow->protocol == PROTO_ICMP || flow->protocol == PROTO_ICMPV6);
    bool foreign6 = flow->protocol == PROTO_ICMPV6 && flow->source.family == IP_V4;
    return strcmp(probe->in_interface, probe->out_interface) != 0 && !foreign && !foreign6 &&
           (flow->icmp_type < 0 || is_trackable_icmp(flow)) && flow->protocol != IPPROTO_RAW &&
           is_routable(flow->source) && is_routable(flow->destination);
}

// ---- sending --------------------------------------------------------------------------------------------------

static void send_packet(const struct wire *wire, const struct flow *flow, int place,
                        uint32_t number)
{
    uint8_t packet[PACKET_MAX];
    size_t size = packet_make(flow, wire->run, number, packet);
    struct sockaddr_in to4 = {.sin_family = AF_INET};
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};
    memcpy(&to4.sin_addr, flow->destination.bytes, sizeof to4.sin_addr);
    memcpy(&to6.sin6_addr, flow->destination.bytes, sizeof to6.sin6_addr);
    bool v4 = flow->source.family == IP_V4;
    // An error is a packet that does not arrive: the host's own output hook refuses with EPERM.
    sendto(v4 ? wire->sender4[place] : wire->sender6[place], packet, size, MSG_NOSIGNAL,
           v4 ? (struct sockaddr *)&to4 : (struct sockaddr *)&to6, v4 ? sizeof to4 : sizeof to6);
}

// ---- receiving ------------------------------------------------------------------------------------------------

static void note(struct shot *shots, size_t count, int place, int64_t number)
{
    if (number >= 0 && (uint64_t)number < count &&
        wire_place_of(shots[number].probe->out_interface) == place) {
        shots[number].arrived = true;
    }
}

static void read_capture(const struct wire *wire, int place, struct shot *shots, size_t count)
{
    uint8_t data[2048];
    struct sockaddr_ll from;
    socklen_t length = sizeof from;
    ssize_t size;
    while ((size = recvfrom(wire->capture[place], data, sizeof data, 0, (struct sockaddr *)&from,
                            &length)) >= 0) {
        if (from.sll_pkttype != PACKET_OUTGOING) {
            note(shots, count, place, packet_number(data, (size_t)size, wire->run));
        }
        length = sizeof from;
    }
}

// A raw socket of IPv6 gives no IP header.
static void read_host(const struct wire *wire, struct shot *shots, size_t count)
{
    uint8_t data[2048];
    for (size_t protocol = 0; protocol < ARRAY_COUNT(wire->host4); protocol++) {
        ssize_t size;
        while (wire->host4[protocol] >= 0 &&
               (size = recv(wire->host4[protocol], data, sizeof data, 0)) >= 0) {
            note(shots, count, WIRE_HOST, packet_number(data, (size_t)size, wire->run));
        }
        while (wire->host6[protocol] >= 0 &&
               (size = recv(wire->host6[protocol], data, sizeof data, 0)) >= 0) {
            note(shots, count, WIRE_HOST,
                 payload_number((uint8_t)protocol, data, (size_t)size, wire->run));
        }
    }
}

static void read_all(const struct wire *wire, struct shot *shots, size_t count)
{
    for (int place = 0; place < WIRE_HOST; place++) {
        read_capture(wire, place, shots, count);
    }
    read_host(wire, shots, count);
}

static void open_host_socket(struct wire *wire, const struct flow *flow)
{
    bool v4 = flow->source.family == IP_V4;
    int *fd = v4 ? &wire->host4[flow->protocol] : &wire->host6[flow->protocol];
    if (*fd < 0) {
        wire_enter(wire, WIRE_HOST);
        *fd = socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                     flow->protocol);
        wire_enter(wire, -1);
    }
}

static bool all_there(const struct shot *shots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (shots[i].expected && !shots[i].arrived) {
            return false;
        }
    }
    return true;
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

void wire_shoot(struct wire *wire, struct shot *shots, size_t count)
{
    wire->run++;
    for (size_t i = 0; i < count; i++) {
        const struct probe *probe = shots[i].probe;
        if (probe->out_interface[0] == '\0') {
            open_host_socket(wire, &probe->flow);
        }
        send_packet(wire, &probe->flow, wire_place_of(probe->in_interface), (uint32_t)i);
        if (i % BATCH == BATCH - 1) {
            read_all(wire, shots, count);
        }
    }
    for (long waited = 0; waited < PATIENCE; waited += GRACE) {
        wait_ms(GRACE);
        read_all(wire, shots, count);
        if (all_there(shots, count)) {
            return;
        }
    }
}
