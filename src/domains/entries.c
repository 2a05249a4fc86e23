// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of each pattern of the lists, for people.
#include "internal.h"

static int compare_addresses(const void *a, const void *b)
{
    const struct dns_fact *left = ((const struct domain_address *)a)->fact;
    const struct dns_fact *right = ((const struct domain_address *)b)->fact;
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : ip_addr_compare(left->addr, right->addr);
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct domain_entry *)a)->pattern,
                  ((const struct domain_entry *)b)->pattern);
}

static struct domain_entries patterns_of(struct arena *arena, const struct domain_rules *rules)
{
    struct domain_entries entries = {0};
    size_t kept = 0;
    for (size_t i = 0; i < rules->list_count; i++) {
        for (size_t j = 0; j < rules->lists[i].count; j++) {
            const char *pattern = rules->lists[i].patterns[j];
            vec_push(arena, &entries,
                     (struct domain_entry){.pattern = pattern,
                                           .wildcard = dns_pattern_is_wildcard(pattern)});
        }
    }
    vec_sort(&entries, compare_entries);
    for (size_t i = 0; i < entries.count; i++) {
        if (kept == 0 || compare_entries(&entries.items[kept - 1], &entries.items[i]) != 0) {
            entries.items[kept++] = entries.items[i];
        }
    }
    entries.count = kept;
    return entries;
}

static void add_fact(struct arena *arena, struct domain_entry *entry, const struct dns_fact *fact,
                     uint64_t left)
{
    if (left > 0) {
        vec_push(arena, &entry->addresses, (struct domain_address){fact, left});
    } else if (entry->expired == NULL || entry->expired->learned < fact->learned) {
        entry->expired = fact;
    }
}

struct domain_entries domains_entries(struct arena *arena, const struct domain_rules *rules,
                                      const struct dns_book *book, int64_t now_ms)
{
    struct domain_entries entries = patterns_of(arena, rules);
    struct dns_index *index = dns_index_new(arena);
    struct dns_view facts = dns_book_all(book);
    struct dns_sets found = {0};
    for (size_t i = 0; i < entries.count; i++) {
        dns_index_add(index, entries.items[i].pattern, (uint32_t)i);
    }
    for (size_t i = 0; i < facts.count; i++) {
        uint64_t left = domains_left(rules, facts.items[i], now_ms);
        dns_index_find(index, arena, facts.items[i]->name, &found);
        for (size_t j = 0; j < found.count; j++) {
            add_fact(arena, &entries.items[found.items[j]], facts.items[i], left);
        }
    }
    for (size_t i = 0; i < entries.count; i++) {
        vec_sort(&entries.items[i].addresses, compare_addresses);
    }
    return entries;
}
