// SPDX-License-Identifier: GPL-2.0-or-later
// What the ruleset counts for staged policies, against the pending entries of the evaluator's trace.
#pragma once

#include "compare.h"

// NULL when the simulator counts a new connection exactly where the pending trace has an entry of a staged policy or the
// end of a tier with one, at each stage that the packet comes to; with each pass of the optimizer. `trace` is that of the probe.
const char *counts_compare(const struct subject *subject, const struct probe *probe,
                           const struct flow_trace *trace);
