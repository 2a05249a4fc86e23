// SPDX-License-Identifier: GPL-2.0-or-later
// polc recommend: flows -> staged policies that let them through, and nothing else; proved before they are printed.
#include "flow_input.h"
#include "live_policies.h"
#include "recommend.h"

enum { HIDDEN_MAX = 8, MS = 1000 };

static bool check_operands(const struct run *run)
{
    const struct options *options = &run->options;
    if (options->all == (options->operands.count > 0)) {
        complain(options->all ? "polc recommend takes names, or --all, but not both"
                              : "polc recommend needs to know for whom");
        hint("polc recommend ns/NAME | wep/NS/NAME | hep/NAME ... [-f PATH] [--flows FILE]     (or "
             "--all: every namespace)");
        return false;
    }
    return true;
}

// The model stays: it has the labels, sets and services that the plan has not.
static int read_input(struct recommendation *all)
{
    struct run *run = all->run;
    static const pipeline_stage read[] = {pipeline_read};
    static const pipeline_stage resolve[] = {pipeline_model};
    live_take_roots(run);
    int code = pipeline_run(run, read, ARRAY_COUNT(read));
    all->text_count = sources_count(run->sources);
    if (code == POLC_EXIT_OK) {
        code = pipeline_run(run, resolve, ARRAY_COUNT(resolve));
    }
    if (code != POLC_EXIT_OK) {
        return code;
    }
    run_report(run);
    run->diags = diags_new(run->arena, run->sources); // they were printed
    run->plan = plan_build(run->arena, run->model);
    return POLC_EXIT_OK;
}

static bool ask(struct recommendation *all)
{
    struct run *run = all->run;
    for (size_t i = 0; i < run->options.operands.count; i++) {
        struct recommend_problem problem =
            recommend_ask(all->recommend, run->options.operands.items[i]);
        if (problem.message != NULL) {
            complain("%s", problem.message);
            problem.hint != NULL
                ? hint("%s", problem.hint)
                : hint("polc get endpoints%s lists what there is", paths_suffix(run));
            return false;
        }
    }
    if (run->options.all) {
        recommend_ask_all(all->recommend);
    }
    return true;
}

// ---- what hides traffic -----------------------------------------------------------------------------------------------

// The same in both directions.
static bool is_twin(const struct recommend_hidden *a, const struct recommend_hidden *b)
{
    return a->subject == b->subject && a->direction != b->direction && a->others == b->others &&
           strcmp(a->endpoint, b->endpoint) == 0 && strcmp(a->text, b->text) == 0;
}

static void print_hidden(struct run *run, const struct recommend_hidden *hidden, bool both)
{
    const char *way = both                           ? "ingress and egress"
                      : hidden->direction == PLAN_IN ? "ingress"
                                                     : "egress";
    bool alone = strcmp(hidden->subject->text, hidden->endpoint) == 0;
    const char *of = alone ? "" : arena_printf(run->arena, " of %s", hidden->endpoint);
    const char *others =
        hidden->others > 0 ? arena_printf(run->arena, " (and %zu more)", hidden->others) : "";
    const char *text = arena_printf(run->arena, "%s: %s%s%s come%s to %s", hidden->subject->text,
                                    way, of, others, both ? "" : "s", hidden->text);
    fprintf(stderr, "  %s     %s\n", safe_text(run->arena, text),
            loc_text(run->arena, run->sources, hidden->loc));
}

static void print_all_hidden(struct run *run, const struct recommend_hiddens *hiddens)
{
    size_t count = 0;
    for (size_t i = 0; i < hiddens->count; i++, count++) {
        const struct recommend_hidden *hidden = &hiddens->items[i];
        bool both = i + 1 < hiddens->count && is_twin(hidden, hidden + 1);
        if (count < HIDDEN_MAX) {
            print_hidden(run, hidden, both);
        }
        i += both;
    }
    if (count > HIDDEN_MAX) {
        fprintf(stderr, "  and %zu more\n", count - HIDDEN_MAX);
    }
}

