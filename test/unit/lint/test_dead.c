// SPDX-License-Identifier: GPL-2.0-or-later
// Dead rules: the algebra against packets. Random small policies are judged twice: by boxes, and by sending the first
// packet of every interval that a rule can tell apart through the flow evaluator, which shares no code with it. A rule is
// alive if and only if one of these packets comes to it. POLC_TEST_ROUNDS and POLC_TEST_SEED change how many, and which.
#include "plan/plan_helper.h"

#include "dead.h"

#include <polc/flow.h>

enum { ROUNDS = 60, TIERS = 2, POLICIES = 4, RULES_MAX = 5 };

// ---- random policies ------------------------------------------------------------------------------------------

static uint64_t seed;

static unsigned roll(unsigned sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % sides;
}

static const char *pick(const char *const *texts, size_t count)
{
    return texts[roll((unsigned)count)];
}
#define PICK(...)                                                                                  \
    pick((const char *const[]){__VA_ARGS__}, ARRAY_COUNT(((const char *const[]){__VA_ARGS__})))

// A named port is one of known endpoints. As a source it would need packets that another endpoint's egress lets go.
static const char *random_ports(bool named)
{
    return !named ? PICK("80", "\"81:90\"")
                  : PICK("80", "81", "\"80:81\"", "\"81:90\"", "\"1:80\"", "http", "80, http",
                         "\"82:90\"");
}

static const char *random_side(bool remote, bool ports, bool named)
{
    struct strbuf text = {.arena = arena};
    if (remote && roll(2) == 0) {
        strbuf_add(&text, PICK("nets: [10.1.0.0/29], ", "nets: [10.1.0.4/30], ",
                               "nets: [10.1.0.0/30], ", "nets: [\"fd01::/126\"], ",
                               "nets: [10.1.0.0/30, 10.1.0.4/31], ", "notNets: [10.1.0.0/30], ",
                               "notNets: [\"fd01::/127\"], ", "selector: 'n == \"a\"', ",
                               "selector: 'n in {\"a\", \"b\"}', ", "notSelector: 'n == \"a\"', "));
    }
    if (!remote && roll(6) == 0) {
        strbuf_add(&text, PICK("nets: [10.0.0.1/32], ", "notNets: [10.0.0.1/32], ",
                               "selector: 'w == \"1\"', "));
    }
    if (ports && roll(2) == 0) {
        strbuf_addf(&text, "%s: [%s]", roll(4) == 0 ? "notPorts" : "ports", random_ports(named));
    }
    return strbuf_text(&text);
}

static const char *random_rule(bool ingress)
{
    const char *action = PICK("Allow", "Deny", "Pass", "Allow", "Deny", "Log");
    unsigned kind = roll(8);
    const char *protocol = kind < 3   ? "protocol: TCP, "
                           : kind < 4 ? "protocol: UDP, "
                           : kind < 5
                               ? PICK("protocol: ICMP, ", "protocol: ICMP, icmp: {type: 8}, ",
                                      "protocol: ICMP, icmp: {type: 8, code: 0}, ",
                                      "protocol: ICMP, notICMP: {type: 8, code: 0}, ",
                                      "protocol: ICMP, notICMP: {type: 8}, ")
                           : kind < 6 ? "notProtocol: TCP, "
                                      : "";
    bool ports = kind < 4;
    return arena_printf(arena, "{action: %s, %ssource: {%s}, destination: {%s}}", action, protocol,
                        random_side(ingress, ports && roll(6) == 0, false),
                        random_side(!ingress, ports, true));
}

static const char *random_rules(bool ingress)
{
    struct strbuf text = {.arena = arena};
    for (unsigned count = 1 + roll(RULES_MAX); count-- > 0;) {
        strbuf_addf(&text, "%s%s", random_rule(ingress), count > 0 ? ", " : "");
    }
    return strbuf_text(&text);
}

static const char *random_policy(unsigned number)
{
    return thing(
        roll(8) == 0 ? "StagedGlobalNetworkPolicy" : "GlobalNetworkPolicy", "",
        arena_printf(arena, "p%u", number), "",
        arena_printf(
            arena,
            "tier: t%u, order: %u, selector: '%s', types: [Ingress, Egress], ingress: [%s], egress: [%s]",
            roll(TIERS), roll(3), PICK("all()", "has(w)", "w == \"1\"", "w != \"1\""),
            random_rules(true), random_rules(false)));
}

