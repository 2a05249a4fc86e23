// SPDX-License-Identifier: GPL-2.0-or-later
// Plan -> ruleset model: dispatch pulls in the classes that endpoints use, these their tiers and policies, these their
// sets. What nothing uses is not made.
#include "lower.h"

#include <stdlib.h>

static void add_info(struct lower *lower, struct chain *chain, const char *key, const char *value)
{
    struct stmt stmt = stmt_verdict(VERDICT_RETURN, NULL);
    const char *text = arena_printf(lower->arena, "%s %s", key, value);
    chain_add(lower, chain, &stmt, 1, clean_comment(lower->arena, text), LOC_NONE);
}

// Nothing jumps to this chain; it only holds what polc wants to find again.
static void lower_info(struct lower *lower, const struct nft_lower_options *options)
{
    struct chain *chain = lower_chain(lower, INFO_CHAIN);
    add_info(lower, chain, "polc", options->version);
    add_info(lower, chain, "generation", "1");
    if (lower->plan->node != NULL) {
        add_info(lower, chain, "node", lower->plan->node);
    }
    for (size_t i = 0; i < options->root_count; i++) {
        add_info(lower, chain, "root", nft_root_text(lower->arena, options->roots[i]));
    }
}

static int compare_chains(const void *a, const void *b)
{
    const struct chain *left = *(struct chain *const *)a;
    const struct chain *right = *(struct chain *const *)b;
    if ((left->hook != HOOK_NONE) != (right->hook != HOOK_NONE)) {
        return left->hook != HOOK_NONE ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

static int compare_sets(const void *a, const void *b)
{
    return strcmp((*(struct set *const *)a)->name, (*(struct set *const *)b)->name);
}

static void collect(struct lower *lower)
{
    void *cursor = NULL;
    void *value;
    while (strmap_next(lower->chains, &cursor, NULL, &value)) {
        vec_push(lower->arena, &lower->ruleset->chains, value);
    }
    cursor = NULL;
    while (strmap_next(lower->sets, &cursor, NULL, &value)) {
        vec_push(lower->arena, &lower->ruleset->sets, value);
    }
    vec_sort(&lower->ruleset->chains, compare_chains);
    vec_sort(&lower->ruleset->sets, compare_sets);
}

// Enough for the rules of one policy while they are merged.
#define SCRATCH_MAX ((size_t)1 << 30)

struct nft_ruleset *nft_lower(struct arena *arena, const struct plan *plan,
                              const struct sources *sources,
                              const struct nft_lower_options *options)
{
    struct nft_ruleset *ruleset = arena_new_of(arena, struct nft_ruleset);
    ruleset->table = options->table;
    ruleset->sources = sources;
    struct lower lower = {
        .arena = arena,
        .scratch = arena_new(SCRATCH_MAX),
        .plan = plan,
        .sources = sources,
        .ruleset = ruleset,
        .sets = strmap_new(arena),
        .chains = strmap_new(arena),
        .identities = strmap_new(arena),
        .ipset_cache = {arena_array_of(arena, struct set *, plan->ipsets.count),
                        arena_array_of(arena, struct set *, plan->ipsets.count)},
        .domain_sets = {arena_array_of(arena, struct set *, plan->domains.count),
                        arena_array_of(arena, struct set *, plan->domains.count)},
        .class_chains = arena_array_of(arena, struct class_chain, plan->classes.count),
    };
    lower_make_steps(&lower, PLAN_ALL_PASSES & ~options->without_passes);
    lower_dispatch(&lower);
    lower_flows(&lower);
    lower_domains(&lower);
    lower_info(&lower, options);
    collect(&lower);
    arena_free(lower.scratch);
    return ruleset;
}
