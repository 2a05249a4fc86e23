// SPDX-License-Identifier: GPL-2.0-or-later
// JSON -> record, by the table of fields.
#include "internal.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

struct flowlog_reader {
    struct arena *arena;
    struct strtab *texts;
    struct strmap *fields; // key in JSON -> the first of its fields
};

// One line that is being read.
struct line {
    struct flowlog_reader *reader;
    const char *text;
    size_t size;
    json_t *root;
    struct flow_record_error *error;
};

static const char *json_key(const struct flowlog_field *field)
{
    return field->outer != NULL ? field->outer : field->name;
}

struct flowlog_reader *flowlog_reader_new(struct arena *arena)
{
    struct flowlog_reader *reader = arena_new_of(arena, struct flowlog_reader);
    reader->arena = arena;
    reader->texts = strtab_new(arena);
    reader->fields = strmap_new(arena);
    for (size_t i = 0; i < flowlog_field_count; i++) {
        if (flowlog_fields[i].kind != FLOWLOG_POLICIES) { // its lists are fields of their own
            strmap_put(reader->fields, json_key(&flowlog_fields[i]), (void *)&flowlog_fields[i]);
        }
    }
    return reader;
}

struct arena *reader_arena(const struct flowlog_reader *reader)
{
    return reader->arena;
}

const char *reader_text(struct flowlog_reader *reader, const char *text)
{
    return text == NULL || text[0] == '\0' || strcmp(text, "-") == 0
               ? NULL
               : strtab_intern(reader->texts, text, strlen(text));
}

struct flow_strings reader_list(struct flowlog_reader *reader, const struct flow_strings *list)
{
    struct flow_strings ret = {.items = arena_array_of(reader->arena, const char *, list->count),
                               .capacity = list->count};
    for (size_t i = 0; i < list->count; i++) {
        ret.items[ret.count++] =
            strtab_intern(reader->texts, list->items[i], strlen(list->items[i]));
    }
    return ret;
}

// By name where flow logs have one, else a number.
const char *reader_protocol(struct flowlog_reader *reader, uint8_t protocol)
{
    for (size_t i = 0; i < flow_protocol_name_count; i++) {
        if (flow_protocol_parse(flow_protocol_names[i]) == protocol) {
            return reader_text(reader, flow_protocol_names[i]);
        }
    }
    char buffer[FLOWLOG_BUFFER];
    snprintf(buffer, sizeof buffer, "%u", protocol);
    return reader_text(reader, buffer);
}

// ---- mistakes ---------------------------------------------------------------------------------------------------

void place_error(struct arena *arena, const char *text, size_t size, const char *field,
                 struct flow_record_error *error)
{
    const char *quoted = arena_printf(arena, "\"%s\"", field);
    const char *at = memmem(text, size, quoted, strlen(quoted));
    error->offset = at != NULL ? (size_t)(at - text) : 0;
    error->length = at != NULL ? strlen(quoted) : 1;
}

__attribute__((format(printf, 3, 4))) static bool
fail(const struct line *line, const struct flowlog_field *field, const char *format, ...)
{
    struct arena *arena = line->reader->arena;
    va_list args;
    place_error(arena, line->text, line->size, json_key(field), line->error);
    va_start(args, format);
    line->error->message = arena_vprintf(arena, format, args);
    va_end(args);
    return false;
}

// ---- values -----------------------------------------------------------------------------------------------------

// Of the value of the field's key; NULL when it is not there, or null.
static const json_t *inner_value(const struct flowlog_field *field, const json_t *value)
{
    if (field->outer != NULL && json_is_object(value)) {
        value = json_object_get(value, field->inner);
    } else if (field->outer != NULL && strcmp(field->inner, "labels") != 0) {
        value = NULL; // a plain list is one of labels
    }
    return json_is_null(value) ? NULL : value;
}

// Of a fraction what is before the point; -1 when it is no number that a record may have.
static int64_t whole_part(double number)
{
    return number >= 0 && number < (double)INT64_MAX ? (int64_t)number : -1;
}

// A number as a string is one, too; "-" is none.
static bool read_number(const struct line *line, const struct flowlog_field *field,
                        const json_t *value, int64_t *ret)
{
    const char *text = json_string_value(value);
    char *end = NULL;
    int64_t number = json_is_real(value) ? whole_part(json_real_value(value))
                                         : (int64_t)json_integer_value(value);
    if (text != NULL && (strcmp(text, "-") == 0 || text[0] == '\0')) {
        return true;
    }
    if (text != NULL) {
        errno = 0;
        number = strtoll(text, &end, 10);
        number = errno == ERANGE ? -1 : number;
    }
    bool is_whole = !json_is_real(value) || field->max == INT64_MAX; // a time may have a fraction
    bool is_number = json_is_number(value) ? is_whole : text != NULL && *end == '\0';
    if (!is_number || number < 0 || number > field->max) {
        return field->max == INT64_MAX
                   ? fail(line, field, "\"%s\" is a number that is not negative", field->name)
                   : fail(line, field, "\"%s\" is a number of 0 to %" PRId64, field->name,
                          field->max);
    }
    *ret = number;
    return true;
}

