// SPDX-License-Identifier: GPL-2.0-or-later
// The names of a network set, and what this host has learned of them.
#include "dns_fill.h"
#include "dns_known.h"
#include "get.h"

// The names as rules have them: canonical, sorted, each once.
static struct words canonical(struct arena *arena, const struct res_names *names)
{
    struct words words = {0};
    for (size_t i = 0; i < names->count; i++) {
        vec_push(arena, &words, dns_name_canonical(arena, names->items[i].text));
    }
    words.count = texts_sort_unique(words.items, words.count);
    return words;
}

const struct dns_book *get_book(struct run *run)
{
    struct dns_book *book = dns_book_new(run->arena);
    if (run->options.output == OUTPUT_WIDE || run->options.output == OUTPUT_JSON ||
        run->options.output == OUTPUT_YAML) {
        dns_known_read(run, book);
    }
    return book;
}

void get_cells_names(struct run *run, struct report *report, const struct dns_book *book,
                     const struct res_names *names)
{
    struct arena *arena = run->arena;
    struct words words = canonical(arena, names), addresses = {0}, missing = {0};
    const struct plan_domains list = {.patterns = words.items, .count = words.count};
    const struct domain_rules rules = {.lists = &list,
                                       .list_count = 1,
                                       .min_ttl = run->model->settings.dns_min_ttl,
                                       .extra_ttl = run->model->settings.dns_extra_ttl};
    struct domain_entries entries = domains_entries(arena, &rules, book, dns_now_ms());
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < entries.count; i++) {
        const struct domain_entry *entry = &entries.items[i];
        for (size_t j = 0; j < entry->addresses.count; j++) {
            const struct dns_fact *fact = entry->addresses.items[j].fact;
            vec_push(arena, &addresses,
                     arena_printf(arena, "%s=%s", fact->name, ip_addr_text(fact->addr, buffer)));
        }
        if (entry->addresses.count == 0) {
            vec_push(arena, &missing, entry->pattern);
        }
    }
    report_cell_list(report, words.items, words.count);
    report_cell_list(report, addresses.items, addresses.count);
    report_cell_list(report, missing.items, missing.count);
}
