// SPDX-License-Identifier: GPL-2.0-or-later
// Selector text -> tree by recursive descent (semantics.md 2.1, 2.3). The first mistake ends it.
#include "lex.h"
#include "node.h"

#include <strings.h>

struct parser {
    struct lexer lexer;
    struct lex_token token; // the next one, not yet taken
    unsigned depth;         // open parentheses
};

struct match_op {
    uint8_t token, op;
    const char *text;
};

static const struct match_op match_ops[] = {
    {LEX_EQ, SEL_EQ, "=="},
    {LEX_NE, SEL_NE, "!="},
    {LEX_CONTAINS, SEL_CONTAINS, "contains"},
    {LEX_STARTS_WITH, SEL_STARTS_WITH, "starts with"},
    {LEX_ENDS_WITH, SEL_ENDS_WITH, "ends with"},
    {LEX_IN, SEL_IN, "in"},
    {LEX_NOT_IN, SEL_NOT_IN, "not in"},
};

static struct sel *parse_or(struct parser *parser);

static void advance(struct parser *parser)
{
    parser->token = lex_next(&parser->lexer);
}

static bool accept(struct parser *parser, uint8_t kind)
{
    if (parser->token.kind != kind) {
        return false;
    }
    advance(parser);
    return true;
}

static const char *token_text(const struct parser *parser, const struct lex_token *token)
{
    return arena_strndup(parser->lexer.arena, token->text, token->text_length);
}

// Reports at the next token, unless the lexer did so already.
static void *fail_at(struct parser *parser, const char *message, const char *label)
{
    if (parser->token.kind != LEX_ERROR) {
        lex_fail(&parser->lexer, parser->token.offset, parser->token.length, message, label);
    }
    return NULL;
}

static void *fail_without_operator(struct parser *parser, const struct lex_token *label)
{
    if (parser->token.kind == LEX_ERROR) {
        return NULL;
    }
    struct arena *arena = parser->lexer.arena;
    const char *name = token_text(parser, label);
    const char *message = arena_printf(arena, "label \"%s\" has no operator behind it", name);
    const char *hint = arena_printf(arena, "did you mean has(%s)?", name);
    if (parser->token.kind == LEX_OPEN) {
        bool call =
            strcmp(name, "has") == 0 || strcmp(name, "all") == 0 || strcmp(name, "global") == 0;
        hint = call ? arena_printf(arena, "write \"%s(\" without a blank", name) : NULL;
    } else if (parser->token.kind == LEX_NOT) {
        hint = "did you mean \"!=\"?";
    }
    lex_fail(&parser->lexer, label->offset, label->length, message, hint);
    return NULL;
}

static void *fail_without_value(struct parser *parser, const char *operator)
{
    struct arena *arena = parser->lexer.arena;
    const char *message = arena_printf(arena, "\"%s\" needs a value in quotes", operator);
    const char *hint = NULL;
    if (parser->token.kind == LEX_LABEL) {
        hint = arena_printf(arena, "write '%s'", token_text(parser, &parser->token));
    } else if (parser->token.kind == LEX_SET_OPEN) {
        hint = "a set needs \"in\" or \"not in\"";
    }
    return fail_at(parser, message, hint);
}

static void *fail_without_set(struct parser *parser, const char *operator)
{
    struct arena *arena = parser->lexer.arena;
    const char *message = arena_printf(arena, "\"%s\" needs a set of values", operator);
    const char *hint = "such as {\"a\", \"b\"}";
    if (parser->token.kind == LEX_STRING) {
        hint = arena_printf(arena, "write {%.*s}", (int)parser->token.length,
                            parser->lexer.text + parser->token.offset);
    }
    return fail_at(parser, message, hint);
}

static void *fail_without_operand(struct parser *parser)
{
    switch (parser->token.kind) {
    case LEX_END:
        return fail_at(parser, "the selector ends where a condition should stand", NULL);
    case LEX_STRING:
        return fail_at(parser, "a condition begins with a label, not with a value",
                       "the label stands on the left, without quotes");
    case LEX_CLOSE:
        return fail_at(parser, "there is no condition before this \")\"", NULL);
    default:
        return fail_at(parser, "a condition should stand here",
                       "such as has(label) or label == \"value\"");
    }
}

// "and" and "or" of other languages.
static const char *joining_word(const struct parser *parser)
{
    const char *word = token_text(parser, &parser->token);
    if (strcasecmp(word, "and") == 0) {
        return "did you mean \"&&\"?";
    }
    return strcasecmp(word, "or") == 0 ? "did you mean \"||\"?" : NULL;
}

static void *fail_after_expression(struct parser *parser)
{
    switch (parser->token.kind) {
    case LEX_CLOSE:
        return fail_at(parser, "this \")\" closes nothing", NULL);
    case LEX_STRING:
        return fail_at(parser, "a value stands here without an operator before it",
                       "a value cannot hold its own kind of quote; there are no escapes");
    case LEX_LABEL:
        return fail_at(parser, "two conditions need \"&&\" or \"||\" between them",
                       joining_word(parser));
    default:
        return fail_at(parser, "two conditions need \"&&\" or \"||\" between them", NULL);
    }
}

