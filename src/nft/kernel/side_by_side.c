// SPDX-License-Identifier: GPL-2.0-or-later
// The chains and sets of a ruleset beside those of the kernel, in the order of their names.
#include "compare.h"

static int compare_chain_names(const void *a, const void *b)
{
    return strcmp((*(struct chain *const *)a)->name, (*(struct chain *const *)b)->name);
}

struct chain **chains_sorted(struct arena *arena, const struct nft_ruleset *ruleset)
{
    size_t count = ruleset->chains.count;
    struct chain **sorted = arena_array_of(arena, struct chain *, count);
    if (count > 0) {
        memcpy(sorted, ruleset->chains.items, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare_chain_names);
    }
    return sorted;
}

// Which of two names comes first, as strcmp says it; the one that is there when the other list has ended (NULL).
static int order_of(const char *ours, const char *theirs)
{
    return ours == NULL ? 1 : theirs == NULL ? -1 : strcmp(ours, theirs);
}

void each_chain(struct arena *arena, const struct nft_ruleset *ruleset,
                const struct nft_kernel *kernel, chain_visitor visit, void *context)
{
    struct chain **sorted = chains_sorted(arena, ruleset);
    size_t i = 0, j = 0;
    while (i < ruleset->chains.count || j < kernel->chains.count) {
        const struct chain *ours = i < ruleset->chains.count ? sorted[i] : NULL;
        const struct kernel_chain *theirs =
            j < kernel->chains.count ? kernel->chains.items[j] : NULL;
        int order =
            order_of(ours != NULL ? ours->name : NULL, theirs != NULL ? theirs->name : NULL);
        visit(context, order <= 0 ? ours : NULL, order >= 0 ? theirs : NULL);
        i += order <= 0;
        j += order >= 0;
    }
}

void each_set(const struct nft_ruleset *ruleset, const struct nft_kernel *kernel, set_visitor visit,
              void *context)
{
    size_t i = 0, j = 0;
    while (i < ruleset->sets.count || j < kernel->sets.count) {
        const struct set *ours = i < ruleset->sets.count ? ruleset->sets.items[i] : NULL;
        const struct kernel_set *theirs = j < kernel->sets.count ? kernel->sets.items[j] : NULL;
        int order =
            order_of(ours != NULL ? ours->name : NULL, theirs != NULL ? theirs->name : NULL);
        visit(context, order <= 0 ? ours : NULL, order >= 0 ? theirs : NULL);
        i += order <= 0;
        j += order >= 0;
    }
}