static bool read_address(const struct line *line, const struct flowlog_field *field,
                         const char *text, const char **ret)
{
    struct ip_addr addr;
    char buffer[IP_TEXT_MAX];
    if (text[0] == '\0' || strcmp(text, "-") == 0) {
        return true;
    }
    if (ip_addr_parse(text, strlen(text), &addr) != ADDR_OK) {
        return fail(line, field, "\"%s\" is not an address: \"%s\"", field->name, text);
    }
    *ret = reader_text(line->reader, ip_addr_text(addr, buffer));
    return true;
}

static bool read_protocol(const struct line *line, const struct flowlog_field *field,
                          const char *text, const char **ret)
{
    struct arena *arena = line->reader->arena;
    uint8_t number = flow_protocol_parse(text);
    if (number != 0) {
        *ret = reader_protocol(line->reader, number);
        return true;
    }
    const char *best = spell_best(text, flow_protocol_names, flow_protocol_name_count);
    line->error->hint = best != NULL ? arena_printf(arena, "did you mean \"%s\"?", best)
                                     : "tcp, udp, icmp, icmp6, sctp, or a number of 1 to 255";
    return fail(line, field, "\"proto\" is no protocol: \"%s\"", text);
}

const char *text_in_lower_case(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *at = copy; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return copy;
}

static bool read_text(const struct line *line, const struct flowlog_field *field,
                      const json_t *value, const char **ret)
{
    struct arena *arena = line->reader->arena;
    const char *text = json_is_integer(value)
                           ? arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value))
                           : json_string_value(value);
    if (text == NULL) {
        return fail(line, field, "\"%s\" is a text", field->name);
    }
    if (field->kind == FLOWLOG_ADDRESS) {
        return read_address(line, field, text, ret);
    }
    if (field->offset == offsetof(struct flowlog_record, proto)) {
        return read_protocol(line, field, text, ret);
    }
    *ret = reader_text(line->reader,
                       field->kind == FLOWLOG_WORD ? text_in_lower_case(arena, text) : text);
    return true;
}

static bool read_list(const struct line *line, const struct flowlog_field *field,
                      const json_t *value, struct flow_strings *ret)
{
    struct arena *arena = line->reader->arena;
    struct flow_strings texts = {0};
    if (json_is_string(value)) {
        vec_push(arena, &texts, json_string_value(value));
    } else if (!json_is_array(value)) {
        return fail(line, field, "\"%s\" is a list of texts", field->name);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        if (text == NULL) {
            return fail(line, field, "\"%s\" is a list of texts", field->name);
        }
        vec_push(arena, &texts, text);
    }
    *ret = reader_list(line->reader, &texts);
    return true;
}

static bool read_field(const struct line *line, const struct flowlog_field *field,
                       const json_t *value, struct flowlog_record *ret)
{
    void *member = (char *)ret + field->offset;
    switch ((enum flowlog_kind)field->kind) {
    case FLOWLOG_NUMBER:
        return read_number(line, field, value, member);
    case FLOWLOG_LIST:
    case FLOWLOG_TRACE:
        return read_list(line, field, value, member);
    case FLOWLOG_TEXT:
    case FLOWLOG_WORD:
    case FLOWLOG_ADDRESS:
        return read_text(line, field, value, member);
    case FLOWLOG_POLICIES:
        break;
    }
    return true;
}

// All fields of one key: those of an object stand together in the table.
static bool read_key(const struct line *line, const char *key, const json_t *value,
                     struct flowlog_record *ret)
{
    const struct flowlog_field *end = flowlog_fields + flowlog_field_count;
    const struct flowlog_field *field = strmap_get(line->reader->fields, key);
    for (; field != NULL && field < end && strcmp(json_key(field), key) == 0; field++) {
        const json_t *inner = inner_value(field, value);
        if (inner != NULL && !read_field(line, field, inner, ret)) {
            return false;
        }
    }
    return true;
}

static bool read_root(struct line *line, const json_error_t *error, struct flowlog_record *ret)
{
    if (!json_is_object(line->root)) {
        bool broken = line->root == NULL;
        size_t at = broken && error->position > 0 ? (size_t)error->position - 1 : 0;
        line->error->offset = at < line->size ? at : line->size > 0 ? line->size - 1 : 0;
        line->error->message = broken
                                   ? arena_printf(line->reader->arena, "not JSON: %s", error->text)
                                   : "a flow is a JSON object";
        line->error->hint =
            "one JSON object a line, such as {\"source_ip\": \"10.0.0.1\", \"dest_ip\": \"10.0.0.2\", \"proto\": \"tcp\", \"dest_port\": 443}";
        return false;
    }
    json_t *source = json_object_get(line->root, "_source");
    json_t *root = json_is_object(source) ? source : line->root;
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
    {
        if (!read_key(line, key, value, ret)) {
            return false;
        }
    }
    return true;
}

bool flowlog_read(struct flowlog_reader *reader, const char *text, size_t size,
                  struct flowlog_record *ret, struct flow_record_error *reterr)
{
    json_error_t error;
    *ret = flowlog_unknown;
    *reterr = (struct flow_record_error){.length = 1};
    json_t *root = json_loadb(text, size, 0, &error);
    struct line line = {reader, text, size, root, reterr};
    bool good = read_root(&line, &error, ret);
    json_decref(root);
    return good;
}
