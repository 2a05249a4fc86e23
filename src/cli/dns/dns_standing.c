// SPDX-License-Identifier: GPL-2.0-or-later
// Plan, stores and kernel -> how the domain rules stand.
#include "dns_standing.h"

#include "dns_fill.h"
#include "dns_gate.h"
#include "dns_known.h"
#include "watch.h"

#include <polc/base/file.h>

static int compare_elements(const void *a, const void *b)
{
    const struct nft_domain_element *left = a, *right = b;
    int order = (left->set > right->set) - (left->set < right->set);
    return order != 0 ? order : ip_addr_compare(left->addr, right->addr);
}

static int compare_entry(const void *key, const void *item)
{
    const struct domain_entry *entry = item;
    return strcmp(key, entry->pattern);
}

const struct domain_entry *dns_standing_entry(const struct dns_standing *standing,
                                              const char *pattern)
{
    return bsearch(pattern, standing->entries.items, standing->entries.count,
                   sizeof *standing->entries.items, compare_entry);
}

const struct nft_domain_element *dns_standing_element(const struct dns_standing *standing,
                                                      uint32_t list, struct ip_addr addr)
{
    struct nft_domain_element key = {.set = list, .addr = addr};
    return standing->elements.count == 0
               ? NULL
               : bsearch(&key, standing->elements.items, standing->elements.count, sizeof key,
                         compare_elements);
}

const struct nft_domain_element *dns_standing_list(const struct dns_standing *standing,
                                                   uint32_t list, size_t *ret_count)
{
    const struct nft_domain_elements *elements = &standing->elements;
    size_t first = 0;
    while (first < elements->count && elements->items[first].set < list) {
        first++;
    }
    size_t end = first;
    while (end < elements->count && elements->items[end].set == list) {
        end++;
    }
    *ret_count = end - first;
    return *ret_count > 0 ? &elements->items[first] : NULL;
}

static bool is_of(const struct dns_standing *standing, struct arena *arena, const char *name,
                  uint32_t list)
{
    struct dns_sets lists = {0};
    dns_index_find(standing->rules.index, arena, name, &lists);
    for (size_t i = 0; i < lists.count; i++) {
        if (lists.items[i] == list) {
            return true;
        }
    }
    return false;
}

bool dns_standing_is_known(const struct dns_standing *standing, struct arena *arena,
                           const struct nft_domain_element *element)
{
    struct dns_view facts;
    bool found = false;
    if (!dns_book_addr(standing->book, element->addr, &facts)) {
        return false;
    }
    struct arena_mark mark = arena_mark(arena);
    for (size_t i = 0; i < facts.count && !found; i++) {
        found = domains_left(&standing->rules, facts.items[i], standing->now) > 0 &&
                is_of(standing, arena, facts.items[i]->name, element->set);
    }
    arena_rewind(arena, mark);
    return found;
}

static size_t count_gone(const struct dns_standing *standing, uint32_t list)
{
    const struct plan_domains *domains = &standing->rules.lists[list];
    size_t gone = 0;
    for (size_t i = 0; i < domains->count; i++) {
        const struct domain_entry *entry = dns_standing_entry(standing, domains->patterns[i]);
        for (size_t j = 0; j < entry->addresses.count; j++) {
            gone +=
                dns_standing_element(standing, list, entry->addresses.items[j].fact->addr) == NULL;
        }
    }
    return gone;
}

static void count(struct arena *arena, struct dns_standing *standing)
{
    for (size_t i = 0; i < standing->entries.count; i++) {
        const struct domain_entry *entry = &standing->entries.items[i];
        bool empty = entry->addresses.count == 0;
        bool known = !entry->wildcard || entry->expired != NULL;
        standing->nameless += empty && known;
        standing->unseen += empty && !known;
    }
    for (size_t i = 0; i < standing->elements.count; i++) {
        standing->foreign += !dns_standing_is_known(standing, arena, &standing->elements.items[i]);
    }
    for (size_t i = 0; i < standing->rules.list_count; i++) {
        standing->gone += count_gone(standing, (uint32_t)i);
    }
    struct dns_view facts = dns_book_all(standing->book);
    for (size_t i = 0; i < facts.count; i++) {
        int64_t *last = &standing->last[facts.items[i]->source];
        *last = facts.items[i]->learned > *last ? facts.items[i]->learned : *last;
    }
}

enum nft_status dns_standing_read(struct run *run, const struct plan *plan,
                                  struct dns_standing *ret, struct nft_failure *reterr)
{
    *ret = (struct dns_standing){.rules = domain_rules_of_plan(run->arena, plan),
                                 .book = dns_book_new(run->arena),
                                 .now = dns_now_ms()};
    CLOSING int gate = dns_gate_enter(run, DNS_GATE_TABLE);
    enum nft_status status = nft_read_domains(run->arena, run->options.table, ret->rules.lists,
                                              ret->rules.list_count, &ret->elements, reterr);
    if (status != NFT_DONE) {
        return status;
    }
    vec_sort(&ret->elements, compare_elements);
    dns_known_read(run, ret->book);
    ret->entries = domains_entries(run->arena, &ret->rules, ret->book, ret->now);
    ret->watch = domain_rules_exist(&ret->rules)
                     ? watch_capture_holder(run->arena, ret->rules.log_group)
                     : NULL;
    count(run->arena, ret);
    return NFT_DONE;
}

const char *dns_left_text(struct arena *arena, const struct nft_domain_element *element)
{
    char buffer[WATCH_TIME_TEXT];
    if (element == NULL) {
        return "gone";
    }
    return element->left_ms == NFT_DOMAIN_FOREVER
               ? "for good"
               : arena_printf(arena, "for %s", watch_time_text(element->left_ms, buffer));
}

const char *dns_ago_text(struct arena *arena, const struct dns_standing *standing, int64_t seconds)
{
    char buffer[WATCH_TIME_TEXT];
    if (seconds == 0) {
        return NULL;
    }
    int64_t ms = standing->now - seconds * 1000;
    return arena_printf(arena, "%s ago", watch_time_text(ms > 0 ? (uint64_t)ms : 0, buffer));
}

const char *dns_standing_summary(struct arena *arena, const struct dns_standing *standing)
{
    size_t addresses = standing->elements.count;
    struct strbuf text = {.arena = arena};
    strbuf_addf(&text, "%zu name%s in %zu list%s, %zu address%s", standing->entries.count,
                plural(standing->entries.count), standing->rules.list_count,
                plural(standing->rules.list_count), addresses, addresses == 1 ? "" : "es");
    if (standing->nameless > 0) {
        strbuf_addf(&text, "; %zu without an address", standing->nameless);
    }
    if (standing->unseen > 0) {
        strbuf_addf(&text, "; %zu pattern%s never seen", standing->unseen,
                    plural(standing->unseen));
    }
    return strbuf_text(&text);
}