static void print_denied(const struct recommendation *all)
{
    const struct recommend_flows *flows = recommend_flows(all->recommend);
    struct arena *arena = all->run->arena;
    const struct recommend_flow *first = NULL;
    uint64_t count = 0;
    for (size_t i = 0; i < flows->count; i++) {
        if (flows->items[i].left_out != NULL && !flows->items[i].allowed) {
            first = first != NULL ? first : &flows->items[i];
            count += flows->items[i].count;
        }
    }
    if (first != NULL) {
        fprintf(stderr, "  denied flows among the records: %llu, e.g. %s\n",
                (unsigned long long)count, safe_text(arena, recommend_flow_text(arena, first)));
    }
}

// The policies that arm what hides: all of them, for a command to paste.
static struct words hiding_policies(struct run *run, const struct recommend_hiddens *hiddens)
{
    struct words ret = {0};
    for (size_t i = 0; i < hiddens->count; i++) {
        const char *policy = hiddens->items[i].policy;
        bool known = policy == NULL;
        for (size_t k = 0; k < ret.count && !known; k++) {
            known = strcmp(ret.items[k], policy) == 0;
        }
        if (!known) {
            vec_push(run->arena, &ret, policy);
        }
    }
    return ret;
}

static bool refuse_hidden(const struct recommendation *all)
{
    struct run *run = all->run;
    const struct recommend_hiddens *hiddens = recommend_hiddens(all->recommend);
    if (hiddens->count == 0 || run->options.include_denied) {
        return false;
    }
    bool refused = refuse(run, DIAG_S009, "a Deny that is enforced hides what is to be learned");
    print_all_hidden(run, hiddens);
    struct words policies = hiding_policies(run, hiddens);
    print_denied(all);
    if (refused && policies.count > 0) {
        hint("polc stage %s%s     (then record flows; or learn from denied ones: --include-denied; "
             "or from what is allowed: --force=S009)",
             words_join(run->arena, policies.items, policies.count, " "), paths_option(run));
    } else if (refused) {
        hint("--include-denied learns from denied flows too, --force=S009 from what is allowed");
    }
    return refused;
}

// ---- the verb -----------------------------------------------------------------------------------------------------------

static int print(struct recommendation *all)
{
    struct run *run = all->run;
    int code = POLC_EXIT_OK;
    if (run->options.out != NULL) {
        code = recommend_write_files(all, run->options.out);
    } else if (run->options.output != OUTPUT_JSON) {
        recommend_print_yaml(all);
    }
    if (run->options.output == OUTPUT_JSON) {
        recommend_print_json(all);
    }
    if (!run->options.quiet) {
        recommend_print_summary(all);
    }
    if (code != POLC_EXIT_OK) {
        return code;
    }
    return all->policies.count > 0 ? recommend_lint(all) : POLC_EXIT_NO;
}

static int recommend(struct recommendation *all)
{
    struct run *run = all->run;
    struct flow_input input;
    const struct recommend_options options = {
        .include_denied = run->options.include_denied,
        .interval = (int64_t)(run->options.interval / MS),
        .stable = (int64_t)(run->options.stable / MS),
    };
    int code = read_input(all);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    all->recommend = recommend_new(run->arena, all->scratch, run->model, run->plan, &options);
    if (!ask(all)) {
        return POLC_EXIT_USAGE;
    }
    code = flow_input_read(run, run->options.where, &input);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    recommend_learn(all->recommend, &input.records);
    recommend_decide(all->recommend);
    if (refuse_hidden(all)) {
        return POLC_EXIT_SAFETY;
    }
    code = recommend_settle(all);
    code = code == POLC_EXIT_OK ? print(all) : code;
    if (all->policies.count == 0) {
        flow_input_hint(run, &input);
    }
    return code == POLC_EXIT_OK ? input.code : code;
}

int cmd_recommend(struct run *run)
{
    struct recommendation all = {.run = run};
    if (!check_operands(run)) {
        return POLC_EXIT_USAGE;
    }
    all.scratch = arena_new(MEMORY_LIMIT);
    int code = recommend(&all);
    arena_free(all.scratch);
    return code;
}
