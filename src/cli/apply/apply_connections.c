// SPDX-License-Identifier: GPL-2.0-or-later
// Live connections that the new policy contradicts: conntrack lets them go on, so that `apply` counts and lists them, and
// with --cut ends them.
#include "apply.h"
#include "connection.h"

#include <errno.h>

struct finding {
    struct live_connection connection;
    struct flow flow, denied; // denied: the direction that is
};

struct findings {
    VEC_FIELDS(struct finding);
};

struct related {
    VEC_FIELDS(struct live_connection);
};

struct connections {
    struct connection_judge judge;
    struct findings findings;
    struct related related; // judged by those that they belong to
    struct related marks;   // of cut connections that would be allowed again
    size_t cut;
    int error; // why conntrack could not be read; 0
};

// ---- looking ----------------------------------------------------------------------------------------------------------

static void look_at(struct connections *connections, const struct live_connection *connection)
{
    struct arena *arena = connections->judge.run->arena;
    struct live_connection kept = *connection;
    struct flow denied;
    if (connection->over) {
        return;
    }
    if (connection->related) {
        live_connection_keep(arena, &kept);
        vec_push(arena, &connections->related, kept);
        return;
    }
    bool is_mark = live_connection_is_cut_mark(connection);
    struct live_tuple answer = is_mark ? live_reversed(&connection->original) : connection->reply;
    struct flow flow = connection_flow(&connections->judge, &connection->original, &answer);
    if (connection_allowed(&connections->judge, &flow, &denied) != is_mark) {
        return;
    }
    live_connection_keep(arena, &kept);
    if (is_mark) {
        vec_push(arena, &connections->marks, kept);
    } else {
        vec_push(arena, &connections->findings, (struct finding){kept, flow, denied});
    }
}

static void take_connection(const struct live_connection *connection, void *context)
{
    look_at(context, connection);
}

static bool same_tuple(const struct live_tuple *a, const struct live_tuple *b)
{
    return a->protocol == b->protocol && a->source_port == b->source_port &&
           a->destination_port == b->destination_port &&
           ip_addr_compare(a->source, b->source) == 0 &&
           ip_addr_compare(a->destination, b->destination) == 0;
}

// The data connection of FTP, say, is allowed as long as the one that it belongs to is.
static void look_at_related(struct connections *connections)
{
    size_t masters = connections->findings.count;
    for (size_t i = 0; i < connections->related.count; i++) {
        const struct live_connection *related = &connections->related.items[i];
        for (size_t j = 0; j < masters; j++) {
            struct finding *master = &connections->findings.items[j];
            if (same_tuple(&related->master, &master->connection.original)) {
                struct flow flow =
                    connection_flow(&connections->judge, &related->original, &related->reply);
                struct finding found = {*related, flow, master->denied};
                vec_push(connections->judge.run->arena, &connections->findings, found);
                break;
            }
        }
    }
}

// ---- cutting ----------------------------------------------------------------------------------------------------------

// A server that speaks first would open the connection anew in the other direction, if that is allowed.
static bool may_come_back(const struct connections *connections, const struct finding *finding)
{
    struct live_tuple answer = live_reversed(&finding->connection.original);
    struct flow flow = connection_answer(&finding->flow);
    struct flow denied;
    return answer.protocol == PROTO_TCP && same_tuple(&answer, &finding->connection.reply) &&
           connection_allowed(&connections->judge, &flow, &denied);
}

// Where the server was faster, its entry goes too.
static void leave_mark(struct connections *connections, struct live_conntrack *conntrack,
                       const struct finding *finding)
{
    enum { TRIES = 5 };
    struct arena *arena = connections->judge.run->arena;
    struct live_connection other;
    for (int i = 0; i < TRIES; i++) {
        if (live_connection_mark_cut(conntrack, &finding->connection) != EEXIST) {
            return;
        }
        if (live_connection_find(conntrack, arena, &finding->connection.reply,
                                 finding->connection.zone, &other) == 0) {
            live_connection_delete(conntrack, &other);
        }
    }
}

static int cut(struct connections *connections)
{
    __attribute__((cleanup(live_conntrack_close))) struct live_conntrack *conntrack = NULL;
    int error = live_conntrack_open(connections->judge.run->arena, &conntrack);
    for (size_t i = 0; i < connections->findings.count && error == 0; i++) {
        const struct finding *finding = &connections->findings.items[i];
        error = live_connection_delete(conntrack, &finding->connection);
        if (error == 0 || error == ENOENT) {
            error = 0;
            connections->cut++;
            if (may_come_back(connections, finding)) {
                leave_mark(connections, conntrack, finding);
            }
        }
    }
    return error;
}

