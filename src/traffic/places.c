// SPDX-License-Identifier: GPL-2.0-or-later
// Whose an address is, and which link it is on: all of an address that the way of a packet depends on.
#include "study.h"

#include <stdlib.h>

uint32_t study_note(struct study *study, uint32_t set)
{
    if (set >= study->set_room) {
        size_t room = 2 * ((size_t)set + 1);
        uint32_t *numbers = arena_array_of(study->arena, uint32_t, room);
        if (study->set_room > 0) {
            memcpy(numbers, study->set_numbers, study->set_room * sizeof *numbers);
        }
        study->set_numbers = numbers;
        study->set_room = room;
    }
    if (study->set_numbers[set] == 0) {
        vec_push(study->arena, &study->sets, set);
        study->set_numbers[set] = (uint32_t)study->sets.count;
    }
    return study->set_numbers[set] - 1;
}

uint32_t study_name(struct study *study, const char *name)
{
    if (name == NULL) {
        return 0;
    }
    uint32_t *known = strmap_get(study->names, name);
    if (known == NULL) {
        known = arena_new_of(study->arena, uint32_t);
        *known = (uint32_t)strmap_count(study->names) + 1;
        strmap_put(study->names, name, known);
    }
    return *known;
}

// A node without a name is the one of the plan, or the only one.
static const char *node_name(const struct plan *plan, const char *node)
{
    return node != NULL ? node : plan->node != NULL ? plan->node : "";
}

struct ip_addr atom_address(const struct study *study, uint32_t atom)
{
    size_t count;
    wide first = space_items(study->space, study->atoms.parts[atom], &count)[0].min;
    return addr_of_wide(first, study->family);
}

// ---- links ------------------------------------------------------------------------------------------------------

static void note_link(struct study *study, struct half *half, struct cidr cidr)
{
    if (cidr.addr.family == study->family) {
        cidr = cidr_masked(cidr);
        uint32_t set = space_cidrs(study->space, &(struct cidrset){&cidr, 1}, study->family);
        vec_push(study->arena, &half->link_sets, study_note(study, set));
    }
}

static void note_links(struct study *study, struct half *half)
{
    size_t count;
    const struct cidr *nets = flow_special_nets(&count);
    const struct plan *plan = half->plan;
    for (size_t i = 0; i < count; i++) {
        note_link(study, half, nets[i]);
    }
    for (size_t i = 0; i < plan->hosts.count; i++) {
        for (size_t j = 0; j < plan->hosts.items[i].address_count; j++) {
            note_link(study, half, cidr_of_addr(plan->hosts.items[i].addresses[j]));
        }
    }
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        const struct plan_interface *interface = &plan->interfaces.items[i];
        for (size_t j = 0; j < interface->address_count; j++) {
            note_link(study, half, cidr_of_addr(interface->addresses[j].addr));
            note_link(study, half, interface->addresses[j]);
        }
    }
}

// ---- workloads ----------------------------------------------------------------------------------------------------

struct owned {
    wide address;
    uint32_t endpoint;
};

static int compare_owned(const void *a, const void *b)
{
    const struct owned *left = a;
    const struct owned *right = b;
    if (left->address != right->address) {
        return left->address < right->address ? -1 : 1;
    }
    return (left->endpoint > right->endpoint) - (left->endpoint < right->endpoint);
}

struct role_ranges {
    VEC_FIELDS(struct range);
};

struct roles {
    struct keys *keys;
    struct {
        VEC_FIELDS(struct role_ranges);
    } ranges; // of each role
};

static void add_owned(struct study *study, struct half *half, struct roles *roles,
                      const struct owned *owned)
{
    const struct plan_endpoint *endpoint = &half->plan->endpoints.items[owned->endpoint];
    const uint32_t place[] = {study_name(study, node_name(half->plan, endpoint->node)),
                              endpoint->interface != NULL, study_name(study, endpoint->bridge)};
    uint32_t number = keys_number(study->places, place, ARRAY_COUNT(place), NULL);
    const uint32_t words[] = {number, half->class_judges[endpoint->classes[PLAN_IN]],
                              half->class_judges[endpoint->classes[PLAN_OUT]]};
    bool is_new;
    uint32_t role = keys_number(roles->keys, words, ARRAY_COUNT(words), &is_new);
    if (is_new) {
        vec_push(study->arena, &half->roles,
                 (struct role){.endpoint = owned->endpoint, .place = number});
        (void)vec_add(study->arena, &roles->ranges);
    }
    vec_push(study->arena, &roles->ranges.items[role],
             (struct range){owned->address, owned->address});
}

