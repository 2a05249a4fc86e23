// SPDX-License-Identifier: GPL-2.0-or-later
// The first ruleset of a host begins to track its connections, and takes the next packet of each for its first one: when
// the peer speaks first, a connection is judged in the wrong direction. So those that nothing tracks yet are entered into
// conntrack before, from the socket table.
#include "apply.h"
#include "connection.h"

#include <errno.h>

struct entering {
    struct apply *apply;
    struct connection_judge judge;
    struct live_conntrack *conntrack;
    struct words left_out; // of what the policy concerns: it may be cut
    int error;             // why
};

const struct live_sockets *apply_read_sockets(struct apply *apply)
{
    if (!apply->sockets_known) {
        if (live_sockets_read(apply->run->arena, &apply->sockets) != 0) {
            apply->sockets = (struct live_sockets){.count = 0};
        }
        apply->sockets_known = true;
    }
    return &apply->sockets;
}

// The side whose port somebody listens on is the server.
static struct live_tuple original_of(const struct live_sockets *sockets,
                                     const struct live_socket *socket)
{
    struct live_tuple out = {
        .source = socket->local,
        .destination = socket->remote,
        .protocol = PROTO_TCP,
        .source_port = socket->local_port,
        .destination_port = socket->remote_port,
        .icmp_type = -1,
        .icmp_code = -1,
    };
    bool incoming = live_is_listening(sockets, PROTO_TCP, socket->local, socket->local_port);
    return incoming ? live_reversed(&out) : out;
}

static bool is_governed(const struct connection_judge *judge, const struct flow *flow)
{
    struct arena *arena = judge->run->arena;
    struct arena_mark mark = arena_mark(arena);
    struct flow_trace trace;
    flow_trace_hits(judge->evaluator, arena, flow, &trace);
    bool governed = trace.stages.count > 0;
    arena_rewind(arena, mark);
    return governed;
}

static void enter(struct entering *entering, const struct live_tuple *original, bool closing)
{
    struct live_connection connection = {.original = *original, .reply = live_reversed(original)};
    struct run *run = entering->apply->run;
    struct live_connection found;
    struct flow flow = connection_flow(&entering->judge, original, &connection.reply);
    struct flow answer = connection_answer(&flow);
    if (!is_governed(&entering->judge, &flow) && !is_governed(&entering->judge, &answer)) {
        return;
    }
    int error = live_connection_find(entering->conntrack, run->arena, original, 0, &found);
    if (error == ENOENT) {
        error = run->options.dry_run
                    ? 0
                    : live_connection_enter(entering->conntrack, original, closing);
        if (error == 0) {
            vec_push(run->arena, &entering->apply->untracked, connection);
        }
    }
    if (error != 0 && error != EEXIST) {
        entering->error = error;
        vec_push(run->arena, &entering->left_out, connection_text(&entering->judge, &flow));
    }
}

static bool is_of_the_network(const struct live_socket *socket)
{
    static const struct cidr loopback[] = {{{IP_V4, {127}}, 8}, {{IP_V6, {[15] = 1}}, 128}};
    return socket->protocol == PROTO_TCP && socket->state != LIVE_LISTENING &&
           !cidr_contains_addr(loopback[0], socket->remote) &&
           !cidr_contains_addr(loopback[1], socket->remote) &&
           ip_addr_compare(socket->local, socket->remote) != 0;
}

static bool refuse_left_out(struct run *run, const struct entering *entering)
{
    enum { SHOWN = 5 };
    size_t count = entering->left_out.count;
    if (count == 0) {
        return false;
    }
    bool end = refuse(run, DIAG_S008,
                      "%zu connection%s of this host %s not tracked yet, and may be cut: conntrack "
                      "does not take %s: %s",
                      count, plural(count), count == 1 ? "is" : "are", count == 1 ? "it" : "them",
                      strerror(entering->error));
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        fprintf(stderr, "  tcp %s\n", entering->left_out.items[i]);
    }
    if (count > SHOWN) {
        fprintf(stderr, "  and %zu more\n", count - SHOWN);
    }
    if (end) {
        hint("%s     (those whose peer speaks first are cut)", forced_again(run, DIAG_S008, false));
    }
    return end;
}

int apply_sockets(struct apply *apply)
{
    struct run *run = apply->run;
    if (!apply->changed || nft_kernel_exists(apply->kernel)) {
        return POLC_EXIT_OK;
    }
    __attribute__((cleanup(live_conntrack_close))) struct live_conntrack *conntrack = NULL;
    int error = live_conntrack_open(run->arena, &conntrack);
    if (error != 0) {
        return POLC_EXIT_OK; // no netlink at all: the commit will say so
    }
    bool tracked[] = {live_is_tracking(run->arena, IP_V4), live_is_tracking(run->arena, IP_V6)};
    const struct live_sockets *sockets = apply_read_sockets(apply);
    struct entering entering = {.apply = apply, .conntrack = conntrack};
    connection_judge_begin(run, &entering.judge);
    apply->untracked.count = 0;
    for (size_t i = 0; i < sockets->count; i++) {
        const struct live_socket *socket = &sockets->items[i];
        if (is_of_the_network(socket) && !tracked[socket->remote.family == IP_V6]) {
            struct live_tuple original = original_of(sockets, socket);
            enter(&entering, &original, socket->state == LIVE_CLOSING);
        }
    }
    if (!run->options.dry_run) {
        apply->untracked.count = 0; // conntrack has them now
    }
    return refuse_left_out(run, &entering) ? POLC_EXIT_SAFETY : POLC_EXIT_OK;
}
