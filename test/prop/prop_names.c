// SPDX-License-Identifier: GPL-2.0-or-later
// Random policy directories with domain rules, and flows of whose destinations it is not known which names they have: a
// verdict that is certain must be what the simulator of the ruleset says whatever addresses the domain sets hold, and one
// that is uncertain must be denied with none of them and allowed with all. The same where some names are known, and where
// the flow says its names itself; and of staged policies, by the evaluator alone.
//
//   prop_names SEED COUNT [--first N] [--flows N]
#include "cases.h"
#include "compare.h"
#include "gen.h"

#include <inttypes.h>
#include <polc/dns.h>

enum { FILLINGS = 6, NAMES_MAX = 32, EXIT_USAGE = 2, MAX_FAILURES = 10 };

static const size_t arena_limit = (size_t)1 << 30;

struct run {
    struct cases cases;
    size_t compared, uncertain, named, failures;
};

// One case.
struct trial {
    struct arena *arena;
    struct rng *rng;
    struct subject *subject;
    struct flow_evaluator *evaluator; // of its own: it is told something else each time
    const struct dns_index *index;    // patterns -> sets
    struct flow_strings names;        // of the scene
};

static const struct dns_index *index_of(struct arena *arena, const struct plan *plan)
{
    struct dns_index *index = dns_index_new(arena);
    for (uint32_t i = 0; i < plan->domains.count; i++) {
        for (size_t j = 0; j < plan->domains.items[i].count; j++) {
            dns_index_add(index, plan->domains.items[i].patterns[j], i);
        }
    }
    return index;
}

// ---- fillings -------------------------------------------------------------------------------------------------------

// The sets that some names are in.
static bool *sets_of(const struct trial *trial, const struct flow_strings *names)
{
    bool *sets = arena_array_of(trial->arena, bool, trial->subject->plan->domains.count);
    for (size_t i = 0; i < names->count; i++) {
        struct dns_sets found = {0};
        dns_index_find(trial->index, trial->arena, names->items[i], &found);
        for (size_t j = 0; j < found.count; j++) {
            sets[found.items[j]] = true;
        }
    }
    return sets;
}

// Whether the simulator lets it pass when the destination is in the sets for certain, and in others with this chance.
static bool passes(const struct trial *trial, const struct probe *probe, const bool *certain,
                   uint32_t percent)
{
    struct nft_domain_elements elements = {0};
    struct sim sim = {0};
    struct subject filled = *trial->subject;
    for (uint32_t i = 0; i < filled.plan->domains.count; i++) {
        bool in = certain[i] || rng_chance(trial->rng, percent);
        if (in && dns_address_usable(probe->flow.destination)) {
            vec_push(trial->arena, &elements,
                     (struct nft_domain_element){
                         .set = i, .addr = probe->flow.destination, .left_ms = NFT_DOMAIN_FOREVER});
        }
    }
    filled.names = true;
    filled.elements = elements;
    return subject_simulate(&filled, probe, SIM_CT_NEW, &sim) == SIM_ACCEPT;
}

static const char *check_fillings(const struct trial *trial, const struct probe *probe,
                                  const bool *certain, enum flow_verdict verdict)
{
    enum { ALL = 100, HALF = 50 };
    bool none = passes(trial, probe, certain, 0);
    bool all = passes(trial, probe, certain, ALL);
    if (verdict == FLOW_UNCERTAIN) {
        return none   ? "uncertain, and allowed although no other name has the address"
               : !all ? "uncertain, and denied although all names have the address"
                      : NULL;
    }
    bool allowed = verdict == FLOW_ALLOW;
    bool same = none == allowed && all == allowed;
    for (int i = 0; i < FILLINGS && same; i++) {
        same = passes(trial, probe, certain, HALF) == allowed;
    }
    return same      ? NULL
           : allowed ? "allowed for certain, and some names make it denied"
                     : "denied for certain, and some names make it allowed";
}

// ---- what is known ----------------------------------------------------------------------------------------------------

static const char *check_trace(const struct trial *trial, const struct flow *flow,
                               enum flow_verdict verdict)
{
    struct flow_trace trace;
    flow_trace(trial->evaluator, trial->arena, flow, &trace);
    const struct flow_stage *stage = flow_uncertain_stage(&trace, false);
    if (trace.verdict != verdict ||
        trace.pending_verdict != flow_verdict_or_doubt(trial->evaluator, flow, true)) {
        return "the trace has another verdict than its short form";
    }
    bool says_why =
        stage != NULL && flow_doubt(&trace, false) != NULL && stage->reason == FLOW_BY_DOMAINS;
    return verdict == FLOW_UNCERTAIN && !says_why ? "an uncertain trace does not say why" : NULL;
}

static struct flow_strings random_names(const struct trial *trial)
{
    struct flow_strings names = {0};
    for (size_t i = 0; i < trial->names.count; i++) {
        if (rng_chance(trial->rng, 20)) {
            vec_push(trial->arena, &names, trial->names.items[i]);
        }
    }
    return names;
}

