// SPDX-License-Identifier: GPL-2.0-or-later
// What the ruleset records of a new connection, against what the evaluator says of it. That no rule behind the recording
// one changes the verdict follows from the verdicts being equal.
#include "records.h"

static bool is_denied(const struct sim_record *record)
{
    return text_begins(record->set->name, SET_DENIED);
}

static uint16_t port_of(const struct flow *flow)
{
    switch (flow->protocol) {
    case PROTO_TCP:
    case PROTO_UDP:
    case PROTO_SCTP:
        return flow->destination_port;
    case PROTO_ICMP:
    case PROTO_ICMPV6:
        return (uint16_t)((flow->icmp_type >= 0 ? flow->icmp_type : 0) << 8 |
                          (flow->icmp_code >= 0 ? flow->icmp_code : 0));
    default:
        return 0;
    }
}

static bool is_of(const struct sim_record *record, const struct flow *flow)
{
    return record->set->family == flow->source.family &&
           ip_addr_compare(record->source, flow->source) == 0 &&
           ip_addr_compare(record->destination, flow->destination) == 0 &&
           record->protocol == flow->protocol && record->port == port_of(flow);
}

enum expected { NOT_RECORDED, RECORDED, EITHER };

// Also where only staged policies stand, of which the trace says nothing when an earlier stage would have decided with them.
static bool has_policies(const struct plan *plan, const struct flow_stage *stage)
{
    uint32_t class =
        stage->host != NULL ? stage->host->classes[stage->stage][stage->direction] : PLAN_NO_CLASS;
    return class != PLAN_NO_CLASS && plan->classes.items[class].tiers.count > 0;
}

// Of a stage that lets the flow through.
static enum expected expect_allowed(const struct plan *plan, const struct flow_stage *stage)
{
    bool judged = stage->endpoint != NULL || stage->host != NULL;
    switch ((enum flow_reason)stage->reason) {
    case FLOW_BY_RULE:
    case FLOW_BY_HOST_ACTION:
        return judged ? RECORDED : NOT_RECORDED;
    case FLOW_BY_FAILSAFE:
        return stage->stage == PLAN_NORMAL ? RECORDED : NOT_RECORDED;
    case FLOW_BY_FALL_THROUGH: // judged by the policies of a stage that allow by having no rule for it
        return stage->stage == PLAN_FORWARD && has_policies(plan, stage) ? RECORDED : NOT_RECORDED;
    case FLOW_BY_TIER_END:
    case FLOW_BY_NO_PROFILE:
    case FLOW_BY_SPOOF:
    case FLOW_BY_NO_WORKLOAD:
    case FLOW_BY_TUNNEL:
    case FLOW_BY_DISCOVERY:
    case FLOW_BY_EARLIER:
    case FLOW_BY_LOCAL:
    case FLOW_BY_NOTHING:
    case FLOW_BY_DOMAINS: // here it is known which names there are
    case FLOW_REASON_COUNT:
        break;
    }
    return NOT_RECORDED;
}

// A source that no endpoint has opens nothing; a destination that none has was perhaps asked for by one.
static enum expected expect_denied(const struct plan *plan, const struct flow_trace *trace)
{
    bool host_denied = trace->reason == FLOW_BY_SPOOF && plan->hosts.count > 0; // before
    return host_denied || trace->reason == FLOW_BY_NO_WORKLOAD ? EITHER
           : trace->reason == FLOW_BY_SPOOF                    ? NOT_RECORDED
                                                               : RECORDED;
}

bool records_is_discovery(const struct flow *flow)
{
    return flow->protocol == PROTO_ICMPV6 &&
           ((flow->icmp_type >= 130 && flow->icmp_type <= 136) || flow->icmp_type == 143);
}

// What connection tracking is not to see is no connection.
static enum expected expect(const struct plan *plan, const struct flow *flow,
                            const struct flow_trace *trace)
{
    enum expected expected = NOT_RECORDED;
    if (records_is_discovery(flow)) {
        return EITHER;
    }
    if (trace->verdict == FLOW_DENY) {
        return expect_denied(plan, trace);
    }
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        bool untracked = stage->stage == PLAN_UNTRACKED && stage->reason != FLOW_BY_FALL_THROUGH;
        if (untracked || stage->reason == FLOW_BY_DISCOVERY) {
            return EITHER;
        }
        if (expect_allowed(plan, stage) == RECORDED) {
            expected = RECORDED;
        }
    }
    return expected;
}

const char *records_compare(const struct subject *subject, const struct probe *probe,
                            const struct flow_trace *trace)
{
    struct sim sim = {.arena = subject->arena}, full = {.full = true};
    bool passes = subject_simulate(subject, probe, SIM_CT_NEW, &sim) == SIM_ACCEPT;
    enum expected expected = expect(subject->plan, &probe->flow, trace);
    if ((subject_simulate(subject, probe, SIM_CT_NEW, &full) == SIM_ACCEPT) != passes) {
        return "a full flow table changes the verdict";
    }
    if (subject->plan->settings.flow_size == 0) {
        return sim.records.count == 0 ? NULL : "something is recorded without a flow table";
    }
    if (sim.records.count > 1) {
        return "one packet is recorded more than once";
    }
    if (sim.records.count == 0) {
        return expected == RECORDED ? "a connection that policy judged is not recorded" : NULL;
    }
    const struct sim_record *record = &sim.records.items[0];
    if (expected == NOT_RECORDED) {
        return "a connection that concerns no policy is recorded";
    }
    if (is_denied(record) == passes) {
        return passes ? "what is allowed is recorded as denied"
                      : "what is denied is recorded as allowed";
    }
    return is_of(record, &probe->flow) ? NULL : "a flow is recorded that there was not";
}
