// SPDX-License-Identifier: GPL-2.0-or-later
// What would let a denied flow through: the nearest rule and what it lacks, or a rule to add.
#include "trace.h"

static const struct ref_end *peer_of(const struct trace_result *result,
                                     const struct flow_stage *stage)
{
    return stage->direction == PLAN_IN ? result->from : result->to;
}

// How a rule names the other end: a selector or a net, for either end of a rule.
static const char *peer_text(struct run *run, const struct trace_result *result,
                             const struct flow_stage *stage)
{
    bool in = stage->direction == PLAN_IN;
    const struct ref_end *peer = peer_of(result, stage);
    struct ip_addr addr = in ? result->flow.source : result->flow.destination;
    char buffer[IP_TEXT_MAX];
    const struct flow_step *step = trace_last_step(&stage->enforced);
    const char *ns = step != NULL && step->policy != NULL ? step->policy->ns : NULL;
    if (strcmp(peer->name, "pub") == 0) {
        return addr.family == IP_V4 ? "nets: [0.0.0.0/0]" : "nets: [\"::/0\"]";
    }
    if (peer->domain != NULL) {
        return arena_printf(run->arena, "domains: [%s]", peer->domain);
    }
    if (peer->selector == NULL) {
        const char *quote = addr.family == IP_V6 ? "\"" : ""; // YAML stumbles over "::"
        return arena_printf(run->arena, "nets: [%s%s%s]", quote,
                            cidr_text(cidr_of_addr(addr), false, buffer), quote);
    }
    bool elsewhere = peer->ns != NULL && ns != NULL && strcmp(peer->ns, ns) != 0;
    return elsewhere
               ? arena_printf(run->arena,
                              "namespaceSelector: projectcalico.org/name == \"%s\", selector: %s",
                              peer->ns, peer->selector)
               : arena_printf(run->arena, "selector: %s", peer->selector);
}

// The end of a rule that the other end of the flow is: what comes in has it as its source.
static const char *peer_side(const struct flow_stage *stage)
{
    return stage->direction == PLAN_IN ? "source" : "destination";
}

static const char *new_rule(struct run *run, const struct trace_result *result,
                            const struct flow_stage *stage)
{
    struct arena *arena = run->arena;
    const struct flow_step *step = trace_last_step(&stage->enforced);
    if (step != NULL && trace_is_kube(step->policy)) {
        return trace_kube_rule(arena, result, stage, step->policy);
    }
    const struct flow *flow = &result->flow;
    const char *peer = peer_text(run, result, stage);
    const char *name = proto_name(flow->protocol);
    const char *protocol = name != NULL ? name : arena_printf(arena, "%u", flow->protocol);
    const char *ports = proto_has_ports(flow->protocol)
                            ? arena_printf(arena, "ports: [%u]", flow->destination_port)
                            : "";
    if (stage->direction == PLAN_IN) {
        return arena_printf(arena, "{action: Allow, protocol: %s, source: {%s}%s%s%s}", protocol,
                            peer, ports[0] != '\0' ? ", destination: {" : "", ports,
                            ports[0] != '\0' ? "}" : "");
    }
    return arena_printf(arena, "{action: Allow, protocol: %s, destination: {%s%s%s}}", protocol,
                        peer, ports[0] != '\0' ? ", " : "", ports);
}

struct nearest {
    const struct flow_step *step;
    enum flow_gap gap;
};

// A selector takes one more alternative only of its own namespace; nets take an address, when there is nothing better.
static bool can_widen(const struct trace_result *result, const struct flow_stage *stage,
                      const struct flow_step *step, enum flow_gap gap)
{
    const struct ref_end *peer = peer_of(result, stage);
    const char *ns = step->policy->ns;
    if (trace_is_kube(step->policy)) {
        return false; // its rules were expanded: the number is not the one that its author knows
    }
    bool own_namespace = ns == NULL || (peer->ns != NULL && strcmp(peer->ns, ns) == 0);
    return gap == FLOW_GAP_PORT ||
           (gap == FLOW_GAP_PEER_SET && peer->selector != NULL && own_namespace) ||
           (gap == FLOW_GAP_PEER_NAMES && peer->domain != NULL) ||
           (gap == FLOW_GAP_PEER_NETS && peer->selector == NULL && peer->domain == NULL &&
            strcmp(peer->name, "pub") != 0);
}

// Of the Allow rules that were looked at in the tier that ended, the one that lacks least.
static struct nearest nearest_rule(struct run *run, const struct trace_result *result,
                                   const struct flow_stage *stage, int32_t tier)
{
    struct nearest best = {NULL, FLOW_GAP_MORE};
    for (size_t i = 0; i < stage->enforced.count; i++) {
        const struct flow_step *step = &stage->enforced.items[i];
        if (step->tier != tier || step->rule == NULL || step->rule->action != PLAN_ALLOW) {
            continue;
        }
        enum flow_gap gap = flow_rule_gap(run->plan, step->rule,
                                          (enum plan_direction)stage->direction, &result->flow);
        if (best.step == NULL && can_widen(result, stage, step, gap)) {
            best = (struct nearest){step, gap};
        }
    }
    return best;
}

