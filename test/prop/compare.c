// SPDX-License-Identifier: GPL-2.0-or-later
// Evaluator against simulator: new connections must get the same verdict; packets of known connections and invalid ones
// must get what the rules for them say.
#include "compare.h"

#include "counts.h"
#include "names.h"
#include "promote.h"
#include "records.h"
#include "scene.h"

bool subject_make(struct arena *arena, const struct test_case *test_case, struct subject *ret,
                  FILE *errors)
{
    struct built built;
    if (!build_case(arena, test_case, SCENE_NODE, &built, errors)) {
        return false;
    }
    *ret = (struct subject){.arena = arena,
                            .plan = built.plan,
                            .ruleset = built.ruleset,
                            .evaluator = flow_evaluator_new(arena, built.plan)};
    memcpy(ret->by_pass, built.by_pass, sizeof ret->by_pass);
    ref_make(arena, built.resources, &ret->ref);
    everywhere_make(arena, test_case, &ret->everywhere);
    ret->book = names_book(arena);
    names_elements(arena, ret->plan, &ret->elements);
    struct test_case promoted;
    if (promote_case(arena, test_case, &promoted) &&
        build_case(arena, &promoted, SCENE_NODE, &built, NULL)) {
        ret->promoted = built.ruleset;
        names_elements(arena, built.plan, &ret->promoted_elements);
    }
    return true;
}

void subject_set_names(struct subject *subject, bool known)
{
    const struct dns_book *book = known ? subject->book : NULL;
    subject->names = subject->ref.names = known;
    flow_evaluator_set_names(subject->evaluator, book, true);
    everywhere_set_names(&subject->everywhere, book, true);
}

// Every bit of the mark may be set by somebody else before polc sees the packet, and rate limits may be used up: neither
// may change a verdict. Both follow from the probe, so that it stays the same when it is tried again.
static struct sim_packet packet_of(const struct probe *probe, uint32_t ct_state)
{
    const struct flow *flow = &probe->flow;
    uint32_t variant = flow->source_port + flow->destination_port + flow->source.bytes[3];
    return (struct sim_packet){
        .source = flow->source,
        .destination = flow->destination,
        .protocol = flow->protocol,
        .source_port = flow->source_port,
        .destination_port = flow->destination_port,
        .icmp_type = flow->icmp_type >= 0 ? (uint8_t)flow->icmp_type : 0,
        .icmp_code = flow->icmp_code >= 0 ? (uint8_t)flow->icmp_code : 0,
        .in_interface = probe->in_interface,
        .out_interface = probe->out_interface,
        .ct_state = ct_state,
        .mark = variant & 1 ? UINT32_MAX : 0,
        .limits_exceeded = variant & 2,
    };
}

enum sim_verdict subject_simulate(const struct subject *subject, const struct probe *probe,
                                  uint32_t ct_state, struct sim *sim)
{
    struct sim_packet packet = packet_of(probe, ct_state);
    sim->ruleset = subject->ruleset;
    sim->domains = subject->names ? &subject->elements : NULL;
    return sim_packet_way(sim, &packet);
}

bool plan_has_untracked(const struct plan *plan)
{
    for (size_t i = 0; i < plan->classes.count; i++) {
        if (plan->classes.items[i].stage == PLAN_UNTRACKED) {
            return true;
        }
    }
    return false;
}

static bool has_stage(const struct flow_trace *trace, enum plan_stage stage)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        if (trace->stages.items[i].host != NULL && trace->stages.items[i].stage == stage) {
            return true;
        }
    }
    return false;
}

static bool judges_workload(const struct flow_trace *trace)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        if (stage->endpoint != NULL && stage->enforced.count > 0) {
            return true;
        }
    }
    return false;
}

// Each stage that policies have decided, against the reference that knows the resources alone.
static const char *compare_stages(const struct subject *subject, const struct probe *probe,
                                  const struct flow_trace *trace)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        bool decided = stage->reason == FLOW_BY_RULE || stage->reason == FLOW_BY_TIER_END ||
                       stage->reason == FLOW_BY_NO_PROFILE || stage->reason == FLOW_BY_FALL_THROUGH;
        const char *id = stage->host != NULL       ? stage->host->id
                         : stage->endpoint != NULL ? stage->endpoint->id
                                                   : NULL;
        if (!decided || id == NULL) {
            continue;
        }
        enum ref_verdict verdict = ref_judge(&subject->ref, id, (enum plan_stage)stage->stage,
                                             (enum plan_direction)stage->direction, &probe->flow);
        if (verdict != REF_UNKNOWN && (verdict == REF_DENY) != (stage->verdict == FLOW_DENY)) {
            return verdict == REF_DENY ? "the plan allows what the resources deny"
                                       : "the plan denies what the resources allow";
        }
    }
    return NULL;
}

