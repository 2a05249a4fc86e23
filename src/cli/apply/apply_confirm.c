// SPDX-License-Identifier: GPL-2.0-or-later
// `apply --confirm`: the rollback is armed outside of this process before anything is committed; then either somebody
// confirms, or what was there before comes back.
#include "apply.h"

#include "arm.h"
#include "reload.h"

#include <time.h>

enum { GRACE_MS = 2000, LOOK_MS = 100, NS_IN_MS = 1000000 };

static int cannot_confirm(struct run *run, const char *why)
{
    complain("this could not be taken back: %s; nothing was changed", why);
    hint("polc apply%s     (without --confirm; from then on changes can be taken back)",
         same_options(run, true));
    return POLC_EXIT_SYSTEM;
}

// What would come back must be there now.
static int check_previous(struct apply *apply)
{
    struct run *run = apply->run;
    struct nft_info info = nft_kernel_info(run->arena, apply->kernel);
    struct plan *plan;
    struct plan_origin origin;
    if (!nft_kernel_exists(apply->kernel)) {
        return POLC_EXIT_OK;
    }
    if (info.id == NULL) {
        return cannot_confirm(run, "the table that is loaded was not made by polc apply");
    }
    const char *problem =
        change_plan_read(run->arena, &apply->state.store, info.generation, info.id, &plan, &origin);
    return problem != NULL ? cannot_confirm(run, problem) : POLC_EXIT_OK;
}

int apply_make_pending(struct apply *apply)
{
    struct run *run = apply->run;
    struct change_entry *entry = &apply->entry;
    if (run->options.confirm == 0 || !apply->changed) {
        return POLC_EXIT_OK;
    }
    int code = check_previous(apply);
    entry->token = apply->token;
    entry_wait(run, &apply->state, entry);
    apply->token = entry->token;
    return code;
}

int apply_arm(struct apply *apply)
{
    if (apply->token == NULL || apply->armed || apply->entry.number == 0) {
        return POLC_EXIT_OK;
    }
    int error = arm_rollback(apply->run, apply->token);
    if (error != 0) {
        apply_mark_failed(apply);
        return cannot_confirm(
            apply->run,
            arena_printf(apply->run->arena, "no process can be started: %s", strerror(error)));
    }
    apply->armed = true;
    die_for_test("armed");
    return POLC_EXIT_OK;
}

// ---- --wait -------------------------------------------------------------------------------------------------------

static struct change_entry look(struct run *run, uint32_t number)
{
    struct state state;
    state_look(run, &state);
    const struct change_entry *found = change_find(&state.history, number);
    struct change_entry entry = found != NULL ? *found : (struct change_entry){.problem = "gone"};
    state_end(&state);
    return entry;
}

int apply_wait(struct apply *apply)
{
    struct run *run = apply->run;
    uint64_t end = apply->entry.deadline + GRACE_MS;
    struct change_entry entry = apply->entry;
    struct arena_mark mark = arena_mark(run->arena);
    while (entry.problem == NULL && entry.state == CHANGE_PENDING && change_now() < end) {
        struct timespec pause = {.tv_nsec = LOOK_MS * NS_IN_MS};
        nanosleep(&pause, NULL);
        arena_rewind(run->arena, mark);
        entry = look(run, apply->entry.number);
    }
    if (entry.problem == NULL && entry.state == CHANGE_PENDING) {
        wait_and_take_back(run, apply->token); // whoever should have done it is gone
        entry = look(run, apply->entry.number);
    }
    if (entry.problem == NULL && entry.state == CHANGE_CONFIRMED) {
        print_outcome(run, &(struct outcome){.result = "confirmed", .generation = entry.number});
        return POLC_EXIT_OK;
    }
    print_outcome(run, &(struct outcome){.result = "taken back",
                                         .generation = apply->entry.number,
                                         .summary = entry.problem == NULL ? entry.note : NULL,
                                         .json_only = true});
    complain("generation %u was taken back%s%s", apply->entry.number,
             entry.problem == NULL && entry.note != NULL ? ": " : "",
             entry.problem == NULL && entry.note != NULL ? entry.note : "");
    return POLC_EXIT_REVERTED;
}
