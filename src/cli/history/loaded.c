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

void loaded_read(struct run *run, const struct nft_kernel *kernel, struct loaded *ret)
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
    ret->ruleset =
        lower_plan(run, ret->plan, ret->sources, ret->origin.roots, ret->origin.root_count);
    ret->id = info.id;
    struct loaded *kept = arena_new_of(run->arena, struct loaded);
    *kept = *ret;
    run->loaded = kept;
}
