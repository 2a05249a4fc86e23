// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of `polc get` and `polc eval` share.
#pragma once

#include "cli.h"

#include <polc/report.h>

// What `get` was asked for: KIND, KIND/NAME or KIND/NS/NAME.
struct get_query {
    bool kinds[RES_KIND_COUNT];
    const char *ns, *name;      // NULL: any
    const struct sel *selector; // NULL: any
};

// ---- get_rows.c -------------------------------------------------------------------------------------------------

// The objects of the input that are asked for, with the columns of their kind.
struct report *get_rows(struct run *run, const struct get_query *query);

// Cells of the row at hand.
void get_cell_nets(struct run *run, struct report *report, const struct res_nets *nets);
void get_cell_labels(struct run *run, struct report *report, const struct labels *labels);
