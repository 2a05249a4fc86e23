// SPDX-License-Identifier: GPL-2.0-or-later
// A kept generation -> the kernel, by what differs; again when somebody else was faster.
#include "reload.h"

#include "connection.h"
#include "dns_fill.h"
#include "dns_gate.h"

#include <polc/base/file.h>

enum { TRIES = 5, QUICK_MS = 3000 };

int read_kernel(struct run *run, struct nft_kernel **ret_kernel, struct nft_info *ret_info)
{
    struct nft_failure failure = {0};
    CLOSING int gate = dns_gate_enter(run, DNS_GATE_TABLE);
    enum nft_status status = nft_dump(run->arena, run->options.table, ret_kernel, &failure);
    if (status != NFT_DONE) {
        return report_failure(run, status, &failure);
    }
    *ret_info = nft_kernel_info(run->arena, *ret_kernel);
    return POLC_EXIT_OK;
}

struct reload {
    struct run *run; // its plan is the one to load
    const struct nft_ruleset *ruleset;
    const struct change_entry *target;
    struct dns_fill names; // what its domain sets are to hold, of what is known
    bool guard, changed;
    enum nft_status status;
    struct nft_failure failure;
};

static int guard(struct reload *reload, const struct nft_kernel *kernel,
                 const struct nft_diff *diff)
{
    struct live_sockets sockets = {.count = 0};
    if (!reload->guard || nft_diff_empty(diff)) {
        return POLC_EXIT_OK;
    }
    if (refuse_foreign(reload->run, kernel)) {
        return POLC_EXIT_SAFETY;
    }
    if (live_sockets_read(reload->run->arena, &sockets) != 0) {
        sockets.count = 0; // as with apply: nobody is seen to come in
    }
    return guard_caller(reload->run, &sockets);
}

// With the status not NFT_DONE the exit code does not matter.
static int load_once(struct reload *reload)
{
    struct run *run = reload->run;
    struct nft_kernel *kernel;
    CLOSING int gate = dns_gate_enter(run, DNS_GATE_TABLE);
    reload->status = nft_dump(run->arena, run->options.table, &kernel, &reload->failure);
    if (reload->status != NFT_DONE) {
        return POLC_EXIT_SYSTEM;
    }
    struct nft_info info = nft_kernel_info(run->arena, kernel);
    const struct nft_diff *diff = nft_compare(run->arena, reload->ruleset, kernel);
    struct nft_commit_options options = {
        .dry_run = run->options.dry_run,
        .generation = reload->target->number,
        .id = reload->target->id,
        .renumber = !state_is_loaded(&info, reload->target),
        .fill = &reload->names.elements,
    };
    reload->changed = options.renumber || !nft_diff_empty(diff);
    int code = guard(reload, kernel, diff);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    die_for_test("reload-compared");
    if (!run->options.dry_run) {
        dns_fill_publish(run, &reload->names);
    }
    reload->status =
        nft_commit(run->arena, reload->ruleset, kernel, diff, &options, &reload->failure);
    die_for_test("reload-committed");
    return POLC_EXIT_OK;
}

bool reload_tries(int tries, uint64_t start)
{
    return tries < TRIES || change_now() - start < QUICK_MS;
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
           bool guarded, struct reloaded *ret)
{
    struct plan_origin origin;
    struct reload reload = {.run = run, .target = target, .guard = guarded, .status = NFT_STALE};
    *ret = (struct reloaded){.lost = false};
    if (target == NULL) {
        return delete_table(run);
    }
    const char *problem = change_plan_read(run->arena, &state->store, target->number, target->id,
                                           &run->plan, &origin);
    if (problem != NULL) {
        complain("generation %u cannot be loaded: %s; nothing was changed", target->number,
                 problem);
        ret->lost = true;
        return POLC_EXIT_SYSTEM;
    }
    run->sources = plan_origin_sources(run->arena, &origin);
    run->diags = diags_new(run->arena, run->sources);
    reload.ruleset = lower_plan(run, run->plan, run->sources, origin.roots, origin.root_count);
    dns_fill_read(run, run->plan, &reload.names);
    die_for_test("reload-compiled");
    int code = POLC_EXIT_OK;
    uint64_t start = change_now();
    for (int i = 0; reload_tries(i, start) && reload.status == NFT_STALE; i++) {
        code = load_once(&reload);
    }
    if (reload.status != NFT_DONE || code != POLC_EXIT_OK) {
        return reload.status != NFT_DONE ? report_failure(run, reload.status, &reload.failure)
                                         : code;
    }
    ret->changed = reload.changed;
    if (!run->options.dry_run) {
        connection_forget_marks(run, run->plan); // what another policy had cut may go on
        dns_fill_put(run, &reload.names);
        dns_fill_clean(run, &reload.names, state);
    }
    return POLC_EXIT_OK;
}
