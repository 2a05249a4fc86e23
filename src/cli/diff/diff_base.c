// SPDX-License-Identifier: GPL-2.0-or-later
// The other side of a comparison: a directory, a generation of the state directory, or nothing at all.
#include "diff.h"

#include <polc/change.h>

enum diff_base diff_base_kind(const char *base)
{
    static const char digits[] = "0123456789";
    if (base == NULL || strcmp(base, "kernel") == 0) {
        return DIFF_KERNEL;
    }
    return base[0] != '\0' && base[strspn(base, digits)] == '\0' ? DIFF_GENERATION : DIFF_PATH;
}

int diff_base_path(struct run *run, struct run *ret)
{
    static const pipeline_stage stages[] = {pipeline_read, pipeline_model, pipeline_plan};
    *ret = (struct run){
        .options = run->options, .input = arena_new(MEMORY_LIMIT), .arena = run->arena};
    ret->options.paths = (struct words){0};
    ret->options.default_paths = false;
    vec_push(run->arena, &ret->options.paths, run->options.base);
    ret->sources = sources_new(run->arena);
    ret->diags = diags_new(run->arena, ret->sources);
    int code = pipeline_run(ret, stages, ARRAY_COUNT(stages));
    if (code != POLC_EXIT_OK) {
        complain("the base, %s, cannot be compared with", run->options.base);
    }
    arena_free(ret->input);
    ret->input = NULL;
    return code;
}

void diff_base_plan(struct run *run, struct plan *plan, struct sources *sources, struct run *ret)
{
    *ret = (struct run){.options = run->options, .arena = run->arena};
    ret->plan = plan != NULL ? plan : arena_new_of(run->arena, struct plan);
    ret->sources = sources != NULL ? sources : sources_new(run->arena);
}

static const char *generations_text(struct arena *arena, const struct change_history *history)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < history->count; i++) {
        if (history->items[i].id != NULL) {
            strbuf_addf(&text, "%s%u", text.length > 0 ? ", " : "", history->items[i].number);
        }
    }
    return text.length > 0 ? strbuf_text(&text) : "none";
}

static int complain_generation(struct run *run, const char *problem,
                               const struct change_history *history)
{
    complain("generation %s: %s", run->options.base, problem);
    if (history->count == 0) {
        hint("polc history%s     (a directory of that name: --base ./%s)", same_options(run, false),
             run->options.base);
        return POLC_EXIT_USAGE;
    }
    hint("%s has: %s     (a directory of that name: --base ./%s)", run->options.state_dir,
         generations_text(run->arena, history), run->options.base);
    return POLC_EXIT_USAGE;
}

int diff_base_generation(struct run *run, struct run *ret)
{
    struct change_store store;
    struct change_history history = {0};
    struct plan_origin origin;
    struct plan *plan = NULL;
    int error = change_store_open(&store, run->options.state_dir, false);
    if (error != 0) {
        return complain_generation(
            run, arena_printf(run->arena, "%s: %s", run->options.state_dir, strerror(error)),
            &history);
    }
    history = change_history_read(run->arena, &store);
    unsigned long number = strtoul(run->options.base, NULL, 10);
    const struct change_entry *entry =
        number <= UINT32_MAX ? change_find(&history, (uint32_t)number) : NULL;
    const char *problem = "the state directory does not have it";
    if (entry != NULL && entry->id != NULL) {
        problem = change_plan_read(run->arena, &store, (uint32_t)number, entry->id, &plan, &origin);
    }
    change_store_close(&store);
    if (problem != NULL) {
        return complain_generation(run, problem, &history);
    }
    diff_base_plan(run, plan, plan_origin_sources(run->arena, &origin), ret);
    return POLC_EXIT_OK;
}
