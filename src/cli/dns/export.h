// SPDX-License-Identifier: GPL-2.0-or-later
// What polc dns export writes for a resolver: which sets of the table the addresses of which names go to.
#pragma once

#include "cli.h"

#include <polc/dns.h>

// One list of names, and the sets of the kernel that hold their addresses.
struct export_set {
    const char *v4, *v6;   // names of the sets
    const char **patterns; // canonical, sorted
    size_t count;
};

struct export
{
    struct run *run;
    const char *table;
    const char *node; // NULL: not of one node
    struct {
        VEC_FIELDS(struct export_set);
    } sets;
    uint32_t min_ttl, extra_ttl, set_timeout; // seconds; set_timeout 0: for good
    struct words left_out;                    // patterns that the resolver cannot be told
};

// How to make the file again: " --table T" and the PATHs, as the user gave them. On run->arena.
const char *export_command(const struct export *export, const char *format);

int export_answers(struct run *run); // of what was learned; an exit code
void export_dnsmasq(struct export *export);
void export_unbound(struct export *export);
