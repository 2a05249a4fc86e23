// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module traffic share: two plans in one IP version, cut into atoms of addresses and cells of services.
//
//   judges   what a class of a plan does, as a list of operations on sets; equal classes of the two plans are one judge
//   places   who has which address, and all else that the way of a packet depends on; from both the atoms
//   rows     a judge asked by one atom of its own about every atom at the other end
//   ways     which judges a packet meets between two atoms, and what is allowed in the end
//   compare  every pair of atoms that may have changed
//   group    pairs -> rectangles of many sources, many destinations and the same services
#pragma once

#include "atoms.h"
#include "keys.h"
#include "services.h"

#include <polc/flow.h>
#include <polc/traffic.h>

// One of the operations of a judge. What is allowed, denied or exempt is out of the packets that are left; what is passed
// comes back at the end of the tier or profile.
enum op_kind {
    OP_ALLOW,
    OP_DENY,
    OP_PASS,
    OP_EXEMPT,    // not judged here
    OP_END_PASS,  // the end of a tier that passes, or of a profile
    OP_END_DENY,  // the end of a tier
    OP_DENY_REST, // the end of the profiles
};

enum { OP_KIND, OP_OWN, OP_PEER, OP_SERVICE, OP_WORDS };

struct ops {
    VEC_FIELDS(uint32_t); // OP_WORDS for each: kind, address sets of both ends, noted service
};

// Addresses of workloads of one place and with the same judges.
struct role {
    uint32_t set;      // its number
    uint32_t endpoint; // one of them
    uint32_t place;    // the node and what the way depends on besides
};

// One of the two plans.
struct half {
    const struct plan *plan;
    struct flow_evaluator *evaluator;
    struct matcher *matcher;
    struct ops *policies[PLAN_DIRECTIONS], *profiles[PLAN_DIRECTIONS]; // made when asked for
    uint32_t *class_judges;                                            // of classes of workloads
    uint32_t (*host_judges)[PLAN_STAGES][PLAN_DIRECTIONS];
    // By atom; of `endpoints` the number + 1, or 0.
    uint32_t *endpoints, *shapes;
    uint32_t *rows[PLAN_DIRECTIONS]; // of the workload of an atom, + 1; made when asked for
    uint32_t *samples;               // an atom of each shape
    uint32_t *ways;                  // by two shapes: the number of the way + 1
    struct {
        VEC_FIELDS(struct role);
    } roles;
    struct {
        VEC_FIELDS(uint32_t);
    } link_sets; // numbers of address sets that the way depends on
};

enum { BEFORE, AFTER, HALVES };

struct row {
    uint32_t *results; // by atom; NULL: not asked for yet
};

// Where on a way a judge is asked, and by whom.
enum slot_kind { SLOT_SOURCE, SLOT_DESTINATION, SLOT_HOST_IN, SLOT_HOST_OUT };

struct slot {
    uint8_t kind;   // enum slot_kind
    uint32_t judge; // of a host; a workload has the judge of its atom
};

struct way_stop {
    uint8_t group, stage;
    bool fixed, deny; // a fixed stop
    uint8_t slot;
};

struct way {
    struct slot slots[FLOW_STOPS_MAX];
    size_t slot_count;
    struct {
        VEC_FIELDS(struct way_stop);
    } * kinds;                // of each kind of services
    const char *unknown_node; // "" for one without a name; NULL: nothing is unknown
};

struct study {
    struct arena *arena, *scratch;
    uint8_t family; // enum ip_family
    bool staged;    // staged policies count
    struct space *space;
    struct services *services;
    struct half halves[HALVES];
    // Address sets by their numbers of the space.
    struct {
        VEC_FIELDS(uint32_t);
    } sets;
    uint32_t *set_numbers; // of a set of the space: its index in `sets` + 1
    size_t set_room;
    struct strmap *names; // of nodes, interfaces, bridges -> number
    struct keys *places, *shapes;
    struct atoms atoms;
    struct keys *judges;
    struct keys *row_places, *row_keys; // {judge, atom}; what the row is made of
    struct {
        VEC_FIELDS(uint32_t);
    } rows_by_place;
    struct {
        VEC_FIELDS(struct row);
    } rows;
    struct keys *results; // {allowed, denied}
    struct keys *way_keys, *outcome_keys;
    struct {
        VEC_FIELDS(struct way);
    } ways;
    struct {
        VEC_FIELDS(uint32_t);
    } outcomes; // cells that pass
    bool
        quiet; // hosts, links and settings are the same in both plans: only roles of atoms may differ
    struct strmap *changed_nodes; // whose hosts or links differ
};

// The number of an address set, which is noted before the atoms are made.
uint32_t study_note(struct study *study, uint32_t set);
uint32_t study_name(struct study *study, const char *name); // NULL is a name too

// judges.c
void judges_make(struct study *study, struct half *half);

// places.c
void places_note(struct study *study, struct half *half);
void places_find(struct study *study, struct half *half); // once the atoms are there
void places_compare(struct study *study);
struct ip_addr atom_address(const struct study *study, uint32_t atom);

// rows.c
uint32_t row_find(struct study *study, uint32_t judge, uint32_t own);
// By atom at the other end: a number of study->results.
const uint32_t *row_results(struct study *study, uint32_t row);

// ways.c
// The row of the workload that has the addresses of an atom.
uint32_t way_workload_row(struct study *study, struct half *half, uint32_t atom, int direction);
uint32_t way_between(struct study *study, struct half *half, uint32_t source, uint32_t destination);
const struct way *way_get(const struct study *study, uint32_t way);
// The results of the judges on a way go to `ret_results`, FLOW_STOPS_MAX of them.
void way_ask(struct study *study, struct half *half, uint32_t way, uint32_t source,
             uint32_t destination, uint32_t *ret_results);
// What passes on a way if its judges say this.
uint32_t way_outcome(struct study *study, uint32_t way, const uint32_t *results);

// A rectangle of what changed.
struct change_block {
    uint32_t sources, destinations; // numbers of study_lists: sorted atoms
    uint32_t services;              // cells
};

struct change_blocks {
    VEC_FIELDS(struct change_block);
    struct keys *lists;
};

// compare.c: `ret` has room for TRAFFIC_CHANGES.
void compare_pairs(struct study *study, struct change_blocks *ret, struct traffic_names *undecided);

// group.c: the fewest rectangles that are found for the same.
void group_blocks(struct study *study, struct change_blocks *blocks);

// ends.c: who has the addresses of atoms. `names` keeps what is made up for who has no id.
struct owners;
struct owners *owners_new(struct arena *arena, struct arena *names, const struct study *study);
void owners_describe(struct arena *arena, const struct owners *owners, const uint32_t *atoms,
                     size_t count, struct traffic_end *ret);

struct traffic_rows {
    VEC_FIELDS(struct traffic_row);
};

// merge.c: rows of the two IP versions that differ in nothing else become one; then all are sorted.
void merge_rows(struct arena *arena, struct traffic_rows *rows);
