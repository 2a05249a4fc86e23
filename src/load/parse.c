// SPDX-License-Identifier: GPL-2.0-or-later
// libyaml events -> node trees. The events are read one by one, never libyaml's document API: so every node keeps its
// place, duplicate keys are seen, aliases are bounded, and nesting stops at our limit before libyaml's scanner turns
// quadratic. Nodes live on a scratch arena that is rewound when their document, or their item of its list, has been
// handed on. What nobody reads is checked like the rest, but makes no nodes.
#include "parser.h"

struct loc mark_loc(const struct parser *parser, yaml_mark_t start, size_t length)
{
    return (struct loc){
        .source = parser->source,
        .line = (uint32_t)start.line + 1,
        .column = (uint16_t)(start.column < UINT16_MAX ? start.column + 1 : UINT16_MAX),
        .length = (uint16_t)(length < UINT16_MAX ? length : UINT16_MAX),
    };
}

static struct loc event_loc(const struct parser *parser, const yaml_event_t *event)
{
    bool one_line = event->start_mark.line == event->end_mark.line;
    return mark_loc(parser, event->start_mark,
                    one_line ? event->end_mark.index - event->start_mark.index : 1);
}

struct diag *fail(struct parser *parser, enum diag_code code, struct loc loc, const char *format,
                  ...)
{
    va_list args;
    va_start(args, format);
    const char *message = arena_vprintf(parser->loader->arena, format, args);
    va_end(args);
    parser->failed = true;
    return diag_report(parser->loader->diags, code, loc, "%s", message);
}

// ---- linking nodes --------------------------------------------------------------------------------------------

bool is_skipped(const struct parser *parser)
{
    const struct level *level = parser->depth > 0 ? &parser->stack[parser->depth - 1] : NULL;
    return level != NULL && (level->frame.node == NULL || level->skips);
}

void link_node(struct parser *parser, struct node *node)
{
    if (is_skipped(parser)) {
        struct level *level = &parser->stack[parser->depth - 1];
        level->frame.key = NULL;
        level->skips = false;
    } else if (++parser->nodes > LOAD_MAX_NODES_PER_DOCUMENT) {
        parser->failed = true;
        report_too_many(parser->loader, node->loc);
    } else if (parser->depth == 0) {
        parser->root = node;
    } else if (!stream_takes(parser, node)) {
        frame_add(parser->scratch, &parser->stack[parser->depth - 1].frame, node);
    }
}

// ---- scalars and keys -----------------------------------------------------------------------------------------

static bool tag_fits(const char *tag, enum node_type type)
{
    static const struct {
        const char *tag;
        enum node_type type;
    } tags[] = {
        {YAML_STR_TAG, NODE_SCALAR},  {YAML_INT_TAG, NODE_SCALAR},  {YAML_FLOAT_TAG, NODE_SCALAR},
        {YAML_BOOL_TAG, NODE_SCALAR}, {YAML_NULL_TAG, NODE_SCALAR}, {YAML_SEQ_TAG, NODE_LIST},
        {YAML_MAP_TAG, NODE_MAP},
    };
    for (size_t i = 0; i < ARRAY_COUNT(tags); i++) {
        if (strcmp(tag, tags[i].tag) == 0) {
            return tags[i].type == type;
        }
    }
    return strcmp(tag, "!") == 0;
}

static bool tag_is_good(struct parser *parser, const yaml_char_t *tag, enum node_type type,
                        struct loc loc)
{
    if (tag == NULL || tag_fits((const char *)tag, type)) {
        return true;
    }
    fail(parser, DIAG_F010, loc, "the YAML tag \"%s\" has no meaning here", (const char *)tag);
    return false;
}

static uint8_t style_of(const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;
    bool is_string = tag != NULL && (strcmp(tag, "!") == 0 || strcmp(tag, YAML_STR_TAG) == 0);
    if (tag != NULL && !is_string) {
        return NODE_PLAIN; // !!int "80" is a number
    }
    switch (event->data.scalar.style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return NODE_QUOTED;
    case YAML_LITERAL_SCALAR_STYLE:
    case YAML_FOLDED_SCALAR_STYLE:
        return NODE_BLOCK;
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE:
        break;
    }
    return is_string ? NODE_QUOTED : NODE_PLAIN;
}

