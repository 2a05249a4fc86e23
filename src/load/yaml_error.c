// SPDX-License-Identifier: GPL-2.0-or-later
// libyaml's errors -> diagnostics. libyaml says what its grammar missed; the table says what the writer did.
#include "parser.h"

struct wording {
    const char *theirs; // libyaml's problem or context
    const char *message;
    const char *label; // behind the caret, or NULL
    bool at_start;     // the place is where the thing begins that could not be read
};

static const struct wording wordings[] = {
    {"could not find expected ':'", "this key has no \":\" behind it",
     "a key and its \":\" stand on one line", true},
    {"mapping values are not allowed in this context", "a \":\" stands where no key can be",
     "quote the value if it holds \": \", or check the indentation", false},
    {"block sequence entries are not allowed in this context",
     "a \"- \" stands where no list can begin", "the first item stands on a line of its own",
     false},
    {"mapping keys are not allowed in this context", "a \"? \" stands where no key can be", NULL,
     false},
    {"did not find expected key", "this neither continues the map nor ends it",
     "check the indentation and the quotes", false},
    {"did not find expected '-' indicator", "this neither continues the list nor ends it",
     "check the indentation; each item begins with \"- \"", false},
    {"did not find expected ',' or ']'", "a list in [ ] is not closed, or lacks a comma", NULL,
     false},
    {"did not find expected ',' or '}'", "a map in { } is not closed, or lacks a comma", NULL,
     false},
    {"did not find expected node content", "a value is missing here", NULL, false},
    {"did not find expected <document start>", "text stands behind the end of the document",
     "a line with --- begins the next one", false},
    {"found unexpected end of stream", "a quote is opened and never closed", NULL, false},
    {"found unexpected document indicator",
     "a quote is opened and not closed before a line with --- or ...", NULL, false},
    {"found unknown escape character", "this escape does not exist in YAML",
     "write \\\\ for a backslash, or use single quotes", false},
    {"did not find expected hexdecimal number", "this escape lacks hexadecimal digits", NULL,
     false},
    {"found invalid Unicode character escape code", "this escape stands for no character", NULL,
     false},
    {"did not find expected alphabetic or numeric character",
     "\"&\" and \"*\" want a name behind them", "quote the value if it begins with one of them",
     false},
    {"found a tab character where an indentation space is expected", "a tab cannot indent",
     "write blanks", false},
    {"found a tab character that violates indentation", "a tab cannot indent", "write blanks",
     false},
    {"found an indentation indicator equal to 0", "a text block cannot be indented by 0", NULL,
     false},
    {"found unexpected ':'", "a \":\" stands inside of a value in [ ] or { }", "quote the value",
     false},
    {"found incompatible YAML document", "this version of YAML is not known", "1.1 and 1.2 are",
     false},
    {"found duplicate %YAML directive", "%YAML stands twice before one document", NULL, false},
    {"input is too long", "the text is too long for the YAML reader", NULL, false},
};

// What is wrong is known by what was being read.
static const struct wording contexts[] = {
    {"while scanning a block scalar", "only a comment may stand behind \"|\" or \">\" on its line",
     NULL, false},
    {"while scanning a directive",
     "a line that begins with \"%\" is a directive, and this one does not exist",
     "%YAML and %TAG do; quote a value that begins with \"%\"", true},
    {"while scanning a %YAML directive", "%YAML wants a version behind it", "for instance 1.2",
     true},
    {"while scanning a %TAG directive", "tags have no meaning here", "remove the line", true},
    {"while scanning a tag directive", "tags have no meaning here", "remove the line", true},
    {"while parsing a %TAG directive", "tags have no meaning here", "remove the line", true},
    {"while scanning a tag", "a value that begins with \"!\" is a tag, which has no meaning here",
     "quote the value", true},
    {"while parsing a tag", "a value that begins with \"!\" is a tag, which has no meaning here",
     "quote the value", true},
    {"while parsing a node", "a value that begins with \"!\" is a tag, which has no meaning here",
     "quote the value", true},
};

