// SPDX-License-Identifier: GPL-2.0-or-later
// Random policy directories, and what lint proves of them: no flow of many comes to a rule that lint calls dead. The whole
// of lint runs over each directory as well, in every form.
//
//   prop_lint SEED COUNT [--first N] [--flows N]
//
// Case N of a seed is that of prop_simulate.
#include "cases.h"
#include "compare.h"
#include "gen.h"

#include "dead.h"

#include <inttypes.h>
#include <polc/report.h>
#include <polc/validate.h>

enum { MAX_FAILURES = 10, EXIT_USAGE = 2 };

struct run {
    struct cases cases;
    size_t rules, dead, met, failures; // met: rules that a flow came to
};

// By policy, direction and rule: whether a flow came to it.
struct marks {
    const struct plan *plan;
    bool **met[PLAN_DIRECTIONS];
};

static const size_t arena_limit = (size_t)1 << 30;

static struct marks marks_new(struct arena *arena, const struct plan *plan)
{
    struct marks marks = {.plan = plan};
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        marks.met[direction] = arena_array_of(arena, bool *, plan->policies.count);
        for (size_t i = 0; i < plan->policies.count; i++) {
            marks.met[direction][i] =
                arena_array_of(arena, bool, plan->policies.items[i].rules[direction].count);
        }
    }
    return marks;
}

static void mark_stage(struct marks *marks, const struct flow_stage *stage)
{
    for (size_t i = 0; i < stage->enforced.count; i++) {
        const struct flow_step *step = &stage->enforced.items[i];
        for (size_t j = 0; step->rule != NULL && step->result != FLOW_STEP_NO_MATCH &&
                           j < marks->plan->policies.count;
             j++) {
            const struct plan_policy *policy = &marks->plan->policies.items[j];
            if (step->policy == policy) {
                marks
                    ->met[stage->direction][j][step->rule - policy->rules[stage->direction].items] =
                    true;
            }
        }
    }
}

static void send_probes(const struct run *run, uint64_t number, struct subject *subject,
                        struct marks *marks)
{
    struct rng rng = rng_new(~run->cases.seed, number);
    struct probes probes;
    probes_make(subject->arena, subject->plan, &rng, run->cases.flows, &probes);
    for (size_t i = 0; i < probes.count; i++) {
        struct arena_mark mark = arena_mark(subject->arena);
        struct flow_trace trace = {0};
        subject_set_names(subject, i % 2 == 1);
        flow_trace(subject->evaluator, subject->arena, &probes.items[i].flow, &trace);
        for (size_t j = 0; j < trace.stages.count; j++) {
            mark_stage(marks, &trace.stages.items[j]);
        }
        arena_rewind(subject->arena, mark);
    }
}

static bool check_rule(struct run *run, struct dead *dead, const struct marks *marks,
                       uint32_t policy, int direction, size_t rule)
{
    struct verdict verdict = dead_judge(dead, direction, (struct target){policy, rule});
    bool met = marks->met[direction][policy][rule];
    bool is_dead = verdict.fate == FATE_DEAD || verdict.fate == FATE_NEVER;
    run->rules++;
    run->dead += is_dead;
    run->met += met;
    if (is_dead && met) {
        printf("not ok - %s %s rule %zu: a flow comes to it, but it is called dead\n",
               marks->plan->policies.items[policy].id, direction == PLAN_IN ? "ingress" : "egress",
               rule);
    }
    return !is_dead || !met;
}

static bool check_rules(struct run *run, const struct marks *marks)
{
    bool good = true;
    struct arena *judged = arena_new(arena_limit), *scratch = arena_new(arena_limit);
    struct lint lint = {.arena = judged, .plan = marks->plan};
    struct dead *dead = dead_new(scratch, &lint, judge_new(judged, &lint));
    for (size_t i = 0; i < marks->plan->policies.count; i++) {
        const struct plan_policy *policy = &marks->plan->policies.items[i];
        for (int direction = 0; direction < PLAN_DIRECTIONS && !policy->staged; direction++) {
            for (size_t j = 0; j < policy->rules[direction].count; j++) {
                good &= check_rule(run, dead, marks, (uint32_t)i, direction, j);
            }
        }
    }
    arena_free(judged);
    arena_free(scratch);
    return good;
}

// Everything that lint says, in every form; what it is nobody checks here.
static void run_lint(struct arena *arena, const struct test_case *test_case)
{
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct resources resources = {0};
    struct res_decoder *decoder = res_decoder_new(arena, diags, &resources);
    const struct host_inventory nothing = {0};
    for (size_t i = 0; i < test_case->count; i++) {
        const struct case_document *document = &test_case->items[i];
        const struct loader loader = {arena, sources, diags, NULL, res_decode_object, decoder};
        load_text(&loader, document->name, document->text, strlen(document->text));
    }
    validate(arena, diags, &resources);
    const struct model *model = resolve(arena, diags, &resources, NULL, &nothing);
    struct lint_input input = {
        .resources = &resources, .model = model, .plan = plan_build(arena, model), .paths = "dir"};
    lint(diags, &input);
    lint_drop_ignored(arena, diags, &resources);
    lint_fingerprint(arena, diags, &resources);
    FILE *out = fopen("/dev/null", "w");
    diags_print(diags, out, &(struct diag_print_options){.max = SIZE_MAX});
    report_sarif(arena, diags, sources, "0", out);
    report_github(arena, diags, sources, out);
    fclose(out);
}

static void run_case(struct run *run, struct arena *arena, uint64_t number)
{
    struct test_case test_case;
    struct subject subject;
    gen_case(arena, run->cases.seed, number, &test_case);
    if (!subject_make(arena, &test_case, &subject, stdout)) {
        printf("not ok - case %" PRIu64 " of seed %" PRIu64 " is not valid\n", number,
               run->cases.seed);
        run->failures++;
        return;
    }
    struct marks marks = marks_new(arena, subject.plan);
    send_probes(run, number, &subject, &marks);
    if (!check_rules(run, &marks)) {
        printf("not ok - case %" PRIu64 " of seed %" PRIu64 "\n", number, run->cases.seed);
        case_print(&test_case, stdout);
        run->failures++;
    }
    run_lint(arena, &test_case);
}

int main(int argc, char **argv)
{
    struct run run = {.cases.flows = 400};
    if (!cases_take(&run.cases, argc, argv)) {
        return EXIT_USAGE;
    }
    for (uint64_t i = 0; i < run.cases.count && run.failures < MAX_FAILURES; i++) {
        struct arena *arena = arena_new(arena_limit);
        run_case(&run, arena, run.cases.first + i);
        arena_free(arena);
    }
    printf("%s - seed %" PRIu64 ": %" PRIu64 " cases, %zu rules, %zu dead, %zu met by flows\n",
           run.failures == 0 ? "ok" : "not ok", run.cases.seed, run.cases.count, run.rules,
           run.dead, run.met);
    return run.failures > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
