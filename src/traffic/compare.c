// SPDX-License-Identifier: GPL-2.0-or-later
// Every pair of atoms whose traffic may have changed, judged in both plans.
#include "study.h"

// What changed from one source: the cells, and to whom.
struct hit {
    uint32_t services, destination;
};

struct hits {
    VEC_FIELDS(struct hit);
};

struct list {
    VEC_FIELDS(uint32_t);
};

// Sources with the same hits for the same cells.
struct fan {
    uint32_t services, destinations;
    struct list sources;
};

struct comparison {
    struct study *study;
    struct hits hits[TRAFFIC_CHANGES]; // of the source that is looked at
    struct keys *fan_keys[TRAFFIC_CHANGES], *lists;
    struct {
        VEC_FIELDS(struct fan);
    } fans[TRAFFIC_CHANGES];
    struct strmap *undecided;
};

// ---- which atoms may matter -------------------------------------------------------------------------------------

static bool row_differs(struct study *study, uint32_t atom, int direction)
{
    struct half *before = &study->halves[BEFORE], *after = &study->halves[AFTER];
    if (before->endpoints[atom] == 0 || after->endpoints[atom] == 0) {
        return before->endpoints[atom] != after->endpoints[atom];
    }
    uint32_t old = way_workload_row(study, before, atom, direction);
    uint32_t new = way_workload_row(study, after, atom, direction);
    return old !=
           new &&memcmp(row_results(study, old), row_results(study, new),
                        study->atoms.count * sizeof(uint32_t)) != 0;
}

static bool *find_touched(struct study *study, int direction)
{
    bool *touched = arena_array_of(study->arena, bool, study->atoms.count);
    for (uint32_t atom = 0; atom < study->atoms.count; atom++) {
        touched[atom] = !study->quiet ||
                        study->halves[BEFORE].shapes[atom] != study->halves[AFTER].shapes[atom] ||
                        row_differs(study, atom, direction);
    }
    return touched;
}

// ---- one pair -----------------------------------------------------------------------------------------------------

// A way that depends on an interface which nobody knows, on a node where that matters.
static bool is_undecided(struct comparison *comparison, uint32_t way)
{
    const char *node = way_get(comparison->study, way)->unknown_node;
    if (node == NULL || strmap_get(comparison->study->changed_nodes, node) == NULL) {
        return false;
    }
    strmap_put(comparison->undecided, node, comparison);
    return true;
}

static void add_hit(struct comparison *comparison, enum traffic_change change, uint32_t services,
                    uint32_t destination)
{
    if (services != SPACE_EMPTY) {
        vec_push(comparison->study->arena, &comparison->hits[change],
                 (struct hit){services, destination});
    }
}

static void compare_pair(struct comparison *comparison, uint32_t source, uint32_t destination)
{
    struct study *study = comparison->study;
    uint32_t ways[HALVES], results[HALVES][FLOW_STOPS_MAX];
    for (int i = 0; i < HALVES; i++) {
        ways[i] = way_between(study, &study->halves[i], source, destination);
    }
    size_t slots = way_get(study, ways[BEFORE])->slot_count;
    if (ways[BEFORE] == ways[AFTER] && slots == 0) {
        return;
    }
    for (int i = 0; i < HALVES; i++) {
        way_ask(study, &study->halves[i], ways[i], source, destination, results[i]);
    }
    if (is_undecided(comparison, ways[BEFORE]) || is_undecided(comparison, ways[AFTER]) ||
        (ways[BEFORE] == ways[AFTER] &&
         memcmp(results[BEFORE], results[AFTER], slots * sizeof *results[BEFORE]) == 0)) {
        return;
    }
    uint32_t before = way_outcome(study, ways[BEFORE], results[BEFORE]);
    uint32_t after = way_outcome(study, ways[AFTER], results[AFTER]);
    add_hit(comparison, TRAFFIC_OPENED, space_minus(study->space, after, before), destination);
    add_hit(comparison, TRAFFIC_CLOSED, space_minus(study->space, before, after), destination);
}

// ---- one source ---------------------------------------------------------------------------------------------------

static int compare_hits(const void *a, const void *b)
{
    const struct hit *left = a;
    const struct hit *right = b;
    if (left->services != right->services) {
        return left->services < right->services ? -1 : 1;
    }
    return (left->destination > right->destination) - (left->destination < right->destination);
}

static void add_fan(struct comparison *comparison, int change, uint32_t source,
                    const struct hit *hits, size_t count)
{
    struct study *study = comparison->study;
    struct arena_mark mark = arena_mark(study->scratch);
    uint32_t *destinations = arena_array_of(study->scratch, uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        destinations[i] = hits[i].destination;
    }
    const uint32_t key[] = {hits[0].services,
                            keys_number(comparison->lists, destinations, count, NULL)};
    arena_rewind(study->scratch, mark);
    bool is_new;
    uint32_t number = keys_number(comparison->fan_keys[change], key, ARRAY_COUNT(key), &is_new);
    if (is_new) {
        vec_push(study->arena, &comparison->fans[change],
                 (struct fan){.services = key[0], .destinations = key[1]});
    }
    vec_push(study->arena, &comparison->fans[change].items[number].sources, source);
}

static void close_source(struct comparison *comparison, uint32_t source)
{
    for (int change = 0; change < TRAFFIC_CHANGES; change++) {
        struct hits *hits = &comparison->hits[change];
        vec_sort(hits, compare_hits);
        for (size_t first = 0, end; first < hits->count; first = end) {
            for (end = first + 1;
                 end < hits->count && hits->items[end].services == hits->items[first].services;) {
                end++;
            }
            add_fan(comparison, change, source, &hits->items[first], end - first);
        }
        hits->count = 0;
    }
}

void compare_pairs(struct study *study, struct change_blocks *ret, struct traffic_names *undecided)
{
    struct comparison comparison = {
        .study = study, .lists = keys_new(study->arena), .undecided = strmap_new(study->arena)};
    const bool *sources = find_touched(study, PLAN_OUT);
    const bool *destinations = find_touched(study, PLAN_IN);
    for (int change = 0; change < TRAFFIC_CHANGES; change++) {
        comparison.fan_keys[change] = keys_new(study->arena);
    }
    for (uint32_t source = 0; source < study->atoms.count; source++) {
        for (uint32_t destination = 0; destination < study->atoms.count; destination++) {
            if (sources[source] || destinations[destination]) {
                compare_pair(&comparison, source, destination);
            }
        }
        close_source(&comparison, source);
    }
    for (int change = 0; change < TRAFFIC_CHANGES; change++) {
        ret[change] = (struct change_blocks){.lists = comparison.lists};
        for (size_t i = 0; i < comparison.fans[change].count; i++) {
            const struct fan *fan = &comparison.fans[change].items[i];
            uint32_t list =
                keys_number(comparison.lists, fan->sources.items, fan->sources.count, NULL);
            vec_push(study->arena, &ret[change],
                     (struct change_block){list, fan->destinations, fan->services});
        }
    }
    void *cursor = NULL;
    const char *name;
    while (strmap_next(comparison.undecided, &cursor, &name, NULL)) {
        vec_push(study->arena, undecided, name);
    }
}
