// SPDX-License-Identifier: GPL-2.0-or-later
// Random policy directories applied to a real kernel by the real program; for each, real packets and connections of
// flows aimed at its boundaries. What the evaluator says must be what arrives, and what staged policies count.
//
//   prop_packets SEED COUNT --polc PATH [--first N] [--flows N] [--out DIR] [--swap]       as root
//
// --swap applies case N+1 where case N is judged, and demands that most of these are noticed.
// The same cases as those of prop_simulate. One scene serves all of them. A case that is wrong is shrunk, with the kernel
// as the judge, printed, and written to DIR/SEED-N.
#include "cases.h"
#include "compare.h"
#include "gen.h"
#include "recorded.h"
#include "shrink.h"
#include "tally.h"

#include <inttypes.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MAX_FAILURES = 5,
    EXIT_USAGE = 2,
    EXIT_SKIPPED = 77,
    CONNECTIONS = 24,
    NOTICED_AT_LEAST = 75 /* percent */
};

struct run {
    struct cases cases;
    const char *polc, *scratch;
    bool swap;
    struct wire wire;
    // What was seen.
    size_t packets, connections, arrived, counted, recorded, failures, noticed;
};

static const size_t arena_limit = (size_t)1 << 30;

// ---- one ruleset ----------------------------------------------------------------------------------------------

static void remove_files(const char *directory)
{
    const char *const argv[] = {"/bin/rm", "-rf", directory, NULL};
    pid_t child = fork();
    if (child == 0) {
        execv(argv[0], (char *const *)argv);
        _exit(EXIT_FAILURE);
    }
    waitpid(child, NULL, 0);
}

static bool apply(const struct run *run, struct arena *arena, const struct test_case *test_case)
{
    const char *directory = arena_printf(arena, "%s/case", run->scratch);
    const char *log = arena_printf(arena, "%s/log", run->scratch);
    const char *state = arena_printf(arena, "%s/state", run->scratch);
    remove_files(directory);
    const char *const argv[] = {
        run->polc, "apply",       "-q",  "--force",           "--node", SCENE_NODE,
        directory, "--state-dir", state, "--resolve-timeout", "0",      NULL};
    return case_write(test_case, directory) && wire_run_on_host(&run->wire, argv, log) &&
           wire_forget_connections(&run->wire);
}

// The names of the scene have their addresses, here and in the sets of the kernel. What the case before left there, and
// apply took over, are the same.
static bool learn_names(const struct run *run, struct arena *arena, struct subject *subject)
{
    struct nft_updater *updater = NULL;
    struct nft_failure failure;
    const struct plan *plan = subject->plan;
    const char **lists = arena_array_of(arena, const char *, plan->domains.count);
    for (size_t i = 0; i < plan->domains.count; i++) {
        lists[i] = plan->domains.items[i].name;
    }
    subject_set_names(subject, true);
    wire_enter(&run->wire, WIRE_HOST);
    enum nft_status status = nft_updater_open(arena, "polc", &updater, &failure);
    wire_enter(&run->wire, -1);
    if (status == NFT_DONE) {
        nft_updater_set_lists(updater, lists, plan->domains.count);
        status = nft_updater_put(updater, &subject->elements, &failure);
        nft_updater_close(updater);
    }
    return status == NFT_DONE;
}

static void print_log(const struct run *run)
{
    char path[256], line[512];
    snprintf(path, sizeof path, "%s/log", run->scratch);
    FILE *log = fopen(path, "r");
    while (log != NULL && fgets(line, sizeof line, log) != NULL) {
        printf("  %s", line);
    }
    if (log != NULL) {
        fclose(log);
    }
}

// ---- shots ----------------------------------------------------------------------------------------------------

static bool same_tuple(const struct flow *a, const struct flow *b, bool reversed)
{
    struct ip_addr source = reversed ? b->destination : b->source;
    struct ip_addr destination = reversed ? b->source : b->destination;
    uint16_t source_port = reversed ? b->destination_port : b->source_port;
    uint16_t destination_port = reversed ? b->source_port : b->destination_port;
    return a->protocol == b->protocol && ip_addr_compare(a->source, source) == 0 &&
           ip_addr_compare(a->destination, destination) == 0 && a->source_port == source_port &&
           a->destination_port == destination_port;
}

