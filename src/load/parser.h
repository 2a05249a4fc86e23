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

// A list or map that is open.
struct level {
    struct frame frame; // its node is NULL where nobody reads it
    uint8_t type;       // enum node_type
    bool undecided;     // an object, before it is known what is read of its kind
    bool skips;         // nobody reads the value of the key at hand
    struct loc loc;
    const struct load_fields *fields; // read of a map, or of the maps in a list; NULL: all of them
    const struct load_fields *below;  // the same for the value of the key at hand
};

// The list whose items are handed on one by one.
struct stream {
    size_t depth; // how many lists and maps are open between two items; 0: there is no such list
    bool open;    // its end was not read yet
    const char *api_version, *kind;       // of the list object; NULL of a bare list
    const char *api_version_at, *kind_at; // where they were looked up
    struct inherited inherited;
    struct arena_mark start; // of what an item takes
    struct node *item;       // the newest
};

struct parser {
    const struct loader *loader;
    uint32_t source;
    struct text text;
    yaml_parser_t yaml;
    struct arena *scratch; // rewound after each document, and each item that is handed on
    struct level stack[LOAD_MAX_DEPTH];
    size_t depth;
    struct node *root;
    bool at_margin; // the root is a map in block style, not indented
    struct stream stream;
    struct strmap *anchors; // of the document: name -> struct anchor; NULL before the first
    size_t aliases, alias_nodes, nodes;
    bool failed;
};

// parse.c
struct loc mark_loc(const struct parser *parser, yaml_mark_t start, size_t length);
struct diag *fail(struct parser *parser, enum diag_code code, struct loc loc, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
bool awaits_key(const struct parser *parser);
// Whether nobody reads the value that comes next.
bool is_skipped(const struct parser *parser);
void take_key(struct parser *parser, const char *text, struct loc loc, bool plain);
void refuse_key(struct parser *parser, struct loc loc);
// Puts a value where it belongs; one that nobody reads may be NULL.
void link_node(struct parser *parser, struct node *node);

// stream.c: items of the document's list, handed on while it is being read.
// A list begins that stands under `key` of the root, or is the root itself (NULL).
void stream_begin(struct parser *parser, const char *key, yaml_mark_t start);
// Whether an item of the list comes next.
bool stream_awaits_item(const struct parser *parser);
bool stream_takes(struct parser *parser, struct node *node);
// Something ended: when it was an item, hands it on.
void stream_end_value(struct parser *parser);
// Whether the items of the document's list were handed on, so that nothing of it is left.
bool stream_end_document(struct parser *parser);

// alias.c
void remember_anchor(struct parser *parser, const yaml_char_t *name, struct node *node);
void use_alias(struct parser *parser, const char *name, struct loc loc);

// yaml_error.c: what libyaml could not read, in our words.
void report_yaml_error(struct parser *parser);

// prepare.c
struct text prepare_text(struct arena *scratch, const struct source *source);
