// SPDX-License-Identifier: GPL-2.0-or-later
// Random policy directories; for each, flows aimed at its boundaries: the evaluator on the plan and the simulator on the
// lowered ruleset must agree about every one, and what is counted for staged policies must be what they would decide.
//
//   prop_simulate SEED COUNT [--first N] [--flows N] [--out DIR] [--print] [--mutate]
//
// Case N of a seed depends on the two numbers alone. A case that is wrong is shrunk, printed, and written to DIR/SEED-N.
// --mutate breaks each ruleset in one place and demands that the comparison notices most of the breaks.
#include "cases.h"
#include "compare.h"
#include "gen.h"
#include "mutate.h"
#include "shrink.h"

#include <inttypes.h>

enum { MAX_FAILURES = 10, NOTICED_AT_LEAST = 75 /* percent */, EXIT_USAGE = 2 };

struct run {
    struct cases cases;
    bool print, mutate;
    // What was seen.
    size_t compared, allowed, failures, mutated, noticed;
};

struct wrong {
    const struct probe *probe; // NULL: the ruleset itself is wrong
    const char *problem;
};

static const size_t arena_limit = (size_t)1 << 30;

// ---- one case -------------------------------------------------------------------------------------------------

static const char *find_problem(struct arena *arena, struct subject *subject,
                                const struct probe *probe)
{
    return probe != NULL ? subject_compare(subject, probe) : sim_check(arena, subject->ruleset);
}

static bool is_still_wrong(struct arena *arena, const struct test_case *test_case, void *context)
{
    const struct wrong *wrong = context;
    struct subject subject;
    if (!subject_make(arena, test_case, &subject, NULL)) {
        return false;
    }
    const char *problem = find_problem(arena, &subject, wrong->probe);
    return problem != NULL && strcmp(problem, wrong->problem) == 0;
}

static void make_probes(const struct run *run, struct arena *arena, const struct subject *subject,
                        uint64_t number, struct probes *ret)
{
    struct rng rng = rng_new(~run->cases.seed, number);
    probes_make(arena, subject->plan, &rng, run->cases.flows, ret);
}

// The first thing that is wrong with the case; false when nothing is.
static bool check_subject(struct run *run, struct subject *subject, const struct probes *probes,
                          struct wrong *ret)
{
    ret->probe = NULL;
    ret->problem = sim_check(subject->arena, subject->ruleset);
    for (size_t i = 0; i < probes->count && ret->problem == NULL; i++) {
        ret->probe = &probes->items[i];
        ret->problem = subject_compare(subject, ret->probe);
        run->compared++;
        run->allowed += flow_verdict(subject->evaluator, &ret->probe->flow, false) == FLOW_ALLOW;
    }
    return ret->problem != NULL;
}

static void report_wrong(struct run *run, struct arena *arena, uint64_t number,
                         struct test_case *test_case, struct wrong *wrong)
{
    struct subject subject;
    run->failures++;
    printf("not ok - case %" PRIu64 " of seed %" PRIu64 ": %s\n", number, run->cases.seed,
           wrong->problem);
    shrink_case(arena, test_case, is_still_wrong, wrong);
    case_print(test_case, stdout);
    if (wrong->probe != NULL && subject_make(arena, test_case, &subject, stdout)) {
        printf("  flow: %s\n", probe_text(arena, wrong->probe));
        subject_compare(&subject, wrong->probe);
        subject_explain(&subject, wrong->probe, stdout);
    }
    cases_write(&run->cases, arena, number, test_case);
}

// A rule that gives a verdict to one of the probes; NULL when none does.
static const struct rule *pick_used_rule(struct rng *rng, const struct subject *subject,
                                         const struct probes *probes)
{
    struct sim sim = {.arena = subject->arena};
    for (size_t i = 0; i < probes->count; i++) {
        subject_simulate(subject, &probes->items[i], SIM_CT_NEW, &sim);
    }
    return sim.used.count == 0 ? NULL : sim.used.items[rng_below(rng, (uint32_t)sim.used.count)];
}

static void run_mutation(struct run *run, struct arena *arena, uint64_t number,
                         struct subject *subject, const struct probes *probes)
{
    struct rng rng = rng_new(run->cases.seed + 1, number);
    struct wrong wrong;
    const struct rule *rule = pick_used_rule(&rng, subject, probes);
    const char *what = rule == NULL
                           ? NULL
                           : mutate_rule(arena, &rng, (struct nft_ruleset *)subject->ruleset, rule);
    if (what == NULL) {
        return;
    }
    bool noticed = check_subject(run, subject, probes, &wrong);
    run->mutated++;
    run->noticed += noticed;
    if (run->print) {
        printf("# case %" PRIu64 ": %s: %s\n", number, what,
               noticed ? wrong.problem : "not noticed");
    }
}

static void run_case(struct run *run, struct arena *arena, uint64_t number)
{
    struct test_case test_case;
    struct subject subject;
    struct probes probes;
    struct wrong wrong;
    gen_case(arena, run->cases.seed, number, &test_case);
    if (run->print && !run->mutate) {
        case_print(&test_case, stdout);
    }
    if (!subject_make(arena, &test_case, &subject, stdout)) {
        printf("not ok - case %" PRIu64 " of seed %" PRIu64 " is not valid\n", number,
               run->cases.seed);
        run->failures++;
        return;
    }
    make_probes(run, arena, &subject, number, &probes);
    if (run->mutate) {
        run_mutation(run, arena, number, &subject, &probes);
    } else if (check_subject(run, &subject, &probes, &wrong)) {
        report_wrong(run, arena, number, &test_case, &wrong);
    }
}

// ---- all of them ----------------------------------------------------------------------------------------------

static bool take_option(void *context, int option, const char *value)
{
    struct run *run = context;
    (void)value;
    run->print = run->print || option == 'p';
    run->mutate = run->mutate || option == 'm';
    return option == 'p' || option == 'm';
}

static void finish(const struct run *run)
{
    const char *result = run->failures == 0 ? "ok" : "not ok";
    if (run->mutate) {
        size_t percent = run->mutated > 0 ? run->noticed * 100 / run->mutated : 0;
        printf("%s - seed %" PRIu64 ": %zu of %zu broken rulesets were noticed (at least %d%%)\n",
               percent >= NOTICED_AT_LEAST ? result : "not ok", run->cases.seed, run->noticed,
               run->mutated, NOTICED_AT_LEAST);
        return;
    }
    printf("%s - seed %" PRIu64 ": %" PRIu64 " cases, %zu flows, %zu%% allowed, %zu wrong cases\n",
           result, run->cases.seed, run->cases.count, run->compared,
           run->compared > 0 ? run->allowed * 100 / run->compared : 0, run->failures);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"print", no_argument, NULL, 'p'}, {"mutate", no_argument, NULL, 'm'}, {0}};
    struct run run = {.cases.flows = 200};
    if (!cases_parse(&run.cases, argc, argv, options, take_option, &run)) {
        fprintf(stderr,
                "usage: %s SEED COUNT [--first N] [--flows N] [--out DIR] [--print] [--mutate]\n",
                argv[0]);
        return EXIT_USAGE;
    }
    for (uint64_t i = 0; i < run.cases.count && run.failures < MAX_FAILURES; i++) {
        struct arena *arena = arena_new(arena_limit);
        run_case(&run, arena, run.cases.first + i);
        arena_free(arena);
    }
    finish(&run);
    bool blind = run.mutate && run.noticed * 100 < run.mutated * NOTICED_AT_LEAST;
    return run.failures > 0 || blind ? EXIT_FAILURE : EXIT_SUCCESS;
}
