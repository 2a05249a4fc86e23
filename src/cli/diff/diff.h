// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of `polc diff` share.
#pragma once

#include "cli.h"

#include <jansson.h>
#include <polc/flow.h>
#include <polc/traffic.h>

// A policy that is not the same in both plans.
struct diff_policy {
    uint8_t kind; // enum nft_change_kind
    const char *name, *what, *place;
};

// What two plans say, apart from what it does to traffic.
struct diff_texts {
    struct {
        VEC_FIELDS(struct diff_policy);
    } policies;                  // sorted by name
    size_t counts[3], unchanged; // of policies, by kind
    size_t rules;                // that were added, removed or rewritten
    size_t sets_changed;         // IP sets with other members, or new, or gone
    size_t endpoints_added, endpoints_removed, hosts_added, hosts_removed;
    bool settings_changed;
};

// A name that rules allow in one of the plans only. What addresses it has is not known.
struct diff_name {
    uint8_t change; // enum traffic_change
    const char *pattern, *service, *policy, *place;
    uint32_t rule;
};

struct diff_names {
    VEC_FIELDS(struct diff_name); // by change, name, service and rule
    size_t counts[2];             // of names, each once, by change
};

// Two plans, compared. `before` and `after` are runs with a plan and its sources; the arena of `run` keeps everything.
struct diff {
    struct run *run, *before, *after;
    struct flow_evaluator *evaluators[2];
    const struct traffic_diff *traffic;
    struct diff_names names;
    const char *staged; // what becomes of staged policies, in words
    struct diff_texts texts;
};

// Who decides a flow on one side.
struct diff_decision {
    const char *text, *place; // place "" for none
    const char *reason;       // for programs
    const char *policy;       // as flow logs name it; NULL
    const char *direction;    // "ingress"; NULL
    int64_t rule;             // -1: none
};

// ---- diff_plans.c -----------------------------------------------------------------------------------------------

void diff_plans(struct run *run, struct run *before, struct run *after, struct diff *ret);
// The traffic alone.
void diff_traffic(struct run *run, struct run *before, struct run *after, struct diff *ret);
bool diff_differs(const struct diff *diff);

// ---- diff_names.c -----------------------------------------------------------------------------------------------

// Needs the plans alone.
struct diff_names diff_names(const struct diff *diff);
// How many from `first` on are the same name with the same service, by one rule each.
size_t diff_names_like(const struct diff_names *names, size_t first);
// The rule of a name, and how many more are like it: "shop/default.pay egress rule 0 (+3 rules)".
const char *diff_name_rule(struct arena *arena, const struct diff_name *name, size_t like);

// ---- diff_policies.c --------------------------------------------------------------------------------------------

struct diff_texts diff_policies(const struct diff *diff);
// ---- diff_rules.c: what of a rule changed, in the words of its author -----------------------------------------------

// All that a rule says, as one text; equal rules have equal texts in both plans.
const char *diff_rule_text(struct arena *arena, const struct plan *plan,
                           const struct plan_rule *rule);
// "source.nets [203.0.113.0/24] -> any"
const char *diff_rule_changes(struct arena *arena, const struct plan *before,
                              const struct plan_rule *from, const struct plan *after,
                              const struct plan_rule *to);

// ---- diff_words.c -----------------------------------------------------------------------------------------------

const char *diff_end_text(struct arena *arena, const struct traffic_end *end, uint8_t families);
// "tcp/80,443 udp/53", "any protocol but tcp/22"
const char *diff_service_text(struct arena *arena, const struct traffic_row *row);
// "tcp/443" of a rule; "any protocol"
const char *diff_match_text(struct arena *arena, const struct plan_match *match);
const char *diff_witness_text(struct arena *arena, const struct flow *witness);
// Who decides a flow before (0) and after (1).
void diff_decide(const struct diff *diff, const struct flow *flow, struct diff_decision ret[2]);
const char *diff_headline(struct arena *arena, const struct diff *diff);
// "2 policies changed, 0 added, 0 removed; 1 set changed; 41 unchanged"
const char *diff_counts(struct arena *arena, const struct diff *diff);

// ---- diff_base.c: what an input is compared with ------------------------------------------------------------------

enum diff_base { DIFF_KERNEL, DIFF_GENERATION, DIFF_PATH };
enum diff_base diff_base_kind(const char *base); // of --base; NULL is the kernel
// A directory or file, compiled as the run's own input is. Returns an exit code, and has said what is wrong.
int diff_base_path(struct run *run, struct run *ret);
int diff_base_generation(struct run *run, struct run *ret);
// A plan of the state directory, or NULL: nothing was there, and everything is new.
void diff_base_plan(struct run *run, struct plan *plan, struct sources *sources, struct run *ret);

// ---- diff_objects.c: the ruleset against the kernel's table ---------------------------------------------------------

// Policies by rules, for when the plan that is loaded is not known.
void diff_print_object_policies(struct run *run, const struct change_list *list);
// Chains and sets, with -v their rules too, and how many. `policies_told`: not how many policies, and the rest with -v.
void diff_print_objects(struct run *run, const struct nft_diff *diff,
                        const struct change_list *list, bool policies_told);
json_t *diff_json_objects(struct run *run, const struct nft_diff *diff);
json_t *diff_json_object_policies(struct run *run, const struct change_list *list);

// ---- diff_text.c, diff_json.c, diff_md.c --------------------------------------------------------------------------

void diff_print_traffic(const struct diff *diff);
void diff_print_policies(const struct diff *diff);
json_t *diff_json_traffic(const struct diff *diff);
json_t *diff_json_policies(const struct diff *diff);
// A line for `polc trace --flows`.
json_t *diff_json_flow(const struct flow *flow);
json_t *diff_json_decision(const struct diff_decision *decision);
void diff_print_md(const struct diff *diff);
// A cell and its end: what would end it, begin code or make an element of the page is taken as it is.
void diff_md_cell(struct strbuf *text, const char *cell);
const char *diff_md_decision(struct arena *arena, const struct diff_decision *decision);
// "was" or "now", who decides, and where.
void diff_print_decision(const char *name, const struct diff_decision *decision);
