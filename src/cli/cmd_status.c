// SPDX-License-Identifier: GPL-2.0-or-later
// polc status: what is loaded, whether it is what the input says, and who else judges the same packets.
#include "status_bridges.h"

#include <unistd.h>

struct status {
    struct nft_info info;
    struct nft_counts counts;
    struct nft_base_chains others;
    bool exists, compared, differs;
    const char *problem; // why it was not compared
    struct change_list changes;
};

// Takes the recorded roots as the input when no PATH was given and all of them are still there.
static bool choose_input(struct run *run, struct status *status)
{
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
    if (!run->options.node_given && status->info.node != NULL) {
        run->options.node = status->info.node;
    }
    return roots.count > 0;
}

static void compare(struct run *run, const struct nft_kernel *kernel, struct status *status)
{
    if (!choose_input(run, status)) {
        return;
    }
    if (pipeline_until_ruleset(run) != POLC_EXIT_OK) {
        status->problem = "the input has errors";
        run->diags = diags_new(run->arena, run->sources); // they were printed
        return;
    }
    struct nft_diff *diff = nft_compare(run->arena, run->ruleset, kernel);
    status->compared = true;
    status->differs = !nft_diff_empty(diff);
    status->changes = summarize(run, kernel, diff);
}

static const char *roots_text(struct run *run, const struct nft_info *info)
{
    return info->root_count > 0 ? words_join(run->arena, info->roots, info->root_count, ", ") : "-";
}

static void print_comparison(struct run *run, const struct status *status)
{
    if (!status->compared) {
        printf("input       not compared%s%s\n", status->problem != NULL ? ": " : "",
               status->problem != NULL ? status->problem : "");
    } else if (!status->differs) {
        puts("input       the kernel has what it says");
    } else {
        printf("input       differs: %s     (polc diff)\n",
               summary_text(run->arena, &status->changes));
    }
}

static void print_text(struct run *run, const struct status *status)
{
    if (!status->exists) {
        printf("no table inet %s: polc polices nothing on this host\n", run->options.table);
    } else if (status->info.version == NULL) {
        printf("table inet %s is there, but polc did not make it\n", run->options.table);
    } else {
        printf("generation  %u, node %s, table inet %s, by polc %s\n", status->info.generation,
               status->info.node != NULL ? status->info.node : "-", run->options.table,
               status->info.version);
        printf("from        %s\n", roots_text(run, &status->info));
        printf("holds       %zu chains, %zu rules, %zu sets, %zu elements\n", status->counts.chains,
               status->counts.rules, status->counts.sets, status->counts.elements);
        print_comparison(run, status);
        print_bridges(run);
    }
    for (size_t i = 0; i < status->others.count; i++) {
        const struct nft_base_chain *chain = &status->others.items[i];
        printf("%s table %s %s, chain %s: hook %s, priority %d%s\n",
               i == 0 ? "others     " : "           ", chain->family, chain->table, chain->name,
               chain->hook, chain->priority, chain->policy_drop ? ", policy drop" : "");
    }
}

static void print_json(struct run *run, const struct status *status)
{
    json_t *others = json_array();
    json_t *roots = json_array();
    for (size_t i = 0; i < status->others.count; i++) {
        const struct nft_base_chain *chain = &status->others.items[i];
        json_array_append_new(
            others, json_pack("{s:s, s:s, s:s, s:s, s:i, s:b}", "family", chain->family, "table",
                              chain->table, "chain", chain->name, "hook", chain->hook, "priority",
                              chain->priority, "policy_drop", (int)chain->policy_drop));
    }
    for (size_t i = 0; i < status->info.root_count; i++) {
        json_array_append_new(roots, json_string(status->info.roots[i]));
    }
    json_t *root = json_pack(
        "{s:s, s:b, s:s?, s:I, s:s?, s:o, s:I, s:I, s:I, s:I, s:b, s:b, s:o, s:o}", "table",
        run->options.table, "exists", (int)status->exists, "version", status->info.version,
        "generation", (json_int_t)status->info.generation, "node", status->info.node, "roots",
        roots, "chains", (json_int_t)status->counts.chains, "rules",
        (json_int_t)status->counts.rules, "sets", (json_int_t)status->counts.sets, "elements",
        (json_int_t)status->counts.elements, "compared", (int)status->compared, "differs",
        (int)status->differs, "other_base_chains", others, "bridges", bridges_json(run));
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

int cmd_status(struct run *run)
{
    struct status status = {0};
    struct nft_failure failure = {0};
    struct nft_kernel *kernel;
    enum nft_status result = nft_dump(run->arena, run->options.table, &kernel, &failure);
    if (result == NFT_DONE) {
        result = nft_dump_base_chains(run->arena, run->options.table, &status.others, &failure);
    }
    if (result != NFT_DONE) {
        return report_failure(run, result, &failure);
    }
    status.exists = nft_kernel_exists(kernel);
    status.info = nft_kernel_info(run->arena, kernel);
    status.counts = nft_kernel_counts(kernel);
    if (status.info.version != NULL) {
        compare(run, kernel, &status);
    }
    run_report(run);
    run->options.output == OUTPUT_JSON ? print_json(run, &status) : print_text(run, &status);
    return status.exists && status.info.version != NULL && !status.differs ? POLC_EXIT_OK
                                                                           : POLC_EXIT_NO;
}
