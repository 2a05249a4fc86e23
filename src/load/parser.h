// SPDX-License-Identifier: GPL-2.0-or-later
// The parser of one source, shared by what reads events, expands aliases and words errors.
#pragma once

#include "tree.h"

#include <yaml.h>

// What libyaml is given of a source.
struct text {
    const char *start;
    size_t size;
    size_t skipped;   // bytes of the source before it
    yaml_mark_t mark; // of its first character
};

struct parser {
    const struct loader *loader;
    uint32_t source;
    struct text text;
    yaml_parser_t yaml;
    struct arena *scratch; // rewound after each document
    struct frame stack[LOAD_MAX_DEPTH];
    size_t depth;
    struct node *root;
    struct strmap *anchors; // of the document: name -> struct anchor; NULL before the first
    size_t aliases, alias_nodes, nodes;
    bool failed;
};

// parse.c
struct loc mark_loc(const struct parser *parser, yaml_mark_t start, size_t length);
struct diag *fail(struct parser *parser, enum diag_code code, struct loc loc, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
bool awaits_key(const struct parser *parser);
void take_key(struct parser *parser, const char *text, struct loc loc, bool plain);
void refuse_key(struct parser *parser, struct loc loc);
void link_node(struct parser *parser, struct node *node);

// alias.c
void remember_anchor(struct parser *parser, const yaml_char_t *name, struct node *node);
void use_alias(struct parser *parser, const char *name, struct loc loc);

// yaml_error.c: what libyaml could not read, in our words.
void report_yaml_error(struct parser *parser);

// prepare.c
struct text prepare_text(struct arena *scratch, const struct source *source);
