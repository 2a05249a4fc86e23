// SPDX-License-Identifier: GPL-2.0-or-later
// What counts once, which node an end is, and what the edges of a level add up to.
#include "flowlog/flowlog_helper.h"

#include "unit.h"

#include <inttypes.h>
#include <polc/graph.h>

static struct graph *built(const char *const *texts, size_t count, enum graph_level level)
{
    static struct flowlog_records records;
    records = (struct flowlog_records){0};
    for (size_t i = 0; i < count; i++) {
        vec_push(arena, &records, record_of(texts[i]));
    }
    return graph_build(arena, &records, NULL, level);
}

// "shop/web -> shop/db: tcp/80 -> 3; ..." of all edges.
static const char *edges_text(const struct graph *graph)
{
    struct strbuf text = {.arena = arena};
    struct graph_lanes lanes = graph_lanes_make(arena, graph);
    for (size_t i = 0; i < lanes.count; i++) {
        const struct graph_lane *lane = &lanes.items[i];
        const struct graph_node *nodes = graph->nodes.items;
        strbuf_addf(&text, "%s%s %s %s: %s %" PRIu64, i > 0 ? "; " : "",
                    graph_node_text(arena, &nodes[lane->edge->source]),
                    graph_verdict_sign((enum graph_verdict)lane->verdict),
                    graph_node_text(arena, &nodes[lane->edge->dest]),
                    graph_join(arena, &lane->services, 9), lane->flows);
    }
    return strbuf_text(&text);
}

#define ENDS                                                                                           \
    "{'source_type':'wep','source_namespace':'shop','source_name_aggr':'web-*','source_name':'web-1'," \
    "'dest_type':'wep','dest_namespace':'shop','dest_name_aggr':'db-*','dest_name':'db-1',"            \
    "'proto':'tcp','dest_port':80,"
#define REPORT(reporter, action, count)                                                            \
    ENDS "'reporter':'" reporter "','action':'" action "','num_flows':" count "}"
#define STAGED(reporter, action, count, pending)                                                   \
    ENDS "'reporter':'" reporter "','action':'" action "','num_flows':" count                      \
         ",'policies':{'enforced_policies':['0|default|a|" action "|0'],"                          \
         "'pending_policies':['0|default|staged:b|" pending "|0']}}"

