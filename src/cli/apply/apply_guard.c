// SPDX-License-Identifier: GPL-2.0-or-later
// S007, first half: a change does not cut the connection by which its caller is here. The new policy is asked whether it
// would allow it as a new one: an established connection lives on, but the next one would not come through.
#include "apply.h"
#include "connection.h"
#include "trace.h"

#include <errno.h>
#include <net/if.h>
#include <unistd.h>

static void say_not_guarded(const struct run *run, const struct live_caller *caller)
{
    static const char *const texts[] = {
        [LIVE_CALLER_NONE] = "the caller is not here over the network: nothing to guard",
        [LIVE_CALLER_OVER] = "the connection that SSH_CONNECTION names is over: nothing to guard",
        [LIVE_CALLER_ELSEWHERE] =
            "SSH_CONNECTION names an address that this network namespace does "
            "not have: nothing to guard",
    };
    if (run->options.verbose) {
        fprintf(stderr, "note: %s\n", texts[caller->kind]);
    }
}

// Where the connection really went to before a rule of another table sent it to this port.
static struct live_tuple original_of(struct run *run, const struct live_tuple *tuple)
{
    __attribute__((cleanup(live_conntrack_close))) struct live_conntrack *conntrack = NULL;
    struct live_connection found;
    struct live_tuple answer = live_reversed(tuple);
    bool known = live_conntrack_open(run->arena, &conntrack) == 0 &&
                 live_connection_find(conntrack, run->arena, &answer, 0, &found) == 0 &&
                 ip_addr_compare(found.original.source, tuple->source) == 0 &&
                 found.original.source_port == tuple->source_port;
    return known ? found.original : *tuple;
}

static const char *interface_of(struct connection_judge *judge, const struct live_caller *caller)
{
    char name[IF_NAMESIZE];
    if (caller->interface != 0 && if_indextoname(caller->interface, name) != NULL) {
        return arena_strdup(judge->run->arena, name);
    }
    return connection_interface(judge, caller->tuple.source);
}

static struct flow flow_of_caller(struct connection_judge *judge, const struct live_caller *caller)
{
    struct live_tuple original = original_of(judge->run, &caller->tuple);
    struct live_tuple answer = live_reversed(&caller->tuple);
    struct flow flow = connection_flow(judge, &original, &answer);
    flow.in_interface = interface_of(judge, caller);
    flow.out_interface = NULL;
    return flow;
}

static const char *how_found(struct arena *arena, const struct live_caller *caller)
{
    switch ((enum live_caller_kind)caller->kind) {
    case LIVE_CALLER_ENVIRONMENT:
        return arena_printf(arena, "SSH_CONNECTION of process %u", caller->pid);
    case LIVE_CALLER_AGAIN:
        return arena_printf(arena, "from the same address as SSH_CONNECTION of process %u",
                            caller->pid);
    case LIVE_CALLER_SOCKET:
        return arena_printf(arena, "a socket of process %u, which started this one", caller->pid);
    case LIVE_CALLER_NONE:
    case LIVE_CALLER_OVER:
    case LIVE_CALLER_ELSEWHERE:
        break;
    }
    return "";
}

// The whole list of failsafe ports with one more, as it stands in a FelixConfiguration.
static const char *failsafes_with(struct run *run, const struct flow *flow)
{
    const struct plan_failsafes *failsafes = &run->plan->settings.failsafes[PLAN_IN];
    struct strbuf text = {.arena = run->arena};
    char buffer[IP_TEXT_MAX];
    for (size_t i = 0; i < failsafes->count; i++) {
        const struct plan_failsafe *failsafe = &failsafes->items[i];
        strbuf_addf(&text, "{protocol: %s, port: %u", proto_name(failsafe->protocol),
                    failsafe->port);
        if (failsafe->has_net) {
            strbuf_addf(&text, ", net: \"%s\"", cidr_text(failsafe->net, false, buffer));
        }
        strbuf_add(&text, "}, ");
    }
    strbuf_addf(&text, "{protocol: %s, port: %u, net: \"%s\"}", proto_name(flow->protocol),
                flow->published.family != 0 ? flow->published_port : flow->destination_port,
                cidr_text(cidr_of_addr(flow->source), false, buffer));
    return strbuf_text(&text);
}

static bool helps_failsafe(const struct connection_judge *judge, const struct flow *denied)
{
    struct flow_trace trace;
    flow_trace_hits(judge->evaluator, judge->run->arena, denied, &trace);
    const struct flow_stage *stage = flow_denying_stage(&trace, false);
    return stage != NULL && stage->host != NULL && stage->stage != PLAN_FORWARD;
}

static void hint_cut(struct connection_judge *judge, const struct flow *flow,
                     const struct flow *denied)
{
    struct run *run = judge->run;
    bool is_apply = strcmp(run->options.verb->name, "apply") == 0;
    if (is_apply && helps_failsafe(judge, denied)) {
        hint("it stays open with this in the FelixConfiguration \"default\":\n"
             "        failsafeInboundHostPorts: [%s]",
             failsafes_with(run, flow));
    }
    bool confirm =
        option_allowed(run->options.verb, "confirm") && !run->options.cut && !run->options.dry_run;
    hint("%s     (%s%s)", forced_again(run, DIAG_S007, confirm),
         run->options.cut ? "your connection ends, and a new one is denied"
                          : "open connections go on, a new one is denied",
         confirm ? "; taken back unless you confirm" : "");
}

static bool refuse_cut(struct connection_judge *judge, const struct live_caller *caller,
                       const struct flow *flow, const struct flow *denied)
{
    struct run *run = judge->run;
    bool end = refuse(run, DIAG_S007, "this would cut the connection that you came by: %s %s",
                      flow_protocol_text(run->arena, flow->protocol), connection_text(judge, flow));
    fprintf(stderr, "  %s\n  denied by %s\n", how_found(run->arena, caller),
            connection_decision(judge, denied));
    if (end) {
        hint_cut(judge, flow, denied);
    }
    return end;
}

int guard_caller(struct run *run, const struct live_sockets *sockets)
{
    struct live_caller caller;
    struct connection_judge judge;
    struct flow denied;
    live_caller_find(run->arena, "/proc", (uint32_t)getpid(), sockets, &caller);
    if (caller.kind == LIVE_CALLER_NONE || caller.kind == LIVE_CALLER_OVER ||
        caller.kind == LIVE_CALLER_ELSEWHERE) {
        say_not_guarded(run, &caller);
        return POLC_EXIT_OK;
    }
    connection_judge_begin(run, &judge);
    struct flow flow = flow_of_caller(&judge, &caller);
    bool allowed = connection_allowed(&judge, &flow, &denied);
    return !allowed && refuse_cut(&judge, &caller, &flow, &denied) ? POLC_EXIT_SAFETY
                                                                   : POLC_EXIT_OK;
}

// --cut ends connections also when no rule changes.
int apply_guard_caller(struct apply *apply)
{
    return apply->changed || apply->run->options.cut
               ? guard_caller(apply->run, apply_read_sockets(apply))
               : POLC_EXIT_OK;
}