static void remove_marks(struct connections *connections)
{
    __attribute__((cleanup(live_conntrack_close))) struct live_conntrack *conntrack = NULL;
    if (connections->marks.count > 0 &&
        live_conntrack_open(connections->judge.run->arena, &conntrack) == 0) {
        for (size_t i = 0; i < connections->marks.count; i++) {
            live_connection_delete(conntrack, &connections->marks.items[i]);
        }
    }
}

// ---- the step ---------------------------------------------------------------------------------------------------------

int apply_connections(struct apply *apply)
{
    struct run *run = apply->run;
    if (!apply->changed && !run->options.cut) {
        return POLC_EXIT_OK;
    }
    struct connections *connections = arena_new_of(run->arena, struct connections);
    connection_judge_begin(run, &connections->judge);
    connections->error = live_connections_each(run->arena, take_connection, connections);
    for (size_t i = 0; i < apply->untracked.count; i++) {
        look_at(connections, &apply->untracked.items[i]);
    }
    look_at_related(connections);
    if (!run->options.dry_run) {
        remove_marks(connections);
        if (run->options.cut && connections->error == 0) {
            connections->error = cut(connections);
        }
    }
    apply->connections = connections;
    return POLC_EXIT_OK;
}

// ---- telling ----------------------------------------------------------------------------------------------------------

static void list(const struct connections *connections)
{
    struct arena *arena = connections->judge.run->arena;
    for (size_t i = 0; i < connections->findings.count; i++) {
        const struct finding *finding = &connections->findings.items[i];
        struct arena_mark mark = arena_mark(arena);
        fprintf(stderr, "  %-5s %s     denied by %s\n",
                flow_protocol_text(arena, finding->flow.protocol),
                connection_text(&connections->judge, &finding->flow),
                connection_decision(&connections->judge, &finding->denied));
        arena_rewind(arena, mark);
    }
}

static const char *count_text(struct arena *arena, size_t count)
{
    return arena_printf(arena, "%zu live connection%s", count, plural(count));
}

void print_connections(const struct apply *apply)
{
    const struct connections *connections = apply->connections;
    struct run *run = apply->run;
    if (connections == NULL || run->options.quiet || run->options.output == OUTPUT_JSON) {
        return;
    }
    size_t count = connections->findings.count;
    fflush(stdout);
    if (connections->error != 0) {
        fprintf(stderr, "note: what is connected now is not known in full: conntrack: %s\n",
                strerror(connections->error));
    }
    if (run->options.cut && !run->options.dry_run) {
        printf("%s: cut\n", count_text(run->arena, connections->cut));
    } else if (count > 0) {
        fprintf(stderr, "note: %s %s no longer allowed, and go%s on\n",
                count_text(run->arena, count),
                run->options.dry_run ? "would be" : (count == 1 ? "is" : "are"),
                count == 1 ? "es" : "");
    }
    if (run->options.verbose) {
        list(connections);
    }
    if (count > 0 && !run->options.cut) {
        const char *first =
            apply->armed ? arena_printf(run->arena, "polc confirm%s && ", same_options(run, false))
                         : "";
        hint("%spolc apply --cut%s     (ends %s%s)", first, same_options(run, true),
             count == 1 ? "it" : "them", run->options.verbose ? "" : "; -v lists them");
    }
}

static json_t *end_json(const struct flow_end *end, struct ip_addr addr, uint16_t port)
{
    char text[IP_TEXT_MAX];
    return json_pack("{s:s, s:i, s:s?}", "address", ip_addr_text(addr, text), "port", (int)port,
                     "name", connection_end(end));
}

static json_t *finding_json(const struct connections *connections, const struct finding *finding)
{
    const struct connection_judge *judge = &connections->judge;
    const struct flow *flow = &finding->flow;
    struct flow_trace trace;
    flow_trace_hits(judge->evaluator, judge->run->arena, flow, &trace);
    return json_pack("{s:s, s:o, s:o, s:s}", "protocol",
                     flow_protocol_text(judge->run->arena, flow->protocol), "source",
                     end_json(&trace.source, flow->source, flow->source_port), "destination",
                     end_json(&trace.destination, flow->destination, flow->destination_port),
                     "denied_by", connection_decision(judge, &finding->denied));
}

json_t *connections_json(const struct apply *apply)
{
    const struct connections *connections = apply->connections;
    if (connections == NULL) {
        return NULL;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < connections->findings.count; i++) {
        json_array_append_new(list, finding_json(connections, &connections->findings.items[i]));
    }
    return json_pack("{s:b, s:I, s:I, s:o}", "complete", connections->error == 0, "denied",
                     (json_int_t)connections->findings.count, "cut", (json_int_t)connections->cut,
                     "list", list);
}
