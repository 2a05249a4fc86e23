// SPDX-License-Identifier: GPL-2.0-or-later
// Records of flows for people and programs.
#pragma once

#include "cli.h"

#include <polc/flowlog.h>
#include <polc/report.h>

struct flow_print {
    struct run *run;
    bool times;                  // a column with the time of each flow
    bool domains;                // and one with what its destination was called; else if one has it
    struct report_widths widths; // of what was printed already
};

// As the command line says: put together, and as a table or one object a line. May be called again for more; what it
// needs is on `arena`. Returns how many were printed.
size_t flow_print(struct flow_print *print, struct arena *arena,
                  const struct flowlog_records *records);
