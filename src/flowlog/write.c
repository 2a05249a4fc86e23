// SPDX-License-Identifier: GPL-2.0-or-later
// Record -> one line of JSON, by the table of fields. Written by hand: files have a hundred thousand of them.
#include "internal.h"

#include <inttypes.h>
#include <polc/base/json_text.h>

struct writer {
    const struct flowlog_record *record;
    FILE *out;
    const char *outer; // the object that is open; NULL: none
    bool comma;
};

static void write_key(struct writer *writer, const struct flowlog_field *field)
{
    bool same =
        writer->outer != NULL && field->outer != NULL && strcmp(writer->outer, field->outer) == 0;
    if (writer->outer != NULL && !same) {
        fputc('}', writer->out);
    }
    fputs(writer->comma ? "," : "", writer->out);
    if (field->outer != NULL && !same) {
        fprintf(writer->out, "\"%s\":{", field->outer);
    }
    fprintf(writer->out, "\"%s\":", field->outer != NULL ? field->inner : field->name);
    writer->outer = field->outer;
    writer->comma = true;
}

static void write_list(FILE *out, const struct flow_strings *list)
{
    fputc('[', out);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i > 0 ? "," : "", out);
        json_text_print(out, list->items[i]);
    }
    fputc(']', out);
}

static bool is_known(const struct flowlog_field *field, const struct flowlog_record *record)
{
    switch ((enum flowlog_kind)field->kind) {
    case FLOWLOG_NUMBER:
        return flowlog_number(field, record) != FLOWLOG_UNKNOWN;
    case FLOWLOG_LIST:
    case FLOWLOG_TRACE:
        return flowlog_list(field, record)->count > 0;
    case FLOWLOG_TEXT:
    case FLOWLOG_WORD:
    case FLOWLOG_ADDRESS:
        return flowlog_text(field, record) != NULL;
    case FLOWLOG_POLICIES:
        break;
    }
    return false;
}

static void write_field(struct writer *writer, const struct flowlog_field *field)
{
    const struct flowlog_record *record = writer->record;
    bool known = is_known(field, record);
    if (!known && field->absent == FLOWLOG_OMIT) {
        return;
    }
    write_key(writer, field);
    if (!known) {
        fputs(field->absent == FLOWLOG_NULL ? "null" : "\"-\"", writer->out);
    } else if (field->kind == FLOWLOG_NUMBER) {
        fprintf(writer->out, "%" PRId64, flowlog_number(field, record));
    } else if (field->kind == FLOWLOG_LIST || field->kind == FLOWLOG_TRACE) {
        write_list(writer->out, flowlog_list(field, record));
    } else {
        json_text_print(writer->out, flowlog_text(field, record));
    }
}

void flowlog_write(const struct flowlog_record *record, FILE *out)
{
    struct writer writer = {.record = record, .out = out};
    fputc('{', out);
    for (size_t i = 0; i < flowlog_field_count; i++) {
        write_field(&writer, &flowlog_fields[i]);
    }
    fputs(writer.outer != NULL ? "}}\n" : "}\n", out);
}
