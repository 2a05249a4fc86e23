// SPDX-License-Identifier: GPL-2.0-or-later
// polc trace --flows: one flow a line in, one result a line out, in the same order.
#include "trace.h"

struct flow_lines {
    struct run *run;
    const struct flow_evaluator *evaluator;
    uint32_t source;
    struct arena *scratch; // rewound for every line
    size_t count, bad;
};

// The place of an offset in a source, `length` bytes of it.
static struct loc place(const struct flow_lines *lines, size_t offset, size_t length)
{
    struct loc loc = sources_loc_at(lines->run->sources, lines->source, offset);
    loc.length = (uint16_t)(length < UINT16_MAX ? length : UINT16_MAX);
    return loc;
}

static void report_bad(struct flow_lines *lines, size_t start,
                       const struct flow_record_error *error)
{
    struct run *run = lines->run;
    struct loc loc = place(lines, start + error->offset, error->length);
    struct diag *diag = diag_report(run->diags, DIAG_F018, loc, "%s", error->message);
    if (error->hint != NULL) {
        diag_hint(diag, "%s", error->hint);
    }
    lines->bad++;
    const char *text =
        arena_printf(lines->scratch, "%s: %s", trace_place(run, loc), error->message);
    if (run->options.output == OUTPUT_JSON) {
        json_t *root = json_pack("{s:s}", "error", text);
        json_dumpf(root, stdout, JSON_COMPACT);
        json_decref(root);
        putchar('\n');
    } else {
        printf("- -> -  error: %s\n", text);
    }
}

static void print_line(struct flow_lines *lines, const struct flow *flow,
                       const struct flow_trace *trace)
{
    struct run *run = lines->run;
    char source[IP_TEXT_MAX];
    char destination[IP_TEXT_MAX];
    const struct flow_stage *stage = trace_denying_stage(trace, false);
    if (stage == NULL && trace->stages.count > 0) {
        stage = &trace->stages.items[trace->stages.count - 1];
    }
    const char *why = trace->reason == FLOW_BY_LOCAL ? "a host to itself or its own workload"
                      : stage == NULL                ? "no endpoint governs it"
                                      : trace_decision(run, trace, stage, flow, false);
    printf("%s -> %s  %s  %s  %s%s\n", ip_addr_text(flow->source, source),
           ip_addr_text(flow->destination, destination), flow_service_text(lines->scratch, flow),
           trace_verdict_text(trace->verdict, true), why,
           trace->pending_verdict == trace->verdict ? ""
           : trace->pending_verdict == FLOW_ALLOW   ? "  (staged policies would allow it)"
                                                    : "  (staged policies would deny it)");
}

static void evaluate(struct flow_lines *lines, const char *text, size_t start, size_t size)
{
    struct flow flow;
    struct flow_record_error error;
    lines->count++;
    if (!flow_record_parse(lines->scratch, lines->evaluator, text + start, size, &flow, &error)) {
        report_bad(lines, start, &error);
        return;
    }
    struct flow_trace trace;
    flow_trace_hits(lines->evaluator, lines->scratch, &flow, &trace);
    if (lines->run->options.output == OUTPUT_JSON) {
        json_t *root = trace_json(lines->scratch, lines->run->plan, &trace, false);
        json_dumpf(root, stdout, JSON_COMPACT);
        json_decref(root);
        putchar('\n');
    } else {
        print_line(lines, &flow, &trace);
    }
}

static bool is_blank(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (strchr(" \t\r", text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static int finish(struct flow_lines *lines)
{
    fflush(stdout);
    diags_print(lines->run->diags, stderr,
                &(struct diag_print_options){.color = lines->run->options.color});
    if (lines->bad > 0) {
        fprintf(stderr, "%zu of %zu flow%s could not be read\n", lines->bad, lines->count,
                plural(lines->count));
    }
    return lines->bad > 0 ? POLC_EXIT_USAGE : POLC_EXIT_OK;
}

int trace_flows(struct run *run, const struct flow_evaluator *evaluator)
{
    // What is said about a flow is on the arena of the run, which is rewound for every line.
    struct flow_lines lines = {.run = run, .evaluator = evaluator, .scratch = run->arena};
    if (!load_text_file(run->arena, run->sources, run->diags, run->options.flows, &lines.source)) {
        diags_print(run->diags, stderr, &(struct diag_print_options){.color = run->options.color});
        return POLC_EXIT_USAGE;
    }
    const struct source *source = sources_get(run->sources, lines.source);
    for (size_t start = 0; start < source->size;) {
        const char *end = memchr(source->text + start, '\n', source->size - start);
        size_t size = end != NULL ? (size_t)(end - source->text) - start : source->size - start;
        struct arena_mark mark = arena_mark(lines.scratch);
        size_t bad = lines.bad;
        if (!is_blank(source->text + start, size)) {
            evaluate(&lines, source->text, start, size);
        }
        if (bad == lines.bad) { // diagnostics stay
            arena_rewind(lines.scratch, mark);
        }
        start += size + 1;
    }
    return finish(&lines);
}
