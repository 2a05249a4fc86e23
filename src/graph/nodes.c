// SPDX-License-Identifier: GPL-2.0-or-later
// Ends of records -> nodes: an endpoint in a service or workload in a namespace, an interface of a host, a network set,
// a domain in "pub".
//
// A workload is shown as the service by which all flows reach it that name one, so that it is the same node where it is
// the source. One that is reached by several services is shown by its own name.
#include "internal.h"

#include <polc/base/compare.h>

struct node_maker {
    struct arena *arena;
    struct graph_nodes *nodes;
    struct strmap *numbers;  // id -> number, from 1
    struct strmap *services; // "NS/AGGREGATE" -> name of its service; several_services
};

static const char several_services[] = "";

// ---- ids ------------------------------------------------------------------------------------------------------------

// Names that hold the sign between the parts of an id cannot be taken for two.
static void add_part(struct strbuf *id, const char *part)
{
    for (; *part != '\0'; part++) {
        if (*part == '/' || *part == '%') {
            strbuf_addf(id, "%%%02X", (unsigned char)*part);
        } else {
            strbuf_add_n(id, part, 1);
        }
    }
}

static const char *make_id(struct arena *arena, const char *kind, const char *ns, const char *name)
{
    struct strbuf id = {.arena = arena};
    strbuf_add(&id, kind);
    if (ns != NULL) {
        strbuf_add(&id, "/");
        add_part(&id, ns);
    }
    strbuf_add(&id, "/");
    add_part(&id, name);
    return strbuf_text(&id);
}

// ---- services -------------------------------------------------------------------------------------------------------

static bool names_service(const struct flowlog_record *record)
{
    return record->service_name != NULL && strcmp(record->service_name, "*") != 0 &&
           record->dest.ns != NULL && record->dest.name_aggr != NULL &&
           texts_equal(record->service_ns, record->dest.ns);
}

void node_maker_note(struct node_maker *maker, const struct flowlog_record *record)
{
    if (!names_service(record)) {
        return;
    }
    const char *key = make_id(maker->arena, "", record->dest.ns, record->dest.name_aggr);
    const char *known = strmap_get(maker->services, key);
    if (known == NULL) {
        strmap_put(maker->services, key, (void *)(uintptr_t)record->service_name);
    } else if (known != several_services && strcmp(known, record->service_name) != 0) {
        // A map keeps what was put first: what stands there is marked in a second one, by a longer key.
        strmap_put(maker->services, arena_printf(maker->arena, "%s/", key),
                   (void *)(uintptr_t)several_services);
    }
}

// NULL when there is none, or several.
static const char *service_of(const struct node_maker *maker, const char *ns, const char *aggregate)
{
    const char *key = make_id(maker->arena, "", ns, aggregate);
    return strmap_get(maker->services, arena_printf(maker->arena, "%s/", key)) == NULL
               ? strmap_get(maker->services, key)
               : NULL;
}

struct node_maker *node_maker_new(struct arena *arena, struct graph_nodes *nodes)
{
    struct node_maker *maker = arena_new_of(arena, struct node_maker);
    *maker = (struct node_maker){arena, nodes, strmap_new(arena), strmap_new(arena)};
    return maker;
}

// ---- nodes ----------------------------------------------------------------------------------------------------------

static int32_t add_node(struct node_maker *maker, enum graph_kind kind, int32_t parent,
                        const char *ns, const char *name)
{
    const char *id = make_id(maker->arena, graph_kind_name(kind), ns, name);
    size_t known = (size_t)(uintptr_t)strmap_put(maker->numbers, id,
                                                 (void *)(uintptr_t)(maker->nodes->count + 1));
    if (known == maker->nodes->count + 1) {
        struct graph_node *node = vec_add(maker->arena, maker->nodes);
        node->id = id;
        node->kind = (uint8_t)kind;
        node->parent = parent;
        node->level = parent != GRAPH_ROOT ? (uint8_t)(maker->nodes->items[parent].level + 1) : 0;
        node->ns = ns;
        node->name = name;
    }
    return (int32_t)known - 1;
}

static void note_aggregate(struct node_maker *maker, int32_t number, const char *aggregate)
{
    struct flow_strings *list = &maker->nodes->items[number].aggregates;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], aggregate) == 0) {
            return;
        }
    }
    vec_push(maker->arena, list, aggregate);
}

static int32_t add_workload(struct node_maker *maker, const struct flowlog_end *end)
{
    const char *aggregate = end->name_aggr != NULL ? end->name_aggr : end->name;
    int32_t parent = end->ns != NULL
                         ? add_node(maker, GRAPH_KIND_NAMESPACE, GRAPH_ROOT, NULL, end->ns)
                         : GRAPH_ROOT;
    if (aggregate == NULL) {
        return parent != GRAPH_ROOT
                   ? parent
                   : add_node(maker, GRAPH_KIND_UNKNOWN, GRAPH_ROOT, NULL, "unknown");
    }
    const char *service = end->ns != NULL ? service_of(maker, end->ns, aggregate) : NULL;
    int32_t workload = service != NULL
                           ? add_node(maker, GRAPH_KIND_SERVICE, parent, end->ns, service)
                           : add_node(maker, GRAPH_KIND_WORKLOAD, parent, end->ns, aggregate);
    note_aggregate(maker, workload, aggregate);
    return end->name != NULL ? add_node(maker, GRAPH_KIND_ENDPOINT, workload, end->ns, end->name)
                             : workload;
}

