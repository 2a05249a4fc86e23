// SPDX-License-Identifier: GPL-2.0-or-later
// The files of --flows, line by line: one JSON object a line.
#pragma once

#include "cli.h"

#include <polc/flowlog.h>

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
