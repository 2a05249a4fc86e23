// SPDX-License-Identifier: GPL-2.0-or-later
// Scalars by explicit schema, from the text as it is written.
#pragma once

#include "decode.h"

// What YAML 1.2 (core schema) makes of a plain scalar.
enum plain_kind { PLAIN_STRING, PLAIN_NULL, PLAIN_BOOL, PLAIN_NUMBER };
enum plain_kind plain_kind(const char *text);

// Whether the node is a string: quoted, a block, or a plain one that is nothing else. Reports if
// not.
bool scalar_string(struct res_decoder *decoder, const struct node *node);

// A decimal integer without quotes. Reports if it is none or out of range.
bool scalar_integer(struct res_decoder *decoder, const struct node *node, long min, long max,
                    long *ret);

// Digits only, no leading zero: the one way in which integers are read.
bool is_decimal(const char *text);

// The index of a string in a list of words, or -1 after a report with a suggestion.
struct words {
    const char *const *items;
    size_t count;
};
// clang-format off
#define WORDS(array) {(array), ARRAY_COUNT(array)}
// clang-format on
int scalar_word(struct res_decoder *decoder, const struct node *node, const struct words *words);

void field_text(struct res_decoder *decoder, const struct node *node, void *target,
                const void *arg);
// A res_text that must be one of the struct words in `arg`.
void field_word(struct res_decoder *decoder, const struct node *node, void *target,
                const void *arg);
void field_string(struct res_decoder *decoder, const struct node *node, void *target,
                  const void *arg);
void field_bool(struct res_decoder *decoder, const struct node *node, void *target,
                const void *arg);
void field_order(struct res_decoder *decoder, const struct node *node, void *target,
                 const void *arg);
// A list of strings that are not empty, into struct res_names.
void field_names(struct res_decoder *decoder, const struct node *node, void *target,
                 const void *arg);
