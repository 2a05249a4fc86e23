// SPDX-License-Identifier: GPL-2.0-or-later
// The optimizer: the rules of one policy and direction -> the steps in which a dataplane asks them. A rule is one step,
// but:
//   prune    a rule that never gets a packet is none
//   merge    rules of one action that differ in one list of nets or ports are one, with the union
//   flatten  rules that choose by address, protocol and port alone are one look-up of all three
// Rules of one action with nothing between them are a run, in which the order does not matter. A Log rule ends a run:
// it is a step of its own. The verdict of the policy on any packet stays the same, and so does what is logged.
#include "optimize.h"

#include <stdlib.h>

static void add_rule(const struct optimize *optimize, uint32_t number)
{
    const struct plan_rule *rule = &optimize->rules->items[number];
    vec_push(optimize->scratch, optimize->steps,
             (struct plan_step){.kind = PLAN_STEP_RULE,
                                .action = rule->action,
                                .match = &rule->match,
                                .sources = {&optimize->numbers[number], 1, 1}});
}

static struct cidrset copy_nets(struct arena *arena, const struct cidrset *set)
{
    struct cidrset copy = {arena_array_of(arena, struct cidr, set->count), set->count};
    if (set->count > 0) {
        memcpy(copy.items, set->items, set->count * sizeof *copy.items);
    }
    return copy;
}

static struct portset copy_ports(struct arena *arena, const struct portset *set)
{
    struct portset copy = {arena_array_of(arena, struct port_range, set->count), set->count};
    if (set->count > 0) {
        memcpy(copy.items, set->items, set->count * sizeof *copy.items);
    }
    return copy;
}

// A rule that others became part of; its lists leave the scratch arena.
static void add_piece(const struct optimize *optimize, const struct piece *piece)
{
    struct arena *arena = optimize->arena;
    uint32_t first = piece->sources.items[0];
    if (piece->sources.count == 1) {
        add_rule(optimize, first);
        return;
    }
    struct plan_match *match = arena_new_of(arena, struct plan_match);
    *match = piece->match;
    struct plan_side *sides[] = {&match->source, &match->destination};
    for (size_t i = 0; i < ARRAY_COUNT(sides); i++) {
        sides[i]->nets = copy_nets(arena, &sides[i]->nets);
        sides[i]->ports = copy_ports(arena, &sides[i]->ports);
    }
    struct plan_step step = {
        .kind = PLAN_STEP_RULE, .action = optimize->rules->items[first].action, .match = match};
    for (size_t i = 0; i < piece->sources.count; i++) {
        vec_push(arena, &step.sources, piece->sources.items[i]);
    }
    vec_push(optimize->scratch, optimize->steps, step);
}

static int compare_steps(const void *a, const void *b)
{
    const struct plan_step *left = a, *right = b;
    return left->sources.items[0] < right->sources.items[0] ? -1 : 1;
}

static void add_run(const struct optimize *optimize, size_t first, size_t last, const bool *dead,
                    unsigned passes)
{
    struct pieces pieces = {0};
    size_t before = optimize->steps->count;
    enum plan_action action = optimize->rules->items[first].action;
    for (size_t i = first; i < last; i++) {
        if (!dead[i]) {
            struct piece *piece = vec_add(optimize->scratch, &pieces);
            piece->match = optimize->rules->items[i].match;
            vec_push(optimize->scratch, &piece->sources, (uint32_t)i);
        }
    }
    if ((passes & PLAN_MERGE) && pieces.count > 1) {
        merge_pieces(optimize, &pieces);
    }
    if ((passes & PLAN_FLATTEN) && pieces.count > 1) {
        flatten_pieces(optimize, &pieces, action);
    }
    for (size_t i = 0; i < pieces.count; i++) {
        add_piece(optimize, &pieces.items[i]);
    }
    qsort(optimize->steps->items + before, optimize->steps->count - before,
          sizeof *optimize->steps->items, compare_steps);
}

