// SPDX-License-Identifier: GPL-2.0-or-later
// Which sets of domains the destination of a flow is in, as far as that is known (semantics.md 8).
#include "internal.h"

enum { BITS = 64 };

struct names {
    struct arena *arena;
    struct dns_index *index;     // patterns -> numbers in plan.domains
    bool *asked;                 // by class of the plan: whether a rule of it has domains
    const struct dns_book *book; // NULL: none
    bool complete;               // an address has no other names
    uint64_t *sets;              // of the flow that was looked at last
    size_t words;
};

// ---- the plan ---------------------------------------------------------------------------------------------------

static bool has_domains(const struct plan_policy *policy, uint8_t direction)
{
    const struct plan_rules *rules = &policy->rules[direction];
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->items[i].match.destination.domains >= 0) {
            return true;
        }
    }
    return false;
}

static bool asks_names(const struct plan *plan, const struct plan_class *class)
{
    for (size_t i = 0; i < class->tiers.count; i++) {
        const struct plan_indexes *policies = &class->tiers.items[i].policies;
        for (size_t j = 0; j < policies->count; j++) {
            if (has_domains(&plan->policies.items[policies->items[j]], class->direction)) {
                return true;
            }
        }
    }
    for (size_t i = 0; i < class->profiles.count; i++) {
        if (has_domains(&plan->profiles.items[class->profiles.items[i]], class->direction)) {
            return true;
        }
    }
    return false;
}

struct names *names_new(struct arena *arena, const struct plan *plan)
{
    if (plan->domains.count == 0) {
        return NULL;
    }
    struct names *names = arena_new_of(arena, struct names);
    names->arena = arena;
    names->complete = true;
    names->index = dns_index_new(arena);
    names->words = (plan->domains.count + BITS - 1) / BITS;
    names->sets = arena_array_of(arena, uint64_t, names->words);
    names->asked = arena_array_of(arena, bool, plan->classes.count);
    for (size_t i = 0; i < plan->domains.count; i++) {
        for (size_t j = 0; j < plan->domains.items[i].count; j++) {
            dns_index_add(names->index, plan->domains.items[i].patterns[j], (uint32_t)i);
        }
    }
    for (size_t i = 0; i < plan->classes.count; i++) {
        names->asked[i] = asks_names(plan, &plan->classes.items[i]);
    }
    return names;
}

bool flow_asks_names(const struct flow_evaluator *evaluator, uint32_t class)
{
    return evaluator->names != NULL && evaluator->names->asked[class];
}

void flow_evaluator_set_names(struct flow_evaluator *evaluator, const struct dns_book *book,
                              bool complete)
{
    if (evaluator->names != NULL) {
        evaluator->names->book = book;
        evaluator->names->complete = complete;
    }
}

// ---- a flow -----------------------------------------------------------------------------------------------------

static void add_name(struct names *names, const char *name)
{
    struct arena_mark mark = arena_mark(names->arena);
    struct dns_sets sets = {0};
    if (dns_name_problem(name) == NULL) {
        dns_index_find(names->index, names->arena, dns_name_canonical(names->arena, name), &sets);
    }
    for (size_t i = 0; i < sets.count; i++) {
        names->sets[sets.items[i] / BITS] |= (uint64_t)1 << sets.items[i] % BITS;
    }
    arena_rewind(names->arena, mark);
}

struct known_names names_of(const struct flow_evaluator *evaluator, uint32_t class,
                            const struct flow *flow, enum guess others)
{
    struct names *names = evaluator->names;
    struct dns_view facts = {0};
    // What an answer never opens, no name has.
    if (!flow_asks_names(evaluator, class) || !dns_address_usable(flow->destination)) {
        return (struct known_names){NULL, GUESS_NO};
    }
    memset(names->sets, 0, names->words * sizeof *names->sets);
    bool named = flow->names != NULL && flow->names->count > 0;
    for (size_t i = 0; named && i < flow->names->count; i++) {
        add_name(names, flow->names->items[i]);
    }
    if (names->book != NULL && dns_book_addr(names->book, flow->destination, &facts)) {
        for (size_t i = 0; i < facts.count; i++) {
            add_name(names, facts.items[i]->name);
        }
    }
    return (struct known_names){names->sets,
                                (uint8_t)(names->complete || named ? GUESS_NO : others)};
}
