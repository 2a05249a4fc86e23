// SPDX-License-Identifier: GPL-2.0-or-later
// The match of a rule as a region of packets.
#pragma once

#include "space.h"

struct matcher;
struct matcher *matcher_new(struct arena *arena, struct space *space, const struct plan *plan);
// Overlapping boxes. No packet outside of them matches.
struct region match_region(struct matcher *matcher, const struct plan_match *match, uint8_t family);
