// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module load share.
#pragma once

#include <polc/load.h>

// Nodes of one object; beyond it the run ends as one out of memory.
#define SCRATCH_MAX ((size_t)8 << 30)

// What the items of a typed list need not say themselves; NULL when they must.
struct inherited {
    const char *api_version, *kind;
};

// objects.c: one document -> its objects.
void split_document(const struct loader *loader, const struct node *root);
// The same for a part of a document. `depth`: the lists of objects around it.
void split_node(const struct loader *loader, const struct node *root, struct inherited inherited,
                int depth);
bool is_list_kind(const char *kind);
// The text of a field such as "kind", and its place; NULL when it is absent, null, a list or a map.
const char *scalar_of(const struct node *map, const char *key, struct loc *ret_loc);
// What the items of such a list inherit.
struct inherited inherit(const struct loader *loader, const char *api_version, const char *kind);
// Whether lists of objects are nested no deeper than they may be; else it is reported.
bool check_list_depth(const struct loader *loader, struct loc loc, int depth);
// The "items" of a list object are no list; null is an empty one.
void report_items(const struct loader *loader, const char *kind, const struct node *items);
// What is to be read of an object; NULL: all of it.
const struct load_fields *fields_of(const struct loader *loader, const char *api_version,
                                    const char *kind);

// parse.c: one source -> documents, each handed to split_document.
void parse_source(const struct loader *loader, uint32_t source);
void read_yaml(const struct loader *loader, uint32_t source);

// json_read.c: the same for a source that is JSON. False when it is not, and nothing was handed on.
bool read_json(const struct loader *loader, uint32_t source);
