// SPDX-License-Identifier: GPL-2.0-or-later
// A connection of conntrack or of the socket table -> a flow, and what the new policy says to it.
#include "connection.h"

#include "trace.h"

#include <net/if.h>

static bool has_untracked(const struct plan *plan)
{
    for (size_t i = 0; i < plan->hosts.count; i++) {
        const uint32_t *classes = plan->hosts.items[i].classes[PLAN_UNTRACKED];
        if (classes[PLAN_IN] != PLAN_NO_CLASS || classes[PLAN_OUT] != PLAN_NO_CLASS) {
            return true;
        }
    }
    return false;
}

// Whether interfaces towards the outside are governed by more than one host endpoint, or some by none.
static bool depends_on_interface(const struct plan *plan)
{
    const struct plan_interface *first = NULL;
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        const struct plan_interface *interface = &plan->interfaces.items[i];
        if (interface->loopback || interface->workload || interface->master != NULL) {
            continue;
        }
        if (first != NULL && first->host != interface->host) {
            return true;
        }
        first = interface;
    }
    return false;
}

void connection_judge_begin(struct run *run, struct connection_judge *ret)
{
    *ret = (struct connection_judge){
        .run = run,
        .evaluator = flow_evaluator_new(run->arena, run->plan),
        .untracked = has_untracked(run->plan),
        .ask_routes = depends_on_interface(run->plan),
        .routes = strmap_new(run->arena),
    };
}

static const char *ask_route(struct connection_judge *judge, struct ip_addr addr)
{
    char name[IF_NAMESIZE];
    uint32_t index = live_route_interface(addr);
    bool known = index != 0 && if_indextoname(index, name) != NULL && strcmp(name, "lo") != 0;
    return known ? arena_strdup(judge->run->arena, name) : "";
}

const char *connection_interface(struct connection_judge *judge, struct ip_addr addr)
{
    char text[IP_TEXT_MAX];
    const char *name = strmap_get(judge->routes, ip_addr_text(addr, text));
    if (name == NULL) {
        name = ask_route(judge, addr);
        strmap_put(judge->routes, text, (void *)name);
    }
    return name[0] != '\0' ? name : NULL;
}

struct flow connection_flow(struct connection_judge *judge, const struct live_tuple *original,
                            const struct live_tuple *reply)
{
    struct flow flow = {
        .source = original->source,
        .destination = reply->source,
        .protocol = original->protocol,
        .source_port = original->source_port,
        .destination_port = reply->source_port,
        .icmp_type = original->icmp_type,
        .icmp_code = original->icmp_code,
    };
    if (ip_addr_compare(original->destination, reply->source) != 0 ||
        original->destination_port != reply->source_port) {
        flow.published = original->destination;
        flow.published_port = original->destination_port;
    }
    if (judge->ask_routes) {
        flow.in_interface = connection_interface(judge, flow.source);
        flow.out_interface = connection_interface(judge, flow.destination);
    }
    return flow;
}

struct flow connection_answer(const struct flow *flow)
{
    struct flow answer = *flow;
    answer.source = flow->destination;
    answer.destination = flow->source;
    answer.source_port = flow->destination_port;
    answer.destination_port = flow->source_port;
    answer.in_interface = flow->out_interface;
    answer.out_interface = flow->in_interface;
    answer.published = (struct ip_addr){.family = 0};
    return answer;
}

// Policy without connection tracking sees answers as packets of their own. Where it has allowed the way there,
// everything else judges the answers too.
static bool answers_pass(const struct connection_judge *judge, const struct flow *flow,
                         const struct flow *answer)
{
    struct arena *arena = judge->run->arena;
    struct arena_mark mark = arena_mark(arena);
    struct flow_trace trace;
    bool untracked = false, passes = true;
    flow_trace_hits(judge->evaluator, arena, flow, &trace);
    for (size_t i = 0; i < trace.stages.count; i++) {
        const struct flow_stage *stage = &trace.stages.items[i];
        untracked |= stage->stage == PLAN_UNTRACKED && stage->reason == FLOW_BY_RULE;
    }
    flow_trace_hits(judge->evaluator, arena, answer, &trace);
    for (size_t i = 0; i < trace.stages.count; i++) {
        const struct flow_stage *stage = &trace.stages.items[i];
        passes &= stage->verdict == FLOW_ALLOW || (!untracked && stage->stage != PLAN_UNTRACKED);
    }
    arena_rewind(arena, mark);
    return passes;
}

