// SPDX-License-Identifier: GPL-2.0-or-later
// PATH, or the generation that is loaded -> the plan of a verb that looks at what is live.
#include "live_policies.h"

#include "loaded.h"

static int read_paths(struct run *run)
{
    static const pipeline_stage stages[] = {pipeline_read, pipeline_model};
    int code = pipeline_run(run, stages, ARRAY_COUNT(stages));
    if (code != POLC_EXIT_OK) {
        return code;
    }
    run_report(run);
    run->diags = diags_new(run->arena, run->sources); // they were printed
    return pipeline_plan(run);
}

static int complain_not_loaded(struct run *run, const struct loaded *loaded)
{
    complain("%s", loaded->problem);
    if (!loaded->exists) {
        run->options.subverb || run->options.verb->this_kernel
            ? hint("polc apply DIR")
            : hint("polc apply DIR     (polc %s ... DIR judges by the policies of DIR, loaded or "
                   "not)",
                   run->options.verb->name);
        return POLC_EXIT_NO;
    }
    hint("polc apply     (loads it anew, and keeps what it loads in %s)", run->options.state_dir);
    return POLC_EXIT_SYSTEM;
}

// A generation is of one node.
static bool is_node(struct run *run, const struct loaded *loaded)
{
    const char *node = loaded->plan->node;
    if (!run->options.node_given || node == NULL || strcmp(node, run->options.node) == 0) {
        return true;
    }
    complain("generation %u, which is loaded, is of node \"%s\", not \"%s\"", loaded->number, node,
             run->options.node);
    hint("polc %s ... DIR --node %s     (the policies of DIR)", run->options.verb->name,
         run->options.node);
    return false;
}

static void note(const struct run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void note(const struct run *run, const char *format, ...)
{
    va_list args;
    if (run->options.quiet) {
        return;
    }
    va_start(args, format);
    const char *text = arena_vprintf(run->arena, format, args);
    va_end(args);
    fprintf(stderr, "note: %s\n", safe_text(run->arena, text));
}

static void take(struct run *run, const struct loaded *loaded)
{
    run->plan = loaded->plan;
    run->sources = loaded->sources;
    run->diags = diags_new(run->arena, run->sources);
    const char *change = loaded_file_change(run, loaded);
    if (change != NULL) {
        note(run,
             "the policies are those of generation %u, as it was applied; %s since     (polc diff)",
             loaded->number, change);
    }
}

int live_policies(struct run *run, bool needed)
{
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    struct loaded loaded;
    if (run->plan != NULL) {
        return POLC_EXIT_OK; // somebody asked before
    }
    if (!run->options.default_paths) {
        return read_paths(run);
    }
    enum nft_status status = nft_dump_info(run->arena, run->options.table, &kernel, &failure);
    if (status != NFT_DONE) {
        return needed ? report_failure(run, status, &failure) : POLC_EXIT_OK;
    }
    loaded_read_plan(run, kernel, &loaded);
    if (loaded.plan != NULL && !is_node(run, &loaded)) {
        return POLC_EXIT_USAGE;
    }
    if (loaded.plan != NULL) {
        take(run, &loaded);
    } else if (needed) {
        return complain_not_loaded(run, &loaded);
    } else if (loaded.exists) {
        note(run, "the policies that are loaded are not known: %s", loaded.problem);
    }
    return POLC_EXIT_OK;
}

void live_take_roots(struct run *run)
{
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    struct loaded loaded;
    if (!run->options.default_paths ||
        nft_dump_info(run->arena, run->options.table, &kernel, &failure) != NFT_DONE) {
        return;
    }
    loaded_read_plan(run, kernel, &loaded);
    if (loaded.plan == NULL || loaded.origin.root_count == 0) {
        return;
    }
    run->options.paths = (struct words){0};
    for (size_t i = 0; i < loaded.origin.root_count; i++) {
        vec_push(run->arena, &run->options.paths, loaded.origin.roots[i]);
    }
    run->options.default_paths = false;
}

uint32_t live_generation(struct run *run, struct arena *arena)
{
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    return nft_dump_info(arena, run->options.table, &kernel, &failure) == NFT_DONE
               ? nft_kernel_info(arena, kernel).generation
               : 0;
}
