// SPDX-License-Identifier: GPL-2.0-or-later
// Records -> graph. First links: what goes from one end to another by one service, at the lowest level, where the
// reports of both sides can be told to be of the same flows. Then their sums, as edges of the level that is asked for. What
// is allowed comes last, and only where no flow is.
#include "internal.h"

// Who reports: src, dst, fwd, and records that do not say.
enum { REPORTERS = 4 };

struct link {
    uint32_t source, dest;
    const char *text; // of what is allowed, as in struct graph_service
    const char *proto;
    int64_t port, icmp_type, icmp_code;
    struct graph_counts reports[REPORTERS];
};

struct builder {
    struct arena *arena;
    struct graph *graph;
    struct graph_nodes nodes;
    struct {
        VEC_FIELDS(struct link);
    } links;
    struct strmap *link_numbers; // its first fields -> number, from 1
    uint32_t *link_of_record;
    struct {
        VEC_FIELDS(struct link);
    } allowed; // of each report
    struct strtab *protocols;
    struct strmap *edges;     // (source, dest) -> number, from 1
    struct strmap *services;  // (edge, protocol, port) -> number in the edge, from 1
    struct strmap *decisions; // (service, side, policies) -> number in the service, from 1
};

// The number of a key in a map of such numbers, from 1; `next` if it is new.
static size_t number_of(struct strmap *map, const void *key, size_t size, size_t next)
{
    return (size_t)(uintptr_t)strmap_put_n(map, key, size, (void *)(uintptr_t)next);
}

// ---- counts ---------------------------------------------------------------------------------------------------------

void graph_add_bytes(int64_t *sum, int64_t bytes)
{
    if (bytes != FLOWLOG_UNKNOWN) {
        *sum = *sum == FLOWLOG_UNKNOWN ? 0 : *sum;
        *sum = __builtin_add_overflow(*sum, bytes, sum) ? INT64_MAX : *sum;
    }
}

uint64_t sum_flows(uint64_t a, uint64_t b)
{
    return b > (uint64_t)INT64_MAX - a ? (uint64_t)INT64_MAX : a + b;
}

static void add_flows(uint64_t *sum, uint64_t flows)
{
    *sum = sum_flows(*sum, flows);
}

static void add_counts(struct graph_counts *sum, const struct graph_counts *more)
{
    for (int i = 0; i < GRAPH_VERDICT_COUNT; i++) {
        add_flows(&sum->flows[i], more->flows[i]);
    }
    graph_add_bytes(&sum->bytes, more->bytes);
}

uint64_t graph_flows(const struct graph_counts *counts)
{
    uint64_t ret = 0;
    for (int i = 0; i < GRAPH_UNUSED; i++) {
        add_flows(&ret, counts->flows[i]);
    }
    return ret;
}

static enum graph_verdict verdict_of(const struct flowlog_record *record)
{
    if (texts_equal(record->action, "deny")) {
        size_t count = record->pending.count;
        bool opens = count > 0 && entry_has_action(record->pending.items[count - 1], "allow");
        return opens ? GRAPH_WOULD_ALLOW : GRAPH_DENIED;
    }
    if (record->action == NULL) {
        return GRAPH_UNKNOWN;
    }
    return flowlog_would_deny(record) ? GRAPH_WOULD_DENY : GRAPH_ALLOWED;
}

static const struct flow_strings *trace_of(const struct flowlog_record *record)
{
    return record->enforced.count > 0 ? &record->enforced : &record->all;
}

