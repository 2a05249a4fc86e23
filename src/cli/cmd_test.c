// SPDX-License-Identifier: GPL-2.0-or-later
// polc test: the assertions that stand beside the policies, and those of connectivity matrices.
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
        code = pipeline_model(run);
    }
    for (size_t i = 0; i < run->resources.tests.count; i++) {
        expect_add_test(run->arena, suite, &run->resources.tests.items[i]);
    }
    return code;
}

static int nothing_to_test(void)
{
    complain("there is nothing to test: no ConnectivityTest in the input, and no --matrix");
    hint("polc explain P071     (or: man polc-policy, under ConnectivityTest)");
    return POLC_EXIT_NO;
}

static size_t count_flows(const struct expect_suite *suite)
{
    size_t count = 0;
    for (size_t i = 0; i < suite->cases.count; i++) {
        count += suite->cases.items[i].judged;
    }
    return count;
}

int cmd_test(struct run *run)
{
    struct expect_suite suite = {.keep_flows = run->options.kernel};
    int code = read_cases(run, &suite);
    run_report(run);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    if (suite.cases.count == 0) {
        return nothing_to_test();
    }
    run->plan = plan_build(run->input, run->model);
    test_find_parties(run, &suite);
    struct test_result result = {.suite = &suite,
                                 .failed = expect_run(run->arena, run->plan, &suite),
                                 .evaluator = flow_evaluator_new(run->arena, run->plan),
                                 .kernel = run->options.kernel};
    result.flows = count_flows(&suite);
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
