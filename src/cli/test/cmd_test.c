// SPDX-License-Identifier: GPL-2.0-or-later
// polc test: the assertions that stand beside the policies, and those of connectivity matrices.
#include "answers.h"
#include "test.h"

// Everything of the input stays: the references of the cases are about the model, the packets about the resources.
static int read_cases(struct run *run, struct expect_suite *suite)
{
    int code = pipeline_read(run);
    for (size_t i = 0; i < run->options.matrices.count; i++) {
        expect_add_matrix(run->arena, run->sources, run->diags, run->options.matrices.items[i],
                          suite);
    }
    if (code == POLC_EXIT_OK && diags_count(run->diags, DIAG_ERROR) > 0) {
        code = POLC_EXIT_USAGE;
    }
    if (code == POLC_EXIT_OK) {
        run->options.node_given = false; // both ends of a flow count, wherever they are
        code = pipeline_model(run);
    }
    if (code == POLC_EXIT_OK && run->options.kernel) {
        test_make_interfaces(run);
    }
    for (size_t i = 0; i < run->resources.tests.count; i++) {
        expect_add_test(run->arena, suite, &run->resources.tests.items[i]);
    }
    return code;
}

static int nothing_to_test(const char *node)
{
    if (node != NULL) {
        complain(
            "there is nothing to test: no ConnectivityTest and no --matrix has a case for node \"%s\"",
            node);
        return POLC_EXIT_NO;
    }
    complain("there is nothing to test: no ConnectivityTest in the input, and no --matrix");
    hint("polc explain P071     (or: man polc-policy, under ConnectivityTest)");
    return POLC_EXIT_NO;
}

static bool has_node(struct run *run, const char *node)
{
    const struct model *model = run->model;
    bool found = node == NULL;
    for (size_t i = 0; i < model->node_count && !found; i++) {
        found = strcmp(model->nodes[i], node) == 0;
    }
    if (found) {
        return true;
    }
    const char *best = spell_best(node, model->nodes, model->node_count);
    complain("no endpoint is on node \"%s\"", node);
    if (best != NULL) {
        hint("did you mean --node %s?", best);
    }
    return false;
}

static size_t count_flows(const struct expect_suite *suite)
{
    size_t count = 0;
    for (size_t i = 0; i < suite->cases.count; i++) {
        count += suite->cases.items[i].judged;
    }
    return count;
}

// Once: what no name is known to have is what rules with domains do not let pass, right after `apply`.
static void note_guesses(const struct run *run, const struct expect_suite *suite)
{
    if (suite->guessed > 0 && !run->options.quiet) {
        fprintf(
            stderr,
            "note: %zu flow%s judged as if no name that is allowed had the address     (--dns FILE says which do)\n",
            suite->guessed, suite->guessed == 1 ? " is" : "s are");
    }
}

int cmd_test(struct run *run)
{
    struct expect_suite suite = {.keep_flows = run->options.kernel};
    const char *node = run->options.node_given ? run->options.node : NULL;
    int code = read_cases(run, &suite);
    run_report(run);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    if (!answers_read(run, &suite.book)) {
        return POLC_EXIT_USAGE;
    }
    if (!has_node(run, node)) {
        return POLC_EXIT_USAGE;
    }
    test_find_parties(run, &suite, node);
    if (suite.cases.count == 0) {
        return nothing_to_test(node);
    }
    run->plan = plan_build(run->input, run->model);
    struct flow_evaluator *evaluator = flow_evaluator_new(run->arena, run->plan);
    flow_evaluator_set_names(evaluator, suite.book, true);
    struct test_result result = {.suite = &suite,
                                 .failed = expect_run(run->arena, run->plan, &suite),
                                 .evaluator = evaluator,
                                 .kernel = run->options.kernel};
    result.flows = count_flows(&suite);
    note_guesses(run, &suite);
    if (result.kernel) {
        code = test_in_kernel(run, &suite, &result.sent, &result.left_out);
        if (code != POLC_EXIT_OK) {
            return code;
        }
        result.failed = expect_judge_kernel(&suite);
    }
    test_print(run, &result);
    return result.failed > 0 ? POLC_EXIT_NO : POLC_EXIT_OK;
}
