// SPDX-License-Identifier: GPL-2.0-or-later
// Wanted ruleset and kernel's table -> what differs, object by object. Both sides are walked sorted
// by name. Of a chain: hook and policy, rules in order. Of a set: shape, size when too small,
// elements by a merge. What does not count: counters, handles, places in comments, comments of
// sets, polc's own generation number.
#include "compare.h"

#include "compare_rules.h"
#include "encode.h"

#include <linux/netfilter/nf_tables.h>

// Enough for the elements of one set or the rules of one chain.
#define SCRATCH_MAX ((size_t)2 << 30)

bool same_hook(const struct chain *wanted, const struct kernel_chain *kernel)
{
    if (wanted->hook == HOOK_NONE || !kernel->base) {
        return (wanted->hook == HOOK_NONE) == !kernel->base;
    }
    return kernel->hook == hook_number(wanted->hook) && kernel->priority == wanted->priority &&
           strcmp(kernel->type, "filter") == 0;
}

bool same_shape(const struct set *wanted, const struct kernel_set *kernel)
{
    struct set_shape shape = set_shape_of(wanted);
    const struct set_shape *other = &kernel->shape;
    if (shape.key_type != other->key_type || shape.key_length != other->key_length ||
        shape.flags != other->flags || shape.counted != other->counted) {
        return false;
    }
    if (shape.flags & NFT_SET_MAP && kernel->data_type != NFT_DATA_VERDICT) {
        return false;
    }
    return !(shape.flags & NFT_SET_CONCAT) ||
           (shape.field_count == other->field_count &&
            memcmp(shape.field_lengths, other->field_lengths, sizeof shape.field_lengths) == 0);
}

bool other_limits(const struct set *wanted, const struct kernel_set *kernel)
{
    if (wanted->dynamic) {
        return wanted->size != kernel->size ||
               wanted->timeout * (uint64_t)1000 != kernel->timeout_ms;
    }
    return wanted->size != 0 && kernel->size != 0 && kernel->size < wanted->size;
}

bool to_recreate(const struct set *wanted, const struct kernel_set *kernel)
{
    bool smaller =
        wanted->dynamic && wanted->size != 0 && (kernel->size == 0 || kernel->size > wanted->size);
    return !same_shape(wanted, kernel) || smaller;
}

struct comparison {
    struct arena *arena, *scratch;
    const struct nft_kernel *kernel;
    struct nft_diff *diff;
};

static struct nft_object_change *add_change(struct comparison *comparison,
                                            enum nft_change_kind kind, const char *name)
{
    struct nft_object_change *change = vec_add(comparison->arena, comparison->diff);
    change->kind = (uint8_t)kind;
    change->name = name;
    return change;
}

// ---- chains --------------------------------------------------------------------------------

static const char *text_of(const char *comment)
{
    return comment != NULL ? comment : "a rule without comment";
}

static void list_rules(struct comparison *comparison, const struct chain *wanted,
                       const struct kernel_chain *kernel, const struct rule_steps *steps,
                       struct nft_object_change *change)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct rule_step *step = &steps->items[i];
        struct nft_rule_change rule = {.kind = NFT_REMOVED};
        if (step->added) {
            rule.kind = NFT_ADDED;
            rule.comment = text_of(wanted->items[step->index].comment);
            rule.loc = wanted->items[step->index].loc;
        } else {
            rule.comment = text_of(kernel->items[step->index].comment);
        }
        vec_push(comparison->arena, &change->rules, rule);
    }
}

