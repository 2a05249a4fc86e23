// SPDX-License-Identifier: GPL-2.0-or-later
// Records -> a table, or JSON lines.
#include "flow_print.h"

#include "flow_input.h"

#include <time.h>

// The first ones, without "+", are what a console of flow logs shows.
static const char *const columns[] = {
    "source_namespace", "source_name_aggr", "dest_namespace", "dest_name_aggr", "dest_port",
    "reporter",         "policies",         "+action",        "+proto",         "+dest_domains",
    "+num_flows",       "+bytes_in",        "+bytes_out",
};

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

static void add_row(const struct flow_print *print, struct arena *arena, struct report *report,
                    const struct flowlog_record *record)
{
    report_row(report, "");
    if (print->times) {
        report_cell(report, time_text(arena, record->end_time));
    }
    for (size_t i = 0; i < ARRAY_COUNT(columns); i++) {
        struct flowlog_value value;
        const char *name = columns[i] + (columns[i][0] == '+');
        const char *best;
        flowlog_value_get(flowlog_field_find(name, strlen(name), &best), record, &value);
        report_cell(report, words_join(arena, value.items, value.count, ", "));
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
    for (size_t i = 0; i < ARRAY_COUNT(columns); i++) {
        headings[count++] = flow_heading(arena, columns[i]);
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
