// SPDX-License-Identifier: GPL-2.0-or-later
// Records judged by a plan: names of the ends, one record for each side that reports, staged policies
// (catalogue 155 to 159).
#include "flowlog_helper.h"

#include "unit.h"

static struct arena *scratch;

static const char input[] =
    "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: web, namespace: a}, spec: {selector: "
    "app == \"web\", egress: [{action: Allow, protocol: TCP, destination: {ports: [80, 81]}}]}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: db, namespace: a}, spec: {selector: "
    "app == \"db\", ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: StagedNetworkPolicy, metadata: {name: later, namespace: a}, spec: {order: 1, "
    "selector: app == \"db\", ingress: [{action: Deny, source: {notNets: [10.0.0.0/24]}}, {action: Pass}]}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: web-5-x, namespace: a, generateName: web-5-, labels: {app: web}}, "
    "spec: {nodeName: n1}, status: {phase: Running, podIP: 10.0.0.1}}\n---\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: a, labels: {app: db}}, "
    "spec: {nodeName: n2}, status: {phase: Running, podIPs: [{ip: 10.0.0.2}, {ip: \"fd00::2\"}]}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: NetworkSet, metadata: {name: near, namespace: a}, spec: {nets: "
    "[192.0.2.0/24]}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: {name: wide}, spec: {nets: [192.0.2.1]}}\n";

static struct flowlog_judge *judge_of(const char *node)
{
    scratch = scratch != NULL ? scratch : arena_new((size_t)1 << 24);
    reader = flowlog_reader_new(arena);
    return flowlog_judge_new(reader, scratch, plan_of(input, node));
}

static const char *dashed(const char *text)
{
    return text != NULL ? text : "-";
}

static const char *last_of(const struct flow_strings *list)
{
    return list->count > 0 ? list->items[list->count - 1] : "-";
}

// "REPORTER ACTION NS/NAME_AGGR > NS/NAME_AGGR LAST-ENFORCED; ..." of what a record becomes.
static const char *judged(struct flowlog_judge *judge, const char *json,
                          enum flowlog_judged expected)
{
    struct flowlog_records records = {0};
    struct flowlog_record record = record_of(json);
    struct strbuf text = {.arena = arena};
    ck_assert_int_eq(flowlog_judge(judge, &record, &records), expected);
    for (size_t i = 0; i < records.count; i++) {
        const struct flowlog_record *item = &records.items[i];
        strbuf_addf(&text, "%s%s %s %s/%s > %s/%s %s%s", i > 0 ? "; " : "", dashed(item->reporter),
                    dashed(item->action), dashed(item->source.ns), dashed(item->source.name_aggr),
                    dashed(item->dest.ns), dashed(item->dest.name_aggr), last_of(&item->enforced),
                    flowlog_would_deny(item) ? " would-deny" : "");
    }
    return strbuf_text(&text);
}

#define FLOW(more) "{'source_ip':'10.0.0.1','dest_ip':'10.0.0.2','proto':'tcp'," more "}"
#define PORT_80                                                                                    \
    "src allow a/web-5-* > a/db 0|default|a/default.web|allow|0; "                                 \
    "dst allow a/web-5-* > a/db 0|default|a/default.db|allow|0"
#define PORT_81                                                                                    \
    "src allow a/web-5-* > a/db 0|default|a/default.web|allow|0; "                                 \
    "dst deny a/web-5-* > a/db 0|default|a/default.db|deny|-1"
#define PORT_82 "src deny a/web-5-* > a/db 0|default|a/default.web|deny|-1"

START_TEST(each_side_reports_up_to_the_one_that_denies)
{
    struct flowlog_judge *judge = judge_of(NULL);
    ck_assert_str_eq(judged(judge, FLOW("'dest_port':80"), FLOWLOG_JUDGED), PORT_80);
    ck_assert_str_eq(judged(judge, FLOW("'dest_port':81"), FLOWLOG_JUDGED), PORT_81);
    ck_assert_str_eq(judged(judge, FLOW("'dest_port':82"), FLOWLOG_JUDGED), PORT_82);
    judge = judge_of("n2");
    ck_assert_str_eq(judged(judge, FLOW("'dest_port':82"), FLOWLOG_JUDGED),
                     "dst deny a/web-5-* > a/db 0|default|a/default.db|deny|-1");
}
END_TEST

