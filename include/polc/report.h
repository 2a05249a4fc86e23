// SPDX-License-Identifier: GPL-2.0-or-later
// Module report: rows and findings for people and machines. Computes nothing.
#pragma once

#include <polc/base.h>

// A table of text cells. Rows are added cell by cell; an absent cell is printed as "-".
struct report;

// `columns` are the headings; a heading that begins with "+" is shown in the wide form only.
struct report *report_new(struct arena *arena, const char *const *columns, size_t count);
// Starts a row; `name` is what the name form prints ("gnp/platform.dns-allow").
void report_row(struct report *report, const char *name);
// The next cell of the row; NULL for none. Copied. Cells behind the last column are not shown.
void report_cell(struct report *report, const char *text);
void report_cellf(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// A cell that is a list: joined by commas in the table, an array in JSON.
void report_cell_list(struct report *report, const char *const *items, size_t count);
size_t report_count(const struct report *report);

enum report_form { REPORT_TABLE, REPORT_WIDE, REPORT_NAME, REPORT_JSON, REPORT_YAML };
void report_print(const struct report *report, enum report_form form, FILE *out);

// For tables that go on: what the tables before have needed. Zeroed: none was printed yet.
enum { REPORT_COLUMNS_MAX = 24 };
struct report_widths {
    bool begun;
    int items[REPORT_COLUMNS_MAX];
};
// Prints the headings once, then rows in columns that only grow.
void report_print_more(const struct report *report, bool wide, struct report_widths *widths,
                       FILE *out);

// Every diagnostic for other programs, with what it says to people: as SARIF 2.1.0, and as workflow commands that
// GitHub turns into annotations. `arena` is for scratch.
void report_sarif(struct arena *arena, struct diags *diags, const struct sources *sources,
                  const char *version, FILE *out);
void report_github(struct arena *arena, struct diags *diags, const struct sources *sources,
                   FILE *out);

// ---- bars and CSV (bars.c) ----------------------------------------------------------------------------------------

// A bar of `width` characters for `max`, in parts with fills of their own; more parts than fills share the last one.
// `plain`: of ASCII alone.
enum { REPORT_FILLS = 6 };
const char *report_bar(struct arena *arena, const uint64_t *parts, size_t count, uint64_t max,
                       size_t width, bool plain);
const char *report_fill(size_t part, bool plain);

// A line of RFC 4180, but for its end, which is that of other text files.
void report_csv(FILE *out, const char *const *cells, size_t count);
