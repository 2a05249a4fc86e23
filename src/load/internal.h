// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module load share.
#pragma once

#include <polc/load.h>

// One run of load_paths.
struct loader {
    struct arena *arena; // texts and paths
    struct sources *sources;
    struct diags *diags;
    load_object_fn on_object;
    void *context;
};

// objects.c: one document -> its objects.
void split_document(const struct loader *loader, const struct node *root);

// parse.c: one source -> documents, each handed to split_document.
void parse_source(const struct loader *loader, uint32_t source);
