// SPDX-License-Identifier: GPL-2.0-or-later
// Module selector: selector text <-> tree, evaluation on labels, canonical form. semantics.md section 2.
#pragma once

#include <polc/base.h>

struct label {
    const char *key;
    const char *value;
};

// Sorted by key (bytes), keys unique.
struct labels {
    const struct label *items;
    size_t count;
};

// The value of a label, or NULL.
const char *labels_get(const struct labels *labels, const char *key);

enum sel_op {
    SEL_ALL,
    SEL_GLOBAL,
    SEL_HAS,
    SEL_EQ,
    SEL_NE,
    SEL_IN,
    SEL_NOT_IN,
    SEL_CONTAINS,
    SEL_STARTS_WITH,
    SEL_ENDS_WITH,
    SEL_NOT,
    SEL_AND,
    SEL_OR,
    SEL_OP_COUNT
};

struct sel {
    uint8_t op;      // enum sel_op
    uint32_t count;  // values of IN and NOT_IN (sorted by bytes, unique), or children
    const char *key; // of a match
    union {
        const char *value;           // EQ NE CONTAINS STARTS_WITH ENDS_WITH
        const char *const *values;   // IN, NOT_IN
        struct sel *const *children; // NOT (1), AND, OR (2 or more)
    };
};

enum { SEL_MAX_LABEL = 512, SEL_MAX_TEXT = 1024, SEL_MAX_DEPTH = 256 };

struct sel_error {
    size_t offset, length; // bytes in the text
    const char *message;   // lower case, no full stop, on the arena
    const char *label;     // short text for the caret ("did you mean \"==\"?"), or NULL
};

// Parses; trailing newlines are trimmed first (an extension, for YAML block scalars). Empty or blank = all().
// NULL on a mistake, with *reterr_error filled. The length limit of 1024 is checked by the validator, not here.
struct sel *sel_parse(struct arena *arena, const char *text, size_t length,
                      struct sel_error *reterr_error);

bool sel_matches(const struct sel *sel, const struct labels *labels);

// Canonical text, semantics.md 2.4: parse(text(s)) has the same text.
const char *sel_text(struct arena *arena, const struct sel *sel);

// Building blocks for rewriting. NULL operands of sel_and are skipped; two NULLs give NULL. ANDs are flattened.
struct sel *sel_and(struct arena *arena, const struct sel *a, const struct sel *b);
struct sel *sel_not(struct arena *arena, const struct sel *a);
struct sel *sel_has(struct arena *arena, const char *key);
struct sel *sel_eq(struct arena *arena, const char *key, const char *value);
struct sel *sel_in(struct arena *arena, const char *key, const char *const *values, size_t count);
struct sel *sel_not_in(struct arena *arena, const char *key, const char *const *values,
                       size_t count);

// A copy in which every label key gets `prefix`, and all() and global() are replaced (NULL: left as they are).
struct sel *sel_rewrite(struct arena *arena, const struct sel *sel, const char *prefix,
                        const struct sel *all, const struct sel *global);

// Whether the tree is exactly one node of this kind, as `global()` must be.
bool sel_is(const struct sel *sel, enum sel_op op);
