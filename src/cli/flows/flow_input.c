// SPDX-License-Identifier: GPL-2.0-or-later
// Flows for the verbs that look at them: read, named and judged, then filtered as the command line says.
#include "flow_lines.h"
#include "live_policies.h"

#include <ctype.h>
#include <time.h>

// What the command line asks for, and what happened to the flows that were read.
struct wanted {
    const struct flowlog_filter *filter;
    int64_t since; // seconds since 1970; FLOWLOG_UNKNOWN: any
    bool denied, would_deny;
    size_t unjudged, otherwise, silent, timeless;
};

static void note(const struct run *run, size_t count, const char *what)
{
    if (count > 0 && !run->options.quiet) {
        fprintf(stderr, "note: %zu flow%s %s\n", count, plural(count), what);
    }
}

static void print_notes(const struct run *run, const struct wanted *wanted)
{
    note(
        run, wanted->unjudged,
        "could not be judged, for want of an address, the protocol or the port; shown as recorded");
    note(
        run, wanted->otherwise,
        "fared otherwise than the present policies say: the action is what happened, the traces are by the present policies");
    note(run, wanted->silent, "without an action; with a PATH they are judged by its policies");
    note(run, wanted->timeless, "without a time, which --since leaves out");
}

static bool is_wanted(struct wanted *wanted, const struct flowlog_record *record)
{
    int64_t time = record->end_time != FLOWLOG_UNKNOWN ? record->end_time : record->start_time;
    if (wanted->since != FLOWLOG_UNKNOWN && time < wanted->since) {
        wanted->timeless += time == FLOWLOG_UNKNOWN;
        return false;
    }
    if (wanted->denied || wanted->would_deny) {
        bool denied = texts_equal(record->action, "deny");
        if (!(wanted->denied && denied) && !(wanted->would_deny && flowlog_would_deny(record))) {
            return false;
        }
    }
    return flowlog_filter_matches(wanted->filter, record);
}

// `judge` NULL: as it was recorded.
static void add_record(struct run *run, struct flowlog_judge *judge, struct wanted *wanted,
                       const struct flowlog_record *record, struct flowlog_records *ret)
{
    size_t kept = ret->count;
    if (judge != NULL) {
        enum flowlog_judged judged = flowlog_judge(judge, record, ret);
        wanted->unjudged += judged == FLOWLOG_NO_FLOW;
        wanted->otherwise += judged == FLOWLOG_OTHERWISE;
        wanted->silent += run->plan == NULL && record->action == NULL;
    } else {
        vec_push(run->arena, ret, *record);
    }
    for (size_t i = kept; i < ret->count; i++) {
        if (is_wanted(wanted, &ret->items[i])) {
            ret->items[kept++] = ret->items[i];
        }
    }
    ret->count = kept;
}

static struct flowlog_judge *make_judge(const struct run *run, struct flowlog_reader *reader,
                                        struct arena *scratch)
{
    struct flowlog_judge *judge = flowlog_judge_new(reader, scratch, run->plan);
    if (run->options.default_paths) {
        flowlog_judge_keep_actions(judge);
    }
    return judge;
}

static int read_file(struct run *run, const char *path, bool raw, struct wanted *wanted,
                     struct flow_input *ret)
{
    struct flow_lines lines;
    const char *text;
    size_t start, size;
    if (!flow_lines_open(run, path, &lines)) {
        return POLC_EXIT_USAGE;
    }
    struct arena *scratch = arena_new(MEMORY_LIMIT);
    struct flowlog_reader *reader = flowlog_reader_new(run->arena);
    struct flowlog_judge *judge = raw ? NULL : make_judge(run, reader, scratch);
    while (flow_lines_next(&lines, &text, &start, &size)) {
        struct flowlog_record record;
        struct flow_record_error error;
        if (flowlog_read(reader, text, size, &record, &error)) {
            add_record(run, judge, wanted, &record, &ret->records);
        } else {
            flow_lines_report(&lines, start, &error);
        }
    }
    arena_free(scratch);
    ret->code = flow_lines_finish(&lines);
    print_notes(run, wanted);
    return POLC_EXIT_OK;
}

static bool parse_filter(struct run *run, const char *text, const struct flowlog_filter **ret)
{
    struct flow_record_error error;
    *ret = text != NULL ? flowlog_filter_parse(run->arena, text, &error) : NULL;
    if (text != NULL && *ret == NULL) {
        complain_at(run, "in the filter", error.message, text, error.offset, error.length,
                    error.hint);
    }
    return text == NULL || *ret != NULL;
}

static bool has_flows(const struct run *run, const char *filter)
{
    const struct options *options = &run->options;
    if (options->flows != NULL) {
        return true;
    }
    complain("polc %s needs --flows: this polc reads flows from files", options->verb->name);
    const char *field = options->operands.count > 0 && filter != options->operands.items[0]
                            ? options->operands.items[0]
                            : NULL;
    hint("polc %s%s%s --flows FILE     (\"-\" is standard input; one JSON object a line)",
         options->verb->name, field != NULL ? " " : "", field != NULL ? field : "");
    return false;
}

static struct wanted wanted_of(const struct options *options)
{
    struct wanted wanted = {
        .since = FLOWLOG_UNKNOWN, .denied = options->denied, .would_deny = options->would_deny};
    if (options->since > 0) {
        wanted.since = (int64_t)time(NULL) - (int64_t)(options->since / 1000);
    }
    return wanted;
}

int flow_input_read(struct run *run, const char *filter, struct flow_input *ret)
{
    struct wanted wanted = wanted_of(&run->options);
    *ret = (struct flow_input){0};
    if (!has_flows(run, filter) || !parse_filter(run, filter, &wanted.filter)) {
        return POLC_EXIT_USAGE;
    }
    int code = live_policies(run, false);
    return code != POLC_EXIT_OK ? code : read_file(run, run->options.flows, false, &wanted, ret);
}

int flow_input_read_raw(struct run *run, struct flow_input *ret)
{
    struct wanted wanted = wanted_of(&run->options);
    *ret = (struct flow_input){0};
    return has_flows(run, NULL) ? read_file(run, run->options.flows, true, &wanted, ret)
                                : POLC_EXIT_USAGE;
}

const struct flowlog_field *flow_input_field(const char *name)
{
    const char *best;
    const struct flowlog_field *field = flowlog_field_find(name, strlen(name), &best);
    if (field == NULL) {
        complain("a flow has no field \"%s\"", name);
        best != NULL ? hint("did you mean %s?", best)
                     : hint("polc(8) lists the fields, under flows");
    }
    return field;
}

const char *flow_heading(struct arena *arena, const char *name)
{
    char *ret = arena_strdup(arena, name);
    for (char *at = ret; *at != '\0'; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
    return ret;
}
