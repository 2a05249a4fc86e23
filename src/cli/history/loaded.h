// SPDX-License-Identifier: GPL-2.0-or-later
// The generation that the kernel's table says is loaded, as the state directory has it.
#pragma once

#include "cli.h"

struct loaded {
    bool exists;         // the table is there, and polc made it
    uint32_t number;     // of the generation; 0: the table does not say
    const char *id;      // of its plan, as the table has it; NULL when the plan is not known
    const char *problem; // in words, why what follows is not known; NULL: it is
    struct plan *plan;
    struct plan_origin origin;   // paths, sizes and hashes of what it was made from; the roots
    struct sources *sources;     // of the places in the plan: paths without texts
    struct nft_ruleset *ruleset; // what this polc makes of the plan
    const char
        *other_version; // of the polc that loaded it, if another one: its ruleset may differ; NULL
};

// Never ends the run: who cannot do without looks at `problem`. Everything lives on run->arena.
void loaded_read(struct run *run, const struct nft_kernel *kernel, struct loaded *ret);
// The same without the ruleset, which takes most of the time.
void loaded_read_plan(struct run *run, const struct nft_kernel *kernel, struct loaded *ret);

// What is different about the files that it was made from: "FILE has changed", "FILE is new", "FILE is gone"; NULL when
// nothing is, or when that cannot be told (standard input).
const char *loaded_file_change(struct run *run, const struct loaded *loaded);
