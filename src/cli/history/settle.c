// SPDX-License-Identifier: GPL-2.0-or-later
// The history and the kernel may have drifted apart: a run was killed between the two, the host was restarted, nobody
// confirmed and the one who should have taken it back is gone. The kernel's table says which generation it is; that
// decides.
#include "reload.h"

#include <time.h>

const char note_expired[] = "nobody confirmed it in time";

const char *left_text(struct arena *arena, uint64_t ms)
{
    enum { MS = 1000, MINUTE = 60, LONG = 10 * MINUTE };
    uint64_t seconds = (ms + MS - 1) / MS, minutes = (seconds + MINUTE - 1) / MINUTE;
    return seconds > LONG ? arena_printf(arena, "%llu min", (unsigned long long)minutes)
                          : arena_printf(arena, "%llu s", (unsigned long long)seconds);
}

static void end_entry(struct run *run, struct state *state, const struct change_entry *entry,
                      enum change_state what, const char *note)
{
    struct change_entry ended = *entry;
    ended.state = (uint8_t)what;
    ended.note = note;
    ended.ended = (int64_t)time(NULL);
    if (ended.order == 0 && what != CHANGE_FAILED) {
        ended.order = change_next_order(&state->history);
    }
    state_write(run, state, &ended);
}

// What is loaded instead: what was there before, or, when that is lost, the last good one.
static int load_previous(struct run *run, const struct state *state,
                         const struct change_entry *pending)
{
    const struct change_entry *previous =
        pending->previous != 0 ? change_find(&state->history, pending->previous) : NULL;
    struct reloaded loaded = {.lost = true};
    int code = POLC_EXIT_SYSTEM;
    if (pending->previous == 0 || (previous != NULL && previous->problem == NULL)) {
        code = reload(run, state, previous, false, &loaded);
    }
    const struct change_entry *good = change_last_good(&state->history, pending->table);
    if (code != POLC_EXIT_OK && loaded.lost && good != NULL && good != previous) {
        complain("generation %u, which was loaded before, is lost; loading generation %u",
                 pending->previous, good->number);
        code = reload(run, state, good, false, &loaded);
    }
    return code;
}

int take_back(struct run *run, struct state *state, const struct change_entry *pending,
              const char *why)
{
    int code = load_previous(run, state, pending);
    if (code != POLC_EXIT_OK) {
        complain("generation %u is still loaded, and was to be taken back", pending->number);
        return code;
    }
    end_entry(run, state, pending, CHANGE_TAKEN_BACK, why);
    die_for_test("taken-back");
    return code;
}

// Whether it is for this process to judge: the kernel of another network namespace has a table of its own.
static bool is_here(const struct state *state, const struct change_entry *entry)
{
    return strcmp(entry->boot_id, state->boot_id) != 0 || entry->namespace == change_namespace();
}

static int settle_pending(struct run *run, struct state *state, const struct nft_info *info,
                          const struct change_entry *entry)
{
    bool loaded = state_is_loaded(info, entry);
    if (!is_here(state, entry)) {
        return POLC_EXIT_OK;
    }
    if (!loaded) {
        bool was = entry->order != 0;
        end_entry(run, state, entry, was ? CHANGE_TAKEN_BACK : CHANGE_FAILED,
                  strcmp(entry->boot_id, state->boot_id) != 0 ? "the host was restarted"
                  : was                                       ? "somebody else replaced it"
                                                              : "it never came to the kernel");
        return POLC_EXIT_OK;
    }
    if (!change_expired(entry, state->boot_id, change_now())) {
        return POLC_EXIT_OK;
    }
    return take_back(run, state, entry, note_expired);
}

// Written, and the run that would have marked it was killed.
static void settle_written(struct run *run, struct state *state, const struct nft_info *info,
                           const struct change_entry *entry)
{
    bool loaded = state_is_loaded(info, entry);
    end_entry(run, state, entry, loaded ? CHANGE_APPLIED : CHANGE_FAILED,
              loaded ? NULL : "it never came to the kernel");
}

static bool is_of_table(const struct run *run, const struct change_entry *entry)
{
    return entry->problem == NULL && strcmp(entry->table, run->options.table) == 0;
}

static bool is_open(const struct run *run, const struct change_entry *entry)
{
    return is_of_table(run, entry) &&
           (entry->state == CHANGE_WRITTEN || entry->state == CHANGE_PENDING);
}

static bool has_open(const struct run *run, const struct state *state)
{
    for (size_t i = 0; i < state->history.count; i++) {
        if (is_open(run, &state->history.items[i])) {
            return true;
        }
    }
    return false;
}

int settle(struct run *run, struct state *state)
{
    struct nft_kernel *kernel;
    struct nft_info info;
    if (!has_open(run, state)) {
        return POLC_EXIT_OK; // the kernel is not even asked
    }
    int code = read_kernel(run, &kernel, &info);
    for (size_t i = 0; code == POLC_EXIT_OK && i < state->history.count; i++) {
        const struct change_entry entry = state->history.items[i];
        if (!is_open(run, &entry)) {
            continue;
        }
        if (entry.state == CHANGE_PENDING) {
            code = settle_pending(run, state, &info, &entry);
        } else {
            settle_written(run, state, &info, &entry);
        }
    }
    return code;
}

int refuse_pending(struct run *run, const struct state *state)
{
    const struct change_entry *entry = change_pending(&state->history, run->options.table);
    if (entry == NULL) {
        return POLC_EXIT_OK;
    }
    uint64_t left = change_left(entry, state->boot_id, change_now());
    if (left == 0) {
        return POLC_EXIT_OK; // of another network namespace, and nobody is left to wait for
    }
    complain("generation %u waits for confirmation, and is taken back in %s; nothing was changed",
             entry->number, left_text(run->arena, left));
    const char *same = same_options(run, false);
    hint("polc confirm%s     (or polc rollback%s, which takes it back now)", same, same);
    return POLC_EXIT_BUSY;
}

int state_begin_settled(struct run *run, struct state *ret)
{
    if (run->options.dry_run) {
        state_look(run, ret);
        return POLC_EXIT_OK;
    }
    int code = state_begin(run, ret);
    return code == POLC_EXIT_OK ? settle(run, ret) : code;
}