// Of each of the four kinds that host endpoints have.
static const char *random_host_policy(unsigned number)
{
    unsigned kind = roll(4);
    const char *flags = kind == 0   ? "preDNAT: true, applyOnForward: true, "
                        : kind == 1 ? "doNotTrack: true, applyOnForward: true, "
                        : kind == 2 ? "applyOnForward: true, "
                                    : "";
    const char *egress = kind == 0 ? "types: [Ingress]"
                                   : arena_printf(arena, "types: [Ingress, Egress], egress: [%s]",
                                                  random_rules(false));
    return thing("GlobalNetworkPolicy", "", arena_printf(arena, "p%u", number), "",
                 arena_printf(arena, "tier: t%u, order: %u, selector: has(w), %s%s, ingress: [%s]",
                              roll(TIERS), roll(3), flags, egress, random_rules(true)));
}

static void add_tiers(struct strbuf *text)
{
    for (unsigned i = 0; i < TIERS; i++) {
        strbuf_add(text, thing("Tier", "", arena_printf(arena, "t%u", i), "",
                               arena_printf(arena, "order: %u, defaultAction: %s", i,
                                            PICK("Pass", "Deny"))));
    }
}

static void add_sets(struct strbuf *text)
{
    strbuf_add(text, thing("GlobalNetworkSet", "", "sa", "n: a",
                           "nets: [10.1.0.0/31, 10.1.0.4/32, \"fd01::1/128\"]"));
    strbuf_add(text, thing("GlobalNetworkSet", "", "sb", "n: b", "nets: [10.1.0.2/31]"));
}

static const char *random_host_input(void)
{
    struct strbuf text = {.arena = arena};
    add_tiers(&text);
    add_sets(&text);
    strbuf_add(&text, thing("HostEndpoint", "", "one", "w: \"1\"",
                            "node: n1, interfaceName: eth0, expectedIPs: [10.0.0.1], ports: "
                            "[{name: http, protocol: TCP, port: 80}]"));
    strbuf_add(&text, thing("HostEndpoint", "", "two", "w: \"2\"",
                            "node: n1, interfaceName: eth1, expectedIPs: [10.0.0.2, \"fd00::2\"]"));
    strbuf_add(&text, thing("FelixConfiguration", "", "default", "",
                            "failsafeInboundHostPorts: [{protocol: TCP, port: 80}, {protocol: UDP, "
                            "port: 81, net: 10.1.0.0/30}]"));
    for (unsigned i = 0; i < POLICIES; i++) {
        strbuf_add(&text, random_host_policy(i));
    }
    return strbuf_text(&text);
}

static const char *random_input(void)
{
    struct strbuf text = {.arena = arena};
    add_tiers(&text);
    strbuf_add(&text, thing("WorkloadEndpoint", "a", "one", "w: \"1\"",
                            "node: n1, interfaceName: cali1, ipNetworks: [10.0.0.1/32], ports: "
                            "[{name: http, protocol: TCP, port: 80}]"));
    strbuf_add(&text, thing("WorkloadEndpoint", "a", "two", "w: \"2\"",
                            "node: n1, interfaceName: cali2, ipNetworks: [10.0.0.2/32, "
                            "\"fd00::2/128\"], ports: [{name: http, protocol: TCP, port: 82}, "
                            "{name: http, protocol: UDP, port: 81}]"));
    add_sets(&text);
    for (unsigned i = 0; i < POLICIES; i++) {
        strbuf_add(&text, random_policy(i));
    }
    return strbuf_text(&text);
}

// ---- packets --------------------------------------------------------------------------------------------------

struct marks {
    struct plan *plan;
    bool *reached[PLAN_DIRECTIONS]; // by policy and rule
};

static size_t mark_index(size_t policy, size_t rule)
{
    return policy * (RULES_MAX + 1) + rule;
}

static void mark_steps(struct marks *marks, const struct flow_stage *stage)
{
    for (size_t i = 0; i < stage->enforced.count; i++) {
        const struct flow_step *step = &stage->enforced.items[i];
        if (step->rule == NULL || step->result == FLOW_STEP_NO_MATCH) {
            continue;
        }
        for (size_t j = 0; j < marks->plan->policies.count; j++) {
            if (step->policy == &marks->plan->policies.items[j]) {
                marks->reached[stage->direction][mark_index(
                    j, (size_t)(step->rule - step->policy->rules[stage->direction].items))] = true;
            }
        }
    }
}

static struct ip_addr addr(const char *text)
{
    struct ip_addr ret;
    ck_assert_int_eq(ip_addr_parse(text, strlen(text), &ret), ADDR_OK);
    return ret;
}

