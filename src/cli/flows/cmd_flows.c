// SPDX-License-Identifier: GPL-2.0-or-later
// polc flows: flows, as a table or as records.
#include "flow_follow.h"
#include "flow_lines.h"
#include "flow_print.h"

static bool is_possible(const struct run *run)
{
    const struct options *options = &run->options;
    if (options->follow && options->flows != NULL) {
        complain("--follow looks at the kernel, and --flows at a file that is there already");
        hint("polc flows --flows %s     (or polc flows --follow)", options->flows);
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
        complain("no flow matches");
        return input.code != POLC_EXIT_OK ? input.code : POLC_EXIT_NO;
    }
    return input.code;
}
