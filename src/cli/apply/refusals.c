// SPDX-License-Identifier: GPL-2.0-or-later
// What `apply` refuses unless forced (S codes): input that is empty, that is not for this host, whose packets are not
// seen, or that replaces other input by less; and a table that is not polc's.
#include "cli.h"

static const char *nearest_node(const struct model *model, const char *name)
{
    const char *best = spell_best(name, model->nodes, model->node_count);
    return best != NULL ? best : model->nodes[0];
}

// S001 and S002 look at the input alone.
static bool refuse_for_input(struct run *run)
{
    const struct resources *resources = &run->resources;
    const struct model *model = run->model;
    const char *paths =
        words_join(run->arena, run->options.paths.items, run->options.paths.count, ", ");
    bool nothing = resources->policies.count == 0 && resources->profiles.count == 0 &&
                   resources->workloads.count == 0 && model->hosts.count == 0;
    if (nothing) {
        bool end = refuse(run, DIAG_S001, "no policy, profile or endpoint in %s", paths);
        if (end) {
            hint("to stop policing: polc delete");
        }
        return end;
    }
    if (model->local_endpoints == 0 && model->endpoints.count + model->hosts.count > 0) {
        bool end = refuse(run, DIAG_S002, "nothing in %s is for this host", paths);
        const char *nearest = safe_text(run->arena, nearest_node(model, model->node));
        fprintf(stderr,
                "  this host is \"%s\"; the input has endpoints on %zu node%s, nearest \"%s\"\n",
                model->node, model->node_count, plural(model->node_count), nearest);
        if (end) {
            hint(
                "POLC_NODE=%s polc apply%s     (or --node %s; to keep it, set POLC_NODE in /etc/default/polc)",
                nearest, paths_suffix(run), nearest);
        }
        return end;
    }
    return false;
}

int refuse_input(struct run *run)
{
    return refuse_for_input(run) || refuse_bridges(run) ? POLC_EXIT_SAFETY : POLC_EXIT_OK;
}

// S010: also for other verbs that would change the table.
bool refuse_foreign(struct run *run, const struct nft_kernel *kernel)
{
    if (!nft_kernel_is_foreign(kernel)) {
        return false;
    }
    struct nft_counts counts = nft_kernel_counts(kernel);
    const char *table = run->options.table;
    bool end = refuse(
        run, DIAG_S010, "polc did not make the table inet %s: it has %zu chain%s with %zu rule%s",
        table, counts.chains, plural(counts.chains), counts.rules, plural(counts.rules));
    if (end) {
        hint("nft list table inet %s     (then another name with --table; or, to replace it: %s)",
             table, forced_again(run, DIAG_S010, false));
    }
    return end;
}

static bool same_roots(struct run *run, const struct nft_info *info)
{
    if (info->root_count != run->root_count) {
        return false;
    }
    for (size_t i = 0; i < info->root_count; i++) {
        if (strcmp(info->roots[i], nft_root_text(run->arena, run->roots[i])) != 0) {
            return false;
        }
    }
    return true;
}

// S003 compares with what is loaded.
bool refuse_replacement(struct run *run, const struct nft_kernel *kernel)
{
    struct nft_info info = nft_kernel_info(run->arena, kernel);
    if (info.version == NULL || same_roots(run, &info)) {
        return false;
    }
    struct nft_names removed = removed_policies(run, kernel);
    if (removed.count == 0) {
        return false;
    }
    struct nft_names loaded = nft_kernel_policies(run->arena, kernel);
    size_t loaded_count = 0;
    for (size_t i = 0; i < loaded.count; i++) {
        loaded_count += is_policy_id(loaded.items[i]);
    }
    const char *before = words_join(run->arena, info.roots, info.root_count, ", ");
    const char *now =
        words_join(run->arena, run->options.paths.items, run->options.paths.count, ", ");
    bool end =
        refuse(run, DIAG_S003, "this replaces the %zu polic%s of %s by the %zu of %s", loaded_count,
               loaded_count == 1 ? "y" : "ies", before, run->plan->policies.count, now);
    fprintf(stderr, "  %zu polic%s would be removed, such as %s\n", removed.count,
            removed.count == 1 ? "y" : "ies", removed.items[0]);
    if (end) {
        hint("PATH is the whole policy, not a patch: polc apply %s %s     (or --force=S003)",
             before, now);
    }
    return end;
}
