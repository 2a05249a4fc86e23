// SPDX-License-Identifier: GPL-2.0-or-later
// Filters in all their spellings, against one record; and mistakes with their places.
#include "flowlog_helper.h"

#include "unit.h"

static const char sample[] =
    "{'source_namespace':'hipstershop','source_name':'web-5-x','source_name_aggr':'web-5-*',"
    "'source_type':'wep','source_ip':'10.65.0.14','dest_ip':'2001:db8::1','dest_name_aggr':'pub',"
    "'dest_type':'net','dest_port':6379,'proto':'tcp','action':'allow','reporter':'src',"
    "'bytes_in':0,'dest_domains':['a.example.com','b.example.org'],"
    "'source_labels':{'labels':['app=web','tier=front']},"
    "'policies':{'all_policies':['0|security|security.security-default-pass|pass|0',"
    "'1|default|default.staged:default-deny|deny|-1','2|__PROFILE__|__PROFILE__.kns.h|allow|0'],"
    "'enforced_policies':['0|only|only.enforced|allow|3']}}";

static bool matches(const char *text, const struct flowlog_record *record)
{
    struct flow_record_error error;
    const struct flowlog_filter *filter = flowlog_filter_parse(arena, text, &error);
    ck_assert_msg(filter != NULL, "%s: %s at %zu", text, error.message, error.offset);
    ck_assert_ptr_null(error.message);
    return flowlog_filter_matches(filter, record);
}

static const char *const yes[] = {
    "",
    "source_namespace == \"hipstershop\" && dest_port == 6379",
    "(source_namespace = \"hipstershop\") AND (dest_namespace = \"-\")",
    "policies:{ all_policies: *default.staged**deny* }",
    "policies:{all_policies:*default.staged**deny*}",
    "policies: *only.enforced*",
    "policies.all_policies contains 'staged:'",
    "not policies:{ all_policies: *nothing* and enforced_policies: * }",
    "source_name: web*",
    "source_name_aggr in {\"multitool\",\"web-*\"}",
    "source_name_aggr == 'web-5-\\*'",
    "source_name = web-5-x",
    "dest_port in {80, 6379}",
    "dest_port not in {80, 443}",
    "dest_port in (6379)",
    "dest_port in [6379]",
    "dest_port: (80 or 6379)",
    "dest_port: (not 80 and 6*)",
    "dest_port >= 6379 and dest_port<=6379",
    "dest_port > 6378 || dest_port < 10",
    "dest_port != 80",
    "dest_port = 06379",
    "bytes_in = 0 and bytes_out = -",
    "!(dest_port == 80)",
    "NOT dest_port: 80",
    "source_ip == 10.65.0.0/24",
    "source_ip == 10.65.0.9/24",
    "source_ip in {192.0.2.0/24, 10.65.0.14}",
    "source_ip: 10.65.*",
    "source_ip contains \".65.\"",
    "dest_ip == 2001:DB8:0:0::1",
    "dest_ip: 2001:db8::/32",
    "dest_domains == *.example.org",
    "dest_domains != \"-\"",
    "dest_domains: (a.example.com and b.example.org)",
    "source_labels: app=web",
    "source_labels:{ labels: tier=* }",
    "proto = TCP and action = Allow",
    "host = \"-\"",
    "host != \"*\"",
    "dest_name = '-' and dest_service_name = -",
    "reporter == src && (action == deny || action == allow) && !action: d*",
    "\tdest_port\n==\r6379 ",
};

