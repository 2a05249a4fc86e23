// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of a file of flows: what can be read is traced against a fixed policy; the trace must agree with the verdict
// alone, and each string of it must have its five parts. The same when nobody knows the names of destinations: what is
// certain then is what it is without any name, and what is not is denied without them.
#include <polc/flowlog.h>
#include <polc/resolve.h>
#include <polc/validate.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Both families, named ports, sets, both kinds of tiers, staged policies, a profile, host endpoints of every stage.
static const char policy[] =
    "apiVersion: v1\n"
    "kind: Pod\n"
    "metadata: {name: web, namespace: a, labels: {role: web}}\n"
    "spec: {nodeName: n1, containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}\n"
    "status: {podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}\n"
    "---\n"
    "apiVersion: projectcalico.org/v3\n"
    "kind: WorkloadEndpoint\n"
    "metadata: {name: db, namespace: a, labels: {role: db}}\n"
    "spec: {node: n1, interfaceName: cali-db, ipNetworks: [10.0.0.2/32, 'fd00::2/128'], profiles: [open]}\n"
    "---\n"
    "apiVersion: projectcalico.org/v3\n"
    "kind: Profile\n"
    "metadata: {name: open}\n"
    "spec: {ingress: [{action: Pass, protocol: UDP}, {action: Allow}], egress: [{action: Allow}]}\n"
    "---\n"
    "apiVersion: projectcalico.org/v3\n"
    "kind: HostEndpoint\n"
    "metadata: {name: host, labels: {role: host}}\n"
    "spec: {node: n1, interfaceName: eth0, profiles: [projectcalico-default-allow]}\n"
    "---\n"
    "apiVersion: projectcalico.org/v3\n"
    "kind: GlobalNetworkSet\n"
    "metadata: {name: outside, labels: {role: outside}}\n"
    "spec: {nets: [192.0.2.0/24, '2001:db8::/32'], allowedEgressDomains: ['*.example.net']}\n"
    "---\n"
    "apiVersion: projectcalico.org/v3\n"
    "kind: Tier\n"
    "metadata: {name: first}\n"
    "spec: {order: 1, defaultAction: Pass}\n"
    "---\n"
    "apiVersion: projectcalico.org/v3\n"
    "kind: GlobalNetworkPolicy\n"
    "metadata: {name: first.icmp}\n"
    "spec:\n"
    "  tier: first\n"
    "  applyOnForward: true\n"
    "  ingress:\n"
    "  - {action: Log}\n"
    "  - {action: Deny, protocol: ICMP, notICMP: {type: 8, code: 0}}\n"
    "  - {action: Deny, notProtocol: TCP, source: {notSelector: has(role)}}\n"
    "---\n"
    "apiVersion: projectcalico.org/v3\n"
    "kind: StagedGlobalNetworkPolicy\n"
    "metadata: {name: staged}\n"
    "spec: {order: 1, ingress: [{action: Deny, source: {selector: role == 'outside'}}]}\n"
    "---\n"
    "apiVersion: projectcalico.org/v3\n"
    "kind: NetworkPolicy\n"
    "metadata: {name: web, namespace: a}\n"
    "spec:\n"
    "  selector: role == 'web'\n"
    "  ingress:\n"
    "  - {action: Allow, destination: {ports: [http]}}\n"
    "  - {action: Allow, protocol: UDP, source: {ports: ['1000:2000'], notNets: [10.0.0.2/32]}}\n"
    "  egress:\n"
    "  - {action: Allow, protocol: TCP, destination: {notPorts: [443]}}\n"
    "  - {action: Allow, destination: {domains: [www.example.com, '*.example.org'], ports: [443]}, protocol: TCP}\n"
    "  - {action: Allow, protocol: UDP, destination: {selector: role == 'outside'}}\n"
    "---\n"
    "apiVersion: projectcalico.org/v3\n"
    "kind: GlobalNetworkPolicy\n"
    "metadata: {name: early}\n"
    "spec: {selector: role == 'host', preDNAT: true, applyOnForward: true,\n"
    "  ingress: [{action: Deny, protocol: TCP, destination: {ports: [8080]}}]}\n"
    "---\n"
    "apiVersion: projectcalico.org/v3\n"
    "kind: GlobalNetworkPolicy\n"
    "metadata: {name: untracked}\n"
    "spec: {selector: role == 'host', doNotTrack: true, applyOnForward: true,\n"
    "  ingress: [{action: Allow, protocol: UDP, destination: {ports: [53]}}]}\n";