// For connection tracking a second packet of one flow, or one of the other direction, would be of a known connection.
static bool is_new(const struct shot *shots, size_t count, const struct probe *probe)
{
    for (size_t i = 0; i < count; i++) {
        if (same_tuple(&shots[i].probe->flow, &probe->flow, false) ||
            same_tuple(&shots[i].probe->flow, &probe->flow, true)) {
            return false;
        }
    }
    return true;
}

static size_t choose_shots(struct arena *arena, const struct subject *subject,
                           const struct probes *probes, bool connections, size_t most,
                           struct shot **ret)
{
    size_t count = 0;
    *ret = arena_array_of(arena, struct shot, most);
    for (size_t i = 0; i < probes->count && count < most; i++) {
        const struct probe *probe = &probes->items[i];
        bool fits = connections ? wire_can_connect(probe) : wire_can_carry(probe);
        if (fits && is_new(*ret, count, probe)) {
            bool expected = flow_verdict(subject->evaluator, &probe->flow, false) == FLOW_ALLOW;
            (*ret)[count++] = (struct shot){.probe = probe, .expected = expected};
        }
    }
    return count;
}

static const struct shot *find_wrong(const struct shot *shots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!shots[i].skipped && shots[i].arrived != shots[i].expected) {
            return &shots[i];
        }
    }
    return NULL;
}

static void fire(struct run *run, struct shot *shots, size_t count, bool connections)
{
    wire_forget_connections(&run->wire);
    if (connections) {
        wire_connect(&run->wire, shots, count);
    } else {
        wire_shoot(&run->wire, shots, count);
    }
}

// Alone, on a host that knows no connections: what is wrong twice is wrong.
static bool is_wrong_alone(struct run *run, const struct shot *shot, bool connections)
{
    for (int tries = 0; tries < 2; tries++) {
        struct shot again = {.probe = shot->probe, .expected = shot->expected};
        fire(run, &again, 1, connections);
        if (again.skipped || again.arrived == again.expected) {
            return false;
        }
    }
    return true;
}

// ---- one case -------------------------------------------------------------------------------------------------

struct wrong {
    struct run *run;
    struct shot shot;
    bool connection;
};

static bool is_still_wrong(struct arena *arena, const struct test_case *test_case, void *context)
{
    struct wrong *wrong = context;
    struct subject subject;
    if (!subject_make(arena, test_case, &subject, NULL) || !apply(wrong->run, arena, test_case) ||
        !learn_names(wrong->run, arena, &subject)) {
        return false;
    }
    struct shot shot = wrong->shot;
    shot.expected = flow_verdict(subject.evaluator, &shot.probe->flow, false) == FLOW_ALLOW;
    return shot.expected == wrong->shot.expected &&
           is_wrong_alone(wrong->run, &shot, wrong->connection);
}

static void report_wrong(struct run *run, struct arena *arena, uint64_t number,
                         struct test_case *test_case, struct wrong *wrong)
{
    struct subject subject;
    run->failures++;
    printf("not ok - case %" PRIu64 " of seed %" PRIu64 ": %s %s\n", number, run->cases.seed,
           wrong->connection ? "a connection" : "a packet",
           wrong->shot.expected ? "that is allowed does not arrive" : "that is denied arrives");
    shrink_case(arena, test_case, is_still_wrong, wrong);
    case_print(test_case, stdout);
    printf("  flow: %s\n", probe_text(arena, wrong->shot.probe));
    if (subject_make(arena, test_case, &subject, stdout)) {
        subject_set_names(&subject, true);
        subject_explain(&subject, wrong->shot.probe, stdout);
    }
    cases_write(&run->cases, arena, number, test_case);
}

