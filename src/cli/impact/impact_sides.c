// SPDX-License-Identifier: GPL-2.0-or-later
// The policies before and after: PATHs against what is loaded, a generation or other PATHs; or PATHs against themselves
// with staged policies enforced and others deleted, of which no file knows.
#include "impact_view.h"

#include "live_policies.h"
#include "loaded.h"
#include "stage.h"

static const pipeline_stage read[] = {pipeline_read};

// ---- other PATHs ------------------------------------------------------------------------------------------------------

static void hint_base(struct run *run)
{
    hint("polc impact --base PATH%s     (against other policies than those that are loaded)",
         paths_suffix(run));
}

// `ret` is what is loaded: nothing at all would be a base by which everything was allowed.
static int read_loaded(struct run *run, struct run *ret)
{
    struct nft_kernel *kernel;
    struct nft_failure failure = {0};
    struct loaded loaded;
    enum nft_status status = nft_dump_info(run->arena, run->options.table, &kernel, &failure);
    if (status != NFT_DONE) {
        return report_failure(run, status, &failure);
    }
    loaded_read_plan(run, kernel, &loaded);
    if (loaded.plan == NULL) {
        complain("%s, so that there is nothing to compare with", loaded.problem);
        hint_base(run);
        return POLC_EXIT_USAGE;
    }
    if (!texts_equal(loaded.plan->node, run->plan->node)) {
        complain("generation %u, which is loaded, is of node \"%s\", not \"%s\"", loaded.number,
                 loaded.plan->node, run->plan->node);
        hint_base(run);
        return POLC_EXIT_USAGE;
    }
    diff_base_plan(run, loaded.plan, loaded.sources, ret);
    return POLC_EXIT_OK;
}

static int read_base(struct run *run, struct run *ret)
{
    switch (diff_base_kind(run->options.base)) {
    case DIFF_PATH:
        return diff_base_path(run, ret);
    case DIFF_GENERATION:
        return diff_base_generation(run, ret);
    case DIFF_KERNEL:
        break;
    }
    return read_loaded(run, ret);
}

static int compile_rest(struct run *run)
{
    static const pipeline_stage rest[] = {pipeline_model, pipeline_plan};
    int code = pipeline_run(run, rest, ARRAY_COUNT(rest));
    if (code == POLC_EXIT_OK) {
        run_report(run);
        run->diags = diags_new(run->arena, run->sources); // they were printed
    }
    return code;
}

static int find_change(struct run *run, struct impact_sides *ret)
{
    run->options.input_only = diff_base_kind(run->options.base) == DIFF_PATH;
    int code = pipeline_run(run, read, ARRAY_COUNT(read));
    if (code == POLC_EXIT_OK) {
        code = compile_rest(run);
    }
    if (code == POLC_EXIT_OK) {
        code = read_base(run, &ret->base);
    }
    ret->before = &ret->base;
    ret->after = run;
    return code;
}

// ---- trials: --enforce and --delete -------------------------------------------------------------------------------------

// Their number when it is not there any more.
static size_t find_policy(const struct run *run, struct loc loc)
{
    size_t i = 0;
    while (i < run->resources.policies.count &&
           loc_compare(run->resources.policies.items[i].meta.loc, loc) != 0) {
        i++;
    }
    return i;
}

static void drop_policy(struct run *run, size_t number)
{
    struct res_policy *items = run->resources.policies.items;
    memmove(&items[number], &items[number + 1],
            (--run->resources.policies.count - number) * sizeof *items);
}

// The policy of the other kind with the same name: what is enforced takes its place.
static void drop_twin(struct run *run, const struct res_policy *policy, struct loc own)
{
    uint8_t twin = stage_twin_of(policy->meta.kind);
    for (size_t i = 0; i < run->resources.policies.count; i++) {
        const struct res_policy *other = &run->resources.policies.items[i];
        if (other->meta.kind == twin && stage_same_name(other, policy) &&
            loc_compare(other->meta.loc, own) != 0) {
            drop_policy(run, i);
            return;
        }
    }
}

