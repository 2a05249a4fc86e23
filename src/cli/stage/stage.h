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
    bool deletes;     // a staged deletion; only of a trial
    bool has_twin;    // the other kind has a policy of that name, too; only of a trial
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

// What is asked of the policies that are named.
enum stage_wish {
    STAGE_ENFORCE,
    STAGE_STAGE,
    STAGE_TRY_ENFORCE, // no file is touched, so a twin may give way, and a staged deletion may be carried out
    STAGE_TRY_DELETE, // policies of any kind
};

struct stage {
    struct run *run;
    uint8_t wish;              // enum stage_wish
    const struct words *names; // of the command line
    struct stage_targets targets;
    struct stage_files files;
};

// What people call a kind: "NetworkPolicy of networking.k8s.io" for the one of Kubernetes.
const char *stage_kind_text(uint8_t kind);

// The kind with the same fields on the other side; RES_KIND_COUNT when there is none.
uint8_t stage_twin_of(uint8_t kind);
bool stage_same_name(const struct res_policy *a, const struct res_policy *b);

bool stage_is_stdin(const struct stage_file *file);

bool stage_enforces(const struct stage *stage); // or would

// stage_names.c: names of the command line -> policies. Returns an exit code, and has said what is wrong.
int stage_find(struct stage *stage);

// stage_print.c; `diff` NULL: nothing is to be changed. `impact` NULL: no flows are known.
struct diff;
struct impact_view;
void stage_print(const struct stage *stage, const struct diff *diff,
                 const struct impact_view *impact);
