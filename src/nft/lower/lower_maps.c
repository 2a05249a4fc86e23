// SPDX-License-Identifier: GPL-2.0-or-later
// Endpoints by address: the maps that lead a packet to the class of its source and of its destination, and the set of
// workload interfaces.
#include "lower_dispatch.h"

#include <stdlib.h>

// By address, then those without an interface, then by interface. Endpoints that are equal in all of it are one: two on
// the same interface were refused before.
static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;
    int order = ip_addr_compare(left->addr, right->addr);
    if (order != 0 || left->endpoint->interface == NULL || right->endpoint->interface == NULL) {
        return order != 0
                   ? order
                   : (left->endpoint->interface != NULL) - (right->endpoint->interface != NULL);
    }
    return strcmp(left->endpoint->interface, right->endpoint->interface);
}

// An endpoint may list an address twice.
static void drop_repeated(struct entries *entries)
{
    size_t count = 0;
    for (size_t i = 0; i < entries->count; i++) {
        if (count == 0 || compare_entries(&entries->items[count - 1], &entries->items[i]) != 0) {
            entries->items[count++] = entries->items[i];
        }
    }
    entries->count = count;
}

struct entries collect_entries(struct lower *lower)
{
    struct entries entries = {0};
    const struct plan *plan = lower->plan;
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[i];
        for (size_t j = 0; j < endpoint->address_count; j++) {
            vec_push(lower->arena, &entries,
                     (struct entry){endpoint, endpoint->addresses[j], false});
        }
    }
    vec_sort(&entries, compare_entries);
    drop_repeated(&entries);
    for (size_t i = 1; i < entries.count; i++) {
        if (ip_addr_compare(entries.items[i - 1].addr, entries.items[i].addr) == 0) {
            entries.items[i - 1].shared = entries.items[i].shared = true;
        }
    }
    return entries;
}

struct map_elements {
    VEC_FIELDS(struct map_element);
};

static bool belongs(const struct entry *entry, enum map_use use)
{
    bool has_interface = entry->endpoint->interface != NULL;
    switch (use) {
    case MAP_FROM_INTERFACE:
    case MAP_OWN:
        return has_interface;
    case MAP_FROM_ADDRESS:
    case MAP_OWN_ADDRESS:
        return !has_interface;
    case MAP_TO_ADDRESS:
        return !entry->shared;
    case MAP_TO_INTERFACE:
        return entry->shared;
    }
    return false;
}

static struct map_elements make_elements(struct lower *lower, const struct entries *entries,
                                         uint8_t family, enum map_use use)
{
    struct map_elements elements = {0};
    bool from = use == MAP_FROM_INTERFACE || use == MAP_FROM_ADDRESS;
    bool own = use == MAP_OWN || use == MAP_OWN_ADDRESS;
    const struct path *path = from ? &path_from : &path_to;
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry *entry = &entries->items[i];
        if (entry->addr.family == family && belongs(entry, use)) {
            vec_push(lower->arena, &elements,
                     (struct map_element){
                         .ifname = entry->endpoint->interface,
                         .addr = entry->addr,
                         .verdict = own ? VERDICT_ACCEPT : VERDICT_GOTO,
                         .chain = own ? NULL
                                      : lower_class(
                                            lower, entry->endpoint->classes[path->direction], path),
                         .loc = entry->endpoint->loc,
                     });
        }
    }
    return elements;
}

const struct set *make_map(struct lower *lower, const struct entries *entries, const char *name,
                           uint8_t family, enum map_use use)
{
    struct map_elements elements = make_elements(lower, entries, family, use);
    bool is_new;
    struct set *set =
        lower_set(lower, arena_printf(lower->arena, "%s%u", name, family), SET_VERDICTS, &is_new);
    set->family = family;
    set->with_ifname = use == MAP_FROM_INTERFACE || use == MAP_TO_INTERFACE || use == MAP_OWN;
    if (use == MAP_FROM_INTERFACE) {
        vec_push(lower->arena, &elements,
                 (struct map_element){
                     .catch_all = true, .verdict = VERDICT_GOTO, .chain = CHAIN_SPOOFED});
    }
    set->verdicts = elements.items;
    set->count = elements.count;
    set->size = set_size(elements.count);
    return set;
}

const struct set *make_interfaces(struct lower *lower)
{
    VEC(const char *) names = {0};
    for (size_t i = 0; i < lower->plan->endpoints.count; i++) {
        if (lower->plan->endpoints.items[i].interface != NULL) {
            vec_push(lower->arena, &names, lower->plan->endpoints.items[i].interface);
        }
    }
    names.count = texts_sort_unique(names.items, names.count);
    bool is_new;
    struct set *set = lower_set(lower, SET_INTERFACES, SET_IFNAMES, &is_new);
    set->ifnames = names.items;
    set->count = names.count;
    set->size = set_size(names.count);
    return set;
}

struct maps make_maps(struct lower *lower, const struct entries *entries)
{
    static const uint8_t families[] = {IP_V4, IP_V6};
    struct maps maps;
    for (size_t i = 0; i < 2; i++) {
        maps.from[i] = make_map(lower, entries, "from", families[i], MAP_FROM_INTERFACE);
        maps.from_address[i] =
            make_map(lower, entries, "from-address", families[i], MAP_FROM_ADDRESS);
        maps.to[i] = make_map(lower, entries, "to", families[i], MAP_TO_ADDRESS);
        maps.to_interface[i] =
            make_map(lower, entries, "to-interface", families[i], MAP_TO_INTERFACE);
    }
    return maps;
}
