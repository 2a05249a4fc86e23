// SPDX-License-Identifier: GPL-2.0-or-later
// polc top: how many flows have which values: a table with bars, a tree of shares, CSV or JSON.
#include "flow_input.h"

#include <inttypes.h>
#include <jansson.h>
#include <polc/report.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FIELDS_MAX = 8, BAR_MIN = 10, BAR_MAX = 50, DEFAULT_WIDTH = 100 };

// What is asked for, and the answer.
struct top {
    struct run *run;
    const struct flowlog_field *fields[FIELDS_MAX + 1]; // the one of --by is the last
    size_t count;                                       // without that one
    bool by;
    const struct flowlog_node *root;
    struct flowlog_nodes series; // the values of --by, most flows first
    bool plain;
    size_t width; // of bars
};

// ---- the command line ---------------------------------------------------------------------------------------------

static bool add_field(struct top *top, const char *name)
{
    if (top->count == FIELDS_MAX) {
        complain("at most %d fields", FIELDS_MAX);
        return false;
    }
    top->fields[top->count] = flow_input_field(name);
    return top->fields[top->count++] != NULL;
}

static bool parse_fields(struct top *top)
{
    const struct options *options = &top->run->options;
    char *list = arena_strdup(top->run->arena, options->operands.items[0]);
    for (const char *name; (name = strsep(&list, ",")) != NULL;) {
        if (!add_field(top, name)) {
            return false;
        }
    }
    top->by = options->by != NULL;
    if (top->by && options->share) {
        complain("--by and --share are two answers; ask for one of them");
        hint("polc top %s,%s --share ...", options->operands.items[0], options->by);
        return false;
    }
    if (top->by) {
        top->fields[top->count] = flow_input_field(options->by);
    }
    return !top->by || top->fields[top->count] != NULL;
}

// ---- text ---------------------------------------------------------------------------------------------------------

static bool is_plain(void)
{
    const char *value = getenv("LC_ALL");
    value = value != NULL && value[0] != '\0' ? value : getenv("LC_CTYPE");
    value = value != NULL && value[0] != '\0' ? value : getenv("LANG");
    return value == NULL ||
           (strcasestr(value, "utf-8") == NULL && strcasestr(value, "utf8") == NULL);
}

static size_t terminal_width(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                           : DEFAULT_WIDTH;
}

// The texts of a node and of those above it, as many as there are fields.
static void fill_texts(const struct flowlog_node *node, size_t count, const char **ret)
{
    for (size_t i = count; i > 0; i--, node = node->parent) {
        ret[i - 1] = node->text;
    }
}

// The values of --by that a row has, so that what several share shows.
static const char *series_text(const struct top *top, const struct flowlog_node *node)
{
    enum { SHOWN_MAX = 2 };
    const char *names[SHOWN_MAX + 1] = {NULL};
    size_t count = node->children.count;
    size_t first = count > SHOWN_MAX + 1 ? SHOWN_MAX : count;
    for (size_t i = 0; i < first; i++) {
        names[i] = node->children.items[i]->text;
    }
    const char *text = words_join(top->run->arena, names, first, ", ");
    return first < count ? arena_printf(top->run->arena, "%s and %zu more", text, count - first)
                         : text;
}

// The texts of a row, and behind them the values of --by. Returns how many.
static size_t fill_cells(const struct top *top, const struct flowlog_node *node,
                         const char *ret[FIELDS_MAX + 1])
{
    fill_texts(node, top->count, ret);
    if (top->by) {
        ret[top->count] = series_text(top, node);
    }
    return top->count + top->by;
}

// What the columns in front leave of the terminal.
static size_t bar_width(const struct top *top, const struct flowlog_nodes *rows)
{
    enum { GAP = 3, COUNT_WIDTH = 10 };
    size_t used = COUNT_WIDTH, total = terminal_width(), count = top->count + top->by;
    const char *texts[FIELDS_MAX + 1];
    size_t widths[FIELDS_MAX + 1];
    for (size_t i = 0; i < count; i++) {
        widths[i] = strlen(top->fields[i]->name);
    }
    for (size_t i = 0; i < rows->count; i++) {
        fill_cells(top, rows->items[i], texts);
        for (size_t j = 0; j < count; j++) {
            widths[j] = strlen(texts[j]) > widths[j] ? strlen(texts[j]) : widths[j];
        }
    }
    for (size_t i = 0; i < count; i++) {
        used += widths[i] + GAP;
    }
    return total < used + BAR_MIN ? BAR_MIN : total - used > BAR_MAX ? BAR_MAX : total - used;
}

