// SPDX-License-Identifier: GPL-2.0-or-later
// libyaml events -> node trees. The events are read one by one, never libyaml's document API: so every node keeps its
// place, duplicate keys are seen, aliases are bounded, and nesting stops at our limit before libyaml's scanner turns
// quadratic. A document's nodes live on a scratch arena that is rewound when the document has been handed on.
#include "internal.h"

#include <yaml.h>

enum { KEYS_BEFORE_MAP = 16 }; // larger maps look for duplicate keys through a string map

struct frame {
    struct node *node;
    struct node **tail;      // where the next child is linked
    struct strmap *keys;     // of a large map
    const char *key;         // read, its value not yet
    struct loc key_loc;
};

struct anchor {
    const char *name;
    struct node *node;
};

struct parser {
    const struct loader *loader;
    uint32_t source;
    yaml_parser_t yaml;
    struct arena *scratch;
    struct frame stack[LOAD_MAX_DEPTH];
    size_t depth;
    struct node *root;
    struct { VEC_FIELDS(struct anchor); } anchors;
    size_t aliases, alias_nodes, nodes;
    bool failed;
};

static struct loc mark_loc(const struct parser *parser, yaml_mark_t start, size_t length)
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

__attribute__((format(printf, 4, 5))) static void fail(struct parser *parser, enum diag_code code,
                                                       struct loc loc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *message = arena_vprintf(parser->loader->arena, format, args);
    va_end(args);
    diag_report(parser->loader->diags, code, loc, "%s", message);
    parser->failed = true;
}

// ---- linking nodes --------------------------------------------------------------------------------------------

static struct node *known_key(const struct frame *frame, const char *key)
{
    if (frame->keys != NULL) {
        return strmap_get(frame->keys, key);
    }
    for (struct node *child = frame->node->first; child != NULL; child = child->next) {
        if (strcmp(child->key, key) == 0) {
            return child;
        }
    }
    return NULL;
}

static void index_keys(struct parser *parser, struct frame *frame)
{
    frame->keys = strmap_new(parser->scratch);
    for (struct node *child = frame->node->first; child != NULL; child = child->next) {
        strmap_put(frame->keys, child->key, child);
    }
}

static void link_to_map(struct parser *parser, struct frame *frame, struct node *node)
{
    node->key = frame->key;
    node->key_loc = frame->key_loc;
    frame->key = NULL;
    if (frame->node->size == KEYS_BEFORE_MAP) {
        index_keys(parser, frame);
    } else if (frame->keys != NULL) {
        strmap_put(frame->keys, node->key, node);
    }
}

static void link_node(struct parser *parser, struct node *node)
{
    if (++parser->nodes > LOAD_MAX_NODES_PER_DOCUMENT) {
        fail(parser, DIAG_F015, node->loc, "a document holds more than %d values", LOAD_MAX_NODES_PER_DOCUMENT);
        return;
    }
    if (parser->depth == 0) {
        parser->root = node;
        return;
    }
    struct frame *frame = &parser->stack[parser->depth - 1];
    *frame->tail = node;
    frame->tail = &node->next;
    if (frame->node->type == NODE_MAP) {
        link_to_map(parser, frame, node);
    }
    frame->node->size++;
}

static void remember_anchor(struct parser *parser, const yaml_char_t *name, struct node *node)
{
    if (name != NULL) {
        vec_push(parser->scratch, &parser->anchors,
                 (struct anchor){arena_strdup(parser->scratch, (const char *)name), node});
    }
}

// ---- scalars and keys -----------------------------------------------------------------------------------------

