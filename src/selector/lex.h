// SPDX-License-Identifier: GPL-2.0-or-later
// Selector text -> tokens, one at a time (semantics.md 2.2).
#pragma once

#include <polc/selector.h>

enum lex_kind {
    LEX_END,
    LEX_LABEL,
    LEX_STRING,
    LEX_OPEN,
    LEX_CLOSE,
    LEX_SET_OPEN,
    LEX_SET_CLOSE,
    LEX_COMMA,
    LEX_EQ,
    LEX_NE,
    LEX_NOT,
    LEX_AND,
    LEX_OR,
    LEX_CONTAINS,
    LEX_STARTS_WITH,
    LEX_ENDS_WITH,
    LEX_NOT_IN,
    LEX_IN,
    LEX_HAS,
    LEX_ALL,
    LEX_GLOBAL,
    LEX_ERROR, // reported already
};

struct lex_token {
    uint8_t kind;          // enum lex_kind
    size_t offset, length; // in the text
    const char *text; // not terminated: of a label, of has(label), of a string without its quotes
    size_t text_length;
};

struct lexer {
    struct arena *arena;
    const char *text;
    size_t length, position;
    bool after_label; // word operators exist only there
    struct sel_error *error;
};

struct lex_token lex_next(struct lexer *lexer);

// Reports a mistake; the text of `label` may be NULL.
void lex_fail(const struct lexer *lexer, size_t offset, size_t length, const char *message,
              const char *label);
