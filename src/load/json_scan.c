// SPDX-License-Identifier: GPL-2.0-or-later
// Moving over JSON text that was proved, and counting its lines.
#include "json_scan.h"
#include "swar.h"

const char *json_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) {
        at++;
        while (end - at >= WORD) { // an indentation
            uint64_t others = word_at(at) ^ EACH(' ');
            if (others != 0) {
                at += first_mark(others);
                break;
            }
            at += WORD;
        }
    }
    return at;
}

const char *json_string_end(const char *at, const char *end, bool *ret_escapes)
{
    *ret_escapes = false;
    for (;;) {
        while (end - at >= WORD) {
            uint64_t word = word_at(at);
            uint64_t marks = marks_of(word, '"') | marks_of(word, '\\');
            if (marks != 0) {
                at += first_mark(marks);
                break;
            }
            at += WORD;
        }
        while (*at != '"' && *at != '\\') {
            at++;
        }
        if (*at == '"') {
            return at + 1;
        }
        *ret_escapes = true;
        at += 2;
    }
}

// To the next byte that opens or closes something.
static const char *next_bracket(const char *at, const char *end)
{
    enum { CASE = 0x20 }; // the difference of [ and {, of ] and }
    while (end - at >= WORD) {
        uint64_t word = word_at(at);
        uint64_t lower = word | EACH(CASE);
        uint64_t marks = marks_of(word, '"') | marks_of(lower, '{') | marks_of(lower, '}');
        if (marks != 0) {
            return at + first_mark(marks);
        }
        at += WORD;
    }
    while (strchr("\"[]{}", *at) == NULL) {
        at++;
    }
    return at;
}

static const char *brackets_end(const char *at, const char *end)
{
    size_t depth = 0;
    for (;;) {
        bool escapes;
        at = next_bracket(at, end);
        switch (*at++) {
        case '"':
            at = json_string_end(at, end, &escapes);
            break;
        case '[':
        case '{':
            depth++;
            break;
        default:
            if (--depth == 0) {
                return at;
            }
        }
    }
}

const char *json_value_end(const char *at, const char *end)
{
    bool escapes;
    if (*at == '"') {
        return json_string_end(at + 1, end, &escapes);
    }
    if (*at == '{' || *at == '[') {
        return brackets_end(at, end);
    }
    while (at < end && strchr(",]} \t\r\n", *at) == NULL) {
        at++;
    }
    return at;
}

// ---- escapes --------------------------------------------------------------------------------------------------------

enum {
    HALF = 6, // bytes of \ud83d
    HIGH_HALVES = 0xd800,
    LOW_HALVES = 0xdc00,
    BEHIND_HALVES = 0xe000,
    HALF_BITS = 10,
    FIRST_PAIR = 0x10000,
};

// The number of an escape such as \ud83d; -1 when it is none.
static long number_of(const char *at, const char *end)
{
    long number = 0;
    if (end - at < HALF || at[0] != '\\' || at[1] != 'u') {
        return -1;
    }
    for (size_t i = 2; i < HALF; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'                     ? c - '0'
                    : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                             : -1;
        if (digit < 0) {
            return -1;
        }
        number = number * 16 + digit;
    }
    return number;
}

static const char *numbered_escape(const char *at, const char *end, uint32_t *ret_character)
{
    long number = number_of(at, end);
    at += HALF;
    if (number >= HIGH_HALVES && number < LOW_HALVES) {
        long low = number_of(at, end);
        if (low < LOW_HALVES || low >= BEHIND_HALVES) {
            return NULL;
        }
        number = FIRST_PAIR + ((number - HIGH_HALVES) << HALF_BITS) + (low - LOW_HALVES);
        at += HALF;
    } else if (number >= LOW_HALVES && number < BEHIND_HALVES) {
        return NULL;
    }
    *ret_character = (uint32_t)number;
    return number > 0 ? at : NULL;
}

const char *json_escape(const char *at, const char *end, uint32_t *ret_character)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char characters[] = "\"\\/\b\f\n\r\t";
    if (end - at < 2) {
        return NULL;
    }
    if (at[1] == 'u') {
        return numbered_escape(at, end, ret_character);
    }
    const char *letter = memchr(letters, at[1], sizeof letters - 1);
    if (letter == NULL) {
        return NULL;
    }
    *ret_character = (uint32_t)characters[letter - letters];
    return at + 2;
}

// ---- places ---------------------------------------------------------------------------------------------------------

size_t json_characters(const char *at, const char *to)
{
    size_t count = (size_t)(to - at);
    for (; to - at >= WORD; at += WORD) {
        uint64_t word = word_at(at);
        count -= count_ones((word >> 7) & ~(word >> 6) & EACH(1));
    }
    for (; at < to; at++) {
        count -= ((unsigned char)*at & 0xc0) == 0x80;
    }
    return count;
}

static size_t count_line_feeds(const char *at, const char *to)
{
    size_t count = 0;
    for (; to - at >= WORD; at += WORD) {
        uint64_t others = word_at(at) ^ EACH('\n');
        // Exact, unlike marks_of: a byte has its high bit, or gets it by the sum, unless it is 0.
        uint64_t marks = ~(((others & EACH(0x7f)) + EACH(0x7f)) | others) & EACH(0x80);
        count += count_ones(marks >> 7);
    }
    for (; at < to; at++) {
        count += *at == '\n';
    }
    return count;
}

static void move_over_odd_lines(struct json_place *place, const char *to, const char *end)
{
    while (place->at < to) {
        size_t size = source_break_size(place->at, (size_t)(end - place->at));
        if (size > 0) {
            place->line++;
            place->column = 1;
            place->at += size;
        } else {
            place->column += ((unsigned char)*place->at & 0xc0) != 0x80;
            place->at++;
        }
    }
}

void json_place_move(struct json_place *place, const char *to, const char *end, bool odd_lines)
{
    if (odd_lines) {
        move_over_odd_lines(place, to, end);
        return;
    }
    size_t lines = count_line_feeds(place->at, to);
    if (lines > 0) {
        place->line += lines;
        place->column = 1;
        place->at = (const char *)memrchr(place->at, '\n', (size_t)(to - place->at)) + 1;
    }
    place->column += json_characters(place->at, to);
    place->at = to;
}