static void try_target(struct run *after, const struct stage_target *target, bool enforce)
{
    size_t number = find_policy(after, target->loc);
    if (target->done || number == after->resources.policies.count) {
        return; // nothing to do, or deleted before
    }
    if (enforce) {
        struct res_policy *policy = &after->resources.policies.items[number];
        const struct res_policy staged = *policy;
        policy->meta.kind = target->to;
        policy->staged_action = RES_STAGED_SET;
        drop_twin(after, &staged, target->loc);
    }
    if (!enforce || target->deletes) {
        drop_policy(after, find_policy(after, target->loc));
    }
}

static void note_target(struct run *run, const struct stage_target *target, bool enforce,
                        struct words *ret)
{
    const char *text = arena_printf(
        run->arena, "%s %s %s%s", enforce ? "enforce" : "delete", stage_kind_text(target->from),
        safe_text(run->arena, target->name),
        enforce && target->deletes    ? ", a staged deletion"
        : enforce && target->has_twin ? ", in the place of the one that is enforced now"
                                      : "");
    vec_push(run->arena, ret, text);
    if (target->done) {
        fprintf(stderr, "note: %s %s is enforced already\n", stage_kind_text(target->from),
                safe_text(run->arena, target->name));
    }
}

static int find_targets(struct run *run, struct stage *enforce, struct stage *delete)
{
    *enforce =
        (struct stage){.run = run, .wish = STAGE_TRY_ENFORCE, .names = &run->options.enforce};
    *delete = (struct stage){.run = run, .wish = STAGE_TRY_DELETE, .names = &run->options.remove};
    int code = stage_find(enforce);
    int other = stage_find(delete);
    return code != POLC_EXIT_OK ? code : other;
}

// The same texts once more, and then the policies that they say, changed.
static int read_trial(struct run *run, const struct stage *enforce, const struct stage *delete,
                      struct impact_sides *sides)
{
    static const pipeline_stage rest[] = {pipeline_model, pipeline_plan};
    struct run *after = &sides->trial;
    *after = run_instead(run, run->sources);
    int code = pipeline_run(after, read, ARRAY_COUNT(read));
    const struct stage *all[] = {delete, enforce};
    for (size_t i = 0; i < ARRAY_COUNT(all) && code == POLC_EXIT_OK; i++) {
        for (size_t j = 0; j < all[i]->targets.count; j++) {
            const struct stage_target *target = &all[i]->targets.items[j];
            note_target(run, target, all[i] == enforce, &sides->trials);
            try_target(after, target, all[i] == enforce);
        }
    }
    if (code == POLC_EXIT_OK) {
        code = pipeline_run(after, rest, ARRAY_COUNT(rest));
    }
    arena_free(after->input);
    after->input = NULL;
    return code;
}

static int find_trial(struct run *run, struct impact_sides *ret)
{
    struct stage enforce, delete;
    const char *base = run->options.base;
    run->options.input_only = base == NULL || diff_base_kind(base) == DIFF_PATH;
    live_take_roots(run);
    int code = pipeline_run(run, read, ARRAY_COUNT(read));
    if (code == POLC_EXIT_OK) {
        code = find_targets(run, &enforce, &delete);
    }
    if (code == POLC_EXIT_OK) {
        code = read_trial(run, &enforce, &delete, ret);
    }
    if (code == POLC_EXIT_OK) {
        code = compile_rest(run);
    }
    if (code == POLC_EXIT_OK && base != NULL) {
        code = read_base(run, &ret->base);
    }
    ret->before = base != NULL ? &ret->base : run;
    ret->after = &ret->trial;
    return code;
}

int impact_sides_find(struct run *run, struct impact_sides *ret)
{
    const struct options *options = &run->options;
    *ret = (struct impact_sides){0};
    return options->enforce.count + options->remove.count == 0 ? find_change(run, ret)
                                                               : find_trial(run, ret);
}