// What the host sends and NAT redirects is judged by where it goes in the end, whatever routing said first.
static const char *compare_redirected(const struct subject *subject, const struct probe *probe,
                                      const struct flow_trace *trace)
{
    struct sim sim = {.ruleset = subject->ruleset,
                      .domains = subject->names ? &subject->elements : NULL};
    struct sim_packet packet = packet_of(probe, SIM_CT_NEW);
    if (probe->in_interface[0] != '\0' || plan_has_untracked(subject->plan) ||
        probe->flow.protocol == PROTO_ICMPV6) { // neighbour discovery is not redirected
        return NULL;
    }
    packet.destination_changed = true;
    packet.first_out_interface = scene_outside[probe->flow.source.bytes[3] % SCENE_OUTSIDE];
    bool passes = sim_packet_way(&sim, &packet) == SIM_ACCEPT;
    return passes == (trace->verdict == FLOW_ALLOW) ? NULL
                                                    : "a redirected packet gets another verdict";
}

static bool decides(const struct flow_trace *trace, enum flow_reason reason)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        if (trace->stages.items[i].reason == reason) {
            return true;
        }
    }
    return false;
}

// Packets of a known connection pass, but those of a workload with an address that is not its own, unless they go to its
// host. Connection tracking has none of neighbour discovery and DHCP, and addresses of the link do not leave it.
static const char *compare_established(const struct subject *subject, const struct probe *probe,
                                       const struct flow_trace *trace)
{
    static const struct cidr link_local = {{IP_V6, {0xfe, 0x80}}, 10};
    struct sim sim = {0};
    bool spoofed = decides(trace, FLOW_BY_SPOOF) && probe->out_interface[0] != '\0';
    if (decides(trace, FLOW_BY_DISCOVERY) ||
        (spoofed && cidr_contains_addr(link_local, probe->flow.source))) {
        return NULL;
    }
    bool passes = subject_simulate(subject, probe, SIM_CT_ESTABLISHED, &sim) == SIM_ACCEPT;
    if (passes && spoofed) {
        return "a workload speaks in the connection of somebody else";
    }
    return passes || spoofed ? NULL : "a packet of an established connection is dropped";
}

// What is judged before connection tracking knows no connections. Invalid packets do not pass where a workload's policy
// judges them, and what concerns no endpoint is left alone.
static const char *compare_states(const struct subject *subject, const struct probe *probe,
                                  const struct flow_trace *trace)
{
    struct sim sim = {0};
    bool untracked = has_stage(trace, PLAN_UNTRACKED);
    const char *problem = untracked ? NULL : compare_established(subject, probe, trace);
    if (problem != NULL) {
        return problem;
    }
    bool invalid_passes = subject_simulate(subject, probe, SIM_CT_INVALID, &sim) == SIM_ACCEPT;
    if (trace->stages.count == 0 && !invalid_passes) {
        return "an invalid packet that concerns no endpoint is dropped";
    }
    if (subject->plan->settings.conntrack_invalid_check && judges_workload(trace) && !untracked &&
        invalid_passes) {
        return "an invalid packet passes";
    }
    return sim.error;
}

// The evaluator with staged policies counted, against the ruleset of the case in which they are enforced.
static const char *compare_promoted(const struct subject *subject, const struct probe *probe)
{
    struct sim sim = {0};
    struct subject promoted = *subject;
    promoted.ruleset = subject->promoted;
    promoted.elements = subject->promoted_elements;
    if (subject->promoted == NULL) {
        return NULL;
    }
    bool passes = subject_simulate(&promoted, probe, SIM_CT_NEW, &sim) == SIM_ACCEPT;
    enum flow_verdict verdict = flow_verdict(subject->evaluator, &probe->flow, true);
    return passes == (verdict == FLOW_ALLOW) ? NULL
           : passes ? "with its staged policies enforced the ruleset allows, the evaluator denies"
                    : "with its staged policies enforced the ruleset denies, the evaluator allows";
}