START_TEST(a_report_stays_one_report)
{
    struct flowlog_judge *judge = judge_of(NULL);
    ck_assert_str_eq(
        judged(judge, FLOW("'dest_port':80,'reporter':'dst','action':'allow'"), FLOWLOG_JUDGED),
        "dst allow a/web-5-* > a/db 0|default|a/default.db|allow|0");
    ck_assert_str_eq(
        judged(judge, FLOW("'dest_port':80,'reporter':'src','action':'allow'"), FLOWLOG_JUDGED),
        "src allow a/web-5-* > a/db 0|default|a/default.web|allow|0");
    // Denied at the time, and so never reported by the other side.
    ck_assert_str_eq(
        judged(judge, FLOW("'dest_port':81,'reporter':'src','action':'deny'"), FLOWLOG_JUDGED),
        PORT_81);
    // Does not get there any more.
    ck_assert_str_eq(
        judged(judge, FLOW("'dest_port':82,'reporter':'dst','action':'allow'"), FLOWLOG_JUDGED),
        "");
}
END_TEST

START_TEST(ends_have_names_or_get_them)
{
    struct flowlog_judge *judge = judge_of(NULL);
    static const struct {
        const char *json, *expected;
        enum flowlog_judged judged;
    } cases[] = {
        {"{'source_ip':'10.0.0.1','dest_ip':'192.0.2.1','proto':'tcp','dest_port':80}",
         "src allow a/web-5-* > a/near 0|default|a/default.web|allow|0", FLOWLOG_JUDGED},
        {"{'source_ip':'198.51.100.1','dest_ip':'192.0.2.1','proto':'tcp','dest_port':80}",
         "- - -/pub > -/wide -", FLOWLOG_KEPT},
        {"{'source_ip':'172.16.0.1','source_name':'-','source_name_aggr':'vpn','dest_ip':'10.0.0.1',"
         "'proto':'udp','dest_port':53}",
         "dst allow -/vpn > a/web-5-* 0|__PROFILE__|__PROFILE__.kns.a|allow|0", FLOWLOG_JUDGED},
        {"{'source_namespace':'a','source_name_aggr':'web-5-*','dest_namespace':'a','dest_name':'db',"
         "'proto':'tcp','dest_port':80}",
         PORT_80, FLOWLOG_JUDGED},
        {"{'source_namespace':'a','source_name_aggr':'gone-*','dest_namespace':'a','dest_name':'db',"
         "'proto':'tcp','dest_port':80,'action':'allow','reporter':'src'}",
         "src allow a/gone-* > a/db -", FLOWLOG_NO_FLOW},
        {FLOW("'reporter':'dst','action':'deny'"), "dst deny a/web-5-* > a/db -", FLOWLOG_NO_FLOW},
        {"{'source_ip':'10.0.0.1','dest_ip':'fd00::2','proto':'tcp','dest_port':80}",
         "- - a/web-5-* > a/db -", FLOWLOG_NO_FLOW},
        {"{'dest_ip':'10.0.0.2','proto':'tcp','dest_port':80}", "- - -/- > a/db -",
         FLOWLOG_NO_FLOW},
        {"{'source_ip':'10.0.0.1','dest_ip':'10.0.0.2'}", "- - a/web-5-* > a/db -",
         FLOWLOG_NO_FLOW},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_str_eq(judged(judge, cases[i].json, cases[i].judged), cases[i].expected);
    }
}
END_TEST

START_TEST(without_a_plan_all_is_as_it_was)
{
    scratch = arena_new((size_t)1 << 24);
    reader = flowlog_reader_new(arena);
    struct flowlog_judge *judge = flowlog_judge_new(reader, scratch, NULL);
    ck_assert_str_eq(judged(judge,
                            FLOW("'dest_port':80,'reporter':'dst','action':'deny','policies':"
                                 "{'enforced_policies':['0|t|t.p|deny|0']}"),
                            FLOWLOG_KEPT),
                     "dst deny -/pvt > -/pvt 0|t|t.p|deny|0");
}
END_TEST

