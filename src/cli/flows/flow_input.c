// SPDX-License-Identifier: GPL-2.0-or-later
// Flows for the verbs that look at them: from files or from the kernel, named and judged, then sifted.
#include "flow_input.h"

#include "flow_lines.h"
#include "flow_sift.h"
#include "live_policies.h"

#include <ctype.h>

static int read_files(struct flow_sift *sift, struct flow_input *ret)
{
    struct flow_lines lines;
    const char *text;
    size_t start, size;
    if (!flow_lines_open(sift->run, &lines)) {
        return POLC_EXIT_USAGE;
    }
    while (flow_lines_next(&lines, &text, &start, &size)) {
        struct flowlog_record record;
        struct flow_record_error error;
        if (flowlog_read(sift->reader, text, size, &record, &error)) {
            flow_sift_add(sift, &record, &ret->records);
            ret->read++;
        } else {
            flow_lines_report(&lines, start, &error);
        }
    }
    ret->code = flow_lines_finish(&lines);
    return POLC_EXIT_OK;
}

static int read_kernel(struct flow_sift *sift, struct flow_input *ret)
{
    struct flowlog_snapshot snapshot;
    struct flowlog_records records = {0};
    struct run *run = sift->run;
    int code = flow_kernel_read(run, run->arena, flowlog_judge_evaluator(sift->judge), &snapshot,
                                &ret->kernel);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    flowlog_since(sift->reader, NULL, &snapshot, &records);
    for (size_t i = 0; i < records.count; i++) {
        flow_sift_add(sift, &records.items[i], &ret->records);
    }
    ret->read = records.count;
    flow_kernel_notes(run, &ret->kernel);
    return POLC_EXIT_OK;
}

static int read_flows(struct run *run, const char *filter, bool raw, struct flow_input *ret)
{
    struct flow_sift sift;
    bool live = run->options.flows == NULL;
    *ret = (struct flow_input){0};
    if (!flow_sift_prepare(run, filter, &sift)) {
        return POLC_EXIT_USAGE;
    }
    sift.raw = raw;
    int code = raw ? POLC_EXIT_OK : live_policies(run, live);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    flow_sift_begin(&sift, run->arena);
    code = live ? read_kernel(&sift, ret) : read_files(&sift, ret);
    flow_sift_end(&sift);
    if (code == POLC_EXIT_OK) {
        flow_sift_notes(&sift);
    }
    return code;
}

int flow_input_read(struct run *run, const char *filter, struct flow_input *ret)
{
    return read_flows(run, filter, false, ret);
}

int flow_input_read_raw(struct run *run, struct flow_input *ret)
{
    return read_flows(run, NULL, true, ret);
}

void flow_input_hint(struct run *run, const struct flow_input *input)
{
    const char *file = run->options.flows;
    if (input->read > 0 || input->code != POLC_EXIT_OK) {
        return;
    }
    if (file != NULL && strcmp(file, "-") != 0) {
        hint("polc flows record %s%s     (appends what the kernel has seen of this host)", file,
             same_options(run, false));
    } else if (file == NULL && input->kernel.recorded) {
        hint("polc flows --follow%s     (shows each connection as it begins, and the kernel keeps "
             "it; recorded ones: --flows FILE)",
             same_options(run, false));
    } else if (file == NULL) {
        hint("polc apply%s     (from then on the kernel keeps each new connection; recorded "
             "ones: --flows FILE)",
             run->options.default_paths ? " DIR" : same_options(run, true));
    }
}

int flow_input_none(struct run *run, const struct flow_input *input)
{
    if (input->read == 1) {
        complain("the only flow does not match");
    } else if (input->read > 1) {
        complain("none of %zu flows matches", input->read);
    } else if (run->options.flows != NULL) {
        complain("there is no flow in %s", words_join(run->arena, run->options.flow_files.items,
                                                      run->options.flow_files.count, ", "));
    } else {
        complain("the kernel has seen no flow yet");
    }
    flow_input_hint(run, input);
    return input->code != POLC_EXIT_OK ? input->code : POLC_EXIT_NO;
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
