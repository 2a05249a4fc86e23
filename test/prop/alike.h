// SPDX-License-Identifier: GPL-2.0-or-later
// Which flows nothing tells apart that a recommended rule can name: of a like peer, at the same port or of the same service.
#pragma once

#include <polc/flow.h>
#include <polc/resolve.h>

// A policy that was recommended decides one way of a flow.
struct ruling {
    const struct plan_policy *policy;
    const char *id; // of the endpoint
    uint8_t direction;
    struct flow flow;
};
struct rulings {
    VEC_FIELDS(struct ruling);
};

// Whether a rule made for the flow that was seen may be wide enough for the fresh one; the policy is that of the same
// endpoint. `workloads`: peers are named by the labels of workloads, otherwise by namespaces.
bool ruling_speaks_for(const struct model *model, bool workloads, const struct ruling *seen,
                       const struct ruling *fresh);
