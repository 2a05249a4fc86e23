// SPDX-License-Identifier: GPL-2.0-or-later
// Module load: paths -> located node trees, one object at a time. YAML, JSON, several documents, lists, stdin.
#pragma once

#include <polc/base.h>

enum node_type { NODE_SCALAR, NODE_LIST, NODE_MAP };

// How a scalar was written; a plain one may be null, a number or a boolean, a quoted one is a string.
enum node_style { NODE_PLAIN, NODE_QUOTED, NODE_BLOCK };

// Children are linked in input order; a map's children carry their key.
struct node {
    uint8_t type;       // enum node_type
    uint8_t style;      // enum node_style, scalars only
    uint32_t size;      // bytes of text, or number of children
    struct loc loc;     // of the value; for a quoted scalar its first character inside the quotes
    struct loc key_loc; // of the key, for a map's children
    const char *key;    // terminated; NULL but for a map's children
    union {
        const char *text;   // terminated; no embedded NUL
        struct node *first; // first child
    };
    struct node *next; // next sibling
};

// The child of a map with this key, or NULL (also when `map` is NULL or no map).
const struct node *node_get(const struct node *map, const char *key);
// A plain empty scalar, "~" or "null": YAML's null.
bool node_is_null(const struct node *node);
const char *
node_type_text(const struct node *node); // "a list", "a map", "a string", "a number", "nothing"

// One object of the input. Strings and nodes live until the callback returns; copy what is to stay.
struct load_object {
    const struct node *root;              // a map
    const char *api_version;              // own, or the list's; NULL when absent
    const char *kind;                     // own, or the list's without "List"; NULL when absent
    struct loc api_version_loc, kind_loc; // of the values, or of the root when absent
};

typedef void (*load_object_fn)(void *context, const struct load_object *object);

// The fields of a map that its reader reads; lists on the way are looked through. The others are skipped, which is faster
// by far and takes no memory: their syntax counts all the same, but a key that stands twice in them is not seen.
struct load_field {
    const char *name;
    const struct load_fields *fields; // of what stands below it; NULL: all of it
};
struct load_fields {
    const struct load_field *rows;
    size_t count;
    bool others; // whether a field without a row is read, with all that stands below it
};

// What is read of an object, apiVersion and kind included; either argument may be NULL. Returns NULL for all of it.
typedef const struct load_fields *(*load_fields_fn)(const char *api_version, const char *kind);

enum {
    LOAD_MAX_DEPTH = 64,
    LOAD_MAX_ALIASES = 10000,
    LOAD_MAX_ALIAS_NODES = 1000 * 1000, // values that aliases make, in one file
    LOAD_MAX_NODES_PER_DOCUMENT = 100 * 1000 * 1000,
    LOAD_MAX_FILES = 1000 * 1000,
    LOAD_MAX_DIRECTORY_DEPTH = 64,
};
#define LOAD_MAX_FILE_SIZE ((uint64_t)4 << 30)

// Where what is read goes.
struct loader {
    struct arena *arena;      // texts and paths
    struct sources *sources;  // every text
    struct diags *diags;      // every problem
    load_fields_fn fields;    // NULL: every object is read in whole
    load_object_fn on_object; // called for each object, in input order; NULL: no text is parsed
    void *context;            // of on_object
};

// Reads every path: a directory (recursive, *.yaml *.yml *.json in byte order of the path, names that begin
// with a dot skipped, links followed once), a file, or "-". An object is each document, each item of a list object
// (kind List or any KList with items), each item of a bare array of objects.
// A file with a YAML error gives one diagnostic, and none of its later objects.
// Memory beside the texts is that of one object: items are handed on while their list is being read.
void load_paths(const struct loader *loader, const char *const *paths, size_t count);

// The same for one text in memory, which must outlive the sources.
void load_text(const struct loader *loader, const char *path, const char *text, size_t size);

// A file of whatever form, or "-", kept with the sources and not parsed. A problem is reported, and false returned.
bool load_text_file(struct arena *arena, struct sources *sources, struct diags *diags,
                    const char *path, uint32_t *ret_source);
