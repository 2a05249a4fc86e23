// SPDX-License-Identifier: GPL-2.0-or-later
// Which names of an address a record of a flow gets.
#include "flowlog_helper.h"

#include <polc/dns.h>

#include "unit.h"

static struct arena *scratch;

static const char input[] =
    "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: a, labels: {app: web}}, "
    "spec: {nodeName: n1}, status: {phase: Running, podIP: 10.0.0.1}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: {name: wide}, spec: {nets: "
    "[192.0.2.0/24]}}\n";

static const char by_name[] =
    "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: a, labels: {app: web}}, "
    "spec: {nodeName: n1}, status: {phase: Running, podIP: 10.0.0.1}}\n---\n"
    "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: web, namespace: a}, spec: {selector: "
    "all(), types: [Egress], egress: [{action: Allow, protocol: TCP, destination: {domains: [\"*.pay.example\"], "
    "ports: [443]}}]}}\n";

// "NAME ADDRESS LEARNED TTL cname", separated by "; ". Without a time it is of a file.
static struct dns_book *book_of(const char *facts)
{
    struct dns_book *book = dns_book_new(arena);
    char *next = arena_strdup(arena, facts), *one;
    while ((one = strsep(&next, ";")) != NULL) {
        char name[64], text[64], followed[16];
        long learned = 0;
        unsigned ttl = 0;
        struct dns_fact fact = {.source = DNS_WATCH};
        int count = sscanf(one, " %63s %63s %ld %u %15s", name, text, &learned, &ttl, followed);
        ck_assert_int_ge(count, 2);
        ck_assert_int_eq(ip_addr_parse(text, strlen(text), &fact.addr), ADDR_OK);
        fact.name = arena_strdup(arena, name);
        fact.learned = learned;
        fact.ttl = ttl;
        fact.followed = count == 5;
        fact.source = count == 2 ? DNS_FILE : DNS_WATCH;
        dns_book_add(book, &fact);
    }
    return book;
}

// The domains that a record gets, with blanks between them.
static const char *domains_of(const struct dns_book *book, const char *json)
{
    struct flowlog_records records = {0};
    struct flowlog_record record = record_of(json);
    struct strbuf text = {.arena = arena};
    scratch = scratch != NULL ? scratch : arena_new((size_t)1 << 24);
    struct flowlog_judge *judge = flowlog_judge_new(reader, scratch, plan_of(input, NULL));
    flowlog_judge_set_book(judge, book);
    flowlog_judge(judge, &record, &records);
    ck_assert_uint_ge(records.count, 1);
    const struct flow_strings *domains = &records.items[0].domains;
    for (size_t i = 0; i < domains->count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? " " : "", domains->items[i]);
    }
    return strbuf_text(&text);
}

#define FLOW(dest, more)                                                                           \
    "{'source_ip':'10.0.0.1','dest_ip':'" dest "','proto':'tcp','dest_port':443" more "}"
#define AT(start, end) ",'start_time':" start ",'end_time':" end