// Of several endpoints with one address the first in the plan has it.
static void note_roles(struct study *study, struct half *half)
{
    VEC(struct owned) owned = {0};
    struct roles roles = {.keys = keys_new(study->arena)};
    for (size_t i = 0; i < half->plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &half->plan->endpoints.items[i];
        for (size_t j = 0; j < endpoint->address_count; j++) {
            if (endpoint->addresses[j].family == study->family) {
                vec_push(study->arena, &owned,
                         (struct owned){wide_of_addr(endpoint->addresses[j]), (uint32_t)i});
            }
        }
    }
    vec_sort(&owned, compare_owned);
    for (size_t i = 0; i < owned.count; i++) {
        if (i == 0 || owned.items[i].address != owned.items[i - 1].address) {
            add_owned(study, half, &roles, &owned.items[i]);
        }
    }
    for (size_t i = 0; i < half->roles.count; i++) {
        const struct role_ranges *ranges = &roles.ranges.items[i];
        half->roles.items[i].set =
            study_note(study, space_ranges(study->space, ranges->items, ranges->count));
    }
}

void places_note(struct study *study, struct half *half)
{
    note_links(study, half);
    note_roles(study, half);
}

// ---- once the atoms are there ---------------------------------------------------------------------------------

struct shape_words {
    VEC_FIELDS(uint32_t);
};

static void add_to_members(struct study *study, struct shape_words *shapes, uint32_t set,
                           uint32_t word)
{
    for (size_t atom = 0; atom < study->atoms.count; atom++) {
        if (bit_get(study->atoms.sets[set], atom)) {
            vec_push(study->scratch, &shapes[atom], word);
        }
    }
}

static void find_shapes(struct study *study, struct half *half)
{
    struct arena_mark mark = arena_mark(study->scratch);
    struct shape_words *shapes =
        arena_array_of(study->scratch, struct shape_words, study->atoms.count);
    uint32_t sets = (uint32_t)study->sets.count;
    for (size_t i = 0; i < half->link_sets.count; i++) {
        add_to_members(study, shapes, half->link_sets.items[i], half->link_sets.items[i]);
    }
    for (size_t i = 0; i < half->roles.count; i++) {
        const struct role *role = &half->roles.items[i];
        add_to_members(study, shapes, role->set, sets + role->place);
        for (size_t atom = 0; atom < study->atoms.count; atom++) {
            if (bit_get(study->atoms.sets[role->set], atom)) {
                half->endpoints[atom] = role->endpoint + 1;
            }
        }
    }
    for (size_t atom = 0; atom < study->atoms.count; atom++) {
        struct shape_words *words = &shapes[atom];
        size_t kept = 0;
        vec_sort(words, compare_u32);
        for (size_t i = 0; i < words->count; i++) {
            if (kept == 0 || words->items[i] != words->items[kept - 1]) {
                words->items[kept++] = words->items[i];
            }
        }
        half->shapes[atom] = keys_number(study->shapes, words->items, kept, NULL);
    }
    arena_rewind(study->scratch, mark);
}

void places_find(struct study *study, struct half *half)
{
    size_t count = study->atoms.count;
    half->endpoints = arena_array_of(study->arena, uint32_t, count);
    half->shapes = arena_array_of(study->arena, uint32_t, count);
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        half->rows[direction] = arena_array_of(study->arena, uint32_t, count);
    }
    find_shapes(study, half);
}

// ---- what differs between the plans -------------------------------------------------------------------------------

struct node_words {
    struct study *study;
    VEC_FIELDS(uint32_t);
};

static void add_word(struct node_words *words, uint32_t word)
{
    vec_push(words->study->arena, words, word);
}

