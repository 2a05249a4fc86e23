// SPDX-License-Identifier: GPL-2.0-or-later
// Module flow: what happens to a flow. Evaluates on the plan, never on nftables: the semantics live twice, on purpose.
#pragma once

#include <polc/plan.h>

struct dns_book; // of module dns

struct flow_strings {
    VEC_FIELDS(const char *);
};

// A new connection (or, for protocols without one, a packet). Both addresses are of one family.
struct flow {
    struct ip_addr source, destination;
    uint8_t protocol;                       // IP protocol number
    uint16_t source_port, destination_port; // host byte order; 0 in protocols without ports
    int16_t icmp_type, icmp_code;           // of ICMP and ICMPv6; else -1
    // in_interface: by which it enters the first node of the plan that gets it from outside, or the interface of the
    // workload that sends it (then its anti-spoofing is judged too). out_interface: by which it leaves the node.
    // NULL: found by the addresses. They matter where host endpoints or shared addresses leave a choice.
    // Not given, the interface towards a remote address is, of those that are neither loopback nor of a workload:
    // the one with the longest connected prefix around it; else the one with the host's own address of the flow; else
    // the only one (or the only host endpoint, when no interface of the node is known); else one that is governed by
    // the "*" host endpoint.
    // An address that several hosts have is that of the first node by name.
    const char *in_interface, *out_interface;
    // Where it was addressed to before this host translated it (DNAT): what untracked and preDNAT policy sees. Family 0:
    // it was not translated.
    struct ip_addr published;
    uint16_t published_port; // host byte order
    // By which names it was addressed, all of them, in any letter case: what rules with domains ask. NULL or none: not known;
    // then what is known of the address counts alone (flow_evaluator_set_names).
    const struct flow_strings *names;
};

// FLOW_UNCERTAIN: it depends on whether a name that a rule allows has the address of the destination, and nobody knows.
enum flow_verdict { FLOW_ALLOW, FLOW_DENY, FLOW_UNCERTAIN };

// Why a flow was decided as it was, apart from rules.
enum flow_reason {
    FLOW_BY_RULE,       // a rule of a policy or profile
    FLOW_BY_TIER_END,   // the end of a tier
    FLOW_BY_NO_PROFILE, // no profile allowed it
    FLOW_BY_FAILSAFE,
    FLOW_BY_HOST_ACTION,  // defaultEndpointToHostAction
    FLOW_BY_SPOOF,        // a source address that the endpoint does not have
    FLOW_BY_NO_WORKLOAD,  // to a workload's interface, for an address that no endpoint has
    FLOW_BY_TUNNEL,       // VXLAN or IPIP from a workload
    FLOW_BY_DISCOVERY,    // neighbour discovery, MLD or DHCP that always passes
    FLOW_BY_FALL_THROUGH, // no rule of a stage that only adds to others: forward, preDNAT, untracked
    FLOW_BY_EARLIER,      // an untracked or preDNAT stage has decided: this one is not asked
    FLOW_BY_LOCAL,        // from a host to itself or to its own workloads: never policed
    FLOW_BY_NOTHING,      // no endpoint governs it
    FLOW_BY_DOMAINS,      // uncertain: it depends on the names of the destination
    FLOW_REASON_COUNT
};

// A plan made ready for evaluation. Lives on the arena; reads the plan, which must outlive it.
struct flow_evaluator;
struct flow_evaluator *flow_evaluator_new(struct arena *arena, const struct plan *plan);

// What is known of the names of destinations (semantics.md 8): those of `book`, or nothing (NULL). `complete`: an address
// has no other names, so that everything is certain; else any name may have it. Without this call no address has a name:
// the sets of the kernel as they are right after the first apply. The book must outlive the evaluator and stay as it is.
void flow_evaluator_set_names(struct flow_evaluator *evaluator, const struct dns_book *book,
                              bool complete);

// The verdict alone: allow only if every stage on the way allows. With `staged`, every staged policy counts as enforced.
// A name that may have the address or not counts as one that has not: never FLOW_UNCERTAIN.
enum flow_verdict flow_verdict(const struct flow_evaluator *evaluator, const struct flow *flow,
                               bool staged);
// The same, and FLOW_UNCERTAIN where such a name would change it: names only ever allow.
enum flow_verdict flow_verdict_or_doubt(const struct flow_evaluator *evaluator,
                                        const struct flow *flow, bool staged);

// What one rule (or the end of a tier, or of the profiles) did on the way.
enum flow_step_result {
    FLOW_STEP_NO_MATCH,
    FLOW_STEP_ALLOW,
    FLOW_STEP_DENY,
    FLOW_STEP_PASS,
    FLOW_STEP_LOG,
    FLOW_STEP_MAYBE, // would allow it if one of its names has the address, and nobody knows; the way goes on as if none had
};

