// SPDX-License-Identifier: GPL-2.0-or-later
// What is judged once for all must really be the same for all: the evaluator says so for every pair of members, and for
// every port of an interval that is tried.
#include "expect_helper.h"

static struct services services;
static struct classes classes;

// Two tiers, selectors, prefixes that cut through the addresses, named ports, an excluded set, profiles, ICMP.
static const char *policies(void)
{
    struct strbuf text = {.arena = arena};
    for (int i = 0; i < 24; i++) {
        strbuf_add(&text,
                   workload(i % 2 ? "a" : "b", arena_printf(arena, "w%d", i),
                            arena_printf(arena, "app: x%d, odd: \"%d\"", i % 3, i % 2),
                            arena_printf(arena, "10.0.%d.%d/32", i % 4, i),
                            arena_printf(
                                arena, "profiles: [projectcalico-default-allow]%s",
                                i % 5 ? "" : ", ports: [{name: http, protocol: TCP, port: 80}]")));
    }
    strbuf_add(
        &text,
        join(
            thing("Tier", "", "first", "", "order: 1"),
            thing("GlobalNetworkSet", "", "s", "set: \"1\"", "nets: [10.0.2.0/28, 10.0.1.5]"),
            thing(
                "GlobalNetworkPolicy", "", "first.p", "",
                "tier: first, selector: app != \"x2\", types: [Ingress, Egress],"
                "ingress: [{action: Deny, source: {nets: [10.0.3.0/28]}, protocol: UDP},"
                "{action: Allow, protocol: TCP, destination: {ports: [http, \"90:95\"]}},"
                "{action: Pass, source: {selector: set == \"1\"}}, {action: Allow, protocol: ICMP,"
                "icmp: {type: 8}}],"
                "egress: [{action: Allow, destination: {notNets: [10.0.0.0/29]}}, {action: Pass}]"),
            thing(
                "NetworkPolicy", "a", "q", "",
                "selector: odd == \"1\", ingress: [{action: Allow, protocol: TCP,"
                "source: {notSelector: app == \"x1\", ports: [53]}, destination: {notPorts: [92]}}]"),
            cases("{from: w1, to: [w2, w3, w4], protocol: TCP, port: 91, expect: allow}"), NULL));
    return strbuf_text(&text);
}

static void flow_of(struct flow *flow, const struct service *service, uint16_t port,
                    const struct member *from, const struct member *to)
{
    *flow = (struct flow){.source = from->addr,
                          .destination = to->addr,
                          .protocol = service->protocol,
                          .source_port = proto_has_ports(service->protocol) ? 40000 : 0,
                          .destination_port = port,
                          .icmp_type = service->icmp_type,
                          .icmp_code = service->icmp_code};
}

static size_t compare_pairs(const struct flow_evaluator *evaluator, const struct class *from,
                            const struct class *to, const struct service *service)
{
    size_t compared = 0;
    bool first = true;
    enum flow_verdict wanted = FLOW_DENY;
    uint16_t ports[] = {service->port, (uint16_t)((service->port + service->last_port) / 2),
                        service->last_port};
    for (size_t i = 0; i < from->count * to->count * ARRAY_COUNT(ports); i++) {
        const struct member *source = &from->items[i / ARRAY_COUNT(ports) / to->count];
        const struct member *destination = &to->items[i / ARRAY_COUNT(ports) % to->count];
        struct flow flow;
        if (source->party == destination->party) {
            continue;
        }
        flow_of(&flow, service, ports[i % ARRAY_COUNT(ports)], source, destination);
        enum flow_verdict verdict = flow_verdict(evaluator, &flow, false);
        wanted = first ? verdict : wanted;
        first = false;
        ck_assert_msg(verdict == wanted, "%s -> %s, protocol %u, port %u",
                      tested.parties.items[source->party].name,
                      tested.parties.items[destination->party].name, service->protocol,
                      flow.destination_port);
        compared++;
    }
    return compared;
}

