// SPDX-License-Identifier: GPL-2.0-or-later
// Names asked of servers that answer, lie, are slow, cut their answers short, or are not there.
#include "dns_server.h"

#include <polc/resolver.h>

enum { MANY = 3000, LONG = 20000 };

static struct arena *arena;
static unsigned addresses[MANY]; // by name: A records 192.0.2.1 that came
static unsigned answers[MANY];

static void take(void *context, size_t name, uint16_t type, const uint8_t *bytes, size_t size)
{
    (void)context;
    require(type == RESOLVER_A || type == RESOLVER_AAAA);
    require(size > DNS_HEADER && (bytes[2] & 0x82) == 0x80);
    answers[name]++;
    addresses[name] += bytes[7] == 1 && memcmp(bytes + size - 4, "\xc0\x00\x02\x01", 4) == 0;
}

static struct ip_port server_at(const char *address, uint16_t port)
{
    struct ip_port server = {.port = port};
    require(ip_addr_parse(address, strlen(address), &server.addr) == ADDR_OK);
    return server;
}

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// How the two questions for a name ended.
struct ends {
    uint8_t a, aaaa;
};

static struct ends ask(const char *name, uint64_t timeout, const struct ip_port *servers,
                       size_t count)
{
    struct resolver_result result;
    struct resolver_request request = {servers, count, &name, 1, timeout, take, NULL};
    arena = arena == NULL ? arena_new((size_t)1 << 28) : arena;
    memset(addresses, 0, sizeof addresses);
    memset(answers, 0, sizeof answers);
    require(resolver_run(arena, &request, &result) == 0);
    require(result.counts[result.ends[0]] >= 1);
    return (struct ends){result.ends[0], result.ends[1]};
}

static struct ends ask_good(const char *name)
{
    struct ip_port good = server_at("127.0.0.1", PORT_GOOD);
    return ask(name, LONG, &good, 1);
}

NETNS_TEST(answers_come_over_either_family)
{
    dns_server_start();
    struct ip_port six = server_at("::1", PORT_GOOD);
    struct ends ends = ask_good("ok.example");
    require(ends.a == RESOLVER_ANSWERED && ends.aaaa == RESOLVER_ANSWERED);
    require(answers[0] == 2 && addresses[0] == 1);
    ends = ask("ok.example", LONG, &six, 1);
    require(ends.a == RESOLVER_ANSWERED && addresses[0] == 1);
    ends = ask_good("nx.example");
    require(ends.a == RESOLVER_ANSWERED && answers[0] == 2 && addresses[0] == 0);
}

NETNS_TEST(no_search_domain_and_no_hosts_file)
{
    dns_server_start();
    struct ends ends = ask_good("localhost");
    require(ends.a == RESOLVER_ANSWERED && answers[0] == 2);
    ends = ask_good("nx");
    require(ends.a == RESOLVER_ANSWERED && answers[0] == 2 && addresses[0] == 0);
}

NETNS_TEST(a_lost_question_is_asked_again)
{
    struct seen *seen = dns_server_start();
    struct ends ends = ask_good("lost.example");
    require(ends.a == RESOLVER_ANSWERED && ends.aaaa == RESOLVER_ANSWERED && addresses[0] == 1);
    require(seen->udp == 4);
}

NETNS_TEST(a_truncated_answer_comes_whole_over_tcp)
{
    struct seen *seen = dns_server_start();
    struct ends ends = ask_good("cut.example");
    require(ends.a == RESOLVER_ANSWERED && addresses[0] == 1);
    require(seen->udp == 2 && seen->tcp == 2);
    ends = ask_good("half.example");
    require(ends.a == RESOLVER_SILENT && answers[0] == 0);
}

NETNS_TEST(spoofed_answers_change_nothing)
{
    dns_server_start();
    struct ends ends = ask_good("spoof.example");
    require(ends.a == RESOLVER_ANSWERED && answers[0] == 2 && addresses[0] == 1);
}

NETNS_TEST(a_server_without_edns_is_asked_without)
{
    dns_server_start();
    struct ends ends = ask_good("old.example");
    require(ends.a == RESOLVER_ANSWERED && addresses[0] == 1);
}

NETNS_TEST(the_next_server_is_asked)
{
    struct seen *seen = dns_server_start();
    static const uint16_t bad[] = {PORT_SILENT, PORT_CLOSED, PORT_FAILING};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct ip_port servers[] = {server_at("127.0.0.1", bad[i]),
                                    server_at("127.0.0.1", PORT_GOOD)};
        struct ends ends = ask("ok.example", LONG, servers, 2);
        require(ends.a == RESOLVER_ANSWERED && ends.aaaa == RESOLVER_ANSWERED && addresses[0] == 1);
    }
    require(seen->failing == 2);
}

