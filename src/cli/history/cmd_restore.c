// SPDX-License-Identifier: GPL-2.0-or-later
// polc restore: loads the last good generation as it is, at boot or after somebody flushed the ruleset.
#include "reload.h"

// `was_loaded`: by its number; what somebody changed in it by hand is repaired.
static void say(struct run *run, const struct change_entry *entry, bool changed, bool was_loaded)
{
    print_outcome(run, &(struct outcome){
                           .result = !changed               ? "up to date"
                                     : run->options.dry_run ? "would restore"
                                                            : "restored",
                           .generation = entry->number,
                           .summary = changed && was_loaded ? "somebody had changed it" : NULL,
                       });
}

// What is newer than the last good generation, and cannot be read, might have been good.
static void warn_damaged(const struct state *state, const struct change_entry *good)
{
    for (size_t i = 0; i < state->history.count; i++) {
        const struct change_entry *entry = &state->history.items[i];
        if (entry->problem != NULL && (good == NULL || entry->number > good->number)) {
            complain("generation %u is left out: %s", entry->number, entry->problem);
        }
    }
}

static int nothing(struct run *run, const struct state *state)
{
    bool empty = state->history.count == 0;
    print_outcome(run, &(struct outcome){.result = "nothing to restore", .json_only = true});
    complain("there is nothing to restore%s in %s", empty ? "" : ": no good generation",
             run->options.state_dir);
    return POLC_EXIT_NO;
}

static int restore(struct run *run, struct state *state)
{
    struct nft_kernel *kernel;
    struct nft_info info;
    struct reloaded loaded = {.lost = false};
    int code = refuse_pending(run, state);
    code = code == POLC_EXIT_OK ? read_kernel(run, &kernel, &info) : code;
    if (code != POLC_EXIT_OK) {
        return code;
    }
    struct change_entry *good = change_last_good(&state->history, run->options.table);
    warn_damaged(state, good);
    if (good == NULL) {
        return nothing(run, state);
    }
    while ((code = reload(run, state, good, true, &loaded)) != POLC_EXIT_OK && loaded.lost) {
        // The one before it: older policy is better than none, and it says so.
        good->problem = "it is lost"; // in this process only
        good = change_last_good(&state->history, run->options.table);
        if (good == NULL) {
            return code;
        }
        complain("restoring generation %u instead", good->number);
    }
    if (code == POLC_EXIT_OK) {
        say(run, good, loaded.changed, state_is_loaded(&info, good));
    }
    return code;
}

int cmd_restore(struct run *run)
{
    struct state state;
    int code = state_begin_settled(run, &state);
    if (code == POLC_EXIT_OK) {
        code = restore(run, &state);
    }
    state_end(&state);
    if (code == POLC_EXIT_SAFETY) {
        print_refusals(run);
    }
    return code;
}
