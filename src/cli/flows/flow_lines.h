// SPDX-License-Identifier: GPL-2.0-or-later
// Files of flows: where flows come from, for every verb that takes them.
#pragma once

#include "cli.h"
#include "flow_kernel.h"

#include <polc/flowlog.h>

// ---- flow_lines.c: one JSON object a line --------------------------------------------------------------------------

struct flow_lines {
    struct run *run;
    uint32_t source, last; // the file that is read, and the last one
    size_t at;             // where the next line begins
    size_t count, bad;     // of lines that are not blank
};

// The files of --flows, one behind the other.
bool flow_lines_open(struct run *run, struct flow_lines *ret);
// The next line that is not blank; *ret_start is its place in the source. False at the end.
bool flow_lines_next(struct flow_lines *lines, const char **ret_text, size_t *ret_start,
                     size_t *ret_size);
// Reports a line that is no flow, and returns its place.
struct loc flow_lines_report(struct flow_lines *lines, size_t start,
                             const struct flow_record_error *error);
// Prints what was reported; the exit code.
int flow_lines_finish(const struct flow_lines *lines);

// ---- flow_input.c: records of flows --------------------------------------------------------------------------------

struct flow_input {
    struct flowlog_records
        records; // named, judged if PATHs were given, and as the command line wants them
    size_t read; // how many there were before that
    struct flow_kernel kernel; // when they come from there
    int code;                  // to end with when all else is well: lines that are no flows
};
// The only place that knows where flows come from. Judges by the plan that the run has, if it has one. Keeps those of --since, --denied and --would-deny, and those that the
// filter matches; NULL: none. Returns an exit code, and has said why.
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
