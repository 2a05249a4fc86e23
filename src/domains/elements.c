// SPDX-License-Identifier: GPL-2.0-or-later
// Facts -> elements of domain sets.
#include "internal.h"

void domains_elements(struct arena *arena, const struct domain_rules *rules,
                      const struct dns_book *book, int64_t now_ms, struct nft_domain_elements *ret)
{
    struct dns_view facts = dns_book_all(book);
    struct dns_sets sets = {0};
    const char *name = NULL;
    for (size_t i = 0; i < facts.count; i++) {
        const struct dns_fact *fact = facts.items[i];
        uint64_t left = domains_left(rules, fact, now_ms);
        if (left == 0) {
            continue;
        }
        if (fact->name != name) { // the addresses of a name mostly stand together
            name = fact->name;
            dns_index_find(rules->index, arena, name, &sets);
        }
        for (size_t j = 0; j < sets.count; j++) {
            vec_push(arena, ret, (struct nft_domain_element){sets.items[j], fact->addr, left});
        }
    }
    nft_domain_elements_normalize(ret);
}

// ---- from other lists -------------------------------------------------------------------------------------------------

// Both sorted.
static bool has_all(const struct plan_domains *list, const struct plan_domains *patterns)
{
    size_t found = 0;
    for (size_t i = 0; i < list->count && found < patterns->count; i++) {
        found += strcmp(list->patterns[i], patterns->patterns[found]) == 0;
    }
    return found == patterns->count;
}

struct numbers {
    VEC_FIELDS(uint32_t);
};

// Lists by their first pattern: a list with all patterns of another one has its first one too.
static struct strmap *lists_by_pattern(struct arena *arena, const struct domain_rules *rules)
{
    struct strmap *map = strmap_new(arena);
    for (size_t i = 0; i < rules->list_count; i++) {
        for (size_t j = 0; j < rules->lists[i].count; j++) {
            const char *pattern = rules->lists[i].patterns[j];
            struct numbers *numbers = strmap_get(map, pattern);
            if (numbers == NULL) {
                numbers = arena_new_of(arena, struct numbers);
                strmap_put(map, pattern, numbers);
            }
            vec_push(arena, numbers, (uint32_t)i);
        }
    }
    return map;
}

// The lists that have all patterns of another one.
static struct numbers wider_lists(struct arena *arena, const struct domain_rules *rules,
                                  const struct strmap *by_pattern, const struct plan_domains *list)
{
    struct numbers wider = {.count = 0};
    const struct numbers *candidates = strmap_get(by_pattern, list->patterns[0]);
    for (size_t i = 0; candidates != NULL && i < candidates->count; i++) {
        if (has_all(&rules->lists[candidates->items[i]], list)) {
            vec_push(arena, &wider, candidates->items[i]);
        }
    }
    return wider;
}

struct domain_rules domains_to_carry(struct arena *arena, const struct domain_rules *rules,
                                     const struct plan_domains *before, size_t count)
{
    struct strmap *by_pattern = lists_by_pattern(arena, rules), *known = strmap_new(arena);
    struct plan_domains *lists = arena_array_of(arena, struct plan_domains, count);
    struct domain_rules ret = {.lists = lists};
    for (size_t i = 0; i < count; i++) {
        strmap_put(known, before[i].name, known);
    }
    for (size_t i = 0; i < count; i++) {
        struct numbers wider = wider_lists(arena, rules, by_pattern, &before[i]);
        bool some_new = false;
        for (size_t j = 0; j < wider.count && !some_new; j++) {
            some_new = strmap_get(known, rules->lists[wider.items[j]].name) == NULL;
        }
        if (some_new) {
            lists[ret.list_count++] = before[i];
        }
    }
    return ret;
}

void domains_carry(struct arena *arena, const struct domain_rules *rules,
                   const struct domain_rules *from, const struct nft_domain_elements *elements,
                   struct nft_domain_elements *ret)
{
    struct strmap *by_pattern = lists_by_pattern(arena, rules);
    struct numbers *wider = arena_array_of(arena, struct numbers, from->list_count);
    for (size_t i = 0; i < from->list_count; i++) {
        wider[i] = wider_lists(arena, rules, by_pattern, &from->lists[i]);
    }
    for (size_t i = 0; i < elements->count; i++) {
        const struct nft_domain_element *element = &elements->items[i];
        for (size_t j = 0; j < wider[element->set].count; j++) {
            vec_push(arena, ret,
                     (struct nft_domain_element){wider[element->set].items[j], element->addr,
                                                 element->left_ms});
        }
    }
    nft_domain_elements_normalize(ret);
}
