// SPDX-License-Identifier: GPL-2.0-or-later
// polc rollback: what was loaded before, or generation N, is loaded again from the state directory. While a generation
// waits for confirmation, that one is taken back.
#include "arm.h"
#include "reload.h"

#include <time.h>

static void say_loaded(struct run *run, const struct change_entry *target, bool changed)
{
    print_outcome(run, &(struct outcome){
                           .result = !changed               ? "up to date"
                                     : run->options.dry_run ? "would load"
                                                            : "loaded",
                           .generation = target != NULL ? target->number : 0,
                           .summary = target != NULL ? NULL : "there was no table before",
                       });
}

// 0 when the word is no number of a generation.
static uint32_t parse_number(const char *word)
{
    char *end;
    unsigned long number = strtoul(word, &end, 10);
    return *end == '\0' && word[0] >= '0' && word[0] <= '9' && number <= UINT32_MAX
               ? (uint32_t)number
               : 0;
}

static const struct change_entry *usable(struct run *run, const struct state *state,
                                         uint32_t number)
{
    const struct change_entry *entry = change_find(&state->history, number);
    if (entry == NULL || entry->problem != NULL) {
        complain("there is no generation %u%s%s", number, entry != NULL ? ": " : "",
                 entry != NULL ? entry->problem : "");
    } else if (entry->state == CHANGE_DELETED || entry->id == NULL) {
        complain("%u is no generation: the table was deleted then", number);
    } else if (strcmp(entry->table, run->options.table) != 0) {
        complain("generation %u is of table %s", number, entry->table);
    } else {
        return entry;
    }
    hint("polc history%s", same_options(run, false));
    return NULL;
}

static bool choose(struct run *run, const struct state *state, bool exists,
                   const struct change_entry *loaded, const struct change_entry **ret)
{
    *ret = NULL;
    if (run->options.operands.count > 0) {
        const char *word = run->options.operands.items[0];
        uint32_t number = parse_number(word);
        if (number == 0) {
            complain("a generation is a number, not \"%s\"", word);
            hint("polc history%s", same_options(run, false));
            return false;
        }
        *ret = usable(run, state, number);
        return *ret != NULL;
    }
    if (loaded == NULL && !exists) {
        complain("there is no table inet %s, so nothing to roll back", run->options.table);
        hint("polc restore%s     (loads the last good generation)", same_options(run, false));
        return false;
    }
    if (loaded == NULL) {
        complain("the history does not know what is loaded, nor what was before");
        hint("polc history%s     (then: polc rollback N)", same_options(run, false));
        return false;
    }
    if (loaded->previous == 0) {
        complain("nothing was loaded before generation %u", loaded->number);
        hint("polc delete%s     (takes the table away)", same_options(run, false));
        return false;
    }
    *ret = usable(run, state, loaded->previous);
    return *ret != NULL;
}

// The entry of what the kernel has; NULL when the history does not know it.
static const struct change_entry *find_loaded(const struct state *state,
                                              const struct nft_info *info)
{
    const struct change_entry *entry = change_find(&state->history, info->generation);
    return entry != NULL && entry->problem == NULL && state_is_loaded(info, entry) ? entry : NULL;
}

static void mark(struct run *run, struct state *state, const struct change_entry *left,
                 const struct change_entry *target)
{
    struct change_entry entry = *target;
    entry.order = change_next_order(&state->history);
    entry.state = entry.state == CHANGE_CONFIRMED ? CHANGE_CONFIRMED : CHANGE_APPLIED;
    entry.note = NULL;
    entry.ended = 0;
    if (left == NULL && run->options.message != NULL) { // else it stands with what is left
        entry.note = with_message(run, "loaded again", run->options.message);
    }
    state_write(run, state, &entry);
    die_for_test("rollback-marked");
    if (left != NULL && left->number != target->number) {
        entry = *left;
        entry.state = CHANGE_TAKEN_BACK;
        const char *note =
            arena_printf(run->arena, "rolled back to generation %u%s%s", target->number,
                         run->forced.count > 0 ? ", forced " : "",
                         words_join(run->arena, run->forced.items, run->forced.count, " "));
        entry.note = with_message(run, note, run->options.message);
        entry.ended = (int64_t)time(NULL);
        state_write(run, state, &entry);
    }
}

static int load_chosen(struct run *run, struct state *state)
{
    struct nft_kernel *kernel;
    struct nft_info info;
    const struct change_entry *target;
    struct reloaded reloaded;
    int code = read_kernel(run, &kernel, &info);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    const struct change_entry *loaded = find_loaded(state, &info);
    if (!choose(run, state, nft_kernel_exists(kernel), loaded, &target)) {
        return POLC_EXIT_USAGE;
    }
    // Copies: marking writes into the history.
    const struct change_entry chosen = *target;
    const struct change_entry left = loaded != NULL ? *loaded : (struct change_entry){.number = 0};
    bool waits = run->options.confirm > 0 && !run->options.dry_run &&
                 (loaded == NULL || strcmp(left.id, chosen.id) != 0);
    if (waits && loaded == NULL && nft_kernel_exists(kernel)) {
        complain("this could not be taken back: the history does not know what is loaded; "
                 "nothing was changed");
        return POLC_EXIT_SYSTEM;
    }
    if (waits) {
        return rollback_waiting(run, state, &chosen, loaded != NULL ? &left : NULL,
                                info.generation);
    }
    code = reload(run, state, &chosen, true, &reloaded);
    if (code == POLC_EXIT_OK && !run->options.dry_run) {
        mark(run, state, loaded != NULL ? &left : NULL, &chosen);
    }
    if (code == POLC_EXIT_OK) {
        say_loaded(run, &chosen, reloaded.changed);
    }
    return code;
}

static int rollback(struct run *run, struct state *state)
{
    const struct change_entry *pending = change_pending(&state->history, run->options.table);
    bool here = pending != NULL && pending->namespace == change_namespace();
    if (here && run->options.confirm > 0) {
        return refuse_pending(run, state); // one at a time
    }
    if (!here || run->options.operands.count > 0) {
        return load_chosen(run, state);
    }
    const struct change_entry entry = *pending;
    int code = run->options.dry_run
                   ? POLC_EXIT_OK
                   : take_back(run, state, &entry,
                               with_message(run, "rolled back by hand", run->options.message));
    if (code == POLC_EXIT_OK) {
        say_loaded(run, change_find(&state->history, entry.previous), true);
    }
    return code;
}

int cmd_rollback(struct run *run)
{
    struct state state;
    if (run->options.if_pending != NULL) {
        run->options.lock_timeout = UINT64_MAX; // nobody else would do it
        return wait_and_take_back(run, run->options.if_pending);
    }
    if (run->options.operands.count > 1) {
        complain("polc rollback takes one generation");
        return POLC_EXIT_USAGE;
    }
    int code = state_begin_settled(run, &state);
    if (code == POLC_EXIT_OK) {
        code = rollback(run, &state);
    }
    state_end(&state);
    if (code == POLC_EXIT_SAFETY) {
        print_refusals(run);
    }
    return code;
}
