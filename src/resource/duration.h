// SPDX-License-Identifier: GPL-2.0-or-later
// Times in settings. Inside module resource only.
#pragma once

#include "decode.h"

enum { DAY_SECONDS = 86400 };

// The bounds of a time, for a row's `arg`; field_duration stores seconds in a struct res_order.
struct duration_limits {
    long min, max;      // seconds
    const char *wanted; // "a time like 90s or 1h"
};

// "90s", "1h30m", "1.5h", "500ms", "7d", "90" (seconds), as Go writes them and a little more. What is not whole seconds
// counts as the next whole second.
void field_duration(struct res_decoder *decoder, const struct node *node, void *target,
                    const void *arg);