static const char *const no[] = {
    "source_namespace == \"HipsterShop\"",
    "source_namespace: shop",
    "source_namespace = \"hipstershop\" AND dest_namespace != \"-\"",
    "policies:{ enforced_policies: *staged* }",
    "policies: - ",
    "source_name == 'web-5-\\*'",
    "source_name contains '*'",
    "dest_port < 6379",
    "dest_port > 6379",
    "dest_port in {80, 443}",
    "source_port < 99999 or source_port >= 0",
    "source_port: *",
    "host: *",
    "source_ip == 10.66.0.0/16",
    "source_ip == 10.65.0.1",
    "dest_ip: 2001:db9::/32",
    "dest_domains == example.com",
    "dest_domains: (a.example.com and c.example.com)",
    "action == deny || reporter == dst && proto == tcp",
    "(action == deny || proto == tcp) && reporter == dst",
    "!action == allow",
    "not not not proto = tcp",
    "source_labels: app",
};

START_TEST(filters_match_or_not)
{
    struct flowlog_record record = record_of(sample);
    for (size_t i = 0; i < ARRAY_COUNT(yes); i++) {
        ck_assert_msg(matches(yes[i], &record), "does not match: %s", yes[i]);
    }
    for (size_t i = 0; i < ARRAY_COUNT(no); i++) {
        ck_assert_msg(!matches(no[i], &record), "matches: %s", no[i]);
    }
}
END_TEST

START_TEST(what_is_missing_is_a_dash)
{
    static const char *const texts[] = {
        "source_name = '-'",  "source_ip = '-'",    "dest_port = '-'",  "action = '-'",
        "dest_domains = '-'", "source_labels: '-'", "source_name != x", "not dest_port < 5",
    };
    struct flowlog_record record = record_of("{}");
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        ck_assert_msg(matches(texts[i], &record), "does not match: %s", texts[i]);
    }
    ck_assert(!matches("source_name: *", &record));
    ck_assert(!matches("policies: *", &record));
}
END_TEST

