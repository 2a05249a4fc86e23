// SPDX-License-Identifier: GPL-2.0-or-later
// The flows that the kernel knows: its flow table, and conntrack.
#pragma once

#include "cli.h"

#include <polc/flowlog.h>

// Besides the flows themselves.
struct flow_kernel {
    bool recorded;       // there is a flow table
    uint64_t lost;       // connections that it had no room for
    uint32_t size, used; // of it: how many flows it has room for, and how many it has
    int track_error;     // why conntrack could not be read: errno; 0
    bool live, counted;  // there is a connection that is not over; one whose bytes are counted
};

// The snapshot is on `arena`. Of connections that only conntrack knows, those that the evaluator's policies judge are in
// it; NULL: none. Returns an exit code, and has said why.
int flow_kernel_read(struct run *run, struct arena *arena, const struct flow_evaluator *evaluator,
                     struct flowlog_snapshot *ret, struct flow_kernel *ret_kernel);
// Says what the kernel cannot tell.
void flow_kernel_notes(const struct run *run, const struct flow_kernel *kernel);