static const char *widen_rule(struct run *run, const struct trace_result *result,
                              const struct flow_stage *stage, struct nearest nearest)
{
    struct arena *arena = run->arena;
    const struct flow_step *step = nearest.step;
    const char *rule = arena_printf(arena, "in rule %u of %s, add", step->rule->index,
                                    trace_policy_name(run, step->policy));
    const char *place = trace_place(run, step->loc);
    char buffer[IP_TEXT_MAX];
    struct ip_addr addr =
        stage->direction == PLAN_IN ? result->flow.source : result->flow.destination;
    switch (nearest.gap) {
    case FLOW_GAP_PORT:
        return arena_printf(arena, "%s port %u     %s", rule, result->flow.destination_port, place);
    case FLOW_GAP_PEER_SET:
        return arena_printf(arena, "%s to the %s selector: || %s     %s", rule, peer_side(stage),
                            peer_of(result, stage)->selector, place);
    case FLOW_GAP_PEER_NAMES:
        return arena_printf(arena, "%s to the destination domains: %s     %s", rule,
                            peer_of(result, stage)->domain, place);
    case FLOW_GAP_PEER_NETS:
        return arena_printf(arena, "%s to the %s nets: %s     %s", rule, peer_side(stage),
                            cidr_text(cidr_of_addr(addr), false, buffer), place);
    case FLOW_GAP_NONE:
    case FLOW_GAP_SERVICE:
    case FLOW_GAP_MORE:
        break;
    }
    POLC_UNREACHABLE("a rule that cannot be widened");
}

static const char *at_tier_end(struct run *run, const struct trace_result *result,
                               const struct flow_stage *stage, const struct flow_step *step)
{
    struct arena *arena = run->arena;
    struct nearest nearest = nearest_rule(run, result, stage, step->tier);
    if (nearest.step != NULL) {
        return widen_rule(run, result, stage, nearest);
    }
    return arena_printf(arena, "add to the %s of %s     %s\n            - %s",
                        stage->direction == PLAN_IN ? "ingress" : "egress",
                        trace_policy_name(run, step->policy), trace_place(run, step->policy->loc),
                        new_rule(run, result, stage));
}

static const char *at_rule(struct run *run, const struct trace_result *result,
                           const struct flow_stage *stage, const struct flow_step *step)
{
    const char *rule = new_rule(run, result, stage);
    if (rule == NULL) {
        return arena_printf(run->arena,
                            "change that rule: its kind has no peer that is no pod here     %s",
                            trace_place(run, step->loc));
    }
    return arena_printf(run->arena, "put before that rule     %s\n            - %s",
                        trace_place(run, step->loc), rule);
}

static const char *at_profiles(struct run *run, const struct trace_result *result,
                               const struct flow_stage *stage, const struct flow_step *step)
{
    struct arena *arena = run->arena;
    const char *id = stage->host != NULL ? stage->host->id : stage->endpoint->id;
    struct loc loc = stage->host != NULL ? stage->host->loc : stage->endpoint->loc;
    if (step->policy != NULL) {
        return arena_printf(arena, "write a Profile \"%s\", or take it out of %s     %s",
                            step->policy->name, id, trace_place(run, loc));
    }
    return arena_printf(
        arena, "give %s a profile that allows it, or a policy with     %s\n            - %s", id,
        trace_place(run, loc), new_rule(run, result, stage));
}

static const char *by_step(struct run *run, const struct trace_result *result,
                           const struct flow_stage *stage)
{
    const struct flow_step *step = trace_last_step(&stage->enforced);
    switch ((enum flow_reason)stage->reason) {
    case FLOW_BY_TIER_END:
        return at_tier_end(run, result, stage, step);
    case FLOW_BY_RULE:
        return at_rule(run, result, stage, step);
    case FLOW_BY_NO_PROFILE:
        return at_profiles(run, result, stage, step);
    case FLOW_BY_FAILSAFE:
    case FLOW_BY_HOST_ACTION:
    case FLOW_BY_SPOOF:
    case FLOW_BY_NO_WORKLOAD:
    case FLOW_BY_TUNNEL:
    case FLOW_BY_DISCOVERY:
    case FLOW_BY_FALL_THROUGH:
    case FLOW_BY_EARLIER:
    case FLOW_BY_LOCAL:
    case FLOW_BY_NOTHING:
    case FLOW_BY_DOMAINS:
    case FLOW_REASON_COUNT:
        break;
    }
    POLC_UNREACHABLE("a deny without a step");
}

const char *trace_advice(struct run *run, const struct trace_result *result,
                         const struct flow_stage *stage)
{
    char buffer[IP_TEXT_MAX];
    if (stage->reason == FLOW_BY_HOST_ACTION) {
        return "FelixConfiguration \"default\": defaultEndpointToHostAction: Accept     "
               "(for every workload of the host)";
    }
    if (stage->reason == FLOW_BY_TUNNEL) {
        return result->flow.protocol == PROTO_UDP
                   ? "FelixConfiguration \"default\": allowVXLANPacketsFromWorkloads: true"
                   : "FelixConfiguration \"default\": allowIPIPPacketsFromWorkloads: true";
    }
    if (stage->reason == FLOW_BY_NO_WORKLOAD) {
        return "write a WorkloadEndpoint with that address";
    }
    if (stage->reason == FLOW_BY_SPOOF) {
        const char *where = stage->endpoint != NULL ? trace_place(run, stage->endpoint->loc)
                                                    : "a WorkloadEndpoint with that interface";
        return arena_printf(run->arena, "add %s to ipNetworks or allowSpoofedSourcePrefixes     %s",
                            cidr_text(cidr_of_addr(result->flow.source), false, buffer), where);
    }
    return by_step(run, result, stage);
}
