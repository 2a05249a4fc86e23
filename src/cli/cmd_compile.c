// SPDX-License-Identifier: GPL-2.0-or-later
// polc compile.
#include "cli.h"

enum { NODES_SHOWN = 8 };

// compile needs one node; without one it lists those that it knows.
static int need_node(struct run *run)
{
    const struct model *model = run->model;
    if (model->local_endpoints > 0 || model->endpoints.count + model->hosts.count == 0) {
        return POLC_EXIT_OK;
    }
    size_t shown = model->node_count < NODES_SHOWN ? model->node_count : NODES_SHOWN;
    complain("no endpoint is on node \"%s\"; the input has endpoints on %zu node%s: %s%s",
             model->node, model->node_count, plural(model->node_count),
             words_join(run->arena, model->nodes, shown, ", "),
             shown < model->node_count ? ", ..." : "");
    if (shown > 0) {
        const char *nearest = spell_best(model->node, model->nodes, model->node_count);
        hint("polc compile --node %s ...", nearest != NULL ? nearest : model->nodes[0]);
    }
    return POLC_EXIT_USAGE;
}

int cmd_compile(struct run *run)
{
    static const pipeline_stage stages[] = {pipeline_read, pipeline_model, need_node, pipeline_plan,
                                            pipeline_ruleset};
    int code = pipeline_run(run, stages, ARRAY_COUNT(stages));
    if (code != POLC_EXIT_OK) {
        return code;
    }
    run_report(run);
    if (run->options.output == OUTPUT_PLAN) {
        plan_print_json(run->plan, run->sources, stdout);
    } else if (run->options.output == OUTPUT_JSON) {
        nft_print_json(run->ruleset, stdout);
    } else {
        nft_print_text(run->ruleset, stdout);
    }
    return POLC_EXIT_OK;
}
