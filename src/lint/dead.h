// SPDX-License-Identifier: GPL-2.0-or-later
// Which rules never decide anything, for any endpoint that their policy governs.
#pragma once

#include "witness.h"

enum fate {
    FATE_ALIVE,   // it decides some packet
    FATE_DEAD,    // every packet that it matches was decided before
    FATE_NEVER,   // it matches no packet of these endpoints
    FATE_UNKNOWN, // finding out would take too long
};

struct verdict {
    uint8_t fate;  // enum fate
    bool asked[2]; // whether an endpoint of the policy has IPv4, IPv6
    // Of a dead one: where it was seen, and who decides its packets there.
    uint32_t class;
    uint8_t family;
    struct deciders deciders; // in order
    size_t main; // the one to speak of: the first with another verdict than the rule's, if any
    bool same;   // all have the verdict that the rule has
};

struct dead;
// `arena` is not that of the judge: the caller may rewind it between rules.
struct dead *dead_new(struct arena *arena, const struct lint *lint, struct judge *judge);
struct verdict dead_judge(struct dead *dead, int direction, struct target target);
