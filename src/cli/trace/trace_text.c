// SPDX-License-Identifier: GPL-2.0-or-later
// A trace for a person: both sides, every tier, policy and rule on the way, what decided, and what would change it.
#include "trace.h"

enum { WIDTH = 100, GAP = 2, INDENT = 12, RESULT_WIDTH = 10 };

// One line below a side.
struct row {
    const char *tier, *policy, *index, *result, *detail;
};

struct rows {
    VEC_FIELDS(struct row);
};

static void print_right(struct run *run, const char *unsafe, const char *right)
{
    const char *left = safe_text(run->arena, unsafe);
    int space = WIDTH - (int)strlen(left) - (int)strlen(right);
    printf("%s%*s%s\n", left, space > GAP ? space : GAP, "", right);
}

// ---- the ends ---------------------------------------------------------------------------------------------------

static const char *end_text(struct run *run, const struct ref_end *end, struct ip_addr addr,
                            const struct flow_end *found)
{
    char buffer[IP_TEXT_MAX];
    const char *text = arena_strdup(run->arena, ip_addr_text(addr, buffer));
    if (strcmp(end->name, text) != 0) {
        return arena_printf(run->arena, "%s %s", end->name, text);
    }
    if (found->endpoint != NULL) {
        return arena_printf(run->arena, "%s %s", found->endpoint->id + strlen("wep/"), text);
    }
    return found->is_host && found->node != NULL
               ? arena_printf(run->arena, "node/%s %s", found->node, text)
               : text;
}

static const char *stage_title(struct run *run, const struct flow_trace *trace,
                               const struct flow_stage *stage)
{
    static const char *const sides[] = {"source", "destination", "on the way"};
    static const char *const kinds[] = {"", "forward ", "preDNAT ", "doNotTrack "};
    const char *id = stage->endpoint != NULL ? stage->endpoint->id + strlen("wep/")
                     : stage->host != NULL   ? stage->host->id
                                             : "an unknown workload";
    if (stage->reason == FLOW_BY_HOST_ACTION) {
        return arena_printf(run->arena, "source: %s to its own host", id);
    }
    return arena_printf(run->arena, "%s: %s%s of %s", sides[flow_reporter_of(trace, stage)],
                        kinds[stage->stage], stage->direction == PLAN_IN ? "ingress" : "egress",
                        id);
}

static bool goes_on(const struct flow_stage *stage)
{
    // A failsafe port only keeps the stages before routing from judging.
    return stage->reason == FLOW_BY_FALL_THROUGH || stage->reason == FLOW_BY_EARLIER ||
           (stage->reason == FLOW_BY_FAILSAFE && stage->stage != PLAN_NORMAL);
}

// ---- the steps --------------------------------------------------------------------------------------------------

static const char *result_text(const struct flow_step *step)
{
    switch ((enum flow_step_result)step->result) {
    case FLOW_STEP_ALLOW:
        return "ALLOW";
    case FLOW_STEP_DENY:
        return "DENY";
    case FLOW_STEP_PASS:
        return "pass";
    case FLOW_STEP_LOG:
        return "log";
    case FLOW_STEP_MAYBE:
        return "ALLOW if";
    case FLOW_STEP_NO_MATCH:
        break;
    }
    return "no match";
}

static const char *policy_text(struct run *run, const struct flow_step *step)
{
    if (step->policy == NULL) {
        return "(no profile)";
    }
    return step->rule == NULL && step->result != FLOW_STEP_NO_MATCH && step->tier >= 0
               ? "(end of tier)"
               : trace_policy_name(run, step->policy);
}

static const char *detail_text(struct run *run, const struct flow_step *step,
                               const struct flow *flow)
{
    bool missing = step->tier < 0 && step->rule == NULL && step->policy != NULL;
    const char *mismatch = flow_step_mismatch(run->arena, run->plan, step, flow);
    return mismatch != NULL                  ? mismatch
           : step->result == FLOW_STEP_MAYBE ? trace_condition(run, step, flow)
           : missing                         ? "does not exist"
                                             : loc_short(run->arena, run->sources, step->loc);
}

