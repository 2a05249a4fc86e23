// SPDX-License-Identifier: GPL-2.0-or-later
// polc status: what is loaded, whether it is what the input says, and who else judges the same packets.
#include "status.h"

#include "dns_gate.h"

#include <polc/base/file.h>
#include <unistd.h>

const char *status_heading(const char *heading, size_t line)
{
    static char text[16];
    snprintf(text, sizeof text, "%-12s", line == 0 ? heading : "");
    return text;
}

// Takes the recorded roots as the input when no PATH was given and all of them are still there.
static bool choose_input(struct status *status)
{
    struct run *run = status->run;
    if (!run->options.default_paths) {
        return true;
    }
    struct words roots = {0};
    for (size_t i = 0; i < status->info.root_count; i++) {
        if (access(status->info.roots[i], R_OK) != 0) {
            status->problem =
                arena_printf(run->arena, "%s is not readable here", status->info.roots[i]);
            return false;
        }
        vec_push(run->arena, &roots, status->info.roots[i]);
    }
    run->options.paths = roots;
    run->options.default_paths = roots.count == 0; // hints name them
    const char *node = status->info.node;
    if (!run->options.node_given && node != NULL &&
        (run->options.node == NULL || strcmp(run->options.node, node) != 0)) {
        run->options.node = node;
        run->options.node_given = true;
    }
    return roots.count > 0;
}

static void compare(struct status *status)
{
    struct run *run = status->run;
    if (!choose_input(status)) {
        return;
    }
    if (pipeline_until_ruleset(run) != POLC_EXIT_OK) {
        status->problem = "the input has errors";
        run->diags = diags_new(run->arena, run->sources); // they were printed
        return;
    }
    const struct nft_kernel *base = drift_base(run, status->kernel, &status->drift);
    struct nft_diff *diff = nft_compare(run->arena, run->ruleset, base);
    status->compared = true;
    status->differs = !nft_diff_empty(diff);
    status->changes = summarize(run, base, diff);
}

static const char *roots_text(const struct status *status)
{
    const struct nft_info *info = &status->info;
    return info->root_count > 0
               ? words_join(status->run->arena, info->roots, info->root_count, ", ")
               : "-";
}

static void print_comparison(const struct status *status)
{
    if (!status->compared) {
        printf("input       not compared%s%s\n", status->problem != NULL ? ": " : "",
               status->problem != NULL ? status->problem : "");
    } else if (!status->differs) {
        puts("input       is what is loaded");
    } else {
        printf("input       differs: %s     (polc diff%s)\n",
               summary_text(status->run->arena, &status->changes), same_options(status->run, true));
    }
}

static void print_drift(const struct status *status)
{
    const struct drift *drift = &status->drift;
    if (drift->problem != NULL) {
        printf("kernel      cannot tell whether somebody changed it: %s\n", drift->problem);
    } else if (!drift_is_there(drift)) {
        puts("kernel      has it as polc loaded it");
    } else {
        const char *same = same_options(status->run, true);
        printf("kernel      CHANGED BY SOMEBODY: %s     (shown by: polc diff%s; put right by: polc "
               "apply%s)\n",
               drift_summary(status->run->arena, drift->found), same, same);
    }
}

// When, by whom and why, if the state directory has it.
static void print_entry(const struct status *status)
{
    struct arena *arena = status->run->arena;
    const struct change_entry *entry = status->entry;
    if (entry != NULL) {
        printf("loaded      %s by %s, %s%s%s%s\n", entry_time(arena, entry->time),
               safe_text(arena, entry_who(arena, entry)),
               entry_state(status->run, &status->state, entry),
               entry->message != NULL ? ": \"" : "",
               entry->message != NULL ? safe_text(arena, entry->message) : "",
               entry->message != NULL ? "\"" : "");
    }
}

static void print_absent(const struct status *status)
{
    struct run *run = status->run;
    const struct change_entry *good = change_last_good(&status->state.history, run->options.table);
    printf("no table inet %s: polc polices nothing on this host\n", run->options.table);
    if (good != NULL) {
        hint("polc restore%s     (loads generation %u again)", same_options(run, false),
             good->number);
    }
}

static void hint_pending(const struct status *status)
{
    const char *same = same_options(status->run, false);
    if (status->entry != NULL && status->entry->state == CHANGE_PENDING) {
        hint("polc confirm%s     (or polc rollback%s, which takes it back now)", same, same);
    }
}

