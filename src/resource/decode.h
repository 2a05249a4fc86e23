// SPDX-License-Identifier: GPL-2.0-or-later
// The machinery of field tables, private to this module. A row says under which name a field
// stands, what reads it and where the value goes; what no row names is reported, or skipped where
// Kubernetes objects are read in part.
#pragma once

#include <polc/resource.h>

enum { DECODE_MAX_PATH = 12, DECODE_MAX_EXPECTED = 1024 };

// One step of the way from the object to the field that is being read.
struct path_step {
    const char *name;
    int64_t index; // of a list entry; -1: none
};

struct res_decoder {
    struct arena *arena;
    struct strtab *strings;
    struct diags *diags;
    struct resources *resources;
    const struct res_meta *meta; // of the object at hand
    struct path_step path[DECODE_MAX_PATH];
    size_t depth;
};

typedef void (*field_fn)(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg);

struct field {
    const char *name;
    field_fn decode; // NULL: known, and of no importance to polc
    size_t offset;   // of the target inside the struct
    const void *arg; // for `decode`
};

struct fields {
    const struct field *rows;
    size_t count;
    // A kind that has more fields, for a hint when one of them stands here; may be NULL.
    const struct fields *wider;
    const char *wider_kind;
};

// clang-format off
#define FIELDS(array) {.rows = (array), .count = ARRAY_COUNT(array)}
// clang-format on

// Reads a map by its table: every child must have a row; null means absent. False when it is no
// map.
bool decode_map(struct res_decoder *decoder, const struct node *node, const struct fields *fields,
                void *target);

// The same for objects that are read in part, in the order of the rows; other fields are skipped.
bool decode_map_in_part(struct res_decoder *decoder, const struct node *node,
                        const struct fields *fields, void *target);

// Reads each entry of a list of at most `max` (0: any number) with `item`.
void decode_list(struct res_decoder *decoder, const struct node *node, size_t max, field_fn item,
                 void *target, const void *arg);

// A field_fn for a map inside a map; `arg` is its struct fields.
void field_map(struct res_decoder *decoder, const struct node *node, void *target, const void *arg);
void field_map_in_part(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg);

// Makes room in an empty vector for the entries of a list: objects with short lists are many. Long
// lists, which may be refused, grow as they are read.
#define vec_expect(decoder, vec, node)                                                             \
    ((vec)->capacity == 0 && (node)->type == NODE_LIST && (node)->size <= DECODE_MAX_EXPECTED      \
         ? (void)((vec)->items =                                                                   \
                      arena_array((decoder)->arena, (node)->size, sizeof *(vec)->items),           \
                  (vec)->capacity = (node)->size)                                                  \
         : (void)0)

void path_push(struct res_decoder *decoder, const char *name);
void path_pop(struct res_decoder *decoder);

// The field at hand for messages: "selector", "nets[2]".
const char *field_name(struct res_decoder *decoder);
// The object at hand: "GlobalNetworkPolicy platform.edge".
const char *object_name(struct res_decoder *decoder);

// "X must be WHAT, not a list", or how to write it when only quotes are wrong. Returns false for
// convenience.
bool report_type(struct res_decoder *decoder, const struct node *node, const char *what);

// Whether a field is there; null means absent.
bool is_set(const struct node *map, const char *name);
// "X needs "NAME" in OBJECT".
void report_missing(struct res_decoder *decoder, struct loc loc, const char *name);

const char *keep(struct res_decoder *decoder, const char *text, size_t length);
struct res_text keep_text(struct res_decoder *decoder, const struct node *node);
