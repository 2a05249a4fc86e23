// SPDX-License-Identifier: GPL-2.0-or-later
// Flat rules, which choose by address, protocol and destination port alone, become one look-up of all three where the
// packets are better off. The cost model: what a packet pays that matches none of the rules and has the port for which
// they ask most. Nanoseconds as measured on one machine; only their proportions matter.
#include "optimize.h"

#include <stdlib.h>

enum {
    COST_RULE = 10,   // a rule that ends at its protocol, its port or its family
    COST_ONE = 22,    // comparing one prefix
    COST_HASH = 75,   // looking an address up among hosts
    COST_CIDRS = 150, // the same among prefixes
    COST_HASH_TUPLE = 108,
    COST_TUPLE = 180,
    GAIN_PERCENT = 150, // the rules have to cost that much of the look-up, which is harder to read
};
enum {
    BOX_NETS_MAX = 256,   // prefixes of one rule: a larger set is better shared by all that use it
    TUPLES_PER_RULE = 96, // on average
    TUPLES_MAX = 16384,   // the kernel copies a set with ranges whenever it changes
    MAP_RULES_MIN = 15,
    COMPARED_MAX = 3, // prefixes that are compared one by one
};

static bool has_ports(uint8_t protocol)
{
    return protocol == PROTO_TCP || protocol == PROTO_UDP || protocol == PROTO_SCTP;
}

static bool side_is_plain(const struct plan_side *side)
{
    return side->domains < 0 && side->not_nets.count == 0 && !side->has_not_nets &&
           side->not_ipset < 0 && side->not_ports.count == 0 && side->named_ports < 0 &&
           side->not_named_ports < 0;
}

static const struct plan_side *address_side(const struct optimize *optimize,
                                            const struct plan_match *match)
{
    return optimize->direction == PLAN_IN ? &match->source : &match->destination;
}

static const struct cidrset *addresses_of(const struct optimize *optimize,
                                          const struct plan_match *match)
{
    const struct plan_side *side = address_side(optimize, match);
    return side->has_nets ? &side->nets : &optimize->plan->ipsets.items[side->ipset].members;
}

bool is_flat(const struct optimize *optimize, const struct plan_match *match,
             struct plan_match *ret_rest)
{
    const struct plan_side *side = address_side(optimize, match);
    if (!has_ports(match->protocol) || match->not_protocol != 0 || match->icmp_type >= 0 ||
        match->not_icmp_type >= 0 || !side_is_plain(&match->source) ||
        !side_is_plain(&match->destination) || match->source.has_ports ||
        match->destination.ports.count == 0 || side->has_nets == (side->ipset >= 0)) {
        return false;
    }
    if (addresses_of(optimize, match)->count > BOX_NETS_MAX) {
        return false;
    }
    *ret_rest = *match;
    ret_rest->families = PLAN_BOTH; // the tuples say which
    ret_rest->protocol = 0;
    ret_rest->destination.has_ports = false;
    ret_rest->destination.ports = (struct portset){0};
    struct plan_side *rest =
        optimize->direction == PLAN_IN ? &ret_rest->source : &ret_rest->destination;
    rest->has_nets = false;
    rest->nets = (struct cidrset){0};
    rest->ipset = -1;
    return true;
}

// ---- boxes ----------------------------------------------------------------------------------------------------

static uint32_t look_up_cost(const struct cidrset *nets)
{
    if (nets->count == 1) {
        return COST_ONE;
    }
    if (cidrset_all_hosts(nets)) {
        return COST_HASH;
    }
    return nets->count <= COMPARED_MAX ? (uint32_t)nets->count * COST_ONE : COST_CIDRS;
}

static void add_boxes(const struct optimize *optimize, const struct plan_match *match,
                      uint8_t action, uint32_t order, struct boxes families[2])
{
    for (int v6 = 0; v6 < 2; v6++) {
        struct cidrset nets = cidrset_family(addresses_of(optimize, match), v6 ? IP_V6 : IP_V4);
        if (nets.count == 0 || !(match->families & (v6 ? PLAN_V6 : PLAN_V4))) {
            continue;
        }
        for (size_t i = 0; i < match->destination.ports.count; i++) {
            vec_push(optimize->scratch, &families[v6],
                     (struct box){.nets = nets,
                                  .protocol = match->protocol,
                                  .action = action,
                                  .ports = match->destination.ports.items[i],
                                  .order = order,
                                  .look_up = look_up_cost(&nets)});
        }
    }
}

// Hosts with single ports are looked up by hash.
static bool all_single(const struct tuples *tuples)
{
    for (size_t i = 0; i < tuples->count; i++) {
        const struct plan_tuple *tuple = &tuples->items[i];
        if (!cidr_is_host(tuple->net) || tuple->ports.min != tuple->ports.max) {
            return false;
        }
    }
    return true;
}