static uint64_t flows_of(const struct flowlog_record *record)
{
    return record->num_flows != FLOWLOG_UNKNOWN ? (uint64_t)record->num_flows : 1;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

// What all reports say of one link. A flow that one side denies has no report of the sides behind it; one that would be
// denied may be so by both.
static struct graph_counts united(const struct link *link)
{
    struct graph_counts ret = {.bytes = FLOWLOG_UNKNOWN};
    uint64_t total = 0;
    for (int i = 0; i < REPORTERS; i++) {
        const struct graph_counts *report = &link->reports[i];
        total = larger(total, graph_flows(report));
        add_flows(&ret.flows[GRAPH_DENIED], report->flows[GRAPH_DENIED]);
        add_flows(&ret.flows[GRAPH_WOULD_ALLOW], report->flows[GRAPH_WOULD_ALLOW]);
        ret.flows[GRAPH_WOULD_DENY] =
            larger(ret.flows[GRAPH_WOULD_DENY], report->flows[GRAPH_WOULD_DENY]);
        ret.bytes = report->bytes > ret.bytes ? report->bytes : ret.bytes;
    }
    uint64_t denied = ret.flows[GRAPH_DENIED] + ret.flows[GRAPH_WOULD_ALLOW];
    uint64_t rest = total > denied ? total - denied : 0;
    uint64_t would_deny = ret.flows[GRAPH_WOULD_DENY];
    ret.flows[GRAPH_WOULD_DENY] = would_deny < rest ? would_deny : rest;
    rest -= ret.flows[GRAPH_WOULD_DENY];
    bool judged = false;
    for (int i = 0; i < REPORTERS; i++) {
        judged |= graph_flows(&link->reports[i]) > link->reports[i].flows[GRAPH_UNKNOWN];
    }
    ret.flows[judged ? GRAPH_ALLOWED : GRAPH_UNKNOWN] = rest;
    return ret;
}

// ---- links ----------------------------------------------------------------------------------------------------------

static int reporter_number(const struct flowlog_record *record)
{
    static const char *const names[] = {"src", "dst", "fwd"};
    int ret = 0;
    while (ret < REPORTERS - 1 && !texts_equal(record->reporter, names[ret])) {
        ret++;
    }
    return ret;
}

static uint32_t link_of(struct builder *builder, const struct link *wanted)
{
    struct {
        uint64_t ends;
        const char *proto;
        int64_t port, icmp_type, icmp_code;
    } key = {(uint64_t)wanted->source << 32 | wanted->dest, wanted->proto, wanted->port,
             wanted->icmp_type, wanted->icmp_code};
    size_t next = builder->links.count + 1;
    size_t number = number_of(builder->link_numbers, &key, sizeof key, next);
    if (number == next) {
        vec_push(builder->arena, &builder->links, *wanted);
        for (int i = 0; i < REPORTERS; i++) {
            builder->links.items[number - 1].reports[i].bytes = FLOWLOG_UNKNOWN;
        }
    }
    return (uint32_t)number - 1;
}

static const char *protocol_of(const struct builder *builder, const struct flowlog_record *record)
{
    return record->proto != NULL
               ? strtab_intern(builder->protocols, record->proto, strlen(record->proto))
               : NULL;
}

static void add_links(struct builder *builder, struct node_maker *maker,
                      const struct flowlog_records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct flowlog_record *record = &records->items[i];
        struct link wanted = {.source = node_of_end(maker, record, false),
                              .dest = node_of_end(maker, record, true),
                              .proto = protocol_of(builder, record),
                              .port = record->dest.port,
                              .icmp_type = record->icmp_type,
                              .icmp_code = record->icmp_code};
        builder->link_of_record[i] = link_of(builder, &wanted);
        struct link *link = &builder->links.items[builder->link_of_record[i]];
        struct graph_counts *report = &link->reports[reporter_number(record)];
        add_flows(&report->flows[verdict_of(record)], flows_of(record));
        graph_add_bytes(&report->bytes, record->bytes_in);
        graph_add_bytes(&report->bytes, record->bytes_out);
    }
}

// A service is told by its text if a record could not say it.
static void add_allowed_links(struct builder *builder, struct node_maker *maker,
                              const struct graph_allowed *allowed)
{
    for (size_t i = 0; i < allowed->reports.count; i++) {
        const struct flowlog_record *record = &allowed->reports.items[i].record;
        struct link link = {.source = node_of_end(maker, record, false),
                            .dest = node_of_end(maker, record, true),
                            .proto = protocol_of(builder, record),
                            .port = record->dest.port,
                            .icmp_type = record->icmp_type,
                            .icmp_code = record->icmp_code};
        struct graph_service plain = {.proto = link.proto,
                                      .port = link.port,
                                      .icmp_type = link.icmp_type,
                                      .icmp_code = link.icmp_code};
        const char *text = allowed->reports.items[i].service;
        link.text = strcmp(graph_service_text(builder->arena, &plain), text) != 0 ? text : NULL;
        vec_push(builder->arena, &builder->allowed, link);
    }
}

// ---- edges ----------------------------------------------------------------------------------------------------------

static uint32_t edge_of(struct builder *builder, const struct link *link)
{
    uint64_t key = (uint64_t)link->source << 32 | link->dest;
    size_t next = builder->graph->edges.count + 1;
    size_t number = number_of(builder->edges, &key, sizeof key, next);
    if (number == next) {
        struct graph_edge *edge = vec_add(builder->arena, &builder->graph->edges);
        edge->source = link->source;
        edge->dest = link->dest;
        edge->counts.bytes = FLOWLOG_UNKNOWN;
    }
    return (uint32_t)number - 1;
}

