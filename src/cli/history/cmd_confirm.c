// SPDX-License-Identifier: GPL-2.0-or-later
// polc confirm: keeps the generation that waits for it. Whether it is in time is decided under the lock.
#include "reload.h"

#include <time.h>

enum { MS = 1000 };

// What a rollback has left behind, as without --confirm.
static void mark_left(struct run *run, struct state *state, const struct change_entry *kept)
{
    const struct change_entry *left =
        kept->leaves != 0 ? change_find(&state->history, kept->leaves) : NULL;
    if (left == NULL || left->problem != NULL) {
        return;
    }
    struct change_entry entry = *left;
    entry.state = CHANGE_TAKEN_BACK;
    entry.note = with_message(run, arena_printf(run->arena, "rolled back: %s", kept->summary),
                              kept->message);
    entry.ended = kept->ended;
    state_write(run, state, &entry);
}

static int keep(struct run *run, struct state *state, const struct change_entry *pending)
{
    struct change_entry entry = *pending;
    entry.state = CHANGE_CONFIRMED;
    entry.ended = (int64_t)time(NULL);
    die_for_test("confirming");
    if (!state_write(run, state, &entry)) {
        complain("generation %u is not confirmed, and will be taken back", entry.number);
        return POLC_EXIT_SYSTEM;
    }
    mark_left(run, state, &entry);
    print_outcome(run, &(struct outcome){.result = "confirmed", .generation = entry.number});
    return POLC_EXIT_OK;
}

static const struct change_entry *newest(const struct run *run, const struct state *state)
{
    for (size_t i = state->history.count; i > 0; i--) {
        const struct change_entry *entry = &state->history.items[i - 1];
        if (entry->problem == NULL && strcmp(entry->table, run->options.table) == 0) {
            return entry;
        }
    }
    return NULL;
}

// What it came from, as operands.
static const char *roots_text(struct run *run, const struct change_entry *entry)
{
    struct strbuf text = {.arena = run->arena};
    for (size_t i = 0; i < entry->root_count; i++) {
        strbuf_addf(&text, " %s", entry->roots[i]);
    }
    if (entry->node != NULL) {
        strbuf_addf(&text, " --node %s", entry->node);
    }
    strbuf_add(&text, same_options(run, false));
    return strbuf_text(&text);
}

static int too_late(struct run *run, const struct change_entry *last)
{
    if (last != NULL && last->state == CHANGE_TAKEN_BACK && last->token != NULL) {
        print_outcome(run, &(struct outcome){.result = "taken back",
                                             .generation = last->number,
                                             .summary = last->note,
                                             .json_only = true});
        complain("generation %u was taken back: %s", last->number,
                 last->note != NULL ? last->note : "nobody confirmed it");
        if (last->note != NULL && strcmp(last->note, note_expired) == 0) {
            hint("polc apply --confirm=%llus%s     (again, with more time)",
                 2 * (unsigned long long)last->window / MS + 1, roots_text(run, last));
        }
        return POLC_EXIT_REVERTED;
    }
    print_outcome(run, &(struct outcome){.result = "nothing waits", .json_only = true});
    if (last != NULL && last->state == CHANGE_CONFIRMED) {
        complain("nothing waits for confirmation; generation %u is confirmed already",
                 last->number);
    } else {
        complain("nothing waits for confirmation");
    }
    return POLC_EXIT_NO;
}

static int confirm(struct run *run, struct state *state)
{
    int code = settle(run, state);
    const struct change_entry *pending = change_pending(&state->history, run->options.table);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    if (pending == NULL) {
        return too_late(run, newest(run, state));
    }
    if (pending->namespace != change_namespace()) {
        complain("generation %u waits in another network namespace; confirm it there",
                 pending->number);
        return POLC_EXIT_NO;
    }
    return keep(run, state, pending);
}

int cmd_confirm(struct run *run)
{
    struct state state;
    int code = state_begin(run, &state);
    if (code == POLC_EXIT_OK) {
        code = confirm(run, &state);
    }
    state_end(&state);
    return code;
}
