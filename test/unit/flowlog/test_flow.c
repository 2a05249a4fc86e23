// SPDX-License-Identifier: GPL-2.0-or-later
// The flow of a record: what is read, what is left alone, and where a mistake is.
#include "flowlog_helper.h"

#include "unit.h"

static struct flowlog_names *names;

static void prepare(void)
{
    static const char input[] =
        "{apiVersion: projectcalico.org/v3, kind: WorkloadEndpoint, metadata: {name: web, namespace: a}, "
        "spec: {node: n1, ipNetworks: [10.0.0.1/32, \"fd00::1/128\"]}}\n---\n"
        "{apiVersion: projectcalico.org/v3, kind: WorkloadEndpoint, metadata: {name: web-2, namespace: a}, "
        "spec: {node: n1, ipNetworks: [10.0.0.2/32]}}\n---\n"
        "{apiVersion: projectcalico.org/v3, kind: WorkloadEndpoint, metadata: {name: six, namespace: a}, "
        "spec: {node: n1, ipNetworks: [\"fd00::6/128\"]}}\n---\n"
        "{apiVersion: projectcalico.org/v3, kind: HostEndpoint, metadata: {name: h}, "
        "spec: {node: n1, interfaceName: eth0, expectedIPs: [192.0.2.1]}}\n";
    reader = flowlog_reader_new(arena);
    names = flowlog_names_new(arena, plan_of(input, NULL));
}

// The flow as "SOURCE > DESTINATION PROTOCOL SPORT DPORT TYPE/CODE", or "OFFSET+LENGTH: MESSAGE".
static const char *record(const char *text)
{
    struct flow flow;
    struct flow_record_error error;
    char source[IP_TEXT_MAX];
    char destination[IP_TEXT_MAX];
    prepare();
    if (!flowlog_read_flow(reader, names, text, strlen(text), &flow, &error)) {
        ck_assert_uint_lt(error.offset, strlen(text) > 0 ? strlen(text) : 1);
        return arena_printf(arena, "%zu+%zu: %s", error.offset, error.length, error.message);
    }
    return arena_printf(arena, "%s > %s %u %u %u %d/%d", ip_addr_text(flow.source, source),
                        ip_addr_text(flow.destination, destination), flow.protocol,
                        flow.source_port, flow.destination_port, flow.icmp_type, flow.icmp_code);
}

#define ENDS "\"source_ip\":\"10.0.0.1\",\"dest_ip\":\"10.0.0.2\""

START_TEST(fields_are_those_of_flow_logs)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"{" ENDS ",\"proto\":\"tcp\",\"source_port\":1,\"dest_port\":65535}",
         "10.0.0.1 > 10.0.0.2 6 1 65535 -1/-1"},
        {"{" ENDS
         ",\"proto\":\"UDP\",\"source_port\":null,\"dest_port\":\"53\",\"action\":\"deny\"}",
         "10.0.0.1 > 10.0.0.2 17 0 53 -1/-1"},
        {"{" ENDS ",\"proto\":132}", "10.0.0.1 > 10.0.0.2 132 0 0 -1/-1"},
        {"{" ENDS ",\"proto\":\"47\",\"dest_port\":5,\"icmp_type\":3}",
         "10.0.0.1 > 10.0.0.2 47 0 0 -1/-1"},
        {"{" ENDS ",\"proto\":\"icmp\"}", "10.0.0.1 > 10.0.0.2 1 0 0 8/0"},
        {"{" ENDS ",\"proto\":\"icmp\",\"icmp_type\":3,\"icmp_code\":1,\"dest_port\":0}",
         "10.0.0.1 > 10.0.0.2 1 0 0 3/1"},
        {"{\"source_ip\":\"fd00::1\",\"dest_ip\":\"fd00:0::2\",\"proto\":\"icmp6\"}",
         "fd00::1 > fd00::2 58 0 0 128/0"},
        {" {" ENDS ",\"proto\":\"tcp\"} ", "10.0.0.1 > 10.0.0.2 6 0 0 -1/-1"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_str_eq(record(cases[i].text), cases[i].expected);
    }
}
END_TEST