// True when the shots are as the evaluator says.
static bool try_shots(struct run *run, struct arena *arena, const struct subject *subject,
                      const struct probes *probes, bool connections, struct wrong *ret)
{
    struct shot *shots;
    size_t most = connections ? CONNECTIONS : probes->count;
    size_t count = choose_shots(arena, subject, probes, connections, most, &shots);
    fire(run, shots, count, connections);
    for (size_t i = 0; i < count; i++) {
        run->arrived += shots[i].arrived;
    }
    *(connections ? &run->connections : &run->packets) += count;
    const struct shot *first = find_wrong(shots, count);
    for (size_t left = count; first != NULL && left > 0; left--) {
        if (is_wrong_alone(run, first, connections)) {
            *ret = (struct wrong){run, *first, connections};
            return false;
        }
        ((struct shot *)first)->skipped = true;
        first = find_wrong(shots, count);
    }
    return true;
}

// Where policy judges what connection tracking does not know, answers of kernels are judged like anything new: an ICMP
// answer may have another code than its question.
static bool judges_answers(const struct plan *plan)
{
    return plan_has_untracked(plan) || !plan->settings.conntrack_invalid_check;
}

// What staged policies have counted of new packets, one of each flow; NULL: what they should. A packet that is sent twice
// or comes late must not be taken for an error: what is wrong three times is wrong.
static const char *try_counts(struct run *run, struct arena *arena, const struct subject *subject,
                              const struct probes *probes)
{
    enum { TRIES = 3 };
    struct shot *shots;
    struct count_entries expected = {0};
    struct nft_counters before, after;
    const char *problem = NULL;
    size_t count = choose_shots(arena, subject, probes, false, probes->count, &shots);
    if (judges_answers(subject->plan) || !tally_expect(subject, shots, count, &expected) ||
        expected.count == 0) {
        return NULL;
    }
    for (int tries = 0; tries == 0 || (problem != NULL && tries < TRIES); tries++) {
        if (!tally_read(arena, &run->wire, &before)) {
            return "the counters cannot be read";
        }
        fire(run, shots, count, false);
        if (!tally_read(arena, &run->wire, &after)) {
            return "the counters cannot be read";
        }
        problem = tally_compare(subject, &before, &after, &expected);
    }
    run->counted += problem == NULL ? expected.count : 0;
    return problem;
}

// What the flow table has recorded of new packets, in the same way.
static const char *try_records(struct run *run, struct arena *arena, const struct subject *subject,
                               const struct probes *probes)
{
    enum { TRIES = 3 };
    struct shot *shots;
    struct nft_flow_table before, after;
    const char *problem = NULL;
    size_t count = choose_shots(arena, subject, probes, false, probes->count, &shots);
    if (judges_answers(subject->plan)) {
        return NULL;
    }
    for (int tries = 0; tries == 0 || (problem != NULL && tries < TRIES); tries++) {
        if (!recorded_read(arena, &run->wire, &before)) {
            return "the flow table cannot be read";
        }
        fire(run, shots, count, false);
        if (!recorded_read(arena, &run->wire, &after)) {
            return "the flow table cannot be read";
        }
        problem = recorded_compare(subject, shots, count, &before, &after);
    }
    run->recorded += after.count;
    return problem;
}

static void report_counts(struct run *run, struct arena *arena, uint64_t number,
                          const struct test_case *test_case, const char *problem)
{
    run->failures++;
    printf("not ok - case %" PRIu64 " of seed %" PRIu64 ": %s\n", number, run->cases.seed, problem);
    case_print(test_case, stdout);
    cases_write(&run->cases, arena, number, test_case);
}

static bool apply_case(const struct run *run, struct arena *arena, uint64_t number,
                       const struct test_case *test_case)
{
    struct test_case other;
    if (!run->swap) {
        return apply(run, arena, test_case);
    }
    gen_case(arena, run->cases.seed, number + 1, &other);
    return apply(run, arena, &other);
}

