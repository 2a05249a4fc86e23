// SPDX-License-Identifier: GPL-2.0-or-later
// Pairs of plans: made, looked at, shrunk when they are wrong.
#include "pairs.h"

#include "build.h"
#include "gen.h"
#include "shrink.h"
#include "vary.h"

#include <inttypes.h>

enum { MAX_FAILURES = 5, TRIES = 8 };

static const size_t arena_limit = (size_t)4 << 30;

const char *pair_flow_text(struct arena *arena, const struct flow *flow)
{
    char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];
    return arena_printf(arena, "%s:%u -> %s:%u protocol %u icmp %d/%d",
                        ip_addr_text(flow->source, source), flow->source_port,
                        ip_addr_text(flow->destination, destination), flow->destination_port,
                        flow->protocol, flow->icmp_type, flow->icmp_code);
}

bool pair_undecided(const struct pair *pair, const struct flow *flow)
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

static bool make_pair(struct arena *arena, const struct test_case *before,
                      const struct test_case *after, const struct pair *like, struct pair *ret)
{
    const struct test_case *cases[] = {before, after};
    *ret = *like;
    ret->arena = arena;
    for (int i = 0; i < 2; i++) {
        struct built built;
        if (!build_case(arena, cases[i], like->all_nodes ? NULL : SCENE_NODE, &built, NULL)) {
            return false;
        }
        ret->plans[i] = built.plan;
        ret->evaluators[i] = flow_evaluator_new(arena, built.plan);
    }
    ret->diff = traffic_compare(arena, ret->plans[0], ret->plans[1], like->staged);
    return true;
}

static void report(const struct test_case *before, const struct test_case *after,
                   const char *problem, uint64_t number)
{
    printf("not ok - case %" PRIu64 ": %s\n--- before\n", number, problem);
    case_print(before, stdout);
    printf("--- after\n");
    case_print(after, stdout);
}

struct wrong {
    struct pairs *pairs;
    const struct pair *pair;
    const struct test_case *other; // which stays as it is
    bool other_is_before;
};

static bool is_wrong(struct arena *arena, const struct test_case *test_case, void *context)
{
    const struct wrong *wrong = context;
    struct pair pair;
    const struct test_case *before = wrong->other_is_before ? wrong->other : test_case;
    const struct test_case *after = wrong->other_is_before ? test_case : wrong->other;
    return make_pair(arena, before, after, wrong->pair, &pair) &&
           wrong->pairs->check(&pair, wrong->pairs->context) != NULL;
}

static void shrink(struct pairs *pairs, const struct pair *pair, struct test_case *before,
                   struct test_case *after)
{
    struct wrong wrong = {pairs, pair, after, false};
    struct pair small;
    shrink_case(pair->arena, before, is_wrong, &wrong);
    wrong.other = before;
    wrong.other_is_before = true;
    shrink_case(pair->arena, after, is_wrong, &wrong);
    wrong.other = after;
    wrong.other_is_before = false;
    shrink_case(pair->arena, before, is_wrong, &wrong);
    make_pair(pair->arena, before, after, pair, &small);
    report(before, after, pairs->check(&small, pairs->context), pair->number);
}

static void run_case(struct pairs *pairs, struct arena *arena, uint64_t seed, uint64_t number)
{
    struct test_case before, after;
    struct rng rng = rng_new(seed ^ UINT64_C(0x7472616666696321), number);
    bool all_nodes = rng_chance(&rng, 30), staged = rng_chance(&rng, 20) && !pairs->never_staged;
    const struct pair like = {
        .all_nodes = all_nodes, .staged = staged, .seed = seed, .number = number};
    gen_case(arena, seed, number, &before);
    for (int i = 0; i < TRIES; i++) { // a mutation may well not be valid
        struct pair pair;
        vary_case(arena, &rng, seed, number, &before, &after);
        if (make_pair(arena, &before, &after, &like, &pair)) {
            pairs->count++;
            pairs->same += pair.diff->rows.count == 0;
            if (pairs->check(&pair, pairs->context) != NULL) {
                pairs->failures++;
                shrink(pairs, &pair, &before, &after);
            }
            return;
        }
    }
}

void pairs_run(struct pairs *pairs, const struct cases *cases)
{
    for (uint64_t i = 0; i < cases->count && pairs->failures < MAX_FAILURES; i++) {
        struct arena *arena = arena_new(arena_limit);
        run_case(pairs, arena, cases->seed, cases->first + i);
        arena_free(arena);
    }
}
