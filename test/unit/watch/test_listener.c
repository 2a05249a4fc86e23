// SPDX-License-Identifier: GPL-2.0-or-later
// Which answers count: those to queries that were seen, of trusted servers; everything else is counted and changes nothing.
#include "unit.h"
#include "watch_helper.h"

#include <polc/watch.h>

static const struct ends asked = {"10.65.0.10", "192.0.2.53", 40000, 53};
static const struct ends answered = {"192.0.2.53", "10.65.0.10", 53, 40000};
static const struct ends asked6 = {"fd65::10", "2001:db8::53", 40000, 53};
static const struct ends answered6 = {"2001:db8::53", "fd65::10", 53, 40000};

struct lab {
    struct arena *arena;
    struct watch_listener *listener;
    size_t answers;
    char name[256];
    uint64_t now;
};

static void begin(struct lab *lab)
{
    struct ip_port servers[] = {{test_addr("2001:db8::53"), 53},
                                {test_addr("192.0.2.53"), 53},
                                {test_addr("192.0.2.54"), 5353}};
    *lab = (struct lab){.arena = arena_new((size_t)1 << 26)};
    lab->listener = watch_listener_new(lab->arena);
    watch_listener_trust(lab->listener, servers, ARRAY_COUNT(servers));
}

static void end(struct lab *lab)
{
    watch_listener_free(lab->listener);
    arena_free(lab->arena);
}

static void see(const struct dns_answer *answer, void *context)
{
    struct lab *lab = context;
    lab->answers++;
    snprintf(lab->name, sizeof lab->name, "%s", answer->question);
}

// What was counted one more.
static enum watch_outcome take_copy(struct lab *lab, const struct wire *packet, uint32_t interface,
                                    bool delivered)
{
    struct watch_counts before = *watch_listener_counts(lab->listener);
    struct watch_copy copy = {packet->bytes, packet->size, delivered, interface, interface};
    watch_listener_take(lab->listener, &copy, lab->now, see, lab);
    for (int i = 0; i < WATCH_OUTCOMES; i++) {
        if (watch_listener_counts(lab->listener)->of[i] != before.of[i]) {
            return (enum watch_outcome)i;
        }
    }
    return WATCH_OUTCOMES;
}

// From a client.
static enum watch_outcome take_from(struct lab *lab, const struct wire *packet, uint32_t interface)
{
    return take_copy(lab, packet, interface, false);
}

// To a client.
static enum watch_outcome take(struct lab *lab, const struct wire *packet)
{
    return take_copy(lab, packet, 3, true);
}

static enum watch_outcome send(struct lab *lab, const struct ends *ends, const struct wire *message)
{
    struct wire packet = udp_packet(ends, message);
    return take_from(lab, &packet, 3);
}

static enum watch_outcome say(struct lab *lab, const struct ends *ends, const struct wire *message)
{
    struct wire packet = udp_packet(ends, message);
    return take(lab, &packet);
}

static enum watch_outcome ask(struct lab *lab, uint16_t id, const char *name)
{
    struct wire message = dns_message(id, name, NULL);
    return send(lab, &asked, &message);
}

static enum watch_outcome answer(struct lab *lab, const struct ends *ends, uint16_t id,
                                 const char *name)
{
    struct wire message = dns_message(id, name, "\306\063\144\001");
    return say(lab, ends, &message);
}

START_TEST(an_answer_to_a_query)
{
    struct lab lab;
    begin(&lab);
    ck_assert_int_eq(ask(&lab, 7, "api.twilio.com"), WATCH_QUERY);
    ck_assert_int_eq(answer(&lab, &answered, 7, "API.twilio.com"), WATCH_ANSWER);
    ck_assert_uint_eq(lab.answers, 1);
    ck_assert_str_eq(lab.name, "api.twilio.com");
    // The query is used up; a copy of the answer is told from one that nobody asked for.
    ck_assert_int_eq(answer(&lab, &answered, 7, "api.twilio.com"), WATCH_REPEATED);
    ck_assert_int_eq(answer(&lab, &answered, 8, "api.twilio.com"), WATCH_UNASKED);
    ck_assert_uint_eq(lab.answers, 1);
    end(&lab);
}
END_TEST

START_TEST(over_ipv6)
{
    struct lab lab;
    begin(&lab);
    struct wire query = dns_message(7, "a.example", NULL);
    ck_assert_int_eq(send(&lab, &asked6, &query), WATCH_QUERY);
    ck_assert_int_eq(answer(&lab, &answered, 7, "a.example"), WATCH_UNASKED);
    ck_assert_int_eq(answer(&lab, &answered6, 7, "a.example"), WATCH_ANSWER);
    end(&lab);
}
END_TEST

