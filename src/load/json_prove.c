// SPDX-License-Identifier: GPL-2.0-or-later
// Is it JSON? A pass of its own over the whole text, before the first object is handed on: what is not RFC 8259 to the
// letter is left to the YAML reader, which accepts more and words the errors; and what reads the text afterwards can
// trust it.
#include "json_scan.h"
#include "swar.h"

#include <polc/base/utf8.h>

struct proof {
    const char *end;
    struct json_facts facts;
};

static const char *prove_value(struct proof *proof, const char *at, int depth);

// One that is not ASCII.
static const char *prove_character(struct proof *proof, const char *at)
{
    uint32_t character;
    size_t size = utf8_read(at, (size_t)(proof->end - at), &character);
    if (size > 0 && source_break_size(at, size) > 0) {
        proof->facts.odd_lines = true;
    }
    return size > 0 ? at + size : NULL;
}

static bool is_plain(unsigned char byte)
{
    return byte >= ' ' && byte < 0x80 && byte != '"' && byte != '\\';
}

// Up to the first byte that is not plain ASCII text, or to the end.
static const char *plain_end(const char *at, const char *end)
{
    while (end - at >= WORD) {
        uint64_t word = word_at(at);
        uint64_t marks = marks_below(word, ' ') | marks_of(word, '"') | marks_of(word, '\\') |
                         (word & EACH(0x80));
        if (marks != 0) {
            return at + first_mark(marks);
        }
        at += WORD;
    }
    while (at < end && is_plain((unsigned char)*at)) {
        at++;
    }
    return at;
}

// From behind the opening quote to behind the closing one.
static const char *prove_string(struct proof *proof, const char *at)
{
    while (at != NULL) {
        uint32_t character;
        at = plain_end(at, proof->end);
        if (at == proof->end || (unsigned char)*at < ' ') {
            return NULL;
        }
        if (*at == '"') {
            return at + 1;
        }
        at = *at == '\\' ? json_escape(at, proof->end, &character) : prove_character(proof, at);
    }
    return NULL;
}

static const char *digits_end(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

static const char *some_digits(const char *at, const char *end)
{
    const char *behind = at != NULL ? digits_end(at, end) : NULL;
    return behind != at ? behind : NULL;
}

static const char *prove_number(const char *at, const char *end)
{
    at += *at == '-';
    at = at < end && *at == '0' ? at + 1 : some_digits(at, end);
    if (at != NULL && at < end && *at == '.') {
        at = some_digits(at + 1, end);
    }
    if (at != NULL && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        at = some_digits(at, end);
    }
    return at;
}

static const char *prove_word(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(end - at) >= length && memcmp(at, word, length) == 0 ? at + length : NULL;
}

static void note_length(struct proof *proof, const char *at, const char *behind)
{
    if (behind - at > proof->facts.longest_end - proof->facts.longest) {
        proof->facts.longest = at;
        proof->facts.longest_end = behind;
    }
}

static const char *prove_list(struct proof *proof, const char *at, int depth)
{
    at = json_blanks(at, proof->end);
    if (at < proof->end && *at == ']') {
        return at + 1;
    }
    for (;;) {
        at = prove_value(proof, at, depth + 1);
        at = at != NULL ? json_blanks(at, proof->end) : proof->end;
        if (at == proof->end) {
            return NULL;
        }
        if (*at != ',') {
            return *at == ']' ? at + 1 : NULL;
        }
        at = json_blanks(at + 1, proof->end);
    }
}

// A key and its colon; behind the blanks after it.
static const char *prove_key(struct proof *proof, const char *at)
{
    at = at < proof->end && *at == '"' ? prove_string(proof, at + 1) : NULL;
    at = at != NULL ? json_blanks(at, proof->end) : proof->end;
    return at < proof->end && *at == ':' ? json_blanks(at + 1, proof->end) : NULL;
}

static const char *prove_map(struct proof *proof, const char *at, int depth)
{
    at = json_blanks(at, proof->end);
    if (at < proof->end && *at == '}') {
        return at + 1;
    }
    for (;;) {
        const char *value = prove_key(proof, at);
        at = value != NULL ? prove_value(proof, value, depth + 1) : NULL;
        if (depth == 0 && at != NULL) {
            note_length(proof, value, at);
        }
        at = at != NULL ? json_blanks(at, proof->end) : proof->end;
        if (at == proof->end) {
            return NULL;
        }
        if (*at != ',') {
            return *at == '}' ? at + 1 : NULL;
        }
        at = json_blanks(at + 1, proof->end);
    }
}

// `depth`: the lists and maps around it.
static const char *prove_value(struct proof *proof, const char *at, int depth)
{
    if (at == proof->end) {
        return NULL;
    }
    switch (*at) {
    case '"':
        return prove_string(proof, at + 1);
    case '{':
        return depth < LOAD_MAX_DEPTH ? prove_map(proof, at + 1, depth) : NULL;
    case '[':
        return depth < LOAD_MAX_DEPTH ? prove_list(proof, at + 1, depth) : NULL;
    case 't':
        return prove_word(at, proof->end, "true");
    case 'f':
        return prove_word(at, proof->end, "false");
    case 'n':
        return prove_word(at, proof->end, "null");
    default:
        return prove_number(at, proof->end);
    }
}

bool json_prove(const char *at, const char *end, struct json_facts *ret)
{
    // A carriage return can only stand between values.
    struct proof proof = {.end = end,
                          .facts = {memchr(at, '\r', (size_t)(end - at)) != NULL, at, at}};
    at = prove_value(&proof, json_blanks(at, end), 0);
    bool good = at != NULL && json_blanks(at, end) == end;
    *ret = proof.facts;
    return good;
}
