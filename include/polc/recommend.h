// SPDX-License-Identifier: GPL-2.0-or-later
// Module recommend: flows -> the least that would let them through, as staged policies of a tier of their own
// (semantics.md 9.7). For namespaces, for workloads, for host endpoints. Prints nothing and reads no files.
#pragma once

#include <polc/flowlog.h>
#include <polc/resolve.h>

// ---- what is asked for ------------------------------------------------------------------------------------------

struct recommend_options {
    bool include_denied;      // learn from what a catch-all denies, too
    int64_t interval, stable; // seconds
};

// One run. Lives on the arena; reads model and plan, which must outlive it. `scratch` is left as it was.
struct recommend;
struct recommend *recommend_new(struct arena *arena, struct arena *scratch,
                                const struct model *model, const struct plan *plan,
                                const struct recommend_options *options);

// In words, for the command line; `message` NULL: nothing is wrong.
struct recommend_problem {
    const char *message, *hint; // hint may be NULL
};
// "ns/NAME", "wep/NS/NAME" (an endpoint, what logs aggregate it to, or "web-*"; every workload that it names gets its own
// policy), "hep/NAME". A workload stands for all endpoints that its labels cannot tell from it.
struct recommend_problem recommend_ask(struct recommend *run, const char *operand);
// Every namespace with endpoints but those of the system (tigera-, calico-, kube-), and those for which a staged policy
// of this name says Set or Ignore.
void recommend_ask_all(struct recommend *run);

enum recommend_scope { RECOMMEND_NAMESPACE, RECOMMEND_WORKLOAD, RECOMMEND_HOST, RECOMMEND_SCOPES };

// Whom a policy is for.
struct recommend_subject {
    uint8_t scope;        // enum recommend_scope
    const char *text;     // "ns/shop", "wep/shop/web-86c5-*", "hep/web-01-eth0"
    const char *ns;       // NULL: of a host endpoint
    const char *name;     // of the policy, without its tier
    const char *selector; // exactly these endpoints, as far as labels can tell
    struct model_indexes
        endpoints;       // of the model: workload endpoints, or host endpoints; ascending
    const char *also;    // one that the selector takes too, and nobody asked for; NULL
    const char *skipped; // why there will be no policy; NULL
    struct loc existing; // of a staged policy of this kind and name; line 0: none
};
struct recommend_subjects {
    VEC_FIELDS(struct recommend_subject);
};
const struct recommend_subjects *recommend_subjects(const struct recommend *run);

// ---- what was seen ------------------------------------------------------------------------------------------------

// Records that are one flow, whoever reported it and from whichever port it came.
struct recommend_flow {
    struct flow flow;
    uint64_t count;                   // of connections
    int64_t first, last;              // seconds since 1970; FLOWLOG_UNKNOWN
    const char *source, *destination; // "shop/web-1", "hep/web-01", a set's name, "pub"
    struct flow_strings domains;      // names of the destination, sorted, none twice
    bool allowed;                     // by what is enforced
    bool learned;                     // a rule stands for it
    bool covered;         // no rule is needed: an earlier tier, or none, decides at every subject
    const char *left_out; // why not, when neither; NULL: it has nothing to do with any subject
};
struct recommend_flows {
    VEC_FIELDS(struct recommend_flow);
};

// Takes records in; at the end recommend_decide says what each flow is good for.
void recommend_learn(struct recommend *run, const struct flowlog_records *records);
void recommend_decide(struct recommend *run);
const struct recommend_flows *recommend_flows(const struct recommend *run);
// Records of the subjects that are no flow: they have no address, protocol or port.
size_t recommend_unreadable(const struct recommend *run);

// What is enforced and denies whatever nobody thought of, so that it cannot be seen.
struct recommend_hidden {
    const struct recommend_subject *subject;
    const char *endpoint; // the first of them
    size_t others;        // more of them in the same place
    uint8_t direction;    // enum plan_direction
    const char *text;     // "the end of tier default, which default.web arms", "rule 3 of ..."
    const char *policy;   // to be named to polc stage; NULL: it is no policy
    struct loc loc;
};
struct recommend_hiddens {
    VEC_FIELDS(struct recommend_hidden);
};
const struct recommend_hiddens *recommend_hiddens(const struct recommend *run);

