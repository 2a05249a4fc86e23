// SPDX-License-Identifier: GPL-2.0-or-later
// Asks for names, reads the answers strictly, and keeps in words what became of those without an address.
#include "dns_lookup.h"

#include "dns_fill.h"

#include <polc/resolver.h>

// What answers for a name had; more than one for its two questions.
enum { SEEN_ADDRESS = 1, SEEN_UNUSABLE = 2, SEEN_RUBBISH = 4, SEEN_NO_NAME = 8 };

struct asker {
    struct arena *arena;
    const struct words *names;
    uint8_t *seen; // by name
    int64_t now;   // seconds
    enum dns_source source;
    struct dns_lookup *lookup;
};

struct words dns_names_to_ask(struct run *run, const struct domain_rules *rules,
                              const struct dns_book *book, int64_t now_ms)
{
    struct words names = {0};
    struct strmap *known = strmap_new(run->arena);
    for (size_t i = 0; i < rules->list_count; i++) {
        for (size_t j = 0; j < rules->lists[i].count; j++) {
            const char *name = rules->lists[i].patterns[j];
            if (!dns_pattern_is_wildcard(name) && strmap_get(known, name) == NULL &&
                (book == NULL || !domains_name_lives(rules, book, name, now_ms))) {
                strmap_put(known, name, known);
                vec_push(run->arena, &names, name);
            }
        }
    }
    return names;
}

static void take_answer(void *context, size_t name, uint16_t type, const uint8_t *bytes,
                        size_t size)
{
    struct asker *asker = context;
    struct dns_answer answer;
    size_t before = asker->lookup->facts.count;
    if (dns_parse_answer(asker->arena, bytes, size, &answer) != DNS_FINE || answer.qtype != type ||
        strcmp(answer.question, asker->names->items[name]) != 0) {
        asker->seen[name] |= SEEN_RUBBISH;
        return;
    }
    dns_answer_facts(asker->arena, &answer, asker->now, asker->source, &asker->lookup->facts);
    if (asker->lookup->facts.count > before) {
        asker->seen[name] |= SEEN_ADDRESS;
    } else if (answer.addresses.count > 0) {
        asker->seen[name] |= SEEN_UNUSABLE;
    } else if (answer.rcode == DNS_RCODE_NO_NAME) {
        asker->seen[name] |= SEEN_NO_NAME;
    }
}

// `ends`: of its two questions.
static const char *why_missing(uint8_t seen, const uint8_t *ends)
{
    static const struct {
        uint8_t end; // enum resolver_end
        const char *why;
    } rows[] = {{RESOLVER_REFUSED, "the servers cannot tell"},
                {RESOLVER_SILENT, "no server answered"},
                {RESOLVER_LEFT, "no time left"},
                {RESOLVER_NO_NAME, "it cannot be asked for"}};
    if (seen & SEEN_UNUSABLE) {
        return "only addresses that are never opened";
    }
    if (seen & (SEEN_NO_NAME | SEEN_RUBBISH)) {
        return seen & SEEN_NO_NAME ? "no such name" : "the answer makes no sense";
    }
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (ends[0] == rows[i].end || ends[1] == rows[i].end) {
            return rows[i].why;
        }
    }
    return "it has no address";
}

static void collect_missing(const struct asker *asker, const struct resolver_result *result)
{
    for (size_t i = 0; i < asker->names->count; i++) {
        if (!(asker->seen[i] & SEEN_ADDRESS)) {
            vec_push(asker->arena, &asker->lookup->missing,
                     (struct dns_missing){asker->names->items[i],
                                          why_missing(asker->seen[i], &result->ends[2 * i])});
        }
    }
}

void dns_lookup(struct run *run, const struct domain_rules *rules, const struct words *names,
                uint64_t timeout, enum dns_source source, struct dns_lookup *ret)
{
    struct asker asker = {
        .arena = run->arena,
        .names = names,
        .seen = arena_array_of(run->arena, uint8_t, names->count),
        .now = dns_now_ms() / 1000,
        .source = source,
        .lookup = ret,
    };
    struct resolver_request request = {
        .servers = rules->servers.items,
        .server_count = rules->servers.count,
        .names = names->items,
        .name_count = names->count,
        .timeout = timeout,
        .answer = take_answer,
        .context = &asker,
    };
    struct resolver_result result;
    *ret = (struct dns_lookup){.silent = false};
    int error = resolver_run(run->arena, &request, &result);
    if (error != 0) {
        ret->problem = strerror(error);
    }
    ret->silent = names->count > 0 && result.counts[RESOLVER_ANSWERED] == 0 &&
                  result.counts[RESOLVER_REFUSED] == 0;
    collect_missing(&asker, &result);
}

const char *dns_missing_text(struct arena *arena, const struct dns_lookup *lookup)
{
    enum { SHOWN = 5 };
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < lookup->missing.count && i < SHOWN; i++) {
        strbuf_addf(&text, "%s%s (%s)", i > 0 ? ", " : "", lookup->missing.items[i].name,
                    lookup->missing.items[i].why);
    }
    if (lookup->missing.count > SHOWN) {
        strbuf_addf(&text, " and %zu more", lookup->missing.count - SHOWN);
    }
    return strbuf_text(&text);
}

const char *dns_servers_text(struct arena *arena, const struct domain_rules *rules)
{
    const struct ip_ports *servers = &rules->servers;
    struct strbuf text = {.arena = arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < servers->count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : "",
                    ip_port_text(servers->items[i].addr, servers->items[i].port, buffer));
    }
    return strbuf_text(&text);
}
