// SPDX-License-Identifier: GPL-2.0-or-later
// The rollback that waits: looks at the entry again and again, since the deadline may move and the answer may come. Who
// is right is decided under the lock, by the token; it alone may find that there is nothing left to do.
#include "arm.h"
#include "reload.h"

#include <time.h>

enum { LOOK_MS = 500, MS = 1000, NS_IN_MS = 1000000, TRIES = 30 };

static void sleep_ms(uint64_t ms)
{
    struct timespec time = {.tv_sec = (time_t)(ms / MS), .tv_nsec = (long)(ms % MS) * NS_IN_MS};
    clock_nanosleep(CLOCK_BOOTTIME, 0, &time, NULL);
}

// The pending entry with this token; NULL when it is not pending any more.
static const struct change_entry *find_pending(const struct state *state, const char *token)
{
    for (size_t i = 0; i < state->history.count; i++) {
        const struct change_entry *entry = &state->history.items[i];
        if (entry->problem == NULL && entry->state == CHANGE_PENDING &&
            strcmp(entry->token, token) == 0) {
            return entry;
        }
    }
    return NULL;
}

// Sleeps until the deadline. False when the entry is no longer pending.
static bool wait_for_deadline(struct run *run, const char *token)
{
    for (;;) {
        struct state state;
        struct arena_mark mark = arena_mark(run->arena);
        state_look(run, &state);
        const struct change_entry *entry = find_pending(&state, token);
        uint64_t left = entry != NULL ? change_left(entry, state.boot_id, change_now()) : 0;
        bool pending = entry != NULL;
        state_end(&state);
        arena_rewind(run->arena, mark);
        if (left == 0) {
            return pending;
        }
        sleep_ms(left < LOOK_MS ? left : LOOK_MS);
    }
}

static int take_back_now(struct run *run, const char *token)
{
    struct state state;
    int code = state_begin(run, &state);
    if (code == POLC_EXIT_OK && find_pending(&state, token) != NULL) {
        code = settle(run, &state);
    }
    state_end(&state);
    return code;
}

int wait_and_take_back(struct run *run, const char *token)
{
    int code = POLC_EXIT_OK;
    for (int i = 0; i < TRIES && wait_for_deadline(run, token); i++) {
        code = take_back_now(run, token);
        if (code != POLC_EXIT_OK) {
            sleep_ms(MS);
        }
    }
    return code;
}
