// SPDX-License-Identifier: GPL-2.0-or-later
// JSON text -> nodes.
#pragma once

#include "json_scan.h"
#include "tree.h"

// The reader of one source. Its text was proved: it is moved over without looking for its end or for mistakes.
struct json {
    const struct loader *loader;
    uint32_t source;
    const char *end;
    struct json_facts facts;
    struct json_place place; // of the newest node
    struct arena *scratch;   // rewound after each object
    size_t nodes;            // of the object at hand
};

// Characters of a string; not terminated.
struct json_string {
    const char *text;
    size_t length;
};
// Reads the string that begins at `*at`, and moves behind it.
struct json_string json_read_string(struct json *json, const char **at);
// The text of a scalar, terminated; NULL for null, a list or a map.
const char *json_scalar_text(struct json *json, const char *at);

// Moves from behind { [ or , to the next key or value; false when the map or list ends instead, with `*at` behind it.
bool json_next(const struct json *json, const char **at);
// From behind a key to its value.
const char *json_colon(const struct json *json, const char *at);

// The place of what begins at `at`, not before the newest one.
struct loc json_loc(struct json *json, const char *at, size_t length);
// That of a string or key: its text, without the quotes. `behind` is where it ends.
struct loc json_string_loc(struct json *json, const char *at, const char *behind);

// The value at `at`, as far as it is read. Returns the place behind it, NULL when a problem was reported.
const char *json_read_value(struct json *json, const char *at, const struct load_fields *fields,
                            struct node **ret);
