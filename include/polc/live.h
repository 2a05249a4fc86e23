// SPDX-License-Identifier: GPL-2.0-or-later
// Module live: what is connected now: the entries of conntrack (ctnetlink), the sockets of this network namespace
// (sock_diag), and the connection by which the caller is here. Decides nothing about policy.
// Functions that speak to the kernel return 0 or a positive errno value.
#pragma once

#include <polc/base.h>
#include <polc/net.h>

// One direction of a connection. Ports are in host byte order and 0 in protocols without ports; ICMP has a type and a
// code, else -1.
struct live_tuple {
    struct ip_addr source, destination;
    uint8_t protocol; // IP protocol number
    uint16_t source_port, destination_port;
    int16_t icmp_type, icmp_code;
};

// The other direction: the ends swapped.
struct live_tuple live_reversed(const struct live_tuple *tuple);

// ---- conntrack --------------------------------------------------------------------------------------------------

struct live_connection {
    struct live_tuple original; // as the first packet had it, before any translation
    struct live_tuple reply;    // as answers come in: its source is where the packets really go
    struct live_tuple
        master; // of a related connection: the original direction of the one it belongs to
    bool related;
    bool over;        // of TCP: closed by both sides, or reset; only its entry is still there
    uint16_t zone;    // of conntrack; entries of different zones may have the same tuples
    uint32_t timeout; // seconds that are left
    uint32_t id;      // tells it from a later one of the same addresses and ports
    bool counted;     // the kernel counts (nf_conntrack_acct):
    uint64_t packets, bytes;             // of the original direction
    uint64_t reply_packets, reply_bytes; // of the other one
    // What names the entry to the kernel: attributes of the message it was read from. Valid inside of the handler only,
    // unless live_connection_keep copied it.
    const void *key;
    size_t key_size; // bytes
};

// The connection is the handler's to look at, and gone when it returns.
typedef void (*live_connection_handler)(const struct live_connection *connection, void *context);

// Hands every entry of this network namespace, of both families and all zones, to the handler. Entries that come or go
// meanwhile may be missed. EPERM without CAP_NET_ADMIN; EINVAL or EPROTONOSUPPORT in a kernel without ctnetlink.
int live_connections_each(struct arena *arena, live_connection_handler handler, void *context);

// Copies what names the entry.
void live_connection_keep(struct arena *arena, struct live_connection *connection);

// A socket of ctnetlink for many requests.
struct live_conntrack;
int live_conntrack_open(struct arena *arena, struct live_conntrack **ret);
void live_conntrack_close(struct live_conntrack **conntrack);

// Deletes exactly this entry, not a later one of the same addresses and ports. ENOENT when it is gone.
int live_connection_delete(struct live_conntrack *conntrack,
                           const struct live_connection *connection);

// The entry of a zone that has this tuple in one of its directions. ENOENT when there is none.
int live_connection_find(struct live_conntrack *conntrack, struct arena *arena,
                         const struct live_tuple *tuple, uint16_t zone,
                         struct live_connection *ret);

// Enters an established TCP connection that was not tracked so far: both sides have been seen, and its windows are not
// checked, since they are not known. `closing`: one side has closed it already. EEXIST when there is one.
int live_connection_enter(struct live_conntrack *conntrack, const struct live_tuple *original,
                          bool closing);

// Leaves a mark in the place of a cut TCP connection, for as long as its entry would have lived: an entry that no answer
// belongs to. What the client sends is judged as a new connection then, and what the server sends first cannot make the
// old connection a new one in the other direction: conntrack does not take a second entry with these addresses and ports.
// EEXIST when there is one.
int live_connection_mark_cut(struct live_conntrack *conntrack,
                             const struct live_connection *connection);
bool live_connection_is_cut_mark(const struct live_connection *connection);

// Whether packets of the family (enum ip_family) are tracked in this network namespace: found by one that it sends to
// itself. False also where it cannot send to itself.
bool live_is_tracking(struct arena *arena, uint8_t family);

// ---- sockets ----------------------------------------------------------------------------------------------------

enum live_socket_state {
    LIVE_ESTABLISHED,
    LIVE_CLOSING,   // one side has closed, or both
    LIVE_LISTENING, // also a UDP socket that is not connected
};

struct live_socket {
    uint8_t protocol; // PROTO_TCP or PROTO_UDP
    uint8_t state;    // enum live_socket_state
    // Addresses that are mapped into IPv6 are IPv4. The wildcard is all zeros; one of IPv6 may take IPv4 too.
    struct ip_addr local, remote;
    uint16_t local_port, remote_port; // host byte order
    uint32_t interface;               // that it is bound to, by scope or by its owner; 0: any
    uint32_t inode;                   // as /proc/PID/fd shows it
};

struct live_sockets {
    VEC_FIELDS(struct live_socket);
};

// The TCP and UDP sockets of this network namespace, of both families. Needs no privilege.
int live_sockets_read(struct arena *arena, struct live_sockets *ret);

// Whether a TCP socket listens, or a UDP socket is bound, where this address and port come in.
bool live_is_listening(const struct live_sockets *sockets, uint8_t protocol, struct ip_addr addr,
                       uint16_t port);

// Whether an interface of this network namespace has the address.
bool live_is_local(struct ip_addr addr);

// The index of the interface by which packets to the address leave. 0: not known.
uint32_t live_route_interface(struct ip_addr addr);

// ---- the caller -------------------------------------------------------------------------------------------------

// "ADDRESS PORT ADDRESS PORT", as SSH_CONNECTION has it: client, then server. Addresses may be mapped or have a scope,
// whose name goes to *ret_scope ("" for none; IF_NAMESIZE bytes). False when it is something else.
bool live_ssh_parse(const char *text, struct live_tuple *ret, char *ret_scope);

enum live_caller_kind {
    LIVE_CALLER_NONE,        // not by the network: the console, cron, a unit
    LIVE_CALLER_ENVIRONMENT, // SSH_CONNECTION of a process, and the connection is there
    LIVE_CALLER_AGAIN, // that one is over, and there is another from the same address to the same port
    LIVE_CALLER_SOCKET,    // an incoming connection that an ancestor holds
    LIVE_CALLER_OVER,      // SSH_CONNECTION names a connection that is over
    LIVE_CALLER_ELSEWHERE, // SSH_CONNECTION names an address that this network namespace does not have
};

struct live_caller {
    uint8_t kind;            // enum live_caller_kind
    uint32_t pid;            // of the process that it was found at
    struct live_tuple tuple; // from the client to this host; unless LIVE_CALLER_NONE
    uint32_t interface;      // where it comes in, if that is known; else 0
};

// Looks at the process `pid` and its ancestors, without process 1, in `proc` ("/proc").
void live_caller_find(struct arena *arena, const char *proc, uint32_t pid,
                      const struct live_sockets *sockets, struct live_caller *ret);
