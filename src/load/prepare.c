// SPDX-License-Identifier: GPL-2.0-or-later
// A source -> what libyaml is given of it. Two things that are good JSON stop libyaml: tabs around a document, and
// characters that are escaped as two halves. Excerpts still come from the source itself.
#include "parser.h"

enum { HALF = 6, PAIR = 12 }; // bytes of \ud83d and of \ud83d\ude00

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

static void step(struct text *text)
{
    bool half_break = text->start[0] == '\r' && text->size > 1 && text->start[1] == '\n';
    text->mark.index++;
    text->mark.column++;
    if (is_blank(text->start[0]) && text->start[0] != ' ' && text->start[0] != '\t' &&
        !half_break) {
        text->mark.line++;
        text->mark.column = 0;
    }
    text->start++;
    text->size--;
    text->skipped++;
}

// Cuts the blanks around a document that begins with { or [, or around nothing; another text stays as it is.
static bool trim_json(struct text *text)
{
    struct text trimmed = *text;
    while (trimmed.size > 0 && is_blank(trimmed.start[0])) {
        step(&trimmed);
    }
    if (trimmed.size > 0 && trimmed.start[0] != '{' && trimmed.start[0] != '[') {
        return false;
    }
    while (trimmed.size > 0 && is_blank(trimmed.start[trimmed.size - 1])) {
        trimmed.size--;
    }
    *text = trimmed;
    return true;
}

// The number of an escape such as \ud83d if it is in the 1024 from `first` on, else -1.
static long half_at(const char *at, size_t left, long first)
{
    enum { HALVES = 1024 };
    long number = 0;
    if (left < HALF || at[0] != '\\' || at[1] != 'u') {
        return -1;
    }
    for (size_t i = 2; i < HALF; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit =
            strchr(digits, at[i] >= 'A' && at[i] <= 'F' ? at[i] - 'A' + 'a' : at[i]);
        if (digit == NULL || *digit == '\0') {
            return -1;
        }
        number = number * 16 + (digit - digits);
    }
    return number >= first && number < first + HALVES ? number - first : -1;
}

// Writes what stands at `at` and returns the bytes taken: a pair of halves, another escape, or one byte.
static size_t copy_escape(char **to, const char *at, size_t left)
{
    enum { HIGH = 0xd800, LOW = 0xdc00, HALF_BITS = 10, FIRST_PAIR = 0x10000 };
    long high = half_at(at, left, HIGH);
    long low = high >= 0 ? half_at(at + HALF, left - HALF, LOW) : -1;
    if (low >= 0) {
        char escape[PAIR];
        int length =
            snprintf(escape, sizeof escape, "\\U%08lx", FIRST_PAIR + (high << HALF_BITS) + low);
        memcpy(*to, escape, (size_t)length);
        *to += length;
        return PAIR;
    }
    size_t size = at[0] == '\\' && left > 1 ? 2 : 1;
    memcpy(*to, at, size);
    *to += size;
    return size;
}

static void join_halves(struct arena *scratch, struct text *text)
{
    if (memmem(text->start, text->size, "\\ud", 3) == NULL &&
        memmem(text->start, text->size, "\\uD", 3) == NULL) {
        return;
    }
    char *copy = arena_alloc(scratch, text->size);
    char *to = copy;
    for (size_t at = 0; at < text->size;) {
        at += copy_escape(&to, text->start + at, text->size - at);
    }
    text->start = copy;
    text->size = (size_t)(to - copy);
}

static bool is_json_name(const char *path)
{
    size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".json") == 0;
}

struct text prepare_text(struct arena *scratch, const struct source *source)
{
    struct text text = {.start = source->text, .size = source->size};
    // In YAML the halves could be meant as they are, between single quotes: so only in what is JSON by its name.
    if (trim_json(&text) && is_json_name(source->path)) {
        join_halves(scratch, &text);
    }
    return text;
}