// The place of a quoted scalar is that of its text, without the quotes; of "" the quotes are all there is.
static struct loc scalar_loc(const struct parser *parser, const yaml_event_t *event)
{
    struct loc loc = event_loc(parser, event);
    bool one_line = event->start_mark.line == event->end_mark.line;
    bool quoted = event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
                  event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    if (quoted && (!one_line || loc.length > 2) && loc.column < UINT16_MAX) {
        loc.column++;
        loc.length = one_line ? (uint16_t)(loc.length - 2) : 1;
    }
    return loc;
}

bool awaits_key(const struct parser *parser)
{
    const struct level *level = parser->depth > 0 ? &parser->stack[parser->depth - 1] : NULL;
    return level != NULL && level->type == NODE_MAP && level->frame.key == NULL;
}

void refuse_key(struct parser *parser, struct loc loc)
{
    fail(parser, DIAG_F005, loc, "a list or a map cannot be a key");
}

// kubectl prints apiVersion and kind first; where they come later, all of the object is read.
static void decide_fields(const struct parser *parser, struct level *level, const char *key)
{
    if (!level->undecided || strcmp(key, "apiVersion") == 0 || strcmp(key, "kind") == 0) {
        return;
    }
    struct loc loc;
    const char *api_version = scalar_of(level->frame.node, "apiVersion", &loc);
    const char *kind = scalar_of(level->frame.node, "kind", &loc);
    if (api_version != NULL && kind != NULL && !is_list_kind(kind)) {
        level->fields = fields_of(parser->loader, api_version, kind);
    }
    level->undecided = false;
}

static void take_known_key(struct parser *parser, struct level *level, const char *text,
                           struct loc loc)
{
    const struct node *known = frame_find(&level->frame, text);
    if (known != NULL) {
        parser->failed = true;
        report_twice(parser->loader, text, loc, known->key_loc);
        return;
    }
    level->frame.key = arena_strdup(parser->scratch, text);
    level->frame.key_loc = loc;
}

void take_key(struct parser *parser, const char *text, struct loc loc, bool plain)
{
    struct level *level = &parser->stack[parser->depth - 1];
    if (plain && strcmp(text, "<<") == 0) {
        fail(parser, DIAG_F010, loc,
             "the YAML merge key \"<<\" is not supported; write the fields out");
        return;
    }
    decide_fields(parser, level, text);
    const struct load_field *row =
        level->fields != NULL ? find_field(level->fields, text, strlen(text)) : NULL;
    level->below = row != NULL ? row->fields : NULL;
    level->skips = level->fields != NULL && row == NULL && !level->fields->others;
    if (level->skips || level->frame.node == NULL) {
        level->frame.key = ""; // there is one, and its value comes next
    } else {
        take_known_key(parser, level, text, loc);
    }
}

static void on_scalar(struct parser *parser, const yaml_event_t *event)
{
    struct loc loc = scalar_loc(parser, event);
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (!tag_is_good(parser, event->data.scalar.tag, NODE_SCALAR, loc)) {
        return;
    }
    if (length > 0 && memchr(value, '\0', length) != NULL) {
        fail(parser, DIAG_F006, loc, "a NUL byte inside a string");
        return;
    }
    struct node *node = NULL;
    bool is_key = awaits_key(parser);
    if ((!is_key && !is_skipped(parser)) || event->data.scalar.anchor != NULL) {
        node = arena_new_of(parser->scratch, struct node);
        *node = (struct node){.type = NODE_SCALAR,
                              .style = style_of(event),
                              .size = (uint32_t)length,
                              .loc = loc,
                              .text = arena_strndup(parser->scratch, value, length)};
        remember_anchor(parser, event->data.scalar.anchor, node);
    }
    if (is_key) {
        take_key(parser, value, loc, style_of(event) == NODE_PLAIN);
    } else {
        link_node(parser, node);
    }
}

// ---- lists and maps -------------------------------------------------------------------------------------

// What is read of a list or map that begins now. One that has an anchor may stand elsewhere too, where more is read.
static struct level level_of(const struct parser *parser, enum node_type type, struct loc loc,
                             bool has_anchor)
{
    const struct level *around = parser->depth > 0 ? &parser->stack[parser->depth - 1] : NULL;
    struct level level = {.type = (uint8_t)type, .loc = loc};
    if (has_anchor) {
        return level;
    }
    if (around == NULL || stream_awaits_item(parser)) {
        level.undecided = true;
    } else {
        level.fields = around->type == NODE_MAP ? around->below : around->fields;
    }
    return level;
}

