// SPDX-License-Identifier: GPL-2.0-or-later
// Judges the cases: every pair of classes that a case matches, with every service that it is about. A case that expects
// "deny" also tries every source port that a rule names, because one hole is enough.
#include "internal.h"

enum { KEPT_MAX = 10000 }; // wrong flows of a case that are kept to be shown

struct cases {
    VEC_FIELDS(const struct expect_case *);
};

struct runner {
    struct arena *arena;
    const struct flow_evaluator *evaluator;
    struct expect_suite *suite;
    struct services services;
    struct classes classes;
    struct cases allowing; // of the pair at hand, for "closed"
};

uint32_t expect_party(struct arena *arena, struct expect_suite *suite,
                      const struct expect_party *party)
{
    if (suite->names == NULL) {
        suite->names = strmap_new(arena);
    }
    size_t known = (size_t)strmap_get(suite->names, party->name);
    if (known == 0) {
        vec_push(arena, &suite->parties, *party);
        known = suite->parties.count;
        strmap_put(suite->names, party->name, (void *)known);
    }
    return (uint32_t)known - 1;
}

bool expect_holds(const struct expect_case *item)
{
    return item->problem == NULL && item->failed == 0;
}

// ---- who and what -----------------------------------------------------------------------------------------------

static void mark_side(struct arena *arena, const struct expect_suite *suite,
                      struct expect_side *side)
{
    side->has = arena_array_of(arena, bool, suite->parties.count);
    for (size_t i = 0; i < side->parties.count; i++) {
        side->has[side->parties.items[i]] = true;
    }
}

static bool has_port_named(const struct expect_party *party, const char *name, uint8_t protocol)
{
    const struct res_endpoint_ports *ports = party->ports;
    for (size_t i = 0; ports != NULL && i < ports->count; i++) {
        if (strcmp(ports->items[i].name, name) == 0 &&
            (protocol == 0 || protocol == ports->items[i].protocol)) {
            return true;
        }
    }
    return false;
}

static void report_port(struct arena *arena, struct expect_case *item,
                        const struct expect_party *party, const struct res_port *port)
{
    size_t count = party->ports != NULL ? party->ports->count : 0;
    const char **names = arena_array_of(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        names[i] = party->ports->items[i].name;
    }
    const char *best = spell_best(port->name, names, count);
    const char *protocol = item->protocol != 0 ? proto_name(item->protocol) : NULL;
    item->problem =
        arena_printf(arena, "%s has no %s%sport named \"%s\"", party->name,
                     protocol != NULL ? protocol : "", protocol != NULL ? " " : "", port->name);
    item->problem_loc = port->loc;
    item->hint = best != NULL && strcmp(best, port->name) != 0
                     ? arena_printf(arena, "did you mean \"%s\"?", best)
                     : NULL;
}

// Every destination must have every port that the case names.
static void check_named_ports(struct arena *arena, const struct expect_suite *suite,
                              struct expect_case *item)
{
    for (size_t i = 0; i < item->ports.count; i++) {
        const struct res_port *port = &item->ports.items[i];
        for (size_t j = 0; j < item->to.parties.count && port->name != NULL; j++) {
            const struct expect_party *party = &suite->parties.items[item->to.parties.items[j]];
            if (item->problem == NULL && !has_port_named(party, port->name, item->protocol)) {
                report_port(arena, item, party, port);
            }
        }
    }
}

static bool on_one_node(const struct expect_party *a, const struct expect_party *b)
{
    return a->node != NULL && b->node != NULL && strcmp(a->node, b->node) == 0;
}

static bool is_governed(const struct expect_party *party)
{
    return party->endpoint != NULL || party->host != NULL;
}

