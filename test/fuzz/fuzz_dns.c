// SPDX-License-Identifier: GPL-2.0-or-later
// DNS messages: whatever comes, what is taken of one is canonical and within its limits, and no beginning of a good one is
// a good one.
#include <polc/dns.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check_name(struct arena *arena, const char *name)
{
    require(dns_name_problem(name) == NULL);
    require(strcmp(dns_name_canonical(arena, name), name) == 0);
}

static void check_answer(struct arena *arena, const struct dns_answer *answer)
{
    struct dns_facts facts = {0};
    require(answer->names.count > 0 && answer->names.count <= DNS_CHAIN_MAX + 1);
    require(strcmp(answer->names.items[0], answer->question) == 0);
    for (size_t i = 0; i < answer->names.count; i++) {
        check_name(arena, answer->names.items[i]);
    }
    for (size_t i = 0; i < answer->addresses.count; i++) {
        const struct dns_address *address = &answer->addresses.items[i];
        require(address->addr.family == (answer->qtype == DNS_TYPE_A ? IP_V4 : IP_V6));
        require(address->ttl <= DNS_TTL_MAX && address->ttl == answer->addresses.items[0].ttl);
        require(i == 0 || ip_addr_compare(address[-1].addr, address->addr) < 0);
    }
    dns_answer_facts(arena, answer, 1, DNS_WATCH, &facts);
    for (size_t i = 0; i < facts.count; i++) {
        require(dns_address_usable(facts.items[i].addr));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    struct dns_answer answer;
    struct dns_query query;
    if (dns_parse_answer(arena, data, size, &answer) == DNS_FINE) {
        check_answer(arena, &answer);
        require(dns_parse_answer(arena, data, size - 1, &answer) == DNS_MALFORMED);
    }
    if (dns_parse_query(arena, data, size, &query) == DNS_FINE) {
        check_name(arena, query.question);
        require(dns_parse_answer(arena, data, size, &answer) == DNS_OTHER);
    }
    arena_free(arena);
    return 0;
}