START_TEST(names_count_while_they_hold)
{
    const struct dns_book *book =
        book_of("a.example 8.8.8.8 100 50; b.example 8.8.8.8 200 50; c.example 8.8.4.4 100 50");
    static const struct {
        const char *json, *expected;
    } cases[] = {
        {FLOW("8.8.8.8", AT("100", "150")), "a.example"},
        {FLOW("8.8.8.8", AT("150", "160")), "a.example"}, // its last second
        {FLOW("8.8.8.8", AT("210", "220")), "b.example"},
        {FLOW("8.8.8.8", AT("140", "200")), "a.example b.example"}, // a long one meets both
        {FLOW("8.8.4.4", AT("120", "120")), "c.example"},
        {FLOW("9.9.9.9", AT("120", "120")), ""},
        // When it began is not known: any time before its end.
        {FLOW("8.8.8.8", ",'end_time':220"), "a.example b.example"},
        {FLOW("8.8.8.8", ",'end_time':120"), "a.example"},
        {FLOW("8.8.8.8", ""), "a.example b.example"},
        // No name held then: the nearest.
        {FLOW("8.8.8.8", AT("160", "161")), "a.example"},
        {FLOW("8.8.8.8", AT("190", "199")), "b.example"},
        {FLOW("8.8.8.8", AT("9000", "9001")), "b.example"},
        {FLOW("8.8.8.8", AT("1", "2")), "a.example"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *domains = domains_of(book, cases[i].json);
        ck_assert_msg(strcmp(domains, cases[i].expected) == 0, "%s: \"%s\"", cases[i].json,
                      domains);
    }
}
END_TEST

START_TEST(a_file_knows_no_times)
{
    const struct dns_book *book = book_of("b.example 8.8.8.8; a.example 8.8.8.8");
    ck_assert_str_eq(domains_of(book, FLOW("8.8.8.8", AT("9000", "9001"))), "a.example b.example");
    ck_assert_str_eq(domains_of(book, FLOW("8.8.8.8", "")), "a.example b.example");
}
END_TEST

START_TEST(what_a_record_has_stays)
{
    const struct dns_book *book = book_of("b.example 8.8.8.8; in.example 10.0.0.2; "
                                          "self.example 10.0.0.1; set.example 192.0.2.1");
    ck_assert_str_eq(domains_of(book, FLOW("8.8.8.8", ",'dest_domains':['z.example','Y.example']")),
                     "z.example Y.example");
    ck_assert_str_eq(domains_of(NULL, FLOW("8.8.8.8", "")), "");
    // A private address that nothing has may have a name, a set has some; an endpoint is called what it is.
    ck_assert_str_eq(domains_of(book, FLOW("10.0.0.2", "")), "in.example");
    ck_assert_str_eq(domains_of(book, FLOW("192.0.2.1", "")), "set.example");
    ck_assert_str_eq(domains_of(book, FLOW("10.0.0.1", "")), "");
    ck_assert_str_eq(domains_of(book,
                                "{'source_ip':'10.0.0.1','dest_name_aggr':'pub','dest_type':'net',"
                                "'proto':'tcp','dest_port':443}"),
                     "");
}
END_TEST

START_TEST(what_was_asked_for_is_the_name)
{
    const struct dns_book *book =
        book_of("www.example 8.8.8.8 100 50; edge.cdn.example 8.8.8.8 100 50 cname; "
                "x.cdn.example 8.8.4.4 100 50 cname; late.example 8.8.4.4 900 50");
    ck_assert_str_eq(domains_of(book, FLOW("8.8.8.8", AT("100", "120"))), "www.example");
    // All that is known of it.
    ck_assert_str_eq(domains_of(book, FLOW("8.8.4.4", AT("100", "120"))), "x.cdn.example");
}
END_TEST

// A name that is looked up again and again held all the while.
START_TEST(what_was_renewed_held_before)
{
    const struct dns_book *book = book_of("git.example 8.8.8.8 100 10; git.example 8.8.8.8 500 10; "
                                          "other.example 8.8.8.8 290 20");
    ck_assert_str_eq(domains_of(book, FLOW("8.8.8.8", AT("300", "300"))),
                     "git.example other.example");
    ck_assert_str_eq(domains_of(book, FLOW("8.8.8.8", AT("400", "400"))), "git.example");
    ck_assert_str_eq(domains_of(book, FLOW("8.8.8.8", AT("90", "99"))), "git.example");
}
END_TEST

// What happened is told from what polc knows: a resolver may fill the sets of the kernel by itself.
START_TEST(what_was_allowed_had_a_name)
{
    static const struct {
        const char *json, *last;
        enum flowlog_judged judged;
    } cases[] = {
        {FLOW("8.8.8.8", ",'action':'allow'"), "0|default|a/default.web|allow|0", FLOWLOG_JUDGED},
        {FLOW("8.8.8.8", ",'action':'deny'"), "0|default|a/default.web|deny|-1", FLOWLOG_JUDGED},
        {FLOW("8.8.8.8", ""), "0|default|a/default.web|deny|-1", FLOWLOG_JUDGED},
        // Another name explains nothing, and no name opens this.
        {FLOW("8.8.8.8", ",'action':'allow','dest_domains':['git.example']"),
         "0|default|a/default.web|deny|-1", FLOWLOG_OTHERWISE},
        {FLOW("169.254.169.254", ",'action':'allow'"), "0|default|a/default.web|deny|-1",
         FLOWLOG_OTHERWISE},
        {FLOW("8.8.4.4", ",'action':'allow'"), "0|default|a/default.web|allow|0", FLOWLOG_JUDGED},
    };
    scratch = scratch != NULL ? scratch : arena_new((size_t)1 << 24);
    reader = flowlog_reader_new(arena);
    struct flowlog_judge *judge = flowlog_judge_new(reader, scratch, plan_of(by_name, NULL));
    flowlog_judge_keep_actions(judge);
    flowlog_judge_set_book(judge, book_of("www.pay.example 8.8.4.4 100 50"));
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct flowlog_records records = {0};
        struct flowlog_record record = record_of(cases[i].json);
        ck_assert_int_eq(flowlog_judge(judge, &record, &records), cases[i].judged);
        const struct flow_strings *trace = &records.items[0].enforced;
        ck_assert_str_eq(trace->items[trace->count - 1], cases[i].last);
    }
}
END_TEST

START_TEST(many_names_are_cut)
{
    struct strbuf facts = {.arena = arena};
    for (int i = 0; i < 3 * FLOWLOG_DOMAINS_MAX; i++) {
        strbuf_addf(&facts, "%sn%02d.example 8.8.8.8 %d 10000", i > 0 ? ";" : "", i, 100 + i);
    }
    const char *domains =
        domains_of(book_of(strbuf_text(&facts)), FLOW("8.8.8.8", ",'end_time':500"));
    size_t blanks = 0;
    for (const char *at = domains; *at != '\0'; at++) {
        blanks += *at == ' ';
    }
    ck_assert_uint_eq(blanks + 1, FLOWLOG_DOMAINS_MAX);
    ck_assert(text_begins(domains, "n32.example n33.example ")); // those that were learned last
}
END_TEST

UNIT_TESTS("flowlog: domains", names_count_while_they_hold, a_file_knows_no_times,
           what_a_record_has_stays, what_was_asked_for_is_the_name, what_was_renewed_held_before,
           what_was_allowed_had_a_name, many_names_are_cut)
