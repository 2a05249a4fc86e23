// SPDX-License-Identifier: GPL-2.0-or-later
// polc flows: recorded flows, as a table or as records.
#include "flow_lines.h"

#include <polc/report.h>

// The first ones, without "+", are what a console of flow logs shows.
static const char *const columns[] = {
    "source_namespace", "source_name_aggr", "dest_namespace", "dest_name_aggr", "dest_port",
    "reporter",         "policies",         "+action",        "+proto",         "+dest_domains",
    "+num_flows",       "+bytes_in",        "+bytes_out",
};

static void add_row(struct run *run, struct report *report, const struct flowlog_field **fields,
                    const struct flowlog_record *record)
{
    report_row(report, "");
    for (size_t i = 0; i < ARRAY_COUNT(columns); i++) {
        struct flowlog_value value;
        flowlog_value_get(fields[i], record, &value);
        report_cell(report, words_join(run->arena, value.items, value.count, ", "));
    }
}

static void print_table(struct run *run, const struct flowlog_records *records)
{
    const struct flowlog_field *fields[ARRAY_COUNT(columns)];
    const char *headings[ARRAY_COUNT(columns)];
    for (size_t i = 0; i < ARRAY_COUNT(columns); i++) {
        const char *name = columns[i] + (columns[i][0] == '+');
        const char *best;
        fields[i] = flowlog_field_find(name, strlen(name), &best);
        headings[i] = flow_heading(run->arena, columns[i]);
    }
    struct report *report = report_new(run->arena, headings, ARRAY_COUNT(columns));
    for (size_t i = 0; i < records->count; i++) {
        add_row(run, report, fields, &records->items[i]);
    }
    report_print(report, run->options.output == OUTPUT_WIDE ? REPORT_WIDE : REPORT_TABLE, stdout);
}

int cmd_flows(struct run *run)
{
    enum { TABLE_LEVEL = 2 };
    struct flow_input input;
    const struct options *options = &run->options;
    const char *filter = options->operands.count > 0 ? options->operands.items[0] : NULL;
    int code = flow_input_read(run, filter, &input);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    bool json = options->output == OUTPUT_JSON;
    int level = options->aggregate_given ? (int)options->aggregate : json ? 0 : TABLE_LEVEL;
    struct flowlog_records records = flowlog_aggregate(run->arena, &input.records, level);
    if (records.count == 0) {
        complain("no flow matches");
        return input.code != POLC_EXIT_OK ? input.code : POLC_EXIT_NO;
    }
    for (size_t i = 0; json && i < records.count; i++) {
        flowlog_write(&records.items[i], stdout);
    }
    if (!json) {
        print_table(run, &records);
    }
    return input.code;
}
