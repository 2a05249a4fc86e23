// SPDX-License-Identifier: GPL-2.0-or-later
// Levels of aggregation, and what becomes of numbers and lists; counts by fields.
#include "flowlog_helper.h"

#include "unit.h"

static struct flowlog_records records_of(const char *const *texts, size_t count)
{
    struct flowlog_records records = {0};
    for (size_t i = 0; i < count; i++) {
        vec_push(arena, &records, record_of(texts[i]));
    }
    return records;
}

#define WEB(ip, name, port)                                                                        \
    "{'source_ip':'" ip "','source_name':'" name                                                   \
    "','source_name_aggr':'web-*','source_port':" port ",'dest_port':80"

START_TEST(levels_leave_out_more_and_more)
{
    static const char *const texts[] = {
        WEB("10.0.0.1", "web-1", "1000") "}",
        WEB("10.0.0.1", "web-1", "1001") "}",
        WEB("10.0.0.2", "web-2", "1000") "}",
        "{'source_name_aggr':'web-*','dest_port':81}",
    };
    static const size_t counts[] = {4, 3, 2, 1};
    struct flowlog_records records = records_of(texts, ARRAY_COUNT(texts));
    for (int level = 0; level <= FLOWLOG_LEVEL_MAX; level++) {
        ck_assert_uint_eq(flowlog_aggregate(arena, &records, level).count, counts[level]);
    }
    struct flowlog_records two = flowlog_aggregate(arena, &records, 2);
    ck_assert_int_eq(two.items[0].num_flows, 3);
    ck_assert_int_eq(two.items[0].dest.port, 80);
    ck_assert_int_eq(two.items[0].source.port, FLOWLOG_UNKNOWN);
    ck_assert_ptr_null(two.items[0].source.ip);
    ck_assert_ptr_null(two.items[0].source.name);
    ck_assert_int_eq(flowlog_aggregate(arena, &records, 3).items[0].dest.port, FLOWLOG_UNKNOWN);
    ck_assert_str_eq(records.items[0].source.name, "web-1"); // as it was
}
END_TEST

START_TEST(what_differs_stays_apart)
{
    static const char *const texts[] = {
        "{'action':'allow'}",
        "{'action':'deny'}",
        "{'reporter':'src'}",
        "{'reporter':'dst'}",
        "{'proto':'tcp'}",
        "{'host':'n1'}",
        "{'icmp_type':8}",
        "{'dest_service_name':'s'}",
        "{'dest_namespace':'a'}",
        "{'dest_domains':['a']}",
        "{'dest_domains':['a','b']}",
        "{'policies':{'enforced_policies':['0|a|a|pass|0']}}",
        "{'policies':{'enforced_policies':['0|a|a|pass|0','1|b|b|allow|0']}}",
    };
    struct flowlog_records records = records_of(texts, ARRAY_COUNT(texts));
    ck_assert_uint_eq(flowlog_aggregate(arena, &records, 3).count, ARRAY_COUNT(texts));
}
END_TEST

