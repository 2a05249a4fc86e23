// SPDX-License-Identifier: GPL-2.0-or-later
// How the new policy sees connections that are there already.
#pragma once

#include "cli.h"

#include <polc/flow.h>
#include <polc/live.h>

struct connection_judge {
    struct run *run;
    const struct flow_evaluator *evaluator; // of run->plan
    bool untracked;        // doNotTrack policy governs something: answers are judged as well
    bool ask_routes;       // which host endpoint is asked depends on the interface
    struct strmap *routes; // address -> name of the interface towards it, "" when it is not known
};

void connection_judge_begin(struct run *run, struct connection_judge *ret);

// The connection as a new one: with the destination as the hooks see it, and what it was before DNAT.
struct flow connection_flow(struct connection_judge *judge, const struct live_tuple *original,
                            const struct live_tuple *reply);
// The other direction: also what a new connection of the server to the client would be.
struct flow connection_answer(const struct flow *flow);

// Whether it would be allowed as a new one, answers included where they are not tracked. If not, *ret_denied is the
// direction that is denied.
bool connection_allowed(const struct connection_judge *judge, const struct flow *flow,
                        struct flow *ret_denied);

// "shop/web 10.0.0.1:40000 -> host 10.0.0.2:22"
const char *connection_text(const struct connection_judge *judge, const struct flow *flow);
// What denies it, with its place.
const char *connection_decision(const struct connection_judge *judge, const struct flow *denied);
// An end for people and programs: the endpoint's name, "host", or NULL for somewhere else.
const char *connection_end(const struct flow_end *end);

// The name of the interface by which packets to the address leave; NULL: not known, or it is the host's own.
const char *connection_interface(struct connection_judge *judge, struct ip_addr addr);

// Takes away the marks of cut connections that `plan` allows; all of them when there is none. Does what it can.
void connection_forget_marks(struct run *run, struct plan *plan);

// apply_guard.c: refuses (S007) when run->plan would deny the connection by which the caller is here. An exit code.
int guard_caller(struct run *run, const struct live_sockets *sockets);
