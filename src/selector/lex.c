// SPDX-License-Identifier: GPL-2.0-or-later
// Tokens of the selector language. The oddities are Calico's and wanted: blanks are only SPACE and
// TAB, "has(" has its parenthesis attached, strings have no escapes, and words are operators only
// right behind a label.
#include "lex.h"

#include <strings.h>

struct lex_symbol {
    const char *text;
    uint8_t kind;
};

struct lex_word {
    const char *first, *second; // second NULL for one word
    uint8_t kind;
};

// Longer ones first.
static const struct lex_symbol symbols[] = {
    {"==", LEX_EQ},  {"!=", LEX_NE},   {"&&", LEX_AND},     {"||", LEX_OR},       {"!", LEX_NOT},
    {"(", LEX_OPEN}, {")", LEX_CLOSE}, {"{", LEX_SET_OPEN}, {"}", LEX_SET_CLOSE}, {",", LEX_COMMA},
};

static const struct lex_word words[] = {
    {"contains", NULL, LEX_CONTAINS},
    {"starts", "with", LEX_STARTS_WITH},
    {"ends", "with", LEX_ENDS_WITH},
    {"not", "in", LEX_NOT_IN},
    {"in", NULL, LEX_IN},
};

static const char *const word_spellings[] = {"contains", "starts", "startswith", "ends",
                                             "endswith", "not",    "notin"};

static bool is_label_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '.' || byte == '/' || byte == '-';
}

void lex_fail(const struct lexer *lexer, size_t offset, size_t length, const char *message,
              const char *label)
{
    *lexer->error = (struct sel_error){offset, length, message, label};
}

static struct lex_token fail(const struct lexer *lexer, size_t offset, size_t length,
                             const char *message, const char *label)
{
    lex_fail(lexer, offset, length, message, label);
    return (struct lex_token){.kind = LEX_ERROR, .offset = offset, .length = length};
}

static bool at(const struct lexer *lexer, size_t position, const char *text)
{
    size_t length = strlen(text);
    return lexer->length - position >= length && memcmp(lexer->text + position, text, length) == 0;
}

static size_t skip_blanks(const struct lexer *lexer, size_t position)
{
    while (position < lexer->length &&
           (lexer->text[position] == ' ' || lexer->text[position] == '\t')) {
        position++;
    }
    return position;
}

static size_t skip_label(const struct lexer *lexer, size_t position)
{
    while (position < lexer->length && is_label_byte(lexer->text[position])) {
        position++;
    }
    return position;
}

static struct lex_token take(struct lexer *lexer, uint8_t kind, size_t end)
{
    struct lex_token token = {
        .kind = kind, .offset = lexer->position, .length = end - lexer->position};
    lexer->position = end;
    return token;
}

static struct lex_token take_string(struct lexer *lexer)
{
    size_t start = lexer->position;
    const char *body = lexer->text + start + 1;
    size_t left = lexer->length - start - 1;
    const char *end = memchr(body, lexer->text[start], left);
    if (end == NULL) {
        return fail(lexer, start, 1, "a value has no closing quote", "opened here");
    }
    size_t length = (size_t)(end - body);
    if (memchr(body, '\0', length) != NULL) {
        return fail(lexer, start, length + 2, "a value holds a NUL byte", NULL);
    }
    struct lex_token token = take(lexer, LEX_STRING, start + length + 2);
    token.text = body;
    token.text_length = length;
    return token;
}

static struct lex_token too_long(const struct lexer *lexer, size_t start, size_t end)
{
    return fail(lexer, start, end - start,
                arena_printf(lexer->arena, "a label name is longer than %d bytes", SEL_MAX_LABEL),
                NULL);
}

// "has(" label ")": `lexer` stands on the word.
static struct lex_token take_has(struct lexer *lexer)
{
    size_t start = skip_blanks(lexer, lexer->position + strlen("has("));
    size_t end = skip_label(lexer, start);
    if (start == end) {
        bool quoted = start < lexer->length && strchr("\"'", lexer->text[start]) != NULL;
        return fail(lexer, lexer->position, start - lexer->position,
                    "has() needs the name of a label",
                    quoted ? "a label name has no quotes" : "write has(name)");
    }
    if (end - start > SEL_MAX_LABEL) {
        return too_long(lexer, start, end);
    }
    size_t close = skip_blanks(lexer, end);
    if (close >= lexer->length || lexer->text[close] != ')') {
        return fail(lexer, lexer->position, end - lexer->position, "has( is not closed",
                    "a \")\" is missing behind the label");
    }
    struct lex_token token = take(lexer, LEX_HAS, close + 1);
    token.text = lexer->text + start;
    token.text_length = end - start;
    return token;
}

