// SPDX-License-Identifier: GPL-2.0-or-later
// plan -> its domain rules; how long a fact counts.
#include "internal.h"

void rules_index(struct arena *arena, struct domain_rules *rules)
{
    struct dns_index *index = dns_index_new(arena);
    for (size_t i = 0; i < rules->list_count; i++) {
        for (size_t j = 0; j < rules->lists[i].count; j++) {
            dns_index_add(index, rules->lists[i].patterns[j], (uint32_t)i);
        }
    }
    rules->index = index;
}

struct domain_rules domain_rules_of_plan(struct arena *arena, const struct plan *plan)
{
    struct domain_rules rules = {
        .id = plan_id(arena, plan),
        .lists = plan->domains.items,
        .list_count = plan->domains.count,
        .servers = plan->settings.dns_servers,
        .min_ttl = plan->settings.dns_min_ttl,
        .extra_ttl = plan->settings.dns_extra_ttl,
        .set_timeout = plan->settings.dns_set_timeout,
        .log_group = plan->settings.dns_log_group,
        .watch = plan->settings.dns_watch,
    };
    rules_index(arena, &rules);
    return rules;
}

bool domain_rules_exist(const struct domain_rules *rules)
{
    return rules->list_count > 0 || rules->watch;
}

uint64_t domains_left(const struct domain_rules *rules, const struct dns_fact *fact, int64_t now_ms)
{
    uint64_t ttl = fact->ttl > rules->min_ttl ? fact->ttl : rules->min_ttl;
    uint64_t whole = (ttl + rules->extra_ttl) * 1000;
    if (fact->source == DNS_FILE || fact->learned >= now_ms / 1000) {
        return whole;
    }
    uint64_t passed = (uint64_t)now_ms - (uint64_t)fact->learned * 1000;
    return fact->learned >= 0 && passed < whole ? whole - passed : 0;
}

bool domains_name_lives(const struct domain_rules *rules, const struct dns_book *book,
                        const char *name, int64_t now_ms)
{
    struct dns_view facts;
    if (!dns_book_name(book, name, &facts)) {
        return false;
    }
    for (size_t i = 0; i < facts.count; i++) {
        if (domains_left(rules, facts.items[i], now_ms) > 0) {
            return true;
        }
    }
    return false;
}
