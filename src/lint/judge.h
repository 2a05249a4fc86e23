// SPDX-License-Identifier: GPL-2.0-or-later
// What the policies of a class do with a set of packets, exactly: which rule decides which part, and what arrives where.
#pragma once

#include "internal.h"

#include <polc/space.h>

// What the settings say of every node: nothing, where one has its own.
const struct plan_settings *judge_settings(const struct plan *plan);

// Everything is on `arena`; the judge reads the plan of `lint`.
struct judge *judge_new(struct arena *arena, const struct lint *lint);
struct space *judge_space(struct judge *judge);

enum decider_kind {
    DECIDED_BY_RULE,
    DECIDED_BY_TIER_END,
    DECIDED_BY_FAILSAFE,
    DECIDED_BY_DISCOVERY,  // neighbour discovery, which passes before every policy
    DECIDED_BY_TUNNEL,     // VXLAN and IPIP that a workload opens
    DECIDED_BY_NO_PROFILE, // no tier decided, and no profile allows it
};

// Who decided a part of the packets.
struct decider {
    uint8_t kind;    // enum decider_kind
    uint8_t verdict; // PLAN_ALLOW, PLAN_DENY or PLAN_PASS (in the tier of the target)
    uint32_t tier;
    const struct plan_policy
        *policy; // of a rule; of the end of a tier: the last one that does not pass on
    const struct plan_rule *rule;
    const struct plan_failsafe *failsafe;
    struct box sample; // some of the packets that it decided
};

struct deciders {
    VEC_FIELDS(struct decider);
};

// A rule of an enforced or staged policy of the plan.
struct target {
    uint32_t policy;
    size_t rule; // number in plan_policy.rules[direction]
};

struct walk {
    struct judge *judge;
    struct arena *arena; // of the regions
    uint32_t class;
    uint8_t family; // enum ip_family
    struct budget budget;
    struct deciders deciders; // in order, each once
    struct region
        *allowed; // unless NULL: collects what is allowed, and the first part of it ends the walk
    bool alone;   // only the policy of the target: what a staged policy does by itself
};

// The packets that a rule may take in a family, whatever names have which addresses: overlapping boxes, none for none.
const struct region *judge_rule(struct judge *judge, uint8_t family, int direction,
                                struct target target);
// The packets that the policies of a class are asked about at all.
struct region judge_class(struct judge *judge, struct arena *arena, uint8_t family, uint32_t class);

// An address of a host endpoint with this class, and which side of its packets has it; family 0: none is known, or the
// class is one of workloads.
struct ip_addr judge_host_address(const struct judge *judge, uint32_t class, uint8_t family,
                                  enum side *ret_side, bool *ret_is_host);

// Takes `live` through the policies of the class: up to `until`, or to the end (profiles included) when that is NULL.
// `live` is then what arrives there, or what nothing allowed. False: the budget was used up, nothing is known.
bool judge_walk(struct walk *walk, struct region *live, const struct target *until);