// "all(" ")" and "global(" ")".
static struct lex_token take_call(struct lexer *lexer, uint8_t kind, const char *opening)
{
    size_t close = skip_blanks(lexer, lexer->position + strlen(opening));
    if (close >= lexer->length || lexer->text[close] != ')') {
        return fail(lexer, lexer->position, strlen(opening),
                    arena_printf(lexer->arena, "%s is not closed", opening),
                    "it takes no argument");
    }
    return take(lexer, kind, close + 1);
}

static struct lex_token take_label(struct lexer *lexer)
{
    size_t start = lexer->position;
    size_t end = skip_label(lexer, start);
    if (end - start > SEL_MAX_LABEL) {
        return too_long(lexer, start, end);
    }
    struct lex_token token = take(lexer, LEX_LABEL, end);
    token.text = lexer->text + start;
    token.text_length = token.length;
    return token;
}

// The end of a word operator at the current place, 0 when it is not there.
static size_t word_end(const struct lexer *lexer, const struct lex_word *word)
{
    if (!at(lexer, lexer->position, word->first)) {
        return 0;
    }
    size_t end = lexer->position + strlen(word->first);
    if (word->second != NULL) {
        end = skip_blanks(lexer, end);
        if (!at(lexer, end, word->second)) {
            return 0;
        }
        end += strlen(word->second);
    }
    return end < lexer->length && is_label_byte(lexer->text[end]) ? 0 : end;
}

// What the user may have meant by a word that is no operator.
static const char *suggest_operator(struct arena *arena, const char *found)
{
    if (strcmp(found, "starts") == 0 || strcmp(found, "ends") == 0) {
        return arena_printf(arena, "did you mean \"%s with\"?", found);
    }
    if (strcmp(found, "not") == 0) {
        return "did you mean \"not in\"?";
    }
    // "in" is too short to be guessed from another word.
    const char *best = strcasecmp(found, "in") == 0
                           ? "in"
                           : spell_best(found, word_spellings, ARRAY_COUNT(word_spellings));
    return best == NULL ? "one of == != in, not in, contains, starts with, ends with"
                        : arena_printf(arena, "did you mean \"%s\"?", best);
}

static struct lex_token take_word(struct lexer *lexer)
{
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        size_t end = word_end(lexer, &words[i]);
        if (end != 0) {
            return take(lexer, words[i].kind, end);
        }
    }
    size_t start = lexer->position;
    size_t end = skip_label(lexer, start);
    const char *found = arena_strndup(lexer->arena, lexer->text + start, end - start);
    return fail(lexer, start, end - start,
                arena_printf(lexer->arena, "\"%s\" is not an operator", found),
                suggest_operator(lexer->arena, found));
}

static struct lex_token take_name(struct lexer *lexer)
{
    if (lexer->after_label) {
        return take_word(lexer);
    }
    if (at(lexer, lexer->position, "has(")) {
        return take_has(lexer);
    }
    if (at(lexer, lexer->position, "all(")) {
        return take_call(lexer, LEX_ALL, "all(");
    }
    if (at(lexer, lexer->position, "global(")) {
        return take_call(lexer, LEX_GLOBAL, "global(");
    }
    return take_label(lexer);
}

static struct lex_token fail_on_byte(const struct lexer *lexer)
{
    char byte = lexer->text[lexer->position];
    struct arena *arena = lexer->arena;
    if (byte == '=' || byte == '&' || byte == '|') {
        return fail(lexer, lexer->position, 1,
                    arena_printf(arena, "\"%c\" is not an operator", byte),
                    arena_printf(arena, "did you mean \"%c%c\"?", byte, byte));
    }
    if (byte == '\n' || byte == '\r') {
        return fail(lexer, lexer->position, 1, "a selector stands on one line",
                    "\">-\" instead of \"|\" joins the lines of a block");
    }
    if (byte > ' ' && byte < 0x7f) {
        return fail(lexer, lexer->position, 1,
                    arena_printf(arena, "\"%c\" has no meaning in a selector", byte), NULL);
    }
    return fail(
        lexer, lexer->position, 1,
        arena_printf(arena, "byte 0x%02x has no meaning in a selector", (unsigned char)byte),
        "outside of quotes only ASCII letters, digits and operators may stand");
}

static struct lex_token scan(struct lexer *lexer)
{
    if (lexer->position >= lexer->length) {
        return take(lexer, LEX_END, lexer->position);
    }
    for (size_t i = 0; i < ARRAY_COUNT(symbols); i++) {
        if (at(lexer, lexer->position, symbols[i].text)) {
            return take(lexer, symbols[i].kind, lexer->position + strlen(symbols[i].text));
        }
    }
    char byte = lexer->text[lexer->position];
    if (byte == '"' || byte == '\'') {
        return take_string(lexer);
    }
    return is_label_byte(byte) ? take_name(lexer) : fail_on_byte(lexer);
}

struct lex_token lex_next(struct lexer *lexer)
{
    lexer->position = skip_blanks(lexer, lexer->position);
    struct lex_token token = scan(lexer);
    lexer->after_label = token.kind == LEX_LABEL;
    return token;
}
