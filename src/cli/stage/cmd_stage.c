// SPDX-License-Identifier: GPL-2.0-or-later
// polc enforce and polc stage: the kind of policies, changed in the files that they come from. Everything is worked out
// and checked in memory, down to what the changed files mean, before the first file is written.
#include "impact_view.h"
#include "stage.h"

#include <errno.h>

// ---- texts -----------------------------------------------------------------------------------------------------------

static struct edit_wish wish_of(const struct stage_target *target)
{
    struct edit_wish wish = {.object = target->object,
                             .kind = res_kind_info((enum res_kind)target->to)->name};
    if (target->to == RES_KUBERNETES_NETWORK_POLICY) {
        wish.api_version = "networking.k8s.io/v1";
    } else if (target->from == RES_KUBERNETES_NETWORK_POLICY) {
        wish.api_version = "projectcalico.org/v3";
    }
    if (res_kind_info((enum res_kind)target->from)->staged) {
        wish.without = "stagedAction";
    }
    return wish;
}

static bool edit_source(struct stage *stage, uint32_t source)
{
    struct arena *arena = stage->run->arena;
    const struct source *read = sources_get(stage->run->sources, source);
    struct stage_file file = {
        .source = source, .path = read->path, .before = {read->text, read->size}};
    VEC(struct edit_wish) wishes = {0};
    struct edits edits;
    struct edit_problem problem;
    for (size_t i = 0; i < stage->targets.count; i++) {
        const struct stage_target *target = &stage->targets.items[i];
        if (!target->done && target->object.source == source) {
            vec_push(arena, &wishes, wish_of(target));
        }
    }
    if (wishes.count == 0) {
        return true;
    }
    if (!edit_objects(arena, stage->run->sources, source, wishes.items, wishes.count, &edits,
                      &problem)) {
        complain("%s: %s; nothing was changed", loc_text(arena, stage->run->sources, problem.loc),
                 problem.text);
        return false;
    }
    file.after = edit_apply(arena, file.before, &edits);
    file.hunks = edit_hunks(arena, file.before, &edits);
    vec_push(arena, &stage->files, file);
    return true;
}

bool stage_is_stdin(const struct stage_file *file)
{
    return strcmp(file->path, "<stdin>") == 0;
}

static bool is_writable(const struct stage *stage)
{
    for (size_t i = 0; i < stage->files.count; i++) {
        if (stage_is_stdin(&stage->files.items[i])) {
            complain("standard input cannot be changed in place; nothing was changed");
            hint("name a file, or see the change with --dry-run");
            return false;
        }
    }
    return true;
}

static int edit_sources(struct stage *stage)
{
    for (uint32_t i = 0; i < sources_count(stage->run->sources); i++) {
        if (!edit_source(stage, i)) {
            return POLC_EXIT_USAGE;
        }
    }
    return stage->run->options.dry_run || is_writable(stage) ? POLC_EXIT_OK : POLC_EXIT_USAGE;
}

// ---- what they mean ----------------------------------------------------------------------------------------------------

static struct sources *texts_after(const struct stage *stage)
{
    struct sources *texts = sources_new(stage->run->arena);
    size_t file = 0;
    for (uint32_t i = 0; i < sources_count(stage->run->sources); i++) {
        const struct source *source = sources_get(stage->run->sources, i);
        struct edit_text text = {source->text, source->size};
        if (file < stage->files.count && stage->files.items[file].source == i) {
            text = stage->files.items[file++].after;
        }
        sources_add(texts, source->path, text.text, text.size);
    }
    return texts;
}

static int compile_both(const struct stage *stage, struct run *ret_after)
{
    static const pipeline_stage rest[] = {pipeline_model, pipeline_plan};
    static const pipeline_stage all[] = {pipeline_read, pipeline_model, pipeline_plan};
    *ret_after = run_instead(stage->run, texts_after(stage));
    int code = pipeline_run(stage->run, rest, ARRAY_COUNT(rest));
    if (code == POLC_EXIT_OK) {
        code = pipeline_run(ret_after, all, ARRAY_COUNT(all));
        if (code != POLC_EXIT_OK) {
            complain(
                "with this change the input would be wrong, as said above; nothing was changed");
        }
    }
    arena_free(ret_after->input);
    ret_after->input = NULL;
    return code;
}