static struct row row_of(struct run *run, const struct flow_step *step, const struct flow *flow)
{
    const char *index = step->rule != NULL ? arena_printf(run->arena, "rule %u", step->rule->index)
                        : step->result == FLOW_STEP_NO_MATCH ? "-"
                                                             : "-1";
    return (struct row){
        .tier = step->tier < 0 ? "(profiles)" : run->plan->tiers.items[step->tier].name,
        .policy = safe_text(run->arena, policy_text(run, step)),
        .index = index,
        .result = result_text(step),
        .detail = detail_text(run, step, flow),
    };
}

static int widest(int width, const char *text)
{
    return (int)strlen(text) > width ? (int)strlen(text) : width;
}

// A name is said once, where it begins.
static void print_rows(const struct rows *rows)
{
    int tier = 0;
    int policy = 0;
    int index = 0;
    for (size_t i = 0; i < rows->count; i++) {
        tier = widest(tier, rows->items[i].tier);
        policy = widest(policy, rows->items[i].policy);
        index = widest(index, rows->items[i].index);
    }
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->items[i];
        const struct row *above = i > 0 ? &rows->items[i - 1] : NULL;
        bool same_tier = above != NULL && strcmp(above->tier, row->tier) == 0;
        bool same_policy = same_tier && strcmp(above->policy, row->policy) == 0;
        printf("  %-*s  %-*s  %-*s  %-*s%s\n", tier, same_tier ? "" : row->tier, policy,
               same_policy ? "" : row->policy, index, row->index,
               row->detail[0] != '\0' ? RESULT_WIDTH : 0, row->result, row->detail);
    }
}

static void print_stage(struct run *run, const struct trace_result *result,
                        const struct flow_stage *stage)
{
    print_right(run, stage_title(run, &result->trace, stage),
                goes_on(stage) ? "goes on" : trace_verdict_text(stage->verdict, false));
    struct rows rows = {0};
    for (size_t i = 0; i < stage->enforced.count; i++) {
        vec_push(run->arena, &rows, row_of(run, &stage->enforced.items[i], &result->flow));
    }
    print_rows(&rows);
    if (rows.count == 0) {
        const char *text = trace_decision(run, &result->trace, stage, &result->flow, false);
        printf("  %s\n", safe_text(run->arena, text));
    }
}

// ---- the conclusion -----------------------------------------------------------------------------------------------

// A place at the end of a text, behind five blanks, gets a line of its own when both do not fit into one.
void trace_print_fact(const char *name, const char *text)
{
    static const char gap[] = "     ";
    const char *at = strstr(text, gap);
    bool fits = INDENT + (int)strcspn(text, "\n") <= WIDTH;
    printf("%-*s", INDENT, name);
    if (!fits && at != NULL) {
        safe_print(stdout, strndupa(text, (size_t)(at - text)), true);
        printf("\n%*s", INDENT, "");
        text = at + strlen(gap);
    }
    safe_print(stdout, text, true);
    putchar('\n');
}

// Of a deny each stage that denies, of an allow each that has its say.
static void print_decisions(struct run *run, const struct trace_result *result)
{
    const struct flow_trace *trace = &result->trace;
    const char *name = "decided by";
    const char *last = "";
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_stage *stage = &trace->stages.items[i];
        if (stage->verdict != trace->verdict || goes_on(stage)) {
            continue;
        }
        const char *text = trace_decision(run, trace, stage, &result->flow, false);
        if (strcmp(text, last) != 0) {
            trace_print_fact(name, text);
            name = "and by";
            last = text;
        }
    }
    if (trace->stages.count == 0) {
        struct flow_stage none = {.reason = trace->reason};
        trace_print_fact(name, trace_decision(run, trace, &none, &result->flow, false));
    } else if (strcmp(name, "decided by") == 0) {
        trace_print_fact(name, "nothing: no stage denies it");
    }
}

