// SPDX-License-Identifier: GPL-2.0-or-later
// polc flows --follow.
#pragma once

#include "cli.h"

// Prints flows as they begin or are denied, those of --since first, until nobody reads any more, or nothing has matched
// for --exit-when-quiet. An exit code.
int flow_follow(struct run *run, const char *filter);
