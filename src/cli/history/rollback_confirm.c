// SPDX-License-Identifier: GPL-2.0-or-later
// `rollback --confirm`: an earlier generation is loaded as a new one that waits, so that what is loaded now comes back
// unless somebody confirms. Both stay in the state directory as they are.
#include "arm.h"
#include "reload.h"

#include <time.h>

static int cannot_confirm(const char *why)
{
    complain("this could not be taken back: %s; nothing was changed", why);
    return POLC_EXIT_SYSTEM;
}

// Why what is loaded now could not be loaded again; NULL.
static const char *find_problem(struct run *run, const struct state *state,
                                const struct change_entry *left)
{
    struct plan *plan;
    struct plan_origin origin;
    if (state->problem != NULL) {
        return state->problem;
    }
    return left == NULL ? NULL
                        : change_plan_read(run->arena, &state->store, left->number, left->id, &plan,
                                           &origin);
}

static struct change_entry waiting_entry(struct run *run, const struct state *state,
                                         const struct change_entry *target,
                                         const struct change_entry *left, uint32_t in_kernel)
{
    struct change_entry entry = state_entry(run, state, in_kernel);
    entry.id = target->id;
    entry.node = target->node;
    entry.roots = target->roots;
    entry.root_count = target->root_count;
    entry.previous = left != NULL ? left->number : 0;
    entry.leaves = entry.previous;
    entry.summary = arena_printf(run->arena, "generation %u again", target->number);
    entry_wait(run, state, &entry);
    return entry;
}

// The plan of `target` once more, under the number of `entry`. 0 or an errno; *ret_problem: why it cannot be read.
static int keep(struct run *run, const struct state *state, const struct change_entry *target,
                const struct change_entry *entry, const char **ret_problem)
{
    struct plan *plan;
    struct plan_origin origin;
    *ret_problem =
        change_plan_read(run->arena, &state->store, target->number, target->id, &plan, &origin);
    if (*ret_problem != NULL) {
        return 0;
    }
    int error =
        change_plan_write(&state->store, entry->number, plan_encode(run->arena, plan, &origin));
    die_for_test("plan-kept");
    return error != 0 ? error : change_entry_write(run->arena, &state->store, entry);
}

static void end_failed(struct run *run, struct state *state, struct change_entry *entry)
{
    entry->state = CHANGE_FAILED;
    entry->note = "it never came to the kernel";
    entry->ended = (int64_t)time(NULL);
    state_write(run, state, entry);
}

static int load(struct run *run, struct state *state, struct change_entry *entry)
{
    struct reloaded reloaded;
    int error = arm_rollback(run, entry->token);
    if (error != 0) {
        end_failed(run, state, entry);
        return cannot_confirm(
            arena_printf(run->arena, "no process can be started: %s", strerror(error)));
    }
    die_for_test("armed");
    int code = reload(run, state, entry, true, &reloaded);
    if (code != POLC_EXIT_OK) {
        end_failed(run, state, entry);
        return code;
    }
    entry->forced = run->forced.items;
    entry->forced_count = run->forced.count;
    entry->deadline = change_now() + entry->window; // the commit took its time
    entry->order = change_next_order(&state->history);
    state_write(run, state, entry);
    die_for_test("marked");
    return code;
}

int rollback_waiting(struct run *run, struct state *state, const struct change_entry *target,
                     const struct change_entry *left, uint32_t in_kernel)
{
    const char *problem = find_problem(run, state, left);
    if (problem != NULL) {
        return cannot_confirm(problem);
    }
    struct change_entry entry = waiting_entry(run, state, target, left, in_kernel);
    int error = keep(run, state, target, &entry, &problem);
    if (problem != NULL || error != 0) {
        complain("cannot keep this generation: %s; nothing was changed",
                 problem != NULL ? problem : strerror(error));
        return POLC_EXIT_SYSTEM;
    }
    die_for_test("entry-kept");
    int code = load(run, state, &entry);
    if (code == POLC_EXIT_OK) {
        print_outcome(run, &(struct outcome){.result = "loaded",
                                             .generation = entry.number,
                                             .summary = entry.summary,
                                             .waits = &entry});
    }
    return code;
}