static void add_address(struct node_words *words, struct ip_addr addr, uint8_t bits)
{
    uint32_t parts[sizeof addr.bytes / sizeof(uint32_t)];
    memcpy(parts, addr.bytes, sizeof parts);
    add_word(words, addr.family);
    add_word(words, bits);
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        add_word(words, parts[i]);
    }
}

static void add_settings(struct node_words *words, const struct plan *plan, const char *node)
{
    const struct plan_settings *settings = &plan->settings;
    for (size_t i = 0; i < plan->node_settings.count; i++) {
        if (strcmp(plan->node_settings.items[i].node, node) == 0) {
            settings = &plan->node_settings.items[i].settings;
        }
    }
    add_word(words, settings->host_action);
    add_word(words, settings->drop_ipip);
    add_word(words, settings->drop_vxlan ? settings->vxlan_port + 1u : 0);
}

static struct node_words *words_of(struct study *study, struct strmap *nodes,
                                   const struct plan *plan, const char *node)
{
    node = node_name(plan, node);
    struct node_words *words = strmap_get(nodes, node);
    if (words == NULL) {
        words = arena_new_of(study->arena, struct node_words);
        words->study = study;
        strmap_put(nodes, node, words);
        add_settings(words, plan, node);
    }
    return words;
}

static void add_host(struct study *study, struct strmap *nodes, const struct half *half,
                     size_t number)
{
    const struct plan_host *host = &half->plan->hosts.items[number];
    struct node_words *words = words_of(study, nodes, half->plan, host->node);
    add_word(words, study_name(study, host->id));
    add_word(words, host->all_interfaces);
    add_word(words, (uint32_t)host->interfaces.count);
    for (size_t i = 0; i < host->interfaces.count; i++) {
        add_word(words, study_name(study, host->interfaces.items[i]));
    }
    add_word(words, (uint32_t)host->address_count);
    for (size_t i = 0; i < host->address_count; i++) {
        add_address(words, host->addresses[i], 0);
    }
    for (int stage = 0; stage < PLAN_STAGES; stage++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            add_word(words, half->host_judges[number][stage][direction]);
        }
    }
}

static void add_interface(struct study *study, struct strmap *nodes, const struct plan *plan,
                          const struct plan_interface *interface)
{
    struct node_words *words = words_of(study, nodes, plan, interface->node);
    add_word(words, study_name(study, interface->name));
    add_word(words, study_name(study, interface->host >= 0 ? plan->hosts.items[interface->host].id
                                                           : NULL));
    add_word(words, study_name(study, interface->master));
    add_word(words, interface->loopback);
    add_word(words, interface->workload);
    add_word(words, (uint32_t)interface->address_count);
    for (size_t i = 0; i < interface->address_count; i++) {
        add_address(words, interface->addresses[i].addr, interface->addresses[i].bits);
    }
}

static struct strmap *describe_nodes(struct study *study, const struct half *half)
{
    struct strmap *nodes = strmap_new(study->arena);
    for (size_t i = 0; i < half->plan->endpoints.count; i++) {
        (void)words_of(study, nodes, half->plan, half->plan->endpoints.items[i].node);
    }
    for (size_t i = 0; i < half->plan->hosts.count; i++) {
        add_host(study, nodes, half, i);
    }
    for (size_t i = 0; i < half->plan->interfaces.count; i++) {
        add_interface(study, nodes, half->plan, &half->plan->interfaces.items[i]);
    }
    return nodes;
}

static void note_differences(struct study *study, struct strmap *left, struct strmap *right)
{
    void *cursor = NULL, *value;
    const char *name;
    while (strmap_next(left, &cursor, &name, &value)) {
        const struct node_words *words = value;
        const struct node_words *other = strmap_get(right, name);
        if (other == NULL || other->count != words->count ||
            memcmp(words->items, other->items, words->count * sizeof *words->items) != 0) {
            strmap_put(study->changed_nodes, name, study);
        }
    }
}

void places_compare(struct study *study)
{
    struct strmap *before = describe_nodes(study, &study->halves[BEFORE]);
    struct strmap *after = describe_nodes(study, &study->halves[AFTER]);
    study->changed_nodes = strmap_new(study->arena);
    note_differences(study, before, after);
    note_differences(study, after, before);
    study->quiet = strmap_count(study->changed_nodes) == 0;
}