START_TEST(staged_policies_have_two_spellings)
{
    static const struct {
        const char *entry, *filter;
    } cases[] = {
        {"0|default|staged:default.default-deny|deny|-1",
         "policies.all_policies: *default.staged**deny*"},
        {"0|default|staged:default.p|deny|-1", "policies == '0|default|default.staged:p|deny|-1'"},
        {"0|default|default.staged:p|deny|-1", "policies == '0|default|staged:default.p|deny|-1'"},
        {"0|t|ns/staged:t.p|allow|1", "policies == '0|t|ns/t.staged:p|allow|1'"},
        {"0|t|ns/t.staged:p|allow|1", "policies contains 'ns/staged:t.p'"},
        {"0|default|ns/staged:knp.default.p|allow|1",
         "policies contains 'ns/knp.default.staged:p|'"},
        {"0|default|ns/knp.default.staged:p|allow|1",
         "policies contains '|ns/staged:knp.default.p|'"},
        {"0|default|knp.default.staged:p|allow|1", "policies contains '|staged:knp.default.p|'"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct flowlog_record record =
            record_of(arena_printf(arena, "{'policies':{'all_policies':['%s']}}", cases[i].entry));
        ck_assert_msg(matches(cases[i].filter, &record), "%s: does not match %s", cases[i].filter,
                      cases[i].entry);
    }
    struct flowlog_record record = record_of(
        "{'policies':{'all_policies':['0|t|staged:other.p|deny|0','staged:','1|t|staged:',"
        "'2||staged:.x|deny|0','3|default|default.p|deny|-1']}}");
    ck_assert(!matches("policies contains 'other.staged:'", &record));
    ck_assert(!matches("policies: *default.staged**deny*", &record));
}
END_TEST

START_TEST(mistakes_have_their_places)
{
    static const struct {
        const char *text, *place, *message, *hint;
    } cases[] = {
        {"sorce_ip = 1", "sorce_ip", "a flow has no field \"sorce_ip\"", "did you mean source_ip?"},
        {"policies:{ al_policies: x }", "al_policies",
         "a flow has no field \"policies.al_policies\"", "did you mean all_policies?"},
        {"xyz: 1", "xyz", "a flow has no field \"xyz\"", "polc(8) lists the fields, under flows"},
        {"dest_port", "", "a comparison is missing behind \"dest_port\"",
         "FIELD == VALUE, !=, <, <=, >, >=, in {VALUE, ...}, contains, or :"},
        {"dest_port ==", "", "a value is missing here", NULL},
        {"dest_port == && proto: tcp", "&&", "a value is missing here", NULL},
        {"dest_port == htp", "htp", "\"dest_port\" is a number, and \"htp\" is none", NULL},
        {"dest_port < 8*", "8*", "\"dest_port\" is a number, and \"8*\" is none", NULL},
        {"dest_port < -", "-", "\"dest_port\" is a number, and \"-\" is none", NULL},
        {"dest_port contains 8", "contains",
         "\"contains\" is for texts, and \"dest_port\" is a number", NULL},
        {"source_name < 3", "<", "\"<\" compares numbers, and \"source_name\" is none", NULL},
        {"source_ip = web", "web",
         "\"source_ip\" is an address, and \"web\" is neither one nor a prefix", NULL},
        {"action == denied", "denied", "\"action\" is allow or deny, not \"denied\"", NULL},
        {"reporter in {src, \"Dest\"}", "\"Dest\"", "\"reporter\" is src, dst or fwd, not \"dest\"",
         NULL},
        {"source_type != pod", "pod", "\"source_type\" is wep, hep, ns or net, not \"pod\"", NULL},
        {"dest_port in 80", "80", "\"in\" needs a list of values", "FIELD in {VALUE, VALUE}"},
        {"dest_port in {80, 443", "{", "this list of values is not closed", NULL},
        {"dest_port in {80, }", "}", "a value is missing here", NULL},
        {"dest_port in {}", "}", "a value is missing here", NULL},
        {"(proto = tcp", "(", "this parenthesis is not closed", NULL},
        {"dest_port: (80 or 443", "(", "this parenthesis is not closed", NULL},
        {"policies:{ all_policies: x", "{", "this brace is not closed", NULL},
        {"policies:{ all_policies:{ x: y } }", "{", "there are no braces inside of others", NULL},
        {"proto = tcp action = deny", "action", "\"and\" or \"or\" is missing before this", NULL},
        {"proto = tcp)", ")", "\"and\" or \"or\" is missing before this", NULL},
        {"proto = tcp and", "", "a field is missing here", "FIELD == VALUE"},
        {"\"proto\" = tcp", "\"proto\"", "a field is missing here", "FIELD == VALUE"},
        {"host = \"x", "\"", "this quote is not closed", NULL},
        {"host = 'x\\'", "'", "this quote is not closed", NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct flow_record_error error;
        ck_assert_msg(flowlog_filter_parse(arena, cases[i].text, &error) == NULL, "is accepted: %s",
                      cases[i].text);
        size_t rest = strlen(cases[i].text) - error.offset;
        ck_assert_str_eq(error.message, cases[i].message);
        ck_assert_str_eq(arena_strndup(arena, cases[i].text + error.offset,
                                       error.length < rest ? error.length : rest),
                         cases[i].place);
        ck_assert_pstr_eq(error.hint, cases[i].hint);
    }
}
END_TEST

START_TEST(depth_and_length_are_limited)
{
    struct flow_record_error error;
    struct strbuf text = {.arena = arena};
    for (int i = 0; i < 100; i++) {
        strbuf_add(&text, "(");
    }
    ck_assert_ptr_null(flowlog_filter_parse(arena, strbuf_text(&text), &error));
    ck_assert_str_eq(error.message, "more than 64 levels of parentheses");
    for (int i = 0; i < 2000; i++) {
        strbuf_add(&text, "proto:x or ");
    }
    ck_assert_ptr_null(flowlog_filter_parse(arena, strbuf_text(&text), &error));
    ck_assert_str_eq(error.message, "more than 16384 characters");
}
END_TEST

UNIT_TESTS("flowlog: filter", filters_match_or_not, what_is_missing_is_a_dash,
           staged_policies_have_two_spellings, mistakes_have_their_places,
           depth_and_length_are_limited)