// A policy without rules has one step that does not match and has no rule.
struct flow_step {
    uint8_t result; // enum flow_step_result
    uint8_t reason; // enum flow_reason
    int32_t tier;   // of the plan; -1: profiles
    // At the end of a tier the policy that names it (semantics.md 9.4); NULL at the end of the profiles.
    const struct plan_policy *policy;
    const struct plan_rule
        *rule; // NULL at the end of a tier or of the profiles, and of a missing profile
    struct loc loc;
};

struct flow_steps {
    VEC_FIELDS(struct flow_step);
};

// One stage of the way: an endpoint, a direction, and the kind of policy. Without steps, `reason` says all.
struct flow_stage {
    uint8_t stage;                        // enum plan_stage
    uint8_t direction;                    // enum plan_direction
    const struct plan_endpoint *endpoint; // the workload endpoint, or NULL
    const struct plan_host *host;         // the host endpoint, or NULL
    uint8_t verdict, pending_verdict;     // enum flow_verdict; allow when it only continues
    uint8_t reason, pending_reason;       // what decided, enum flow_reason
    // What becomes of the flow depends on names that one of its FLOW_STEP_MAYBE asks for: its verdict, or whether stages behind
    // it are asked. The steps behind the first of them tell what happens otherwise.
    bool doubtful, pending_doubtful;
    struct flow_steps enforced;
    struct flow_steps pending; // as if every staged policy were enforced
    struct flow_steps all; // enforced, and the hits of staged policies that decide nothing (9.4)
};

// An end of a flow: a workload, an address of a host of the plan, or (neither) somewhere else.
struct flow_end {
    const struct plan_endpoint *endpoint; // of a spoofed source: one with that interface, or NULL
    const char *node;                     // NULL also when it has no name
    bool is_host;
};

struct flow_trace {
    uint8_t verdict, pending_verdict; // enum flow_verdict
    uint8_t reason;                   // of the stage that denies first, or of the last one
    // In the order of the packet's way; goes on behind a stage that denies, so that both ends are seen.
    struct {
        VEC_FIELDS(struct flow_stage);
    } stages;
    struct flow_end source, destination;
    bool
        interface_unknown; // which host endpoint is asked depends on an interface that is not known
};

// The whole way. Everything is on `arena`, which the caller may rewind between flows.
void flow_trace(const struct flow_evaluator *evaluator, struct arena *arena,
                const struct flow *flow, struct flow_trace *ret);
// The same without the steps that do not match: all that policy strings need, and much less of it.
void flow_trace_hits(const struct flow_evaluator *evaluator, struct arena *arena,
                     const struct flow *flow, struct flow_trace *ret);

// ---- the way alone ----------------------------------------------------------------------------------------------

// For who judges many flows at once: which stages a flow would be judged by, and nothing is judged.
enum { FLOW_STOPS_MAX = 12 };
struct flow_stop {
    uint8_t stage, direction; // enum plan_stage, enum plan_direction
    uint8_t
        group;  // an untracked or preDNAT stage that decides spares the flow the rest of its group
    bool fixed; // `verdict` stands, whatever policies say
    uint8_t verdict; // enum flow_verdict
    uint32_t class;  // of the plan
    const struct plan_endpoint *endpoint;
    const struct plan_host *
        host; // never asked about neighbour discovery, nor (but for PLAN_FORWARD) about failsafe ports
};

struct flow_way {
    struct flow_stop stops[FLOW_STOPS_MAX];
    size_t count;
    bool
        interface_unknown; // which host endpoint is asked depends on an interface that is not known
    const char *unknown_node; // of such an interface; NULL when it has no name
};

void flow_way(const struct flow_evaluator *evaluator, const struct flow *flow,
              struct flow_way *ret);
// Whether rules with domains are among those of a class of the plan.
bool flow_asks_names(const struct flow_evaluator *evaluator, uint32_t class);
// The settings that hold for a host endpoint.
const struct plan_settings *flow_host_settings(const struct flow_evaluator *evaluator,
                                               const struct plan_host *host);

// What the way of a flow without interfaces depends on, besides whose its addresses are and which link they are on: nets
// that an address is in, and services (discovery, DHCP, tunnels). Flows that differ in nothing of it have one way.
struct flow_special {
    uint8_t protocol;
    int32_t source_port, destination_port; // -1: any
    int16_t icmp_first, icmp_last;         // types; -1: any
};
struct flow_specials {
    VEC_FIELDS(struct flow_special);
};
const struct cidr *flow_special_nets(size_t *ret_count);
// Appends those of the plan of the evaluator.
void flow_add_specials(const struct flow_evaluator *evaluator, struct arena *arena,
                       struct flow_specials *ret);

