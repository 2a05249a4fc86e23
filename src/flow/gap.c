// SPDX-License-Identifier: GPL-2.0-or-later
// How far a rule is from matching a flow: which one thing would have to change.
#include "internal.h"

static bool matches(const struct plan *plan, const struct plan_match *match,
                    const struct flow *flow)
{
    bool source;
    return match_rule(plan, match, flow, NULL, &source) == MISMATCH_NONE;
}

static void forget_ports(struct plan_side *side)
{
    side->has_ports = false;
    side->named_ports = side->not_named_ports = -1;
    side->not_ports.count = 0;
}

static bool only_ports_differ(const struct plan *plan, struct plan_match match,
                              const struct flow *flow)
{
    forget_ports(&match.destination);
    return matches(plan, &match, flow);
}

static bool only_service_differs(const struct plan *plan, struct plan_match match,
                                 const struct flow *flow)
{
    forget_ports(&match.source);
    match.protocol = match.not_protocol = 0;
    match.icmp_type = match.icmp_code = match.not_icmp_type = match.not_icmp_code = -1;
    return only_ports_differ(plan, match, flow);
}

static struct plan_side *peer_of(struct plan_match *match, enum plan_direction direction)
{
    return direction == PLAN_IN ? &match->source : &match->destination;
}

static bool only_set_differs(const struct plan *plan, struct plan_match match,
                             enum plan_direction direction, const struct flow *flow)
{
    struct plan_side *peer = peer_of(&match, direction);
    if (peer->ipset < 0) { // of domains alone there is no selector that could be made wider
        return false;
    }
    peer->ipset = peer->domains = -1;
    return matches(plan, &match, flow);
}

static bool only_nets_differ(const struct plan *plan, struct plan_match match,
                             enum plan_direction direction, const struct flow *flow)
{
    peer_of(&match, direction)->has_nets = false;
    return matches(plan, &match, flow);
}

// Names that stand in the rule itself; those of sets come with a selector.
static bool only_names_differ(const struct plan *plan, struct plan_match match,
                              const struct flow *flow)
{
    if (match.destination.domains < 0 || match.destination.ipset >= 0) {
        return false;
    }
    match.destination.domains = -1;
    return matches(plan, &match, flow);
}

// A service takes its ends from elsewhere: nothing can be added to it in the rule.
static bool names_service(const struct plan *plan, const struct plan_match *match)
{
    const int32_t sets[] = {match->source.ipset, match->source.named_ports,
                            match->destination.ipset, match->destination.named_ports};
    for (size_t i = 0; i < ARRAY_COUNT(sets); i++) {
        if (sets[i] >= 0 && plan->ipsets.items[sets[i]].service != NULL) {
            return true;
        }
    }
    return false;
}

enum flow_gap flow_rule_gap(const struct plan *plan, const struct plan_rule *rule,
                            enum plan_direction direction, const struct flow *flow)
{
    if (matches(plan, &rule->match, flow)) {
        return FLOW_GAP_NONE;
    }
    if (names_service(plan, &rule->match)) {
        return FLOW_GAP_MORE;
    }
    if (only_set_differs(plan, rule->match, direction, flow)) {
        return FLOW_GAP_PEER_SET;
    }
    if (only_nets_differ(plan, rule->match, direction, flow)) {
        return FLOW_GAP_PEER_NETS;
    }
    if (only_names_differ(plan, rule->match, flow)) {
        return FLOW_GAP_PEER_NAMES;
    }
    if (only_ports_differ(plan, rule->match, flow)) {
        return FLOW_GAP_PORT;
    }
    return only_service_differs(plan, rule->match, flow) ? FLOW_GAP_SERVICE : FLOW_GAP_MORE;
}