static void run_case(struct run *run, struct arena *arena, uint64_t number)
{
    struct test_case test_case;
    struct subject subject;
    struct probes probes;
    struct wrong wrong;
    struct rng rng = rng_new(~run->cases.seed, number);
    gen_case(arena, run->cases.seed, number, &test_case);
    test_case.bridged = false; // on the wire every slot has an interface of its own
    if (!subject_make(arena, &test_case, &subject, stdout) ||
        !apply_case(run, arena, number, &test_case) ||
        (!run->swap && !learn_names(run, arena, &subject))) {
        printf("not ok - case %" PRIu64 " of seed %" PRIu64 " cannot be applied\n", number,
               run->cases.seed);
        print_log(run);
        run->failures++;
        return;
    }
    probes_make(arena, subject.plan, &rng, run->cases.flows, &probes);
    bool right = try_shots(run, arena, &subject, &probes, false, &wrong) &&
                 (plan_has_untracked(subject.plan) ||
                  try_shots(run, arena, &subject, &probes, true, &wrong));
    run->noticed += !right;
    if (!right && !run->swap) {
        report_wrong(run, arena, number, &test_case, &wrong);
    }
    const char *problem = right && !run->swap ? try_counts(run, arena, &subject, &probes) : NULL;
    if (problem == NULL && right && !run->swap) {
        problem = try_records(run, arena, &subject, &probes);
    }
    if (problem != NULL) {
        report_counts(run, arena, number, &test_case, problem);
    }
}

// ---- all of them ----------------------------------------------------------------------------------------------

static bool take_option(void *context, int option, const char *value)
{
    struct run *run = context;
    if (option == 'p') {
        run->polc = value;
    }
    run->swap = run->swap || option == 's';
    return option == 'p' || option == 's';
}

static int run_cases(struct run *run)
{
    for (uint64_t i = 0; i < run->cases.count && run->failures < MAX_FAILURES; i++) {
        struct arena *arena = arena_new(arena_limit);
        run_case(run, arena, run->cases.first + i);
        arena_free(arena);
    }
    if (run->swap && run->noticed * 100 < run->cases.count * NOTICED_AT_LEAST) {
        run->failures++;
    }
    const char *result = run->failures == 0 ? "ok" : "not ok";
    if (run->swap) {
        printf("%s - seed %" PRIu64 ": %zu of %" PRIu64
               " foreign rulesets were noticed (at least %d%%)\n",
               result, run->cases.seed, run->noticed, run->cases.count, NOTICED_AT_LEAST);
    } else {
        printf("%s - seed %" PRIu64 ": %" PRIu64
               " cases, %zu packets and %zu connections, %zu arrived, %zu counted by staged "
               "policies, %zu flows recorded, %zu wrong cases\n",
               result, run->cases.seed, run->cases.count, run->packets, run->connections,
               run->arrived, run->counted, run->recorded, run->failures);
    }
    return run->failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"polc", required_argument, NULL, 'p'}, {"swap", no_argument, NULL, 's'}, {0}};
    struct run run = {.cases.flows = 300};
    char scratch[] = "/tmp/prop-packets.XXXXXX";
    if (!cases_parse(&run.cases, argc, argv, options, take_option, &run) || run.polc == NULL) {
        fprintf(stderr,
                "usage: %s SEED COUNT --polc PATH [--first N] [--flows N] [--out DIR] [--swap]\n",
                argv[0]);
        return EXIT_USAGE;
    }
    struct arena *arena = arena_new(arena_limit);
    if (geteuid() != 0) {
        printf("1..0 # SKIP needs root, for network namespaces\n");
        return EXIT_SKIPPED;
    }
    const char *problem =
        mkdtemp(scratch) == NULL ? "no scratch directory" : wire_build(arena, &run.wire);
    if (problem != NULL) {
        printf("not ok - the scene: %s\n", problem);
        return EXIT_FAILURE;
    }
    run.scratch = scratch;
    setenv("POLC_STATE_DIR", arena_printf(arena, "%s/state", scratch), true);
    int status = run_cases(&run);
    remove_files(scratch);
    arena_free(arena);
    return status;
}
