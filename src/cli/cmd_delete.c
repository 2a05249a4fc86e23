// SPDX-License-Identifier: GPL-2.0-or-later
// polc delete: takes the whole table away, after asking.
#include "cli.h"

#include <unistd.h>

static bool confirmed(const struct run *run)
{
    if (run->options.yes) {
        return true;
    }
    if (!isatty(STDIN_FILENO)) {
        complain("polc delete removes every rule of polc; nothing was changed");
        hint("polc delete --yes");
        return false;
    }
    fprintf(
        stderr,
        "remove table inet %s: no endpoint of this host will be policed any more. Go on? [y/N] ",
        run->options.table);
    int answer = getchar();
    return answer == 'y' || answer == 'Y';
}

int cmd_delete(struct run *run)
{
    if (!confirmed(run)) {
        return POLC_EXIT_USAGE;
    }
    bool existed = false;
    struct nft_failure failure = {0};
    enum nft_status status = nft_delete_table(run->arena, run->options.table, &existed, &failure);
    if (status != NFT_DONE) {
        return report_failure(run, status, &failure);
    }
    if (!run->options.quiet) {
        printf(existed ? "deleted: table inet %s\n"
                       : "nothing to delete: there is no table inet %s\n",
               run->options.table);
    }
    return POLC_EXIT_OK;
}
