// SPDX-License-Identifier: GPL-2.0-or-later
// Atoms as people know them: endpoints, hosts, and nets for the rest.
#include "study.h"

#include <stdlib.h>

// An address that has a name, in the plan after the change or, if it has none there, in the one before.
struct owned {
    wide address;
    const char *name;
    uint8_t rank; // what counts more is less
    bool is_host;
};

enum { RANK_WORKLOAD, RANK_HOST, RANK_NODE, RANKS };

struct owned_list {
    VEC_FIELDS(struct owned);
};

struct ranges {
    VEC_FIELDS(struct range);
};

struct atom_who {
    struct traffic_names endpoints, hosts;
    uint32_t rest, named; // sets of the addresses that are neither's, and of the others
};

struct owners {
    const struct study *study;
    struct atom_who *atoms;
    bool *
        loopback; // of each atom: nothing that goes through the loopback interface is policed, nor worth a word
};

// ---- names of addresses -----------------------------------------------------------------------------------------

static void add(struct arena *arena, const struct study *study, struct owned_list *list,
                struct ip_addr addr, const char *name, int rank)
{
    if (addr.family == study->family) {
        vec_push(
            arena, list,
            (struct owned){wide_of_addr(addr), name, (uint8_t)rank, rank % RANKS != RANK_WORKLOAD});
    }
}

// `base` is added to every rank.
static void add_plan(struct arena *arena, struct arena *names, const struct study *study,
                     const struct plan *plan, int base, struct owned_list *list)
{
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[i];
        for (size_t j = 0; j < endpoint->address_count; j++) {
            add(arena, study, list, endpoint->addresses[j], endpoint->id, base + RANK_WORKLOAD);
        }
    }
    for (size_t i = 0; i < plan->hosts.count; i++) {
        const struct plan_host *host = &plan->hosts.items[i];
        for (size_t j = 0; j < host->address_count; j++) {
            add(arena, study, list, host->addresses[j], host->id, base + RANK_HOST);
        }
    }
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        const struct plan_interface *interface = &plan->interfaces.items[i];
        const char *node = interface->node != NULL ? interface->node : plan->node;
        const char *name = interface->host >= 0 ? plan->hosts.items[interface->host].id
                           : node != NULL       ? arena_printf(names, "node/%s", node)
                                                : "this host";
        for (size_t j = 0; j < interface->address_count; j++) {
            add(arena, study, list, interface->addresses[j].addr, name,
                base + (interface->host >= 0 ? RANK_HOST : RANK_NODE));
        }
    }
}

static int compare_owned(const void *a, const void *b)
{
    const struct owned *left = a;
    const struct owned *right = b;
    if (left->address != right->address) {
        return left->address < right->address ? -1 : 1;
    }
    int order = left->rank - right->rank;
    return order != 0 ? order : strcmp(left->name, right->name);
}

// ---- names of atoms ---------------------------------------------------------------------------------------------

struct placed {
    struct range range;
    uint32_t atom;
};

struct placed_list {
    VEC_FIELDS(struct placed);
};

static int compare_placed(const void *a, const void *b)
{
    wide left = ((const struct placed *)a)->range.min;
    wide right = ((const struct placed *)b)->range.min;
    return (left > right) - (left < right);
}

static struct placed_list place_atoms(struct arena *arena, const struct study *study)
{
    struct placed_list list = {0};
    for (uint32_t atom = 0; atom < study->atoms.count; atom++) {
        size_t count;
        const struct range *ranges = space_items(study->space, study->atoms.parts[atom], &count);
        for (size_t i = 0; i < count; i++) {
            vec_push(arena, &list, (struct placed){ranges[i], atom});
        }
    }
    vec_sort(&list, compare_placed);
    return list;
}