static bool is_about(const struct expect_case *item, const struct expect_party *parties,
                     const struct member *from, const struct member *to)
{
    const struct expect_party *source = &parties[from->party];
    const struct expect_party *destination = &parties[to->party];
    if (!source->local && !destination->local) {
        return false;
    }
    if (!item->closed) {
        return item->from.has[from->party] && item->to.has[to->party];
    }
    // What a host sends to its own workloads no policy can stop.
    if (source->endpoint == NULL && destination->endpoint != NULL &&
        on_one_node(source, destination)) {
        return false;
    }
    // From somewhere else to somewhere else is nobody's business.
    return source->known && destination->known && (is_governed(source) || is_governed(destination));
}

// The cases that allow something between the two.
static void find_allowing(struct runner *runner, const struct member *from, const struct member *to,
                          struct cases *ret)
{
    ret->count = 0;
    for (size_t i = 0; i < runner->suite->cases.count; i++) {
        const struct expect_case *item = &runner->suite->cases.items[i];
        if (item->allow && item->from.has[from->party] && item->to.has[to->party]) {
            vec_push(runner->arena, ret, item);
        }
    }
}

// What a case of the whole input allows, "closed" does not deny.
static bool is_listed(const struct runner *runner, const struct member *to,
                      const struct service *service)
{
    const struct expect_party *party = &runner->suite->parties.items[to->party];
    for (size_t i = 0; i < runner->allowing.count; i++) {
        if (case_has_service(runner->allowing.items[i], service, party)) {
            return true;
        }
    }
    return false;
}

// ---- one pair of classes ------------------------------------------------------------------------------------------

// An endpoint may be a party by its name and another by its address, a host one for each of its host endpoints.
static bool is_same(const struct runner *runner, const struct member *a, const struct member *b)
{
    const struct expect_party *left = &runner->suite->parties.items[a->party];
    const struct expect_party *right = &runner->suite->parties.items[b->party];
    return left == right || (left->endpoint != NULL && left->endpoint == right->endpoint) ||
           (left->endpoint == NULL && right->endpoint == NULL && on_one_node(left, right));
}

// The first pair of different parties, and how many there are. False when there is none: what somebody sends to himself
// passes no host.
static bool first_pair(const struct runner *runner, const struct class *from,
                       const struct class *to, const struct member **ret_from,
                       const struct member **ret_to)
{
    for (size_t i = 0; i < from->count; i++) {
        for (size_t j = 0; j < to->count; j++) {
            if (!is_same(runner, &from->items[i], &to->items[j])) {
                *ret_from = &from->items[i];
                *ret_to = &to->items[j];
                return true;
            }
        }
    }
    return false;
}

static size_t count_pairs(const struct class *from, const struct class *to)
{
    size_t same = 0;
    for (size_t i = 0, j = 0; i < from->count && j < to->count;) { // both ascend by party
        if (from->items[i].party == to->items[j].party) {
            same++;
            i++;
            j++;
        } else if (from->items[i].party < to->items[j].party) {
            i++;
        } else {
            j++;
        }
    }
    return from->count * to->count - same;
}

static void judge_flow(struct runner *runner, struct expect_case *item, struct expect_flow flow)
{
    enum flow_verdict verdict = flow_verdict_or_doubt(runner->evaluator, &flow.flow, false);
    flow.allowed = verdict == FLOW_ALLOW;
    runner->suite->guessed += verdict == FLOW_UNCERTAIN;
    flow.wrong = flow.allowed != item->allow;
    item->judged++;
    item->failed += flow.wrong;
    if (runner->suite->keep_flows || (flow.wrong && item->flows.count < KEPT_MAX)) {
        vec_push(runner->arena, &item->flows, flow);
    }
}

static void judge_service(struct runner *runner, struct expect_case *item,
                          const struct service *service, struct expect_flow base)
{
    base.flow.protocol = service->protocol;
    base.flow.destination_port = service->port;
    base.last_port = service->last_port;
    base.flow.icmp_type = service->icmp_type;
    base.flow.icmp_code = service->icmp_code;
    base.unnamed = service->unnamed;
    for (size_t i = 0; i < ARRAY_COUNT(runner->services.sources); i++) {
        if (runner->services.sources[i].protocol != service->protocol) {
            continue;
        }
        size_t count = runner->services.sources[i].ports.count;
        for (size_t j = 0; j < (item->allow && count > 1 ? 1 : count); j++) {
            base.flow.source_port = runner->services.sources[i].ports.items[j];
            base.named_source = j > 0;
            judge_flow(runner, item, base);
        }
        return;
    }
    judge_flow(runner, item, base);
}