static void send(struct marks *marks, struct flow_evaluator *evaluator, struct flow flow)
{
    struct arena_mark mark = arena_mark(arena);
    struct flow_trace trace = {0};
    flow_trace(evaluator, arena, &flow, &trace);
    for (size_t i = 0; i < trace.stages.count; i++) {
        mark_steps(marks, &trace.stages.items[i]);
    }
    arena_rewind(arena, mark);
}

// Every port and type that a rule can tell from the one before it.
static void send_pair(struct marks *marks, struct flow_evaluator *evaluator, struct ip_addr source,
                      struct ip_addr destination)
{
    static const uint16_t ports[] = {0, 1, 80, 81, 82, 83, 91};
    static const uint8_t protocols[] = {PROTO_TCP, PROTO_UDP};
    struct flow flow = {
        .source = source, .destination = destination, .icmp_type = -1, .icmp_code = -1};
    for (size_t i = 0; i < ARRAY_COUNT(protocols); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(ports) * ARRAY_COUNT(ports); j++) {
            flow.protocol = protocols[i];
            flow.source_port = ports[j / ARRAY_COUNT(ports)];
            flow.destination_port = ports[j % ARRAY_COUNT(ports)];
            send(marks, evaluator, flow);
        }
    }
    flow.source_port = flow.destination_port = 0;
    flow.protocol = 99;
    send(marks, evaluator, flow);
    flow.protocol = PROTO_ICMP;
    for (int16_t i = 0; i < 9; i++) {
        flow.icmp_type = 7 + i / 3;
        flow.icmp_code = i % 3;
        send(marks, evaluator, flow);
    }
}

static void send_all(struct marks *marks, struct flow_evaluator *evaluator)
{
    static const struct {
        const char *own;
        const char *others[12];
    } ends[] = {
        {"10.0.0.1",
         {"10.0.255.255", "10.1.0.0", "10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5",
          "10.1.0.6", "10.1.0.7", "10.1.0.8"}},
        {"10.0.0.2",
         {"10.0.255.255", "10.1.0.0", "10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5",
          "10.1.0.6", "10.1.0.7", "10.1.0.8"}},
        {"fd00::2", {"fd01::", "fd01::1", "fd01::2", "fd01::3", "fd01::4"}},
    };
    for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
        for (size_t j = 0; ends[i].others[j] != NULL; j++) {
            struct ip_addr own = addr(ends[i].own);
            struct ip_addr other = addr(ends[i].others[j]);
            send_pair(marks, evaluator, other, own);
            send_pair(marks, evaluator, own, other);
        }
        for (size_t j = 0; j < ARRAY_COUNT(ends); j++) { // where named ports are
            struct ip_addr own = addr(ends[i].own);
            struct ip_addr other = addr(ends[j].own);
            if (own.family == other.family) {
                send_pair(marks, evaluator, own, other);
            }
        }
    }
}

// ---- the two judgements ---------------------------------------------------------------------------------------

// The packet that a finding shows is decided by whom the finding names.
static void check_witness(struct judge *judge, struct flow_evaluator *evaluator,
                          const struct verdict *verdict, int direction, const char *input)
{
    const struct decider *decider = &verdict->deciders.items[verdict->main];
    struct witness witness = witness_of(judge, verdict->class, &decider->sample, verdict->family);
    unsigned protocol = (unsigned)witness.sides[SIDE_PROTOCOL];
    bool icmp = protocol == PROTO_ICMP || protocol == PROTO_ICMPV6;
    struct flow flow = {
        .source = addr_of_wide(witness.sides[SIDE_SOURCE], witness.family),
        .destination = addr_of_wide(witness.sides[SIDE_DESTINATION], witness.family),
        .protocol = (uint8_t)protocol,
        .source_port = proto_has_ports(protocol) ? (uint16_t)witness.sides[SIDE_SOURCE_PORT] : 0,
        .destination_port =
            proto_has_ports(protocol) ? (uint16_t)witness.sides[SIDE_DESTINATION_PORT] : 0,
        .icmp_type = icmp ? (int16_t)(witness.sides[SIDE_ICMP] / 256) : -1,
        .icmp_code = icmp ? (int16_t)(witness.sides[SIDE_ICMP] % 256) : -1,
    };
    struct arena_mark mark = arena_mark(arena);
    struct flow_trace trace = {0};
    flow_trace(evaluator, arena, &flow, &trace);
    for (size_t i = 0; i < trace.stages.count; i++) {
        const struct flow_stage *stage = &trace.stages.items[i];
        if (stage->direction != direction || decider->kind != DECIDED_BY_RULE) {
            continue;
        }
        bool met = false;
        for (size_t j = 0; j < stage->enforced.count; j++) {
            met |= stage->enforced.items[j].rule == decider->rule &&
                   stage->enforced.items[j].result != FLOW_STEP_NO_MATCH;
        }
        if (!met) {
            fputs(input, stderr);
        }
        ck_assert_msg(met, "%s is not decided by rule %u of %s", witness_text(arena, &witness),
                      decider->rule->index, decider->policy->id);
    }
    arena_rewind(arena, mark);
}

