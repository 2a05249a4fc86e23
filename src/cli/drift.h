// SPDX-License-Identifier: GPL-2.0-or-later
// What somebody else did to polc's table since polc loaded it, for the verbs that look at the kernel.
#pragma once

#include "loaded.h"

#include <jansson.h>

struct drift {
    struct loaded loaded;
    const char *problem;     // in words, why it is not known; NULL: it is
    struct nft_drift *found; // NULL when it is not known; rules of others with their text
};

// What the kernel has against what polc loaded. Needs the state directory: without it `problem` says why.
void drift_read(struct run *run, const struct nft_kernel *kernel, struct drift *ret);
// Whether somebody changed something, as far as it is known.
bool drift_is_there(const struct drift *drift);

// What an input is to be compared with: as polc loaded it when somebody changed that, else what the kernel has.
const struct nft_kernel *drift_base(struct run *run, const struct nft_kernel *kernel,
                                    const struct drift *drift);

// "1 rule added to chain c, 2 elements missing in set s"; "" for none.
const char *drift_summary(struct arena *arena, const struct nft_drift *found);
// Object by object, rule by rule, element by element; nothing when there is none. Says so when it is not known.
void drift_print(struct run *run, const struct drift *drift);
json_t *drift_json(const struct drift *drift);
