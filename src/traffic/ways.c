// SPDX-License-Identifier: GPL-2.0-or-later
// The way between two atoms, as module flow finds it for one packet of each kind of services, and what passes on it.
#include "study.h"

enum { NO_GROUP = 255 };

// ---- which judges -------------------------------------------------------------------------------------------------

static uint8_t add_slot(struct way *way, enum slot_kind kind, uint32_t judge)
{
    uint8_t slot = 0;
    while (slot < way->slot_count &&
           (way->slots[slot].kind != kind || way->slots[slot].judge != judge)) {
        slot++;
    }
    if (slot == way->slot_count) {
        if (slot == FLOW_STOPS_MAX) {
            POLC_UNREACHABLE("a way with too many judges");
        }
        way->slots[way->slot_count++] = (struct slot){(uint8_t)kind, judge};
    }
    return slot;
}

static uint8_t slot_of(const struct half *half, struct way *way, const struct flow_stop *stop)
{
    if (stop->host == NULL) {
        return add_slot(way, stop->direction == PLAN_OUT ? SLOT_SOURCE : SLOT_DESTINATION, 0);
    }
    size_t host = (size_t)(stop->host - half->plan->hosts.items);
    return add_slot(way, stop->direction == PLAN_IN ? SLOT_HOST_IN : SLOT_HOST_OUT,
                    half->host_judges[host][stop->stage][stop->direction]);
}

static void add_kind(struct study *study, const struct half *half, struct way *way, size_t kind,
                     const struct flow_way *found)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct flow_stop *stop = &found->stops[i];
        struct way_stop *added = vec_add(study->arena, &way->kinds[kind]);
        added->group = stop->group;
        added->stage = stop->stage;
        added->fixed = stop->fixed;
        added->deny = stop->verdict == FLOW_DENY;
        added->slot = stop->fixed ? 0 : slot_of(half, way, stop);
    }
}

// Equal ways of both plans have one number.
static uint32_t intern_way(struct study *study, const struct way *way)
{
    struct ops words = {0};
    bool is_new;
    for (size_t i = 0; i < way->slot_count; i++) {
        vec_push(study->arena, &words, way->slots[i].kind);
        vec_push(study->arena, &words, way->slots[i].judge);
    }
    for (size_t kind = 0; kind < services_kinds(study->services); kind++) {
        vec_push(study->arena, &words, UINT32_MAX);
        for (size_t i = 0; i < way->kinds[kind].count; i++) {
            const struct way_stop *stop = &way->kinds[kind].items[i];
            vec_push(study->arena, &words,
                     (uint32_t)stop->group << 24 | (uint32_t)stop->stage << 16 |
                         (uint32_t)stop->fixed << 9 | (uint32_t)stop->deny << 8 | stop->slot);
        }
    }
    vec_push(study->arena, &words, study_name(study, way->unknown_node));
    uint32_t number = keys_number(study->way_keys, words.items, words.count, &is_new);
    if (is_new) {
        vec_push(study->arena, &study->ways, *way);
    }
    return number;
}

static uint32_t make_way(struct study *study, const struct half *half, uint32_t source,
                         uint32_t destination)
{
    size_t kinds = services_kinds(study->services);
    struct way way = {.kinds = arena_array(study->arena, kinds, sizeof *way.kinds)};
    for (size_t kind = 0; kind < kinds; kind++) {
        struct flow flow = {.source = atom_address(study, source),
                            .destination = atom_address(study, destination)};
        struct flow_way found;
        services_sample(study->services, services_kind(study->services, kind), &flow);
        flow_way(half->evaluator, &flow, &found);
        add_kind(study, half, &way, kind, &found);
        if (found.interface_unknown) {
            way.unknown_node = found.unknown_node != NULL ? found.unknown_node : "";
        }
    }
    return intern_way(study, &way);
}

uint32_t way_between(struct study *study, struct half *half, uint32_t source, uint32_t destination)
{
    size_t shapes = keys_count(study->shapes);
    if (half->ways == NULL) {
        half->ways = arena_array_of(study->arena, uint32_t, shapes * shapes);
    }
    uint32_t *known = &half->ways[half->shapes[source] * shapes + half->shapes[destination]];
    if (*known == 0) {
        *known = 1 + make_way(study, half, source, destination);
    }
    return *known - 1;
}

const struct way *way_get(const struct study *study, uint32_t way)
{
    return &study->ways.items[way];
}

// ---- what they say ------------------------------------------------------------------------------------------------

uint32_t way_workload_row(struct study *study, struct half *half, uint32_t atom, int direction)
{
    uint32_t *known = &half->rows[direction][atom];
    if (*known == 0) {
        uint32_t class = half->plan->endpoints.items[half->endpoints[atom] - 1].classes[direction];
        *known = 1 + row_find(study, half->class_judges[class], atom);
    }
    return *known - 1;
}

void way_ask(struct study *study, struct half *half, uint32_t number, uint32_t source,
             uint32_t destination, uint32_t *ret_results)
{
    const struct way *way = &study->ways.items[number];
    for (size_t i = 0; i < way->slot_count; i++) {
        const struct slot *slot = &way->slots[i];
        bool at_source = slot->kind == SLOT_SOURCE || slot->kind == SLOT_HOST_OUT;
        uint32_t own = at_source ? source : destination;
        uint32_t peer = at_source ? destination : source;
        bool of_workload = slot->kind == SLOT_SOURCE || slot->kind == SLOT_DESTINATION;
        uint32_t row = of_workload
                           ? way_workload_row(study, half, own, at_source ? PLAN_OUT : PLAN_IN)
                           : row_find(study, slot->judge, own);
        ret_results[i] = row_results(study, row)[peer];
    }
}

// As flow_verdict goes from stop to stop, with all services of a kind at once.
static uint32_t kind_outcome(struct study *study, const struct way *way, size_t kind,
                             const uint32_t *results)
{
    struct space *space = study->space;
    uint32_t passing = services_kind(study->services, kind);
    uint32_t skipping = SPACE_EMPTY; // what is spared the rest of the group
    unsigned group = NO_GROUP;
    for (size_t i = 0; i < way->kinds[kind].count; i++) {
        const struct way_stop *stop = &way->kinds[kind].items[i];
        size_t count;
        if (stop->group != group) {
            group = stop->group;
            skipping = SPACE_EMPTY;
        }
        if (stop->fixed) {
            passing = stop->deny ? space_and(space, passing, skipping) : passing;
            continue;
        }
        const uint32_t *result = keys_words(study->results, results[stop->slot], &count);
        uint32_t asked = space_minus(space, passing, skipping);
        passing = space_minus(space, passing, space_and(space, asked, result[1]));
        if (stop->stage == PLAN_UNTRACKED || stop->stage == PLAN_PREDNAT) {
            skipping = space_or(space, skipping, space_and(space, asked, result[0]));
        }
    }
    return passing;
}

uint32_t way_outcome(struct study *study, uint32_t number, const uint32_t *results)
{
    const struct way *way = &study->ways.items[number];
    uint32_t words[1 + FLOW_STOPS_MAX] = {number};
    bool is_new;
    memcpy(&words[1], results, way->slot_count * sizeof *results);
    uint32_t key = keys_number(study->outcome_keys, words, 1 + way->slot_count, &is_new);
    if (is_new) {
        uint32_t outcome = SPACE_EMPTY;
        for (size_t kind = 0; kind < services_kinds(study->services); kind++) {
            outcome = space_or(study->space, outcome, kind_outcome(study, way, kind, results));
        }
        vec_push(study->arena, &study->outcomes, outcome);
    }
    return study->outcomes.items[key];
}
