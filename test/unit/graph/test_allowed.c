// SPDX-License-Identifier: GPL-2.0-or-later
// What policies allow as edges: exactly what the evaluator lets through, no more and no less; what stands for many.
#include "plan/plan_helper.h"

#include "unit.h"

#include <polc/graph.h>

#define PLENTY 1000

static const char *wep(const char *ns, const char *name, const char *address)
{
    return thing("WorkloadEndpoint", ns, name, arena_printf(arena, "name: %s", name),
                 arena_printf(arena,
                              "node: n1, endpoint: %s, interfaceName: cali-%s, ipNetworks: [%s]",
                              name, name, address));
}

static const char *policy(const char *name, const char *spec)
{
    return thing("GlobalNetworkPolicy", "", name, "", spec);
}

static const char *world(const char *policies)
{
    static const char settings[] =
        "allowVXLANPacketsFromWorkloads: true, allowIPIPPacketsFromWorkloads: true";
    return join(thing("FelixConfiguration", "", "default", "", settings),
                wep("x", "a", "10.0.0.1/32"), wep("x", "b", "10.0.0.2/32"),
                wep("y", "c", "10.0.0.3/32"), policies, NULL);
}

static struct graph *graph_of(const char *policies, enum graph_level level)
{
    static const struct flowlog_records none;
    struct plan *plan = plan_of(world(policies), NULL);
    return graph_build(arena, &none, graph_find_allowed(arena, plan, level, NULL, PLENTY), level);
}

// "x/a > x/b: tcp/80 by default.p rule 0; ..."
static const char *edges_text(const struct graph *graph)
{
    struct strbuf text = {.arena = arena};
    struct graph_lanes lanes = graph_lanes_make(arena, graph);
    for (size_t i = 0; i < lanes.count; i++) {
        const struct graph_lane *lane = &lanes.items[i];
        const struct graph_node *nodes = graph->nodes.items;
        ck_assert_int_eq(lane->verdict, GRAPH_UNUSED);
        strbuf_addf(&text, "%s%s > %s: %s by %s", i > 0 ? "; " : "",
                    graph_node_text(arena, &nodes[lane->edge->source]),
                    graph_node_text(arena, &nodes[lane->edge->dest]),
                    graph_join(arena, &lane->services, PLENTY),
                    graph_join(arena, &lane->deciders, PLENTY));
    }
    return strbuf_text(&text);
}

START_TEST(services_are_those_of_the_rules)
{
    static const struct {
        const char *rules, *expected;
    } cases[] = {
        {"{action: Allow, protocol: TCP, destination: {ports: [80, '90:92']}}",
         "tcp/90-92, tcp/80"},
        {"{action: Allow, protocol: TCP}", "any tcp port"},
        {"{action: Allow, protocol: ICMP, icmp: {type: 8, code: 0}}", "icmp type 8 code 0"},
        {"{action: Allow, protocol: ICMP, icmp: {type: 8}}", "icmp type 8"},
        {"{action: Allow, protocol: 47}", "47"},
        {"{action: Allow, protocol: UDP, source: {ports: [53]}}", "any udp port from port 53"},
        {"{action: Deny, protocol: TCP, destination: {ports: [25]}}, {action: Allow}",
         "any protocol but tcp/25"},
        {"{action: Allow}", "any protocol"},
        {"{action: Deny}", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *rules =
            arena_printf(arena,
                         "selector: name == 'b', types: [Ingress, Egress], ingress: [{action: Deny,"
                         " source: {notSelector: name == 'a'}}, %s]",
                         cases[i].rules);
        const char *policies =
            join(policy("in", rules),
                 policy("out",
                        "selector: name == 'a', types: [Ingress, Egress], egress: [{action: Allow,"
                        " destination: {selector: name == 'b'}}]"),
                 NULL);
        struct graph *graph = graph_of(policies, GRAPH_ENDPOINT);
        struct graph_lanes lanes = graph_lanes_make(arena, graph);
        ck_assert_uint_eq(lanes.count, cases[i].expected[0] != '\0');
        ck_assert_str_eq(lanes.count > 0 ? graph_join(arena, &lanes.items[0].services, PLENTY) : "",
                         cases[i].expected);
    }
}
END_TEST

static const char tiers_of_three[] =
    "selector: name == 'a', types: [Ingress, Egress], egress: [{action: Deny, protocol: TCP,"
    " destination: {selector: name == 'b', ports: [81]}}, {action: Allow, protocol: TCP,"
    " destination: {selector: has(name), ports: ['80:82', 90]}}]";
static const char into_all[] =
    "selector: name != 'a', types: [Ingress], ingress: [{action: Allow, protocol: TCP,"
    " source: {selector: \"name in {'a', 'c'}\"}, destination: {ports: [80, 81, 90]}}]";
static const char out_of_c[] =
    "selector: name == 'c', types: [Egress], egress: [{action: Allow, destination: {selector: name == 'b'}}]";

// Whether an edge between two endpoints has a TCP port: "tcp/80", "tcp/80-82".
static bool has_port(const struct graph *graph, const char *from, const char *to, unsigned port)
{
    for (size_t i = 0; i < graph->edges.count; i++) {
        const struct graph_edge *edge = &graph->edges.items[i];
        bool same = strcmp(graph->nodes.items[edge->source].name, from) == 0 &&
                    strcmp(graph->nodes.items[edge->dest].name, to) == 0;
        for (size_t j = 0; same && j < edge->services.count; j++) {
            unsigned first, last;
            const char *text = graph_service_text(arena, &edge->services.items[j]);
            int count = sscanf(text, "tcp/%u-%u", &first, &last);
            if (count > 0 && port >= first && port <= (count == 2 ? last : first)) {
                return true;
            }
        }
    }
    return false;
}

START_TEST(edges_are_what_the_evaluator_allows)
{
    static const char *const names[] = {"a", "b", "c"};
    struct plan *plan = plan_of(world(join(policy("p1", tiers_of_three), policy("p2", into_all),
                                           policy("p3", out_of_c), NULL)),
                                NULL);
    static const struct flowlog_records none;
    struct graph *graph =
        graph_build(arena, &none, graph_find_allowed(arena, plan, GRAPH_ENDPOINT, NULL, PLENTY),
                    GRAPH_ENDPOINT);
    struct flow_evaluator *evaluator = flow_evaluator_new(arena, plan);
    size_t allowed = 0;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(names); j++) {
            for (unsigned port = 79; i != j && port <= 91; port++) {
                struct flow flow = {.source = {IP_V4, {10, 0, 0, (uint8_t)(i + 1)}},
                                    .destination = {IP_V4, {10, 0, 0, (uint8_t)(j + 1)}},
                                    .protocol = PROTO_TCP,
                                    .source_port = 40000,
                                    .destination_port = (uint16_t)port,
                                    .icmp_type = -1,
                                    .icmp_code = -1};
                bool passes = flow_verdict(evaluator, &flow, false) == FLOW_ALLOW;
                allowed += passes;
                ck_assert_msg(has_port(graph, names[i], names[j], port) == passes,
                              "%s to %s port %u: %s", names[i], names[j], port, edges_text(graph));
            }
        }
    }
    ck_assert_uint_eq(allowed, 8);
}
END_TEST

