// SPDX-License-Identifier: GPL-2.0-or-later
// A ruleset -> the table that the kernel has once it is loaded: for comparing two rulesets, and for a kernel that is
// known to have it.
#include "compare.h"

#include "encode.h"

#include <linux/netfilter/nf_tables.h>

static struct kernel_chain *present_chain(struct arena *arena, const struct chain *chain)
{
    struct kernel_chain *present = arena_new_of(arena, struct kernel_chain);
    struct exprs exprs UNINITIALIZED;
    present->name = chain->name;
    if (chain->hook != HOOK_NONE) {
        present->base = true;
        present->hook = hook_number(chain->hook);
        present->priority = chain->priority;
        present->type = "filter";
    }
    present->items = arena_array_of(arena, struct kernel_rule, chain->count);
    present->count = present->capacity = chain->count;
    for (size_t i = 0; i < chain->count; i++) {
        linearize(&chain->items[i], &exprs);
        present->items[i] =
            (struct kernel_rule){.hash = exprs_hash(&exprs), .comment = chain->items[i].comment};
    }
    return present;
}

static struct kernel_set *present_set(struct arena *arena, const struct set *set)
{
    struct kernel_set *present = arena_new_of(arena, struct kernel_set);
    present->name = set->name;
    present->shape = set_shape_of(set);
    present->data_type = present->shape.flags & NFT_SET_MAP ? NFT_DATA_VERDICT : 0;
    present->size = set->size;
    present->timeout_ms = set->timeout * (uint64_t)1000;
    present->dynamic = set->dynamic;
    present->rows = rows_of_set(arena, set);
    return present;
}

struct nft_kernel *nft_kernel_of(struct arena *arena, const struct nft_ruleset *ruleset)
{
    struct nft_kernel *kernel = arena_new_of(arena, struct nft_kernel);
    kernel->table = ruleset->table;
    kernel->exists = true;
    kernel->chain_names = strmap_new(arena);
    kernel->set_names = strmap_new(arena);
    kernel->texts = strtab_new(arena);
    struct chain **sorted = chains_sorted(arena, ruleset);
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        struct kernel_chain *chain = present_chain(arena, sorted[i]);
        vec_push(arena, &kernel->chains, chain);
        strmap_put(kernel->chain_names, chain->name, chain);
    }
    for (size_t i = 0; i < ruleset->sets.count; i++) {
        struct kernel_set *set = present_set(arena, ruleset->sets.items[i]);
        vec_push(arena, &kernel->sets, set);
        strmap_put(kernel->set_names, set->name, set);
    }
    return kernel;
}

struct nft_kernel *nft_kernel_known(struct arena *arena, const struct nft_ruleset *loaded,
                                    const struct nft_kernel *info)
{
    struct nft_kernel *kernel = nft_kernel_of(arena, loaded);
    const struct kernel_chain *read = strmap_get(info->chain_names, INFO_CHAIN);
    struct kernel_chain *chain = strmap_get(kernel->chain_names, INFO_CHAIN);
    if (read != NULL && chain != NULL) {
        *chain = *read; // with polc's own number
    }
    kernel->known = true;
    kernel->generation_id = info->generation_id;
    return kernel;
}
