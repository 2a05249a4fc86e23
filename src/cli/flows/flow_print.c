// SPDX-License-Identifier: GPL-2.0-or-later
// Records -> a table, or JSON lines.
#include "flow_print.h"

#include "flow_input.h"

#include <time.h>

// Those without "+" are what a console of flow logs shows; "?": only where something has it.
static const char *const columns[] = {
    "source_namespace", "source_name_aggr", "dest_namespace", "dest_name_aggr", "?dest_domains",
    "dest_port",        "reporter",         "policies",       "+action",        "+proto",
    "+num_flows",       "+bytes_in",        "+bytes_out",
};

static const char *name_of(const char *column)
{
    return column + (column[0] == '+' || column[0] == '?');
}

static const char *time_text(struct arena *arena, int64_t seconds)
{
    enum { SIZE = 16 };
    char text[SIZE];
    struct tm tm;
    time_t time = (time_t)seconds;
    bool known = seconds != FLOWLOG_UNKNOWN && localtime_r(&time, &tm) != NULL &&
                 strftime(text, sizeof text, "%H:%M:%S", &tm) > 0;
    return known ? arena_strdup(arena, text) : NULL;
}

// In a line for people only the first ones of many.
static const char *value_text(const struct flow_print *print, struct arena *arena,
                              const struct flowlog_field *field,
                              const struct flowlog_record *record)
{
    enum { SHOWN_MAX = 2 };
    struct flowlog_value value;
    flowlog_value_get(field, record, &value);
    bool cut = field->kind == FLOWLOG_LIST && value.count > SHOWN_MAX + 1 &&
               print->run->options.output != OUTPUT_WIDE;
    const char *text = words_join(arena, value.items, cut ? (size_t)SHOWN_MAX : value.count, ", ");
    return cut ? arena_printf(arena, "%s and %zu more", text, value.count - SHOWN_MAX) : text;
}

static void add_row(const struct flow_print *print, struct arena *arena, struct report *report,
                    const struct flowlog_record *record)
{
    report_row(report, "");
    if (print->times) {
        report_cell(report, time_text(arena, record->end_time));
    }
    for (size_t i = 0; i < ARRAY_COUNT(columns); i++) {
        const char *name = name_of(columns[i]);
        const char *best;
        report_cell(report, value_text(print, arena, flowlog_field_find(name, strlen(name), &best),
                                       record));
    }
}

// Tables that go on keep the columns with which they began.
static void choose_columns(struct flow_print *print, const struct flowlog_records *records)
{
    for (size_t i = 0; i < records->count && !print->widths.begun; i++) {
        print->domains |= records->items[i].domains.count > 0;
    }
}

static void print_table(struct flow_print *print, struct arena *arena,
                        const struct flowlog_records *records)
{
    const char *headings[ARRAY_COUNT(columns) + 1];
    size_t count = 0;
    if (print->times) {
        headings[count++] = "TIME";
    }
    choose_columns(print, records);
    for (size_t i = 0; i < ARRAY_COUNT(columns); i++) {
        bool wide = columns[i][0] == '+' || (columns[i][0] == '?' && !print->domains);
        const char *heading = flow_heading(arena, name_of(columns[i]));
        headings[count++] = wide ? arena_printf(arena, "+%s", heading) : heading;
    }
    struct report *report = report_new(arena, headings, count);
    for (size_t i = 0; i < records->count; i++) {
        add_row(print, arena, report, &records->items[i]);
    }
    report_print_more(report, print->run->options.output == OUTPUT_WIDE, &print->widths, stdout);
}

size_t flow_print(struct flow_print *print, struct arena *arena,
                  const struct flowlog_records *records)
{
    enum { TABLE_LEVEL = 2 };
    const struct options *options = &print->run->options;
    bool json = options->output == OUTPUT_JSON;
    int level = options->aggregate_given ? (int)options->aggregate : json ? 0 : TABLE_LEVEL;
    struct flowlog_records shown = flowlog_aggregate(arena, records, level);
    for (size_t i = 0; json && i < shown.count; i++) {
        flowlog_write(&shown.items[i], stdout);
    }
    if (!json && shown.count > 0) {
        print_table(print, arena, &shown);
    }
    return shown.count;
}