static void compare_chain(void *context, const struct chain *wanted,
                          const struct kernel_chain *kernel)
{
    struct comparison *comparison = context;
    struct rule_steps steps = {.count = 0};
    bool base_differs = false;
    if (wanted != NULL && kernel != NULL) {
        base_differs = !same_hook(wanted, kernel) || kernel->policy_drop ||
                       (kernel->base && comparison->kernel->dormant);
    }
    bool differ = compare_rules(comparison->arena, comparison->scratch, wanted, kernel, &steps);
    if (wanted != NULL && kernel != NULL && !differ && !base_differs) {
        return;
    }
    enum nft_change_kind kind = kernel == NULL   ? NFT_ADDED
                                : wanted == NULL ? NFT_REMOVED
                                                 : NFT_CHANGED;
    struct nft_object_change *change =
        add_change(comparison, kind, wanted != NULL ? wanted->name : kernel->name);
    change->loc = wanted != NULL ? wanted->loc : LOC_NONE;
    list_rules(comparison, wanted, kernel, &steps, change);
}

// ---- sets ----------------------------------------------------------------------------------

struct element_counts {
    size_t added, removed;
};

static struct element_counts count_all(const struct set *wanted, const struct kernel_set *kernel)
{
    struct element_counts counts = {.added = 0};
    if (wanted != NULL) {
        counts.added = wanted->count;
    }
    if (kernel != NULL) {
        counts.removed = kernel->rows.count + kernel->rows.catch_all;
    }
    return counts;
}

static struct element_counts count_differing(struct arena *scratch, const struct set *wanted,
                                             const struct kernel_set *kernel)
{
    struct arena_mark mark = arena_mark(scratch);
    struct element_counts counts = {.added = 0};
    struct rows here = rows_of_set(scratch, wanted);
    struct rows_diff diff = {.wanted = &here, .present = &kernel->rows};
    const struct rows *side;
    size_t index;
    while (rows_diff_next(&diff, &side, &index)) {
        counts.added += side == &here;
        counts.removed += side != &here;
    }
    if (!rows_same_catch_all(&here, &kernel->rows)) {
        counts.added += here.catch_all;
        counts.removed += kernel->rows.catch_all;
    }
    arena_rewind(scratch, mark);
    return counts;
}

static void compare_set(void *context, const struct set *wanted, const struct kernel_set *kernel)
{
    struct comparison *comparison = context;
    enum nft_change_kind kind = kernel == NULL   ? NFT_ADDED
                                : wanted == NULL ? NFT_REMOVED
                                                 : NFT_CHANGED;
    struct element_counts counts = count_all(wanted, kernel);
    if (kind == NFT_CHANGED && same_shape(wanted, kernel)) {
        counts = wanted->dynamic ? (struct element_counts){.added = 0}
                                 : count_differing(comparison->scratch, wanted, kernel);
        if (counts.added == 0 && counts.removed == 0 && !other_limits(wanted, kernel)) {
            return;
        }
    }
    struct nft_object_change *change =
        add_change(comparison, kind, wanted != NULL ? wanted->name : kernel->name);
    change->is_set = true;
    change->comment = wanted != NULL ? wanted->comment : NULL;
    change->loc = wanted != NULL ? wanted->loc : LOC_NONE;
    change->elements_added = counts.added;
    change->elements_removed = counts.removed;
    change->forgets = kernel != NULL && kernel->shape.flags & NFT_SET_EVAL &&
                      (wanted == NULL || to_recreate(wanted, kernel));
}

struct nft_diff *nft_compare(struct arena *arena, const struct nft_ruleset *wanted,
                             const struct nft_kernel *kernel)
{
    struct nft_diff *diff = arena_new_of(arena, struct nft_diff);
    struct comparison comparison = {arena, arena_new(SCRATCH_MAX), kernel, diff};
    diff->table_missing = !kernel->exists;
    each_chain(comparison.scratch, wanted, kernel, compare_chain, &comparison);
    moved_find(comparison.scratch, wanted, kernel, diff);
    each_set(wanted, kernel, compare_set, &comparison);
    arena_free(comparison.scratch);
    return diff;
}

bool nft_diff_empty(const struct nft_diff *diff)
{
    return diff->count == 0 && !diff->table_missing;
}
