// SPDX-License-Identifier: GPL-2.0-or-later
// Random pairs of policy directories, and what the diff of traffic says of them: random flows change their verdict exactly
// when they lie in a row of that direction; the witness of each row changes its verdict; no two rows share a flow.
//
//   prop_traffic SEED COUNT [--first N] [--flows N]
//
// Case N of a seed is that of prop_simulate, and its other directory a mutation of it.
#include "names.h"
#include "pairs.h"
#include "probe.h"

#include <inttypes.h>
#include <polc/space.h>

enum { EXIT_USAGE = 2 };

struct run {
    struct cases cases;
    size_t rows, changed;
};

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
                        pair_flow_text(pair->arena, flow), names[before], names[after],
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

static const char *check_once(const struct pair *pair, struct run *run)
{
    const char *problem = NULL;
    for (size_t i = 0; i < pair->diff->rows.count && problem == NULL; i++) {
        problem = check_witness(pair, &pair->diff->rows.items[i]);
    }
    for (int i = 0; i < 2 && problem == NULL; i++) {
        struct rng rng = rng_new(~pair->seed, 2 * pair->number + (uint64_t)i);
        struct probes probes;
        probes_make(pair->arena, pair->plans[i], &rng, run->cases.flows, &probes);
        for (size_t j = 0; j < probes.count && problem == NULL; j++) {
            struct flow flow = probes.items[j].flow;
            flow.in_interface = flow.out_interface = NULL;
            problem = pair_undecided(pair, &flow) ? NULL : check_flow(pair, &flow, &run->changed);
        }
    }
    run->rows += pair->diff->rows.count;
    return problem;
}

// ---- names ----------------------------------------------------------------------------------------------------------

// The addresses of the scene's names, by the lists of a plan.
static const struct space_domains *known_domains(struct arena *arena, const struct plan *plan)
{
    struct nft_domain_elements elements = {0};
    struct space_domains *domains =
        arena_array_of(arena, struct space_domains, plan->domains.count);
    names_elements(arena, plan, &elements);
    for (uint32_t i = 0; i < plan->domains.count; i++) {
        VEC(struct cidr) list = {0};
        for (size_t j = 0; j < elements.count; j++) {
            if (elements.items[j].set == i) {
                vec_push(arena, &list, cidr_of_addr(elements.items[j].addr));
            }
        }
        domains[i].addresses = (struct cidrset){list.items, list.count};
        cidrset_normalize(&domains[i].addresses);
    }
    return domains;
}

// As if nobody had a name, and with the names of the scene.
static const char *check_pair(const struct pair *pair, void *context)
{
    struct pair named = *pair;
    const char *problem = check_once(pair, context);
    if (problem != NULL || pair->plans[0]->domains.count + pair->plans[1]->domains.count == 0) {
        return problem;
    }
    const struct dns_book *book = names_book(pair->arena);
    const struct traffic_domains domains = {.before = known_domains(pair->arena, pair->plans[0]),
                                            .after = known_domains(pair->arena, pair->plans[1])};
    named.diff =
        traffic_compare_named(pair->arena, pair->plans[0], pair->plans[1], pair->staged, &domains);
    for (int i = 0; i < 2; i++) {
        named.evaluators[i] = flow_evaluator_new(pair->arena, pair->plans[i]);
        flow_evaluator_set_names(named.evaluators[i], book, true);
    }
    return check_once(&named, context);
}

int main(int argc, char **argv)
{
    struct run run = {.cases.flows = 400};
    if (!cases_take(&run.cases, argc, argv)) {
        return EXIT_USAGE;
    }
    struct pairs pairs = {.check = check_pair, .context = &run};
    pairs_run(&pairs, &run.cases);
    printf("%s - seed %" PRIu64
           ": %zu pairs, %zu without a change of traffic, %zu rows, %zu flows changed\n",
           pairs.failures == 0 ? "ok" : "not ok", run.cases.seed, pairs.count, pairs.same, run.rows,
           run.changed);
    return pairs.failures > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
