// SPDX-License-Identifier: GPL-2.0-or-later
// The ledger in the state directory: which counters grew, and when. One file for each table.
#include "board_page.h"

#include "state.h"

// Tables of another boot, network namespace or making begin to count at nothing.
static const char *epoch_of(struct run *run, uint64_t handle)
{
    return arena_printf(run->arena, "%s:%llu:%llu", change_boot_id(run->arena),
                        (unsigned long long)change_namespace(), (unsigned long long)handle);
}

static const char *file_name(struct run *run)
{
    return arena_printf(run->arena, "board.%s", run->options.table);
}

// NULL when there is none; *ret_problem says why it cannot be used.
static struct board_ledger *read_ledger(struct run *run, const struct change_store *store,
                                        const char **ret_problem)
{
    struct plan_bytes bytes = {0};
    const char *name = file_name(run);
    struct board_ledger *ledger = arena_new_of(run->arena, struct board_ledger);
    bool exists;
    const char *problem = change_file_read(run->arena, store, name, &bytes, &exists);
    if (problem == NULL && exists) {
        problem = board_ledger_parse(run->arena, (const char *)bytes.data, bytes.size, ledger);
    }
    *ret_problem =
        problem != NULL ? arena_printf(run->arena, "%s/%s: %s", store->path, name, problem) : NULL;
    return problem == NULL && exists ? ledger : NULL;
}

void board_ledger_look(struct board_page *page, uint64_t handle)
{
    struct run *run = page->run;
    struct change_store store;
    const char *problem = NULL;
    page->handle = handle;
    if (change_store_open(&store, run->options.state_dir, false) == 0) {
        page->ledger = read_ledger(run, &store, &problem);
        change_store_close(&store);
    }
    if (problem != NULL && !run->options.quiet) {
        fprintf(stderr, "note: %s; what was recorded is not known\n", problem);
    }
    if (page->ledger != NULL) {
        board_add_ledger(run->arena, page->board, page->ledger, epoch_of(run, handle), page->now);
    }
}

static int write_ledger(const struct board_page *page, const struct state *state)
{
    struct run *run = page->run;
    struct strbuf text = {.arena = run->arena};
    const char *problem;
    const struct board_ledger *old = read_ledger(run, &state->store, &problem);
    if (problem != NULL) {
        complain("%s; nothing was recorded", problem);
        hint("mv %s/%s /tmp/     (the record begins anew)", state->store.path, file_name(run));
        return POLC_EXIT_SYSTEM;
    }
    struct board_ledger next =
        board_ledger_next(run->arena, old, page->board, epoch_of(run, page->handle), page->now);
    board_ledger_print(&next, &text);
    struct plan_bytes bytes = {(const uint8_t *)strbuf_text(&text), text.length};
    int error = change_file_write(&state->store, file_name(run), bytes);
    if (error != 0) {
        complain("%s/%s: %s; nothing was recorded", state->store.path, file_name(run),
                 strerror(error));
        return POLC_EXIT_SYSTEM;
    }
    if (!run->options.quiet) {
        printf("recorded: %zu rules%s\n", next.lines.count,
               old == NULL ? arena_printf(run->arena, "; what nobody uses can be told from now on")
                           : "");
    }
    return POLC_EXIT_OK;
}

// Behind the lock from the first look on: what another process read before would seem to begin anew.
int board_ledger_record(struct run *run)
{
    struct board_page page;
    struct state state;
    int code = state_begin(run, &state);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    code = board_page_read(run, &page);
    if (code == POLC_EXIT_OK && state.problem != NULL) {
        complain("%s; nothing was recorded", state.problem);
        code = POLC_EXIT_SYSTEM;
    }
    if (code == POLC_EXIT_OK) {
        code = write_ledger(&page, &state);
    }
    state_end(&state);
    return code;
}
