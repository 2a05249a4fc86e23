// SPDX-License-Identifier: GPL-2.0-or-later
// Flow records: one JSON object each, with the names that flow logs use (semantics.md 9.2).
#include "internal.h"

#include <jansson.h>

struct reader {
    struct arena *arena;
    const struct flow_evaluator *evaluator;
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

// What is known of an end: its address, or those of the endpoint that is named.
struct end {
    const struct ip_addr *items;
    size_t count;
};

static const char *field_of(const struct reader *reader, const char *end, const char *field)
{
    return arena_printf(reader->arena, "%s_%s", end, field);
}

static const char *text_of(const struct reader *reader, const char *end, const char *field)
{
    const char *text =
        json_string_value(json_object_get(reader->root, field_of(reader, end, field)));
    return text != NULL && strcmp(text, "-") != 0 ? text : NULL;
}

static bool find_named(const struct reader *reader, const char *ns, const char *name,
                       struct end *ret)
{
    size_t length = strlen(name);
    bool prefix = length > 0 && name[length - 1] == '*';
    const struct plan_host *host = NULL;
    const struct plan_endpoint *endpoint = NULL;
    if (ns != NULL) {
        const char *id = arena_printf(reader->arena, "wep/%s/%.*s", ns,
                                      (int)(prefix ? length - 1 : length), name);
        endpoint = endpoint_by_id(reader->evaluator, id, prefix);
    } else {
        host = host_by_id(reader->evaluator, arena_printf(reader->arena, "hep/%s", name));
    }
    *ret = endpoint != NULL ? (struct end){endpoint->addresses, endpoint->address_count}
           : host != NULL   ? (struct end){host->addresses, host->address_count}
                            : (struct end){0};
    return ret->count > 0;
}

// Flow logs leave addresses out when they aggregate, and keep names.
static bool read_named(const struct reader *reader, const char *end, struct end *ret)
{
    const char *field = text_of(reader, end, "name") != NULL ? "name" : "name_aggr";
    const char *name = text_of(reader, end, field);
    const char *ns = text_of(reader, end, "namespace");
    if (name == NULL) {
        reader->error->hint =
            "a flow has addresses, or the names and namespaces of endpoints, as flow logs have them";
        return fail(reader, field_of(reader, end, "ip"), "the flow has no \"%s_ip\"", end);
    }
    return find_named(reader, ns, name, ret) ||
           fail(reader, field_of(reader, end, field),
                "no address of an endpoint \"%s%s%s\" is known", ns != NULL ? ns : "",
                ns != NULL ? "/" : "", name);
}

static bool read_end(const struct reader *reader, const char *end, struct end *ret)
{
    const char *field = field_of(reader, end, "ip");
    const char *text = json_string_value(json_object_get(reader->root, field));
    struct ip_addr *addr = arena_new_of(reader->arena, struct ip_addr);
    if (text == NULL) {
        return read_named(reader, end, ret);
    }
    *ret = (struct end){addr, 1};
    return ip_addr_parse(text, strlen(text), addr) == ADDR_OK ||
           fail(reader, field, "\"%s\" is not an address: \"%s\"", field, text);
}

// Addresses of one family, the first such pair.
static bool read_ends(const struct reader *reader, struct flow *ret)
{
    struct end source;
    struct end destination;
    if (!read_end(reader, "source", &source) || !read_end(reader, "dest", &destination)) {
        return false;
    }
    for (size_t i = 0; i < source.count; i++) {
        for (size_t j = 0; j < destination.count; j++) {
            if (source.items[i].family == destination.items[j].family) {
                ret->source = source.items[i];
                ret->destination = destination.items[j];
                return true;
            }
        }
    }
    return fail(reader, "dest_ip", "one address is IPv4, the other IPv6");
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
    if (*ret != 0) {
        return true;
    }
    const char *best = spell_best(text, flow_protocol_names, flow_protocol_name_count);
    reader->error->hint = best != NULL ? arena_printf(reader->arena, "did you mean \"%s\"?", best)
                                       : "tcp, udp, icmp, icmp6, sctp, or a number of 1 to 255";
    return fail(reader, "proto", "\"proto\" is no protocol: \"%s\"", text);
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
    if (!read_ends(reader, ret) || !read_protocol(reader, &ret->protocol) ||
        !read_number(reader, "source_port", UINT16_MAX, 0, &source_port) ||
        !read_number(reader, "dest_port", UINT16_MAX, 0, &destination_port) ||
        !read_number(reader, "icmp_type", UINT8_MAX, -1, &type) ||
        !read_number(reader, "icmp_code", UINT8_MAX, -1, &code)) {
        return false;
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

bool flow_record_parse(struct arena *arena, const struct flow_evaluator *evaluator,
                       const char *text, size_t size, struct flow *ret,
                       struct flow_record_error *reterr)
{
    json_error_t error;
    *ret = (struct flow){0};
    *reterr = (struct flow_record_error){.length = 1};
    struct reader reader = {arena, evaluator, text, size, json_loadb(text, size, 0, &error),
                            reterr};
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