// What the passes of the optimizer do changes no verdict.
static const char *compare_passes(const struct subject *subject, const struct probe *probe,
                                  bool passes)
{
    static const char *const problems[BUILD_PASSES] = {
        "without the optimizer the verdict is another", "PLAN_PRUNE alone changes the verdict",
        "PLAN_MERGE alone changes the verdict", "PLAN_FLATTEN alone changes the verdict"};
    for (size_t i = 0; i < BUILD_PASSES; i++) {
        struct sim sim = {0};
        struct subject other = *subject;
        other.ruleset = subject->by_pass[i];
        if ((subject_simulate(&other, probe, SIM_CT_NEW, &sim) == SIM_ACCEPT) != passes) {
            return problems[i];
        }
    }
    return NULL;
}

static const char *compare_once(const struct subject *subject, const struct probe *probe)
{
    struct sim sim = {0};
    struct flow_trace trace;
    enum flow_verdict verdict = flow_verdict(subject->evaluator, &probe->flow, false);
    bool passes = subject_simulate(subject, probe, SIM_CT_NEW, &sim) == SIM_ACCEPT;
    if (sim.error != NULL) {
        return sim.error;
    }
    if (passes != (verdict == FLOW_ALLOW)) {
        return passes ? "the ruleset allows, the evaluator denies"
                      : "the evaluator allows, the ruleset denies";
    }
    struct arena_mark mark = arena_mark(subject->arena);
    flow_trace(subject->evaluator, subject->arena, &probe->flow, &trace);
    const char *problem = compare_states(subject, probe, &trace);
    problem = problem != NULL ? problem : compare_stages(subject, probe, &trace);
    problem = problem != NULL ? problem
                              : everywhere_compare(&subject->everywhere, subject->plan, probe,
                                                   verdict == FLOW_ALLOW);
    problem = problem != NULL ? problem : compare_redirected(subject, probe, &trace);
    problem = problem != NULL ? problem : records_compare(subject, probe, &trace);
    problem = problem != NULL ? problem : compare_promoted(subject, probe);
    problem = problem != NULL ? problem : compare_passes(subject, probe, passes);
    problem = problem != NULL ? problem : counts_compare(subject, probe, &trace);
    if (trace.verdict != verdict) {
        problem = "the evaluator's trace has another verdict than its short form";
    }
    arena_rewind(subject->arena, mark);
    return problem;
}

const char *subject_compare(struct subject *subject, const struct probe *probe)
{
    subject_set_names(subject, false);
    const char *problem = compare_once(subject, probe);
    if (problem == NULL && subject->plan->domains.count > 0) {
        subject_set_names(subject, true);
        problem = compare_once(subject, probe);
    }
    return problem;
}

static const char *const stage_names[PLAN_STAGES] = {"normal", "forward", "preDNAT", "untracked"};

void subject_explain(const struct subject *subject, const struct probe *probe, FILE *out)
{
    struct strbuf text = {.arena = subject->arena};
    struct sim sim = {.trace = &text};
    struct flow_trace trace;
    flow_trace(subject->evaluator, subject->arena, &probe->flow, &trace);
    fprintf(out, "  names: %s\n", subject->names ? "known" : "not known");
    fprintf(out, "  evaluator: %s\n", trace.verdict == FLOW_ALLOW ? "allow" : "deny");
    for (size_t i = 0; i < trace.stages.count; i++) {
        const struct flow_stage *stage = &trace.stages.items[i];
        fprintf(out, "    %s %s %s: %s, reason %u\n", stage_names[stage->stage],
                stage->direction == PLAN_IN ? "in" : "out",
                stage->endpoint != NULL ? stage->endpoint->id
                : stage->host != NULL   ? stage->host->id
                                        : "-",
                stage->verdict == FLOW_ALLOW ? "allow" : "deny", stage->reason);
    }
    bool passes = subject_simulate(subject, probe, SIM_CT_NEW, &sim) == SIM_ACCEPT;
    fprintf(out, "  simulator: %s\n%s", passes ? "allow" : "deny", strbuf_text(&text));
}