START_TEST(both_reports_are_one_flow)
{
    static const struct {
        const char *texts[3];
        size_t count;
        const char *expected;
    } cases[] = {
        {{REPORT("src", "allow", "3")}, 1, "-> db 3"},
        {{REPORT("src", "allow", "3"), REPORT("dst", "allow", "3")}, 2, "-> db 3"},
        {{REPORT("dst", "allow", "3"), REPORT("src", "allow", "2")}, 2, "-> db 3"},
        {{REPORT("src", "allow", "3"), REPORT("fwd", "allow", "3"), REPORT("dst", "allow", "3")},
         3,
         "-> db 3"},
        {{REPORT("src", "allow", "3"), REPORT("dst", "deny", "3")}, 2, "-x db 3"},
        {{REPORT("src", "allow", "3"), REPORT("dst", "deny", "1"), REPORT("dst", "allow", "2")},
         3,
         "-x db 1, -> db 2"},
        {{REPORT("src", "deny", "2"), REPORT("src", "allow", "5"), REPORT("dst", "allow", "5")},
         3,
         "-x db 2, -> db 5"},
        {{REPORT("src", "deny", "2"), REPORT("src", "allow", "5"), REPORT("dst", "deny", "5")},
         3,
         "-x db 7"},
        {{STAGED("src", "allow", "3", "deny"), STAGED("dst", "allow", "3", "deny")}, 2, "~x db 3"},
        {{STAGED("src", "allow", "3", "allow"), STAGED("dst", "allow", "1", "deny"),
          STAGED("dst", "allow", "2", "allow")},
         3,
         "~x db 1, -> db 2"},
        {{STAGED("src", "deny", "3", "allow"), STAGED("src", "deny", "1", "deny")},
         2,
         "-x db 1, ~> db 3"},
        {{ENDS "'num_flows':4}"}, 1, "-? db 4"},
        {{REPORT("src", "allow", "0")}, 1, ""},
        {{REPORT("src", "deny", "9223372036854775807"), REPORT("src", "deny", "5"),
          REPORT("src", "allow", "9223372036854775807")},
         3,
         "-x db 9223372036854775807"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct strbuf text = {.arena = arena};
        struct graph *graph = built(cases[i].texts, cases[i].count, GRAPH_NAMESPACE);
        struct graph_lanes lanes = graph_lanes_make(arena, graph);
        for (size_t j = 0; j < lanes.count; j++) {
            strbuf_addf(&text, "%s%s db %" PRIu64, j > 0 ? ", " : "",
                        graph_verdict_sign((enum graph_verdict)lanes.items[j].verdict),
                        lanes.items[j].flows);
        }
        ck_assert_msg(strcmp(strbuf_text(&text), cases[i].expected) == 0, "%zu: %s", i,
                      strbuf_text(&text));
    }
}
END_TEST

START_TEST(levels_hold_the_same_flows)
{
    static const char *const texts[] = {
        REPORT("src", "allow", "3"),
        REPORT("dst", "deny", "3"),
        "{'source_namespace':'shop','source_name_aggr':'web-*','source_name':'web-2','dest_namespace':'shop',"
        "'dest_name_aggr':'db-*','dest_name':'db-1','proto':'tcp','dest_port':80,'action':'allow',"
        "'reporter':'src'}",
        "{'source_type':'hep','source_name_aggr':'n1','source_name':'n1-eth0','dest_type':'net',"
        "'dest_name_aggr':'pub','dest_domains':['a.example'],'proto':'udp','dest_port':53,'action':'allow'}",
        "{'source_type':'ns','source_name_aggr':'office','source_namespace':'shop','dest_name_aggr':'pub',"
        "'proto':'icmp','icmp_type':8,'action':'allow'}",
    };
    static const char *const expected[] = {
        "shop -x shop: tcp/80 3; shop -> shop: tcp/80 1; hosts -> pub: udp/53 1; "
        "set shop/office -> pub: icmp type 8 1",
        "shop/web-* -x shop/db-*: tcp/80 3; shop/web-* -> shop/db-*: tcp/80 1; "
        "host n1 -> a.example: udp/53 1; set shop/office -> pub: icmp type 8 1",
        "shop/web-1 -x shop/db-1: tcp/80 3; shop/web-2 -> shop/db-1: tcp/80 1; "
        "n1-eth0 -> a.example: udp/53 1; set shop/office -> pub: icmp type 8 1",
    };
    for (int level = 0; level < GRAPH_LEVEL_COUNT; level++) {
        struct graph *graph = built(texts, ARRAY_COUNT(texts), (enum graph_level)level);
        ck_assert_str_eq(edges_text(graph), expected[level]);
        ck_assert_uint_eq(graph_flows(&graph->counts), 6);
    }
}
END_TEST

#define TO(source, aggregate, service)                                                             \
    "{'source_namespace':'s','source_name_aggr':'" source                                          \
    "','dest_namespace':'s','dest_name_aggr':'" aggregate                                          \
    "','dest_service_namespace':'s','dest_service_name':'" service "','action':'allow'}"

START_TEST(a_workload_of_one_service_is_that_service)
{
    static const char *const one[] = {TO("web", "cart-1-*", "cart"), TO("web", "cart-2-*", "cart"),
                                      TO("web", "db", "-"), TO("cart-1-*", "db", "db")};
    static const char *const two[] = {TO("web", "db", "db"), TO("web", "db", "db-admin"),
                                      TO("web", "db", "db")};
    static const char *const any[] = {TO("web", "db", "*")};
    ck_assert_str_eq(edges_text(built(one, ARRAY_COUNT(one), GRAPH_SERVICE)),
                     "s/cart -> s/db: ? 1; s/web -> s/cart: ? 2; s/web -> s/db: ? 1");
    ck_assert_str_eq(edges_text(built(two, ARRAY_COUNT(two), GRAPH_SERVICE)), "s/web -> s/db: ? 3");
    ck_assert_int_eq(built(two, ARRAY_COUNT(two), GRAPH_SERVICE)->nodes.items[1].kind,
                     GRAPH_KIND_WORKLOAD);
    ck_assert_str_eq(edges_text(built(any, ARRAY_COUNT(any), GRAPH_SERVICE)), "s/web -> s/db: ? 1");
}
END_TEST

START_TEST(filters_show_what_an_edge_has)
{
    static const char *const texts[] = {
        TO("web", "cart-1-*", "cart"), TO("web", "cart-2-*", "cart"),
        "{'source_namespace':'s','source_name_aggr':'a\\'b\\\\','dest_name_aggr':'pub','action':'allow'}"};
    struct graph *graph = built(texts, ARRAY_COUNT(texts), GRAPH_SERVICE);
    ck_assert_str_eq(graph_edge_filter(arena, graph, &graph->edges.items[1]),
                     "source_namespace == \"s\" && source_name_aggr == \"web\" && "
                     "dest_namespace == \"s\" && dest_name_aggr in {\"cart-1-*\", \"cart-2-*\"}");
    struct flow_record_error error;
    for (size_t i = 0; i < graph->edges.count; i++) {
        const char *text = graph_edge_filter(arena, graph, &graph->edges.items[i]);
        const struct flowlog_filter *filter = flowlog_filter_parse(arena, text, &error);
        ck_assert_msg(filter != NULL, "%s: %s", text, error.message);
        size_t matches = 0;
        for (size_t j = 0; j < ARRAY_COUNT(texts); j++) {
            struct flowlog_record record = record_of(texts[j]);
            matches += flowlog_filter_matches(filter, &record);
        }
        ck_assert_uint_eq(matches, graph_flows(&graph->edges.items[i].counts));
    }
}
END_TEST

#define NAMED(net, names, action)                                                                  \
    "{'source_namespace':'s','source_name_aggr':'web','dest_type':'net','dest_name_aggr':'" net    \
    "','dest_domains':[" names "],'proto':'tcp','dest_port':443,'action':'" action "'}"

START_TEST(names_of_one_address_are_one_node)
{
    static const char *const texts[] = {
        NAMED("pub", "'b.example','a.example'", "allow"),
        NAMED("pub", "'a.example','b.example'", "deny"),
        NAMED("pub", "'a.example'", "allow"),
        NAMED("pvt", "'a.example'", "allow"),
        NAMED("pub", "'e.example','d.example','c.example','a.example'", "allow"),
        NAMED("pub", "", "allow"),
    };
    struct graph *graph = built(texts, ARRAY_COUNT(texts), GRAPH_SERVICE);
    ck_assert_str_eq(
        edges_text(graph),
        "s/web -> pub: tcp/443 1; s/web -> a.example: tcp/443 1; "
        "s/web -x a.example, b.example: tcp/443 1; s/web -> a.example, b.example: tcp/443 1; "
        "s/web -> a.example, c.example and 2 more: tcp/443 1; s/web -> a.example: tcp/443 1");
    for (size_t i = 0; i < graph->edges.count; i++) {
        struct flow_record_error error;
        const char *text = graph_edge_filter(arena, graph, &graph->edges.items[i]);
        const struct flowlog_filter *filter = flowlog_filter_parse(arena, text, &error);
        ck_assert_msg(filter != NULL, "%s: %s", text, error.message);
        size_t matches = 0;
        for (size_t j = 0; j < ARRAY_COUNT(texts); j++) {
            struct flowlog_record record = record_of(texts[j]);
            matches += flowlog_filter_matches(filter, &record);
        }
        ck_assert_uint_eq(matches, graph_flows(&graph->edges.items[i].counts));
    }
    for (size_t i = 0; i < graph->nodes.count; i++) {
        struct flow_record_error error;
        const char *text = graph_node_filter(arena, graph, &graph->nodes.items[i], "source");
        ck_assert_ptr_nonnull(flowlog_filter_parse(arena, text, &error));
    }
}
END_TEST

UNIT_TESTS("graph: build", names_of_one_address_are_one_node, both_reports_are_one_flow,
           levels_hold_the_same_flows, a_workload_of_one_service_is_that_service,
           filters_show_what_an_edge_has)