static const struct wording *find_wording(const struct wording *table, size_t count,
                                          const char *theirs)
{
    for (size_t i = 0; theirs != NULL && i < count; i++) {
        if (strcmp(table[i].theirs, theirs) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

// The text from a place on; NULL when there is none.
static const char *text_at(const struct parser *parser, struct loc loc, const char **ret_end)
{
    size_t length = 0;
    const struct source *source = sources_get(parser->loader->sources, parser->source);
    const char *at = sources_line(parser->loader->sources, loc, &length);
    *ret_end = source->text + source->size;
    for (uint16_t column = 1; at != NULL && column < loc.column && at < *ret_end; column++) {
        do {
            at++;
        } while (at < *ret_end && ((unsigned char)*at & 0xc0) == 0x80);
    }
    return at;
}

// The end of the text, or of the document.
static bool is_at_end(const struct parser *parser, struct loc loc)
{
    const char *end;
    const char *at = text_at(parser, loc, &end);
    if (at != NULL && loc.column == 1 && end - at >= 3 &&
        (memcmp(at, "---", 3) == 0 || memcmp(at, "...", 3) == 0)) {
        return true;
    }
    while (at != NULL && at < end && strchr(" \t\r\n", *at) != NULL) {
        at++;
    }
    return at == NULL || at >= end;
}

// "found character that cannot start any token": it depends on the character.
static void report_character(struct parser *parser, struct loc loc)
{
    const char *end;
    const char *at = text_at(parser, loc, &end);
    if (at != NULL && at < end && *at == '\t') {
        diag_label(fail(parser, DIAG_F005, loc, "a tab cannot indent"), "write blanks");
    } else if (at != NULL && at < end) {
        diag_label(fail(parser, DIAG_F005, loc, "a value cannot begin with \"%c\"", *at),
                   "quote the value");
    } else {
        fail(parser, DIAG_F005, loc, "the text ends where a value must stand");
    }
}

// Where the list or map, the quote or the key that could not be read begins.
static const char *beginning(const char *context)
{
    static const struct {
        const char *context, *text;
    } rows[] = {
        {"while parsing a flow sequence", "the list begins here"},
        {"while parsing a flow mapping", "the map begins here"},
        {"while parsing a block mapping", "the map begins here"},
        {"while parsing a block collection", "the list begins here"},
        {"while scanning a quoted scalar", "the quote is opened here"},
    };
    for (size_t i = 0; context != NULL && i < ARRAY_COUNT(rows); i++) {
        if (strcmp(rows[i].context, context) == 0) {
            return rows[i].text;
        }
    }
    return NULL;
}

static const struct wording *wording_of(const char *problem, const yaml_parser_t *yaml)
{
    const struct wording *wording = find_wording(wordings, ARRAY_COUNT(wordings), problem);
    return wording != NULL ? wording : find_wording(contexts, ARRAY_COUNT(contexts), yaml->context);
}

// At the end of the text libyaml misses the next value of a list or map in brackets; what is missing is their end.
static bool is_open_bracket(const struct parser *parser, const char *problem, bool at_end)
{
    return at_end && parser->depth > 0 &&
           strcmp(problem, "did not find expected node content") == 0;
}

static void report_grammar(struct parser *parser)
{
    const yaml_parser_t *yaml = &parser->yaml;
    const char *problem = yaml->problem != NULL ? yaml->problem : "";
    struct loc loc = mark_loc(parser, yaml->problem_mark, 1);
    struct loc start = yaml->context != NULL ? mark_loc(parser, yaml->context_mark, 1) : loc;
    bool at_end = is_at_end(parser, loc);
    if (strcmp(problem, "found character that cannot start any token") == 0) {
        report_character(parser, loc);
        return;
    }
    if (is_open_bracket(parser, problem, at_end)) {
        const struct level *open = &parser->stack[parser->depth - 1];
        start = open->loc;
        problem = open->type == NODE_LIST ? "did not find expected ',' or ']'"
                                          : "did not find expected ',' or '}'";
    }
    const struct wording *wording = wording_of(problem, yaml);
    // The end of the text is the place of no mistake: there, the start of what is not finished is shown.
    bool at_start = at_end || (wording != NULL && wording->at_start);
    struct diag *diag = fail(
        parser, DIAG_F005, at_start ? start : loc, "%s%s",
        wording != NULL ? wording->message : "this is not YAML: ", wording != NULL ? "" : problem);
    if (wording != NULL && wording->label != NULL) {
        diag_label(diag, "%s", wording->label);
    }
    const char *begins = beginning(yaml->context);
    if (begins != NULL && !at_start && loc_compare(start, loc) != 0) {
        diag_related(diag, start, "%s", begins);
    }
}

static void report_characters(struct parser *parser)
{
    const yaml_parser_t *yaml = &parser->yaml;
    const struct source *source = sources_get(parser->loader->sources, parser->source);
    struct loc loc = sources_loc_at(parser->loader->sources, parser->source,
                                    parser->text.skipped + yaml->problem_offset);
    bool utf16 = source->size >= 2 && (memcmp(source->text, "\xff\xfe", 2) == 0 ||
                                       memcmp(source->text, "\xfe\xff", 2) == 0);
    if (yaml->problem != NULL && strcmp(yaml->problem, "control characters are not allowed") == 0) {
        fail(parser, DIAG_F006, loc, "a control character (U+%04X) stands in the text",
             (unsigned)yaml->problem_value);
    } else if (utf16) {
        fail(parser, DIAG_F006, loc, "the text is UTF-16, not UTF-8");
    } else {
        fail(parser, DIAG_F006, loc, "the text is not UTF-8");
    }
}

void report_yaml_error(struct parser *parser)
{
    switch (parser->yaml.error) {
    case YAML_MEMORY_ERROR:
        fail(parser, DIAG_F005, LOC_NONE, "out of memory while reading YAML");
        break;
    case YAML_READER_ERROR:
        report_characters(parser);
        break;
    case YAML_NO_ERROR:
    case YAML_SCANNER_ERROR:
    case YAML_PARSER_ERROR:
    case YAML_COMPOSER_ERROR:
    case YAML_WRITER_ERROR:
    case YAML_EMITTER_ERROR:
        report_grammar(parser);
        break;
    }
}
