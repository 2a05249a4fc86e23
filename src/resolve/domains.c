// SPDX-License-Identifier: GPL-2.0-or-later
// Lists of domains: those of a rule, or those of the network sets that its selector takes (semantics.md 8.1). Equal lists
// are one entry of the model.
#include "internal.h"

#include <polc/dns.h>

struct domain_registry {
    struct arena *arena;
    struct model *model;
    struct ipset_registry *ipsets;
    struct strmap *numbers;   // name of an entry -> int32_t *
    struct strmap *selectors; // canonical selector -> int32_t *
};

struct domain_registry *domain_registry_new(struct arena *arena, struct model *model,
                                            struct ipset_registry *ipsets)
{
    struct domain_registry *registry = arena_new_of(arena, struct domain_registry);
    *registry = (struct domain_registry){.arena = arena,
                                         .model = model,
                                         .ipsets = ipsets,
                                         .numbers = strmap_new(arena),
                                         .selectors = strmap_new(arena)};
    return registry;
}

struct patterns {
    VEC_FIELDS(const char *);
};

static struct patterns collect_patterns(struct arena *arena, const struct res_names *names)
{
    struct patterns patterns = {0};
    for (size_t i = 0; i < names->count; i++) {
        vec_push(arena, &patterns, dns_name_canonical(arena, names->items[i].text));
    }
    patterns.count = texts_sort_unique(patterns.items, patterns.count);
    return patterns;
}

static int32_t *new_number(struct arena *arena, int32_t value)
{
    int32_t *number = arena_new_of(arena, int32_t);
    *number = value;
    return number;
}

int32_t domains_of_names(struct domain_registry *registry, const struct res_names *names)
{
    struct arena *arena = registry->arena;
    if (names->count == 0) {
        return -1;
    }
    struct patterns patterns = collect_patterns(arena, names);
    struct strbuf name = {.arena = arena};
    for (size_t i = 0; i < patterns.count; i++) {
        strbuf_addf(&name, "%s%s", i > 0 ? " " : "", patterns.items[i]);
    }
    const char *text = strbuf_text(&name);
    const int32_t *known = strmap_get(registry->numbers, text);
    if (known != NULL) {
        return *known;
    }
    int32_t *number = new_number(arena, (int32_t)registry->model->domains.count);
    strmap_put(registry->numbers, text, number);
    vec_push(arena, &registry->model->domains,
             (struct model_domains){text, patterns.items, patterns.count});
    return *number;
}

int32_t domains_of_selector(struct domain_registry *registry, const struct sel *sel)
{
    struct arena *arena = registry->arena;
    const char *text = sel_text(arena, sel);
    int32_t *number = strmap_get(registry->selectors, text);
    if (number == NULL) {
        struct res_names names = {0};
        ipset_domain_names(registry->ipsets, sel, &names);
        number = new_number(arena, domains_of_names(registry, &names));
        strmap_put(registry->selectors, text, number);
    }
    return *number;
}
