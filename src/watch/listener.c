// SPDX-License-Identifier: GPL-2.0-or-later
// Which answers count. Over UDP: those from a trusted server that answer a query which this client was seen to send, with
// the same addresses, ports, id and question; the query is used up by it. Over TCP: those in a connection that was seen
// from its begin; who is not between the two cannot write into it.
#include "streams.h"

#include <polc/watch.h>

enum {
    QUERIES = 65536,
    QUERY_LIFE = 10 * 1000, // ms; resolvers wait 5 s for an answer
    REPEATED = 4096, // answers that are remembered, to tell copies from what nobody asked for
    SCRATCH_LIMIT = 64 << 20,
};

const char *const watch_outcome_words[WATCH_OUTCOMES] = {
    [WATCH_ANSWER] = "answers",
    [WATCH_QUERY] = "queries",
    [WATCH_REPEATED] = "answers that came twice",
    [WATCH_OTHER] = "messages about something else",
    [WATCH_UNASKED] = "answers that nobody asked for",
    [WATCH_UNTRUSTED] = "messages of servers that are not trusted",
    [WATCH_MALFORMED] = "malformed packets",
    [WATCH_CROWDED] = "queries and connections of clients with too many of them",
    [WATCH_BROKEN] = "segments of incomplete TCP connections",
};

struct watch_listener {
    struct arena *arena;   // of its own, with all that follows
    struct arena *scratch; // of one message
    struct ip_port *servers;
    size_t server_count, server_room;
    struct digest_secret secret;
    struct table *queries;
    struct streams *streams;
    struct digest repeated[REPEATED]; // by hash
    struct watch_counts counts;
};

struct watch_listener *watch_listener_new(struct arena *arena)
{
    struct watch_listener *listener = arena_new_of(arena, struct watch_listener);
    digest_secret_make(&listener->secret);
    listener->arena = arena;
    listener->scratch = arena_new(SCRATCH_LIMIT);
    arena_alloc(listener->scratch, 1); // its first chunk stays when it is rewound
    listener->queries = table_new(arena, QUERIES, QUERY_LIFE);
    listener->streams = streams_new(arena, &listener->secret);
    return listener;
}

void watch_listener_free(struct watch_listener *listener)
{
    arena_free(listener->scratch);
}

const struct watch_counts *watch_listener_counts(const struct watch_listener *listener)
{
    return &listener->counts;
}

// ---- servers --------------------------------------------------------------------------------------------------

static int compare_servers(const void *a, const void *b)
{
    const struct ip_port *left = a, *right = b;
    int order = ip_addr_compare(left->addr, right->addr);
    return order != 0 ? order : (int)left->port - (int)right->port;
}

void watch_listener_trust(struct watch_listener *listener, const struct ip_port *servers,
                          size_t count)
{
    if (count > listener->server_room) { // what there was before is small, and lists rarely grow
        listener->servers = arena_array_of(listener->arena, struct ip_port, count);
        listener->server_room = count;
    }
    if (count > 0) {
        memcpy(listener->servers, servers, count * sizeof *servers);
        qsort(listener->servers, count, sizeof *servers, compare_servers);
    }
    listener->server_count = count;
}

static bool is_trusted(const struct watch_listener *listener, struct ip_addr addr, uint16_t port)
{
    struct ip_port key = {addr, port};
    return listener->server_count > 0 && bsearch(&key, listener->servers, listener->server_count,
                                                 sizeof key, compare_servers) != NULL;
}

// ---- queries and answers over UDP -----------------------------------------------------------------------------

static enum watch_outcome of_status(enum dns_status status)
{
    return status == DNS_OTHER ? WATCH_OTHER : WATCH_MALFORMED;
}

static enum watch_outcome take_query(struct watch_listener *listener, const struct packet *packet,
                                     uint32_t interface, uint64_t now)
{
    struct dns_query query;
    struct share share =
        share_of(interface, digest_client(&listener->secret, interface, &packet->source));
    if (!table_allows(listener->queries, share)) {
        return WATCH_CROWDED; // a flood is not even looked at
    }
    enum dns_status status =
        dns_parse_query(listener->scratch, packet->payload, packet->size, &query);
    if (status != DNS_FINE) {
        return of_status(status);
    }
    struct digest_of of = {
        packet->source, packet->destination, packet->source_port, packet->destination_port,
        query.id,       query.qtype,         query.question};
    struct digest digest = digest_make(&listener->secret, &of);
    uint32_t entry = table_find(listener->queries, &digest);
    if (entry != TABLE_NONE) { // sent again
        table_renew(listener->queries, entry, now);
        return WATCH_QUERY;
    }
    entry = table_add(listener->queries, &digest, share, now);
    return entry != TABLE_NONE ? WATCH_QUERY : WATCH_CROWDED;
}

