// SPDX-License-Identifier: GPL-2.0-or-later
// One packet of a set of packets, for a person: an ordinary one if there is one.
#pragma once

#include "judge.h"

struct witness {
    uint8_t family; // enum ip_family
    bool
        located; // the endpoint's own address is in it: false for a host whose address nobody knows
    wide sides[SIDES];
};

// `class` is where it is judged: for a host endpoint one of its own addresses is taken, if one is known.
struct witness witness_of(struct judge *judge, uint32_t class, const struct box *box,
                          uint8_t family);
// "10.0.0.1:40000 -> 198.51.100.7:443 tcp"
const char *witness_text(struct arena *arena, const struct witness *witness);
// "--from 10.0.0.1 --to 198.51.100.7 --proto tcp --dport 443": how `polc trace` takes it
const char *witness_options(struct arena *arena, const struct witness *witness);
