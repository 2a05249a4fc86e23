// SPDX-License-Identifier: GPL-2.0-or-later
// Module flow: what happens to a flow. Evaluates on the plan, never on nftables: the semantics live twice, on purpose.
#pragma once

#include <polc/plan.h>

// A new connection (or, for protocols without one, a packet). Addresses of one family.
struct flow {
    struct ip_addr source, destination;
    uint8_t protocol;                       // IP protocol number
    uint16_t source_port, destination_port; // host byte order; 0 in protocols without ports
    int16_t icmp_type, icmp_code;           // of ICMP and ICMPv6; else -1
    // As which host or workload interface it enters and leaves; NULL: found by the addresses of the endpoints and the
    // interfaces. Matters only where host endpoints or shared addresses leave a choice.
    const char *in_interface, *out_interface;
};

enum flow_verdict { FLOW_ALLOW, FLOW_DENY };

// Why a flow was decided as it was, apart from rules.
enum flow_reason {
    FLOW_BY_RULE,       // a rule of a policy or profile
    FLOW_BY_TIER_END,   // the end of a tier
    FLOW_BY_NO_PROFILE, // no profile allowed it
    FLOW_BY_FAILSAFE,
    FLOW_BY_HOST_ACTION, // defaultEndpointToHostAction
    FLOW_BY_SPOOF,       // a source address that the endpoint does not have
    FLOW_BY_TUNNEL,      // VXLAN or IPIP from a workload
    FLOW_BY_DISCOVERY,   // neighbour discovery, MLD or DHCP that always passes
    FLOW_BY_NOTHING,     // no endpoint governs it
};

// A plan made ready for evaluation: endpoints by address, sets for look-up. Lives on the arena; reads the plan.
struct flow_evaluator;
struct flow_evaluator *flow_evaluator_new(struct arena *arena, const struct plan *plan);

// The verdict alone: allow only if every stage on the way allows. With `staged`, every staged policy counts as enforced.
enum flow_verdict flow_verdict(struct flow_evaluator *evaluator, const struct flow *flow,
                               bool staged);

// What one rule (or the end of a tier, or of the profiles) did on the way; in the order of evaluation.
enum flow_step_result {
    FLOW_STEP_NO_MATCH,
    FLOW_STEP_ALLOW,
    FLOW_STEP_DENY,
    FLOW_STEP_PASS,
    FLOW_STEP_LOG
};

struct flow_step {
    uint8_t result; // enum flow_step_result
    uint8_t reason; // enum flow_reason
    int32_t tier;   // of the plan; -1: profiles, or no tier
    const struct plan_policy
        *policy; // NULL for steps without one; the end of a tier: the policy that names it
    const struct plan_rule *rule; // NULL for the end of a tier or of the profiles
    const char *mismatch;         // FLOW_STEP_NO_MATCH: why, for a person: "udp/53 is not tcp/6379"
    struct loc loc;
};

// One stage of the way: an endpoint, a direction, and the kind of policy.
struct flow_stage {
    uint8_t stage;                        // enum plan_stage
    uint8_t direction;                    // enum plan_direction
    const struct plan_endpoint *endpoint; // the workload endpoint, or NULL
    const struct plan_host *host;         // the host endpoint, or NULL
    uint8_t verdict;                      // enum flow_verdict
    uint8_t reason;                       // what decided, enum flow_reason
    struct {
        VEC_FIELDS(struct flow_step);
    } enforced, pending; // pending: as if every staged policy were enforced
    uint8_t pending_verdict;
};

struct flow_trace {
    uint8_t verdict, pending_verdict; // enum flow_verdict
    uint8_t reason;
    struct {
        VEC_FIELDS(struct flow_stage);
    } stages; // in the order of the packet's way; ends with the one that denies
};

// The whole way. Everything is on `arena`, which the caller may rewind between flows.
void flow_trace(struct flow_evaluator *evaluator, struct arena *arena, const struct flow *flow,
                struct flow_trace *ret);