NETNS_TEST(what_nobody_can_tell_ends)
{
    struct seen *seen = dns_server_start();
    struct ip_port failing = server_at("127.0.0.1", PORT_FAILING);
    struct ip_port closed = server_at("127.0.0.1", PORT_CLOSED);
    struct ip_port nowhere = server_at("198.51.100.1", 53); // no route
    struct ends ends = ask("ok.example", LONG, &failing, 1);
    require(ends.a == RESOLVER_REFUSED && ends.aaaa == RESOLVER_REFUSED && seen->failing == 2);
    ends = ask("ok.example", LONG, &closed, 1);
    require(ends.a == RESOLVER_SILENT && ends.aaaa == RESOLVER_SILENT);
    ends = ask("ok.example", LONG, &nowhere, 1);
    require(ends.a == RESOLVER_SILENT);
    ends = ask("a..b", LONG, &failing, 1);
    require(ends.a == RESOLVER_NO_NAME);
    ends = ask("ok.example", LONG, NULL, 0);
    require(ends.a == RESOLVER_LEFT);
}

// Whoever asks waits for the time-out, and hardly longer, however many names and servers there are.
NETNS_TEST(one_deadline_for_all)
{
    dns_server_start();
    enum { NAMES = 1000, TIMEOUT = 500 };
    struct ip_port servers[] = {server_at("127.0.0.1", PORT_SILENT),
                                server_at("127.0.0.1", PORT_GOOD)};
    const char *names[NAMES];
    arena = arena_new((size_t)1 << 28);
    for (size_t i = 0; i < NAMES; i++) {
        names[i] = "never.example";
    }
    uint64_t start = clock_ms();
    struct resolver_request request = {servers, 2, names, NAMES, TIMEOUT, take, NULL};
    struct resolver_result result;
    require(resolver_run(arena, &request, &result) == 0);
    uint64_t took = clock_ms() - start;
    require(took >= TIMEOUT && took < 20 * TIMEOUT);
    require(result.counts[RESOLVER_LEFT] == (size_t)2 * NAMES);
}

// Ten thousand names do not wait for a resolver that is not there.
NETNS_TEST(nobody_there)
{
    dns_server_start();
    struct ip_port servers[] = {server_at("127.0.0.1", PORT_CLOSED)};
    const char *names[MANY];
    arena = arena_new((size_t)1 << 28);
    for (size_t i = 0; i < MANY; i++) {
        names[i] = "ok.example";
    }
    struct resolver_request request = {servers, 1, names, MANY, LONG, take, NULL};
    struct resolver_result result;
    require(resolver_run(arena, &request, &result) == 0);
    require(result.counts[RESOLVER_SILENT] > 0 && result.counts[RESOLVER_SILENT] <= 128);
    require(result.counts[RESOLVER_LEFT] + result.counts[RESOLVER_SILENT] == (size_t)2 * MANY);
}

NETNS_TEST(many_at_once_but_not_all)
{
    struct seen *seen = dns_server_start();
    struct ip_port servers[] = {server_at("127.0.0.1", PORT_SILENT),
                                server_at("127.0.0.1", PORT_GOOD)};
    const char *names[MANY];
    arena = arena_new((size_t)1 << 28);
    for (size_t i = 0; i < MANY; i++) {
        names[i] = arena_printf(arena, "ok-%zu.example", i);
    }
    struct resolver_request request = {servers, 2, names, MANY, LONG, take, NULL};
    struct resolver_result result;
    require(resolver_run(arena, &request, &result) == 0);
    require(result.counts[RESOLVER_ANSWERED] == (size_t)2 * MANY);
    for (size_t i = 0; i < MANY; i++) {
        require(answers[i] == 2 && addresses[i] == 1);
    }
    require(seen->batch > 16 && seen->batch <= 128);
}

UNIT_TESTS("resolver", answers_come_over_either_family, no_search_domain_and_no_hosts_file,
           a_lost_question_is_asked_again, a_truncated_answer_comes_whole_over_tcp,
           spoofed_answers_change_nothing, a_server_without_edns_is_asked_without,
           the_next_server_is_asked, what_nobody_can_tell_ends, one_deadline_for_all, nobody_there,
           many_at_once_but_not_all)
