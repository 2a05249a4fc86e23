// SPDX-License-Identifier: GPL-2.0-or-later
// Unions: rules of one action that differ in one list only, the nets or the ports of one side, become one rule with all
// of them. One pass over each list; a rule that grew in one may meet its like in the next.
#include "optimize.h"

enum list { SOURCE_NETS, DESTINATION_NETS, SOURCE_PORTS, DESTINATION_PORTS, LISTS };

static struct plan_side *side_of(struct plan_match *match, enum list list)
{
    return list == SOURCE_NETS || list == SOURCE_PORTS ? &match->source : &match->destination;
}

// The match without that list. That there is one stays, so that only matches with one are alike.
static struct plan_match without(struct plan_match match, enum list list)
{
    struct plan_side *side = side_of(&match, list);
    if (list == SOURCE_NETS || list == DESTINATION_NETS) {
        side->nets = (struct cidrset){0};
    } else {
        side->ports = (struct portset){0};
    }
    return match;
}

static bool has(const struct plan_match *match, enum list list)
{
    const struct plan_side *side = side_of((struct plan_match *)match, list);
    return list == SOURCE_NETS || list == DESTINATION_NETS ? side->has_nets : side->has_ports;
}

static size_t list_length(const struct plan_match *match, enum list list)
{
    const struct plan_side *side = side_of((struct plan_match *)match, list);
    return list == SOURCE_NETS || list == DESTINATION_NETS ? side->nets.count : side->ports.count;
}

// The union of the members' lists, in the first one.
static void unite(struct arena *arena, struct pieces *pieces, const struct plan_indexes *members,
                  enum list list)
{
    size_t total = 0;
    bool nets = list == SOURCE_NETS || list == DESTINATION_NETS;
    for (size_t i = 0; i < members->count; i++) {
        total += list_length(&pieces->items[members->items[i]].match, list);
    }
    struct cidrset cidrs = {arena_array_of(arena, struct cidr, nets ? total : 0), 0};
    struct portset ports = {arena_array_of(arena, struct port_range, nets ? 0 : total), 0};
    struct plan_indexes sources = {0};
    for (size_t i = 0; i < members->count; i++) {
        struct piece *piece = &pieces->items[members->items[i]];
        const struct plan_side *side = side_of(&piece->match, list);
        for (size_t j = 0; nets && j < side->nets.count; j++) {
            cidrs.items[cidrs.count++] = side->nets.items[j];
        }
        for (size_t j = 0; !nets && j < side->ports.count; j++) {
            ports.items[ports.count++] = side->ports.items[j];
        }
        for (size_t j = 0; j < piece->sources.count; j++) {
            vec_push(arena, &sources, piece->sources.items[j]);
        }
    }
    struct piece *first = &pieces->items[members->items[0]];
    first->sources = sources;
    if (nets) {
        cidrset_normalize(&cidrs);
        side_of(&first->match, list)->nets = cidrs;
    } else {
        portset_normalize(&ports);
        side_of(&first->match, list)->ports = ports;
    }
}

static void merge_list(const struct optimize *optimize, struct pieces *pieces, enum list list)
{
    struct arena *arena = optimize->scratch;
    size_t count = pieces->count, kept = 0;
    struct plan_match *keys = arena_array_of(arena, struct plan_match, count);
    for (size_t i = 0; i < count; i++) {
        keys[i] = without(pieces->items[i].match, list);
    }
    const size_t *groups = match_groups(arena, keys, count);
    struct plan_indexes *members = arena_array_of(arena, struct plan_indexes, count);
    for (size_t i = 0; i < count; i++) {
        if (has(&keys[i], list)) {
            vec_push(arena, &members[groups[i]], (uint32_t)i);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (members[i].count > 1) {
            unite(arena, pieces, &members[i], list);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (groups[i] == i || !has(&keys[i], list)) {
            pieces->items[kept++] = pieces->items[i];
        }
    }
    pieces->count = kept;
}

void merge_pieces(const struct optimize *optimize, struct pieces *pieces)
{
    for (enum list list = SOURCE_NETS; list < LISTS && pieces->count > 1; list++) {
        merge_list(optimize, pieces, list);
    }
    for (size_t i = 0; i < pieces->count; i++) {
        sort_sources(&pieces->items[i].sources);
    }
}