// Behind the last rule from `first` on that is flat, allowed or denied, and has the same rest as the first one.
static size_t flat_end(const struct optimize *optimize, size_t first, const bool *dead,
                       bool *ret_mixed)
{
    struct plan_match rest, other;
    size_t end = first;
    *ret_mixed = false;
    if (!is_flat(optimize, &optimize->rules->items[first].match, &rest)) {
        return first;
    }
    for (; end < optimize->rules->count; end++) {
        const struct plan_rule *rule = &optimize->rules->items[end];
        if (dead[end]) {
            continue;
        }
        if ((rule->action != PLAN_ALLOW && rule->action != PLAN_DENY) ||
            !is_flat(optimize, &rule->match, &other) || !match_equal(&rest, &other)) {
            break;
        }
        *ret_mixed |= rule->action != optimize->rules->items[first].action;
    }
    return end;
}

static size_t run_end(const struct optimize *optimize, size_t first, const bool *dead)
{
    const struct plan_rules *rules = optimize->rules;
    size_t end = first + 1;
    while (end < rules->count &&
           (dead[end] || rules->items[end].action == rules->items[first].action)) {
        end++;
    }
    return end;
}

static void number_tuples(struct plan_steps *steps)
{
    uint32_t number = 0;
    for (size_t i = 0; i < steps->count; i++) {
        steps->items[i].number = steps->items[i].kind != PLAN_STEP_RULE ? number++ : 0;
    }
}

static void add_all(const struct optimize *optimize, unsigned passes)
{
    size_t tried = 0; // until here a map of two actions was tried
    const bool *dead = passes & PLAN_PRUNE
                           ? prune_rules(optimize)
                           : arena_array_of(optimize->scratch, bool, optimize->rules->count);
    for (size_t i = 0; i < optimize->rules->count;) {
        bool mixed = false;
        enum plan_action action = optimize->rules->items[i].action;
        if (dead[i]) {
            i++;
            continue;
        }
        size_t end = run_end(optimize, i, dead);
        if (action == PLAN_LOG) {
            add_rule(optimize, (uint32_t)i);
            end = i + 1;
        } else if ((passes & PLAN_FLATTEN) && i >= tried && action != PLAN_PASS) {
            tried = flat_end(optimize, i, dead, &mixed);
        }
        if (mixed && flatten_rules(optimize, i, tried, dead)) {
            end = tried;
        } else if (action != PLAN_LOG) {
            add_run(optimize, i, end, dead, passes);
        }
        i = end;
    }
}

// As they are kept: no more memory than they need.
static struct plan_steps copy_steps(struct arena *arena, const struct plan_steps *steps)
{
    struct plan_steps copy = {.items = arena_array_of(arena, struct plan_step, steps->count),
                              .count = steps->count,
                              .capacity = steps->count};
    if (steps->count > 0) {
        memcpy(copy.items, steps->items, steps->count * sizeof *copy.items);
    }
    return copy;
}

struct plan_steps plan_steps(struct arena *arena, struct arena *scratch, const struct plan *plan,
                             const struct plan_policy *policy, int direction, unsigned passes)
{
    struct plan_steps steps = {0};
    struct arena_mark mark = arena_mark(scratch);
    const struct plan_rules *rules = &policy->rules[direction];
    struct optimize optimize = {.arena = arena,
                                .scratch = scratch,
                                .plan = plan,
                                .rules = rules,
                                .numbers = arena_array_of(arena, uint32_t, rules->count),
                                .direction = (uint8_t)direction,
                                .steps = &steps};
    for (uint32_t i = 0; i < rules->count; i++) {
        optimize.numbers[i] = i;
    }
    if (policy->rule_counters || passes == 0 || rules->count < 2) {
        for (uint32_t i = 0; i < rules->count; i++) {
            add_rule(&optimize, i);
        }
    } else {
        add_all(&optimize, passes);
        number_tuples(&steps);
    }
    struct plan_steps kept = copy_steps(arena, &steps);
    arena_rewind(scratch, mark);
    return kept;
}
