// SPDX-License-Identifier: GPL-2.0-or-later
// The one compiled form of filters, whichever way they are written.
#pragma once

#include "internal.h"

enum filter_kind { FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_TEST };
enum filter_operator {
    FILTER_EQUALS, // one of the values
    FILTER_CONTAINS,
    FILTER_LESS,
    FILTER_LESS_OR_EQUAL,
    FILTER_GREATER,
    FILTER_GREATER_OR_EQUAL
};

struct filter_value {
    const char *text; // a pattern when `glob`: with "*", and "\" before what stands for itself
    bool glob;
    bool is_number, is_net;
    int64_t number;
    struct cidr net;
};

struct flowlog_filter {
    uint8_t kind;                              // enum filter_kind
    uint8_t operator;                          // of a test, enum filter_operator
    const struct flowlog_filter *left, *right; // of and, or; `left` of not
    const struct flowlog_field *field;
    struct {
        VEC_FIELDS(struct filter_value);
    } values;
};

// ---- filter_lex.c -----------------------------------------------------------------------------------------------

enum token_kind {
    TOKEN_END,
    TOKEN_WORD, // a field, a keyword or a value without quotes
    TOKEN_QUOTED,
    TOKEN_SIGN, // "==", "(", "&&", ...
};

struct token {
    uint8_t kind; // enum token_kind
    size_t offset, length;
    const char *text; // of a value: without its quotes, escapes still in it
};

struct lexer {
    struct arena *arena;
    const char *text;
    size_t at;
    struct flow_record_error *error; // set when a quote is not closed
};

// The next token where a field, a sign or a keyword may stand, or (`value`) where a value does, which may hold signs.
struct token filter_lex(struct lexer *lexer, bool value);
bool filter_token_is(const struct token *token, const char *text); // in any letter case

// ---- filter_value.c ---------------------------------------------------------------------------------------------

// For the field and operator of a test. NULL, or in words what is wrong with the value.
const char *filter_value_read(struct arena *arena, const struct flowlog_filter *test,
                              const char *text, struct filter_value *ret);
