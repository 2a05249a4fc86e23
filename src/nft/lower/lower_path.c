// SPDX-License-Identifier: GPL-2.0-or-later
// Paths: what Allow and Deny become at each place where a policy stands. An accept ends only its base chain, so what is
// allowed before routing has to be told to the chains behind it: with one bit of the packet mark.
#include "lower.h"

const struct path path_to = {PLAN_IN, PATH_ACCEPT, false, false, "", NULL, false};
const struct path path_from = {PLAN_OUT, PATH_GOTO_TO, false, false, "", NULL, false};
const struct path path_forward_in = {PLAN_IN, PATH_ACCEPT, false, true, "/forward", NULL, false};
const struct path path_host_out = {PLAN_OUT, PATH_ACCEPT, false, false, "/host", NULL, false};
const struct path path_host_out_dnat = {PLAN_OUT, PATH_ACCEPT, true, false, "/dnat", NULL, false};
const struct path path_prednat = {PLAN_IN, PATH_MARK, true, true, "/prednat", NULL, false};
const struct path path_untracked_in = {PLAN_IN,      PATH_NOTRACK, true, true,
                                       "/untracked", NULL,         false};
const struct path path_untracked_out = {PLAN_OUT,     PATH_NOTRACK, true, true,
                                        "/untracked", NULL,         false};

size_t path_deny(const struct lower *lower, const struct path *path, struct stmt *stmts)
{
    bool reject = lower->plan->settings.reject && !path->no_reject;
    if (path->allow == PATH_PENDING) {
        stmts[0] = stmt_verdict(VERDICT_RETURN, NULL);
        return 1;
    }
    stmts[0] = reject ? flow_reject(lower) : flow_deny(lower);
    return 1;
}

size_t path_allowed(const struct lower *lower, const struct path *path, struct stmt *stmts)
{
    size_t count = 0;
    if (path->allow == PATH_PENDING) {
        stmts[count++] = stmt_verdict(VERDICT_RETURN, NULL);
        return count;
    }
    if (path->allow == PATH_GOTO_TO) {
        stmts[count++] = stmt_verdict(VERDICT_GOTO, CHAIN_TO);
        return count;
    }
    if (path->allow != PATH_ACCEPT) {
        uint32_t bit = lower->plan->settings.mark;
        stmts[count++] = (struct stmt){.kind = STMT_SET_MARK, .mark = {.keep = ~bit, .set = bit}};
    }
    if (path->allow == PATH_NOTRACK) {
        stmts[count++] = (struct stmt){.kind = STMT_NOTRACK};
    }
    stmts[count++] = path->unrecorded              ? stmt_verdict(VERDICT_ACCEPT, NULL)
                     : path->direction == PLAN_OUT ? flow_allow(lower)
                                                   : flow_allow_to(lower);
    return count;
}
