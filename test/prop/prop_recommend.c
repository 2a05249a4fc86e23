// SPDX-License-Identifier: GPL-2.0-or-later
// Random policy directories and flows, and the policies that are recommended for them: loaded with the directory and
// enforced, they allow every flow that they were made from, open nothing that was closed, and allow nothing that labels,
// sets, names and kinds of addresses tell from what was seen. As they are printed, lint has nothing to say about them.
//
//   prop_recommend SEED COUNT [--first N] [--flows N]
//
// Case N of a seed is that of prop_simulate; in every other one without its policies, so that all is open.
#include "alike.h"
#include "cases.h"
#include "compare.h"
#include "gen.h"

#include <inttypes.h>
#include <polc/lint.h>
#include <polc/recommend.h>
#include <polc/validate.h>

enum { MAX_FAILURES = 5, EXIT_USAGE = 2, MODES = 3 };

// A directory that was read, for all nodes.
struct world {
    struct sources *sources;
    struct diags *diags;
    struct resources resources;
    const struct model *model;
    const struct plan *plan;
    struct flow_evaluator *evaluator;
};

struct run {
    struct cases cases;
    size_t policies, rules, named, learned, left_out, fresh, failures;
};

// One case in one mode.
struct trial {
    struct run *run;
    struct arena *arena, *scratch;
    uint64_t number;
    int mode; // 0: namespaces and hosts; 1: workloads; 2: namespaces, from denied flows too
    struct test_case test_case;
    struct world before, after;
    struct recommend *recommend;
    struct recommend_policies policies;
    bool failed;
};

static const size_t arena_limit = (size_t)2 << 30;

// ---- worlds ---------------------------------------------------------------------------------------------------------

// `more` is read behind the documents of the case. False when something of it is not valid.
static bool read_world(struct arena *arena, const struct test_case *test_case, const char *more,
                       struct world *ret)
{
    static const struct host_inventory nothing;
    *ret = (struct world){.sources = sources_new(arena)};
    ret->diags = diags_new(arena, ret->sources);
    struct res_decoder *decoder = res_decoder_new(arena, ret->diags, &ret->resources);
    const struct loader loader = {arena, ret->sources,      ret->diags,
                                  NULL,  res_decode_object, decoder};
    for (size_t i = 0; i < test_case->count; i++) {
        const struct case_document *document = &test_case->items[i];
        load_text(&loader, document->name, document->text, strlen(document->text));
    }
    if (more != NULL) {
        load_text(&loader, "recommended", more, strlen(more));
    }
    validate(arena, ret->diags, &ret->resources);
    if (diags_count(ret->diags, DIAG_ERROR) > 0) {
        return false;
    }
    ret->model = resolve(arena, ret->diags, &ret->resources, NULL, &nothing);
    ret->plan = plan_build(arena, ret->model);
    ret->evaluator = flow_evaluator_new(arena, ret->plan);
    return true;
}

static void drop_policies(struct test_case *test_case)
{
    size_t kept = 0;
    for (size_t i = 0; i < test_case->count; i++) {
        if (strstr(test_case->items[i].text, "Policy\n") == NULL) {
            test_case->items[kept++] = test_case->items[i];
        }
    }
    test_case->count = kept;
}

static void fail(struct trial *trial, const char *what, const char *detail)
{
    printf("not ok - case %" PRIu64 " of seed %" PRIu64 ", mode %d: %s: %s\n", trial->number,
           trial->run->cases.seed, trial->mode, what, detail);
    trial->failed = true;
}

// ---- flows ----------------------------------------------------------------------------------------------------------

// The names of an address: none of every third one, else one or two of a few, so that addresses share them.
static const struct flow_strings *names_of(struct arena *arena, struct ip_addr addr)
{
    enum { NAMES = 6, OTHERS = 4, NAMELESS = 3, TWICE = 2 };
    struct flow_strings *names = arena_new_of(arena, struct flow_strings);
    unsigned hash = 0;
    for (size_t i = 0; i < sizeof addr.bytes; i++) {
        hash = hash * 31 + addr.bytes[i];
    }
    if (hash % NAMELESS != 0) {
        vec_push(arena, names, arena_printf(arena, "n%u.example", hash / NAMELESS % NAMES));
    }
    if (hash % NAMELESS == TWICE) {
        vec_push(arena, names, arena_printf(arena, "other%u.example", hash / 7 % OTHERS));
    }
    return names;
}

