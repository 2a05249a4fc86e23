// SPDX-License-Identifier: GPL-2.0-or-later
// Two plans -> what changes for packets: each IP version by itself, then rows that differ in nothing else made one.
#include "study.h"

#define WORK_LIMIT ((size_t)16 << 30)

// ---- one IP version -----------------------------------------------------------------------------------------------

// What is compared.
struct task {
    const struct plan *plans[HALVES];
    bool staged;
    const struct space_domains *domains[HALVES]; // of each plan; NULL: nothing
};

static void make_study(struct study *study, const struct task *task)
{
    struct arena *arena = study->arena;
    struct flow_specials specials = {0};
    study->space = space_new(arena);
    study->services = services_new(arena, study->space, study->family);
    study->names = strmap_new(arena);
    study->places = keys_new(arena);
    study->shapes = keys_new(arena);
    study->judges = keys_new(arena);
    study->row_places = keys_new(arena);
    study->row_keys = keys_new(arena);
    study->results = keys_new(arena);
    study->way_keys = keys_new(arena);
    study->outcome_keys = keys_new(arena);
    for (int i = 0; i < HALVES; i++) {
        struct half *half = &study->halves[i];
        half->plan = task->plans[i];
        half->evaluator = flow_evaluator_new(arena, half->plan);
        half->matcher = matcher_new(arena, study->space, half->plan);
        if (task->domains[i] != NULL) {
            matcher_set_domains(half->matcher, task->domains[i]);
        }
        flow_add_specials(half->evaluator, arena, &specials);
        judges_make(study, half);
        places_note(study, half);
    }
    wide last = study->family == IP_V4 ? UINT32_MAX : ~(wide)0;
    atoms_make(arena, study->space, last, study->sets.items, study->sets.count, &study->atoms);
    services_seal(study->services, &specials);
    for (int i = 0; i < HALVES; i++) {
        places_find(study, &study->halves[i]);
    }
    places_compare(study);
}

static struct ip_addr sample_address(const struct traffic_end *end, struct ip_addr other)
{
    static const struct ip_addr examples[] = {{IP_V4, {198, 51, 100, 7}},
                                              {IP_V4, {203, 0, 113, 7}},
                                              {IP_V4, {192, 0, 2, 7}},
                                              {IP_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 7}}};
    for (size_t i = 0; i < ARRAY_COUNT(examples); i++) {
        if ((end->all_but || end->who.endpoints.count + end->who.hosts.count == 0) &&
            cidrset_contains_addr(&end->addresses, examples[i])) {
            return examples[i];
        }
    }
    // Who has a name mostly has single addresses; of others a whole net is better than what was cut out of one.
    const struct cidrset *nets = &end->addresses;
    bool named = !end->all_but && end->who.endpoints.count + end->who.hosts.count > 0;
    for (size_t i = 0; i < nets->count; i++) {
        struct cidr cidr = nets->items[i];
        if (cidr_is_host(cidr) && named && ip_addr_compare(cidr.addr, other) != 0) {
            return cidr.addr;
        }
        if (!cidr_is_host(cidr) && !named) {
            return addr_of_wide(wide_of_addr(cidr.addr) + 1, cidr.addr.family);
        }
    }
    struct cidr first = nets->items[0];
    wide value = wide_of_addr(first.addr);
    return cidr_is_host(first) ? first.addr : addr_of_wide(value + 1, first.addr.family);
}

