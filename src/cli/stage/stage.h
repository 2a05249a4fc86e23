// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of `polc enforce` and `polc stage` share.
#pragma once

#include "cli.h"

#include <polc/edit.h>

// A policy whose kind changes.
struct stage_target {
    const char *name; // "shop/web": as its author called it
    uint8_t from, to; // enum res_kind
    bool done;        // it is of the other kind already
    bool ignored;     // a recommendation that was set aside
    struct loc object, loc;
};
struct stage_targets {
    VEC_FIELDS(struct stage_target);
};

// A file that changes.
struct stage_file {
    uint32_t source;
    const char *path;
    struct edit_text before, after;
    const char *hunks;
};
struct stage_files {
    VEC_FIELDS(struct stage_file);
};

struct stage {
    struct run *run;
    bool enforce;
    struct stage_targets targets;
    struct stage_files files;
};

// What people call a kind: "NetworkPolicy of networking.k8s.io" for the one of Kubernetes.
const char *stage_kind_text(uint8_t kind);

bool stage_is_stdin(const struct stage_file *file);

// stage_names.c: names of the command line -> policies. Returns an exit code, and has said what is wrong.
int stage_find(struct stage *stage);

// stage_print.c; `diff` NULL: nothing is to be changed.
struct diff;
void stage_print(const struct stage *stage, const struct diff *diff);
