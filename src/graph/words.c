// SPDX-License-Identifier: GPL-2.0-or-later
// Parts of a graph in words: nodes, services, verdicts, what decided, and the filter that shows the flows of an edge.
#include "internal.h"

#include <inttypes.h>

const char *graph_level_name(enum graph_level level)
{
    static const char *const names[] = {"namespace", "service", "endpoint"};
    _Static_assert(ARRAY_COUNT(names) == GRAPH_LEVEL_COUNT, "one name per level");
    return names[level];
}

const char *graph_kind_name(enum graph_kind kind)
{
    static const char *const names[] = {"namespace", "hosts",    "service", "workload",
                                        "host",      "endpoint", "set",     "network",
                                        "domain",    "any",      "unknown"};
    _Static_assert(ARRAY_COUNT(names) == GRAPH_KIND_COUNT, "one name per kind");
    return names[kind];
}

static const struct {
    const char *sign, *text;
} verdicts[] = {{"-x", "denied"},     {"~x", "staged would deny"}, {"~>", "staged would allow"},
                {"-?", "not judged"}, {"->", "allowed"},           {".>", "allowed, no flow"}};
_Static_assert(ARRAY_COUNT(verdicts) == GRAPH_VERDICT_COUNT, "one row per verdict");

const char *graph_verdict_sign(enum graph_verdict verdict)
{
    return verdicts[verdict].sign;
}

const char *graph_verdict_text(enum graph_verdict verdict)
{
    return verdicts[verdict].text;
}

enum graph_verdict graph_worst(const struct graph_counts *counts)
{
    int ret = 0;
    while (ret < GRAPH_UNUSED && counts->flows[ret] == 0) {
        ret++;
    }
    return (enum graph_verdict)ret;
}

const char *graph_node_text(struct arena *arena, const struct graph_node *node)
{
    const char *kind = node->kind == GRAPH_KIND_SET    ? "set "
                       : node->kind == GRAPH_KIND_HOST ? "host "
                                                       : "";
    return arena_printf(arena, "%s%s%s%s", kind, node->ns != NULL ? node->ns : "",
                        node->ns != NULL ? "/" : "", node->name);
}

const char *graph_service_text(struct arena *arena, const struct graph_service *service)
{
    if (service->text != NULL) {
        return service->text;
    }
    if (service->proto == NULL) {
        return "?";
    }
    if (service->port != FLOWLOG_UNKNOWN) {
        return arena_printf(arena, "%s/%" PRId64, service->proto, service->port);
    }
    if (service->icmp_type == FLOWLOG_UNKNOWN) {
        return service->proto;
    }
    const char *code = service->icmp_code == FLOWLOG_UNKNOWN
                           ? ""
                           : arena_printf(arena, " code %" PRId64, service->icmp_code);
    return arena_printf(arena, "%s type %" PRId64 "%s", service->proto, service->icmp_type, code);
}

const char *graph_join(struct arena *arena, const struct flow_strings *list, size_t max)
{
    struct strbuf text = {.arena = arena};
    size_t count = list->count <= max ? list->count : max - 1;
    for (size_t i = 0; i < count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : "", list->items[i]);
    }
    if (count < list->count) {
        strbuf_addf(&text, " and %zu more", list->count - count);
    }
    return strbuf_text(&text);
}

// ---- what decided ---------------------------------------------------------------------------------------------------

enum entry_part { ENTRY_INDEX, ENTRY_TIER, ENTRY_NAME, ENTRY_ACTION, ENTRY_RULE, ENTRY_PARTS };

// False when it has fewer parts.
static bool split_entry(const char *entry, const char **ret_parts, size_t *ret_lengths)
{
    for (int i = 0; i < ENTRY_PARTS; i++) {
        ret_parts[i] = entry;
        ret_lengths[i] = strcspn(entry, "|");
        entry += ret_lengths[i];
        if (i < ENTRY_PARTS - 1 && *entry != '|') {
            return false;
        }
        entry += *entry == '|';
    }
    return true;
}

bool entry_has_action(const char *entry, const char *action)
{
    const char *parts[ENTRY_PARTS];
    size_t lengths[ENTRY_PARTS];
    return split_entry(entry, parts, lengths) && lengths[ENTRY_ACTION] == strlen(action) &&
           strncmp(parts[ENTRY_ACTION], action, lengths[ENTRY_ACTION]) == 0;
}

// The entry that decides; NULL when the log does not have it. In a trace that holds staged entries too they are passed
// over, but for what they would deny.
static const char *deciding_entry(const struct graph_decision *decision)
{
    bool pending = decision->verdict == GRAPH_WOULD_DENY || decision->verdict == GRAPH_WOULD_ALLOW;
    const struct flow_strings *trace =
        pending && decision->pending.count > 0 ? &decision->pending : &decision->enforced;
    for (size_t i = trace->count; i > 0; i--) {
        bool staged = strstr(trace->items[i - 1], "staged:") != NULL;
        if (trace == &decision->pending ||
            (pending ? staged && entry_has_action(trace->items[i - 1], "deny") : !staged)) {
            return trace->items[i - 1];
        }
    }
    return NULL;
}