static void add_row(struct arena *arena, const struct study *study, const struct owners *owners,
                    enum traffic_change change, const struct change_block *block,
                    struct keys *lists, struct traffic_rows *ret)
{
    enum { MANY_PROTOCOLS = 128 };
    struct traffic_row *row = vec_add(arena, ret);
    size_t count;
    const uint32_t *atoms = keys_words(lists, block->sources, &count);
    row->change = (uint8_t)change;
    row->families = study->family == IP_V4 ? PLAN_V4 : PLAN_V6;
    owners_describe(arena, owners, atoms, count, &row->source);
    atoms = keys_words(lists, block->destinations, &count);
    owners_describe(arena, owners, atoms, count, &row->destination);
    uint32_t all = services_all(study->services);
    services_describe(arena, study->services, block->services, &row->exact);
    size_t protocols = 0;
    for (size_t i = 0; i < row->exact.count; i++) {
        protocols += row->exact.items[i].last - row->exact.items[i].first + 1u;
    }
    row->all_but = protocols > MANY_PROTOCOLS;
    row->services = row->exact;
    if (row->all_but) {
        services_describe(arena, study->services, space_minus(study->space, all, block->services),
                          &row->services);
    }
    services_sample(study->services, block->services, &row->witness);
    row->witness.source = sample_address(&row->source, (struct ip_addr){0});
    row->witness.destination = sample_address(&row->destination, row->witness.source);
}

static void compare_family(struct arena *arena, const struct task *task, uint8_t family,
                           struct traffic_rows *rows, struct traffic_names *undecided)
{
    struct arena *work = arena_new(WORK_LIMIT), *scratch = arena_new(WORK_LIMIT);
    struct study study = {
        .arena = work, .scratch = scratch, .family = family, .staged = task->staged};
    struct change_blocks blocks[TRAFFIC_CHANGES];
    struct traffic_names nodes = {0};
    make_study(&study, task);
    compare_pairs(&study, blocks, &nodes);
    const struct owners *owners = owners_new(work, arena, &study);
    for (int change = 0; change < TRAFFIC_CHANGES; change++) {
        group_blocks(&study, &blocks[change]);
        for (size_t i = 0; i < blocks[change].count; i++) {
            add_row(arena, &study, owners, change, &blocks[change].items[i], blocks[change].lists,
                    rows);
        }
    }
    for (size_t i = 0; i < nodes.count; i++) {
        vec_push(arena, undecided, arena_strdup(arena, nodes.items[i]));
    }
    arena_free(scratch);
    arena_free(work);
}

// ---- both ---------------------------------------------------------------------------------------------------------

static const struct traffic_diff *compare(struct arena *arena, const struct task *task)
{
    struct traffic_diff *diff = arena_new_of(arena, struct traffic_diff);
    struct traffic_rows rows = {0};
    struct traffic_names *undecided = &diff->undecided;
    compare_family(arena, task, IP_V4, &rows, undecided);
    compare_family(arena, task, IP_V6, &rows, undecided);
    merge_rows(arena, &rows);
    for (size_t i = 0; i < rows.count; i++) {
        vec_push(arena, &diff->rows, rows.items[i]);
        diff->counts[rows.items[i].change]++;
    }
    undecided->count = texts_sort_unique(undecided->items, undecided->count);
    return diff;
}

const struct traffic_diff *traffic_compare(struct arena *arena, const struct plan *before,
                                           const struct plan *after, bool staged)
{
    return compare(arena, &(struct task){.plans = {before, after}, .staged = staged});
}

const struct traffic_diff *traffic_compare_named(struct arena *arena, const struct plan *before,
                                                 const struct plan *after, bool staged,
                                                 const struct traffic_domains *names)
{
    return compare(arena, &(struct task){.plans = {before, after},
                                         .staged = staged,
                                         .domains = {names->before, names->after}});
}

// ---- one plan -----------------------------------------------------------------------------------------------------

const struct traffic_diff *traffic_allowed(struct arena *arena, const struct plan *plan,
                                           bool staged)
{
    struct plan nothing = *plan;
    nothing.classes.items = arena_array_of(arena, struct plan_class, plan->classes.count);
    for (size_t i = 0; i < plan->classes.count; i++) {
        struct plan_class *class = &nothing.classes.items[i];
        *class = plan->classes.items[i];
        class->tiers.count = 0;
        class->profiles.count = 0;
    }
    return traffic_compare(arena, &nothing, plan, staged);
}
