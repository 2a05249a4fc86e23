// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of `polc test` share.
#pragma once

#include "cli.h"

#include <polc/expect.h>

// ---- test_parties.c ---------------------------------------------------------------------------------------------

// Makes every endpoint a party, and finds those that the references of the cases mean. With a node, only what it has a
// part in stays.
void test_find_parties(struct run *run, struct expect_suite *suite, const char *node);

// ---- test_interfaces.c ------------------------------------------------------------------------------------------

// Makes up the interfaces of hosts of which nothing is known, and resolves the model with them.
void test_make_interfaces(struct run *run);

// ---- test_kernel.c ----------------------------------------------------------------------------------------------

// Sends the flows of every case through the compiled rulesets; POLC_EXIT_OK, or the exit code to end with. A packet that
// the kernel's own sockets cannot carry is left out and counted.
int test_in_kernel(struct run *run, struct expect_suite *suite, size_t *ret_sent,
                   size_t *ret_left_out);

// ---- test_explain.c ---------------------------------------------------------------------------------------------

// What one wrong flow of a case says, for people and machines.
struct test_failure {
    const struct expect_flow *flow;
    const char *source, *destination; // "shop/web 10.65.0.11"
    const char *service;              // "tcp/5432", with the source port where it matters
    size_t pairs;                     // like it, itself included
    struct words decisions;           // on the way, in its order, each with its place
    const char *trace;                // the command that explains it
};

// The n-th wrong flow that says something of its own; false when there is none. Starts with *cursor 0.
bool test_next_failure(struct run *run, const struct expect_suite *suite,
                       const struct expect_case *item, const struct flow_evaluator *evaluator,
                       size_t *cursor, struct test_failure *ret);

// "shop/web -> shop/db tcp/80: expected allow"
const char *test_headline(struct run *run, const struct expect_case *item);

// All that is to be said of a case that does not hold, each line behind `prefix`.
const char *test_explain(struct run *run, const struct expect_suite *suite,
                         const struct expect_case *item, const struct flow_evaluator *evaluator,
                         const char *prefix);

// ---- test_print.c -----------------------------------------------------------------------------------------------

struct test_result {
    const struct expect_suite *suite;
    const struct flow_evaluator *evaluator;
    size_t failed;         // cases
    size_t flows;          // that were judged
    bool kernel;           // and sent
    size_t sent, left_out; // packets
};

void test_print(struct run *run, const struct test_result *result);