// ---- what is recommended ------------------------------------------------------------------------------------------

enum recommend_class {
    RECOMMEND_PEER_NAMESPACE,
    RECOMMEND_PEER_WORKLOAD,
    RECOMMEND_PEER_HOST,
    RECOMMEND_PEER_SET,
    RECOMMEND_PEER_SERVICE,
    RECOMMEND_PEER_ADDRESS,
    RECOMMEND_PEER_DOMAINS,
    RECOMMEND_PEER_PRIVATE,
    RECOMMEND_PEER_PUBLIC,
    RECOMMEND_PEERS
};
const char *recommend_class_text(enum recommend_class class); // "Namespace", as in annotations

// One end of a rule, as it is written; members that are NULL or empty do not stand in it.
struct recommend_entity {
    const char *selector, *namespace_selector;
    struct flow_strings nets, not_nets;
    struct flow_strings domains;
    const char *service, *service_ns;
};

// The flows that one peer gives a rule.
struct recommend_evidence {
    uint64_t count;   // of connections
    int64_t last;     // FLOWLOG_UNKNOWN
    uint32_t example; // number of the flow that was seen last
    uint32_t flows;   // different ones
};

struct recommend_rule {
    uint8_t class;                // enum recommend_class
    uint8_t protocol;             // number
    uint8_t ip_version;           // 0: both
    int16_t icmp_type, icmp_code; // -1: none
    struct portset ports; // destination; empty: the protocol has none, or the service has them
    struct recommend_entity peer;
    struct {
        VEC_FIELDS(struct recommend_evidence);
    } evidence; // one for each peer
};

enum recommend_status { RECOMMEND_LEARNING, RECOMMEND_STABILIZING, RECOMMEND_STABLE };
const char *recommend_status_text(enum recommend_status status); // "Learning"

struct recommend_policy {
    const struct recommend_subject *subject;
    const char *tier, *name; // name with the tier
    uint8_t status;          // enum recommend_status
    int64_t updated;         // when the newest part of a rule was seen first; FLOWLOG_UNKNOWN
    uint64_t count;          // of connections
    struct {
        VEC_FIELDS(struct recommend_rule);
    } rules[PLAN_DIRECTIONS];
};
struct recommend_policies {
    VEC_FIELDS(struct recommend_policy);
};

// The policies for what is learned and not yet refuted; subjects without a flow get none.
struct recommend_policies recommend_build(struct recommend *run);

struct recommend_tier {
    const char *name;
    bool present; // in the input
    double order;
};
// The tier of namespaces and workloads, or of host endpoints.
const struct recommend_tier *recommend_tier(const struct recommend *run, bool hosts);

// The end of the records, FLOWLOG_UNKNOWN when none has a time.
int64_t recommend_end(const struct recommend *run);

// Asks `after`, the plan of the input with the policies enforced: flows that were allowed, or are to be, and would be
// denied are left out of what is learned. Returns how many those are; then build anew.
size_t recommend_prove(struct recommend *run, const struct plan *after);

// Drops rules that add nothing to those in front of them, by the plan that proved them.
void recommend_simplify(struct recommend *run, struct recommend_policies *policies,
                        const struct plan *after);

// ---- as text (yaml.c) -----------------------------------------------------------------------------------------------

// Documents without separators. `proof`: as it would be enforced, under a name that nothing else has.
const char *recommend_tier_yaml(struct arena *arena, const struct recommend_tier *tier);
const char *recommend_policy_yaml(struct arena *arena, const struct recommend *run,
                                  const struct recommend_policy *policy, bool proof);
// "10.65.0.14 (shop/web) -> 10.65.0.20 (shop/db) tcp/6379"; (pub) is by its domains.
const char *recommend_flow_text(struct arena *arena, const struct recommend_flow *flow);
// "2026-11-20T14:02:11Z"; NULL for FLOWLOG_UNKNOWN
const char *recommend_time_text(struct arena *arena, int64_t time);