// How many flows of a row each series has; those behind the last fill are put together.
static const char *bar_of(const struct top *top, const struct flowlog_node *node, uint64_t max)
{
    uint64_t parts[REPORT_FILLS] = {node->count};
    size_t count = top->by ? REPORT_FILLS : 1;
    for (size_t i = 0; top->by && i < REPORT_FILLS; i++) {
        parts[i] = 0;
    }
    for (size_t i = 0; top->by && i < node->children.count; i++) {
        const struct flowlog_node *child = node->children.items[i];
        size_t at = 0;
        while (strcmp(top->series.items[at]->text, child->text) != 0) {
            at++;
        }
        parts[at < REPORT_FILLS ? at : REPORT_FILLS - 1] += child->count;
    }
    return report_bar(top->run->arena, parts, count, max, top->width, top->plain);
}

static size_t count_shared(const struct flowlog_nodes *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        count += rows->items[i]->children.count > 1;
    }
    return count;
}

static void print_legend(const struct top *top, const struct flowlog_nodes *rows)
{
    struct run *run = top->run;
    uint64_t rest = 0;
    printf("\n%s:     (several in %zu of %zu row%s)\n", top->fields[top->count]->name,
           count_shared(rows), rows->count, plural(rows->count));
    for (size_t i = 0; i < top->series.count; i++) {
        const struct flowlog_node *node = top->series.items[i];
        bool shared = top->series.count > REPORT_FILLS && i >= REPORT_FILLS - 1;
        rest += shared ? node->count : 0;
        if (!shared) {
            printf("  %s %s   %" PRIu64 "\n", report_fill(i, top->plain),
                   safe_text(run->arena, node->text), node->count);
        }
    }
    if (rest > 0) {
        printf("  %s %zu others   %" PRIu64 "\n", report_fill(REPORT_FILLS - 1, top->plain),
               top->series.count - REPORT_FILLS + 1, rest);
    }
}

static size_t shown(const struct top *top, size_t count)
{
    uint64_t limit = top->run->options.limit;
    return limit == 0 || count <= limit ? count : (size_t)limit;
}

static void print_table(struct top *top)
{
    struct run *run = top->run;
    const char *headings[FIELDS_MAX + 3];
    const char *texts[FIELDS_MAX + 1];
    struct flowlog_nodes rows = flowlog_level(run->arena, top->root, top->count);
    size_t count = shown(top, rows.count), columns = top->count + top->by;
    uint64_t rest = 0;
    for (size_t i = 0; i < columns; i++) {
        headings[i] = flow_heading(run->arena, top->fields[i]->name);
    }
    headings[columns] = "FLOWS";
    headings[columns + 1] = "BAR";
    struct report *report = report_new(run->arena, headings, columns + 2);
    struct flowlog_nodes visible = {.items = rows.items, .count = count};
    top->width = bar_width(top, &visible);
    for (size_t i = 0; i < count; i++) {
        report_row(report, "");
        for (size_t j = 0; j < fill_cells(top, rows.items[i], texts); j++) {
            report_cell(report, texts[j]);
        }
        report_cellf(report, "%" PRIu64, rows.items[i]->count);
        report_cell(report, bar_of(top, rows.items[i], rows.items[0]->count));
    }
    report_print(report, REPORT_TABLE, stdout);
    for (size_t i = count; i < rows.count; i++) {
        rest += rows.items[i]->count;
    }
    if (count < rows.count) {
        printf("and %zu more, of %" PRIu64 " flow%s\n", rows.count - count, rest, plural(rest));
    }
    if (top->by) {
        print_legend(top, &rows);
    }
}

// ---- shares -------------------------------------------------------------------------------------------------------

static double percent(const struct top *top, const struct flowlog_node *node)
{
    return top->root->count > 0 ? 100.0 * (double)node->count / (double)top->root->count : 0;
}