START_TEST(mistakes_have_a_place)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"{\"dest_ip\":\"10.0.0.2\"}", "0+1: the flow has no \"source_ip\""},
        {"{\"source_ip\":5,\"dest_ip\":\"10.0.0.2\"}",
         "1+11: \"source_ip\" is not an address: \"5\""},
        {"{\"source_ip\":\"x\"}", "1+11: \"source_ip\" is not an address: \"x\""},
        {"{" ENDS ",\"proto\":\"0\"}", "45+7: \"proto\" is no protocol: \"0\""},
        {"{" ENDS ",\"proto\":256}", "45+7: \"proto\" is no protocol: \"256\""},
        {"{" ENDS ",\"proto\":\"\"}", "45+7: \"proto\" is no protocol: \"\""},
        {"{" ENDS ",\"proto\":true}", "45+7: \"proto\" is a text"},
        {"{" ENDS ",\"proto\":\"tcp\",\"dest_port\":-1}",
         "59+11: \"dest_port\" is a number of 0 to 65535"},
        {"{" ENDS ",\"proto\":\"tcp\",\"dest_port\":\"http\"}",
         "59+11: \"dest_port\" is a number of 0 to 65535"},
        {"{" ENDS ",\"proto\":\"tcp\",\"dest_port\":1.5}",
         "59+11: \"dest_port\" is a number of 0 to 65535"},
        {"[]", "0+1: a flow is a JSON object"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_str_eq(record(cases[i].text), cases[i].expected);
    }
}
END_TEST

START_TEST(what_is_not_json_has_a_place_too)
{
    static const char *const texts[] = {"{", "{\"a\":", "nonsense", "{} x", "\"text", "\xff", "1"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct flow flow;
        struct flow_record_error error;
        prepare();
        ck_assert(!flowlog_read_flow(reader, names, texts[i], strlen(texts[i]), &flow, &error));
        ck_assert_uint_lt(error.offset, strlen(texts[i]));
        ck_assert_ptr_nonnull(error.hint);
    }
}
END_TEST

START_TEST(endpoints_may_be_named)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"{\"source_ip\":null,\"source_namespace\":\"a\",\"source_name\":\"web\",\"dest_ip\":\"10.0.0.9\",\"proto\":\"esp\"}",
         "10.0.0.1 > 10.0.0.9 50 0 0 -1/-1"},
        {"{\"source_namespace\":\"a\",\"source_name\":\"-\",\"source_name_aggr\":\"web-*\",\"dest_namespace\":\"-\","
         "\"dest_name\":\"h\",\"proto\":\"esp\"}",
         "10.0.0.2 > 192.0.2.1 50 0 0 -1/-1"},
        {"{\"source_namespace\":\"a\",\"source_name\":\"web\",\"dest_namespace\":\"a\",\"dest_name\":\"six\","
         "\"proto\":\"esp\"}",
         "fd00::1 > fd00::6 50 0 0 -1/-1"},
        {"{\"source_namespace\":\"a\",\"source_name\":\"web-2\",\"dest_namespace\":\"a\",\"dest_name\":\"six\"}",
         "0+1: one address is IPv4, the other IPv6"},
        {"{\"source_namespace\":\"a\",\"source_name\":\"web-*\",\"dest_namespace\":\"b\",\"dest_name\":\"web\"}",
         "67+11: no address of an endpoint \"b/web\" is known"},
        {"{\"source_name_aggr\":\"pub\",\"dest_ip\":\"10.0.0.1\"}",
         "1+18: no address of an endpoint \"pub\" is known"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_str_eq(record(cases[i].text), cases[i].expected);
    }
}
END_TEST

START_TEST(interfaces_are_kept)
{
    struct flow flow;
    struct flow_record_error error;
    static const char text[] =
        "{" ENDS ",\"proto\":\"tcp\",\"in_interface\":\"eth0\",\"out_interface\":\"cali1\"}";
    prepare();
    ck_assert(flowlog_read_flow(reader, names, text, sizeof text - 1, &flow, &error));
    ck_assert_str_eq(flow.in_interface, "eth0");
    ck_assert_str_eq(flow.out_interface, "cali1");
}
END_TEST

UNIT_TESTS("flowlog: flow", fields_are_those_of_flow_logs, mistakes_have_a_place,
           what_is_not_json_has_a_place_too, endpoints_may_be_named, interfaces_are_kept)
