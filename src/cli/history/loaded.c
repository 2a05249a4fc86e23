// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's table -> the generation that it names, from the state directory, compiled once more. The table names it
// by number and by the id of its plan: another generation under the same number is not taken for it.
#include "loaded.h"

#include <polc/change.h>

static const char *read_plan(struct run *run, const struct nft_info *info, struct loaded *ret)
{
    struct change_store store;
    if (info->generation == 0 || info->id == NULL) {
        return "the table does not say which generation it is: polc apply did not load it";
    }
    int error = change_store_open(&store, run->options.state_dir, false);
    if (error != 0) {
        return arena_printf(run->arena, "%s: %s", run->options.state_dir, strerror(error));
    }
    const char *problem =
        change_plan_read(run->arena, &store, info->generation, info->id, &ret->plan, &ret->origin);
    change_store_close(&store);
    return problem;
}

// Several steps of one run ask for it.
static bool is_known(const struct run *run, const struct nft_info *info)
{
    return run->loaded != NULL && info->id != NULL && run->loaded->number == info->generation &&
           strcmp(run->loaded->id, info->id) == 0;
}

void loaded_read_plan(struct run *run, const struct nft_kernel *kernel, struct loaded *ret)
{
    struct nft_info info = nft_kernel_info(run->arena, kernel);
    *ret = (struct loaded){.exists = info.version != NULL, .number = info.generation};
    if (!ret->exists) {
        ret->problem = nft_kernel_exists(kernel) ? "polc did not make the table"
                                                 : "there is no table: nothing is loaded";
        return;
    }
    if (is_known(run, &info)) {
        *ret = *run->loaded;
        return;
    }
    ret->problem = read_plan(run, &info, ret);
    if (ret->problem != NULL) {
        ret->plan = NULL;
        return;
    }
    ret->other_version = strcmp(info.version, POLC_VERSION) == 0 ? NULL : info.version;
    ret->sources = plan_origin_sources(run->arena, &ret->origin);
    ret->id = info.id;
}

void loaded_read(struct run *run, const struct nft_kernel *kernel, struct loaded *ret)
{
    loaded_read_plan(run, kernel, ret);
    if (ret->plan == NULL || ret->ruleset != NULL) {
        return;
    }
    ret->ruleset =
        lower_plan(run, ret->plan, ret->sources, ret->origin.roots, ret->origin.root_count);
    struct loaded *kept = arena_new_of(run->arena, struct loaded);
    *kept = *ret;
    run->loaded = kept;
}

// ---- its files ----------------------------------------------------------------------------------------------------

// Texts tell files apart: paths may have been relative then.
static const char *first_without(struct arena *scratch, const struct plan_origin *files,
                                 const struct plan_origin *others)
{
    struct strmap *known = strmap_new(scratch);
    for (size_t i = 0; i < others->sources.count; i++) {
        strmap_put(known, others->sources.items[i].sha256, known);
    }
    for (size_t i = 0; i < files->sources.count; i++) {
        if (strmap_get(known, files->sources.items[i].sha256) == NULL) {
            return files->sources.items[i].path;
        }
    }
    return NULL;
}

static const char *find_change(struct arena *arena, struct arena *scratch,
                               const struct plan_origin *then, const struct plan_origin *now)
{
    const char *changed = first_without(scratch, now, then);
    const char *gone = first_without(scratch, then, now);
    if (changed != NULL) {
        return arena_printf(arena, "%s %s", changed,
                            then->sources.count < now->sources.count ? "is new" : "has changed");
    }
    if (gone != NULL) {
        return arena_printf(arena, "%s is gone", gone);
    }
    return then->sources.count == now->sources.count
               ? NULL
               : arena_printf(arena, "there are %zu files, not %zu", now->sources.count,
                              then->sources.count);
}

const char *loaded_file_change(struct run *run, const struct loaded *loaded)
{
    const struct plan_origin *then = &loaded->origin;
    struct arena *scratch = arena_new(MEMORY_LIMIT);
    struct sources *sources = sources_new(scratch);
    struct diags *diags = diags_new(scratch, sources);
    const struct loader loader = {.arena = scratch, .sources = sources, .diags = diags};
    const char *change = NULL;
    bool known = then->root_count > 0;
    for (size_t i = 0; i < then->root_count; i++) {
        known = known && then->roots[i][0] == '/'; // not standard input
    }
    if (known) {
        load_paths(&loader, then->roots, then->root_count);
        struct plan_origin now = plan_origin_of(scratch, sources, NULL, 0);
        change = find_change(run->arena, scratch, then, &now);
    }
    arena_free(scratch);
    return change;
}
