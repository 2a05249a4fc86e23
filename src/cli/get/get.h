// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of `polc get` and `polc eval` share.
#pragma once

#include "cli.h"

#include <polc/dns.h>
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

// ---- get_names.c ------------------------------------------------------------------------------------------------

// What this host has learned of names, when the columns that show it are asked for.
const struct dns_book *get_book(struct run *run);
// Three cells: the names, NAME=ADDRESS of those that are known, and the names without an address.
void get_cells_names(struct run *run, struct report *report, const struct dns_book *book,
                     const struct res_names *names);
