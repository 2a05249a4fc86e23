// SPDX-License-Identifier: GPL-2.0-or-later
// Text of a filter -> its compiled form: a recursive descent, for our spelling and for those that people paste.
//
//   any    = all { ("||" | "or") all }
//   all    = one { ("&&" | "and") one }
//   one    = ("!" | "not") one | "(" any ")" | test
//   test   = FIELD ("==" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains") VALUE
//          | FIELD ["not"] "in" ("{" | "(" | "[") VALUE { "," VALUE } ("}" | ")" | "]")
//          | FIELD ":" (VALUE | "(" any-of-values ")" | "{" any "}")
#include "filter.h"

enum { DEPTH_MAX = 64, LENGTH_MAX = 16 * 1024 };

struct parser {
    struct arena *arena;
    struct lexer lexer;
    struct token next;
    struct flow_record_error *error;
    const char *outer;                  // inside of "policies:{ }" the field before it; else NULL
    const struct flowlog_field *values; // inside of "field: ( )" the field; else NULL
    int depth;
};

static struct flowlog_filter *parse_any(struct parser *parser);

// The first mistake counts.
__attribute__((format(printf, 4, 5))) static void *
fail(struct parser *parser, const struct token *at, const char *hint, const char *format, ...)
{
    va_list args;
    if (parser->error->message == NULL) {
        va_start(args, format);
        *parser->error =
            (struct flow_record_error){at->offset, at->length > 0 ? at->length : 1,
                                       arena_vprintf(parser->arena, format, args), hint};
        va_end(args);
    }
    return NULL;
}

static struct token take(struct parser *parser)
{
    struct token token = parser->next;
    parser->next = filter_lex(&parser->lexer, false);
    return token;
}

static struct token take_value(struct parser *parser)
{
    parser->lexer.at = parser->next.offset;
    struct token token = filter_lex(&parser->lexer, true);
    parser->next = filter_lex(&parser->lexer, false);
    return token;
}

static bool take_if(struct parser *parser, const char *text)
{
    bool found = filter_token_is(&parser->next, text);
    if (found) {
        take(parser);
    }
    return found;
}

static struct flowlog_filter *new_node(struct parser *parser, enum filter_kind kind,
                                       const struct flowlog_filter *left,
                                       const struct flowlog_filter *right)
{
    struct flowlog_filter *node = arena_new_of(parser->arena, struct flowlog_filter);
    node->kind = (uint8_t)kind;
    node->left = left;
    node->right = right;
    return node;
}

// ---- values -----------------------------------------------------------------------------------------------------

static bool add_value(struct parser *parser, struct flowlog_filter *test)
{
    struct token token = take_value(parser);
    if (token.kind != TOKEN_WORD && token.kind != TOKEN_QUOTED) {
        return fail(parser, &token, NULL, "a value is missing here") != NULL;
    }
    struct filter_value value;
    const char *problem = filter_value_read(parser->arena, test, token.text, &value);
    if (problem != NULL) {
        return fail(parser, &token, NULL, "%s", problem) != NULL;
    }
    vec_push(parser->arena, &test->values, value);
    return true;
}

static struct flowlog_filter *new_test(struct parser *parser, const struct flowlog_field *field,
                                       enum filter_operator operator)
{
    struct flowlog_filter *test = new_node(parser, FILTER_TEST, NULL, NULL);
    test->field = field;
    test->operator=(uint8_t) operator;
    return test;
}

static struct flowlog_filter *parse_value(struct parser *parser, const struct flowlog_field *field,
                                          enum filter_operator operator)
{
    struct flowlog_filter *test = new_test(parser, field, operator);
    return add_value(parser, test) ? test : NULL;
}

static struct flowlog_filter *parse_set(struct parser *parser, const struct flowlog_field *field)
{
    static const char pairs[][2][2] = {{"{", "}"}, {"(", ")"}, {"[", "]"}};
    struct flowlog_filter *test = new_test(parser, field, FILTER_EQUALS);
    struct token open = parser->next;
    for (size_t i = 0; i < ARRAY_COUNT(pairs); i++) {
        if (!take_if(parser, pairs[i][0])) {
            continue;
        }
        do {
            if (!add_value(parser, test)) {
                return NULL;
            }
        } while (take_if(parser, ","));
        return take_if(parser, pairs[i][1])
                   ? test
                   : fail(parser, &open, NULL, "this list of values is not closed");
    }
    return fail(parser, &open, "FIELD in {VALUE, VALUE}", "\"in\" needs a list of values");
}

