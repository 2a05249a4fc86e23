// SPDX-License-Identifier: GPL-2.0-or-later
// The fields of a record: one table for reading, writing, filters and columns, in the order in which they are written.
#include <polc/flowlog.h>

#include <inttypes.h>

#define AT(member) ((uint32_t)offsetof(struct flowlog_record, member))

#define END(end, member)                                                                            \
    {end "_ip", FLOWLOG_ADDRESS, FLOWLOG_NULL, true, AT(member.ip), 0, NULL, NULL},                 \
        {end "_name", FLOWLOG_TEXT, FLOWLOG_DASH, true, AT(member.name), 0, NULL, NULL},            \
        {end "_name_aggr", FLOWLOG_TEXT, FLOWLOG_DASH, true, AT(member.name_aggr), 0, NULL, NULL},  \
        {end "_namespace", FLOWLOG_TEXT, FLOWLOG_DASH, true, AT(member.ns), 0, NULL, NULL},         \
        {end "_port", FLOWLOG_NUMBER, FLOWLOG_NULL, true, AT(member.port), UINT16_MAX, NULL, NULL}, \
        {end "_type", FLOWLOG_WORD, FLOWLOG_OMIT, true, AT(member.type), 0, NULL, NULL},            \
    {                                                                                               \
        end "_labels", FLOWLOG_LIST, FLOWLOG_OMIT, false, AT(member.labels), 0, end "_labels",      \
            "labels"                                                                                \
    }
#define COUNT(name)                                                                                \
    {                                                                                              \
#name, FLOWLOG_NUMBER, FLOWLOG_OMIT, false, AT(name), INT64_MAX, NULL, NULL                \
    }
#define TRACE(name, member, key)                                                                   \
    {                                                                                              \
        "policies." name, FLOWLOG_TRACE, FLOWLOG_OMIT, key, AT(member), 0, "policies", name        \
    }

const struct flowlog_field flowlog_fields[] = {
    COUNT(start_time),
    COUNT(end_time),
    END("source", source),
    END("dest", dest),
    {"dest_service_namespace", FLOWLOG_TEXT, FLOWLOG_DASH, true, AT(service_ns), 0, NULL, NULL},
    {"dest_service_name", FLOWLOG_TEXT, FLOWLOG_DASH, true, AT(service_name), 0, NULL, NULL},
    {"dest_service_port", FLOWLOG_TEXT, FLOWLOG_DASH, true, AT(service_port), 0, NULL, NULL},
    {"dest_domains", FLOWLOG_LIST, FLOWLOG_NULL, true, AT(domains), 0, NULL, NULL},
    {"proto", FLOWLOG_WORD, FLOWLOG_OMIT, true, AT(proto), 0, NULL, NULL},
    {"icmp_type", FLOWLOG_NUMBER, FLOWLOG_OMIT, true, AT(icmp_type), UINT8_MAX, NULL, NULL},
    {"icmp_code", FLOWLOG_NUMBER, FLOWLOG_OMIT, true, AT(icmp_code), UINT8_MAX, NULL, NULL},
    {"in_interface", FLOWLOG_TEXT, FLOWLOG_OMIT, true, AT(in_interface), 0, NULL, NULL},
    {"out_interface", FLOWLOG_TEXT, FLOWLOG_OMIT, true, AT(out_interface), 0, NULL, NULL},
    {"action", FLOWLOG_WORD, FLOWLOG_OMIT, true, AT(action), 0, NULL, NULL},
    {"reporter", FLOWLOG_WORD, FLOWLOG_OMIT, true, AT(reporter), 0, NULL, NULL},
    {"host", FLOWLOG_TEXT, FLOWLOG_OMIT, true, AT(host), 0, NULL, NULL},
    TRACE("enforced_policies", enforced, true),
    TRACE("pending_policies", pending, false),
    TRACE("all_policies", all, false),
    TRACE("transit_policies", transit, false),
    {"policies", FLOWLOG_POLICIES, FLOWLOG_OMIT, false, 0, 0, NULL, NULL},
    COUNT(bytes_in),
    COUNT(bytes_out),
    COUNT(packets_in),
    COUNT(packets_out),
    COUNT(num_flows),
    COUNT(num_flows_started),
    COUNT(num_flows_completed),
    {"original_source_ips", FLOWLOG_LIST, FLOWLOG_OMIT, false, AT(original_source_ips), 0, NULL,
     NULL},
    COUNT(num_original_source_ips),
};
const size_t flowlog_field_count = ARRAY_COUNT(flowlog_fields);

const struct flowlog_record flowlog_unknown = {
    .start_time = FLOWLOG_UNKNOWN,
    .end_time = FLOWLOG_UNKNOWN,
    .source.port = FLOWLOG_UNKNOWN,
    .dest.port = FLOWLOG_UNKNOWN,
    .icmp_type = FLOWLOG_UNKNOWN,
    .icmp_code = FLOWLOG_UNKNOWN,
    .bytes_in = FLOWLOG_UNKNOWN,
    .bytes_out = FLOWLOG_UNKNOWN,
    .packets_in = FLOWLOG_UNKNOWN,
    .packets_out = FLOWLOG_UNKNOWN,
    .num_flows = FLOWLOG_UNKNOWN,
    .num_flows_started = FLOWLOG_UNKNOWN,
    .num_flows_completed = FLOWLOG_UNKNOWN,
    .num_original_source_ips = FLOWLOG_UNKNOWN,
};

const struct flowlog_field *flowlog_field_find(const char *name, size_t length,
                                               const char **ret_best)
{
    const char *names[ARRAY_COUNT(flowlog_fields)];
    char word[64];
    for (size_t i = 0; i < flowlog_field_count; i++) {
        names[i] = flowlog_fields[i].name;
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0) {
            return &flowlog_fields[i];
        }
    }
    *ret_best = NULL;
    if (length < sizeof word) {
        memcpy(word, name, length);
        word[length] = '\0';
        *ret_best = spell_best(word, names, flowlog_field_count);
    }
    return NULL;
}

const struct flow_strings *flowlog_list(const struct flowlog_field *field,
                                        const struct flowlog_record *record)
{
    if (field->kind == FLOWLOG_POLICIES) {
        return record->all.count > 0 ? &record->all : &record->enforced;
    }
    return (const struct flow_strings *)((const char *)record + field->offset);
}

int64_t flowlog_number(const struct flowlog_field *field, const struct flowlog_record *record)
{
    return *(const int64_t *)((const char *)record + field->offset);
}

const char *flowlog_text(const struct flowlog_field *field, const struct flowlog_record *record)
{
    return *(const char *const *)((const char *)record + field->offset);
}

void flowlog_value_get(const struct flowlog_field *field, const struct flowlog_record *record,
                       struct flowlog_value *ret)
{
    ret->text = NULL;
    switch ((enum flowlog_kind)field->kind) {
    case FLOWLOG_LIST:
    case FLOWLOG_TRACE:
    case FLOWLOG_POLICIES:
        ret->items = flowlog_list(field, record)->items;
        ret->count = flowlog_list(field, record)->count;
        return;
    case FLOWLOG_NUMBER:
        if (flowlog_number(field, record) != FLOWLOG_UNKNOWN) {
            snprintf(ret->buffer, sizeof ret->buffer, "%" PRId64, flowlog_number(field, record));
            ret->text = ret->buffer;
        }
        break;
    case FLOWLOG_TEXT:
    case FLOWLOG_WORD:
    case FLOWLOG_ADDRESS:
        ret->text = flowlog_text(field, record);
        break;
    }
    ret->items = &ret->text;
    ret->count = ret->text != NULL;
}