static enum watch_outcome take_answer(struct watch_listener *listener, const struct packet *packet,
                                      watch_answer_handler handler, void *context)
{
    struct dns_answer answer;
    enum dns_status status =
        dns_parse_answer(listener->scratch, packet->payload, packet->size, &answer);
    if (status != DNS_FINE) {
        return of_status(status);
    }
    struct digest_of of = {packet->destination, packet->source, packet->destination_port,
                           packet->source_port, answer.id,      answer.qtype,
                           answer.question};
    struct digest digest = digest_make(&listener->secret, &of);
    struct digest *repeated = &listener->repeated[digest_hash(&digest) % REPEATED];
    uint32_t entry = table_find(listener->queries, &digest);
    if (entry == TABLE_NONE) {
        return digest_equal(repeated, &digest) ? WATCH_REPEATED : WATCH_UNASKED;
    }
    table_remove(listener->queries, entry);
    *repeated = digest;
    handler(&answer, context);
    return WATCH_ANSWER;
}

// ---- answers over TCP -----------------------------------------------------------------------------------------

struct segment {
    struct watch_listener *listener;
    watch_answer_handler handler;
    void *context;
};

static void take_message(const uint8_t *message, size_t size, void *context)
{
    const struct segment *segment = context;
    struct watch_listener *listener = segment->listener;
    struct dns_answer answer;
    enum dns_status status = dns_parse_answer(listener->scratch, message, size, &answer);
    listener->counts.of[status == DNS_FINE ? WATCH_ANSWER : of_status(status)]++;
    if (status == DNS_FINE) {
        segment->handler(&answer, segment->context);
    }
}

static void take_segment(struct watch_listener *listener, const struct packet *packet,
                         uint32_t interface, uint64_t now, watch_answer_handler handler,
                         void *context)
{
    struct segment segment = {listener, handler, context};
    enum stream_status status =
        streams_take(listener->streams, packet, interface, now, take_message, &segment);
    if (status != STREAM_FINE) {
        listener->counts.of[status == STREAM_CROWDED ? WATCH_CROWDED : WATCH_BROKEN]++;
    }
}

// ---- packets --------------------------------------------------------------------------------------------------

static bool is_of_server(const struct watch_listener *listener, const struct packet *packet,
                         bool from)
{
    return from ? is_trusted(listener, packet->source, packet->source_port)
                : is_trusted(listener, packet->destination, packet->destination_port);
}

static void forget_overdue(struct watch_listener *listener, uint64_t now)
{
    uint32_t entry;
    while ((entry = table_overdue(listener->queries, now)) != TABLE_NONE) {
        table_remove(listener->queries, entry);
    }
}

void watch_listener_take(struct watch_listener *listener, const struct watch_copy *copy,
                         uint64_t now, watch_answer_handler handler, void *context)
{
    struct packet packet;
    struct arena_mark mark = arena_mark(listener->scratch);
    enum packet_status status = packet_parse(copy->bytes, copy->size, &packet);
    enum watch_outcome outcome = WATCH_OUTCOMES; // counted already
    forget_overdue(listener, now);
    if (status != PACKET_FINE) {
        outcome = status == PACKET_OTHER ? WATCH_OTHER : WATCH_MALFORMED;
    } else if (!is_of_server(listener, &packet, copy->delivered)) {
        outcome = WATCH_UNTRUSTED;
    } else if (!copy->delivered) {
        outcome = packet.protocol == PROTO_UDP ? take_query(listener, &packet, copy->in, now)
                                               : WATCH_OTHER;
    } else if (packet.protocol == PROTO_UDP) {
        outcome = take_answer(listener, &packet, handler, context);
    } else {
        take_segment(listener, &packet, copy->out, now, handler, context);
    }
    if (outcome != WATCH_OUTCOMES) {
        listener->counts.of[outcome]++;
    }
    arena_rewind(listener->scratch, mark);
}
