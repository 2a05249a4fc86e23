// SPDX-License-Identifier: GPL-2.0-or-later
// polc apply: compile, read the kernel's table, compare, commit what differs; again when somebody else was faster.
#include "cli.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

enum { TRIES = 5 };

// A workload interface that is not there: its endpoint's egress is policed once it appears.
static void warn_interfaces(struct run *run)
{
    size_t missing = 0;
    const struct plan_endpoint *first = NULL;
    for (size_t i = 0; i < run->plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &run->plan->endpoints.items[i];
        if (endpoint->interface != NULL && if_nametoindex(endpoint->interface) == 0) {
            first = first != NULL ? first : endpoint;
            missing++;
        }
    }
    if (missing > 0) {
        struct diag *diag = diag_report(run->diags, DIAG_W101, first->loc,
                                        "interface \"%s\" of %s does not exist on this host",
                                        first->interface, first->id);
        if (missing > 1) {
            diag_hint(diag, "%zu more endpoints have an interface that does not exist",
                      missing - 1);
        }
    }
}

#if defined(POLC_TESTING)
// Waits until the named fifo is closed by its writer: a test changes the firewall meanwhile.
static void pause_for_test(void *context)
{
    bool *paused = context;
    const char *fifo = getenv("POLC_TEST_PAUSE_BEFORE_COMMIT");
    if (fifo == NULL || *paused) {
        return;
    }
    *paused = true;
    int fd = open(fifo, O_RDONLY | O_CLOEXEC);
    char byte;
    while (fd >= 0 && read(fd, &byte, 1) > 0) {
    }
    if (fd >= 0) {
        close(fd);
    }
}
#else
#define pause_for_test NULL
#endif

struct outcome {
    bool changed;
    uint32_t generation;
    struct change_list changes;
};

// One try. NFT_STALE: somebody else changed the firewall in between.
static enum nft_status try_apply(struct run *run, bool *paused, struct outcome *ret,
                                 struct nft_failure *reterr, int *ret_code)
{
    struct nft_kernel *kernel;
    enum nft_status status = nft_dump(run->arena, run->options.table, &kernel, reterr);
    if (status != NFT_DONE) {
        return status;
    }
    if (refuse_replacement(run, kernel)) {
        *ret_code = POLC_EXIT_SAFETY;
        return NFT_DONE;
    }
    struct nft_diff *diff = nft_compare(run->arena, run->ruleset, kernel);
    ret->changed = !nft_diff_empty(diff);
    ret->generation = nft_kernel_info(run->arena, kernel).generation;
    if (!ret->changed) {
        return NFT_DONE;
    }
    ret->changes = summarize(run, kernel, diff);
    struct nft_commit_options options = {
        .dry_run = run->options.dry_run,
        .generation = ++ret->generation,
        .before_send = pause_for_test,
        .context = paused,
    };
    return nft_commit(run->arena, run->ruleset, kernel, diff, &options, reterr);
}

static void print_outcome(const struct run *run, const struct outcome *outcome)
{
    const char *summary = outcome->changed ? summary_text(run->arena, &outcome->changes) : "";
    const char *result = !outcome->changed      ? "up to date"
                         : run->options.dry_run ? "would apply"
                                                : "applied";
    if (run->options.output == OUTPUT_JSON) {
        printf("{\"result\": \"%s\", \"generation\": %u, \"summary\": \"%s\"}\n", result,
               outcome->generation, summary);
    } else if (!run->options.quiet) {
        printf("%s: generation %u%s%s\n", result, outcome->generation,
               summary[0] != '\0' ? ": " : "", summary);
    }
}

int cmd_apply(struct run *run)
{
    static const pipeline_stage stages[] = {pipeline_read, pipeline_model, refuse_input,
                                            pipeline_plan, pipeline_ruleset};
    int code = pipeline_run(run, stages, ARRAY_COUNT(stages));
    if (code != POLC_EXIT_OK) {
        return code;
    }
    warn_interfaces(run);
    run_report(run);
    struct outcome outcome = {0};
    struct nft_failure failure = {0};
    enum nft_status status = NFT_STALE;
    bool paused = false;
    run->diags = diags_new(run->arena, run->sources); // what was said is not said again
    for (int i = 0; i < TRIES && status == NFT_STALE; i++) {
        status = try_apply(run, &paused, &outcome, &failure, &code);
    }
    if (status != NFT_DONE) {
        return report_failure(run, status, &failure);
    }
    if (code == POLC_EXIT_OK) {
        print_outcome(run, &outcome);
    }
    return code;
}
