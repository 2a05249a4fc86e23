// SPDX-License-Identifier: GPL-2.0-or-later
// What the ruleset records of a new connection, against what the evaluator says of it.
#pragma once

#include "compare.h"

// NULL, or what is wrong with what the simulator left of the probe's packet. Each packet is recorded once at most, in a set of
// its verdict; once exactly when a policy has decided.
const char *records_compare(const struct subject *subject, const struct probe *probe,
                            const struct flow_trace *trace);
