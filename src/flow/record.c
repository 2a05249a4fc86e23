// SPDX-License-Identifier: GPL-2.0-or-later
// Flow records: one JSON object each, with the names that flow logs use (semantics.md 9.2).
#include "internal.h"

#include <jansson.h>

struct reader {
    struct arena *arena;
    const char *text;
    size_t size;
    json_t *root;
    struct flow_record_error *error;
};

// The place of a field's name in the text, for the caret; the whole record when it has none.
static void place_error(const struct reader *reader, const char *field)
{
    const char *quoted = arena_printf(reader->arena, "\"%s\"", field);
    const char *at = memmem(reader->text, reader->size, quoted, strlen(quoted));
    reader->error->offset = at != NULL ? (size_t)(at - reader->text) : 0;
    reader->error->length = at != NULL ? strlen(quoted) : 1;
}

__attribute__((format(printf, 3, 4))) static bool fail(const struct reader *reader,
                                                       const char *field, const char *format, ...)
{
    va_list args;
    place_error(reader, field);
    va_start(args, format);
    reader->error->message = arena_vprintf(reader->arena, format, args);
    va_end(args);
    return false;
}

static bool read_address(const struct reader *reader, const char *field, struct ip_addr *ret)
{
    const json_t *value = json_object_get(reader->root, field);
    const char *text = json_string_value(value);
    if (text == NULL) {
        reader->error->hint =
            "flow logs leave addresses out when they aggregate; log without aggregation";
        return fail(reader, field, "the flow has no \"%s\"", field);
    }
    if (ip_addr_parse(text, strlen(text), ret) != ADDR_OK) {
        return fail(reader, field, "\"%s\" is not an address: \"%s\"", field, text);
    }
    return true;
}

// A number, also as a string; absent or null: `absent`.
static bool read_number(const struct reader *reader, const char *field, int max, int absent,
                        int *ret)
{
    const json_t *value = json_object_get(reader->root, field);
    const char *text = json_string_value(value);
    char *end = NULL;
    json_int_t number = json_integer_value(value);
    *ret = absent;
    if (value == NULL || json_is_null(value)) {
        return true;
    }
    if (text != NULL) {
        number = strtol(text, &end, 10);
    }
    bool is_number = json_is_integer(value) || (text != NULL && *text != '\0' && *end == '\0');
    if (!is_number || number < 0 || number > max) {
        return fail(reader, field, "\"%s\" is a number of 0 to %d", field, max);
    }
    *ret = (int)number;
    return true;
}

static bool read_protocol(const struct reader *reader, uint8_t *ret)
{
    const json_t *value = json_object_get(reader->root, "proto");
    const char *text = json_is_integer(value) ? arena_printf(reader->arena, "%" JSON_INTEGER_FORMAT,
                                                             json_integer_value(value))
                                              : json_string_value(value);
    if (text == NULL) {
        return fail(reader, "proto", "the flow has no \"proto\"");
    }
    *ret = flow_protocol_parse(text);
    const char *best = spell_best(text, flow_protocol_names, flow_protocol_name_count);
    reader->error->hint = best != NULL ? arena_printf(reader->arena, "did you mean \"%s\"?", best)
                                       : "tcp, udp, icmp, icmp6, sctp, or a number of 1 to 255";
    return *ret != 0 || fail(reader, "proto", "\"proto\" is no protocol: \"%s\"", text);
}

static const char *read_name(const struct reader *reader, const char *field)
{
    const char *text = json_string_value(json_object_get(reader->root, field));
    return text != NULL ? arena_strdup(reader->arena, text) : NULL;
}

static bool read_fields(const struct reader *reader, struct flow *ret)
{
    int source_port;
    int destination_port;
    int type;
    int code;
    if (!read_address(reader, "source_ip", &ret->source) ||
        !read_address(reader, "dest_ip", &ret->destination) ||
        !read_protocol(reader, &ret->protocol) ||
        !read_number(reader, "source_port", UINT16_MAX, 0, &source_port) ||
        !read_number(reader, "dest_port", UINT16_MAX, 0, &destination_port) ||
        !read_number(reader, "icmp_type", UINT8_MAX, -1, &type) ||
        !read_number(reader, "icmp_code", UINT8_MAX, -1, &code)) {
        return false;
    }
    if (ret->source.family != ret->destination.family) {
        return fail(reader, "dest_ip", "one address is IPv4, the other IPv6");
    }
    bool ports = proto_has_ports(ret->protocol) || ret->protocol == PROTO_UDPLITE;
    ret->source_port = ports ? (uint16_t)source_port : 0;
    ret->destination_port = ports ? (uint16_t)destination_port : 0;
    ret->icmp_type = (int16_t)type;
    ret->icmp_code = (int16_t)code;
    ret->in_interface = read_name(reader, "in_interface");
    ret->out_interface = read_name(reader, "out_interface");
    flow_default_icmp(ret);
    return true;
}

bool flow_record_parse(struct arena *arena, const char *text, size_t size, struct flow *ret,
                       struct flow_record_error *reterr)
{
    json_error_t error;
    *ret = (struct flow){0};
    *reterr = (struct flow_record_error){.length = 1};
    struct reader reader = {arena, text, size, json_loadb(text, size, 0, &error), reterr};
    if (!json_is_object(reader.root)) {
        bool broken = reader.root == NULL;
        size_t at = broken && error.position > 0 ? (size_t)error.position - 1 : 0;
        reterr->offset = at < size ? at : size > 0 ? size - 1 : 0;
        reterr->message =
            broken ? arena_printf(arena, "not JSON: %s", error.text) : "a flow is a JSON object";
        reterr->hint =
            "one JSON object a line: {\"source_ip\": \"10.0.0.1\", \"dest_ip\": \"10.0.0.2\", "
            "\"proto\": \"tcp\", \"dest_port\": 443}";
        json_decref(reader.root);
        return false;
    }
    bool good = read_fields(&reader, ret);
    json_decref(reader.root);
    return good;
}