// The first stage that denies; NULL when none does. `pending`: in the view of staged policies.
const struct flow_stage *flow_denying_stage(const struct flow_trace *trace, bool pending);
// The first stage that is uncertain; NULL when none is.
const struct flow_stage *flow_uncertain_stage(const struct flow_trace *trace, bool pending);
// The first step on which an uncertain flow depends; NULL when it is certain.
const struct flow_step *flow_doubt(const struct flow_trace *trace, bool pending);
// Who decides a flow by two plans: on each side the stage that denies; where none does, the one that corresponds to the
// denying one of the other side, else the last one that judged. NULL: none judges it.
void flow_deciding_stages(const struct flow_trace *before, const struct flow_trace *after,
                          const struct flow_stage *ret[2]);

// Why a step does not match, for a person: "udp/53 is not tcp/6379". NULL for one that does.
const char *flow_step_mismatch(struct arena *arena, const struct plan *plan,
                               const struct flow_step *step, const struct flow *flow);

// ---- words ------------------------------------------------------------------------------------------------------

// Who reports a stage: the source's side, the destination's, or a host that forwards.
enum flow_reporter { FLOW_REPORT_SOURCE, FLOW_REPORT_DESTINATION, FLOW_REPORT_FORWARD };
enum flow_reporter flow_reporter_of(const struct flow_trace *trace, const struct flow_stage *stage);

const char *flow_reporter_text(enum flow_reporter reporter); // "src" "dst" "fwd"

// Entries "0|security|security.default-pass|pass|0" of policy traces, in Calico Enterprise's form (semantics.md 9.3, 9.4).
enum flow_view { FLOW_VIEW_ENFORCED, FLOW_VIEW_PENDING, FLOW_VIEW_ALL };
// Appends those of a stage; the index goes on from what is there.
void flow_strings_add(struct arena *arena, const struct plan *plan, const struct flow_stage *stage,
                      enum flow_view view, struct flow_strings *ret);
// A policy as these entries and people call it: "NS/TIER.NAME", "staged:TIER.NAME", "__PROFILE__.NAME".
const char *flow_policy_name(struct arena *arena, const struct plan *plan,
                             const struct plan_policy *policy);

// What one side says of a flow, as flow logs have it: all of its stages together.
struct flow_report {
    uint8_t reporter;                 // enum flow_reporter
    uint8_t verdict, pending_verdict; // enum flow_verdict
    uint8_t reason;                   // of the verdict, enum flow_reason
    const char *id, *node;            // of the endpoint; the node NULL when it has no name
    struct flow_strings enforced, pending, all;
    struct {
        VEC_FIELDS(const struct flow_step *);
    } maybes; // on what it depends, when it is uncertain
};
struct flow_reports {
    VEC_FIELDS(struct flow_report);
};
// In the order of the packet's way; goes on behind one that denies.
void flow_reports_make(struct arena *arena, const struct plan *plan, const struct flow_trace *trace,
                       struct flow_reports *ret);

// A list of domains of the plan, the first few: "www.example.com, *.example.org (+3 more)".
const char *flow_domains_text(struct arena *arena, const struct plan *plan, int32_t number);

// What would have to change in a rule for it to match: one thing, or more than that.
enum flow_gap {
    FLOW_GAP_NONE,       // it matches
    FLOW_GAP_SERVICE,    // only protocol, ports or ICMP type
    FLOW_GAP_PORT,       // of these, only the destination port
    FLOW_GAP_PEER_SET,   // only which endpoints its selector takes at the other end
    FLOW_GAP_PEER_NETS,  // only the nets of the other end
    FLOW_GAP_PEER_NAMES, // only its domains
    FLOW_GAP_MORE
};
// `direction` tells which end is the other one: the source of what comes in, the destination of what goes out.
enum flow_gap flow_rule_gap(const struct plan *plan, const struct plan_rule *rule,
                            enum plan_direction direction, const struct flow *flow);

const char *flow_protocol_text(struct arena *arena,
                               uint8_t protocol); // "tcp", "icmp6", "protocol 47"
const char *flow_service_text(struct arena *arena,
                              const struct flow *flow); // "tcp/443", "icmp type 8 code 0"

// ---- protocols --------------------------------------------------------------------------------------------------

// "tcp", "icmp6", "47" (in any letter case) -> its number; 0 when it is none.
uint8_t flow_protocol_parse(const char *text);
// The names of protocols that have one, for suggestions.
extern const char *const flow_protocol_names[];
extern const size_t flow_protocol_name_count;
// Gives an ICMP flow without a type that of an echo request; others have none.
void flow_default_icmp(struct flow *flow);