bool connection_allowed(const struct connection_judge *judge, const struct flow *flow,
                        struct flow *ret_denied)
{
    *ret_denied = *flow;
    if (flow_verdict(judge->evaluator, flow, false) == FLOW_DENY) {
        return false;
    }
    bool is_icmp = flow->protocol == PROTO_ICMP || flow->protocol == PROTO_ICMPV6;
    if (!judge->untracked || is_icmp) {
        return true;
    }
    *ret_denied = connection_answer(flow);
    return answers_pass(judge, flow, ret_denied);
}

const char *connection_end(const struct flow_end *end)
{
    static const char kind[] = "wep/";
    if (end->endpoint == NULL) {
        return end->is_host ? "host" : NULL;
    }
    const char *id = end->endpoint->id;
    return strncmp(id, kind, sizeof kind - 1) == 0 ? id + sizeof kind - 1 : id;
}

static void add_end(struct strbuf *text, const struct flow_end *end, struct ip_addr addr,
                    uint16_t port)
{
    char buffer[IP_TEXT_MAX];
    bool brackets = addr.family == IP_V6 && port != 0;
    const char *name = connection_end(end);
    if (name != NULL) {
        strbuf_addf(text, "%s ", name);
    }
    strbuf_addf(text, "%s%s%s", brackets ? "[" : "", ip_addr_text(addr, buffer),
                brackets ? "]" : "");
    if (port != 0) {
        strbuf_addf(text, ":%u", port);
    }
}

const char *connection_text(const struct connection_judge *judge, const struct flow *flow)
{
    struct strbuf text = {.arena = judge->run->arena};
    struct flow_trace trace;
    flow_trace_hits(judge->evaluator, judge->run->arena, flow, &trace);
    add_end(&text, &trace.source, flow->source, flow->source_port);
    strbuf_add(&text, " -> ");
    add_end(&text, &trace.destination, flow->destination, flow->destination_port);
    return strbuf_text(&text);
}

const char *connection_decision(const struct connection_judge *judge, const struct flow *denied)
{
    struct flow_trace trace;
    flow_trace_hits(judge->evaluator, judge->run->arena, denied, &trace);
    const struct flow_stage *stage = flow_denying_stage(&trace, false);
    return stage != NULL ? trace_decision(judge->run, &trace, stage, denied, false)
                         : "policy without connection tracking";
}

// ---- marks of cut connections -------------------------------------------------------------------------------------------

struct marks {
    struct connection_judge *judge; // NULL: nothing is denied any more
    struct arena *arena;
    VEC_FIELDS(struct live_connection);
};

static void take_mark(const struct live_connection *connection, void *context)
{
    struct marks *marks = context;
    struct live_connection kept = *connection;
    if (!live_connection_is_cut_mark(connection)) {
        return;
    }
    if (marks->judge != NULL) {
        struct live_tuple answer = live_reversed(&connection->original);
        struct flow flow = connection_flow(marks->judge, &connection->original, &answer);
        struct flow denied;
        if (!connection_allowed(marks->judge, &flow, &denied)) {
            return;
        }
    }
    live_connection_keep(marks->arena, &kept);
    vec_push(marks->arena, marks, kept);
}

void connection_forget_marks(struct run *run, struct plan *plan)
{
    __attribute__((cleanup(live_conntrack_close))) struct live_conntrack *conntrack = NULL;
    struct connection_judge judge;
    struct marks marks = {.arena = run->arena};
    if (plan != NULL) {
        run->plan = plan;
        connection_judge_begin(run, &judge);
        marks.judge = &judge;
    }
    live_connections_each(run->arena, take_mark, &marks);
    if (marks.count == 0 || live_conntrack_open(run->arena, &conntrack) != 0) {
        return;
    }
    for (size_t i = 0; i < marks.count; i++) {
        live_connection_delete(conntrack, &marks.items[i]);
    }
}
