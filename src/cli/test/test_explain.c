// SPDX-License-Identifier: GPL-2.0-or-later
// Why a case does not hold: the flows that are not as expected, what decided them, and the command that explains it.
#include "test.h"
#include "trace.h"

enum { SHOWN = 3, SHOWN_CLOSED = 12 };

// ---- one flow ---------------------------------------------------------------------------------------------------

// Whether two flows of one case say the same to a person: the same ends and the same service.
static bool says_same(const struct expect_flow *a, const struct expect_flow *b)
{
    return a->from == b->from && a->to == b->to && a->allowed == b->allowed &&
           a->arrived == b->arrived && a->flow.protocol == b->flow.protocol &&
           a->flow.destination_port == b->flow.destination_port &&
           a->flow.icmp_type == b->flow.icmp_type && a->flow.icmp_code == b->flow.icmp_code;
}

static const char *end_text(struct arena *arena, const struct expect_party *party,
                            struct ip_addr addr)
{
    char text[IP_TEXT_MAX];
    ip_addr_text(addr, text);
    return strcmp(party->name, text) == 0 ? party->name
                                          : arena_printf(arena, "%s %s", party->name, text);
}

static const char *service_text(struct arena *arena, const struct expect_flow *flow)
{
    struct strbuf text = {.arena = arena};
    strbuf_add(&text, flow_service_text(arena, &flow->flow));
    if (flow->last_port > flow->flow.destination_port) {
        strbuf_addf(&text, ":%u", flow->last_port);
    }
    if (flow->named_source) {
        strbuf_addf(&text, " from port %u", flow->flow.source_port);
    }
    if (flow->unnamed) {
        strbuf_add(&text, " (as any that nothing names)");
    }
    return strbuf_text(&text);
}

// ---- what decided -----------------------------------------------------------------------------------------------

const char *test_headline(struct run *run, const struct expect_case *item)
{
    return item->closed ? item->text
                        : arena_printf(run->arena, "%s: expected %s", item->text,
                                       item->allow ? "allow" : "deny");
}

// The name of an object from its id: "shop/web" from "wep/shop/web".
static const char *name_of(const char *id)
{
    const char *slash = strchr(id, '/');
    return slash != NULL ? slash + 1 : id;
}

static const char *stage_name(struct run *run, const struct flow_stage *stage)
{
    const char *direction = stage->direction == PLAN_IN ? "ingress" : "egress";
    const char *owner = stage->endpoint != NULL ? name_of(stage->endpoint->id)
                        : stage->host != NULL   ? stage->host->id
                                                : NULL;
    return owner != NULL ? arena_printf(run->arena, "%s of %s: ", direction, owner) : "";
}

// What lets a packet pass is all that stands on its way; what stops it is one stage.
static void add_decisions(struct run *run, const struct flow_evaluator *evaluator,
                          struct test_failure *failure)
{
    const struct flow *flow = &failure->flow->flow;
    struct flow_trace trace;
    flow_trace(evaluator, run->arena, flow, &trace);
    for (size_t i = 0; i < trace.stages.count; i++) {
        const struct flow_stage *stage = &trace.stages.items[i];
        if (stage->verdict == trace.verdict) {
            const char *text = trace_decision(run, &trace, stage, flow, false);
            vec_push(run->arena, &failure->decisions,
                     arena_printf(run->arena, "%s%s", stage_name(run, stage), text));
        }
        if (stage->verdict == FLOW_DENY) {
            return;
        }
    }
    if (failure->decisions.count == 0) {
        vec_push(run->arena, &failure->decisions, "no endpoint governs it");
    }
}

// ---- the command ------------------------------------------------------------------------------------------------