START_TEST(everybody_is_one_node)
{
    const char *policies = policy(
        "p",
        "selector: name == 'a', types: [Ingress, Egress], ingress: [{action: Allow, protocol: TCP,"
        " destination: {ports: [80]}}, {action: Allow, protocol: TCP,"
        " source: {nets: [203.0.113.0/24]}, destination: {ports: [22]}}]");
    // b and c have no policy and no profile: nothing gets out of them.
    ck_assert_str_eq(edges_text(graph_of(policies, GRAPH_SERVICE)),
                     "pub > x/a: tcp/22 (from 203.0.113.0/24) by default.p rule 1; "
                     "any > x/a: tcp/80 (from all but x/b, y/c) by default.p rule 0");
}
END_TEST

START_TEST(what_a_level_does_not_tell_apart_is_one)
{
    const char *policies = policy("p", "selector: all(), types: [Ingress, Egress],"
                                       " ingress: [{action: Allow, source: {selector: all()}}],"
                                       " egress: [{action: Allow, protocol: UDP, destination:"
                                       " {selector: all(), ports: [53]}}]");
    ck_assert_str_eq(
        edges_text(graph_of(policies, GRAPH_NAMESPACE)),
        "x > x: udp/53 by default.p rule 0; x > y: udp/53 by default.p rule 0; y > x: udp/53 by default.p rule 0");
    ck_assert_uint_eq(graph_of(policies, GRAPH_ENDPOINT)->edges.count, 6);
    struct plan *plan = plan_of(world(policies), NULL);
    struct graph_allowed *allowed = graph_find_allowed(arena, plan, GRAPH_ENDPOINT, NULL, 4);
    static const struct flowlog_records none;
    ck_assert(allowed->cut && allowed->count == 4);
    ck_assert(graph_build(arena, &none, allowed, GRAPH_ENDPOINT)->cut);
    ck_assert(!graph_find_allowed(arena, plan, GRAPH_ENDPOINT, NULL, 6)->cut);
}
END_TEST

START_TEST(all_with_all_is_no_square)
{
    enum { MANY = 70 };
    static const char spec[] = "selector: all(), types: [Ingress, Egress],"
                               " ingress: [{action: Allow, source: {selector: all()}}],"
                               " egress: [{action: Allow, protocol: UDP, destination:"
                               " {selector: all(), ports: [53]}}]";
    struct strbuf text = {.arena = arena};
    struct flow_record_error error;
    for (int i = 0; i < MANY; i++) {
        strbuf_add(&text,
                   wep("z", arena_printf(arena, "w%d", i), arena_printf(arena, "10.1.0.%d/32", i)));
    }
    struct plan *plan = plan_of(join(policy("p", spec), strbuf_text(&text), NULL), NULL);
    struct graph_allowed *all = graph_find_allowed(arena, plan, GRAPH_ENDPOINT, NULL, PLENTY);
    ck_assert_uint_eq(all->count, MANY);
    ck_assert(!all->cut);
    ck_assert_str_eq(all->reports.items[0].record.source.type, "any");
    ck_assert_str_eq(all->reports.items[0].service, "udp/53 (from every endpoint)");
    const struct flowlog_filter *one = flowlog_filter_parse(arena, "source_name == w7", &error);
    ck_assert_uint_eq(graph_find_allowed(arena, plan, GRAPH_ENDPOINT, one, PLENTY)->count,
                      MANY - 1);
}
END_TEST

UNIT_TESTS("graph: allowed", services_are_those_of_the_rules, edges_are_what_the_evaluator_allows,
           everybody_is_one_node, what_a_level_does_not_tell_apart_is_one,
           all_with_all_is_no_square)
