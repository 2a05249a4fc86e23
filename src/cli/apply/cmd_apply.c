// SPDX-License-Identifier: GPL-2.0-or-later
// polc apply: compile, read the kernel's table, compare, commit what differs; again when somebody else was faster.
#include "apply.h"
#include "dns_gate.h"
#include "reload.h"

#include <fcntl.h>
#include <net/if.h>
#include <polc/base/file.h>
#include <stdlib.h>
#include <unistd.h>

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

// ---- one try ------------------------------------------------------------------------------------------------------

static int guard(struct apply *apply)
{
    return refuse_foreign(apply->run, apply->kernel) ||
                   refuse_replacement(apply->run, apply->kernel)
               ? POLC_EXIT_SAFETY
               : POLC_EXIT_OK;
}

static int compare(struct apply *apply)
{
    struct run *run = apply->run;
    apply->diff = nft_compare(run->arena, run->ruleset, apply->kernel);
    apply->changed = !nft_diff_empty(apply->diff);
    apply->generation = nft_kernel_info(run->arena, apply->kernel).generation;
    if (apply->changed) {
        apply->changes = summarize(run, apply->kernel, apply->diff);
        apply->generation++;
    }
    return POLC_EXIT_OK;
}

static void leave_gate(struct apply *apply)
{
    close_fd(&apply->gate);
    apply->gate = -1;
}

static int commit(struct apply *apply)
{
    struct run *run = apply->run;
    struct nft_commit_options options = {
        .dry_run = run->options.dry_run,
        .generation = apply->generation,
        .id = apply->entry.id,
        .renumber = apply->renumber,
        .fill = &apply->names.elements,
        .ret_generation_id = &apply->committed_id,
        .before_send = pause_for_test,
        .context = &apply->paused,
    };
    apply->committed_id = 0;
    apply->status =
        nft_commit(run->arena, run->ruleset, apply->kernel, apply->diff, &options, &apply->failure);
    leave_gate(apply);
    if (apply->known && apply->status == NFT_REFUSED) {
        apply->status = NFT_STALE; // what was known was wrong: read the kernel
    }
    if (apply->status == NFT_DONE) {
        apply_note_known(apply);
    }
    return POLC_EXIT_OK;
}

static const struct {
    apply_step run;
    const char *name; // in the table of timings
} steps[] = {
    {apply_read, "read"},
    {guard, "guard"},
    {compare, "compare"},
    {apply_drift, "drift"},
    {apply_check_taken_back, "taken back"},
    {apply_guard_interfaces, "interfaces"},
    {apply_guard_caller, "caller"},
    {apply_guard_failsafes, "failsafes"},
    {apply_sockets, "sockets"},
    {apply_keep, "keep"},
    {apply_fill, "fill"},
    {apply_arm, "arm"},
    {commit, "commit"},
    {apply_mark, "mark"},
    {apply_put, "put"},
    {apply_connections, "conntrack"},
};

static int try_apply(struct apply *apply)
{
    int code = POLC_EXIT_OK;
    apply->status = NFT_DONE;
    apply->gate = dns_gate_enter(apply->run, DNS_GATE_TABLE);
    for (size_t i = 0; i < ARRAY_COUNT(steps) && code == POLC_EXIT_OK && apply->status == NFT_DONE;
         i++) {
        code = steps[i].run(apply);
        timings_end(apply->run, steps[i].name);
    }
    leave_gate(apply); // when it never came to the commit
    return code;
}

static void print_applied(const struct apply *apply)
{
    struct run *run = apply->run;
    const char *summary = apply->changed    ? apply_summary(apply)
                          : apply->renumber ? apply->entry.summary
                                            : "";
    const char *result = !apply->changed && !apply->renumber ? "up to date"
                         : run->options.dry_run              ? "would apply"
                                                             : "applied";
    if (run->options.output == OUTPUT_JSON) {
        json_t *root = json_pack("{s:s, s:I, s:s}", "result", result, "generation",
                                 (json_int_t)apply->generation, "summary", summary);
        json_t *connections = connections_json(apply);
        if (connections != NULL) {
            json_object_set_new(root, "connections", connections);
        }
        if (apply->armed) {
            json_object_set_new(root, "confirm_within_ms",
                                json_integer((json_int_t)apply->entry.window));
        }
        json_dumpf(root, stdout, 0);
        putchar('\n');
        json_decref(root);
    } else if (!run->options.quiet) {
        printf("%s: generation %u%s%s\n", result, apply->generation, summary[0] != '\0' ? ": " : "",
               summary);
        if (apply->armed) {
            print_deadline(run, &apply->entry);
        }
    }
    print_connections(apply);
}

static int compile_and_commit(struct apply *apply)
{
    static const pipeline_stage stages[] = {pipeline_read, pipeline_model, refuse_input,
                                            pipeline_plan, pipeline_ruleset};
    struct run *run = apply->run;
    int code = pipeline_run(run, stages, ARRAY_COUNT(stages));
    if (code != POLC_EXIT_OK) {
        return code;
    }
    warn_interfaces(run);
    apply_names(apply);
    run_report(run);
    run->diags = diags_new(run->arena, run->sources); // what was said is not said again
    uint64_t start = change_now();
    for (int i = 0; reload_tries(i, start) && apply->status == NFT_STALE; i++) {
        code = try_apply(apply);
    }
    if (apply->status != NFT_DONE) {
        apply_mark_failed(apply);
        return report_failure(run, apply->status, &apply->failure);
    }
    if (code == POLC_EXIT_OK) {
        print_applied(apply);
    }
    return code;
}

// Before anything is read: what waits ends this, what was left behind is put right.
static int begin(struct apply *apply)
{
    struct run *run = apply->run;
    int code = state_begin_settled(run, &apply->state);
    return code == POLC_EXIT_OK ? refuse_pending(run, &apply->state) : code;
}

int cmd_apply(struct run *run)
{
    struct apply apply = {.run = run, .status = NFT_STALE, .gate = -1};
    if (run->options.wait && run->options.confirm == 0) {
        complain("--wait goes with --confirm");
        return POLC_EXIT_USAGE;
    }
    int code = begin(&apply);
    if (code == POLC_EXIT_OK) {
        code = compile_and_commit(&apply);
    }
    state_end(&apply.state);
    if (code == POLC_EXIT_SAFETY) {
        print_refusals(run);
    }
    return code == POLC_EXIT_OK && apply.armed && run->options.wait ? apply_wait(&apply) : code;
}