// Both lists are sorted, and the ranges cover everything.
static void name_atoms(struct arena *arena, struct owners *owners, const struct owned_list *owned,
                       const struct placed_list *placed, struct ranges *ret_named)
{
    size_t at = 0;
    for (size_t i = 0; i < owned->count; i++) {
        const struct owned *one = &owned->items[i];
        if (i > 0 && owned->items[i - 1].address == one->address) {
            continue; // somebody with a lower rank has it
        }
        while (placed->items[at].range.max < one->address) {
            at++;
        }
        uint32_t atom = placed->items[at].atom;
        struct atom_who *who = &owners->atoms[atom];
        vec_push(arena, one->is_host ? &who->hosts : &who->endpoints, one->name);
        vec_push(arena, &ret_named[atom], (struct range){one->address, one->address});
    }
}

struct owners *owners_new(struct arena *arena, struct arena *names, const struct study *study)
{
    struct owners *owners = arena_new_of(arena, struct owners);
    struct owned_list owned = {0};
    struct ranges *named = arena_array_of(arena, struct ranges, study->atoms.count);
    static const struct cidr loopback[] = {{{IP_V4, {127}}, 8}, {{IP_V6, {[15] = 1}}, 128}};
    struct placed_list placed = place_atoms(arena, study);
    owners->study = study;
    owners->atoms = arena_array_of(arena, struct atom_who, study->atoms.count);
    owners->loopback = arena_array_of(arena, bool, study->atoms.count);
    uint32_t lo =
        space_cidrs(study->space, &(struct cidrset){(struct cidr *)loopback, ARRAY_COUNT(loopback)},
                    study->family);
    add_plan(arena, names, study, study->halves[AFTER].plan, 0, &owned);
    add_plan(arena, names, study, study->halves[BEFORE].plan, RANKS, &owned);
    vec_sort(&owned, compare_owned);
    name_atoms(arena, owners, &owned, &placed, named);
    for (size_t i = 0; i < study->atoms.count; i++) {
        uint32_t set = space_ranges(study->space, named[i].items, named[i].count);
        owners->atoms[i].named = set;
        owners->atoms[i].rest = space_minus(study->space, study->atoms.parts[i], set);
        owners->loopback[i] = space_minus(study->space, study->atoms.parts[i], lo) == SPACE_EMPTY;
    }
    return owners;
}

// ---- an end -------------------------------------------------------------------------------------------------------

// The largest prefix that begins at `min` and does not go beyond `max`.
static struct cidr first_prefix(wide min, wide max, uint8_t family)
{
    unsigned all = ip_family_bits(family);
    unsigned bits = 0; // of the host part
    while (bits < all && (min >> bits & 1) == 0 &&
           (bits + 1 == all && all == 128 ? max == ~(wide)0
                                          : max - min >= (((wide)1 << (bits + 1)) - 1))) {
        bits++;
    }
    return (struct cidr){addr_of_wide(min, family), (uint8_t)(all - bits)};
}

static struct cidrset to_cidrs(struct arena *arena, const struct ranges *ranges,
                               struct space *space, uint8_t family)
{
    VEC(struct cidr) list = {0};
    size_t count;
    uint32_t set = space_ranges(space, ranges->items, ranges->count);
    const struct range *items = space_items(space, set, &count);
    for (size_t i = 0; i < count; i++) {
        wide min = items[i].min;
        for (bool more = true; more;) {
            struct cidr cidr = first_prefix(min, items[i].max, family);
            wide last = wide_of_addr(cidr_last(cidr));
            vec_push(arena, &list, cidr);
            more = last < items[i].max;
            min = last + 1;
        }
    }
    return (struct cidrset){list.items, list.count};
}

static void add_ranges(struct arena *arena, const struct space *space, uint32_t set,
                       struct ranges *ret)
{
    size_t count;
    const struct range *items = space_items(space, set, &count);
    for (size_t i = 0; i < count; i++) {
        vec_push(arena, ret, items[i]);
    }
}