START_TEST(members_are_alike)
{
    prepare(policies(), NULL);
    for (size_t i = 0; i < tested.cases.count; i++) { // as expect_run does
        tested.cases.items[i].from.has = arena_array_of(arena, bool, tested.parties.count);
        tested.cases.items[i].to.has = arena_array_of(arena, bool, tested.parties.count);
    }
    services_collect(arena, plan, &tested, &services);
    classes_collect(arena, plan, &tested, &classes);
    const struct flow_evaluator *evaluator = flow_evaluator_new(arena, plan);
    size_t compared = 0, members = 0;
    for (size_t i = 0; i < classes.count; i++) {
        members += classes.items[i].count;
        for (size_t j = 0; j < classes.count; j++) {
            for (size_t k = 0; k < services.count; k++) {
                if (classes.items[i].family == classes.items[j].family) {
                    compared += compare_pairs(evaluator, &classes.items[i], &classes.items[j],
                                              &services.items[k]);
                }
            }
        }
    }
    ck_assert_uint_eq(members, 26); // 24 workloads, and two addresses of the rest of the world
    ck_assert_uint_lt(classes.count, members);
    ck_assert_uint_gt(compared, 10000);
}
END_TEST

// The same numbers by classes and address by address.
START_TEST(closed_counts_every_pair)
{
    static const uint16_t ports[] = {80, 90, 91, 92, 93};
    prepare(policies(), NULL);
    tested.cases.count = 0;
    vec_push(arena, &tested.cases, (struct expect_case){.group = "t", .text = "", .closed = true});
    tested.keep_flows = true;
    expect_run(arena, plan, &tested);
    const struct expect_case *closed = &tested.cases.items[0];
    const struct flow_evaluator *evaluator = flow_evaluator_new(arena, plan);
    for (size_t k = 0; k < ARRAY_COUNT(ports); k++) {
        size_t by_class = 0, one_by_one = 0;
        for (size_t i = 0; i < closed->flows.count; i++) {
            const struct expect_flow *flow = &closed->flows.items[i];
            bool counts = flow->allowed && !flow->named_source &&
                          flow->flow.protocol == PROTO_TCP &&
                          flow->flow.destination_port <= ports[k] && flow->last_port >= ports[k];
            by_class += counts ? flow->pairs : 0;
        }
        for (uint32_t i = 0; i < tested.parties.count; i++) {
            for (uint32_t j = 0; j < tested.parties.count - 1 && i < tested.parties.count - 1;
                 j++) {
                struct flow flow = {.source = tested.parties.items[i].addresses[0],
                                    .destination = tested.parties.items[j].addresses[0],
                                    .protocol = PROTO_TCP,
                                    .source_port = 40000,
                                    .destination_port = ports[k],
                                    .icmp_type = -1,
                                    .icmp_code = -1};
                one_by_one += i != j && flow_verdict(evaluator, &flow, false) == FLOW_ALLOW;
            }
        }
        for (uint32_t i = 0; i < tested.parties.count - 1; i++) { // and the rest of the world
            const struct ip_addr outside =
                tested.parties.items[tested.parties.count - 1].addresses[0];
            struct flow flow = {.source = tested.parties.items[i].addresses[0],
                                .destination = outside,
                                .protocol = PROTO_TCP,
                                .source_port = 40000,
                                .destination_port = ports[k],
                                .icmp_type = -1,
                                .icmp_code = -1};
            one_by_one += flow_verdict(evaluator, &flow, false) == FLOW_ALLOW;
            flow.source = outside;
            flow.destination = tested.parties.items[i].addresses[0];
            one_by_one += flow_verdict(evaluator, &flow, false) == FLOW_ALLOW;
        }
        ck_assert_uint_gt(one_by_one, 0);
        ck_assert_msg(by_class == one_by_one, "port %u: %zu by class, %zu one by one", ports[k],
                      by_class, one_by_one);
    }
}
END_TEST

UNIT_TESTS("expect/classes", members_are_alike, closed_counts_every_pair)
