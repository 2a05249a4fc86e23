// SPDX-License-Identifier: GPL-2.0-or-later
// One look at the kernel, the state directory and the flows -> the board.
#include "board_page.h"

#include "diff.h"
#include "dns_gate.h"
#include "flow_input.h"
#include "live_policies.h"
#include "loaded.h"
#include "state.h"

#include <polc/base/file.h>
#include <time.h>

// ---- are these the rules that are loaded? -------------------------------------------------------------------------

static bool same_rules(struct run *run, const struct plan_policy *policy, const struct plan *other,
                       const struct plan_policy *loaded)
{
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        const struct plan_rules *ours = &policy->rules[direction];
        const struct plan_rules *theirs = &loaded->rules[direction];
        if (ours->count != theirs->count) {
            return false;
        }
        for (size_t i = 0; i < ours->count; i++) {
            const char *here = diff_rule_text(run->arena, run->plan, &ours->items[i]);
            const char *there = diff_rule_text(run->arena, other, &theirs->items[i]);
            if (ours->items[i].index != theirs->items[i].index || strcmp(here, there) != 0) {
                return false;
            }
        }
    }
    return true;
}

// Policies or profiles of a plan, by their ids.
static void add_ids(struct strmap *ids, const struct plan_policy *policies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        strmap_put(ids, policies[i].id, (void *)&policies[i]);
    }
}

static void find_states(struct run *run, const struct plan *loaded, const struct strmap *known,
                        const struct plan_policy *policies, size_t count, struct strmap *ret)
{
    for (size_t i = 0; i < count; i++) {
        const struct plan_policy *other = strmap_get(known, policies[i].id);
        bool same = other != NULL && same_rules(run, &policies[i], loaded, other);
        enum board_state state = loaded != NULL && other == NULL ? BOARD_NOT_LOADED : BOARD_CHANGED;
        if (!same) {
            strmap_put(ret, policies[i].id, (void *)(uintptr_t)state);
        }
    }
}

// Of the policies of PATHs. Where the plan that is loaded is not known, a rule may be another one than that which counted.
static struct strmap *states_of(struct board_page *page, const struct nft_kernel *kernel)
{
    struct run *run = page->run;
    struct loaded loaded;
    struct strmap *states = strmap_new(run->arena), *known = strmap_new(run->arena);
    if (run->options.default_paths) {
        return states;
    }
    loaded_read_plan(run, kernel, &loaded);
    page->unknown = loaded.problem;
    if (loaded.plan != NULL) {
        add_ids(known, loaded.plan->policies.items, loaded.plan->policies.count);
        add_ids(known, loaded.plan->profiles.items, loaded.plan->profiles.count);
    }
    const struct plan *plan = run->plan;
    find_states(run, loaded.plan, known, plan->policies.items, plan->policies.count, states);
    find_states(run, loaded.plan, known, plan->profiles.items, plan->profiles.count, states);
    return states;
}

// What a rule matches, without its action, which stands beside it.
static const char *match_text(struct arena *arena, const struct plan *plan,
                              const struct plan_rule *rule)
{
    const char *comma = strstr(diff_rule_text(arena, plan, rule), ", ");
    return comma != NULL ? comma + 2 : "everything";
}

// ---- the page -----------------------------------------------------------------------------------------------------

static void read_entry(struct board_page *page)
{
    struct state state;
    state_look(page->run, &state);
    const struct change_entry *entry = change_find(&state.history, page->info.generation);
    bool good = entry != NULL && entry->problem == NULL && state_is_loaded(&page->info, entry);
    page->entry = good ? entry : NULL;
    state_end(&state);
}

// What the flows have to say of themselves stands in the foot of the board.
static int read_flows(struct board_page *page)
{
    struct flow_input input;
    struct options *options = &page->run->options;
    bool quiet = options->quiet;
    if (options->record) {
        return POLC_EXIT_OK; // counters alone
    }
    options->quiet = true;
    int code = flow_input_read(page->run, NULL, &input);
    options->quiet = quiet;
    if (code != POLC_EXIT_OK) {
        return code;
    }
    board_add_flows(page->run->arena, page->board, &input.records);
    page->live = options->flows == NULL;
    page->flows = input.kernel;
    return input.code;
}

static int say_not_applied(struct run *run)
{
    complain("no table inet %s: nothing is loaded, and nothing is counted", run->options.table);
    hint("polc apply%s", same_options(run, true));
    return POLC_EXIT_NO;
}

// The policies of the plan are those that the table counted: not so when somebody loads others while both are read.
static bool is_of_plan(struct run *run, const struct nft_info *info)
{
    return !run->options.default_paths || info->id == NULL ||
           text_begins(plan_id(run->arena, run->plan), info->id);
}

// The plan and the rules of one generation.
static int read_loaded(struct board_page *page, struct nft_kernel **ret_kernel)
{
    enum { ATTEMPTS = 5 };
    struct run *run = page->run;
    struct nft_failure failure = {0};
    for (int i = 0; i < ATTEMPTS; i++) {
        int code = live_policies(run, true);
        if (code != POLC_EXIT_OK) {
            return code;
        }
        CLOSING int gate = dns_gate_enter(run, DNS_GATE_TABLE);
        enum nft_status status =
            nft_dump_rules(run->arena, run->options.table, ret_kernel, &failure);
        if (status != NFT_DONE) {
            return report_failure(run, status, &failure);
        }
        page->info = nft_kernel_info(run->arena, *ret_kernel);
        page->exists = page->info.version != NULL;
        if (is_of_plan(run, &page->info)) {
            return POLC_EXIT_OK;
        }
        run->plan = NULL;
    }
    failure.what = "reading the table";
    return report_failure(run, NFT_STALE, &failure);
}

int board_page_read(struct run *run, struct board_page *ret)
{
    struct nft_kernel *kernel;
    *ret = (struct board_page){.run = run, .now = (int64_t)time(NULL)};
    int code = read_loaded(ret, &kernel);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    struct nft_counters counters = nft_kernel_counters(run->arena, kernel);
    const struct board_options options = {.text = match_text, .states = states_of(ret, kernel)};
    ret->board = board_build(run->arena, run->plan, ret->exists ? &counters : NULL, &options);
    if (!ret->exists) {
        return say_not_applied(run);
    }
    read_entry(ret);
    code = read_flows(ret);
    board_ledger_look(ret, nft_kernel_handle(kernel));
    return code;
}