static void add_names(struct arena *arena, const struct traffic_names *from,
                      struct traffic_names *to)
{
    for (size_t i = 0; i < from->count; i++) {
        vec_push(arena, to, from->items[i]);
    }
}

static void sort_names(struct traffic_names *names)
{
    names->count = texts_sort_unique(names->items, names->count);
}

// Addresses with a name cut nets into many small ones. Told with their holes they are what people wrote; who is named
// beside them is none.
static void fill_holes(struct arena *arena, const struct owners *owners, const bool *wanted,
                       bool value, struct ranges *rest, struct traffic_who *ret)
{
    struct space *space = owners->study->space;
    struct ranges all = {0}, filled = {0};
    uint32_t inside = space_ranges(space, rest->items, rest->count);
    add_ranges(arena, space, inside, &all);
    for (size_t i = 0; i < owners->study->atoms.count; i++) {
        add_ranges(arena, space, owners->atoms[i].named, &all);
    }
    uint32_t around = space_ranges(space, all.items, all.count);
    size_t count;
    const struct range *items = space_items(space, around, &count);
    for (size_t i = 0; i < count; i++) {
        if (space_and(space, space_range(space, items[i].min, items[i].max), inside) !=
            SPACE_EMPTY) {
            vec_push(arena, &filled, items[i]);
        }
    }
    struct cidrset nets = to_cidrs(arena, &filled, space, owners->study->family);
    if (2 * nets.count > ret->nets.count) {
        return;
    }
    ret->nets = nets;
    uint32_t whole = space_ranges(space, filled.items, filled.count);
    for (size_t i = 0; i < owners->study->atoms.count; i++) {
        const struct atom_who *who = &owners->atoms[i];
        if (wanted[i] != value && space_and(space, who->named, whole) != SPACE_EMPTY) {
            add_names(arena, &who->endpoints, &ret->holes);
            add_names(arena, &who->hosts, &ret->holes);
        }
    }
    sort_names(&ret->holes);
}

static void describe(struct arena *arena, const struct owners *owners, const bool *wanted,
                     bool value, struct traffic_who *ret)
{
    enum { FEW = 3 };
    const struct study *study = owners->study;
    struct ranges rest = {0};
    for (size_t i = 0; i < study->atoms.count; i++) {
        if (wanted[i] == value && !owners->loopback[i]) {
            const struct atom_who *who = &owners->atoms[i];
            add_names(arena, &who->endpoints, &ret->endpoints);
            add_names(arena, &who->hosts, &ret->hosts);
            add_ranges(arena, study->space, who->rest, &rest);
        }
    }
    sort_names(&ret->endpoints);
    sort_names(&ret->hosts);
    ret->nets = to_cidrs(arena, &rest, study->space, study->family);
    if (ret->nets.count > FEW) {
        fill_holes(arena, owners, wanted, value, &rest, ret);
    }
}

static bool more_than_half(const struct ranges *ranges, uint8_t family)
{
    wide half = (wide)1 << (ip_family_bits(family) - 1);
    wide sum = 0;
    for (size_t i = 0; i < ranges->count; i++) {
        wide size = ranges->items[i].max - ranges->items[i].min;
        if (size >= half || sum >= half - size) {
            return true;
        }
        sum += size + 1;
    }
    return false;
}

void owners_describe(struct arena *arena, const struct owners *owners, const uint32_t *atoms,
                     size_t count, struct traffic_end *ret)
{
    const struct study *study = owners->study;
    struct ranges all = {0};
    bool *inside = arena_array_of(arena, bool, study->atoms.count);
    *ret = (struct traffic_end){0};
    for (size_t i = 0; i < count; i++) {
        inside[atoms[i]] = true;
        add_ranges(arena, study->space, study->atoms.parts[atoms[i]], &all);
    }
    ret->addresses = to_cidrs(arena, &all, study->space, study->family);
    ret->all_but = more_than_half(&all, study->family);
    describe(arena, owners, inside, !ret->all_but, &ret->who);
}
