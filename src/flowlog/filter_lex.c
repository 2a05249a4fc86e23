// SPDX-License-Identifier: GPL-2.0-or-later
// Text of a filter -> tokens. What is a sign between fields is an ordinary character in a value: labels are "key=value",
// and entries of policies have bars.
#include "filter.h"

static const char *const signs[] = {"==", "!=", "<=", ">=", "&&", "||", "=", "<", ">",
                                    "!",  "(",  ")",  "{",  "}",  "[",  "]", ",", ":"};

static size_t sign_length(const char *at)
{
    for (size_t i = 0; i < ARRAY_COUNT(signs); i++) {
        if (strncmp(at, signs[i], strlen(signs[i])) == 0) {
            return strlen(signs[i]);
        }
    }
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t word_length(const char *at)
{
    size_t length = 0;
    while (at[length] != '\0' && !is_blank(at[length]) && sign_length(at + length) == 0 &&
           at[length] != '"' && at[length] != '\'') {
        length++;
    }
    return length;
}

// Up to what cannot be in a value; "\" takes the next character as it is.
static size_t value_length(const char *at)
{
    size_t length = 0;
    while (at[length] != '\0' && !is_blank(at[length]) && strchr("(){}[],", at[length]) == NULL &&
           strncmp(at + length, "&&", 2) != 0 && strncmp(at + length, "||", 2) != 0) {
        length += at[length] == '\\' && at[length + 1] != '\0' ? 2 : 1;
    }
    return length;
}

static struct token lex_quoted(struct lexer *lexer, size_t offset)
{
    const char *start = lexer->text + offset;
    size_t length = 1;
    while (start[length] != '\0' && start[length] != start[0]) {
        length += start[length] == '\\' && start[length + 1] != '\0' ? 2 : 1;
    }
    if (start[length] == '\0') {
        if (lexer->error->message == NULL) {
            *lexer->error = (struct flow_record_error){offset, 1, "this quote is not closed", NULL};
        }
    }
    lexer->at = offset + length + (start[length] != '\0');
    return (struct token){TOKEN_QUOTED, offset, lexer->at - offset,
                          arena_strndup(lexer->arena, start + 1, length - 1)};
}

struct token filter_lex(struct lexer *lexer, bool value)
{
    while (is_blank(lexer->text[lexer->at])) {
        lexer->at++;
    }
    size_t offset = lexer->at;
    const char *start = lexer->text + offset;
    if (*start == '\0') {
        return (struct token){TOKEN_END, offset, 0, ""};
    }
    if (*start == '"' || *start == '\'') {
        return lex_quoted(lexer, offset);
    }
    size_t length = value ? value_length(start) : word_length(start);
    uint8_t kind = length > 0 ? TOKEN_WORD : TOKEN_SIGN;
    length = length > 0 ? length : sign_length(start);
    lexer->at = offset + length;
    return (struct token){kind, offset, length, arena_strndup(lexer->arena, start, length)};
}

bool filter_token_is(const struct token *token, const char *text)
{
    return token->kind != TOKEN_QUOTED && token->kind != TOKEN_END &&
           strcasecmp(token->text, text) == 0;
}