static const struct plan *plan;
static const struct flow_evaluator *evaluator;
static struct flow_evaluator *open; // to which names are not known

static void require(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void prepare(void)
{
    static struct cidr address = {{IP_V4, {172, 16, 0, 1}}, 24};
    struct arena *arena = arena_new((size_t)64 << 20);
    struct sources *sources = sources_new(arena);
    struct diags *diags = diags_new(arena, sources);
    struct resources *resources = arena_new_of(arena, struct resources);
    struct host_node node = {.name = "n1"};
    struct host_inventory inventory = {0};
    vec_push(arena, &node,
             (struct host_interface){.name = "eth0", .addresses = &address, .address_count = 1});
    vec_push(arena, &inventory, node);
    const struct loader loader = {
        arena, sources, diags, NULL, res_decode_object, res_decoder_new(arena, diags, resources)};
    load_text(&loader, "policy.yaml", policy, sizeof policy - 1);
    validate(arena, diags, resources);
    require(diags_count(diags, DIAG_ERROR) == 0);
    plan = plan_build(arena, resolve(arena, diags, resources, "n1", &inventory));
    evaluator = flow_evaluator_new(arena, plan);
    open = flow_evaluator_new(arena, plan);
    flow_evaluator_set_names(open, NULL, false);
}

static void check_strings(struct arena *arena, const struct flow_stage *stage, enum flow_view view)
{
    struct flow_strings strings = {0};
    flow_strings_add(arena, plan, stage, view, &strings);
    for (size_t i = 0; i < strings.count; i++) {
        int bars = 0;
        for (const char *at = strings.items[i]; *at != '\0'; at++) {
            bars += *at == '|';
        }
        require(bars == 4);
    }
}

static void check_flow(struct arena *arena, const struct flow *flow)
{
    struct flow_trace trace;
    require(flow->source.family == flow->destination.family);
    flow_trace(evaluator, arena, flow, &trace);
    require(trace.verdict == flow_verdict(evaluator, flow, false));
    require(trace.pending_verdict == flow_verdict(evaluator, flow, true));
    flow_service_text(arena, flow);
    for (size_t i = 0; i < trace.stages.count; i++) {
        const struct flow_stage *stage = &trace.stages.items[i];
        require(trace.verdict == FLOW_DENY || stage->verdict == FLOW_ALLOW);
        check_strings(arena, stage, FLOW_VIEW_ENFORCED);
        check_strings(arena, stage, FLOW_VIEW_PENDING);
        check_strings(arena, stage, FLOW_VIEW_ALL);
    }
}

static void check_doubt(struct arena *arena, const struct flow *flow)
{
    struct flow_trace trace;
    flow_trace(open, arena, flow, &trace);
    for (int staged = 0; staged < 2; staged++) {
        uint8_t verdict = staged ? trace.pending_verdict : trace.verdict;
        bool uncertain = verdict == FLOW_UNCERTAIN;
        require(verdict == flow_verdict_or_doubt(open, flow, staged));
        require(flow_verdict(evaluator, flow, staged) == (uncertain ? FLOW_DENY : verdict));
        require(uncertain == (flow_uncertain_stage(&trace, staged) != NULL &&
                              flow_denying_stage(&trace, staged) == NULL));
        require(!uncertain || flow->names == NULL || flow->names->count == 0);
    }
    struct flow_reports reports;
    flow_reports_make(arena, plan, &trace, &reports);
    for (size_t i = 0; i < reports.count; i++) {
        require((reports.items[i].verdict == FLOW_UNCERTAIN) ==
                (reports.items[i].maybes.count > 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (plan == NULL) {
        prepare();
    }
    if (size == 0) { // blank lines are skipped before
        return 0;
    }
    struct arena *arena = arena_new((size_t)256 << 20);
    struct flow flow;
    struct flow_record_error error = {0};
    struct flowlog_reader *reader = flowlog_reader_new(arena);
    struct flowlog_names *names = flowlog_names_new(arena, plan);
    if (flowlog_read_flow(reader, names, (const char *)data, size, &flow, &error)) {
        check_flow(arena, &flow);
        check_doubt(arena, &flow);
    } else {
        require(error.message != NULL && error.offset + error.length <= size);
    }
    arena_free(arena);
    return 0;
}
