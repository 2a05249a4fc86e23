// SPDX-License-Identifier: GPL-2.0-or-later
// To be ahead of the one who connects: while there is little to do, this process runs before all ordinary ones (SCHED_RR),
// so that an address is in its set before the client that asked for it goes on. A flood makes it an ordinary one again.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct watch_pace {
    bool ahead;
    bool unable;      // somebody has forbidden it
    uint64_t window;  // when the second began, in ms
    uint64_t used_at; // processor time of this process at its begin, in ms
};

// Before capabilities go. Best effort, as all of this.
void watch_pace_begin(struct watch_pace *pace);
// Between two batches of packets.
void watch_pace_keep(struct watch_pace *pace);