START_TEST(staged_policies_would_deny)
{
    struct flowlog_judge *judge = judge_of(NULL);
    ck_assert_str_eq(
        judged(judge, "{'source_ip':'8.8.8.8','dest_ip':'10.0.0.2','proto':'tcp','dest_port':80}",
               FLOWLOG_JUDGED),
        "dst allow -/pub > a/db 0|default|a/default.db|allow|0 would-deny");
    ck_assert_str_eq(
        judged(judge, "{'source_ip':'8.8.8.8','dest_ip':'10.0.0.2','proto':'tcp','dest_port':81}",
               FLOWLOG_JUDGED),
        "dst deny -/pub > a/db 0|default|a/default.db|deny|-1");
    // As logs without a pending list have it.
    struct flowlog_record record = record_of(
        "{'action':'allow','policies':{'all_policies':['0|d|d.staged:p|deny|-1','1|x|x|allow|0']}}");
    ck_assert(flowlog_would_deny(&record));
    record = record_of(
        "{'action':'allow','policies':{'all_policies':['0|d|d.staged:p|pass|0','1|x|x.deny|allow|0']}}");
    ck_assert(!flowlog_would_deny(&record));
    record = record_of("{'action':'deny','policies':{'pending_policies':['0|d|d.p|deny|0']}}");
    ck_assert(!flowlog_would_deny(&record));
    record = record_of("{'action':'allow','policies':{'pending_policies':['broken']}}");
    ck_assert(!flowlog_would_deny(&record));
}
END_TEST

START_TEST(an_action_that_is_kept)
{
    static const char both[] = "src allow a/web-5-* > a/db 0|default|a/default.web|allow|0; ";
    struct flowlog_judge *judge = judge_of(NULL);
    flowlog_judge_keep_actions(judge);
    const struct {
        const char *json, *expected;
        enum flowlog_judged judged;
    } cases[] = {
        {FLOW("'dest_port':80"), PORT_80, FLOWLOG_JUDGED},
        {FLOW("'dest_port':80,'action':'allow'"), PORT_80, FLOWLOG_JUDGED},
        {FLOW("'dest_port':81,'action':'deny'"), PORT_81, FLOWLOG_JUDGED},
        {FLOW("'dest_port':82,'action':'deny'"), PORT_82, FLOWLOG_JUDGED},
        // Not as the policies are now.
        {FLOW("'dest_port':80,'action':'deny'"),
         arena_printf(arena, "%sdst deny a/web-5-* > a/db 0|default|a/default.db|allow|0", both),
         FLOWLOG_OTHERWISE},
        {FLOW("'dest_port':81,'action':'allow'"),
         arena_printf(arena, "%sdst allow a/web-5-* > a/db 0|default|a/default.db|deny|-1", both),
         FLOWLOG_OTHERWISE},
        {FLOW("'dest_port':82,'action':'allow'"),
         "src allow a/web-5-* > a/db 0|default|a/default.web|deny|-1; "
         "dst allow a/web-5-* > a/db 0|default|a/default.db|deny|-1",
         FLOWLOG_OTHERWISE},
        // One report stays one.
        {FLOW("'dest_port':81,'reporter':'src','action':'deny'"),
         "src deny a/web-5-* > a/db 0|default|a/default.web|allow|0", FLOWLOG_OTHERWISE},
        {FLOW("'dest_port':82,'reporter':'dst','action':'deny'"),
         "dst deny a/web-5-* > a/db 0|default|a/default.db|deny|-1", FLOWLOG_JUDGED},
        {FLOW("'dest_port':80,'reporter':'fwd','action':'allow'"), "fwd allow a/web-5-* > a/db -",
         FLOWLOG_KEPT},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_str_eq(judged(judge, cases[i].json, cases[i].judged), cases[i].expected);
    }
}
END_TEST

// What the source sends comes in at the destination.
START_TEST(counts_are_of_who_reports)
{
    struct flowlog_judge *judge = judge_of(NULL);
    struct flowlog_records records = {0};
    struct flowlog_record record = record_of(
        FLOW("'dest_port':80,'bytes_out':100,'bytes_in':7,'packets_out':3,'packets_in':2"));
    flowlog_judge(judge, &record, &records);
    ck_assert_int_eq(records.count, 2);
    ck_assert_int_eq(records.items[0].bytes_out, 100);
    ck_assert_int_eq(records.items[0].packets_in, 2);
    ck_assert_int_eq(records.items[1].bytes_out, 7);
    ck_assert_int_eq(records.items[1].bytes_in, 100);
    ck_assert_int_eq(records.items[1].packets_out, 2);
    ck_assert_int_eq(records.items[1].packets_in, 3);
    // Of a report they are its own already.
    record = records.items[1];
    flowlog_judge(judge, &record, &records);
    ck_assert_int_eq(records.count, 3);
    ck_assert_int_eq(records.items[2].bytes_in, 100);
}
END_TEST

UNIT_TESTS("flowlog: judge", an_action_that_is_kept, counts_are_of_who_reports,
           each_side_reports_up_to_the_one_that_denies, a_report_stays_one_report,
           ends_have_names_or_get_them, without_a_plan_all_is_as_it_was, staged_policies_would_deny)