// Whether a case that is not "closed" names both: of the parties of a class it names all or none.
static bool is_named(const struct expect_case *item, const struct class *from,
                     const struct class *to)
{
    return item->from.has[from->items[0].party] && item->to.has[to->items[0].party];
}

static void judge_pair(struct runner *runner, struct expect_case *item, const struct class *from,
                       const struct class *to)
{
    const struct expect_party *parties = runner->suite->parties.items;
    const struct member *source = NULL, *destination = NULL;
    if (from->family != to->family || (!item->closed && !is_named(item, from, to)) ||
        !first_pair(runner, from, to, &source, &destination) ||
        !is_about(item, parties, source, destination)) {
        return;
    }
    if (item->closed) {
        find_allowing(runner, source, destination, &runner->allowing);
    }
    struct expect_flow base = {.from = source->party,
                               .to = destination->party,
                               .pairs = count_pairs(from, to),
                               .flow = {.source = source->addr,
                                        .destination = destination->addr,
                                        .names = parties[destination->party].names}};
    for (size_t i = 0; i < runner->services.count; i++) {
        const struct service *service = &runner->services.items[i];
        bool family = service->family == 0 || service->family == from->family;
        if (family &&
            (item->closed ? !is_listed(runner, destination, service)
                          : case_has_service(item, service, &parties[destination->party]))) {
            judge_service(runner, item, service, base);
        }
    }
}

static void judge_case(struct runner *runner, struct expect_case *item)
{
    if (item->problem != NULL) {
        return;
    }
    for (size_t i = 0; i < runner->classes.count; i++) {
        for (size_t j = 0; j < runner->classes.count; j++) {
            judge_pair(runner, item, &runner->classes.items[i], &runner->classes.items[j]);
        }
    }
    if (item->judged == 0 && !item->closed) {
        item->problem =
            "no packet could be meant: the two ends are the same, or have no address of one IP version";
        item->problem_loc = item->loc;
    }
}

static size_t count_failed(const struct expect_suite *suite)
{
    size_t failed = 0;
    for (size_t i = 0; i < suite->cases.count; i++) {
        failed += !expect_holds(&suite->cases.items[i]);
    }
    return failed;
}

size_t expect_run(struct arena *arena, const struct plan *plan, struct expect_suite *suite)
{
    struct flow_evaluator *evaluator = flow_evaluator_new(arena, plan);
    flow_evaluator_set_names(evaluator, suite->book, suite->book != NULL);
    struct runner runner = {.arena = arena, .evaluator = evaluator, .suite = suite};
    for (size_t i = 0; i < suite->cases.count; i++) {
        struct expect_case *item = &suite->cases.items[i];
        mark_side(arena, suite, &item->from);
        mark_side(arena, suite, &item->to);
        check_named_ports(arena, suite, item);
    }
    services_collect(arena, plan, suite, &runner.services);
    classes_collect(arena, plan, suite, &runner.classes);
    for (size_t i = 0; i < suite->cases.count; i++) {
        judge_case(&runner, &suite->cases.items[i]);
    }
    return count_failed(suite);
}

size_t expect_judge_kernel(struct expect_suite *suite)
{
    for (size_t i = 0; i < suite->cases.count; i++) {
        struct expect_case *item = &suite->cases.items[i];
        for (size_t j = 0; j < item->flows.count; j++) {
            struct expect_flow *flow = &item->flows.items[j];
            if (!flow->wrong && flow->arrived != item->allow) {
                flow->wrong = true;
                item->failed++;
            }
        }
    }
    return count_failed(suite);
}
