// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a rule matches a flow (semantics.md 3.5, 3.6, 4), the cheap criteria first.
#include "internal.h"

static bool protocol_matches(const struct plan_match *match, const struct flow *flow)
{
    return match->protocol == 0 || match->protocol == flow->protocol;
}

static enum mismatch match_icmp(const struct plan_match *match, const struct flow *flow)
{
    if ((match->icmp_type >= 0 && match->icmp_type != flow->icmp_type) ||
        (match->icmp_code >= 0 && match->icmp_code != flow->icmp_code)) {
        return MISMATCH_ICMP;
    }
    if (match->not_icmp_type >= 0 && match->not_icmp_type == flow->icmp_type &&
        (match->not_icmp_code < 0 || match->not_icmp_code == flow->icmp_code)) {
        return MISMATCH_NOT_ICMP;
    }
    return MISMATCH_NONE;
}

static int compare_member(const struct plan_port_member *member, struct ip_addr addr,
                          uint8_t protocol, uint16_t port)
{
    int order = ip_addr_compare(member->addr, addr);
    if (order == 0) {
        order = member->protocol - protocol;
    }
    return order != 0 ? order : member->port - port;
}

static bool names_port(const struct plan *plan, int32_t number, struct ip_addr addr,
                       uint8_t protocol, uint16_t port)
{
    const struct plan_ipset *set = &plan->ipsets.items[number];
    size_t low = 0;
    size_t high = set->port_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_member(&set->ports[middle], addr, protocol, port);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

// What addresses names have is not known here: as long as nobody says, none.
static bool in_ipset(const struct plan *plan, int32_t number, struct ip_addr addr)
{
    return cidrset_contains_addr(&plan->ipsets.items[number].members, addr);
}

static enum mismatch match_domains(int32_t number, const struct known_names *names)
{
    enum { BITS = 64 };
    bool known = names != NULL && names->sets != NULL &&
                 (names->sets[number / BITS] >> number % BITS & 1) != 0;
    if (known || (names != NULL && names->others == GUESS_YES)) {
        return MISMATCH_NONE;
    }
    return names != NULL && names->others == GUESS_NONE ? MISMATCH_MAYBE : MISMATCH_DOMAINS;
}

// Numeric ports count within the positive selector; the set of a named port was made within it (semantics.md 4.4). Who is
// not in the set may still have one of the names: *ret_domains.
static enum mismatch match_positive(const struct plan *plan, const struct plan_side *side,
                                    struct ip_addr addr, uint8_t protocol, uint16_t port,
                                    bool *ret_domains)
{
    if (side->named_ports >= 0 && names_port(plan, side->named_ports, addr, protocol, port)) {
        return MISMATCH_NONE;
    }
    if (side->has_ports && !portset_contains(&side->ports, port)) {
        return MISMATCH_PORTS;
    }
    bool in_set = side->ipset >= 0 && in_ipset(plan, side->ipset, addr);
    *ret_domains = side->domains >= 0 && !in_set;
    return in_set || side->ipset < 0 || *ret_domains ? MISMATCH_NONE : MISMATCH_SET;
}

static enum mismatch match_side(const struct plan *plan, const struct plan_side *side,
                                struct ip_addr addr, uint8_t protocol, uint16_t port,
                                bool *ret_domains)
{
    if (side->not_ports.count > 0 && portset_contains(&side->not_ports, port)) {
        return MISMATCH_NOT_PORTS;
    }
    if (side->has_nets && !cidrset_contains_addr(&side->nets, addr)) {
        return MISMATCH_NETS;
    }
    if (side->has_not_nets && cidrset_contains_addr(&side->not_nets, addr)) {
        return MISMATCH_NOT_NETS;
    }
    enum mismatch mismatch = match_positive(plan, side, addr, protocol, port, ret_domains);
    if (mismatch != MISMATCH_NONE) {
        return mismatch;
    }
    if (side->not_ipset >= 0 && in_ipset(plan, side->not_ipset, addr)) {
        return MISMATCH_NOT_SET;
    }
    if (side->not_named_ports >= 0 &&
        names_port(plan, side->not_named_ports, addr, protocol, port)) {
        return MISMATCH_NOT_NAMED_PORTS;
    }
    return MISMATCH_NONE;
}

enum mismatch match_rule(const struct plan *plan, const struct plan_match *match,
                         const struct flow *flow, const struct known_names *names, bool *ret_source)
{
    bool domains[2] = {false, false};
    uint8_t family = flow->source.family == IP_V4 ? PLAN_V4 : PLAN_V6;
    *ret_source = false;
    if ((match->families & family) == 0) {
        return MISMATCH_FAMILY;
    }
    if (!protocol_matches(match, flow)) {
        return MISMATCH_PROTOCOL;
    }
    if (match->not_protocol != 0 && match->not_protocol == flow->protocol) {
        return MISMATCH_NOT_PROTOCOL;
    }
    enum mismatch mismatch = match_icmp(match, flow);
    if (mismatch == MISMATCH_NONE) {
        mismatch = match_side(plan, &match->destination, flow->destination, flow->protocol,
                              flow->destination_port, &domains[0]);
    }
    if (mismatch == MISMATCH_NONE) {
        mismatch = match_side(plan, &match->source, flow->source, flow->protocol, flow->source_port,
                              &domains[1]);
        *ret_source = mismatch != MISMATCH_NONE;
    }
    // Only destinations have names.
    return mismatch == MISMATCH_NONE && domains[0]
               ? match_domains(match->destination.domains, names)
               : mismatch;
}
