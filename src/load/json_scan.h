// SPDX-License-Identifier: GPL-2.0-or-later
// JSON text: proving it, moving over it, and the places in it.
#pragma once

#include "internal.h"

// What is known of a text that was proved.
struct json_facts {
    bool odd_lines; // a line ends otherwise than by a line feed
    // The longest value directly below the root, which is a list's items: it need not be walked through again just to see
    // what stands behind it.
    const char *longest, *longest_end;
};

// Whether the text is one value of RFC 8259 that polc reads as such: at most LOAD_MAX_DEPTH deep, well-formed UTF-8, no
// NUL and no half of a character in a string. The functions below want a text for which this holds.
bool json_prove(const char *at, const char *end, struct json_facts *ret);

// Behind the blanks that stand here.
const char *json_blanks(const char *at, const char *end);
// From behind a string's opening quote to behind its closing one; `ret_escapes` tells whether it has any.
const char *json_string_end(const char *at, const char *end, bool *ret_escapes);
// Behind the value that begins here.
const char *json_value_end(const char *at, const char *end);

// The character of the escape at `at`, from its backslash on, a pair of halves being one; behind it, or NULL when it is
// none, is half of a pair, or stands for NUL.
const char *json_escape(const char *at, const char *end, uint32_t *ret_character);

// A place that moves forward. Lines and columns count as in struct loc, but do not saturate.
struct json_place {
    const char *at;
    size_t line, column;
};
void json_place_move(struct json_place *place, const char *to, const char *end, bool odd_lines);
// Characters between two places of a line.
size_t json_characters(const char *at, const char *to);
