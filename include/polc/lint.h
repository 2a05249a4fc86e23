// SPDX-License-Identifier: GPL-2.0-or-later
// Module lint: what is legal and hardly meant. Findings are diagnostics with L codes; each has a place, what it is
// about, and a hint. Decides nothing about what is compiled.
#pragma once

#include <polc/plan.h>
#include <polc/resolve.h>

// Ports of this host that a rule of another table sends elsewhere (DNAT).
struct lint_published {
    uint8_t family;        // enum ip_family
    uint8_t protocol;      // PROTO_TCP or PROTO_UDP
    uint16_t port, last;   // as they arrive: one, or a range; host byte order
    const char *interface; // where it must arrive; NULL: anywhere
    bool has_address;      // it must be for this address of the host
    struct ip_addr address;
    const char *rule;   // "table ip nat, chain DOCKER"
    const char *target; // "172.17.0.2:80"
};

struct lint_input {
    const struct resources *resources;
    const struct model *model;              // of every node, whichever the plan is for
    const struct plan *plan;                // of one node, or of all
    const char *paths;                      // quoted for a shell, for hints that call polc
    const char *node;                       // that polc runs on; NULL: none of the input
    const struct lint_published *published; // of `node`; none when nobody looked
    size_t published_count;
};

// Runs every check; the input is valid (no errors).
void lint(struct diags *diags, const struct lint_input *input);

// Drops findings that the object which they are in says to ignore, by the annotation
// polc.io/lint-ignore: "L110,L501 because ...". Errors stay. Returns how many were dropped.
size_t lint_drop_ignored(struct arena *arena, struct diags *diags,
                         const struct resources *resources);

// Gives each diagnostic a fingerprint of its code, the object that it is in and what it says; lines do not matter.
void lint_fingerprint(struct arena *arena, struct diags *diags, const struct resources *resources);

// Drops what `base` has too, by fingerprint. Returns how many were dropped.
size_t lint_drop_known(struct arena *arena, struct diags *diags, struct diags *base);
