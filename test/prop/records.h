// SPDX-License-Identifier: GPL-2.0-or-later
// What the ruleset records of a new connection, against what the evaluator says of it.
#pragma once

#include "compare.h"

// Neighbour discovery and MLD: connection tracking has none of it, and where it would pass anyway polc asks no policy.
bool records_is_discovery(const struct flow *flow);

// NULL, or what is wrong with what the simulator left of the probe's packet. Each packet is recorded once at most, in a set of
// its verdict; once exactly when a policy has decided.
const char *records_compare(const struct subject *subject, const struct probe *probe,
                            const struct flow_trace *trace);
