// SPDX-License-Identifier: GPL-2.0-or-later
// Single facts of a trace in words: verdicts, reasons, places, what decided.
#include "trace.h"

const char *trace_verdict_text(uint8_t verdict, bool loud)
{
    static const char *const texts[2][3] = {
        {[FLOW_ALLOW] = "allow", [FLOW_DENY] = "deny", [FLOW_UNCERTAIN] = "uncertain"},
        {[FLOW_ALLOW] = "ALLOW", [FLOW_DENY] = "DENY", [FLOW_UNCERTAIN] = "UNCERTAIN"}};
    return texts[loud][verdict];
}

const char *trace_reason_key(uint8_t reason)
{
    static const char *const keys[] = {
        [FLOW_BY_RULE] = "rule",
        [FLOW_BY_TIER_END] = "tier-end",
        [FLOW_BY_NO_PROFILE] = "no-profile",
        [FLOW_BY_FAILSAFE] = "failsafe",
        [FLOW_BY_HOST_ACTION] = "host-action",
        [FLOW_BY_SPOOF] = "spoofed",
        [FLOW_BY_NO_WORKLOAD] = "no-workload",
        [FLOW_BY_TUNNEL] = "tunnel",
        [FLOW_BY_DISCOVERY] = "discovery",
        [FLOW_BY_FALL_THROUGH] = "no-match",
        [FLOW_BY_EARLIER] = "decided-earlier",
        [FLOW_BY_LOCAL] = "local",
        [FLOW_BY_NOTHING] = "not-governed",
        [FLOW_BY_DOMAINS] = "domains",
    };
    _Static_assert(ARRAY_COUNT(keys) == FLOW_REASON_COUNT, "one key per reason");
    return keys[reason];
}

const char *trace_place(struct run *run, struct loc loc)
{
    loc.column = 0;
    return loc_text(run->arena, run->sources, loc);
}

const char *trace_policy_name(struct run *run, const struct plan_policy *policy)
{
    return policy->staged ? arena_printf(run->arena, "staged:%s", policy->name) : policy->name;
}

const struct flow_step *trace_last_step(const struct flow_steps *steps)
{
    return steps->count > 0 ? &steps->items[steps->count - 1] : NULL;
}

static const char *with_place(struct run *run, const char *text, struct loc loc)
{
    const char *place = trace_place(run, loc);
    return place[0] != '\0' ? arena_printf(run->arena, "%s     %s", text, place) : text;
}

static const char *step_decision(struct run *run, const struct flow_stage *stage,
                                 const struct flow_step *step)
{
    struct arena *arena = run->arena;
    const struct plan *plan = run->plan;
    if (step->policy == NULL) {
        return stage->host != NULL
                   ? arena_printf(arena, "no profile of %s allows it", stage->host->id)
                   : arena_printf(arena, "no profile of %s allows it", stage->endpoint->id);
    }
    const char *name = trace_policy_name(run, step->policy);
    if (step->rule != NULL) {
        return with_place(run,
                          arena_printf(arena, "rule %u of %s %s", step->rule->index,
                                       step->tier < 0 ? "profile" : step->policy->kind, name),
                          step->loc);
    }
    if (step->tier < 0) {
        return arena_printf(arena, "profile %s does not exist, and such a one denies everything",
                            step->policy->name);
    }
    return with_place(run,
                      arena_printf(arena, "end of tier %s (defaultAction Deny), armed by %s",
                                   plan->tiers.items[step->tier].name, name),
                      step->loc);
}

const char *trace_condition(struct run *run, const struct flow_step *step, const struct flow *flow)
{
    char buffer[IP_TEXT_MAX];
    return arena_printf(
        run->arena, "%s is an address of %s", ip_addr_text(flow->destination, buffer),
        flow_domains_text(run->arena, run->plan, step->rule->match.destination.domains));
}

// What it depends on, as a decision: the rule that may allow it.
static const char *doubt(struct run *run, const struct flow_trace *trace, const struct flow *flow,
                         bool pending)
{
    const struct flow_step *step = flow_doubt(trace, pending);
    if (step == NULL) { // another stage denies it for certain
        return "names that nobody knows";
    }
    return with_place(
        run,
        arena_printf(run->arena, "rule %u of %s %s allows it if %s", step->rule->index,
                     step->tier < 0 ? "profile" : step->policy->kind,
                     trace_policy_name(run, step->policy), trace_condition(run, step, flow)),
        step->loc);
}

const char *trace_otherwise(struct run *run, const struct flow_stage *stage)
{
    return step_decision(run, stage, trace_last_step(&stage->enforced));
}

const char *trace_decision(struct run *run, const struct flow_trace *trace,
                           const struct flow_stage *stage, const struct flow *flow, bool pending)
{
    struct arena *arena = run->arena;
    const struct flow_step *step = trace_last_step(pending ? &stage->pending : &stage->enforced);
    char buffer[IP_TEXT_MAX];
    switch ((enum flow_reason)(pending ? stage->pending_reason : stage->reason)) {
    case FLOW_BY_RULE:
    case FLOW_BY_TIER_END:
    case FLOW_BY_NO_PROFILE:
        return step_decision(run, stage, step);
    case FLOW_BY_DOMAINS:
        return doubt(run, trace, flow, pending);
    case FLOW_BY_FAILSAFE:
        return arena_printf(arena, "failsafe port %s, before every policy",
                            flow_service_text(arena, flow));
    case FLOW_BY_HOST_ACTION:
        return arena_printf(arena, "defaultEndpointToHostAction %s: a workload to its own host",
                            stage->verdict == FLOW_DENY ? "Drop" : "Accept");
    case FLOW_BY_SPOOF:
        return arena_printf(arena, "no endpoint on interface %s may send from %s",
                            flow->in_interface, ip_addr_text(flow->source, buffer));
    case FLOW_BY_NO_WORKLOAD:
        return arena_printf(arena, "no endpoint behind workload interfaces has the address %s",
                            ip_addr_text(flow->destination, buffer));
    case FLOW_BY_TUNNEL:
        return arena_printf(arena, "%s from a workload, dropped before every policy",
                            flow->protocol == PROTO_UDP ? "VXLAN" : "IP in IP");
    case FLOW_BY_DISCOVERY:
        return "neighbour discovery, MLD and DHCP, which always pass";
    case FLOW_BY_FALL_THROUGH:
        return "no rule decides; it goes on";
    case FLOW_BY_EARLIER:
        return "not asked: a doNotTrack or preDNAT policy has decided before";
    case FLOW_BY_LOCAL:
        return trace->destination.endpoint != NULL
                   ? "a host to its own workload, which is never policed"
                   : "a host to itself, which is never policed";
    case FLOW_BY_NOTHING:
    case FLOW_REASON_COUNT:
        break;
    }
    return "nobody: no endpoint governs it";
}