static struct sel *parse_set(struct parser *parser, const struct match_op *op, const char *key)
{
    if (!accept(parser, LEX_SET_OPEN)) {
        return fail_without_set(parser, op->text);
    }
    VEC(const char *) values = {0};
    while (parser->token.kind == LEX_STRING) {
        vec_push(parser->lexer.arena, &values, token_text(parser, &parser->token));
        advance(parser);
        if (!accept(parser, LEX_COMMA)) {
            break;
        }
    }
    if (parser->token.kind == LEX_LABEL) {
        return fail_without_value(parser, op->text);
    }
    if (!accept(parser, LEX_SET_CLOSE)) {
        return fail_at(parser, "the set of values is not closed",
                       "a \",\" or \"}\" should stand here");
    }
    return node_set(parser->lexer.arena, op->op, key, values.items, values.count);
}

static struct sel *parse_value(struct parser *parser, const struct match_op *op, const char *key)
{
    if (parser->token.kind != LEX_STRING) {
        return fail_without_value(parser, op->text);
    }
    const char *value = token_text(parser, &parser->token);
    advance(parser);
    return node_match(parser->lexer.arena, op->op, key, value);
}

static struct sel *parse_match(struct parser *parser)
{
    struct lex_token label = parser->token;
    advance(parser);
    for (size_t i = 0; i < ARRAY_COUNT(match_ops); i++) {
        const struct match_op *op = &match_ops[i];
        if (accept(parser, op->token)) {
            const char *key = token_text(parser, &label);
            bool set = op->op == SEL_IN || op->op == SEL_NOT_IN;
            return set ? parse_set(parser, op, key) : parse_value(parser, op, key);
        }
    }
    return fail_without_operator(parser, &label);
}

static struct sel *parse_parentheses(struct parser *parser)
{
    struct lex_token open = parser->token;
    if (++parser->depth > SEL_MAX_DEPTH) {
        return fail_at(parser, "parentheses are nested too deep", "polc reads 256 levels");
    }
    advance(parser);
    struct sel *sel = parse_or(parser);
    if (sel == NULL) {
        return NULL;
    }
    if (parser->token.kind == LEX_END) {
        lex_fail(&parser->lexer, open.offset, open.length, "a parenthesis is not closed",
                 "opened here");
        return NULL;
    }
    if (!accept(parser, LEX_CLOSE)) {
        return fail_after_expression(parser);
    }
    parser->depth--;
    return sel;
}

static struct sel *parse_primary(struct parser *parser)
{
    struct arena *arena = parser->lexer.arena;
    struct lex_token token = parser->token;
    switch (token.kind) {
    case LEX_OPEN:
        return parse_parentheses(parser);
    case LEX_LABEL:
        return parse_match(parser);
    case LEX_HAS:
        advance(parser);
        return sel_has(arena, token_text(parser, &token));
    case LEX_ALL:
        advance(parser);
        return node_new(arena, SEL_ALL);
    case LEX_GLOBAL:
        advance(parser);
        return node_new(arena, SEL_GLOBAL);
    default:
        return fail_without_operand(parser);
    }
}

static struct sel *parse_operation(struct parser *parser)
{
    bool negated = false;
    while (accept(parser, LEX_NOT)) {
        negated = !negated;
    }
    struct sel *sel = parse_primary(parser);
    return sel != NULL && negated ? sel_not(parser->lexer.arena, sel) : sel;
}

// One or more operands joined by one operator.
static struct sel *parse_chain(struct parser *parser, uint8_t operator, enum sel_op op,
                               struct sel *(*operand)(struct parser *parser))
{
    VEC(struct sel *) children = {0};
    do {
        struct sel *sel = operand(parser);
        if (sel == NULL) {
            return NULL;
        }
        vec_push(parser->lexer.arena, &children, sel);
    } while (accept(parser, operator));
    if (children.count == 1) {
        return children.items[0];
    }
    return node_group(parser->lexer.arena, op, children.items, children.count);
}

static struct sel *parse_and(struct parser *parser)
{
    return parse_chain(parser, LEX_AND, SEL_AND, parse_operation);
}

static struct sel *parse_or(struct parser *parser)
{
    return parse_chain(parser, LEX_OR, SEL_OR, parse_and);
}

// Parentheses of the canonical text, which has a pair for every group.
static unsigned text_depth(const struct sel *sel)
{
    if (sel->op != SEL_AND && sel->op != SEL_OR && sel->op != SEL_NOT) {
        return 0;
    }
    unsigned deepest = 0;
    for (uint32_t i = 0; i < sel->count; i++) {
        unsigned depth = text_depth(sel->children[i]);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + (sel->op != SEL_NOT);
}

struct sel *sel_parse(struct arena *arena, const char *text, size_t length,
                      struct sel_error *reterr_error)
{
    while (length > 0 && text[length - 1] == '\n') {
        length--;
    }
    struct parser parser = {
        .lexer = {.arena = arena, .text = text, .length = length, .error = reterr_error}};
    advance(&parser);
    if (parser.token.kind == LEX_END) {
        return node_new(arena, SEL_ALL);
    }
    struct sel *sel = parse_or(&parser);
    if (sel == NULL) {
        return NULL;
    }
    if (parser.token.kind != LEX_END) {
        return fail_after_expression(&parser);
    }
    if (text_depth(sel) > SEL_MAX_DEPTH) {
        lex_fail(&parser.lexer, 0, length, "conditions are nested too deep",
                 "polc reads 256 levels");
        return NULL;
    }
    return sel;
}