static void print_text(const struct status *status)
{
    const struct nft_info *info = &status->info;
    const char *table = status->run->options.table;
    if (!status->exists) {
        print_absent(status);
        return;
    }
    if (info->version == NULL) {
        printf("table inet %s is there, but polc did not make it\n", table);
        return;
    }
    printf("generation  %u, node %s, table inet %s, by polc %s\n", info->generation,
           info->node != NULL ? info->node : "-", table, info->version);
    print_entry(status);
    printf("from        %s\n", roots_text(status));
    printf("holds       %zu chains, %zu rules, %zu sets, %zu elements\n", status->counts.chains,
           status->counts.rules, status->counts.sets, status->counts.elements);
    print_flow_table(status);
    print_names(status);
    print_drift(status);
    print_comparison(status);
    print_interfaces(status);
    print_bridges(status);
    print_published(status);
    print_hooks(status);
    hint_pending(status);
}

// null when it is not known.
static json_t *entry_json(const struct status *status)
{
    struct arena *arena = status->run->arena;
    const struct change_entry *entry = status->entry;
    if (entry == NULL) {
        return json_null();
    }
    return json_pack("{s:s, s:s, s:s, s:s?}", "time", entry_time_utc(arena, entry->time), "by",
                     safe_text(arena, entry_who(arena, entry)), "state",
                     change_state_names[entry->state], "message",
                     entry->message != NULL ? safe_text(arena, entry->message) : NULL);
}

static void print_json(const struct status *status)
{
    const struct nft_info *info = &status->info;
    json_t *roots = json_array();
    for (size_t i = 0; i < info->root_count; i++) {
        json_array_append_new(roots, json_string(info->roots[i]));
    }
    json_t *root = json_pack(
        "{s:s, s:b, s:s?, s:I, s:s?, s:o, s:I, s:I, s:I, s:I, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "table", status->run->options.table, "exists", (int)status->exists, "version",
        info->version, "generation", (json_int_t)info->generation, "node", info->node, "roots",
        roots, "chains", (json_int_t)status->counts.chains, "rules",
        (json_int_t)status->counts.rules, "sets", (json_int_t)status->counts.sets, "elements",
        (json_int_t)status->counts.elements, "compared", (int)status->compared, "differs",
        (int)status->differs, "loaded", entry_json(status), "drift", drift_json(&status->drift),
        "interfaces", interfaces_json(status), "other_base_chains", hooks_json(status), "published",
        published_json(status), "bridges", bridges_json(status), "flow_table",
        flow_table_json(status), "names", names_json(status));
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

static enum nft_status read_kernel(struct status *status, struct nft_failure *failure)
{
    struct run *run = status->run;
    CLOSING int gate = dns_gate_enter(run, DNS_GATE_TABLE);
    enum nft_status result = nft_dump(run->arena, run->options.table, &status->kernel, failure);
    if (result == NFT_DONE) {
        result = nft_dump_base_chains(run->arena, run->options.table, &status->others, failure);
    }
    if (result == NFT_DONE) {
        result = nft_read_flows(run->arena, run->options.table, &status->flows, failure);
    }
    if (result == NFT_DONE) {
        result = nft_read_dnat(run->arena, run->options.table, &status->published, failure);
    }
    return result;
}

// The entry of the generation that the table names.
static void read_entry(struct status *status)
{
    state_look(status->run, &status->state);
    const struct change_entry *entry = change_find(&status->state.history, status->info.generation);
    bool good = entry != NULL && entry->problem == NULL;
    status->entry = good && state_is_loaded(&status->info, entry) ? entry : NULL;
}

static void read_interfaces(struct status *status)
{
    struct host_inventory *inventory = arena_new_of(status->run->arena, struct host_inventory);
    if (host_read_kernel(status->run->arena, NULL, inventory) == 0) {
        status->host = host_find(inventory, NULL);
    }
}

int cmd_status(struct run *run)
{
    struct status status = {.run = run};
    struct nft_failure failure = {0};
    enum nft_status result = read_kernel(&status, &failure);
    if (result != NFT_DONE) {
        return report_failure(run, result, &failure);
    }
    status.exists = nft_kernel_exists(status.kernel);
    status.info = nft_kernel_info(run->arena, status.kernel);
    status.counts = nft_kernel_counts(status.kernel);
    status.own = nft_kernel_base_chains(run->arena, status.kernel);
    read_interfaces(&status);
    read_entry(&status);
    if (status.info.version != NULL) {
        drift_read(run, status.kernel, &status.drift);
        compare(&status);
        status.plan = status.drift.loaded.plan != NULL ? status.drift.loaded.plan : run->plan;
    }
    run_report(run);
    run->options.output == OUTPUT_JSON ? print_json(&status) : print_text(&status);
    state_end(&status.state);
    bool good = status.exists && status.info.version != NULL && !status.differs &&
                !drift_is_there(&status.drift);
    return good ? POLC_EXIT_OK : POLC_EXIT_NO;
}
