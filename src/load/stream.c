// SPDX-License-Identifier: GPL-2.0-or-later
// Items of a document's list, handed on one by one while the list is being read, so that memory is that of one item. In
// what kubectl prints, the kind of a list stands behind its items: it is looked up in the text, at the margin, before the
// first item, and compared when it has been read.
#include "parser.h"

// Whether a line ends a document, or begins the next one.
static bool is_document_mark(const char *line, const char *end)
{
    return end - line >= 3 && (memcmp(line, "---", 3) == 0 || memcmp(line, "...", 3) == 0);
}

// A line of the text, counted as libyaml does.
static const char *line_at(const struct parser *parser, size_t line)
{
    const char *at = parser->text.start, *end = at + parser->text.size;
    for (size_t i = parser->text.mark.line; at < end && i < line;) {
        size_t size = source_break_size(at, (size_t)(end - at));
        at += size > 0 ? size : 1;
        i += size > 0;
    }
    return at;
}

// The value behind "KEY:"; NULL when it is not a plain word.
static const char *word_behind(struct parser *parser, const char *at, const char *end)
{
    while (at < end && *at == ' ') {
        at++;
    }
    const char *start = at;
    while (at < end && ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                        (*at >= '0' && *at <= '9') || *at == '.' || *at == '/' || *at == '-')) {
        at++;
    }
    size_t length = (size_t)(at - start);
    bool whole = at == end || *at == '\r';
    return whole && length > 0 ? arena_strndup(parser->scratch, start, length) : NULL;
}

// The value of a key of the root that stands at the margin from this line on, and its place; NULL when there is none, or
// two of them.
static const char *look_up(struct parser *parser, const char *key, size_t line, const char **ret_at)
{
    const char *found = NULL, *end = parser->text.start + parser->text.size;
    size_t length = strlen(key);
    for (const char *at = line_at(parser, line); at < end && !is_document_mark(at, end);) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = feed != NULL ? feed : end;
        if ((size_t)(line_end - at) > length && memcmp(at, key, length) == 0 && at[length] == ':') {
            if (found != NULL) {
                return NULL;
            }
            found = word_behind(parser, at + length + 1, line_end);
            *ret_at = at;
        }
        at = feed != NULL ? feed + 1 : end;
    }
    return found;
}

static const char *value_of(struct parser *parser, const char *key, size_t line,
                            const char **ret_at)
{
    struct loc loc;
    const char *value = scalar_of(parser->root, key, &loc);
    return value != NULL || !parser->at_margin ? value : look_up(parser, key, line, ret_at);
}

void stream_begin(struct parser *parser, const char *key, yaml_mark_t start)
{
    struct stream stream = {.depth = parser->depth, .open = true};
    if (parser->depth > 1) {
        if (key == NULL || strcmp(key, "items") != 0) {
            return;
        }
        stream.kind = value_of(parser, "kind", start.line, &stream.kind_at);
        stream.api_version = value_of(parser, "apiVersion", start.line, &stream.api_version_at);
        if (!is_list_kind(stream.kind)) {
            return;
        }
        stream.inherited = inherit(parser->loader, stream.api_version, stream.kind);
    }
    stream.start = arena_mark(parser->scratch);
    parser->stream = stream;
}

bool stream_awaits_item(const struct parser *parser)
{
    return parser->stream.open && parser->depth == parser->stream.depth;
}

bool stream_takes(struct parser *parser, struct node *node)
{
    bool takes = stream_awaits_item(parser);
    if (takes) {
        parser->stream.item = node;
    }
    return takes;
}

void stream_end_value(struct parser *parser)
{
    struct stream *stream = &parser->stream;
    if (parser->depth < stream->depth) {
        stream->open = false;
    }
    if (stream->item == NULL || !stream_awaits_item(parser) || parser->failed) {
        return;
    }
    split_node(parser->loader, stream->item, stream->inherited, 1);
    stream->item = NULL;
    parser->nodes = 0;
    if (parser->anchors == NULL) { // an alias may name what stands in an earlier item
        arena_rewind(parser->scratch, stream->start);
    }
}

// A line that was taken for a field of the root turns out to be none.
static void check_field(struct parser *parser, const char *key, const char *taken, const char *at)
{
    struct loc loc;
    const char *value = scalar_of(parser->root, key, &loc);
    if (taken != NULL && (value == NULL || strcmp(value, taken) != 0)) {
        loc = sources_loc_at(parser->loader->sources, parser->source,
                             parser->text.skipped + (size_t)(at - parser->text.start));
        struct diag *diag = fail(parser, DIAG_F012, loc,
                                 "this looks like the %s of the list around it, and is none", key);
        diag_label(diag, "indent the lines of a text in quotes");
    }
}

bool stream_end_document(struct parser *parser)
{
    const struct stream *stream = &parser->stream;
    if (stream->depth > 0) {
        check_field(parser, "kind", stream->kind, stream->kind_at);
        check_field(parser, "apiVersion", stream->api_version, stream->api_version_at);
    }
    return stream->depth > 0;
}