static void add_share(const struct top *top, struct report *report, const struct flowlog_node *node,
                      int depth)
{
    size_t count = shown(top, node->children.count);
    uint64_t rest = 0;
    if (depth >= 0) {
        report_row(report, "");
        report_cellf(report, "%*s%s", 2 * depth, "", node->text);
        report_cellf(report, "%.1f%%", percent(top, node));
        report_cellf(report, "%" PRIu64, node->count);
        report_cell(report, report_bar(top->run->arena, &node->count, 1, top->root->count,
                                       top->width, top->plain));
    }
    for (size_t i = 0; i < node->children.count; i++) {
        if (i < count) {
            add_share(top, report, node->children.items[i], depth + 1);
        } else {
            rest += node->children.items[i]->count;
        }
    }
    if (count < node->children.count) {
        struct flowlog_node others = {.count = rest};
        report_row(report, "");
        report_cellf(report, "%*s%zu more", 2 * (depth + 1), "", node->children.count - count);
        report_cellf(report, "%.1f%%", percent(top, &others));
        report_cellf(report, "%" PRIu64, rest);
        report_cell(report, NULL);
    }
}

static void print_shares(struct top *top)
{
    struct run *run = top->run;
    struct strbuf names = {.arena = run->arena};
    for (size_t i = 0; i < top->count; i++) {
        strbuf_addf(&names, "%s%s", i > 0 ? " > " : "", top->fields[i]->name);
    }
    const char *headings[] = {flow_heading(run->arena, strbuf_text(&names)), "SHARE", "FLOWS",
                              "BAR"};
    struct report *report = report_new(run->arena, headings, ARRAY_COUNT(headings));
    top->width = BAR_MAX;
    add_share(top, report, top->root, -1);
    report_print(report, REPORT_TABLE, stdout);
}

// ---- for programs ---------------------------------------------------------------------------------------------------

// Looked at in a terminal as often as in a spreadsheet: control characters as escapes, as everywhere.
static void print_csv(const struct top *top)
{
    const char *cells[FIELDS_MAX + 2];
    size_t count = top->count + top->by;
    struct flowlog_nodes rows = flowlog_level(top->run->arena, top->root, count);
    for (size_t i = 0; i < count; i++) {
        cells[i] = top->fields[i]->name;
    }
    cells[count] = "flows";
    report_csv(stdout, cells, count + 1);
    for (size_t i = 0; i < rows.count; i++) {
        fill_texts(rows.items[i], count, cells);
        for (size_t j = 0; j < count; j++) {
            cells[j] = safe_text(top->run->arena, cells[j]);
        }
        cells[count] = arena_printf(top->run->arena, "%" PRIu64, rows.items[i]->count);
        report_csv(stdout, cells, count + 1);
    }
}

static json_t *series_json(const struct flowlog_node *node)
{
    json_t *list = json_array();
    for (size_t i = 0; i < node->children.count; i++) {
        const struct flowlog_node *child = node->children.items[i];
        json_array_append_new(
            list, json_pack("{s:s, s:I}", "value", child->text, "flows", (json_int_t)child->count));
    }
    return list;
}

static void print_json(const struct top *top)
{
    const char *texts[FIELDS_MAX];
    json_t *list = json_array();
    struct flowlog_nodes rows = flowlog_level(top->run->arena, top->root, top->count);
    for (size_t i = 0; i < rows.count; i++) {
        json_t *values = json_object();
        fill_texts(rows.items[i], top->count, texts);
        for (size_t j = 0; j < top->count; j++) {
            json_object_set_new(values, top->fields[j]->name, json_string(texts[j]));
        }
        json_t *row =
            json_pack("{s:o, s:I, s:f}", "values", values, "flows",
                      (json_int_t)rows.items[i]->count, "percent", percent(top, rows.items[i]));
        if (top->by) {
            json_object_set_new(row, "by", series_json(rows.items[i]));
        }
        json_array_append_new(list, row);
    }
    json_dumpf(list, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(list);
}

static void count_flows(struct top *top, const struct flowlog_records *records)
{
    struct arena *arena = top->run->arena;
    top->plain = is_plain();
    top->root = flowlog_count(arena, records, top->fields, top->count + top->by);
    if (top->by) {
        const struct flowlog_field *by = top->fields[top->count];
        top->series = flowlog_level(arena, flowlog_count(arena, records, &by, 1), 1);
    }
}

int cmd_top(struct run *run)
{
    struct flow_input input;
    struct top top = {.run = run};
    if (!parse_fields(&top)) {
        return POLC_EXIT_USAGE;
    }
    int code = flow_input_read(run, run->options.where, &input);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    if (input.records.count == 0) {
        return flow_input_none(run, &input);
    }
    count_flows(&top, &input.records);
    if (run->options.output == OUTPUT_CSV) {
        print_csv(&top);
    } else if (run->options.output == OUTPUT_JSON) {
        print_json(&top);
    } else if (run->options.share) {
        print_shares(&top);
    } else {
        print_table(&top);
    }
    return input.code;
}