static void open_level(struct parser *parser, struct level level, const yaml_char_t *anchor)
{
    struct node *node = NULL;
    if (!is_skipped(parser) || anchor != NULL) {
        node = arena_new_of(parser->scratch, struct node);
        *node = (struct node){.type = level.type, .loc = level.loc};
        level.frame = frame_open(node);
        remember_anchor(parser, anchor, node);
    }
    link_node(parser, node);
    parser->stack[parser->depth++] = level;
}

static void on_start(struct parser *parser, const yaml_event_t *event, enum node_type type,
                     const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct loc loc = mark_loc(parser, event->start_mark, 1);
    if (!tag_is_good(parser, tag, type, loc)) {
        return;
    }
    if (awaits_key(parser)) {
        refuse_key(parser, loc);
        return;
    }
    if (parser->depth == LOAD_MAX_DEPTH) {
        fail(parser, DIAG_F007, loc, "lists and maps are nested more than %d deep", LOAD_MAX_DEPTH);
        return;
    }
    if (parser->depth == 0) {
        parser->at_margin = type == NODE_MAP && event->start_mark.column == 0 &&
                            event->data.mapping_start.style == YAML_BLOCK_MAPPING_STYLE;
    }
    const char *key = parser->depth == 1 ? parser->stack[0].frame.key : NULL;
    bool may_stream = type == NODE_LIST && anchor == NULL && parser->depth <= 1;
    open_level(parser, level_of(parser, type, loc, anchor != NULL), anchor);
    if (may_stream && !parser->failed) {
        stream_begin(parser, key, event->start_mark);
    }
}

// ---- documents ------------------------------------------------------------------------------------------------

static void end_document(struct parser *parser)
{
    if (!stream_end_document(parser) && parser->root != NULL) {
        split_document(parser->loader, parser->root);
    }
}

static void on_event(struct parser *parser, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        on_scalar(parser, event);
        stream_end_value(parser);
        break;
    case YAML_SEQUENCE_START_EVENT:
        on_start(parser, event, NODE_LIST, event->data.sequence_start.anchor,
                 event->data.sequence_start.tag);
        break;
    case YAML_MAPPING_START_EVENT:
        on_start(parser, event, NODE_MAP, event->data.mapping_start.anchor,
                 event->data.mapping_start.tag);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        parser->depth--;
        stream_end_value(parser);
        break;
    case YAML_ALIAS_EVENT:
        use_alias(parser, (const char *)event->data.alias.anchor, event_loc(parser, event));
        stream_end_value(parser);
        break;
    case YAML_DOCUMENT_END_EVENT:
        end_document(parser);
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
        break;
    }
}

static void run_parser(struct parser *parser)
{
    arena_alloc(parser->scratch, 1); // so that the first chunk stays when a document is dropped
    struct arena_mark start = arena_mark(parser->scratch);
    bool done = false;
    yaml_event_t event;
    while (!done && !parser->failed) {
        if (!yaml_parser_parse(&parser->yaml, &event)) {
            report_yaml_error(parser);
            return;
        }
        on_event(parser, &event);
        done = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_END_EVENT) {
            arena_rewind(parser->scratch, start);
            parser->root = NULL;
            parser->nodes = 0;
            parser->anchors = NULL;
            parser->stream = (struct stream){0};
        }
        yaml_event_delete(&event);
    }
}

void read_yaml(const struct loader *loader, uint32_t source)
{
    struct parser parser = {.loader = loader, .source = source, .scratch = arena_new(SCRATCH_MAX)};
    if (yaml_parser_initialize(&parser.yaml) == 0) {
        POLC_UNREACHABLE("libyaml cannot start");
    }
    parser.text = prepare_text(parser.scratch, sources_get(loader->sources, source));
    yaml_parser_set_encoding(&parser.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser.yaml, (const unsigned char *)parser.text.start,
                                 parser.text.size);
    parser.yaml.mark = parser.text.mark;
    run_parser(&parser);
    arena_free(parser.scratch);
    yaml_parser_delete(&parser.yaml);
}

void parse_source(const struct loader *loader, uint32_t source)
{
    if (!read_json(loader, source)) {
        read_yaml(loader, source);
    }
}
