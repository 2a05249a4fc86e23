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

void domains_carry(struct arena *arena, const struct domain_rules *rules,
                   const struct domain_rules *from, const struct nft_domain_elements *elements,
                   struct nft_domain_elements *ret)
{
    struct strmap *by_pattern = lists_by_pattern(arena, rules);
    struct numbers *wider = arena_array_of(arena, struct numbers, from->list_count);
    for (size_t i = 0; i < from->list_count; i++) {
        const struct numbers *candidates = strmap_get(by_pattern, from->lists[i].patterns[0]);
        for (size_t j = 0; candidates != NULL && j < candidates->count; j++) {
            if (has_all(&rules->lists[candidates->items[j]], &from->lists[i])) {
                vec_push(arena, &wider[i], candidates->items[j]);
            }
        }
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
