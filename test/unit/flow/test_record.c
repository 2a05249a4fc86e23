// SPDX-License-Identifier: GPL-2.0-or-later
// Flow records: what is read, what is left alone, and where a mistake is.
#include "flow/flow_helper.h"

#include "unit.h"

// web (10.0.0.1, fd00::1) and web-2 (10.0.0.2) in "a", six (fd00::6), and the host endpoint h (192.0.2.1).
static const struct flow_evaluator *evaluator(void)
{
    struct plan *plan = plan_of(join(thing("WorkloadEndpoint", "a", "web", "",
                                           "node: n1, ipNetworks: [10.0.0.1/32, \"fd00::1/128\"]"),
                                     workload("a", "web-2", "", "10.0.0.2/32", ""),
                                     workload("a", "six", "", "fd00::6/128", ""), NULL),
                                NULL);
    static struct ip_addr addr = {IP_V4, {192, 0, 2, 1}};
    struct plan_host *host = add_host(plan, "h", "n1", "eth0");
    host->addresses = &addr;
    host->address_count = 1;
    return flow_evaluator_new(arena, plan);
}

// The flow as "SOURCE > DESTINATION PROTOCOL SPORT DPORT TYPE/CODE", or "OFFSET+LENGTH: MESSAGE".
static const char *record(const char *text)
{
    struct flow flow;
    struct flow_record_error error;
    char source[IP_TEXT_MAX];
    char destination[IP_TEXT_MAX];
    if (!flow_record_parse(arena, evaluator(), text, strlen(text), &flow, &error)) {
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
        {"{\"source_ip\":5,\"dest_ip\":\"10.0.0.2\"}", "1+11: the flow has no \"source_ip\""},
        {"{\"source_ip\":\"x\"}", "1+11: \"source_ip\" is not an address: \"x\""},
        {"{" ENDS ",\"proto\":\"0\"}", "45+7: \"proto\" is no protocol: \"0\""},
        {"{" ENDS ",\"proto\":256}", "45+7: \"proto\" is no protocol: \"256\""},
        {"{" ENDS ",\"proto\":\"\"}", "45+7: \"proto\" is no protocol: \"\""},
        {"{" ENDS ",\"proto\":true}", "45+7: the flow has no \"proto\""},
        {"{" ENDS ",\"proto\":\"tcp\",\"dest_port\":-1}",
         "59+11: \"dest_port\" is a number of 0 to 65535"},
        {"{" ENDS ",\"proto\":\"tcp\",\"dest_port\":\"http\"}",
         "59+11: \"dest_port\" is a number of 0 to 65535"},
        {"{" ENDS ",\"proto\":\"tcp\",\"dest_port\":\"\"}",
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
        ck_assert(
            !flow_record_parse(arena, evaluator(), texts[i], strlen(texts[i]), &flow, &error));
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

START_TEST(protocols_have_names)
{
    ck_assert_str_eq(flow_protocol_text(arena, 58), "icmp6");
    ck_assert_str_eq(flow_protocol_text(arena, 50), "esp");
    ck_assert_str_eq(flow_protocol_text(arena, 89), "protocol 89");
    ck_assert_uint_eq(flow_protocol_parse("ICMPv6"), 58);
    ck_assert_uint_eq(flow_protocol_parse("255"), 255);
    ck_assert_uint_eq(flow_protocol_parse("-1"), 0);
    ck_assert_uint_eq(flow_protocol_parse("6x"), 0);
}
END_TEST

UNIT_TESTS("flow: record", fields_are_those_of_flow_logs, mistakes_have_a_place,
           what_is_not_json_has_a_place_too, endpoints_may_be_named, protocols_have_names)