static struct flow plain(struct arena *arena, const struct probe *probe)
{
    struct flow flow = probe->flow;
    flow.in_interface = flow.out_interface = NULL;
    flow.published = (struct ip_addr){0};
    flow.source_port = 0;
    flow_default_icmp(&flow);
    flow.names = names_of(arena, flow.destination);
    return flow;
}

static struct flowlog_record record_of(struct arena *arena, const struct flow *flow)
{
    char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];
    struct flowlog_record record = {
        .start_time = FLOWLOG_UNKNOWN,
        .end_time = FLOWLOG_UNKNOWN,
        .icmp_type = flow->icmp_type,
        .icmp_code = flow->icmp_code,
        .num_flows = 1,
    };
    record.source.ip = arena_strdup(arena, ip_addr_text(flow->source, source));
    record.dest.ip = arena_strdup(arena, ip_addr_text(flow->destination, destination));
    record.source.port = FLOWLOG_UNKNOWN;
    record.dest.port = flow->destination_port;
    record.domains = *flow->names;
    record.proto = arena_printf(arena, "%u", flow->protocol);
    return record;
}

static void learn(struct trial *trial, const struct probes *probes)
{
    struct flowlog_records records = {0};
    for (size_t i = 0; i < probes->count; i++) {
        const struct flow flow = plain(trial->arena, &probes->items[i]);
        vec_push(trial->arena, &records, record_of(trial->arena, &flow));
    }
    recommend_learn(trial->recommend, &records);
    recommend_decide(trial->recommend);
}

// ---- recommending ---------------------------------------------------------------------------------------------------

static void ask(struct trial *trial)
{
    const struct model *model = trial->before.model;
    recommend_ask(trial->recommend, "hep/*"); // there may be none
    if (trial->mode != 1) {
        recommend_ask_all(trial->recommend);
    }
    for (size_t i = 0; trial->mode == 1 && i < model->endpoints.count; i++) {
        const struct res_meta *meta = &model->endpoints.items[i].res->meta;
        recommend_ask(trial->recommend,
                      arena_printf(trial->arena, "wep/%s/%s", meta->ns, meta->name));
    }
}

static const char *text_of(struct trial *trial, bool proof)
{
    struct strbuf text = {.arena = trial->arena};
    for (int hosts = 0; hosts < 2; hosts++) {
        strbuf_addf(&text, "%s---\n",
                    recommend_tier_yaml(trial->arena, recommend_tier(trial->recommend, hosts)));
    }
    for (size_t i = 0; i < trial->policies.count; i++) {
        strbuf_addf(&text, "%s---\n",
                    recommend_policy_yaml(trial->arena, trial->recommend, &trial->policies.items[i],
                                          proof));
    }
    return strbuf_text(&text);
}

static bool settle(struct trial *trial)
{
    size_t refuted;
    do {
        trial->policies = recommend_build(trial->recommend);
        if (!read_world(trial->arena, &trial->test_case, text_of(trial, true), &trial->after)) {
            diags_print(trial->after.diags, stdout, &(struct diag_print_options){0});
            fail(trial, "not valid", "with what is recommended");
            return false;
        }
        refuted = recommend_prove(trial->recommend, trial->after.plan);
    } while (refuted > 0);
    recommend_simplify(trial->recommend, &trial->policies, trial->after.plan);
    return read_world(trial->arena, &trial->test_case, text_of(trial, true), &trial->after);
}

// ---- what was seen --------------------------------------------------------------------------------------------------

static void check_seen(struct trial *trial)
{
    const struct recommend_flows *flows = recommend_flows(trial->recommend);
    for (size_t i = 0; i < flows->count; i++) {
        const struct recommend_flow *flow = &flows->items[i];
        bool before = flow_verdict(trial->before.evaluator, &flow->flow, false) == FLOW_ALLOW;
        bool after = flow_verdict(trial->after.evaluator, &flow->flow, false) == FLOW_ALLOW;
        bool wanted = flow->learned || flow->covered;
        trial->run->learned += flow->learned;
        trial->run->left_out += flow->left_out != NULL;
        const char *text = recommend_flow_text(trial->arena, flow);
        if (wanted && !after) {
            fail(trial, "denied, and it was learned", text);
        } else if (wanted && flow->left_out != NULL) {
            fail(trial, "both learned and left out", text);
        } else if (!wanted && flow->left_out == NULL && before != after) {
            fail(trial, "changed, and it has nothing to do with any subject", text);
        } else if (before && !after && flow->left_out == NULL) {
            fail(trial, "cut off without a word", text);
        }
    }
}