static int32_t add_host(struct node_maker *maker, const struct flowlog_end *end)
{
    const char *node = end->name_aggr != NULL ? end->name_aggr : end->name;
    int32_t hosts = add_node(maker, GRAPH_KIND_HOSTS, GRAPH_ROOT, NULL, "hosts");
    if (node == NULL) {
        return hosts;
    }
    int32_t host = add_node(maker, GRAPH_KIND_HOST, hosts, NULL, node);
    return end->name != NULL ? add_node(maker, GRAPH_KIND_ENDPOINT, host, NULL, end->name) : host;
}

// Names of one address are one destination: nobody can tell which of them was meant.
static int32_t add_domain(struct node_maker *maker, int32_t net, const struct flow_strings *names)
{
    enum { SHOWN_MAX = 3 };
    struct flow_strings sorted = {0};
    for (size_t i = 0; i < names->count; i++) {
        vec_push(maker->arena, &sorted, names->items[i]);
    }
    vec_sort(&sorted, compare_texts);
    // What is called so inside is something else than outside.
    int32_t number = add_node(maker, GRAPH_KIND_DOMAIN, net, maker->nodes->items[net].name,
                              graph_join(maker->arena, &sorted, sorted.count));
    struct graph_node *node = &maker->nodes->items[number];
    node->ns = NULL;
    node->aggregates = sorted;
    node->name = graph_join(maker->arena, &sorted, SHOWN_MAX);
    return number;
}

static int32_t add_network(struct node_maker *maker, const struct flowlog_record *record,
                           const struct flowlog_end *end)
{
    const char *name = end->name_aggr != NULL ? end->name_aggr : "unknown";
    int32_t net = add_node(maker, GRAPH_KIND_NETWORK, GRAPH_ROOT, NULL, name);
    return end == &record->dest && record->domains.count > 0
               ? add_domain(maker, net, &record->domains)
               : net;
}

// Records of other programs may lack the type.
static const char *type_of(const struct flowlog_end *end)
{
    if (end->type != NULL) {
        return end->type;
    }
    bool is_net = texts_equal(end->name_aggr, "pub") || texts_equal(end->name_aggr, "pvt");
    return end->ns == NULL && is_net ? "net" : "wep";
}

uint32_t node_of_end(struct node_maker *maker, const struct flowlog_record *record, bool dest)
{
    const struct flowlog_end *end = dest ? &record->dest : &record->source;
    const char *type = type_of(end);
    const char *set = end->name_aggr != NULL ? end->name_aggr : end->name;
    int32_t number;
    if (strcmp(type, GRAPH_ANY) == 0) {
        number = add_node(maker, GRAPH_KIND_ANY, GRAPH_ROOT, NULL, GRAPH_ANY);
    } else if (strcmp(type, "net") == 0) {
        number = add_network(maker, record, end);
    } else if (strcmp(type, "hep") == 0) {
        number = add_host(maker, end);
    } else if (strcmp(type, "ns") == 0 && set != NULL) {
        number = add_node(maker, GRAPH_KIND_SET, GRAPH_ROOT, end->ns, set);
    } else {
        number = add_workload(maker, end);
    }
    return (uint32_t)number;
}

// ---- their order ----------------------------------------------------------------------------------------------------

struct sort_key {
    const struct graph_node *nodes;
    uint32_t number;
};

static int compare_siblings(const struct graph_node *a, const struct graph_node *b)
{
    int order = a->kind - b->kind;
    order = order != 0 ? order : strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->id, b->id);
}

// The ancestor of a node on a level, or the node itself when it is above that.
static uint32_t ancestor(const struct graph_node *nodes, uint32_t number, unsigned level)
{
    while (nodes[number].level > level) {
        number = (uint32_t)nodes[number].parent;
    }
    return number;
}

static int compare_nodes(const void *a, const void *b)
{
    const struct sort_key *x = a;
    const struct sort_key *y = b;
    for (unsigned level = 0; level < GRAPH_LEVEL_COUNT; level++) {
        uint32_t left = ancestor(x->nodes, x->number, level);
        uint32_t right = ancestor(y->nodes, y->number, level);
        if (left != right) {
            return compare_siblings(&x->nodes[left], &y->nodes[right]);
        }
        if (left == x->number || right == y->number) {
            return x->nodes[x->number].level - y->nodes[y->number].level; // the one that holds it
        }
    }
    return 0;
}

uint32_t *nodes_arrange(struct arena *arena, struct graph_nodes *nodes, enum graph_level level)
{
    uint32_t *moved = arena_array_of(arena, uint32_t, nodes->count);
    struct sort_key *keys = arena_array_of(arena, struct sort_key, nodes->count);
    struct graph_nodes kept = {0};
    size_t count = 0;
    for (uint32_t i = 0; i < nodes->count; i++) {
        if (nodes->items[i].level <= level) {
            keys[count++] = (struct sort_key){nodes->items, i};
        }
    }
    qsort(keys, count, sizeof *keys, compare_nodes);
    for (size_t i = 0; i < count; i++) {
        struct graph_node node = nodes->items[keys[i].number];
        node.parent = node.parent != GRAPH_ROOT ? (int32_t)moved[node.parent] : GRAPH_ROOT;
        moved[keys[i].number] = (uint32_t)i;
        vec_push(arena, &kept, node);
    }
    for (uint32_t i = 0; i < nodes->count; i++) {
        moved[i] = moved[ancestor(nodes->items, i, level)];
    }
    *nodes = kept;
    return moved;
}
