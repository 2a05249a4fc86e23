// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of `polc trace` share.
#pragma once

#include "cli.h"
#include "ref.h"

#include <jansson.h>
#include <polc/flow.h>

// What happens to a flow, and to those that fare alike.
struct trace_result {
    const struct ref_end *from, *to;
    struct flow flow;
    struct flow_trace trace;
    struct words like; // "FROM ADDRESS -> TO ADDRESS" of others with the same result
};

// ---- trace_flows.c: --flows -----------------------------------------------------------------------------------

int trace_flows(struct run *run, const struct flow_evaluator *evaluator);

// ---- trace_json.c -----------------------------------------------------------------------------------------------

// {"action", "reports"}; with `detail` also who reports and why.
json_t *trace_json(struct arena *arena, const struct plan *plan, const struct flow_trace *trace,
                   bool detail);

// ---- trace_text.c -----------------------------------------------------------------------------------------------

struct trace_here;

// `this_node` is the node that this host is; `here` is what trace_here_read returned.
void trace_print(struct run *run, const struct trace_result *result, const char *this_node,
                 const struct trace_here *here);
void trace_print_fact(const char *name, const char *text); // "staged      would not change it"

// ---- trace_doubt.c ----------------------------------------------------------------------------------------------

// On what an uncertain verdict depends, what becomes of the flow otherwise, and the command that decides it.
void trace_print_doubt(struct run *run, const struct trace_result *result);

// ---- trace_here.c -----------------------------------------------------------------------------------------------

// What the kernel's domain sets hold; NULL where no rule has domains, --dns says what names have, or nothing can be seen.
const struct trace_here *trace_here_read(struct run *run, const char *this_node);
void trace_print_here(struct run *run, const struct trace_result *result,
                      const struct trace_here *here); // NULL: nothing

// ---- trace_others.c ---------------------------------------------------------------------------------------------

// Base chains of other tables that judge an allowed flow too, when it passes this host and they may be looked at.
void trace_print_others(struct run *run, const struct trace_result *result, const char *this_node);

// ---- trace_words.c: single facts ----------------------------------------------------------------------------------

const char *trace_verdict_text(uint8_t verdict, bool loud); // "allow", "DENY", "UNCERTAIN"
const char *trace_reason_key(uint8_t reason);               // "tier-end", for programs
// Why a stage ended as it did, for a person, with the place; `pending`: in the view of staged policies.
const char *trace_decision(struct run *run, const struct flow_trace *trace,
                           const struct flow_stage *stage, const struct flow *flow, bool pending);
// "203.0.113.1 is an address of *.twilio.com": what a rule asks that nobody can answer.
const char *trace_condition(struct run *run, const struct flow_step *step, const struct flow *flow);
// What ends an uncertain stage if that is not so.
const char *trace_otherwise(struct run *run, const struct flow_stage *stage);
const char *trace_place(struct run *run, struct loc loc); // "FILE:LINE"; "" for none
// A policy as its author called it; "staged:NAME" for a staged one.
const char *trace_policy_name(struct run *run, const struct plan_policy *policy);
// The step that ended a stage, or NULL.
const struct flow_step *trace_last_step(const struct flow_steps *steps);

// ---- trace_kube.c -----------------------------------------------------------------------------------------------

// Whether a policy is of a kind of Kubernetes.
bool trace_is_kube(const struct plan_policy *policy);
// A rule for such a policy that lets the flow pass the stage; NULL when its kind has no word for the other end.
const char *trace_kube_rule(struct arena *arena, const struct trace_result *result,
                            const struct flow_stage *stage, const struct plan_policy *policy);

// ---- trace_advice.c -------------------------------------------------------------------------------------------

// What would let a flow pass the stage that denies it.
const char *trace_advice(struct run *run, const struct trace_result *result,
                         const struct flow_stage *stage);
