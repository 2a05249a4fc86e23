// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses that flow logs call by one name, as spans.
#pragma once

#include <polc/plan.h>

struct spans;
struct spans *spans_new(struct arena *arena, const struct plan *plan);
// The first address of each part of `net` that could have a name of its own. Start with *at = 0; false at the end.
bool spans_next(const struct spans *spans, struct cidr net, size_t *at, struct ip_addr *ret);
