// SPDX-License-Identifier: GPL-2.0-or-later
// polc delete: takes the whole table away, after asking.
#include "connection.h"
#include "reload.h"

#include <unistd.h>

static bool confirmed(struct run *run)
{
    if (run->options.yes) {
        return true;
    }
    if (!isatty(STDIN_FILENO)) {
        complain("polc delete removes every rule of table inet %s; nothing was changed",
                 run->options.table);
        hint("polc delete --yes%s", same_options(run, false));
        return false;
    }
    fprintf(
        stderr,
        "remove table inet %s: no endpoint of this host will be policed any more. Go on? [y/N] ",
        run->options.table);
    int answer = getchar();
    bool yes = answer == 'y' || answer == 'Y';
    if (!yes) {
        complain("nothing was changed");
    }
    return yes;
}

// So that `restore` does not bring back what was deleted.
static void write_history(struct run *run, struct state *state, const struct nft_info *info)
{
    struct change_entry entry = state_entry(run, state, info->generation);
    entry.state = CHANGE_DELETED;
    entry.previous = info->generation;
    entry.order = change_next_order(&state->history);
    entry.summary = "table deleted";
    state_write(run, state, &entry);
}

// Nothing to force: nft takes away what is not polc's.
static int refuse_to_delete(struct run *run)
{
    complain("polc did not make the table inet %s; nothing was changed", run->options.table);
    hint("nft delete table inet %s", run->options.table);
    return POLC_EXIT_SAFETY;
}

static int delete_table(struct run *run, struct state *state)
{
    struct nft_kernel *kernel;
    struct nft_info info;
    bool existed = false;
    struct nft_failure failure = {0};
    int code = read_kernel(run, &kernel, &info);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    if (nft_kernel_is_foreign(kernel)) {
        return refuse_to_delete(run);
    }
    enum nft_status status = nft_delete_table(run->arena, run->options.table, &existed, &failure);
    if (status != NFT_DONE) {
        return report_failure(run, status, &failure);
    }
    if (existed) {
        write_history(run, state, &info);
        connection_forget_marks(run, NULL);
    }
    if (!run->options.quiet) {
        printf(existed ? "deleted: table inet %s\n"
                       : "nothing to delete: there is no table inet %s\n",
               run->options.table);
    }
    return POLC_EXIT_OK;
}

int cmd_delete(struct run *run)
{
    struct state state;
    if (!confirmed(run)) {
        return POLC_EXIT_USAGE;
    }
    int code = state_begin_settled(run, &state);
    code = code == POLC_EXIT_OK ? refuse_pending(run, &state) : code;
    code = code == POLC_EXIT_OK ? delete_table(run, &state) : code;
    state_end(&state);
    return code;
}
