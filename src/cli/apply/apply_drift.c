// SPDX-License-Identifier: GPL-2.0-or-later
// What `apply` puts right: it tells what somebody changed in the table from what the new input changes.
#include "apply.h"

#include "drift.h"

int apply_drift(struct apply *apply)
{
    struct run *run = apply->run;
    struct drift drift;
    apply->repaired = "";
    if (!apply->changed || apply->known) {
        return POLC_EXIT_OK;
    }
    drift_read(run, apply->kernel, &drift);
    if (drift_is_there(&drift)) {
        const struct nft_kernel *loaded = drift_base(run, apply->kernel, &drift);
        struct nft_diff *diff = nft_compare(run->arena, run->ruleset, loaded);
        apply->changes = summarize(run, loaded, diff);
        apply->repaired = drift_summary(run->arena, drift.found);
    }
    return POLC_EXIT_OK;
}

const char *apply_summary(const struct apply *apply)
{
    struct arena *arena = apply->run->arena;
    const char *changes = apply->changed ? summary_text(arena, &apply->changes) : "";
    if (!apply->changed || apply->repaired[0] == '\0') {
        return changes;
    }
    return arena_printf(arena, "%s%srepaired what somebody did: %s", changes,
                        changes[0] != '\0' ? "; " : "", apply->repaired);
}