// Makes the tuples of both families into a step of that kind, unless they are too many or too little is gained.
static bool add_step(const struct optimize *optimize, struct boxes families[2], size_t rules,
                     struct plan_step step)
{
    size_t limit = rules * TUPLES_PER_RULE < TUPLES_MAX ? rules * TUPLES_PER_RULE : TUPLES_MAX;
    bool pays = false;
    struct tuples tuples[2] = {{0}};
    for (int v6 = 0; v6 < 2; v6++) {
        uint32_t worst = 0;
        if (!tuples_of_boxes(optimize->scratch, &families[v6], limit, &tuples[v6], &worst)) {
            return false;
        }
        uint32_t before = (uint32_t)(families[0].count > 0 ? rules * COST_RULE : 0) +
                          (uint32_t)(families[1].count > 0 ? rules * COST_RULE : 0) + worst;
        uint32_t after = all_single(&tuples[v6]) ? COST_HASH_TUPLE : COST_TUPLE;
        pays |= before * 100u >= after * GAIN_PERCENT && tuples[v6].count > 0;
    }
    for (int v6 = 0; pays && v6 < 2; v6++) {
        struct plan_tuple *items =
            arena_array_of(optimize->arena, struct plan_tuple, tuples[v6].count);
        if (tuples[v6].count > 0) {
            memcpy(items, tuples[v6].items, tuples[v6].count * sizeof *items);
        }
        step.tuples[v6].items = items;
        step.tuples[v6].count = tuples[v6].count;
    }
    if (pays) {
        vec_push(optimize->scratch, optimize->steps, step);
    }
    return pays;
}

static const struct plan_match *keep_match(const struct optimize *optimize,
                                           const struct plan_match *match)
{
    struct plan_match *copy = arena_new_of(optimize->arena, struct plan_match);
    *copy = *match;
    return copy;
}

// ---- one action -----------------------------------------------------------------------------------------------

static void add_sources(const struct optimize *optimize, struct plan_indexes *sources,
                        const struct plan_indexes *more)
{
    for (size_t i = 0; i < more->count; i++) {
        vec_push(optimize->arena, sources, more->items[i]);
    }
}

static bool flatten_group(const struct optimize *optimize, const struct pieces *pieces,
                          const struct plan_indexes *members, const struct plan_match *rest,
                          enum plan_action action)
{
    struct boxes families[2] = {{0}};
    struct plan_step step = {.kind = PLAN_STEP_SET, .action = (uint8_t)action};
    for (size_t i = 0; i < members->count; i++) {
        const struct piece *piece = &pieces->items[members->items[i]];
        add_boxes(optimize, &piece->match, (uint8_t)action, (uint32_t)i, families);
        add_sources(optimize, &step.sources, &piece->sources);
    }
    sort_sources(&step.sources);
    step.match = keep_match(optimize, rest);
    return add_step(optimize, families, members->count, step);
}

// How many tuples a piece makes at most.
static size_t piece_size(const struct optimize *optimize, const struct piece *piece)
{
    return addresses_of(optimize, &piece->match)->count * piece->match.destination.ports.count;
}

// A group that is too large for one set becomes several.
static void flatten_members(const struct optimize *optimize, const struct pieces *pieces,
                            const struct plan_indexes *members, const struct plan_match *rest,
                            enum plan_action action, bool *done)
{
    for (size_t i = 0; i < members->count;) {
        struct plan_indexes part = {0};
        size_t size = 0;
        while (i < members->count && (part.count == 0 || size < TUPLES_MAX / 2)) {
            size += piece_size(optimize, &pieces->items[members->items[i]]);
            vec_push(optimize->scratch, &part, members->items[i++]);
        }
        if (part.count > 1 && flatten_group(optimize, pieces, &part, rest, action)) {
            for (size_t j = 0; j < part.count; j++) {
                done[part.items[j]] = true;
            }
        }
    }
}

void flatten_pieces(const struct optimize *optimize, struct pieces *pieces, enum plan_action action)
{
    struct arena *scratch = optimize->scratch;
    size_t count = pieces->count, kept = 0;
    struct plan_match *rests = arena_array_of(scratch, struct plan_match, count);
    struct plan_indexes *members = arena_array_of(scratch, struct plan_indexes, count);
    bool *flat = arena_array_of(scratch, bool, count), *done = arena_array_of(scratch, bool, count);
    for (size_t i = 0; i < count; i++) {
        flat[i] = is_flat(optimize, &pieces->items[i].match, &rests[i]);
    }
    const size_t *groups = match_groups(scratch, rests, count);
    for (size_t i = 0; i < count; i++) {
        if (flat[i]) {
            vec_push(scratch, &members[groups[i]], (uint32_t)i);
        }
    }
    for (size_t i = 0; i < count; i++) {
        flatten_members(optimize, pieces, &members[i], &rests[i], action, done);
    }
    for (size_t i = 0; i < count; i++) {
        if (!done[i]) {
            pieces->items[kept++] = pieces->items[i];
        }
    }
    pieces->count = kept;
}

// ---- two actions ----------------------------------------------------------------------------------------------

bool flatten_rules(const struct optimize *optimize, size_t first, size_t last, const bool *dead)
{
    struct boxes families[2] = {{0}};
    struct plan_step step = {.kind = PLAN_STEP_MAP};
    struct plan_match rest;
    size_t live = 0;
    for (size_t i = first; i < last; i++) {
        const struct plan_rule *rule = &optimize->rules->items[i];
        if (!dead[i] && is_flat(optimize, &rule->match, &rest)) {
            add_boxes(optimize, &rule->match, rule->action, (uint32_t)i, families);
            vec_push(optimize->arena, &step.sources, (uint32_t)i);
            live++;
        }
    }
    if (live < MAP_RULES_MIN) {
        return false;
    }
    step.match = keep_match(optimize, &rest);
    return add_step(optimize, families, live, step);
}
