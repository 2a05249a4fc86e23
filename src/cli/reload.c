// SPDX-License-Identifier: GPL-2.0-or-later
// A kept generation -> the kernel, by what differs; again when somebody else was faster.
#include "reload.h"

#include "connection.h"

enum { TRIES = 5 };

int read_kernel(struct run *run, struct nft_kernel **ret_kernel, struct nft_info *ret_info)
{
    struct nft_failure failure = {0};
    enum nft_status status = nft_dump(run->arena, run->options.table, ret_kernel, &failure);
    if (status != NFT_DONE) {
        return report_failure(run, status, &failure);
    }
    *ret_info = nft_kernel_info(run->arena, *ret_kernel);
    return POLC_EXIT_OK;
}

static enum nft_status load_once(struct run *run, const struct nft_ruleset *ruleset,
                                 const struct change_entry *target, struct nft_failure *reterr)
{
    struct nft_kernel *kernel;
    enum nft_status status = nft_dump(run->arena, run->options.table, &kernel, reterr);
    if (status != NFT_DONE) {
        return status;
    }
    struct nft_info info = nft_kernel_info(run->arena, kernel);
    const struct nft_diff *diff = nft_compare(run->arena, ruleset, kernel);
    struct nft_commit_options options = {
        .dry_run = run->options.dry_run,
        .generation = target->number,
        .id = target->id,
        .renumber = !state_is_loaded(&info, target),
    };
    die_for_test("reload-compared");
    status = nft_commit(run->arena, ruleset, kernel, diff, &options, reterr);
    die_for_test("reload-committed");
    return status;
}

static int delete_table(struct run *run)
{
    bool existed;
    struct nft_failure failure = {0};
    if (run->options.dry_run) {
        return POLC_EXIT_OK;
    }
    enum nft_status status = nft_delete_table(run->arena, run->options.table, &existed, &failure);
    die_for_test("reload-committed");
    if (status == NFT_DONE) {
        connection_forget_marks(run, NULL);
    }
    return report_failure(run, status, &failure);
}

int reload(struct run *run, const struct state *state, const struct change_entry *target,
           bool *ret_lost)
{
    struct plan *plan;
    struct plan_origin origin;
    struct nft_failure failure = {0};
    enum nft_status status = NFT_STALE;
    *ret_lost = false;
    if (target == NULL) {
        return delete_table(run);
    }
    const char *problem =
        change_plan_read(run->arena, &state->store, target->number, target->id, &plan, &origin);
    if (problem != NULL) {
        complain("generation %u cannot be loaded: %s; nothing was changed", target->number,
                 problem);
        *ret_lost = true;
        return POLC_EXIT_SYSTEM;
    }
    run->sources = plan_origin_sources(run->arena, &origin);
    run->diags = diags_new(run->arena, run->sources);
    const struct nft_ruleset *ruleset =
        lower_plan(run, plan, run->sources, origin.roots, origin.root_count);
    die_for_test("reload-compiled");
    for (int i = 0; i < TRIES && status == NFT_STALE; i++) {
        status = load_once(run, ruleset, target, &failure);
    }
    if (status == NFT_DONE && !run->options.dry_run) {
        connection_forget_marks(run, plan); // what another policy had cut may go on
    }
    return report_failure(run, status, &failure);
}
