// SPDX-License-Identifier: GPL-2.0-or-later
// When a wanted object and one of the kernel are the same. Inside module nft only.
#pragma once

#include "kernel.h"

// What tells two rules of a chain apart.
struct rule_mark {
    struct expr_hash hash;
    const char *comment; // NULL for none
    size_t length; // of the comment that counts: without its place, in the info chain without the
                   // generation
};

struct rule_mark mark_of_wanted(const struct chain *chain, size_t index);
struct rule_mark mark_of_kernel(const struct kernel_chain *chain, size_t index);
struct rule_mark *marks_of_chain(struct arena *arena, const struct chain *chain);
struct rule_mark *marks_of_kernel(struct arena *arena, const struct kernel_chain *chain);
// An order of marks: 0 for the same rule.
int mark_compare(const struct rule_mark *a, const struct rule_mark *b);

// The mark as text, the same for the same rule; NULL for a rule without comment, which nobody looks for again.
const char *mark_text(struct arena *arena, const struct rule_mark *mark);

// Pairs each mark of `a` with one of `b` that is the same; none is used twice, the first ones go
// together. ret[i] is the index in b, or RULE_UNPAIRED.
#define RULE_UNPAIRED SIZE_MAX
size_t *marks_pair(struct arena *arena, const struct rule_mark *a, size_t a_count,
                   const struct rule_mark *b, size_t b_count);

// The same type, hook and priority, or both without a hook: what cannot be changed in place.
bool same_hook(const struct chain *wanted, const struct kernel_chain *kernel);
// The same key and flags: what cannot be changed in place.
bool same_shape(const struct set *wanted, const struct kernel_set *kernel);
// What can be declared anew in place is another: a size that is too small; any other size or time-out of a dynamic set.
bool other_limits(const struct set *wanted, const struct kernel_set *kernel);

// Must be deleted and made anew: another shape; or smaller, which the kernel takes for no limit at all while the set holds
// more than fits.
bool to_recreate(const struct set *wanted, const struct kernel_set *kernel);

// The chains of a ruleset by name.
struct chain **chains_sorted(struct arena *arena, const struct nft_ruleset *ruleset);

// Each chain or set that either side has, in the order of the names: NULL where that side has none.
typedef void (*chain_visitor)(void *context, const struct chain *ours,
                              const struct kernel_chain *theirs);
void each_chain(struct arena *arena, const struct nft_ruleset *ruleset,
                const struct nft_kernel *kernel, chain_visitor visit, void *context);
typedef void (*set_visitor)(void *context, const struct set *ours, const struct kernel_set *theirs);
void each_set(const struct nft_ruleset *ruleset, const struct nft_kernel *kernel, set_visitor visit,
              void *context);

// Notes in a difference which rules have only moved. `scratch` is left with what it took.
void moved_find(struct arena *scratch, const struct nft_ruleset *wanted,
                const struct nft_kernel *kernel, struct nft_diff *diff);