static const char *decider_text(struct arena *arena, const struct graph_decision *decision)
{
    static const char profile[] = "__PROFILE__";
    const char *parts[ENTRY_PARTS];
    size_t lengths[ENTRY_PARTS];
    const char *entry = deciding_entry(decision);
    if (entry == NULL) {
        return NULL;
    }
    if (!split_entry(entry, parts, lengths)) {
        return entry;
    }
    if (strncmp(parts[ENTRY_TIER], profile, strlen(profile)) == 0) {
        size_t skip = text_begins(parts[ENTRY_NAME], profile) ? strlen(profile) + 1 : 0;
        skip = skip < lengths[ENTRY_NAME] ? skip : 0;
        return arena_printf(arena, "profile %.*s", (int)(lengths[ENTRY_NAME] - skip),
                            parts[ENTRY_NAME] + skip);
    }
    if (strncmp(parts[ENTRY_RULE], "-1", 2) == 0) {
        bool staged = memmem(parts[ENTRY_NAME], lengths[ENTRY_NAME], "staged:", 7) != NULL;
        return arena_printf(arena, "end of tier %.*s%s%.*s%s", (int)lengths[ENTRY_TIER],
                            parts[ENTRY_TIER], staged ? " (" : "",
                            staged ? (int)lengths[ENTRY_NAME] : 0, parts[ENTRY_NAME],
                            staged ? ")" : "");
    }
    const char *name = arena_strndup(arena, parts[ENTRY_NAME], lengths[ENTRY_NAME]);
    return decision->verdict == GRAPH_UNUSED
               ? arena_printf(arena, "%s rule %s", name, parts[ENTRY_RULE])
               : name;
}

static void add_once(struct arena *arena, struct flow_strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (texts_equal(list->items[i], text)) {
            return;
        }
    }
    if (text != NULL) {
        vec_push(arena, list, text);
    }
}

static void add_lane(struct arena *arena, const struct graph_edge *edge, enum graph_verdict verdict,
                     struct graph_lanes *ret)
{
    struct graph_lane *lane = vec_add(arena, ret);
    lane->edge = edge;
    lane->verdict = (uint8_t)verdict;
    lane->flows = verdict != GRAPH_UNUSED ? edge->counts.flows[verdict] : 0;
    lane->bytes = FLOWLOG_UNKNOWN;
    bool passes = verdict != GRAPH_DENIED && verdict != GRAPH_WOULD_ALLOW;
    for (size_t i = 0; i < edge->services.count; i++) {
        const struct graph_service *service = &edge->services.items[i];
        if (service->counts.flows[verdict] == 0) {
            continue;
        }
        vec_push(arena, &lane->services, graph_service_text(arena, service));
        if (passes) {
            graph_add_bytes(&lane->bytes, service->counts.bytes);
        }
        for (size_t j = 0; j < service->decisions.count; j++) {
            if (service->decisions.items[j].verdict == verdict) {
                add_once(arena, &lane->deciders, decider_text(arena, &service->decisions.items[j]));
            }
        }
    }
}

struct graph_lanes graph_lanes_make(struct arena *arena, const struct graph *graph)
{
    struct graph_lanes ret = {0};
    for (size_t i = 0; i < graph->edges.count; i++) {
        for (int verdict = 0; verdict < GRAPH_VERDICT_COUNT; verdict++) {
            if (graph->edges.items[i].counts.flows[verdict] > 0) {
                add_lane(arena, &graph->edges.items[i], (enum graph_verdict)verdict, &ret);
            }
        }
    }
    return ret;
}

// ---- filters --------------------------------------------------------------------------------------------------------

static void add_value(struct strbuf *filter, const char *text)
{
    strbuf_add(filter, "\"");
    for (; *text != '\0'; text++) {
        strbuf_add(filter, *text == '"' || *text == '\\' ? "\\" : "");
        strbuf_add_n(filter, text, 1);
    }
    strbuf_add(filter, "\"");
}

// One side of an edge, and the filter that it becomes.
struct side {
    const struct graph *graph;
    const struct graph_node *node;
    const char *name; // "source" or "dest"
    struct strbuf *filter;
    bool whole; // with all that the node holds
};

static void add_test(const struct side *side, const char *field, const char *operator,
                     const char * value)
{
    strbuf_addf(side->filter, "%s%s_%s %s ", side->filter->length > 0 ? " && " : "", side->name,
                field, operator);
    add_value(side->filter, value);
}

static void add_equal(const struct side *side, const char *field, const char *value)
{
    add_test(side, field, "==", value != NULL ? value : "-");
}

static void add_aggregates(const struct side *side)
{
    const struct flow_strings *list = &side->node->aggregates;
    if (list->count == 1) {
        add_equal(side, "name_aggr", list->items[0]);
        return;
    }
    strbuf_addf(side->filter, "%s%s_name_aggr in {", side->filter->length > 0 ? " && " : "",
                side->name);
    for (size_t i = 0; i < list->count; i++) {
        strbuf_add(side->filter, i > 0 ? ", " : "");
        add_value(side->filter, list->items[i]);
    }
    strbuf_add(side->filter, "}");
}

