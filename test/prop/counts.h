// SPDX-License-Identifier: GPL-2.0-or-later
// What the ruleset counts for staged policies, against the pending entries of the evaluator's trace.
#pragma once

#include "compare.h"

// What must count a packet: a rule of a staged policy, or the end of a tier that has one.
struct count_entry {
    const char *id; // "sgnp/x", "tier/x"
    uint8_t direction;
    const struct plan_rule *rule; // NULL at the end of a tier
};

struct count_entries {
    VEC_FIELDS(struct count_entry);
};

// Appends the entries of a trace. False when the packet's way cannot know them: a staged policy before NAT or before
// connection tracking would have spared it a later stage, its source is spoofed, or there are too many tiers.
bool counts_expect(const struct subject *subject, const struct flow_trace *trace,
                   struct count_entries *ret);
// Whether the rules of a list, "0,2,5-7", have the action of the entry's.
bool counts_same_action(const struct plan *plan, const char *list, const struct count_entry *entry);

// NULL when the simulator counts a new connection exactly where the pending trace has an entry of a staged policy or the
// end of a tier with one, at each stage that the packet comes to; with each pass of the optimizer. `trace` is that of the probe.
const char *counts_compare(const struct subject *subject, const struct probe *probe,
                           const struct flow_trace *trace);
