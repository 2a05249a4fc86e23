// SPDX-License-Identifier: GPL-2.0-or-later
// JSON text -> nodes, the same ones that the YAML reader makes of it. Fields that nobody reads are stepped over.
#include "json_value.h"

// ---- places -----------------------------------------------------------------------------------------------------------

static uint16_t saturated(size_t number)
{
    return (uint16_t)(number < UINT16_MAX ? number : UINT16_MAX);
}

struct loc json_loc(struct json *json, const char *at, size_t length)
{
    json_place_move(&json->place, at, json->end, json->facts.odd_lines);
    return (struct loc){.source = json->source,
                        .line = (uint32_t)json->place.line,
                        .column = saturated(json->place.column),
                        .length = saturated(length)};
}

// Of "" the quotes are all there is.
struct loc json_string_loc(struct json *json, const char *at, const char *behind)
{
    struct loc loc = json_loc(json, at, json_characters(at, behind));
    if (loc.length > 2 && loc.column < UINT16_MAX) {
        loc.column++;
        loc.length = (uint16_t)(loc.length - 2);
    }
    return loc;
}

// ---- strings ----------------------------------------------------------------------------------------------------------

static char *put_character(char *to, uint32_t character)
{
    enum { TWO_BYTES = 0x80, THREE_BYTES = 0x800, FOUR_BYTES = 0x10000 };
    if (character < TWO_BYTES) {
        *to++ = (char)character;
        return to;
    }
    int rest = character < THREE_BYTES ? 1 : character < FOUR_BYTES ? 2 : 3;
    *to++ = (char)((0xf0u << (3 - rest)) | character >> (6 * rest));
    while (rest-- > 0) {
        *to++ = (char)(0x80 | ((character >> (6 * rest)) & 0x3f));
    }
    return to;
}

// An escape is never shorter than what it stands for.
static struct json_string decode(struct json *json, const char *at, const char *quote)
{
    char *text = arena_alloc(json->scratch, (size_t)(quote - at) + 1);
    char *to = text;
    while (at < quote) {
        uint32_t character = 0;
        if (*at == '\\') {
            at = json_escape(at, quote, &character);
            to = put_character(to, character);
        } else {
            *to++ = *at++;
        }
    }
    return (struct json_string){text, (size_t)(to - text)};
}

struct json_string json_read_string(struct json *json, const char **at)
{
    bool escapes;
    const char *start = *at + 1;
    *at = json_string_end(start, json->end, &escapes);
    const char *quote = *at - 1;
    return escapes ? decode(json, start, quote)
                   : (struct json_string){start, (size_t)(quote - start)};
}

const char *json_scalar_text(struct json *json, const char *at)
{
    struct json_string string = {at, (size_t)(json_value_end(at, json->end) - at)};
    if (*at == '{' || *at == '[' || *at == 'n') {
        return NULL;
    }
    if (*at == '"') {
        string = json_read_string(json, &at);
    }
    return arena_strndup(json->scratch, string.text, string.length);
}

// ---- values -----------------------------------------------------------------------------------------------------------

bool json_next(const struct json *json, const char **at)
{
    *at = json_blanks(*at, json->end);
    if (**at == ',') {
        *at = json_blanks(*at + 1, json->end);
    }
    if (**at == ']' || **at == '}') {
        (*at)++;
        return false;
    }
    return true;
}

const char *json_colon(const struct json *json, const char *at)
{
    at = json_blanks(at, json->end);
    return json_blanks(at + 1, json->end);
}

static const char *read_scalar(struct json *json, const char *at, struct node *node)
{
    const char *behind = json_value_end(at, json->end);
    struct json_string string = {at, (size_t)(behind - at)};
    if (*at == '"') {
        node->style = NODE_QUOTED;
        node->loc = json_string_loc(json, at, behind);
        string = json_read_string(json, &at);
    } else {
        node->style = NODE_PLAIN;
        node->loc = json_loc(json, at, string.length);
    }
    node->type = NODE_SCALAR;
    node->text = arena_strndup(json->scratch, string.text, string.length);
    node->size = (uint32_t)string.length;
    return behind;
}

static const char *read_list(struct json *json, const char *at, const struct load_fields *fields,
                             struct node *list)
{
    struct frame frame = frame_open(list);
    while (at != NULL && json_next(json, &at)) {
        struct node *child;
        at = json_read_value(json, at, fields, &child);
        if (at != NULL) {
            frame_add(json->scratch, &frame, child);
        }
    }
    return at;
}

// The name of the field as it is to be kept; NULL when nobody reads it. `ret_fields` is what is read below it.
static const char *wanted(struct json *json, struct json_string key,
                          const struct load_fields *fields, const struct load_fields **ret_fields)
{
    const struct load_field *row = fields != NULL ? find_field(fields, key.text, key.length) : NULL;
    *ret_fields = row != NULL ? row->fields : NULL;
    if (row != NULL) {
        return row->name;
    }
    return fields == NULL || fields->others ? arena_strndup(json->scratch, key.text, key.length)
                                            : NULL;
}

static const char *read_member(struct json *json, const char *at, const struct load_fields *fields,
                               struct frame *frame)
{
    const char *start = at;
    const struct load_fields *below;
    const char *key = wanted(json, json_read_string(json, &at), fields, &below);
    const char *value = json_colon(json, at);
    if (key == NULL) {
        return json_value_end(value, json->end);
    }
    frame->key = key;
    frame->key_loc = json_string_loc(json, start, at);
    const struct node *known = frame_find(frame, key);
    if (known != NULL) {
        report_twice(json->loader, key, frame->key_loc, known->key_loc);
        return NULL;
    }
    struct node *child;
    at = json_read_value(json, value, below, &child);
    if (at != NULL) {
        frame_add(json->scratch, frame, child);
    }
    return at;
}

static const char *read_map(struct json *json, const char *at, const struct load_fields *fields,
                            struct node *map)
{
    struct frame frame = frame_open(map);
    while (at != NULL && json_next(json, &at)) {
        at = read_member(json, at, fields, &frame);
    }
    return at;
}

const char *json_read_value(struct json *json, const char *at, const struct load_fields *fields,
                            struct node **ret)
{
    struct node *node = arena_new_of(json->scratch, struct node);
    *ret = node;
    if (*at != '{' && *at != '[') {
        at = read_scalar(json, at, node);
    } else {
        node->type = *at == '{' ? NODE_MAP : NODE_LIST;
        node->loc = json_loc(json, at, 1);
        at = node->type == NODE_MAP ? read_map(json, at + 1, fields, node)
                                    : read_list(json, at + 1, fields, node);
    }
    if (++json->nodes > LOAD_MAX_NODES_PER_DOCUMENT) {
        report_too_many(json->loader, node->loc);
        return NULL;
    }
    return at;
}