// ---- what was not seen ------------------------------------------------------------------------------------------------

static bool is_recommended(const struct plan_policy *policy)
{
    size_t length = policy != NULL ? strlen(policy->name) : 0;
    return length > 6 && strcmp(policy->name + length - 6, "-proof") == 0;
}

static void add_rulings(const struct trial *trial, const struct flow *flow, struct rulings *ret)
{
    struct flow_trace trace;
    struct arena_mark mark = arena_mark(trial->scratch);
    flow_trace_hits(trial->after.evaluator, trial->scratch, flow, &trace);
    for (size_t i = 0; i < trace.stages.count; i++) {
        const struct flow_stage *stage = &trace.stages.items[i];
        const struct flow_step *step =
            stage->enforced.count > 0 ? &stage->enforced.items[stage->enforced.count - 1] : NULL;
        if (step != NULL && step->result == FLOW_STEP_ALLOW && is_recommended(step->policy)) {
            const char *id = stage->endpoint != NULL ? stage->endpoint->id : stage->host->id;
            vec_push(trial->arena, ret, (struct ruling){step->policy, id, stage->direction, *flow});
        }
    }
    arena_rewind(trial->scratch, mark);
}

// Whether the policy was made for an endpoint; several may be for one that labels do not tell apart.
static bool is_for(const struct trial *trial, const struct plan_policy *policy, const char *id)
{
    const struct model *model = trial->before.model;
    size_t length = strlen(policy->name) - strlen("-proof");
    for (size_t i = 0; i < trial->policies.count; i++) {
        const struct recommend_policy *own = &trial->policies.items[i];
        bool same = strlen(own->name) == length && strncmp(own->name, policy->name, length) == 0 &&
                    texts_equal(own->subject->ns, policy->ns);
        for (size_t j = 0; same && j < own->subject->endpoints.count; j++) {
            uint32_t number = own->subject->endpoints.items[j];
            const char *of = own->subject->ns == NULL ? model->hosts.items[number].id
                                                      : model->endpoints.items[number].id;
            if (strcmp(of, id) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void check_fresh(struct trial *trial, const struct rulings *seen, const struct flow *flow)
{
    struct rulings rulings = {0};
    bool before = flow_verdict(trial->before.evaluator, flow, false) == FLOW_ALLOW;
    bool after = flow_verdict(trial->after.evaluator, flow, false) == FLOW_ALLOW;
    const struct recommend_flow shown = {.flow = *flow, .source = "?", .destination = "?"};
    const char *text = recommend_flow_text(trial->arena, &shown);
    // Without --force the command refuses where a Deny hides something.
    bool whole = trial->mode != 2 && recommend_hiddens(trial->recommend)->count == 0;
    if (whole && after && !before) {
        fail(trial, "opened", text);
    }
    add_rulings(trial, flow, &rulings);
    for (size_t i = 0; i < rulings.count; i++) {
        bool found = false;
        for (size_t j = 0; j < seen->count && !found; j++) {
            found = is_for(trial, rulings.items[i].policy, seen->items[j].id) &&
                    ruling_speaks_for(trial->before.model, trial->mode == 1, &seen->items[j],
                                      &rulings.items[i]);
        }
        trial->run->fresh++;
        if (!found) {
            fail(trial,
                 arena_printf(trial->arena, "allowed by %s, and nothing like it was seen",
                              rulings.items[i].policy->id),
                 text);
        }
    }
}

static void check_all_fresh(struct trial *trial, const struct probes *probes)
{
    const struct recommend_flows *flows = recommend_flows(trial->recommend);
    struct rulings seen = {0};
    for (size_t i = 0; i < flows->count; i++) {
        if (flows->items[i].learned) {
            add_rulings(trial, &flows->items[i].flow, &seen);
        }
    }
    for (size_t i = 0; i < probes->count; i++) {
        const struct flow flow = plain(trial->arena, &probes->items[i]);
        check_fresh(trial, &seen, &flow);
    }
}

// ---- as it is printed -------------------------------------------------------------------------------------------------

// L403 is right as well where hosts of two nodes have one address: who sends there has it as its own host's.
static bool is_of_recommended(struct diag *diag, void *context)
{
    const struct trial *trial = context;
    return diag->loc.line > 0 && diag->loc.source == trial->test_case.count &&
           diag->code != DIAG_L403;
}

static void check_printed(struct trial *trial)
{
    struct world staged;
    if (!read_world(trial->arena, &trial->test_case, text_of(trial, false), &staged)) {
        diags_print(staged.diags, stdout, &(struct diag_print_options){0});
        fail(trial, "not valid", "as it is printed");
        return;
    }
    struct lint_input input = {
        .resources = &staged.resources, .model = staged.model, .plan = staged.plan, .paths = "dir"};
    lint(staged.diags, &input);
    diags_keep(staged.diags, is_of_recommended, trial);
    size_t count;
    diags_all(staged.diags, &count);
    if (count > 0 && trial->policies.count > 0) {
        diags_print(staged.diags, stdout, &(struct diag_print_options){0});
        fail(trial, "lint is not silent", "about what is printed");
    }
}

// ---- cases ------------------------------------------------------------------------------------------------------------

static void count_policies(struct trial *trial)
{
    trial->run->policies += trial->policies.count;
    for (size_t i = 0; i < trial->policies.count; i++) {
        const struct recommend_policy *policy = &trial->policies.items[i];
        trial->run->rules += policy->rules[PLAN_IN].count + policy->rules[PLAN_OUT].count;
        for (size_t j = 0; j < policy->rules[PLAN_OUT].count; j++) {
            trial->run->named += policy->rules[PLAN_OUT].items[j].class == RECOMMEND_PEER_DOMAINS;
        }
    }
}

static void run_trial(struct trial *trial)
{
    const struct recommend_options options = {
        .include_denied = trial->mode == 2, .interval = 150, .stable = 600};
    struct rng rng = rng_new(~trial->run->cases.seed, trial->number);
    struct probes seen, fresh;
    probes_make(trial->arena, trial->before.plan, &rng, trial->run->cases.flows, &seen);
    probes_make(trial->arena, trial->before.plan, &rng, 4 * trial->run->cases.flows, &fresh);
    trial->recommend = recommend_new(trial->arena, trial->scratch, trial->before.model,
                                     trial->before.plan, &options);
    ask(trial);
    learn(trial, &seen);
    if (settle(trial)) {
        count_policies(trial);
        check_seen(trial);
        check_all_fresh(trial, &fresh);
        check_printed(trial);
    }
    if (trial->failed) {
        case_print(&trial->test_case, stdout);
        fputs(text_of(trial, false), stdout);
        trial->run->failures++;
    }
}

static void run_case(struct run *run, uint64_t number)
{
    struct trial trial = {.run = run,
                          .arena = arena_new(arena_limit),
                          .scratch = arena_new(arena_limit),
                          .number = number,
                          .mode = (int)(number / 2 % MODES)};
    gen_case(trial.arena, run->cases.seed, number, &trial.test_case);
    if (number % 2 == 1) {
        drop_policies(&trial.test_case);
    }
    if (read_world(trial.arena, &trial.test_case, NULL, &trial.before)) {
        run_trial(&trial);
    } else {
        diags_print(trial.before.diags, stdout, &(struct diag_print_options){0});
        fail(&trial, "not valid", "as it was made");
        run->failures++;
    }
    arena_free(trial.arena);
    arena_free(trial.scratch);
}

int main(int argc, char **argv)
{
    struct run run = {.cases.flows = 150};
    if (!cases_take(&run.cases, argc, argv)) {
        return EXIT_USAGE;
    }
    for (uint64_t i = 0; i < run.cases.count && run.failures < MAX_FAILURES; i++) {
        run_case(&run, run.cases.first + i);
    }
    printf("%s - seed %" PRIu64 ": %" PRIu64
           " cases, %zu policies, %zu rules, %zu by name, %zu flows learned, "
           "%zu left out, %zu fresh ones allowed\n",
           run.failures == 0 ? "ok" : "not ok", run.cases.seed, run.cases.count, run.policies,
           run.rules, run.named, run.learned, run.left_out, run.fresh);
    return run.failures > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
