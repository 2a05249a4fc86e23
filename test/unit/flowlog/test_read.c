// SPDX-License-Identifier: GPL-2.0-or-later
// JSON -> record -> JSON: what is written reads the same; what other writers do; what is wrong, and where.
#include "flowlog_helper.h"

#include "unit.h"

// A record with every field, as it is written.
static const char whole[] =
    "{'start_time':1700000000,'end_time':1700000300,'source_ip':'10.0.0.1','source_name':'a-1',"
    "'source_name_aggr':'a-*','source_namespace':'shop','source_port':40000,'source_type':'wep',"
    "'source_labels':{'labels':['app=a','x=y']},'dest_ip':'fd00::1','dest_name':'b-1',"
    "'dest_name_aggr':'b-*','dest_namespace':'shop','dest_port':80,'dest_type':'wep',"
    "'dest_labels':{'labels':['app=b']},'dest_service_namespace':'shop',"
    "'dest_service_name':'b','dest_service_port':'http','dest_domains':['b.example'],"
    "'proto':'tcp','icmp_type':8,'icmp_code':0,'in_interface':'eth0','out_interface':'cali1','action':'allow','reporter':'src','host':'n1',"
    "'policies':{'enforced_policies':['0|t|t.p|allow|0'],'pending_policies':['0|t|t.q|deny|-1'],"
    "'all_policies':['0|t|t.p|allow|0'],'transit_policies':['0|t|t.r|allow|1']},"
    "'bytes_in':1,'bytes_out':2,'packets_in':3,'packets_out':4,'num_flows':5,"
    "'num_flows_started':6,'num_flows_completed':7,'original_source_ips':['192.0.2.1'],"
    "'num_original_source_ips':1}\n";

START_TEST(what_is_written_reads_the_same)
{
    struct flowlog_record record = record_of(whole);
    ck_assert_str_eq(record_text(&record), quoted(whole));
}
END_TEST

START_TEST(much_may_be_missing)
{
    struct flowlog_record record = record_of("{}");
    ck_assert_str_eq(
        record_text(&record),
        quoted("{'source_ip':null,'source_name':'-','source_name_aggr':'-','source_namespace':'-',"
               "'source_port':null,'dest_ip':null,'dest_name':'-','dest_name_aggr':'-',"
               "'dest_namespace':'-','dest_port':null,'dest_service_namespace':'-',"
               "'dest_service_name':'-','dest_service_port':'-','dest_domains':null}\n"));
    const char *text = record_text(&record);
    struct flowlog_record again = record_of(text);
    ck_assert_str_eq(record_text(&again), text);
}
END_TEST

START_TEST(as_others_write_it)
{
    struct flowlog_record record =
        record_of("{'_index':'logs','_source':{'source_ip':'','dest_ip':'2001:DB8:0::1',"
                  "'source_port':'-','dest_port':'443','proto':'6','action':'Allow',"
                  "'reporter':'Src','source_namespace':'-','source_type':'WEP','start_time':1.7e9,"
                  "'dest_service_port':8080,'dest_domains':'one.example','source_labels':['a=b'],"
                  "'policies':null,'process_name':'-','tcp_mean_mss':{'x':1}}}");
    ck_assert_ptr_null(record.source.ip);
    ck_assert_ptr_null(record.source.ns);
    ck_assert_int_eq(record.source.port, FLOWLOG_UNKNOWN);
    ck_assert_str_eq(record.source.type, "wep");
    ck_assert_str_eq(record.source.labels.items[0], "a=b");
    ck_assert_str_eq(record.dest.ip, "2001:db8::1");
    ck_assert_int_eq(record.dest.port, 443);
    ck_assert_str_eq(record.proto, "tcp");
    ck_assert_str_eq(record.action, "allow");
    ck_assert_str_eq(record.reporter, "src");
    ck_assert_int_eq(record.start_time, 1700000000);
    ck_assert_str_eq(record.service_port, "8080");
    ck_assert_str_eq(record.domains.items[0], "one.example");
    ck_assert_uint_eq(record.all.count, 0);
}
END_TEST

START_TEST(protocols_have_one_name)
{
    static const char *const cases[][2] = {
        {"'tcp'", "tcp"}, {"17", "udp"}, {"'ICMPv6'", "icmp6"},    {"'58'", "icmp6"},
        {"'4'", "ipip"},  {"50", "esp"}, {"'UDPLite'", "udplite"}, {"'47'", "47"}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct flowlog_record record = record_of(arena_printf(arena, "{'proto':%s}", cases[i][0]));
        ck_assert_str_eq(record.proto, cases[i][1]);
    }
}
END_TEST

START_TEST(a_mistake_has_its_place)
{
    static const struct {
        const char *json, *message, *place, *hint;
    } cases[] = {
        {"{'proto':'tpc'}", "\"proto\" is no protocol: \"tpc\"", "\"proto\"",
         "did you mean \"tcp\"?"},
        {"{'dest_port':'http'}", "\"dest_port\" is a number of 0 to 65535", "\"dest_port\"", NULL},
        {"{'dest_port':65536}", "\"dest_port\" is a number of 0 to 65535", "\"dest_port\"", NULL},
        {"{'dest_port':4e89}", "\"dest_port\" is a number of 0 to 65535", "\"dest_port\"", NULL},
        {"{'end_time':1e19}", "\"end_time\" is a number that is not negative", "\"end_time\"",
         NULL},
        {"{'end_time':'99999999999999999999'}", "\"end_time\" is a number that is not negative",
         "\"end_time\"", NULL},
        {"{'bytes_in':-2}", "\"bytes_in\" is a number that is not negative", "\"bytes_in\"", NULL},
        {"{'start_time':1e300}", "\"start_time\" is a number that is not negative",
         "\"start_time\"", NULL},
        {"{'start_time':-1e300}", "\"start_time\" is a number that is not negative",
         "\"start_time\"", NULL},
        {"{'source_ip':'10.0.0.256'}", "\"source_ip\" is not an address: \"10.0.0.256\"",
         "\"source_ip\"", NULL},
        {"{'source_name':[]}", "\"source_name\" is a text", "\"source_name\"", NULL},
        {"{'policies':{'all_policies':[1]}}", "\"policies.all_policies\" is a list of texts",
         "\"policies\"", NULL},
        {"[]", "a flow is a JSON object", "[",
         "one JSON object a line, such as {\"source_ip\": \"10.0.0.1\", \"dest_ip\": \"10.0.0.2\", \"proto\": \"tcp\", \"dest_port\": 443}"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct flowlog_record record;
        struct flow_record_error error;
        const char *json = quoted(cases[i].json);
        struct flowlog_reader *own = flowlog_reader_new(arena);
        ck_assert(!flowlog_read(own, json, strlen(json), &record, &error));
        ck_assert_str_eq(error.message, cases[i].message);
        ck_assert_str_eq(arena_strndup(arena, json + error.offset, error.length), cases[i].place);
        ck_assert_pstr_eq(error.hint, cases[i].hint);
    }
}
END_TEST

UNIT_TESTS("flowlog: read", what_is_written_reads_the_same, much_may_be_missing, as_others_write_it,
           protocols_have_one_name, a_mistake_has_its_place)