static struct graph_service *service_of(struct builder *builder, uint32_t edge_number,
                                        const struct link *link)
{
    struct {
        uint64_t edge;
        const char *text, *proto;
        int64_t port, icmp_type, icmp_code;
    } key = {edge_number, link->text, link->proto, link->port, link->icmp_type, link->icmp_code};
    struct graph_edge *edge = &builder->graph->edges.items[edge_number];
    size_t next = edge->services.count + 1;
    size_t number = number_of(builder->services, &key, sizeof key, next);
    if (number == next) {
        vec_push(builder->arena, &edge->services,
                 (struct graph_service){.text = link->text,
                                        .proto = link->proto,
                                        .port = link->port,
                                        .icmp_type = link->icmp_type,
                                        .icmp_code = link->icmp_code,
                                        .counts.bytes = FLOWLOG_UNKNOWN});
    }
    return &edge->services.items[number - 1];
}

static void add_pointers(struct strbuf *key, const struct flow_strings *list)
{
    strbuf_add_n(key, (const char *)&list->count, sizeof list->count);
    for (size_t i = 0; i < list->count; i++) {
        strbuf_add_n(key, (const char *)&list->items[i], sizeof list->items[i]);
    }
}

// Texts are unique, so that their addresses tell them apart.
static struct graph_decision *add_decision(struct builder *builder, uint32_t edge,
                                           const struct link *link,
                                           const struct flowlog_record *record,
                                           enum graph_verdict verdict, struct strbuf *key)
{
    struct graph_service *service = service_of(builder, edge, link);
    size_t number_of_service = (size_t)(service - builder->graph->edges.items[edge].services.items);
    size_t place[] = {edge, number_of_service, verdict};
    const char *side[] = {record->reporter, record->action};
    key->length = 0;
    strbuf_add_n(key, (const char *)place, sizeof place);
    strbuf_add_n(key, (const char *)side, sizeof side);
    add_pointers(key, trace_of(record));
    add_pointers(key, &record->pending);
    size_t next = service->decisions.count + 1;
    size_t number = number_of(builder->decisions, key->text, key->length, next);
    if (number == next) {
        vec_push(builder->arena, &service->decisions,
                 (struct graph_decision){.reporter = record->reporter,
                                         .action = record->action,
                                         .verdict = (uint8_t)verdict,
                                         .enforced = *trace_of(record),
                                         .pending = record->pending});
    }
    return &service->decisions.items[number - 1];
}

static void add_edges(struct builder *builder, const struct flowlog_records *records)
{
    struct strbuf key = {.arena = builder->arena};
    for (size_t i = 0; i < builder->links.count; i++) {
        const struct link *link = &builder->links.items[i];
        struct graph_counts counts = united(link);
        uint32_t edge = edge_of(builder, link);
        add_counts(&service_of(builder, edge, link)->counts, &counts);
        add_counts(&builder->graph->edges.items[edge].counts, &counts);
        add_counts(&builder->graph->counts, &counts);
    }
    for (size_t i = 0; i < records->count; i++) {
        const struct link *link = &builder->links.items[builder->link_of_record[i]];
        const struct flowlog_record *record = &records->items[i];
        struct graph_decision *decision =
            add_decision(builder, edge_of(builder, link), link, record, verdict_of(record), &key);
        add_flows(&decision->flows, flows_of(record));
    }
}

// ---- what is allowed --------------------------------------------------------------------------------------------------

static bool passed(const struct graph_service *service)
{
    const uint64_t *flows = service->counts.flows;
    return flows[GRAPH_ALLOWED] + flows[GRAPH_WOULD_DENY] + flows[GRAPH_UNKNOWN] > 0;
}

// Whether flows say that somebody uses it; of several ports nothing less than all would.
static bool is_used(const struct graph_edge *edge, const struct link *link)
{
    bool icmp = link->icmp_type != FLOWLOG_UNKNOWN;
    bool ports = link->text != NULL && link->port == FLOWLOG_UNKNOWN && !icmp;
    for (size_t i = 0; i < edge->services.count && !ports; i++) {
        const struct graph_service *service = &edge->services.items[i];
        bool code = link->icmp_code == FLOWLOG_UNKNOWN || service->icmp_code == link->icmp_code;
        if (service->proto == link->proto && service->port == link->port &&
            service->icmp_type == link->icmp_type && code && passed(service)) {
            return true;
        }
    }
    return false;
}

