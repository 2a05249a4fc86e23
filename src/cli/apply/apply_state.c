// SPDX-License-Identifier: GPL-2.0-or-later
// What `apply` keeps in the state directory: the generation before the commit, so that whatever the kernel has loaded
// can be loaded again, and what became of it behind the commit.
#include "apply.h"

#include <time.h>

static struct plan_bytes encode(struct apply *apply)
{
    struct run *run = apply->run;
    struct plan_origin origin =
        plan_origin_of(run->arena, run->sources, run->roots, run->root_count);
    return plan_encode(run->arena, run->plan, &origin);
}

static int cannot_keep(const char *problem)
{
    complain("cannot keep this generation: %s; nothing was changed", problem);
    hint("polc apply --state-dir DIR     (a directory with room that can be written)");
    return POLC_EXIT_SYSTEM;
}

int apply_check_taken_back(struct apply *apply)
{
    struct run *run = apply->run;
    apply->id = plan_id(run->arena, run->plan);
    const struct change_entry *entry =
        change_taken_back(&apply->state.history, run->options.table, apply->id);
    if (!apply->changed || run->options.confirm > 0 || entry == NULL) {
        return POLC_EXIT_OK;
    }
    bool end = refuse(run, DIAG_S006, "this input was taken back before, as generation %u: %s",
                      entry->number, entry->note != NULL ? entry->note : "by hand");
    if (end) {
        hint("polc apply --confirm%s     (takes itself back again unless it is confirmed)",
             same_options(run, true));
    }
    return end ? POLC_EXIT_SAFETY : POLC_EXIT_OK;
}

// The kernel's rules are what the input says, but its generation is not: other staged policies, say; or nothing could
// load it again, since its generation was lost, or nft loaded it.
static bool is_other_generation(struct apply *apply, const struct nft_info *info)
{
    struct state *state = &apply->state;
    return !apply->changed && state->problem == NULL &&
           (info->id == NULL || strncmp(apply->id, info->id, strlen(info->id)) != 0 ||
            !change_plan_exists(&state->store, info->generation));
}

int apply_keep(struct apply *apply)
{
    struct run *run = apply->run;
    struct state *state = &apply->state;
    struct nft_info info = nft_kernel_info(run->arena, apply->kernel);
    apply->renumber = !run->options.dry_run && is_other_generation(apply, &info);
    if ((!apply->changed && !apply->renumber) || run->options.dry_run) {
        return POLC_EXIT_OK;
    }
    if (state->problem != NULL) {
        return cannot_keep(state->problem);
    }
    uint32_t kept = apply->entry.number; // by a try before this one
    apply->entry = state_entry(run, state, info.generation);
    apply->entry.id = apply->id;
    apply->entry.node = run->plan->node;
    apply->entry.roots = run->roots;
    apply->entry.root_count = run->root_count;
    apply->entry.previous = info.generation;
    apply->entry.summary = apply->changed ? apply_summary(apply) : "no rule changed";
    apply->generation = apply->entry.number;
    int code = apply_make_pending(apply);
    if (code != POLC_EXIT_OK) {
        apply->entry.number = 0;
        return code;
    }
    int error = kept == apply->entry.number
                    ? 0
                    : change_plan_write(&state->store, apply->entry.number, encode(apply));
    if (error == 0) {
        die_for_test("plan-kept");
        error = change_entry_write(run->arena, &state->store, &apply->entry);
    }
    if (error != 0) {
        return cannot_keep(
            arena_printf(run->arena, "%s: %s", run->options.state_dir, strerror(error)));
    }
    die_for_test("entry-kept");
    timings_end(run, "keep");
    return POLC_EXIT_OK;
}

int apply_mark(struct apply *apply)
{
    if (apply->entry.number == 0) {
        return POLC_EXIT_OK;
    }
    die_for_test("committed");
    if (apply->token == NULL) {
        apply->entry.state = CHANGE_APPLIED;
    } else {
        apply->entry.deadline = change_now() + apply->entry.window; // the commit took its time
    }
    apply->entry.order = change_next_order(&apply->state.history);
    state_write(apply->run, &apply->state, &apply->entry);
    die_for_test("marked");
    return POLC_EXIT_OK;
}

void apply_mark_failed(struct apply *apply)
{
    if (apply->entry.number != 0) {
        apply->entry.state = CHANGE_FAILED;
        apply->entry.note = "the kernel did not take it";
        apply->entry.ended = (int64_t)time(NULL);
        state_write(apply->run, &apply->state, &apply->entry);
    }
}
