// SPDX-License-Identifier: GPL-2.0-or-later
// Flows to try on a case, aimed at the boundaries of what its plan names.
#pragma once

#include "rng.h"

#include <polc/flow.h>

// A flow, and the way that it takes through the host of the scene.
struct probe {
    struct flow flow;
    const char *in_interface, *out_interface; // "" for the host itself
};

struct probes {
    VEC_FIELDS(struct probe);
};

// What flows are made of: everything that the plan names, and what is next to it.
struct targets {
    struct {
        VEC_FIELDS(struct ip_addr);
    } addresses;
    struct {
        VEC_FIELDS(uint16_t);
    } ports;
    struct {
        VEC_FIELDS(uint8_t);
    } protocols, icmp_types;
};
void targets_find(struct arena *arena, const struct plan *plan, struct targets *ret);

// `count` random probes for the node of a plan, the same for the same generator.
void probes_make(struct arena *arena, const struct plan *plan, struct rng *rng, size_t count,
                 struct probes *ret);

// "cali0 10.65.0.1 -> eth0 192.0.2.7 tcp 1025:80"
const char *probe_text(struct arena *arena, const struct probe *probe);
