// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module recommend share.
#pragma once

#include <polc/recommend.h>

// Who has an address, or the id of a plan's endpoint.
struct owner {
    bool host;
    uint32_t number; // of the model's endpoints, or hosts
    struct model_indexes subjects;
};

struct owned_address {
    struct ip_addr addr;
    const struct owner *owner;
};

// A subject gets a rule for a flow.
struct lesson {
    uint32_t subject, flow;
    uint8_t direction; // enum plan_direction
};

// By reporter: a flow that both ends report is one flow.
enum { REPORTERS = 3 };
struct counts {
    uint64_t by_reporter[REPORTERS];
};

struct recommend {
    struct arena *arena;
    struct arena *scratch; // left as it was
    const struct model *model;
    const struct plan *plan;
    struct recommend_options options;
    struct flow_evaluator *evaluator;
    struct flowlog_names *names;
    struct recommend_tier tiers[2]; // of namespaces and workloads; of host endpoints
    struct recommend_subjects subjects;
    struct strmap *owners; // id -> struct owner
    struct {
        VEC_FIELDS(struct owned_address);
    } addresses;              // sorted; endpoints before hosts
    struct strmap *universes; // namespace, "" for everything -> struct universe
    struct strmap *choices;   // what is to be selected -> struct choice
    struct recommend_flows flows;
    struct strmap *flow_numbers; // -> into `counts`
    struct {
        VEC_FIELDS(struct counts *);
    } counts; // of each flow
    struct {
        VEC_FIELDS(struct lesson);
    } lessons;
    struct recommend_hiddens hiddens;
    int64_t end;
    size_t unreadable;
};

// ---- learn.c --------------------------------------------------------------------------------------------------------

void sort_names(struct flow_strings *names); // and leaves each once

// ---- labels.c: selectors that tell workloads apart -----------------------------------------------------------------

// Labels that together select what was asked for, and as little else as can be.
struct choice {
    const struct label *labels;
    size_t count;                 // 0: nothing to select it by
    struct model_indexes members; // endpoints (or hosts) of the model that it selects, ascending
    bool exact;                   // and nothing else
};
// The pods that logs aggregate with an endpoint.
const struct choice *choose_workload(struct recommend *run, uint32_t endpoint);
const struct choice *choose_host(struct recommend *run, uint32_t host);
// Several workloads of a namespace together.
const struct choice *choose_union(struct recommend *run, const char *ns,
                                  const struct model_indexes *endpoints);
const char *choice_text(struct arena *arena, const struct choice *choice);
// `a == "x" && b == "y"`, as people write it: without parentheses around the whole.
const char *all_of(struct arena *arena, struct sel *const *parts, size_t count);
// "web-86c57db685-*" of its pods, the name of a pod that nothing generated.
const char *aggregate_of(struct arena *arena, const struct res_workload *res);
bool namespace_has_sets(const struct recommend *run, const char *ns);

// ---- peers.c --------------------------------------------------------------------------------------------------------

// The other end of a flow, as a rule can name it.
struct peer {
    uint8_t class;     // enum recommend_class
    uint8_t family;    // PLAN_V4 or PLAN_V6 of addresses: no rule has both; else PLAN_BOTH
    const char *ns;    // of the peer; NULL: none, or it is in `value`
    const char *key;   // of one label; "": `value` is a selector; NULL: neither
    const char *value; // of RECOMMEND_PEER_DOMAINS: names with blanks between them
    const struct choice *choice; // of RECOMMEND_PEER_WORKLOAD
};
struct peer find_peer(struct recommend *run, const struct recommend_subject *subject, int direction,
                      const struct recommend_flow *flow);
void find_owners(struct recommend *run);
// `values` are those of peers that differ in nothing else.
void write_peer(struct arena *arena, const struct recommend *run,
                const struct recommend_subject *subject, const struct peer *peer,
                const struct flow_strings *values, struct recommend_entity *ret);

// The namespaceSelector that takes these.
const char *namespaces_text(struct arena *arena, const struct flow_strings *names);

// ---- decide.c -------------------------------------------------------------------------------------------------------

// The step that makes a stage's verdict; NULL when something else does, such as failsafe ports.
const struct flow_step *deciding_step(const struct flow_stage *stage);
// "the end of tier default, which default.web arms", "rule 3 of security.block"; on `arena`.
const char *step_text(struct arena *arena, const struct plan *plan, const struct flow_stage *stage,
                      const struct flow_step *step);
// A Deny that takes whatever comes to it, rather than something that was thought of.
bool is_catch_all(const struct flow_step *step);
bool takes_everything(const struct plan_rule *rule);

// ---- hidden.c -------------------------------------------------------------------------------------------------------

void find_hidden(struct recommend *run);

// ---- yaml.c ---------------------------------------------------------------------------------------------------------

// The name of a policy while it is proved: nothing of the input has it.
const char *proof_name(struct arena *arena, const struct recommend_policy *policy);