START_TEST(forged_answers)
{
    static const struct {
        struct ends ends;
        uint16_t id;
        const char *name;
        enum watch_outcome outcome;
    } cases[] = {
        {{"192.0.2.53", "10.65.0.10", 53, 40000}, 8, "a.example", WATCH_UNASKED},
        {{"192.0.2.53", "10.65.0.10", 53, 40000}, 7, "b.example", WATCH_UNASKED},
        {{"192.0.2.53", "10.65.0.10", 53, 40001}, 7, "a.example", WATCH_UNASKED},
        {{"192.0.2.53", "10.65.0.11", 53, 40000}, 7, "a.example", WATCH_UNASKED},
        {{"192.0.2.54", "10.65.0.10", 5353, 40000}, 7, "a.example", WATCH_UNASKED},
        {{"192.0.2.54", "10.65.0.10", 53, 40000}, 7, "a.example", WATCH_UNTRUSTED},
        {{"192.0.2.53", "10.65.0.10", 54, 40000}, 7, "a.example", WATCH_UNTRUSTED},
        {{"198.51.100.1", "10.65.0.10", 53, 40000}, 7, "a.example", WATCH_UNTRUSTED},
        {{"2001:db8::53", "fd65::10", 53, 40000}, 7, "a.example", WATCH_UNASKED},
    };
    struct lab lab;
    begin(&lab);
    ask(&lab, 7, "a.example");
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        ck_assert_msg(answer(&lab, &cases[i].ends, cases[i].id, cases[i].name) == cases[i].outcome,
                      "case %zu", i);
    }
    ck_assert_uint_eq(lab.answers, 0);
    // None of them used up the query.
    ck_assert_int_eq(answer(&lab, &answered, 7, "a.example"), WATCH_ANSWER);
    end(&lab);
}
END_TEST

START_TEST(an_id_for_two_questions)
{
    struct lab lab;
    begin(&lab);
    ask(&lab, 7, "a.example");
    ask(&lab, 7, "b.example");
    ask(&lab, 7, "a.example"); // sent again: still one
    ck_assert_int_eq(answer(&lab, &answered, 7, "b.example"), WATCH_ANSWER);
    ck_assert_int_eq(answer(&lab, &answered, 7, "a.example"), WATCH_ANSWER);
    ck_assert_int_eq(answer(&lab, &answered, 7, "a.example"), WATCH_REPEATED);
    end(&lab);
}
END_TEST

START_TEST(an_answer_that_is_late)
{
    struct lab lab;
    begin(&lab);
    ask(&lab, 7, "a.example");
    lab.now = 10 * 1000;
    ask(&lab, 8, "b.example");
    ck_assert_int_eq(answer(&lab, &answered, 7, "a.example"), WATCH_ANSWER);
    lab.now = 20 * 1000 + 1;
    ck_assert_int_eq(answer(&lab, &answered, 8, "b.example"), WATCH_UNASKED);
    end(&lab);
}
END_TEST

START_TEST(malformed)
{
    struct lab lab;
    begin(&lab);
    ask(&lab, 7, "a.example");
    struct wire whole = dns_message(7, "a.example", "\306\063\144\001");
    for (size_t size = 0; size < whole.size; size++) {
        struct wire part = whole;
        part.size = size;
        ck_assert_int_eq(say(&lab, &answered, &part), WATCH_MALFORMED);
    }
    ck_assert_uint_eq(lab.answers, 0);
    ck_assert_int_eq(answer(&lab, &answered, 7, "a.example"), WATCH_ANSWER);
    end(&lab);
}
END_TEST

START_TEST(a_flood_takes_nothing_from_others)
{
    struct lab lab;
    begin(&lab);
    struct ends honest = {"10.65.0.20", "192.0.2.53", 40000, 53};
    struct ends honest_back = {"192.0.2.53", "10.65.0.20", 53, 40000};
    struct wire early = dns_message(1, "early.example", NULL);
    struct wire late = dns_message(2, "late.example", NULL);
    struct wire packet = udp_packet(&honest, &early);
    take_from(&lab, &packet, 4);
    bool crowded = false;
    for (uint32_t i = 0; i < 100 * 1000; i++) { // with addresses of all its neighbours
        char source[32];
        snprintf(source, sizeof source, "10.65.%u.%u", i >> 8 & 255, i & 255);
        struct ends flood = {source, "192.0.2.53", (uint16_t)(i >> 16), 53};
        struct wire message = dns_message((uint16_t)i, "x.example", NULL);
        packet = udp_packet(&flood, &message);
        crowded |= take_from(&lab, &packet, 3) == WATCH_CROWDED;
    }
    ck_assert(crowded);
    packet = udp_packet(&honest, &late);
    ck_assert_int_eq(take_from(&lab, &packet, 4), WATCH_QUERY);
    ck_assert_int_eq(answer(&lab, &honest_back, 1, "early.example"), WATCH_ANSWER);
    ck_assert_int_eq(answer(&lab, &honest_back, 2, "late.example"), WATCH_ANSWER);
    end(&lab);
}
END_TEST

