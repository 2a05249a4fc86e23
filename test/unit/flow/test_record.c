// SPDX-License-Identifier: GPL-2.0-or-later
// Flow records: what is read, what is left alone, and where a mistake is.
#include "flow/flow_helper.h"

#include "unit.h"

// The flow as "SOURCE > DESTINATION PROTOCOL SPORT DPORT TYPE/CODE", or "OFFSET+LENGTH: MESSAGE".
static const char *record(const char *text)
{
    struct flow flow;
    struct flow_record_error error;
    char source[IP_TEXT_MAX];
    char destination[IP_TEXT_MAX];
    if (!flow_record_parse(arena, text, strlen(text), &flow, &error)) {
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
        ck_assert(!flow_record_parse(arena, texts[i], strlen(texts[i]), &flow, &error));
        ck_assert_uint_lt(error.offset, strlen(texts[i]));
        ck_assert_ptr_nonnull(error.hint);
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
           what_is_not_json_has_a_place_too, protocols_have_names)