static void count_unused(struct builder *builder, uint32_t edge, const struct link *link)
{
    uint64_t *unused = &service_of(builder, edge, link)->counts.flows[GRAPH_UNUSED];
    if (*unused == 0) { // others between the same nodes may be the same
        *unused = 1;
        builder->graph->edges.items[edge].counts.flows[GRAPH_UNUSED]++;
        builder->graph->counts.flows[GRAPH_UNUSED]++;
    }
}

static void add_allowed_edges(struct builder *builder, const struct graph_allowed *allowed)
{
    struct strbuf key = {.arena = builder->arena};
    for (size_t i = 0; i < builder->allowed.count; i++) {
        const struct link *link = &builder->allowed.items[i];
        uint32_t edge = edge_of(builder, link);
        if (!is_used(&builder->graph->edges.items[edge], link)) {
            count_unused(builder, edge, link);
            add_decision(builder, edge, link, &allowed->reports.items[i].record, GRAPH_UNUSED,
                         &key);
        }
    }
}

// ---- order ----------------------------------------------------------------------------------------------------------

static int compare_numbers(int64_t a, int64_t b)
{
    return a == b ? 0 : a < b ? -1 : 1;
}

static int compare_services(const void *a, const void *b)
{
    const struct graph_service *x = a;
    const struct graph_service *y = b;
    int order = strcmp(x->proto != NULL ? x->proto : "", y->proto != NULL ? y->proto : "");
    order = order != 0 ? order : compare_numbers(x->port, y->port);
    order = order != 0 ? order : compare_numbers(x->icmp_type, y->icmp_type);
    order = order != 0 ? order : compare_numbers(x->icmp_code, y->icmp_code);
    return order != 0 ? order
                      : strcmp(x->text != NULL ? x->text : "", y->text != NULL ? y->text : "");
}

static int compare_edges(const void *a, const void *b)
{
    const struct graph_edge *x = a;
    const struct graph_edge *y = b;
    int order = compare_numbers(x->source, y->source);
    return order != 0 ? order : compare_numbers(x->dest, y->dest);
}

static void sort_edges(struct graph *graph)
{
    for (size_t i = 0; i < graph->edges.count; i++) {
        graph->nodes.items[graph->edges.items[i].source].leaf = true;
        graph->nodes.items[graph->edges.items[i].dest].leaf = true;
        vec_sort(&graph->edges.items[i].services, compare_services);
    }
    vec_sort(&graph->edges, compare_edges);
}

static void make_links(struct builder *builder, const struct flowlog_records *records,
                       const struct graph_allowed *allowed)
{
    struct node_maker *maker = node_maker_new(builder->arena, &builder->nodes);
    for (size_t i = 0; i < records->count; i++) {
        node_maker_note(maker, &records->items[i]);
    }
    for (size_t i = 0; i < allowed->reports.count; i++) {
        node_maker_note(maker, &allowed->reports.items[i].record);
    }
    add_links(builder, maker, records);
    add_allowed_links(builder, maker, allowed);
}

static void move_ends(struct link *links, size_t count, const uint32_t *moved)
{
    for (size_t i = 0; i < count; i++) {
        links[i].source = moved[links[i].source];
        links[i].dest = moved[links[i].dest];
    }
}

struct graph *graph_build(struct arena *arena, const struct flowlog_records *records,
                          const struct graph_allowed *allowed, enum graph_level level)
{
    static const struct graph_allowed none;
    struct graph *graph = arena_new_of(arena, struct graph);
    struct builder builder = {.arena = arena,
                              .graph = graph,
                              .link_numbers = strmap_new(arena),
                              .link_of_record = arena_array_of(arena, uint32_t, records->count),
                              .protocols = strtab_new(arena),
                              .edges = strmap_new(arena),
                              .services = strmap_new(arena),
                              .decisions = strmap_new(arena)};
    graph->level = (uint8_t)level;
    graph->cut = allowed != NULL && allowed->cut;
    graph->counts.bytes = FLOWLOG_UNKNOWN;
    allowed = allowed != NULL ? allowed : &none;
    make_links(&builder, records, allowed);
    uint32_t *moved = nodes_arrange(arena, &builder.nodes, level);
    move_ends(builder.links.items, builder.links.count, moved);
    move_ends(builder.allowed.items, builder.allowed.count, moved);
    add_edges(&builder, records);
    add_allowed_edges(&builder, allowed);
    graph->nodes.items = builder.nodes.items;
    graph->nodes.count = builder.nodes.count;
    sort_edges(graph);
    return graph;
}