static int write_files(const struct stage *stage)
{
    struct arena *arena = stage->run->arena;
    struct edit_file *files = arena_array_of(arena, struct edit_file, stage->files.count);
    const char *path;
    for (size_t i = 0; i < stage->files.count; i++) {
        const struct stage_file *file = &stage->files.items[i];
        files[i] = (struct edit_file){file->path, file->before, file->after};
    }
    int error = edit_replace(arena, files, stage->files.count, &path);
    if (error == ESTALE) {
        complain("%s was changed by somebody else in the meantime; nothing was changed", path);
    } else if (error != 0) {
        complain("%s cannot be written: %s; nothing was changed", path, strerror(error));
    }
    return error == 0 ? POLC_EXIT_OK : POLC_EXIT_SYSTEM;
}

// ---- the verbs ---------------------------------------------------------------------------------------------------------

static bool is_done(const struct stage *stage)
{
    for (size_t i = 0; i < stage->targets.count; i++) {
        if (!stage->targets.items[i].done) {
            return false;
        }
    }
    return true;
}

// Flows of a file, or those that the kernel has recorded, where it has and may be asked.
static bool has_flows(struct run *run)
{
    struct nft_flow_table table = {0};
    struct nft_failure failure = {0};
    return run->options.flows != NULL ||
           (nft_read_flows(run->arena, run->options.table, &table, &failure) == NFT_DONE &&
            table.count > 0);
}

static int read_flows(const struct stage *stage, bool *ret_known, struct flow_input *ret)
{
    *ret = (struct flow_input){0};
    *ret_known = has_flows(stage->run);
    return *ret_known ? flow_input_read_raw(stage->run, ret) : POLC_EXIT_OK;
}

static int change_files(struct stage *stage)
{
    struct run after;
    struct diff diff;
    struct flow_input flows;
    struct impact_view impact;
    bool flows_known;
    int code = edit_sources(stage);
    if (code == POLC_EXIT_OK) {
        code = compile_both(stage, &after);
    }
    if (code == POLC_EXIT_OK) {
        code = read_flows(stage, &flows_known, &flows);
    }
    if (code == POLC_EXIT_OK && !stage->run->options.dry_run) {
        code = write_files(stage);
    }
    if (code != POLC_EXIT_OK) {
        return code;
    }
    run_report(&after);
    diff_plans(stage->run, stage->run, &after, &diff);
    if (flows_known) {
        impact = impact_view_make(&diff, &flows.records, NULL, false);
    }
    stage_print(stage, &diff, flows_known ? &impact : NULL);
    return flows.code;
}

static int change_kinds(struct run *run, bool enforce)
{
    static const pipeline_stage read[] = {pipeline_read};
    struct stage stage = {
        .run = run, .wish = enforce ? STAGE_ENFORCE : STAGE_STAGE, .names = &run->options.operands};
    if (run->options.operands.count == 0) {
        complain("polc %s needs the name of a policy", run->options.verb->name);
        hint("polc get policies%s lists what there is", paths_suffix(run));
        return POLC_EXIT_USAGE;
    }
    run->options.input_only = true;
    int code = pipeline_run(run, read, ARRAY_COUNT(read));
    if (code == POLC_EXIT_OK) {
        code = stage_find(&stage);
    }
    if (code != POLC_EXIT_OK || is_done(&stage)) {
        if (code == POLC_EXIT_OK) {
            stage_print(&stage, NULL, NULL);
        }
        return code;
    }
    return change_files(&stage);
}

int cmd_enforce(struct run *run)
{
    return change_kinds(run, true);
}

int cmd_stage(struct run *run)
{
    return change_kinds(run, false);
}
