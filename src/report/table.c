// SPDX-License-Identifier: GPL-2.0-or-later
// Tables of text: aligned columns, names, JSON and YAML from the same cells, so that they cannot drift apart.
#include <polc/report.h>

#include <ctype.h>
#include <jansson.h>

enum { COLUMNS_MAX = REPORT_COLUMNS_MAX, GAP = 3 };

struct cell {
    const char *text;         // NULL: none
    const char *const *items; // of a list
    size_t item_count;
    bool list;
};

struct row {
    const char *name;
    struct cell *cells; // as many as columns, and one for those that are not shown
    size_t count;
};

struct report {
    struct arena *arena;
    const char *columns[COLUMNS_MAX];
    size_t column_count;
    VEC_FIELDS(struct row *);
};

struct report *report_new(struct arena *arena, const char *const *columns, size_t count)
{
    struct report *report = arena_new_of(arena, struct report);
    report->arena = arena;
    report->column_count = count < COLUMNS_MAX ? count : COLUMNS_MAX;
    memcpy(report->columns, columns, report->column_count * sizeof *columns);
    return report;
}

void report_row(struct report *report, const char *name)
{
    struct row *row = arena_new_of(report->arena, struct row);
    row->name = arena_strdup(report->arena, name);
    row->cells = arena_array_of(report->arena, struct cell, report->column_count + 1);
    vec_push(report->arena, report, row);
}

static struct cell *next_cell(struct report *report)
{
    struct row *row = report->items[report->count - 1];
    return row->count < report->column_count ? &row->cells[row->count++]
                                             : &row->cells[report->column_count];
}

void report_cell(struct report *report, const char *text)
{
    next_cell(report)->text =
        text != NULL && text[0] != '\0' ? arena_strdup(report->arena, text) : NULL;
}

void report_cellf(struct report *report, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    next_cell(report)->text = arena_vprintf(report->arena, format, args);
    va_end(args);
}

void report_cell_list(struct report *report, const char *const *items, size_t count)
{
    struct strbuf text = {.arena = report->arena};
    const char **copy = arena_array_of(report->arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        copy[i] = arena_strdup(report->arena, items[i]);
        strbuf_addf(&text, "%s%s", i > 0 ? "," : "", items[i]);
    }
    *next_cell(report) = (struct cell){count > 0 ? strbuf_text(&text) : NULL, copy, count, true};
}

size_t report_count(const struct report *report)
{
    return report->count;
}

// ---- table ----------------------------------------------------------------------------------------------------

static bool shown(const struct report *report, size_t column, bool wide)
{
    return wide || report->columns[column][0] != '+';
}

static const char *heading(const struct report *report, size_t column)
{
    const char *text = report->columns[column];
    return text[0] == '+' ? text + 1 : text;
}

static const char *cell_text(const struct report *report, const struct row *row, size_t column)
{
    const char *text = row->cells[column].text;
    return text != NULL ? safe_text(report->arena, text) : "-";
}

static void print_cells(FILE *out, const char *const *texts, const int *widths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count) {
            fprintf(out, "%-*s", widths[i] + GAP, texts[i]);
        } else {
            fprintf(out, "%s\n", texts[i]);
        }
    }
}

void report_print_more(const struct report *report, bool wide, struct report_widths *widths,
                       FILE *out)
{
    size_t columns[COLUMNS_MAX];
    const char *texts[COLUMNS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < report->column_count; i++) {
        if (!shown(report, i, wide)) {
            continue;
        }
        int *widest = &widths->items[count];
        texts[count] = heading(report, i);
        *widest = (int)strlen(texts[count]) > *widest ? (int)strlen(texts[count]) : *widest;
        for (size_t j = 0; j < report->count; j++) {
            int width = (int)strlen(cell_text(report, report->items[j], i));
            *widest = width > *widest ? width : *widest;
        }
        columns[count++] = i;
    }
    if (!widths->begun) {
        print_cells(out, texts, widths->items, count);
    }
    widths->begun = true;
    for (size_t j = 0; j < report->count; j++) {
        for (size_t i = 0; i < count; i++) {
            texts[i] = cell_text(report, report->items[j], columns[i]);
        }
        print_cells(out, texts, widths->items, count);
    }
}

// ---- JSON and YAML --------------------------------------------------------------------------------------------

// "SHOW LABELS" -> "show_labels".
static const char *key_of(const struct report *report, size_t column)
{
    char *key = arena_strdup(report->arena, heading(report, column));
    for (char *at = key; *at != '\0'; at++) {
        *at = *at == ' ' || *at == '-' ? '_' : (char)tolower((unsigned char)*at);
    }
    return key;
}

static json_t *cell_json(const struct cell *cell)
{
    if (!cell->list) {
        return cell->text != NULL ? json_string(cell->text) : json_null();
    }
    json_t *list = json_array();
    for (size_t i = 0; i < cell->item_count; i++) {
        json_array_append_new(list, json_string(cell->items[i]));
    }
    return list;
}

static void print_json(const struct report *report, FILE *out)
{
    json_t *list = json_array();
    for (size_t j = 0; j < report->count; j++) {
        json_t *object = json_pack("{s:s}", "ref", report->items[j]->name);
        for (size_t i = 0; i < report->column_count; i++) {
            json_object_set_new(object, key_of(report, i), cell_json(&report->items[j]->cells[i]));
        }
        json_array_append_new(list, object);
    }
    json_dumpf(list, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(list);
}

// A double-quoted YAML scalar is a JSON string.
static void print_quoted(const char *text, FILE *out)
{
    json_t *string = json_string(text);
    json_dumpf(string, out, JSON_ENCODE_ANY);
    json_decref(string);
}

static void print_yaml_cell(const struct cell *cell, FILE *out)
{
    if (!cell->list) {
        cell->text != NULL ? print_quoted(cell->text, out) : (void)fputs("null", out);
        fputc('\n', out);
        return;
    }
    fputs(cell->item_count == 0 ? "[]\n" : "\n", out);
    for (size_t i = 0; i < cell->item_count; i++) {
        fputs("  - ", out);
        print_quoted(cell->items[i], out);
        fputc('\n', out);
    }
}

static void print_yaml(const struct report *report, FILE *out)
{
    for (size_t j = 0; j < report->count; j++) {
        fputs("- ref: ", out);
        print_quoted(report->items[j]->name, out);
        fputc('\n', out);
        for (size_t i = 0; i < report->column_count; i++) {
            fprintf(out, "  %s: ", key_of(report, i));
            print_yaml_cell(&report->items[j]->cells[i], out);
        }
    }
}

void report_print(const struct report *report, enum report_form form, FILE *out)
{
    switch (form) {
    case REPORT_TABLE:
    case REPORT_WIDE:
        report_print_more(report, form == REPORT_WIDE, &(struct report_widths){0}, out);
        break;
    case REPORT_NAME:
        for (size_t i = 0; i < report->count; i++) {
            fprintf(out, "%s\n", safe_text(report->arena, report->items[i]->name));
        }
        break;
    case REPORT_JSON:
        print_json(report, out);
        break;
    case REPORT_YAML:
        print_yaml(report, out);
        break;
    }
}