static const char *trace_command(struct run *run, const struct expect_suite *suite,
                                 const struct expect_flow *flow)
{
    const struct options *options = &run->options;
    const struct flow *what = &flow->flow;
    struct strbuf text = {.arena = run->arena};
    strbuf_add(&text, "polc trace");
    for (size_t i = 0; i < options->paths.count && !options->default_paths; i++) {
        add_shell_word(&text, options->paths.items[i]);
    }
    strbuf_add(&text, " --from");
    add_shell_word(&text, suite->parties.items[flow->from].name);
    strbuf_add(&text, " --to");
    add_shell_word(&text, suite->parties.items[flow->to].name);
    const char *name = proto_name(what->protocol);
    strbuf_addf(&text, " --proto ");
    for (; name != NULL && *name != '\0'; name++) {
        strbuf_addf(&text, "%c", *name | 0x20);
    }
    if (proto_name(what->protocol) == NULL) {
        strbuf_addf(&text, "%u", what->protocol);
    }
    if (proto_has_ports(what->protocol)) {
        strbuf_addf(&text, " --dport %u", what->destination_port);
    }
    if (flow->named_source) {
        strbuf_addf(&text, " --sport %u", what->source_port);
    }
    for (size_t i = 0; i < options->dns.count; i++) {
        strbuf_add(&text, " --dns");
        add_shell_word(&text, options->dns.items[i]);
    }
    if (what->icmp_type >= 0) {
        strbuf_addf(&text, " --icmp %d/%d", what->icmp_type, what->icmp_code);
    }
    return strbuf_text(&text);
}

// ---- a case -----------------------------------------------------------------------------------------------------

bool test_next_failure(struct run *run, const struct expect_suite *suite,
                       const struct expect_case *item, const struct flow_evaluator *evaluator,
                       size_t *cursor, struct test_failure *ret)
{
    while (*cursor < item->flows.count) {
        const struct expect_flow *flow = &item->flows.items[(*cursor)++];
        bool known = !flow->wrong;
        for (size_t i = 0; i + 1 < *cursor && !known; i++) {
            known = item->flows.items[i].wrong && says_same(&item->flows.items[i], flow);
        }
        if (!known) {
            const struct expect_party *parties = suite->parties.items;
            *ret = (struct test_failure){
                .flow = flow,
                .source = end_text(run->arena, &parties[flow->from], flow->flow.source),
                .destination = end_text(run->arena, &parties[flow->to], flow->flow.destination),
                .service = service_text(run->arena, flow),
                .pairs = flow->pairs,
                .trace = trace_command(run, suite, flow)};
            add_decisions(run, evaluator, ret);
            return true;
        }
    }
    return false;
}

static void add_failure(struct strbuf *text, const struct expect_case *item,
                        const struct test_failure *failure, const char *prefix)
{
    const struct expect_flow *flow = failure->flow;
    bool in_kernel = flow->allowed == item->allow;
    const char *verdict = flow->allowed ? "ALLOW" : "DENY";
    strbuf_addf(text, "%s%s  ->  %s  %s     %s\n", prefix, failure->source, failure->destination,
                failure->service, in_kernel ? flow->arrived ? "ARRIVED" : "DROPPED" : verdict);
    if (failure->pairs > 1) {
        strbuf_addf(text, "%s  %zu pair%s like it\n", prefix, failure->pairs - 1,
                    failure->pairs == 2 ? " is" : "s are");
    }
    if (in_kernel) {
        strbuf_addf(text, "%s  the kernel %s it, against polc's own evaluation: %s\n", prefix,
                    flow->arrived ? "passed" : "did not pass", verdict);
    }
    for (size_t i = 0; i < failure->decisions.count; i++) {
        strbuf_addf(text, "%s  %-10s  %s\n", prefix, i == 0 ? "decided by" : "       and",
                    failure->decisions.items[i]);
    }
    strbuf_addf(text, "%s  %-10s  %s\n", prefix, "explain", failure->trace);
}

const char *test_explain(struct run *run, const struct expect_suite *suite,
                         const struct expect_case *item, const struct flow_evaluator *evaluator,
                         const char *prefix)
{
    struct strbuf text = {.arena = run->arena};
    if (item->problem != NULL) {
        strbuf_addf(&text, "%s%s\n", prefix, item->problem);
        if (item->hint != NULL) {
            strbuf_addf(&text, "%shint: %s\n", prefix, item->hint);
        }
        return strbuf_text(&text);
    }
    struct test_failure failure;
    size_t shown = 0, cursor = 0, most = item->closed ? SHOWN_CLOSED : SHOWN;
    while ((shown < most || run->options.verbose) &&
           test_next_failure(run, suite, item, evaluator, &cursor, &failure)) {
        add_failure(&text, item, &failure, prefix);
        shown++;
    }
    size_t seen = 0;
    for (size_t i = 0; i < cursor; i++) {
        seen += item->flows.items[i].wrong;
    }
    if (seen < item->failed) {
        strbuf_addf(&text, "%s%zu more of the %zu wrong flows%s\n", prefix, item->failed - seen,
                    item->failed, run->options.verbose ? "" : ": -v shows more");
    }
    return strbuf_text(&text);
}
