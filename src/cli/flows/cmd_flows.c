// SPDX-License-Identifier: GPL-2.0-or-later
// polc flows: flows, as a table or as records.
#include "flow_follow.h"
#include "flow_input.h"
#include "flow_print.h"
#include "flow_record.h"

// What is recorded is all that is new: what a record leaves out is never looked at again.
static bool may_record(const struct run *run)
{
    const struct options *options = &run->options;
    const struct {
        bool given;
        const char *name;
    } others[] = {
        {options->flows != NULL, "flows"},   {options->dns.count > 0, "dns"},
        {options->since > 0, "since"},       {options->denied, "denied"},
        {options->would_deny, "would-deny"}, {options->aggregate_given, "aggregate"},
        {options->follow, "follow"},         {options->quiet_exit > 0, "exit-when-quiet"},
        {options->output_given, "output"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        if (others[i].given) {
            complain("polc flows record keeps all that is new: --%s has no place there",
                     others[i].name);
            hint("polc flows --flows %s ...     (looks at what was recorded)",
                 options->operands.items[1]);
            return false;
        }
    }
    return true;
}

static bool is_possible(const struct run *run)
{
    const struct options *options = &run->options;
    if (options->follow && options->flows != NULL) {
        complain("--follow looks at the kernel, and --flows at a file that is there already");
        hint("polc flows --flows %s     (or polc flows --follow)", options->flows);
        return false;
    }
    if (options->max_size > 0) {
        complain("--max-size is of the file that polc flows record writes");
        hint("polc flows record FILE --max-size 64M");
        return false;
    }
    if (options->quiet_exit > 0 && !options->follow) {
        complain("--exit-when-quiet says when --follow ends");
        hint("polc flows --follow --exit-when-quiet 10m ...");
        return false;
    }
    return true;
}

int cmd_flows(struct run *run)
{
    struct flow_input input;
    struct flow_print print = {.run = run};
    const struct options *options = &run->options;
    const char *filter = options->operands.count > 0 ? options->operands.items[0] : NULL;
    if (options->subverb) {
        return may_record(run) ? flow_record(run, options->operands.items[1]) : POLC_EXIT_USAGE;
    }
    if (!is_possible(run)) {
        return POLC_EXIT_USAGE;
    }
    if (options->follow) {
        return flow_follow(run, filter);
    }
    int code = flow_input_read(run, filter, &input);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    if (flow_print(&print, run->arena, &input.records) == 0) {
        return flow_input_none(run, &input);
    }
    return input.code;
}
