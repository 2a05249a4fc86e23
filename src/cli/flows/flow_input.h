// SPDX-License-Identifier: GPL-2.0-or-later
// Where flows come from, for every verb that takes them: files, or the kernel.
#pragma once

#include "flow_kernel.h"

#include <polc/flowlog.h>

struct flow_input {
    // Named, judged if there is a plan to judge by, and as the command line wants them; or raw.
    struct flowlog_records records;
    size_t read;               // how many there were before that
    struct flow_kernel kernel; // when they come from there
    int code;                  // to end with when all else is well: lines that are no flows
};

// The only place that knows where flows come from. Judges by the plan that the run has, if it has one. Keeps those of
// --since, --denied and --would-deny, and those that the filter matches; NULL: none. Returns an exit code, and has said
// why.
int flow_input_read(struct run *run, const char *filter, struct flow_input *ret);
// The same flows as they were recorded, neither named nor judged; of the options only --since. Reads no policies;
// run->plan, if there is one, says which connections of conntrack concern a policy.
int flow_input_read_raw(struct run *run, struct flow_input *ret);

// Says what to do where no flow is known at all; nothing otherwise.
void flow_input_hint(struct run *run, const struct flow_input *input);
// Says that there is nothing to show; returns the exit code to end with.
int flow_input_none(struct run *run, const struct flow_input *input);

// A field of the command line; NULL after having said why.
const struct flowlog_field *flow_input_field(const char *name);
// "DEST_PORT" of "dest_port", for tables.
const char *flow_heading(struct arena *arena, const char *name);