// Every stage that denies needs something.
static void print_advice(struct run *run, const struct trace_result *result)
{
    const char *name = "to allow";
    for (size_t i = 0; i < result->trace.stages.count; i++) {
        if (result->trace.stages.items[i].verdict == FLOW_DENY) {
            trace_print_fact(name, trace_advice(run, result, &result->trace.stages.items[i]));
            name = "and";
        }
    }
}

static bool sees_staged(const struct flow_trace *trace)
{
    for (size_t i = 0; i < trace->stages.count; i++) {
        const struct flow_steps *steps = &trace->stages.items[i].pending;
        for (size_t j = 0; j < steps->count; j++) {
            if (steps->items[j].policy != NULL && steps->items[j].policy->staged) {
                return true;
            }
        }
    }
    return false;
}

// The stage at which staged policies make another verdict.
static const struct flow_stage *staged_stage(const struct flow_trace *trace)
{
    if (trace->pending_verdict == FLOW_UNCERTAIN) {
        return flow_uncertain_stage(trace, true);
    }
    const struct flow_stage *denying =
        flow_denying_stage(trace, trace->pending_verdict == FLOW_DENY);
    return denying != NULL ? denying : flow_uncertain_stage(trace, false);
}

static void print_staged(struct run *run, const struct trace_result *result)
{
    const struct flow_trace *trace = &result->trace;
    if (!sees_staged(trace)) {
        return;
    }
    if (trace->pending_verdict == trace->verdict) {
        trace_print_fact("staged", "would not change it");
        return;
    }
    const char *would = trace->pending_verdict == FLOW_UNCERTAIN
                            ? "would make it UNCERTAIN"
                            : arena_printf(run->arena, "would %s it",
                                           trace_verdict_text(trace->pending_verdict, true));
    trace_print_fact("staged", arena_printf(run->arena, "%s: %s", would,
                                            trace_decision(run, trace, staged_stage(trace),
                                                           &result->flow, true)));
}

static void print_like(const struct trace_result *result)
{
    enum { SHOWN = 6 };
    for (size_t i = 0; i < result->like.count && i < SHOWN; i++) {
        trace_print_fact(i == 0 ? "same for" : "", result->like.items[i]);
    }
    if (result->like.count > SHOWN) {
        printf("%*sand %zu more\n", INDENT, "", result->like.count - SHOWN);
    }
}

void trace_print(struct run *run, const struct trace_result *result, const char *this_node,
                 const struct trace_here *here)
{
    const struct flow_trace *trace = &result->trace;
    char buffer[IP_TEXT_MAX];
    const char *title =
        arena_printf(run->arena, "%s  ->  %s  %s",
                     end_text(run, result->from, result->flow.source, &trace->source),
                     end_text(run, result->to, result->flow.destination, &trace->destination),
                     flow_service_text(run->arena, &result->flow));
    print_right(run, title, trace_verdict_text(trace->verdict, true));
    print_like(result);
    putchar('\n');
    for (size_t i = 0; i < trace->stages.count; i++) {
        // What is not asked because the flow is gone needs no word.
        if (trace->verdict != FLOW_DENY || trace->stages.items[i].reason != FLOW_BY_EARLIER) {
            print_stage(run, result, &trace->stages.items[i]);
        }
    }
    if (trace->stages.count > 0) {
        putchar('\n');
    }
    if (trace->verdict == FLOW_UNCERTAIN) {
        trace_print_doubt(run, result);
    } else {
        print_decisions(run, result);
    }
    print_staged(run, result);
    print_advice(run, result);
    trace_print_here(run, result, here);
    trace_print_others(run, result, this_node);
    if (result->to->stands_in) {
        trace_print_fact("note",
                         arena_printf(run->arena,
                                      "%s is no endpoint but a name in DNS; %s stands for its "
                                      "addresses     --dns FILE has them",
                                      result->to->domain,
                                      ip_addr_text(result->flow.destination, buffer)));
    }
    if (trace->interface_unknown) {
        trace_print_fact("note",
                         "host endpoints may judge it too: by which interface it goes is not known "
                         "(--in-interface)");
    }
}
