// SPDX-License-Identifier: GPL-2.0-or-later
// polc diff: what the input changes: in traffic first, then by policy and by object; against what is loaded, a generation
// of the state directory, or another directory.
#include "diff.h"

#include "dns_gate.h"
#include "drift.h"

#include <polc/base/file.h>

static void print_document(json_t *root)
{
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

// ---- two plans ----------------------------------------------------------------------------------------------------

static int print_plans(struct run *run, const struct diff *diff)
{
    bool differs = diff_differs(diff);
    if (run->options.output == OUTPUT_JSON) {
        print_document(json_pack("{s:b, s:o, s:o, s:s}", "differs", (int)differs, "traffic",
                                 diff_json_traffic(diff), "policies", diff_json_policies(diff),
                                 "summary", diff_counts(run->arena, diff)));
    } else if (run->options.output == OUTPUT_MD) {
        diff_print_md(diff);
    } else if (differs || !run->options.quiet) {
        diff_print_traffic(diff);
        diff_print_policies(diff);
    }
    return differs ? POLC_EXIT_NO : POLC_EXIT_OK;
}

static int compare_with_plan(struct run *run, enum diff_base kind)
{
    static const pipeline_stage stages[] = {pipeline_read, pipeline_model, pipeline_plan};
    struct run base;
    struct diff diff;
    run->options.input_only = kind == DIFF_PATH;
    int code = pipeline_run(run, stages, ARRAY_COUNT(stages));
    if (code != POLC_EXIT_OK) {
        return code;
    }
    run_report(run);
    code = kind == DIFF_PATH ? diff_base_path(run, &base) : diff_base_generation(run, &base);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    diff_plans(run, &base, run, &diff);
    return print_plans(run, &diff);
}

// ---- the kernel -----------------------------------------------------------------------------------------------------

// All that is known about the input and the kernel's table.
struct comparison {
    struct run *run;
    const struct nft_diff *objects;
    struct change_list list;
    struct drift drift;
    struct run base;
    struct diff diff;
    const char *undecided; // why the traffic is not; NULL: it is in `diff`
    uint32_t generation;
};

// Where somebody else changed the table, `drift` says so: what is compared is what polc loaded.
static void compare_traffic(struct comparison *comparison)
{
    const struct loaded *loaded = &comparison->drift.loaded;
    bool nothing_loaded = comparison->objects->table_missing;
    comparison->undecided = nothing_loaded ? NULL : loaded->problem;
    if (comparison->undecided == NULL) {
        diff_base_plan(comparison->run, nothing_loaded ? NULL : loaded->plan, loaded->sources,
                       &comparison->base);
        diff_plans(comparison->run, &comparison->base, comparison->run, &comparison->diff);
    }
}

static void print_text(struct comparison *comparison)
{
    struct run *run = comparison->run;
    if (comparison->objects->table_missing) {
        printf("the kernel has no table \"%s\" yet: everything is new\n\n", run->options.table);
    }
    if (comparison->undecided != NULL) {
        printf("traffic is not decided: %s\n\n", safe_text(run->arena, comparison->undecided));
        diff_print_object_policies(run, &comparison->list);
        diff_print_objects(run, comparison->objects, &comparison->list, false);
        return;
    }
    diff_print_traffic(&comparison->diff);
    diff_print_policies(&comparison->diff);
    if (run->options.verbose) {
        putchar('\n');
    }
    diff_print_objects(run, comparison->objects, &comparison->list, true);
}

static void print_json(struct comparison *comparison)
{
    struct run *run = comparison->run;
    const struct nft_diff *objects = comparison->objects;
    json_t *traffic = comparison->undecided != NULL
                          ? json_pack("{s:b, s:s}", "decided", 0, "why",
                                      safe_text(run->arena, comparison->undecided))
                          : diff_json_traffic(&comparison->diff);
    print_document(
        json_pack("{s:b, s:b, s:o, s:o, s:o, s:o}", "differs", (int)!nft_diff_empty(objects),
                  "table_missing", (int)objects->table_missing, "traffic", traffic, "policies",
                  diff_json_object_policies(run, &comparison->list), "objects",
                  diff_json_objects(run, objects), "drift", drift_json(&comparison->drift)));
}

static void print_md(struct comparison *comparison)
{
    const char *drift = drift_is_there(&comparison->drift)
                            ? drift_summary(comparison->run->arena, comparison->drift.found)
                            : "";
    if (comparison->undecided != NULL) {
        printf("### polc: the ruleset differs\n\nTraffic is not decided: %s\n",
               safe_text(comparison->run->arena, comparison->undecided));
    } else {
        diff_print_md(&comparison->diff);
    }
    if (drift[0] != '\0') {
        printf("\nChanged in the table by somebody else: %s\n", drift);
    }
}

static void print_comparison(struct comparison *comparison)
{
    struct run *run = comparison->run;
    bool same = nft_diff_empty(comparison->objects);
    bool drifted = drift_is_there(&comparison->drift);
    if (run->options.output == OUTPUT_JSON) {
        print_json(comparison);
    } else if (run->options.output == OUTPUT_MD) {
        print_md(comparison);
    } else if (!same) {
        print_text(comparison);
    }
    if (run->options.output == OUTPUT_JSON || run->options.output == OUTPUT_MD) {
        return;
    }
    if (!same || drifted) {
        drift_print(run, &comparison->drift);
    }
    if (same && !run->options.quiet) {
        printf("%s generation %u\n",
               drifted ? "the input changes nothing: it is" : "no difference: the kernel has",
               comparison->generation);
    }
}

static enum nft_status dump(struct run *run, struct nft_kernel **ret, struct nft_failure *reterr)
{
    CLOSING int gate = dns_gate_enter(run, DNS_GATE_TABLE);
    return nft_dump(run->arena, run->options.table, ret, reterr);
}

static int compare_with_kernel(struct run *run)
{
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    struct comparison comparison = {.run = run};
    int code = pipeline_until_ruleset(run);
    if (code != POLC_EXIT_OK) {
        return code;
    }
    run_report(run);
    run->diags = diags_new(run->arena, run->sources);
    enum nft_status status = dump(run, &kernel, &failure);
    if (status != NFT_DONE) {
        return report_failure(run, status, &failure);
    }
    drift_read(run, kernel, &comparison.drift);
    const struct nft_kernel *base = drift_base(run, kernel, &comparison.drift);
    comparison.objects = nft_compare(run->arena, run->ruleset, base);
    comparison.list = summarize(run, base, comparison.objects);
    comparison.generation = nft_kernel_info(run->arena, kernel).generation;
    bool same = nft_diff_empty(comparison.objects);
    if (!same || run->options.output == OUTPUT_JSON || run->options.output == OUTPUT_MD) {
        compare_traffic(&comparison);
    }
    print_comparison(&comparison);
    return same && !drift_is_there(&comparison.drift) ? POLC_EXIT_OK : POLC_EXIT_NO;
}

int cmd_diff(struct run *run)
{
    enum diff_base kind = diff_base_kind(run->options.base);
    return kind == DIFF_KERNEL ? compare_with_kernel(run) : compare_with_plan(run, kind);
}