// ---- tests --------------------------------------------------------------------------------------------------------

static const struct flowlog_field *find_field(struct parser *parser, const struct token *token)
{
    const char *name = parser->outer != NULL
                           ? arena_printf(parser->arena, "%s.%s", parser->outer, token->text)
                           : token->text;
    const char *best;
    const struct flowlog_field *field = flowlog_field_find(name, strlen(name), &best);
    if (field == NULL && parser->outer != NULL) {
        const char *ignored;
        const struct flowlog_field *outer =
            flowlog_field_find(parser->outer, strlen(parser->outer), &ignored);
        bool is_inner =
            outer != NULL && outer->inner != NULL && strcmp(outer->inner, token->text) == 0;
        field = is_inner ? outer : NULL;
    }
    if (field == NULL) {
        size_t outer = parser->outer != NULL ? strlen(parser->outer) + strlen(".") : 0;
        bool same = best != NULL && strncmp(best, name, outer) == 0;
        best = same ? best + outer : best; // as it is written inside of the braces
        fail(parser, token,
             best != NULL ? arena_printf(parser->arena, "did you mean %s?", best)
                          : "polc(8) lists the fields, under flows",
             "a flow has no field \"%s\"", name);
    }
    return field;
}

static struct flowlog_filter *parse_inside(struct parser *parser, const struct token *name)
{
    struct token open = take(parser);
    if (parser->outer != NULL) {
        return fail(parser, &open, NULL, "there are no braces inside of others");
    }
    parser->outer = name->text;
    struct flowlog_filter *inside = parse_any(parser);
    parser->outer = NULL;
    return inside != NULL && !take_if(parser, "}")
               ? fail(parser, &open, NULL, "this brace is not closed")
               : inside;
}

// Behind "field: (": values with and, or and not between them.
static struct flowlog_filter *parse_values(struct parser *parser, const struct flowlog_field *field)
{
    struct token open = take(parser);
    parser->values = field;
    struct flowlog_filter *values = parse_any(parser);
    parser->values = NULL;
    return values != NULL && !take_if(parser, ")")
               ? fail(parser, &open, NULL, "this parenthesis is not closed")
               : values;
}

static struct flowlog_filter *negated(struct parser *parser, struct flowlog_filter *filter)
{
    return filter != NULL ? new_node(parser, FILTER_NOT, filter, NULL) : NULL;
}

static struct flowlog_filter *parse_order(struct parser *parser, const struct flowlog_field *field,
                                          const struct token *sign)
{
    static const struct {
        const char *text;
        enum filter_operator operator;
    } orders[] = {{"<", FILTER_LESS},
                  {"<=", FILTER_LESS_OR_EQUAL},
                  {">", FILTER_GREATER},
                  {">=", FILTER_GREATER_OR_EQUAL}};
    for (size_t i = 0; i < ARRAY_COUNT(orders); i++) {
        if (filter_token_is(sign, orders[i].text)) {
            return field->kind == FLOWLOG_NUMBER
                       ? parse_value(parser, field, orders[i].operator)
                       : fail(parser, sign, NULL, "\"%s\" compares numbers, and \"%s\" is none",
                              sign->text, field->name);
        }
    }
    return fail(parser, sign, "FIELD == VALUE, !=, <, <=, >, >=, in {VALUE, ...}, contains, or :",
                "a comparison is missing behind \"%s\"", field->name);
}

