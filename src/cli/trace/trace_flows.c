// SPDX-License-Identifier: GPL-2.0-or-later
// polc trace --flows: one flow a line in, one result a line out, in the same order.
#include "flow_lines.h"
#include "trace.h"

static void print_bad(struct run *run, struct loc loc, const struct flow_record_error *error)
{
    const char *text = arena_printf(run->arena, "%s: %s", trace_place(run, loc), error->message);
    if (run->options.output == OUTPUT_JSON) {
        json_t *root = json_pack("{s:s}", "error", text);
        json_dumpf(root, stdout, JSON_COMPACT);
        json_decref(root);
        putchar('\n');
    } else {
        printf("- -> -  error: %s\n", safe_text(run->arena, text));
    }
}

static void print_line(struct run *run, const struct flow *flow, const struct flow_trace *trace)
{
    char source[IP_TEXT_MAX];
    char destination[IP_TEXT_MAX];
    const struct flow_stage *stage = flow_denying_stage(trace, false);
    stage = stage != NULL ? stage : flow_uncertain_stage(trace, false);
    if (stage == NULL && trace->stages.count > 0) {
        stage = &trace->stages.items[trace->stages.count - 1];
    }
    const char *why = trace->reason == FLOW_BY_LOCAL ? "a host to itself or its own workload"
                      : stage == NULL                ? "no endpoint governs it"
                                      : trace_decision(run, trace, stage, flow, false);
    printf("%s -> %s  %s  %s  %s%s\n", ip_addr_text(flow->source, source),
           ip_addr_text(flow->destination, destination), flow_service_text(run->arena, flow),
           trace_verdict_text(trace->verdict, true), why,
           trace->pending_verdict == trace->verdict   ? ""
           : trace->pending_verdict == FLOW_UNCERTAIN ? "  (with staged policies it is uncertain)"
           : trace->pending_verdict == FLOW_ALLOW     ? "  (staged policies would allow it)"
                                                      : "  (staged policies would deny it)");
}

// What reads and judges them.
struct judge {
    const struct flow_evaluator *evaluator;
    struct flowlog_reader *reader;
    struct flowlog_names *names;
    size_t uncertain; // flows
};

// Said once: a line has no room for it.
static void print_uncertain(const struct run *run, size_t count)
{
    if (count > 0 && !run->options.quiet) {
        fflush(stdout);
        fprintf(stderr,
                "note: %zu flow%s uncertain: nobody knows whether a name that is allowed has "
                "the address\n",
                count, count == 1 ? " is" : "s are");
        hint("--dns FILE decides, with lines \"NAME ADDRESS...\"");
    }
}

static void evaluate(struct flow_lines *lines, struct judge *judge, const char *text, size_t start,
                     size_t size)
{
    struct flow flow;
    struct flow_record_error error;
    struct run *run = lines->run;
    if (!flowlog_read_flow(judge->reader, judge->names, text, size, &flow, &error)) {
        print_bad(run, flow_lines_report(lines, start, &error), &error);
        return;
    }
    struct flow_trace trace;
    flow_trace_hits(judge->evaluator, run->arena, &flow, &trace);
    judge->uncertain += trace.verdict == FLOW_UNCERTAIN;
    if (run->options.output == OUTPUT_JSON) {
        json_t *root = trace_json(run->arena, run->plan, &trace, false);
        json_dumpf(root, stdout, JSON_COMPACT);
        json_decref(root);
        putchar('\n');
    } else {
        print_line(run, &flow, &trace);
    }
}

// What is said about a flow is on the arena of the run, which is rewound for every line; what is read, on another one.
int trace_flows(struct run *run, const struct flow_evaluator *evaluator)
{
    struct arena *arena = arena_new(MEMORY_LIMIT);
    struct judge judge = {evaluator, flowlog_reader_new(arena), flowlog_names_new(arena, run->plan),
                          0};
    struct flow_lines lines;
    const char *text;
    size_t start, size;
    if (!flow_lines_open(run, &lines)) {
        arena_free(arena);
        return POLC_EXIT_USAGE;
    }
    while (flow_lines_next(&lines, &text, &start, &size)) {
        struct arena_mark mark = arena_mark(run->arena);
        size_t bad = lines.bad;
        evaluate(&lines, &judge, text, start, size);
        if (bad == lines.bad) { // diagnostics stay
            arena_rewind(run->arena, mark);
        }
    }
    int code = flow_lines_finish(&lines);
    print_uncertain(run, judge.uncertain);
    arena_free(arena);
    return code;
}
