// SPDX-License-Identifier: GPL-2.0-or-later
// The shortest selector that takes a workload and nothing else: one label, or two or three together, those first that
// people name workloads by. Labels that change with each roll-out are no use.
#include "internal.h"

enum { CANDIDATES_MAX = 12, PICKS_MAX = 3 };

struct item {
    const struct labels *labels;
    int32_t number; // of an endpoint (or host); -1: a network set
};

// Everything that a selector could take in one place.
struct universe {
    VEC_FIELDS(struct item);
};

struct candidates {
    struct label labels[CANDIDATES_MAX];
    bool *matches[CANDIDATES_MAX]; // by item
    size_t count;
};

// ---- which labels are of use ------------------------------------------------------------------------------------

static const char *const preferred[] = {
    "app",     "app.kubernetes.io/name",
    "k8s-app", "app.kubernetes.io/component",
    "role",    "component",
    "name",    "tier",
};

static const char *const fleeting[] = {
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "controller-uid",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/controller-uid",
    "job-name",
};

static bool is_one_of(const char *key, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(key, list[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_service_account(const char *key)
{
    return strcmp(key, "projectcalico.org/serviceaccount") == 0;
}

// The service account that every pod has by default says nothing.
static bool is_usable(const struct label *label)
{
    if (is_service_account(label->key)) {
        return strcmp(label->value, "default") != 0;
    }
    return !text_begins(label->key, "projectcalico.org/") && !text_begins(label->key, "pcns.") &&
           !text_begins(label->key, "pcsa.") &&
           !is_one_of(label->key, fleeting, ARRAY_COUNT(fleeting));
}

static size_t rank_of(const char *key)
{
    for (size_t i = 0; i < ARRAY_COUNT(preferred); i++) {
        if (strcmp(key, preferred[i]) == 0) {
            return i;
        }
    }
    return ARRAY_COUNT(preferred) + is_service_account(key);
}

static int compare_labels(const void *a, const void *b)
{
    const struct label *x = a;
    const struct label *y = b;
    size_t left = rank_of(x->key), right = rank_of(y->key);
    return left != right ? (left > right) - (left < right) : strcmp(x->key, y->key);
}

// ---- universes ----------------------------------------------------------------------------------------------------

// `ns` NULL: everything, hosts included.
static void fill_universe(const struct recommend *run, const char *ns, struct universe *ret)
{
    const struct model *model = run->model;
    for (size_t i = 0; i < model->endpoints.count; i++) {
        if (ns == NULL || strcmp(model->endpoints.items[i].res->meta.ns, ns) == 0) {
            int32_t number = ns != NULL ? (int32_t)i : -1;
            vec_push(run->arena, ret, (struct item){&model->endpoints.items[i].labels, number});
        }
    }
    for (size_t i = 0; i < model->netsets.count; i++) {
        if (ns == NULL || texts_equal(model->netsets.items[i].res->meta.ns, ns)) {
            vec_push(run->arena, ret, (struct item){&model->netsets.items[i].labels, -1});
        }
    }
    for (size_t i = 0; ns == NULL && i < model->hosts.count; i++) {
        vec_push(run->arena, ret, (struct item){&model->hosts.items[i].labels, (int32_t)i});
    }
}

static const struct universe *universe_of(struct recommend *run, const char *ns)
{
    const char *key = ns != NULL ? ns : "";
    struct universe *universe = strmap_get(run->universes, key);
    if (universe == NULL) {
        universe = arena_new_of(run->arena, struct universe);
        fill_universe(run, ns, universe);
        strmap_put(run->universes, key, universe);
    }
    return universe;
}

bool namespace_has_sets(const struct recommend *run, const char *ns)
{
    for (size_t i = 0; i < run->model->netsets.count; i++) {
        if (texts_equal(run->model->netsets.items[i].res->meta.ns, ns)) {
            return true;
        }
    }
    return false;
}

// ---- choosing -----------------------------------------------------------------------------------------------------

static bool has_label(const struct labels *labels, const struct label *label)
{
    const char *value = labels_get(labels, label->key);
    return value != NULL && strcmp(value, label->value) == 0;
}

// Labels that all targets have.
static void find_candidates(struct arena *arena, const struct universe *universe,
                            const bool *targets, struct candidates *ret)
{
    struct {
        VEC_FIELDS(struct label);
    } common = {0};
    bool first = true;
    for (size_t i = 0; i < universe->count; i++) {
        const struct labels *labels = universe->items[i].labels;
        size_t kept = 0;
        for (size_t j = 0; targets[i] && first && j < labels->count; j++) {
            if (is_usable(&labels->items[j])) {
                vec_push(arena, &common, labels->items[j]);
            }
        }
        for (size_t j = 0; targets[i] && j < common.count; j++) {
            if (has_label(labels, &common.items[j])) {
                common.items[kept++] = common.items[j];
            }
        }
        common.count = targets[i] ? kept : common.count;
        first = first && !targets[i];
    }
    vec_sort(&common, compare_labels);
    ret->count = common.count < CANDIDATES_MAX ? common.count : CANDIDATES_MAX;
    for (size_t i = 0; i < ret->count; i++) {
        ret->labels[i] = common.items[i];
        ret->matches[i] = arena_array_of(arena, bool, universe->count);
        for (size_t j = 0; j < universe->count; j++) {
            ret->matches[i][j] = has_label(universe->items[j].labels, &ret->labels[i]);
        }
    }
}

struct picks {
    size_t items[PICKS_MAX];
    size_t count;
    size_t taken; // items of the universe
};

static bool takes(const struct candidates *candidates, const struct picks *picks, size_t item)
{
    for (size_t i = 0; i < picks->count; i++) {
        if (!candidates->matches[picks->items[i]][item]) {
            return false;
        }
    }
    return true;
}

// Tries every set of `left` more labels from `first` on; fewer taken items are better, of those what came first.
static void try_picks(const struct universe *universe, const struct candidates *candidates,
                      struct picks picks, size_t first, size_t left, size_t wanted,
                      struct picks *best)
{
    if (left > 0) {
        for (size_t i = first; i + left <= candidates->count && best->taken > wanted; i++) {
            picks.items[picks.count] = i;
            struct picks more = picks;
            more.count++;
            try_picks(universe, candidates, more, i + 1, left - 1, wanted, best);
        }
        return;
    }
    picks.taken = 0;
    for (size_t i = 0; i < universe->count && picks.taken < best->taken; i++) {
        picks.taken += takes(candidates, &picks, i);
    }
    if (picks.taken < best->taken) {
        *best = picks;
    }
}

static const struct choice *choose(struct recommend *run, const struct universe *universe,
                                   const bool *targets, size_t wanted)
{
    struct arena_mark mark = arena_mark(run->scratch);
    struct choice *choice = arena_new_of(run->arena, struct choice);
    struct candidates candidates = {0};
    struct picks best = {.taken = SIZE_MAX};
    find_candidates(run->scratch, universe, targets, &candidates);
    for (size_t size = 1; size <= PICKS_MAX && best.taken > wanted; size++) {
        try_picks(universe, &candidates, (struct picks){0}, 0, size, wanted, &best);
    }
    struct label *labels = arena_array_of(run->arena, struct label, best.count);
    for (size_t i = 0; i < best.count; i++) {
        labels[i] = candidates.labels[best.items[i]];
    }
    for (size_t i = 0; i < universe->count && best.count > 0; i++) {
        if (universe->items[i].number >= 0 && takes(&candidates, &best, i)) {
            vec_push(run->arena, &choice->members, (uint32_t)universe->items[i].number);
        }
    }
    choice->labels = labels;
    choice->count = best.count;
    choice->exact = best.taken == wanted;
    arena_rewind(run->scratch, mark);
    return choice;
}

const char *aggregate_of(struct arena *arena, const struct res_workload *res)
{
    if (res->meta.generate_name != NULL) {
        return arena_printf(arena, "%s*", res->meta.generate_name);
    }
    return res->pod != NULL ? res->pod : res->meta.name;
}

static bool is_kin(const struct res_workload *a, const struct res_workload *b)
{
    return a == b || (a->meta.generate_name != NULL &&
                      texts_equal(a->meta.generate_name, b->meta.generate_name));
}

const struct choice *choose_workload(struct recommend *run, uint32_t endpoint)
{
    const struct res_workload *res = run->model->endpoints.items[endpoint].res;
    const char *aggregate = aggregate_of(run->arena, res);
    const char *key = arena_printf(run->arena, "wep/%s/%s", res->meta.ns, aggregate);
    const struct choice *choice = strmap_get(run->choices, key);
    if (choice != NULL) {
        return choice;
    }
    const struct universe *universe = universe_of(run, res->meta.ns);
    bool *targets = arena_array_of(run->arena, bool, universe->count);
    size_t wanted = 0;
    for (size_t i = 0; i < universe->count; i++) {
        int32_t number = universe->items[i].number;
        targets[i] = number >= 0 && is_kin(res, run->model->endpoints.items[number].res);
        wanted += targets[i];
    }
    choice = choose(run, universe, targets, wanted);
    strmap_put(run->choices, key, (void *)choice);
    return choice;
}

const struct choice *choose_host(struct recommend *run, uint32_t host)
{
    const char *key = run->model->hosts.items[host].id;
    const struct choice *choice = strmap_get(run->choices, key);
    if (choice != NULL) {
        return choice;
    }
    const struct universe *universe = universe_of(run, NULL);
    bool *targets = arena_array_of(run->arena, bool, universe->count);
    for (size_t i = 0; i < universe->count; i++) {
        targets[i] = universe->items[i].number == (int32_t)host;
    }
    choice = choose(run, universe, targets, 1);
    strmap_put(run->choices, key, (void *)choice);
    return choice;
}

const struct choice *choose_union(struct recommend *run, const char *ns,
                                  const struct model_indexes *endpoints)
{
    const struct universe *universe = universe_of(run, ns);
    struct arena_mark mark = arena_mark(run->scratch);
    bool *wanted = arena_array_of(run->scratch, bool, run->model->endpoints.count);
    bool *targets = arena_array_of(run->scratch, bool, universe->count);
    size_t count = 0;
    for (size_t i = 0; i < endpoints->count; i++) {
        wanted[endpoints->items[i]] = true;
    }
    for (size_t i = 0; i < universe->count; i++) {
        int32_t number = universe->items[i].number;
        targets[i] = number >= 0 && wanted[number];
        count += targets[i];
    }
    const struct choice *choice = choose(run, universe, targets, count);
    arena_rewind(run->scratch, mark);
    return choice;
}

const char *all_of(struct arena *arena, struct sel *const *parts, size_t count)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? " && " : "", sel_text(arena, parts[i]));
    }
    return strbuf_text(&text);
}

const char *choice_text(struct arena *arena, const struct choice *choice)
{
    struct sel *parts[PICKS_MAX];
    for (size_t i = 0; i < choice->count; i++) {
        parts[i] = sel_eq(arena, choice->labels[i].key, choice->labels[i].value);
    }
    return all_of(arena, parts, choice->count);
}
