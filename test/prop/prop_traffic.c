// SPDX-License-Identifier: GPL-2.0-or-later
// Random pairs of policy directories, and what the diff of traffic says of them: random flows change their verdict exactly
// when they lie in a row of that direction; the witness of each row changes its verdict; no two rows share a flow.
//
//   prop_traffic SEED COUNT [FLOWS]
//
// Case N of a seed is that of prop_simulate, and its other directory a mutation of it.
#include "build.h"
#include "gen.h"
#include "probe.h"
#include "shrink.h"
#include "vary.h"

#include <inttypes.h>
#include <polc/traffic.h>

enum { FLOWS = 400, MAX_FAILURES = 5, EXIT_USAGE = 2, TRIES = 8 };

struct run {
    uint64_t seed;
    size_t flows;
    size_t pairs, rows, changed, same, failures;
};

static const size_t arena_limit = (size_t)4 << 30;

// ---- what a row says ------------------------------------------------------------------------------------------

static bool has_port(const struct portset *ports, uint16_t port)
{
    return ports->count == 0 || portset_contains(ports, port);
}

static bool has_service(const struct traffic_services *services, const struct flow *flow)
{
    enum { CODES = 256 };
    for (size_t i = 0; i < services->count; i++) {
        const struct traffic_service *service = &services->items[i];
        bool ports = !proto_has_ports(flow->protocol) ||
                     (has_port(&service->destination_ports, flow->destination_port) &&
                      has_port(&service->source_ports, flow->source_port));
        bool type = flow->icmp_type < 0 ||
                    has_port(&service->icmp, (uint16_t)(flow->icmp_type * CODES + flow->icmp_code));
        if (flow->protocol >= service->first && flow->protocol <= service->last && ports && type) {
            return true;
        }
    }
    return false;
}

static bool has_flow(const struct traffic_row *row, const struct flow *flow)
{
    return cidrset_contains_addr(&row->source.addresses, flow->source) &&
           cidrset_contains_addr(&row->destination.addresses, flow->destination) &&
           has_service(&row->exact, flow);
}

// ---- a pair of plans ------------------------------------------------------------------------------------------

struct pair {
    struct arena *arena;
    const struct plan *plans[2];
    struct flow_evaluator *evaluators[2];
    const struct traffic_diff *diff;
    bool staged;
};

static const char *flow_text(struct arena *arena, const struct flow *flow)
{
    char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];
    return arena_printf(arena, "%s:%u -> %s:%u protocol %u icmp %d/%d",
                        ip_addr_text(flow->source, source), flow->source_port,
                        ip_addr_text(flow->destination, destination), flow->destination_port,
                        flow->protocol, flow->icmp_type, flow->icmp_code);
}

// NULL when the diff and the evaluator agree about the flow. `*ret_changed` counts those whose verdict changes.
static const char *check_flow(const struct pair *pair, const struct flow *flow, size_t *ret_changed)
{
    static const char *const names[] = {"allow", "deny"};
    enum flow_verdict before = flow_verdict(pair->evaluators[0], flow, pair->staged);
    enum flow_verdict after = flow_verdict(pair->evaluators[1], flow, pair->staged);
    size_t hits[TRAFFIC_CHANGES] = {0};
    for (size_t i = 0; i < pair->diff->rows.count; i++) {
        hits[pair->diff->rows.items[i].change] += has_flow(&pair->diff->rows.items[i], flow);
    }
    *ret_changed += before != after;
    size_t opened = before == FLOW_DENY && after == FLOW_ALLOW;
    size_t closed = before == FLOW_ALLOW && after == FLOW_DENY;
    if (hits[TRAFFIC_OPENED] == opened && hits[TRAFFIC_CLOSED] == closed) {
        return NULL;
    }
    return arena_printf(pair->arena, "%s: %s -> %s, but in %zu opened and %zu closed rows",
                        flow_text(pair->arena, flow), names[before], names[after],
                        hits[TRAFFIC_OPENED], hits[TRAFFIC_CLOSED]);
}

static const char *check_witness(const struct pair *pair, const struct traffic_row *row)
{
    size_t changed = 0;
    const struct flow *flow = &row->witness;
    const char *problem = check_flow(pair, flow, &changed);
    if (problem == NULL && !has_flow(row, flow)) {
        problem = "the witness is not in its row";
    }
    return problem == NULL && changed == 0 ? "the witness does not change" : problem;
}

static bool make_pair(struct arena *arena, const struct test_case *before,
                      const struct test_case *after, bool all_nodes, bool staged, struct pair *ret)
{
    const struct test_case *cases[] = {before, after};
    *ret = (struct pair){.arena = arena, .staged = staged};
    for (int i = 0; i < 2; i++) {
        struct built built;
        if (!build_case(arena, cases[i], all_nodes ? NULL : SCENE_NODE, &built, NULL)) {
            return false;
        }
        ret->plans[i] = built.plan;
        ret->evaluators[i] = flow_evaluator_new(arena, built.plan);
    }
    ret->diff = traffic_compare(arena, ret->plans[0], ret->plans[1], staged);
    return true;
}

