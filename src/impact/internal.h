// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module impact share.
//
//   ends    what a record says of an end -> the addresses that it may have
//   names   what may be known of the names of a destination
//   region  the packets that a record may be, cut by the rows of changed traffic
//   answer  what becomes of them, and on what that depends
//   impact  records -> groups of what fares alike
#pragma once

#include <polc/impact.h>
#include <polc/space.h>

enum { BEFORE, AFTER, PLANS };
enum { FAMILY_V4, FAMILY_V6, FAMILIES };
#define NOT_RECORDED (-1)

// What a region is cut by.
struct rows {
    struct region boxes[FAMILIES][TRAFFIC_CHANGES];
};

struct impact {
    struct arena *arena, *scratch; // scratch is left as it was by each record
    const struct plan *plans[PLANS];
    struct flow_evaluator *evaluators[PLANS];
    struct flowlog_names *names[PLANS];
    const struct traffic_diff *traffic;
    struct strtab *texts; // of labels: equal ones are one pointer
    struct space *space;
    struct rows rows;        // where no destination has a name
    struct namings *namings; // NULL: no rule has domains
    bool by_source_port;     // a rule of either plan looks at it, or a row
    struct strmap *ends, *answers, *subjects, *groups;
    bool all;
};

// ---- ends.c -------------------------------------------------------------------------------------------------------

// An end of a record, and the addresses that it may have as sets of the space.
struct end {
    struct impact_end label;
    uint32_t sets[FAMILIES];
};
// `other` is the other end of the record, by whose namespace network sets are chosen; `domains` are those of a destination
// (else NULL).
const struct end *find_end(struct impact *impact, const struct flowlog_end *end,
                           const struct flowlog_end *other, const struct flow_strings *domains);

// ---- region.c -----------------------------------------------------------------------------------------------------

// All that a record says of a packet; equal bytes are equal questions.
struct question {
    uint32_t sources[FAMILIES], dests[FAMILIES];
    int32_t protocol, port, source_port, icmp_first,
        icmp_last; // or NOT_RECORDED; icmp: type * 256 + code
    int32_t gone;  // whether an end is, so that nothing is certain
    int32_t names; // of the destination: a naming, or NOT_RECORDED
};

void rows_make(struct impact *impact, const struct traffic_diff *traffic, struct rows *ret);

// What becomes of a question's packets: one of each kind, by enum impact_change (IMPACT_UNCERTAIN is none).
struct cut {
    uint8_t families[IMPACT_CHANGES]; // PLAN_V4 | PLAN_V6 in which there is such a packet; 0: none
    struct flow samples[IMPACT_CHANGES];
    bool given_up; // too much to do
};
void cut_question(struct impact *impact, const struct question *question, const struct rows *rows,
                  struct cut *ret);
// The one packet that a question is about; false when there may be several.
bool is_one_flow(const struct impact *impact, const struct question *question, struct flow *ret);

// ---- names.c --------------------------------------------------------------------------------------------------------

struct numbers {
    VEC_FIELDS(uint32_t);
    bool partial; // there are more than can be tried
};

// Names that a destination may have; those that are in the same sets of domains are one. Number 0 is that it has none.
struct naming {
    struct flow_strings names;
    bool *sets;              // by number of both plans' domains, those before first
    uint8_t asked;           // who asks for one of them
    const struct rows *rows; // NULL: not made yet
};

void names_make(struct impact *impact);
int32_t names_of_record(struct impact *impact, const struct flow_strings *domains);
// Takes out what no record with names can mean.
void names_restrict(struct impact *impact, struct question *question);
struct naming *naming_get(const struct impact *impact, size_t number); // until the next one is made
const struct rows *naming_rows(struct impact *impact, size_t number);
// Those that may matter, on scratch, 0 first. For a question: false when there are too many to try. For a flow without names:
// whether its verdict depends on them, by either plan.
bool namings_of_question(struct impact *impact, const struct question *question,
                         struct numbers *ret);
bool namings_of_flow(struct impact *impact, const struct flow *flow, struct numbers *ret);

// ---- answer.c -----------------------------------------------------------------------------------------------------

enum reporter { BY_SOURCE, BY_DEST, BY_FORWARD, BY_NOBODY, REPORTERS };

// Who decides on one side: equal ones are equal bytes.
struct decider {
    const struct plan_policy *policy;
    const struct plan_rule *rule;
    int32_t tier;
    uint8_t reason, direction;
    uint16_t padding;
};

struct answer {
    uint8_t change, doubts, reachable; // as in struct impact_group
    bool one;                          // it is about one packet: examples[0]
    bool named;                        // what its names are decides, and nobody knows them
    size_t example_count;
    struct impact_example examples[2];
    struct decider deciders[PLANS]; // of examples[0]
    // Of the one packet, before the change, when somebody has asked: what each reporter says, 1 << enum flow_verdict; 0:
    // nothing, because its side is not of a node that is judged.
    bool sides_known;
    uint8_t sides[REPORTERS];
};
struct answer *find_answer(struct impact *impact, const struct question *question);
// Whether a record had another verdict than its side has before the change.
bool was_otherwise(struct impact *impact, struct answer *answer,
                   const struct flowlog_record *record);
enum reporter reporter_of(const struct flowlog_record *record);
