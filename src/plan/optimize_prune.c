// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that never get a packet: the same match stood before, or a broad one that holds theirs. Only what is plain to
// see; `lint` proves the rest.
#include "optimize.h"

enum { BROAD_MAX = 16 }; // rules without addresses that are kept in mind; a policy seldom has more

static bool ports_within(const struct portset *inner, const struct portset *outer)
{
    for (size_t i = 0, j = 0; i < inner->count; i++) {
        while (j < outer->count && outer->items[j].max < inner->items[i].min) {
            j++;
        }
        if (j == outer->count || outer->items[j].min > inner->items[i].min ||
            outer->items[j].max < inner->items[i].max) {
            return false;
        }
    }
    return true;
}

static bool side_is_broad(const struct plan_side *side)
{
    return !side->has_nets && !side->has_not_nets && side->ipset < 0 && side->domains < 0 &&
           side->not_ipset < 0 && side->not_ports.count == 0 && side->named_ports < 0 &&
           side->not_named_ports < 0;
}

static bool is_broad(const struct plan_match *match)
{
    return match->not_protocol == 0 && match->icmp_type < 0 && match->not_icmp_type < 0 &&
           side_is_broad(&match->source) && side_is_broad(&match->destination);
}

static bool side_within(const struct plan_side *inner, const struct plan_side *broad)
{
    return !broad->has_ports || (inner->has_ports && inner->named_ports < 0 &&
                                 ports_within(&inner->ports, &broad->ports));
}

static bool is_within(const struct plan_match *inner, const struct plan_match *broad)
{
    return (inner->families & ~broad->families) == 0 &&
           (broad->protocol == 0 || broad->protocol == inner->protocol) &&
           side_within(&inner->source, &broad->source) &&
           side_within(&inner->destination, &broad->destination);
}

// Marks rules whose match a deciding rule before them has too.
static void prune_repeated(const struct optimize *optimize, bool *dead)
{
    const struct plan_rules *rules = optimize->rules;
    struct plan_match *keys = arena_array_of(optimize->scratch, struct plan_match, rules->count);
    for (size_t i = 0; i < rules->count; i++) {
        keys[i] = rules->items[i].match;
    }
    const size_t *groups = match_groups(optimize->scratch, keys, rules->count);
    bool *decided = arena_array_of(optimize->scratch, bool, rules->count);
    for (size_t i = 0; i < rules->count; i++) {
        dead[i] = decided[groups[i]];
        decided[groups[i]] |= rules->items[i].action != PLAN_LOG;
    }
}

bool *prune_rules(const struct optimize *optimize)
{
    const struct plan_rules *rules = optimize->rules;
    bool *dead = arena_array_of(optimize->scratch, bool, rules->count);
    const struct plan_match *broad[BROAD_MAX];
    size_t broad_count = 0;
    prune_repeated(optimize, dead);
    for (size_t i = 0; i < rules->count; i++) {
        const struct plan_rule *rule = &rules->items[i];
        for (size_t j = 0; j < broad_count && !dead[i]; j++) {
            dead[i] = is_within(&rule->match, broad[j]);
        }
        if (!dead[i] && rule->action != PLAN_LOG && broad_count < BROAD_MAX &&
            is_broad(&rule->match)) {
            broad[broad_count++] = &rule->match;
        }
    }
    return dead;
}