// `exact`: what is alive must be met by one of the packets. Of a host not every address is known, so a rule may live by
// a packet that nobody sent; a dead one is dead all the same.
static void compare(struct marks *marks, struct judge *judge, struct dead *dead,
                    struct flow_evaluator *evaluator, bool exact, const char *input)
{
    for (size_t i = 0; i < marks->plan->policies.count; i++) {
        const struct plan_policy *policy = &marks->plan->policies.items[i];
        for (int direction = 0; direction < PLAN_DIRECTIONS && !policy->staged; direction++) {
            for (size_t j = 0; j < policy->rules[direction].count; j++) {
                struct target target = {(uint32_t)i, j};
                struct verdict verdict = dead_judge(dead, direction, target);
                bool reached = marks->reached[direction][mark_index(i, j)];
                ck_assert_uint_ne(verdict.fate, FATE_UNKNOWN);
                bool alive = verdict.fate == FATE_ALIVE;
                bool agreed = exact ? alive == reached : alive || !reached;
                if (!agreed) {
                    fputs(input, stderr); // too long for a message
                }
                ck_assert_msg(agreed, "%s %s rule %zu: %s, but packets %s it", policy->id,
                              direction == PLAN_IN ? "ingress" : "egress", j,
                              verdict.fate == FATE_ALIVE ? "alive" : "dead",
                              reached ? "come to" : "do not come to");
                if (verdict.fate == FATE_DEAD && exact) {
                    check_witness(judge, evaluator, &verdict, direction, input);
                }
            }
        }
    }
}

static size_t count_dead(struct marks *marks)
{
    size_t dead = 0;
    for (size_t i = 0; i < marks->plan->policies.count; i++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            for (size_t j = 0; j < marks->plan->policies.items[i].rules[direction].count; j++) {
                dead += !marks->reached[direction][mark_index(i, j)];
            }
        }
    }
    return dead;
}

static size_t run_round(bool hosts)
{
    const char *input = hosts ? random_host_input() : random_input();
    struct marks marks = {.plan = plan_of(input, "n1")};
    struct arena *judged = arena_new((size_t)1 << 28);
    struct arena *scratch = arena_new((size_t)1 << 28);
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        marks.reached[direction] =
            arena_array_of(arena, bool, mark_index(marks.plan->policies.count, 0));
    }
    struct flow_evaluator *evaluator = flow_evaluator_new(arena, marks.plan);
    send_all(&marks, evaluator);
    struct lint lint = {.arena = judged, .plan = marks.plan};
    struct judge *judge = judge_new(judged, &lint);
    compare(&marks, judge, dead_new(scratch, &lint, judge), evaluator, !hosts, input);
    arena_free(judged);
    arena_free(scratch);
    return count_dead(&marks);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text != NULL && text[0] != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static void run_rounds(bool hosts)
{
    uint64_t first = number_from("POLC_TEST_SEED", 1);
    uint64_t rounds = number_from("POLC_TEST_ROUNDS", ROUNDS);
    size_t dead = 0;
    for (uint64_t i = 0; i < rounds; i++) {
        seed = (first + i) * UINT64_C(0x9e3779b97f4a7c15);
        struct arena_mark mark = arena_mark(arena);
        dead += run_round(hosts);
        arena_rewind(arena, mark);
    }
    ck_assert_uint_gt(dead, rounds); // else the policies are too tame to prove anything
}

START_TEST(the_algebra_agrees_with_packets)
{
    run_rounds(false);
}
END_TEST

START_TEST(what_is_dead_on_hosts_is_dead_for_packets)
{
    run_rounds(true);
}
END_TEST

UNIT_TESTS("lint/dead", the_algebra_agrees_with_packets, what_is_dead_on_hosts_is_dead_for_packets)