START_TEST(numbers_add_up_and_lists_meet)
{
    static const char *const texts[] = {
        "{'start_time':20,'end_time':30,'bytes_in':5,'num_flows':2,'original_source_ips':['a','b'],"
        "'source_labels':{'labels':['x=1','y=2']},'policies':{'pending_policies':['late']}}",
        "{'start_time':10,'end_time':15,'bytes_in':7,'bytes_out':1,'original_source_ips':['b','c'],"
        "'source_labels':{'labels':['y=2']},'policies':{'pending_policies':['early']}}",
        "{'packets_in':9223372036854775807,'source_labels':{'labels':['y=2','z=3']}}",
        "{'packets_in':9,'source_labels':{'labels':['y=2']}}",
    };
    struct flowlog_records records = records_of(texts, ARRAY_COUNT(texts));
    struct flowlog_records all = flowlog_aggregate(arena, &records, 1);
    ck_assert_uint_eq(all.count, 1);
    const struct flowlog_record *record = &all.items[0];
    ck_assert_int_eq(record->start_time, 10);
    ck_assert_int_eq(record->end_time, 30);
    ck_assert_int_eq(record->bytes_in, 12);
    ck_assert_int_eq(record->bytes_out, 1);
    ck_assert_int_eq(record->packets_in, INT64_MAX);
    ck_assert_int_eq(record->packets_out, FLOWLOG_UNKNOWN);
    ck_assert_int_eq(record->num_flows, 5);
    ck_assert_uint_eq(record->original_source_ips.count, 3);
    ck_assert_str_eq(record->original_source_ips.items[2], "c");
    ck_assert_uint_eq(record->source.labels.count, 1);
    ck_assert_str_eq(record->source.labels.items[0], "y=2");
    ck_assert_str_eq(record->pending.items[0], "late");
    ck_assert_uint_eq(records.items[0].original_source_ips.count, 2); // as it was
}
END_TEST

// "TEXT COUNT(CHILD COUNT, ...)" of a tree.
static void add_tree(const struct flowlog_node *node, struct strbuf *ret)
{
    strbuf_addf(ret, "%s %d", node->text, (int)node->count);
    for (size_t i = 0; i < node->children.count; i++) {
        strbuf_add(ret, i > 0 ? ", " : "(");
        add_tree(node->children.items[i], ret);
    }
    strbuf_add(ret, node->children.count > 0 ? ")" : "");
}

static const struct flowlog_node *counted(const struct flowlog_records *records, const char *first,
                                          const char *second)
{
    const char *best;
    const struct flowlog_field *fields[] = {
        flowlog_field_find(first, strlen(first), &best),
        second != NULL ? flowlog_field_find(second, strlen(second), &best) : NULL};
    return flowlog_count(arena, records, fields, second != NULL ? 2 : 1);
}

static const char *tree_text(const struct flowlog_node *root)
{
    struct strbuf text = {.arena = arena};
    add_tree(root, &text);
    return strbuf_text(&text);
}

START_TEST(flows_are_counted_by_fields)
{
    static const char *const texts[] = {
        "{'action':'allow','dest_domains':['b','a','b'],'num_flows':3}",
        "{'action':'deny','dest_domains':['a'],'dest_port':80}",
        "{'dest_domains':['c'],'dest_port':443}",
        "{'action':'deny'}",
    };
    struct flowlog_records records = records_of(texts, ARRAY_COUNT(texts));
    ck_assert_str_eq(tree_text(counted(&records, "action", NULL)), " 6(allow 3, deny 2, - 1)");
    // A flow with two domains is under both, and once in what is above.
    ck_assert_str_eq(tree_text(counted(&records, "action", "dest_domains")),
                     " 6(allow 3(a 3, b 3), deny 2(- 1, a 1), - 1(c 1))");
    ck_assert_str_eq(tree_text(counted(&records, "dest_port", NULL)), " 6(- 4, 443 1, 80 1)");
    struct flowlog_nodes level =
        flowlog_level(arena, counted(&records, "action", "dest_domains"), 2);
    ck_assert_uint_eq(level.count, 5);
    ck_assert_str_eq(level.items[0]->text, "a");
    ck_assert_str_eq(level.items[0]->parent->text, "allow");
    ck_assert_str_eq(level.items[2]->parent->text, "-");
}
END_TEST

START_TEST(nothing_is_counted_as_nothing)
{
    struct flowlog_records none = {0};
    ck_assert_str_eq(tree_text(counted(&none, "action", NULL)), " 0");
    ck_assert_uint_eq(flowlog_level(arena, counted(&none, "action", NULL), 1).count, 0);
}
END_TEST

UNIT_TESTS("flowlog: aggregate", levels_leave_out_more_and_more, what_differs_stays_apart,
           numbers_add_up_and_lists_meet, flows_are_counted_by_fields,
           nothing_is_counted_as_nothing)