static bool has_child(const struct graph *graph, const struct graph_node *node)
{
    size_t next = (size_t)(node - graph->nodes.items) + 1; // children stand right behind
    return next < graph->nodes.count && graph->nodes.items[next].parent == (int32_t)next - 1;
}

static bool has_sets(const struct graph *graph, const char *ns)
{
    for (size_t i = 0; i < graph->nodes.count; i++) {
        const struct graph_node *node = &graph->nodes.items[i];
        if (node->kind == GRAPH_KIND_SET && texts_equal(node->ns, ns)) {
            return true;
        }
    }
    return false;
}

static void add_namespace(const struct side *side)
{
    add_equal(side, "namespace", side->node->name);
    if (has_sets(side->graph, side->node->name)) {
        add_test(side, "type", "!=", "ns");
    }
    if (side->graph->level > GRAPH_NAMESPACE && !side->whole) { // only records that tell no more
        add_equal(side, "name_aggr", NULL);
    }
}

static bool has_text(const struct flow_strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

// All of the names, and none that another node has besides all of them.
static void add_domains(const struct side *side)
{
    const struct graph_node *node = side->node;
    for (size_t i = 0; i < node->aggregates.count; i++) {
        add_equal(side, "domains", node->aggregates.items[i]);
    }
    for (size_t i = 0; i < side->graph->nodes.count; i++) {
        const struct graph_node *other = &side->graph->nodes.items[i];
        bool above = other != node && other->kind == GRAPH_KIND_DOMAIN &&
                     other->parent == node->parent &&
                     other->aggregates.count > node->aggregates.count;
        for (size_t j = 0; above && j < node->aggregates.count; j++) {
            above = has_text(&other->aggregates, node->aggregates.items[j]);
        }
        for (size_t j = 0; above && j < other->aggregates.count; j++) {
            if (!has_text(&node->aggregates, other->aggregates.items[j])) {
                add_test(side, "domains", "!=", other->aggregates.items[j]);
                above = false; // one is enough
            }
        }
    }
}

static void add_side(const struct side *side)
{
    const struct graph_node *node = side->node;
    bool alone = side->whole || !has_child(side->graph, node);
    switch ((enum graph_kind)node->kind) {
    case GRAPH_KIND_NAMESPACE:
        add_namespace(side);
        break;
    case GRAPH_KIND_SERVICE:
    case GRAPH_KIND_WORKLOAD:
        add_equal(side, "namespace", node->ns);
        add_aggregates(side);
        alone ? (void)0 : add_equal(side, "name", NULL);
        break;
    case GRAPH_KIND_HOSTS:
        add_equal(side, "type", "hep");
        break;
    case GRAPH_KIND_HOST:
        add_equal(side, "type", "hep");
        add_equal(side, "name_aggr", node->name);
        alone ? (void)0 : add_equal(side, "name", NULL);
        break;
    case GRAPH_KIND_ENDPOINT:
        if (side->graph->nodes.items[node->parent].kind == GRAPH_KIND_HOST) {
            add_equal(side, "type", "hep");
        } else {
            add_equal(side, "namespace", node->ns);
        }
        add_equal(side, "name", node->name);
        break;
    case GRAPH_KIND_SET:
        add_equal(side, "type", "ns");
        add_equal(side, "namespace", node->ns);
        add_equal(side, "name_aggr", node->name);
        break;
    case GRAPH_KIND_NETWORK:
        add_equal(side, "namespace", NULL);
        add_equal(side, "name_aggr", node->name);
        alone || side->name[0] == 's' ? (void)0 : add_equal(side, "domains", NULL);
        break;
    case GRAPH_KIND_DOMAIN:
        add_equal(side, "name_aggr", side->graph->nodes.items[node->parent].name);
        side->name[0] == 's' ? add_equal(side, "name", node->name) // records name no sources so
                             : add_domains(side);
        break;
    case GRAPH_KIND_ANY: // no flow is of it
    case GRAPH_KIND_UNKNOWN:
    case GRAPH_KIND_COUNT:
        add_equal(side, "namespace", NULL);
        add_equal(side, "name_aggr", NULL);
        break;
    }
}

const char *graph_edge_filter(struct arena *arena, const struct graph *graph,
                              const struct graph_edge *edge)
{
    struct strbuf filter = {.arena = arena};
    add_side(&(struct side){graph, &graph->nodes.items[edge->source], "source", &filter, false});
    add_side(&(struct side){graph, &graph->nodes.items[edge->dest], "dest", &filter, false});
    return strbuf_text(&filter);
}

const char *graph_node_filter(struct arena *arena, const struct graph *graph,
                              const struct graph_node *node, const char *side)
{
    struct strbuf filter = {.arena = arena};
    add_side(&(struct side){graph, node, side, &filter, true});
    return strbuf_text(&filter);
}