// By names that the flow has: staged policies too are certain then, and never against what was certain without them.
static const char *check_staged(const struct trial *trial, const struct probe *probe)
{
    enum flow_verdict doubt = flow_verdict_or_doubt(trial->evaluator, &probe->flow, true);
    struct flow flow = probe->flow;
    flow.names = &trial->names; // of every pattern that any name meets; others nobody can have
    for (int i = 0; i < FILLINGS; i++) {
        struct flow_strings some = random_names(trial);
        flow.names = some.count > 0 ? &some : &trial->names;
        enum flow_verdict verdict = flow_verdict_or_doubt(trial->evaluator, &flow, true);
        if (verdict == FLOW_UNCERTAIN || (doubt != FLOW_UNCERTAIN && verdict != doubt)) {
            return "names change what staged policies say for certain";
        }
    }
    return NULL;
}

// Knows that some names have the destination.
static const struct dns_book *book_of(const struct trial *trial, const struct flow_strings *names,
                                      struct ip_addr addr)
{
    struct dns_book *book = dns_book_new(trial->arena);
    for (size_t i = 0; i < names->count; i++) {
        dns_book_add(book,
                     &(struct dns_fact){.name = names->items[i], .addr = addr, .source = DNS_FILE});
    }
    return book;
}

static const char *check_probe(struct run *run, const struct trial *trial,
                               const struct probe *probe)
{
    const struct flow_strings none = {0}, some = random_names(trial);
    struct flow named = probe->flow;
    const struct dns_book *book = book_of(trial, &some, probe->flow.destination);
    flow_evaluator_set_names(trial->evaluator, NULL, false);
    enum flow_verdict verdict = flow_verdict_or_doubt(trial->evaluator, &probe->flow, false);
    run->compared++;
    run->uncertain += verdict == FLOW_UNCERTAIN;
    const char *problem = check_fillings(trial, probe, sets_of(trial, &none), verdict);
    problem = problem != NULL ? problem : check_trace(trial, &probe->flow, verdict);
    problem = problem != NULL ? problem : check_staged(trial, probe);
    if (problem != NULL || some.count == 0) {
        return problem;
    }
    flow_evaluator_set_names(trial->evaluator, book, false);
    const bool *sets = sets_of(trial, &some);
    problem = check_fillings(trial, probe, sets,
                             flow_verdict_or_doubt(trial->evaluator, &probe->flow, false));
    flow_evaluator_set_names(trial->evaluator, book, true);
    bool allowed = passes(trial, probe, sets, 0);
    run->named += allowed;
    if (problem == NULL &&
        (flow_verdict_or_doubt(trial->evaluator, &probe->flow, false) == FLOW_ALLOW) != allowed) {
        problem = "what is known of the address does not decide";
    }
    flow_evaluator_set_names(trial->evaluator, NULL, false);
    named.names = &some;
    if (problem == NULL &&
        (flow_verdict_or_doubt(trial->evaluator, &named, false) == FLOW_ALLOW) != allowed) {
        problem = "the names of the flow do not decide";
    }
    return problem;
}

// ---- all of them ------------------------------------------------------------------------------------------------------

static void run_case(struct run *run, struct arena *arena, uint64_t number)
{
    struct test_case test_case;
    struct subject subject;
    struct probes probes;
    struct rng rng = rng_new(~run->cases.seed, number);
    gen_case(arena, run->cases.seed, number, &test_case);
    if (!subject_make(arena, &test_case, &subject, stdout) || subject.plan->domains.count == 0) {
        return;
    }
    struct trial trial = {.arena = arena,
                          .rng = &rng,
                          .subject = &subject,
                          .evaluator = flow_evaluator_new(arena, subject.plan),
                          .index = index_of(arena, subject.plan)};
    void *cursor = NULL;
    for (const char *name; dns_book_next_name(subject.book, &cursor, &name);) {
        vec_push(arena, &trial.names, name);
    }
    probes_make(arena, subject.plan, &rng, run->cases.flows, &probes);
    for (size_t i = 0; i < probes.count; i++) {
        struct arena_mark mark = arena_mark(arena);
        const char *problem = check_probe(run, &trial, &probes.items[i]);
        if (problem != NULL) {
            run->failures++;
            printf("not ok - case %" PRIu64 " of seed %" PRIu64 ": %s\n  flow: %s\n", number,
                   run->cases.seed, problem, probe_text(arena, &probes.items[i]));
            case_print(&test_case, stdout);
            return;
        }
        arena_rewind(arena, mark);
    }
}

int main(int argc, char **argv)
{
    struct run run = {.cases.flows = 100};
    if (!cases_take(&run.cases, argc, argv)) {
        return EXIT_USAGE;
    }
    for (uint64_t i = 0; i < run.cases.count && run.failures < MAX_FAILURES; i++) {
        struct arena *arena = arena_new(arena_limit);
        run_case(&run, arena, run.cases.first + i);
        arena_free(arena);
    }
    bool seen = run.compared == 0 || (run.uncertain > 0 && run.named > 0);
    printf("%s - seed %" PRIu64 ": %zu flows, %zu uncertain, %zu allowed by what is known\n",
           run.failures == 0 && seen ? "ok" : "not ok", run.cases.seed, run.compared, run.uncertain,
           run.named);
    return run.failures > 0 || !seen ? EXIT_FAILURE : EXIT_SUCCESS;
}
