// SPDX-License-Identifier: GPL-2.0-or-later
// polc validate.
#include "cli.h"

int cmd_validate(struct run *run)
{
    const struct resources *resources = &run->resources;
    bool good = pipeline_read(run) == POLC_EXIT_OK;
    if (run->options.output == OUTPUT_JSON) {
        diags_print(run->diags, stdout,
                    &(struct diag_print_options){.json = true, .max = SIZE_MAX});
        return good ? POLC_EXIT_OK : POLC_EXIT_NO;
    }
    run_report(run);
    if (good && !run->options.quiet) {
        size_t endpoints = resources->workloads.count + resources->hosts.count;
        printf("valid: %zu polic%s, %zu tier%s, %zu endpoint%s, %zu network set%s in %zu file%s",
               resources->policies.count, resources->policies.count == 1 ? "y" : "ies",
               resources->tiers.count, plural(resources->tiers.count), endpoints, plural(endpoints),
               resources->netsets.count, plural(resources->netsets.count),
               sources_count(run->sources), plural(sources_count(run->sources)));
        if (resources->skipped > 0) {
            printf("; %zu object%s of other kinds skipped", resources->skipped,
                   plural(resources->skipped));
        }
        putchar('\n');
    }
    return good ? POLC_EXIT_OK : POLC_EXIT_NO;
}
