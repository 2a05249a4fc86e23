// SPDX-License-Identifier: GPL-2.0-or-later
// polc flows record FILE.
#pragma once

#include "cli.h"

// Appends the flows that are new since the last record, whatever file that went to. An exit code.
int flow_record(struct run *run, const char *path);