static struct flowlog_filter *
parse_comparison(struct parser *parser, const struct flowlog_field *field, const struct token *name)
{
    struct token sign = take(parser);
    if (filter_token_is(&sign, ":")) {
        return filter_token_is(&parser->next, "{")   ? parse_inside(parser, name)
               : filter_token_is(&parser->next, "(") ? parse_values(parser, field)
                                                     : parse_value(parser, field, FILTER_EQUALS);
    }
    if (filter_token_is(&sign, "==") || filter_token_is(&sign, "=")) {
        return parse_value(parser, field, FILTER_EQUALS);
    }
    if (filter_token_is(&sign, "!=")) {
        return negated(parser, parse_value(parser, field, FILTER_EQUALS));
    }
    if (filter_token_is(&sign, "in")) {
        return parse_set(parser, field);
    }
    if (filter_token_is(&sign, "not") && take_if(parser, "in")) {
        return negated(parser, parse_set(parser, field));
    }
    if (filter_token_is(&sign, "contains")) {
        return field->kind != FLOWLOG_NUMBER
                   ? parse_value(parser, field, FILTER_CONTAINS)
                   : fail(parser, &sign, NULL, "\"contains\" is for texts, and \"%s\" is a number",
                          field->name);
    }
    return parse_order(parser, field, &sign);
}

static struct flowlog_filter *parse_test(struct parser *parser)
{
    if (parser->values != NULL) {
        return parse_value(parser, parser->values, FILTER_EQUALS);
    }
    struct token name = take(parser);
    if (name.kind != TOKEN_WORD) {
        return fail(parser, &name, "FIELD == VALUE", "a field is missing here");
    }
    const struct flowlog_field *field = find_field(parser, &name);
    return field != NULL ? parse_comparison(parser, field, &name) : NULL;
}

// ---- and, or, not -------------------------------------------------------------------------------------------------

static struct flowlog_filter *parse_one(struct parser *parser)
{
    struct token token = parser->next;
    if (parser->depth == DEPTH_MAX) {
        return fail(parser, &token, NULL, "more than %d levels of parentheses", DEPTH_MAX);
    }
    parser->depth++;
    struct flowlog_filter *filter;
    if (take_if(parser, "!") || take_if(parser, "not")) {
        filter = negated(parser, parse_one(parser));
    } else if (take_if(parser, "(")) {
        filter = parse_any(parser);
        if (filter != NULL && !take_if(parser, ")")) {
            filter = fail(parser, &token, NULL, "this parenthesis is not closed");
        }
    } else {
        filter = parse_test(parser);
    }
    parser->depth--;
    return filter;
}

static struct flowlog_filter *parse_all(struct parser *parser)
{
    struct flowlog_filter *filter = parse_one(parser);
    while (filter != NULL && (take_if(parser, "&&") || take_if(parser, "and"))) {
        struct flowlog_filter *right = parse_one(parser);
        filter = right != NULL ? new_node(parser, FILTER_AND, filter, right) : NULL;
    }
    return filter;
}

static struct flowlog_filter *parse_any(struct parser *parser)
{
    struct flowlog_filter *filter = parse_all(parser);
    while (filter != NULL && (take_if(parser, "||") || take_if(parser, "or"))) {
        struct flowlog_filter *right = parse_all(parser);
        filter = right != NULL ? new_node(parser, FILTER_OR, filter, right) : NULL;
    }
    return filter;
}

// Not one of no values.
static struct flowlog_filter *everything(struct parser *parser)
{
    struct flowlog_filter *nothing = new_test(parser, &flowlog_fields[0], FILTER_EQUALS);
    return new_node(parser, FILTER_NOT, nothing, NULL);
}

const struct flowlog_filter *flowlog_filter_parse(struct arena *arena, const char *text,
                                                  struct flow_record_error *reterr)
{
    *reterr = (struct flow_record_error){0};
    struct parser parser = {
        .arena = arena,
        .lexer = {.arena = arena, .text = text, .error = reterr},
        .error = reterr,
    };
    if (strlen(text) > LENGTH_MAX) {
        return fail(&parser, &(struct token){.length = 1}, NULL, "more than %d characters",
                    LENGTH_MAX);
    }
    parser.next = filter_lex(&parser.lexer, false);
    if (parser.next.kind == TOKEN_END) {
        return everything(&parser);
    }
    struct flowlog_filter *filter = parse_any(&parser);
    if (filter != NULL && parser.next.kind != TOKEN_END) {
        fail(&parser, &parser.next, NULL, "\"and\" or \"or\" is missing before this");
    }
    return reterr->message == NULL ? filter : NULL;
}