// Whether the diff leaves the flow alone: its way depends on an interface that is not known.
static bool is_undecided(const struct pair *pair, const struct flow *flow)
{
    for (int i = 0; i < 2 && pair->diff->undecided.count > 0; i++) {
        struct flow_way way;
        flow_way(pair->evaluators[i], flow, &way);
        if (way.interface_unknown) {
            return true;
        }
    }
    return false;
}

static const char *check_pair(struct run *run, const struct pair *pair, uint64_t number)
{
    const char *problem = NULL;
    for (size_t i = 0; i < pair->diff->rows.count && problem == NULL; i++) {
        problem = check_witness(pair, &pair->diff->rows.items[i]);
    }
    for (int i = 0; i < 2 && problem == NULL; i++) {
        struct rng rng = rng_new(~run->seed, 2 * number + (uint64_t)i);
        struct probes probes;
        probes_make(pair->arena, pair->plans[i], &rng, run->flows, &probes);
        for (size_t j = 0; j < probes.count && problem == NULL; j++) {
            struct flow flow = probes.items[j].flow;
            flow.in_interface = flow.out_interface = NULL;
            problem = is_undecided(pair, &flow) ? NULL : check_flow(pair, &flow, &run->changed);
        }
    }
    run->rows += pair->diff->rows.count;
    run->same += pair->diff->rows.count == 0;
    run->pairs++;
    return problem;
}

// ---- cases ----------------------------------------------------------------------------------------------------

static void report(const struct test_case *before, const struct test_case *after,
                   const char *problem, uint64_t number)
{
    printf("not ok - case %" PRIu64 ": %s\n--- before\n", number, problem);
    case_print(before, stdout);
    printf("--- after\n");
    case_print(after, stdout);
}

struct wrong {
    struct run *run;
    const struct test_case *other; // which stays as it is
    bool other_is_before, all_nodes, staged;
    uint64_t number;
};

static bool is_wrong(struct arena *arena, const struct test_case *test_case, void *context)
{
    const struct wrong *wrong = context;
    struct run run = *wrong->run;
    struct pair pair;
    const struct test_case *before = wrong->other_is_before ? wrong->other : test_case;
    const struct test_case *after = wrong->other_is_before ? test_case : wrong->other;
    return make_pair(arena, before, after, wrong->all_nodes, wrong->staged, &pair) &&
           check_pair(&run, &pair, wrong->number) != NULL;
}

static void shrink(struct run *run, struct arena *arena, struct test_case *before,
                   struct test_case *after, bool all_nodes, bool staged, uint64_t number)
{
    struct wrong wrong = {run, after, false, all_nodes, staged, number};
    struct pair pair;
    shrink_case(arena, before, is_wrong, &wrong);
    wrong.other = before;
    wrong.other_is_before = true;
    shrink_case(arena, after, is_wrong, &wrong);
    wrong.other = after;
    wrong.other_is_before = false;
    shrink_case(arena, before, is_wrong, &wrong);
    make_pair(arena, before, after, all_nodes, staged, &pair);
    report(before, after, check_pair(run, &pair, number), number);
}

static void run_case(struct run *run, struct arena *arena, uint64_t number)
{
    struct test_case before, after;
    struct rng rng = rng_new(run->seed ^ UINT64_C(0x7472616666696321), number);
    bool all_nodes = rng_chance(&rng, 30), staged = rng_chance(&rng, 20);
    gen_case(arena, run->seed, number, &before);
    for (int i = 0; i < TRIES; i++) { // a mutation may well not be valid
        struct pair pair;
        vary_case(arena, &rng, run->seed, number, &before, &after);
        if (make_pair(arena, &before, &after, all_nodes, staged, &pair)) {
            const char *problem = check_pair(run, &pair, number);
            if (problem != NULL) {
                run->failures++;
                shrink(run, arena, &before, &after, all_nodes, staged, number);
            }
            return;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: %s SEED COUNT [FLOWS]\n", argv[0]);
        return EXIT_USAGE;
    }
    struct run run = {.seed = strtoull(argv[1], NULL, 0),
                      .flows = argc > 3 ? strtoull(argv[3], NULL, 0) : FLOWS};
    uint64_t count = strtoull(argv[2], NULL, 0);
    for (uint64_t i = 0; i < count && run.failures < MAX_FAILURES; i++) {
        struct arena *arena = arena_new(arena_limit);
        run_case(&run, arena, i);
        arena_free(arena);
    }
    printf("%s - seed %" PRIu64
           ": %zu pairs, %zu without a change of traffic, %zu rows, %zu flows changed\n",
           run.failures == 0 ? "ok" : "not ok", run.seed, run.pairs, run.same, run.rows,
           run.changed);
    return run.failures > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
