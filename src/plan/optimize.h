// SPDX-License-Identifier: GPL-2.0-or-later
// What the passes of the optimizer share. Inside module plan only.
#pragma once

#include <polc/plan.h>

// One question that a run of rules asks: a rule, or several that became one. All rules of a run have the same action
// and nothing stands between them, so that their order does not matter.
struct piece {
    struct plan_match match;
    struct plan_indexes sources; // numbers in the list of rules, ascending
};

struct pieces {
    VEC_FIELDS(struct piece);
};

// What a pass looks at: the rules of one policy and direction.
struct optimize {
    struct arena *arena, *scratch; // of the steps; of what is only needed while they are made
    const struct plan *plan;
    const struct plan_rules *rules;
    uint32_t *numbers;        // of all rules, for steps of one
    uint8_t direction;        // enum plan_direction
    struct plan_steps *steps; // on the scratch arena
};

// ---- optimize_match.c -----------------------------------------------------------------------------------------

bool match_equal(const struct plan_match *a, const struct plan_match *b);
void sort_sources(struct plan_indexes *sources);
// Pieces with one key stand together: groups[i] is the number of the first piece that has the key of piece i.
size_t *match_groups(struct arena *arena, const struct plan_match *keys, size_t count);

// ---- optimize_prune.c -----------------------------------------------------------------------------------------

// For each rule, whether rules before it take every packet that it matches.
bool *prune_rules(const struct optimize *optimize);

// ---- optimize_merge.c -----------------------------------------------------------------------------------------

// Pieces that differ only in the nets, or only in the ports, of one side become one.
void merge_pieces(const struct optimize *optimize, struct pieces *pieces);

// ---- optimize_flatten.c ---------------------------------------------------------------------------------------

// Whether a rule is a choice of address, protocol and port, besides *ret_rest: what it asks for otherwise.
bool is_flat(const struct optimize *optimize, const struct plan_match *match,
             struct plan_match *ret_rest);
// Pieces that are, and have the same rest, become one look-up where that is cheaper; the rest of the pieces stays.
// Appends steps of kind PLAN_STEP_SET.
void flatten_pieces(const struct optimize *optimize, struct pieces *pieces,
                    enum plan_action action);
// Rules first..last-1, allowed and denied ones, all flat with the same rest, become one step of kind PLAN_STEP_MAP in
// which the first match is resolved. False, and no step, when it would not pay.
bool flatten_rules(const struct optimize *optimize, size_t first, size_t last, const bool *dead);

// ---- optimize_tuples.c ----------------------------------------------------------------------------------------

// Addresses of one family, a protocol and a range of ports: what one flat rule matches, or a part of it.
struct box {
    struct cidrset nets;
    uint8_t protocol;
    uint8_t action; // enum plan_action
    struct port_range ports;
    uint32_t order;   // the box of the lower order decides
    uint32_t look_up; // cost of asking for the address, in nanoseconds
};

struct boxes {
    VEC_FIELDS(struct box);
};

struct tuples {
    VEC_FIELDS(struct plan_tuple);
};

// Disjoint tuples, sorted by address, protocol and port, that match what the boxes match, each with the action of the
// first box that has it. False when there would be more than `limit`. *ret_worst: the most that a packet of one port has
// to pay for looking up addresses, box by box.
bool tuples_of_boxes(struct arena *arena, struct boxes *boxes, size_t limit, struct tuples *ret,
                     uint32_t *ret_worst);