START_TEST(over_tcp)
{
    struct lab lab;
    begin(&lab);
    struct wire one = dns_message(1, "a.example", "\306\063\144\001");
    struct wire two = dns_message(2, "b.example", "\306\063\144\002"), data = {.size = 0};
    wire16(&data, (unsigned)one.size);
    wire_bytes(&data, one.bytes, one.size);
    wire16(&data, (unsigned)two.size);
    wire_bytes(&data, two.bytes, two.size);
    struct wire middle = tcp_packet(&answered, 5, 0, data.bytes, data.size);
    ck_assert_int_eq(take(&lab, &middle), WATCH_BROKEN);
    struct wire first = tcp_packet(&answered, 4, TEST_SYN, "", 0);
    ck_assert_int_eq(take(&lab, &first), WATCH_OUTCOMES);
    ck_assert_int_eq(take(&lab, &middle), WATCH_ANSWER);
    ck_assert_uint_eq(lab.answers, 2);
    ck_assert_str_eq(lab.name, "b.example");
    struct ends stranger = {"198.51.100.1", "10.65.0.10", 53, 40000};
    first = tcp_packet(&stranger, 4, TEST_SYN, "", 0);
    ck_assert_int_eq(take(&lab, &first), WATCH_UNTRUSTED);
    end(&lab);
}
END_TEST

START_TEST(servers_change)
{
    struct lab lab;
    begin(&lab);
    ask(&lab, 7, "a.example");
    struct ip_port other = {test_addr("192.0.2.99"), 53};
    watch_listener_trust(lab.listener, &other, 1);
    ck_assert_int_eq(answer(&lab, &answered, 7, "a.example"), WATCH_UNTRUSTED);
    watch_listener_trust(lab.listener, NULL, 0);
    ck_assert_int_eq(ask(&lab, 7, "a.example"), WATCH_UNTRUSTED);
    end(&lab);
}
END_TEST

// A resolver that is trusted asks another one that is.
START_TEST(between_two_servers)
{
    struct lab lab;
    begin(&lab);
    struct ends up = {"192.0.2.53", "192.0.2.54", 53, 5353},
                down = {"192.0.2.54", "192.0.2.53", 5353, 53};
    struct wire query = dns_message(7, "a.example", NULL);
    ck_assert_int_eq(send(&lab, &up, &query), WATCH_QUERY);
    ck_assert_int_eq(answer(&lab, &down, 7, "a.example"), WATCH_ANSWER);
    end(&lab);
}
END_TEST

// What comes in at an interface anybody may have sent: policy drops it later.
START_TEST(what_is_not_delivered_is_no_answer)
{
    static const struct ends talks[] = {
        {"192.0.2.53", "192.0.2.53", 53, 53}, // of a server with itself
        {"192.0.2.53", "192.0.2.54", 53, 5353},
        {"10.65.0.10", "192.0.2.53", 40000, 53},
    };
    struct lab lab;
    begin(&lab);
    for (size_t i = 0; i < ARRAY_COUNT(talks); i++) {
        struct ends back = {talks[i].destination, talks[i].source, talks[i].destination_port,
                            talks[i].source_port};
        struct wire query = dns_message(7, "a.example", NULL);
        struct wire lie = dns_message(7, "a.example", "\306\063\144\001");
        bool to_server = back.destination_port != 40000;
        ck_assert_int_eq(send(&lab, &talks[i], &query), WATCH_QUERY);
        ck_assert_int_eq(send(&lab, &back, &lie), to_server ? WATCH_OTHER : WATCH_UNTRUSTED);
        ck_assert_uint_eq(lab.answers, 0);
        ck_assert_int_eq(say(&lab, &back, &lie), WATCH_ANSWER);
        lab.answers = 0;
    }
    struct ends up = {"192.0.2.53", "192.0.2.54", 53, 5353};
    struct wire opened = tcp_packet(&up, 4, TEST_SYN, "", 0);
    ck_assert_int_eq(take_from(&lab, &opened, 3), WATCH_OTHER);
    end(&lab);
}
END_TEST

START_TEST(every_outcome_has_words)
{
    for (int i = 0; i < WATCH_OUTCOMES; i++) {
        ck_assert_ptr_nonnull(watch_outcome_words[i]);
    }
}
END_TEST

UNIT_TESTS("listener", an_answer_to_a_query, over_ipv6, forged_answers, an_id_for_two_questions,
           an_answer_that_is_late, malformed, a_flood_takes_nothing_from_others, over_tcp,
           servers_change, between_two_servers, what_is_not_delivered_is_no_answer,
           every_outcome_has_words)