static bool is_core_tag(const char *tag)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    static const char *const names[] = {"str", "int", "float", "bool", "null", "map", "seq"};
    if (strcmp(tag, "!") == 0) {
        return true;
    }
    for (size_t i = 0; strncmp(tag, prefix, strlen(prefix)) == 0 && i < ARRAY_COUNT(names); i++) {
        if (strcmp(tag + strlen(prefix), names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool tag_is_good(struct parser *parser, const yaml_char_t *tag, struct loc loc)
{
    if (tag == NULL || is_core_tag((const char *)tag)) {
        return true;
    }
    fail(parser, DIAG_F010, loc, "the YAML tag \"%s\" has no meaning here", (const char *)tag);
    return false;
}

static uint8_t style_of(const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;
    bool is_string = tag != NULL && (strcmp(tag, "!") == 0 || strcmp(tag, YAML_STR_TAG) == 0);
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

// The place of a quoted scalar is that of its text, without the quotes.
static struct loc scalar_loc(const struct parser *parser, const yaml_event_t *event)
{
    struct loc loc = event_loc(parser, event);
    bool quoted = event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
                  event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    if (quoted && loc.length > 2) {
        loc.column++;
        loc.length = (uint16_t)(loc.length - 2);
    }
    return loc;
}

static void take_key(struct parser *parser, struct frame *frame, const char *text, struct loc loc, bool plain)
{
    if (plain && strcmp(text, "<<") == 0) {
        fail(parser, DIAG_F010, loc, "the YAML merge key \"<<\" is not supported; write the fields out");
        return;
    }
    const struct node *known = known_key(frame, text);
    if (known != NULL) {
        struct diag *diag = diag_report(parser->loader->diags, DIAG_F009, loc, "\"%s\" stands twice in this map", text);
        diag_related(diag, known->key_loc, "it is here already");
        parser->failed = true;
        return;
    }
    frame->key = text;
    frame->key_loc = loc;
}

static void on_scalar(struct parser *parser, const yaml_event_t *event)
{
    struct loc loc = scalar_loc(parser, event);
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (!tag_is_good(parser, event->data.scalar.tag, loc)) {
        return;
    }
    if (length > 0 && memchr(value, '\0', length) != NULL) {
        fail(parser, DIAG_F006, loc, "a NUL byte inside a string");
        return;
    }
    const char *text = arena_strndup(parser->scratch, value, length);
    struct frame *frame = parser->depth > 0 ? &parser->stack[parser->depth - 1] : NULL;
    if (frame != NULL && frame->node->type == NODE_MAP && frame->key == NULL) {
        take_key(parser, frame, text, loc, style_of(event) == NODE_PLAIN);
        return;
    }
    struct node *node = arena_new_of(parser->scratch, struct node);
    *node = (struct node){.type = NODE_SCALAR, .style = style_of(event), .size = (uint32_t)length,
                          .loc = loc, .text = text};
    remember_anchor(parser, event->data.scalar.anchor, node);
    link_node(parser, node);
}

// ---- lists, maps, aliases -------------------------------------------------------------------------------------

static bool is_key_position(struct parser *parser, struct loc loc)
{
    const struct frame *frame = parser->depth > 0 ? &parser->stack[parser->depth - 1] : NULL;
    if (frame != NULL && frame->node->type == NODE_MAP && frame->key == NULL) {
        fail(parser, DIAG_F005, loc, "a list or a map cannot be a key");
        return true;
    }
    return false;
}

static void on_start(struct parser *parser, const yaml_event_t *event, enum node_type type,
                     const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct loc loc = mark_loc(parser, event->start_mark, 1);
    if (!tag_is_good(parser, tag, loc) || is_key_position(parser, loc)) {
        return;
    }
    if (parser->depth == LOAD_MAX_DEPTH) {
        fail(parser, DIAG_F007, loc, "lists and maps are nested more than %d deep", LOAD_MAX_DEPTH);
        return;
    }
    struct node *node = arena_new_of(parser->scratch, struct node);
    *node = (struct node){.type = (uint8_t)type, .loc = loc};
    remember_anchor(parser, anchor, node);
    link_node(parser, node);
    parser->stack[parser->depth++] = (struct frame){.node = node, .tail = &node->first};
}

static struct node *copy_node(struct parser *parser, const struct node *node)
{
    struct node *copy = arena_new_of(parser->scratch, struct node);
    *copy = *node;
    copy->next = NULL;
    if (++parser->alias_nodes > LOAD_MAX_ALIAS_NODES) {
        if (!parser->failed) {
            fail(parser, DIAG_F008, node->loc, "aliases would make more than %d values of this file",
                 LOAD_MAX_ALIAS_NODES);
        }
        return copy;
    }
    if (node->type == NODE_SCALAR) {
        return copy;
    }
    struct node **tail = &copy->first;
    copy->first = NULL;
    for (const struct node *child = node->first; child != NULL && !parser->failed; child = child->next) {
        *tail = copy_node(parser, child);
        tail = &(*tail)->next;
    }
    return copy;
}

static bool is_open(const struct parser *parser, const struct node *node)
{
    for (size_t i = 0; i < parser->depth; i++) {
        if (parser->stack[i].node == node) {
            return true;
        }
    }
    return false;
}

static void use_alias(struct parser *parser, const struct node *target, struct loc loc)
{
    struct frame *frame = parser->depth > 0 ? &parser->stack[parser->depth - 1] : NULL;
    if (frame != NULL && frame->node->type == NODE_MAP && frame->key == NULL) {
        if (target->type == NODE_SCALAR) {
            take_key(parser, frame, target->text, loc, target->style == NODE_PLAIN);
        } else {
            fail(parser, DIAG_F005, loc, "a list or a map cannot be a key");
        }
        return;
    }
    link_node(parser, copy_node(parser, target));
}

static void on_alias(struct parser *parser, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct loc loc = event_loc(parser, event);
    const struct node *target = NULL;
    for (size_t i = parser->anchors.count; i > 0 && target == NULL; i--) {
        if (strcmp(parser->anchors.items[i - 1].name, name) == 0) {
            target = parser->anchors.items[i - 1].node;
        }
    }
    if (target == NULL) {
        fail(parser, DIAG_F014, loc, "no anchor \"&%s\" stands before this alias", name);
    } else if (is_open(parser, target)) {
        fail(parser, DIAG_F014, loc, "the alias \"*%s\" stands inside of what it names", name);
    } else if (++parser->aliases > LOAD_MAX_ALIASES) {
        fail(parser, DIAG_F008, loc, "more than %d aliases in one file", LOAD_MAX_ALIASES);
    } else {
        use_alias(parser, target, loc);
    }
}

// ---- documents ------------------------------------------------------------------------------------------------

static void end_document(struct parser *parser)
{
    if (parser->root != NULL) {
        split_document(parser->loader, parser->root);
    }
}

// libyaml's words for the commonest mistakes, in ours.
static const char *translate(const char *problem)
{
    static const struct { const char *theirs, *ours; } words[] = {
        {"found character that cannot start any token", "this character cannot start a value (tabs cannot indent; quote a value that starts with @ or `)"},
        {"mapping values are not allowed in this context", "a \":\" where no key can stand; quote the value if it holds \": \""},
        {"could not find expected ':'", "a key without \":\" behind it"},
        {"did not find expected key", "a line that is neither a key of this map nor the end of it; check the indentation"},
        {"did not find expected '-' indicator", "a line that is no item of this list; check the indentation"},
        {"did not find expected ',' or ']'", "a list in [ ] that is not closed, or lacks a comma"},
        {"did not find expected ',' or '}'", "a map in { } that is not closed, or lacks a comma"},
        {"found unexpected end of stream", "the text ends inside a quoted string"},
        {"did not find expected <document start>", "text after the end of a document; start a new one with ---"},
        {"control characters are not allowed", "a control character in the text"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (strcmp(problem, words[i].theirs) == 0) {
            return words[i].ours;
        }
    }
    return problem;
}

static struct loc offset_loc(const struct parser *parser, size_t offset)
{
    const struct source *source = sources_get(parser->loader->sources, parser->source);
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < offset && i < source->size; i++) {
        if (source->text[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if (((unsigned char)source->text[i] & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return mark_loc(parser, mark, 1);
}

static void report_yaml_error(struct parser *parser)
{
    const yaml_parser_t *yaml = &parser->yaml;
    const char *problem = yaml->problem != NULL ? yaml->problem : "not YAML";
    if (yaml->error == YAML_MEMORY_ERROR) {
        fail(parser, DIAG_F005, LOC_NONE, "out of memory while reading YAML");
    } else if (yaml->error == YAML_READER_ERROR) {
        bool control = strstr(problem, "control") != NULL;
        fail(parser, DIAG_F006, offset_loc(parser, yaml->problem_offset), "%s",
             control ? translate(problem) : "the text is not UTF-8");
    } else {
        fail(parser, DIAG_F005, mark_loc(parser, yaml->problem_mark, 1), "%s", translate(problem));
    }
}

static void on_event(struct parser *parser, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        on_scalar(parser, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        on_start(parser, event, NODE_LIST, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        break;
    case YAML_MAPPING_START_EVENT:
        on_start(parser, event, NODE_MAP, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        parser->depth--;
        break;
    case YAML_ALIAS_EVENT:
        on_alias(parser, event);
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
    while (!done && !parser->failed) {
        yaml_event_t event;
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
            memset(&parser->anchors, 0, sizeof parser->anchors);
        }
        yaml_event_delete(&event);
    }
}

void parse_source(const struct loader *loader, uint32_t source)
{
    const struct source *text = sources_get(loader->sources, source);
    struct parser parser = {.loader = loader, .source = source};
    if (yaml_parser_initialize(&parser.yaml) == 0) {
        POLC_UNREACHABLE("libyaml cannot start");
    }
    yaml_parser_set_encoding(&parser.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser.yaml, (const unsigned char *)text->text, text->size);
    parser.scratch = arena_new(SIZE_MAX);
    run_parser(&parser);
    arena_free(parser.scratch);
    yaml_parser_delete(&parser.yaml);
}
