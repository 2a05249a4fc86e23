// SPDX-License-Identifier: GPL-2.0-or-later
// What polc loaded and what the kernel has -> what somebody did in between: rule by rule, element by element. Between two
// rules that both have, as many removed as added ones are rules that were changed.
#include "compare_rules.h"

#include "comment.h"
#include "print_expr.h"

// Enough for the rules of one chain or the elements of one set.
#define SCRATCH_MAX ((size_t)2 << 30)

struct search {
    struct arena *arena, *scratch;
    struct nft_drift *drift;
};

static struct nft_drift_object *add_object(struct search *search, bool is_set, const char *name,
                                           bool loaded, bool present)
{
    struct nft_drift_object *object = vec_add(search->arena, search->drift);
    object->kind = loaded && present ? NFT_CHANGED : present ? NFT_ADDED : NFT_REMOVED;
    object->is_set = is_set;
    object->name = name;
    return object;
}

// ---- rules --------------------------------------------------------------------------------------------------------

struct rules {
    struct search *search;
    const struct chain *loaded;
    const struct kernel_chain *kernel;
    struct nft_drift_object *object;
};

static const char *text_of_rule(struct arena *arena, const struct rule *rule)
{
    struct exprs exprs;
    linearize(rule, &exprs);
    return exprs_text(arena, &exprs);
}

static void add_rule(struct rules *rules, const struct rule_step *loaded,
                     const struct rule_step *present)
{
    struct arena *arena = rules->search->arena;
    struct nft_drift_rule *rule = vec_add(arena, &rules->object->rules);
    rule->kind = loaded != NULL && present != NULL ? NFT_CHANGED
                 : present != NULL                 ? NFT_ADDED
                                                   : NFT_REMOVED;
    rule->after = present != NULL ? present->gap : loaded->gap;
    if (present != NULL) {
        rule->handle = rules->kernel->items[present->index].handle;
    }
    if (loaded != NULL) {
        const struct rule *polc = &rules->loaded->items[loaded->index];
        const char *text = text_of_rule(arena, polc);
        rule->comment = polc->comment;
        present != NULL ? (rule->was = text) : (rule->text = text);
        rule->after = loaded->gap != GAP_UNKNOWN ? loaded->index : GAP_UNKNOWN;
    }
}

static bool same_comment(const struct rules *rules, const struct rule_step *loaded,
                         const struct rule_step *present)
{
    const char *a = rules->loaded->items[loaded->index].comment,
               *b = rules->kernel->items[present->index].comment;
    size_t length = comment_head(a);
    return length > 0 && length == comment_head(b) && memcmp(a, b, length) == 0;
}

// The rule of the kernel that took the place of step `index`; NULL when it was only removed.
static const struct rule_step *partner(const struct rules *rules, const struct rule_step *steps,
                                       size_t count, size_t index, bool *used)
{
    size_t loaded = 0, present = 0, before = 0;
    for (size_t i = 0; i < count; i++) {
        loaded += steps[i].added;
        present += !steps[i].added;
        before += i < index && steps[i].added;
    }
    for (size_t i = 0, number = 0; i < count; i++) {
        if (steps[i].added) {
            continue;
        }
        bool is_it =
            loaded == present ? number == before : same_comment(rules, &steps[index], &steps[i]);
        if (is_it && !used[i]) {
            used[i] = true;
            return &steps[i];
        }
        number++;
    }
    return NULL;
}

// Steps between the same two rules.
static void add_gap(struct rules *rules, const struct rule_step *steps, size_t count)
{
    struct arena_mark mark = arena_mark(rules->search->scratch);
    bool *used = arena_array_of(rules->search->scratch, bool, count);
    bool ordered = steps[0].gap != GAP_UNKNOWN && rules->loaded != NULL && rules->kernel != NULL;
    for (size_t i = 0; i < count; i++) {
        if (steps[i].added) {
            add_rule(rules, &steps[i], ordered ? partner(rules, steps, count, i, used) : NULL);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!steps[i].added && !used[i]) {
            add_rule(rules, NULL, &steps[i]);
        }
    }
    arena_rewind(rules->search->scratch, mark);
}

static void list_rules(struct rules *rules, const struct rule_steps *steps)
{
    for (size_t i = 0, end; i < steps->count; i = end) {
        for (end = i + 1; end < steps->count && steps->items[end].gap == steps->items[i].gap;) {
            end++;
        }
        add_gap(rules, steps->items + i, end - i);
    }
}

// What is different of a base chain besides its rules.
static const char *chain_change(const struct chain *loaded, const struct kernel_chain *kernel)
{
    if (!same_hook(loaded, kernel)) {
        return "another hook or priority";
    }
    return kernel->policy_drop ? "policy drop" : NULL;
}

static void compare_chain(struct search *search, const struct chain *loaded,
                          const struct kernel_chain *kernel)
{
    struct rule_steps steps = {.count = 0};
    const char *change = loaded != NULL && kernel != NULL ? chain_change(loaded, kernel) : NULL;
    if (!compare_rules(search->arena, search->scratch, loaded, kernel, &steps) && change == NULL) {
        return;
    }
    struct nft_drift_object *object =
        add_object(search, false, loaded != NULL ? loaded->name : kernel->name, loaded != NULL,
                   kernel != NULL);
    object->change = change;
    struct rules rules = {search, loaded, kernel, object};
    list_rules(&rules, &steps);
}

static void visit_chain(void *context, const struct chain *loaded,
                        const struct kernel_chain *kernel)
{
    struct search *search = context;
    struct arena_mark mark = arena_mark(search->scratch);
    compare_chain(search, loaded, kernel);
    arena_rewind(search->scratch, mark);
}

// ---- elements -----------------------------------------------------------------------------------------------------

static void add_element(struct search *search, struct nft_drift_object *object, bool added,
                        const char *text)
{
    *(added ? &object->elements_added : &object->elements_removed) += 1;
    if (text != NULL) {
        struct nft_drift_element element = {.kind = added ? NFT_ADDED : NFT_REMOVED, .text = text};
        vec_push(search->arena, &object->elements, element);
    }
}

// `loaded` and `present` may be empty rows. Removed and added ones share the room of the list.
static void list_elements(struct search *search, struct nft_drift_object *object,
                          const struct set_shape *shape, const struct rows *loaded,
                          const struct rows *present)
{
    struct rows_diff diff = {.wanted = loaded, .present = present};
    const struct rows *side;
    size_t index, listed[2] = {0, 0};
    while (rows_diff_next(&diff, &side, &index)) {
        bool added = side == present;
        bool room = listed[added]++ < NFT_DRIFT_ELEMENTS / 2;
        add_element(search, object, added,
                    room ? row_text(search->arena, shape, side, index) : NULL);
    }
    if (!rows_same_catch_all(loaded, present)) {
        if (loaded->catch_all) {
            add_element(search, object, false, catch_all_text(search->arena, loaded));
        }
        if (present->catch_all) {
            add_element(search, object, true, catch_all_text(search->arena, present));
        }
    }
}

static void compare_set(struct search *search, const struct set *loaded,
                        const struct kernel_set *kernel)
{
    bool both = loaded != NULL && kernel != NULL;
    struct set_shape shape = loaded != NULL ? set_shape_of(loaded) : kernel->shape;
    struct rows none = rows_of_shape(&shape);
    struct rows here = loaded != NULL ? rows_of_set(search->scratch, loaded) : none;
    const struct rows *there = kernel != NULL ? &kernel->rows : &none;
    bool reshaped = both && !same_shape(loaded, kernel);
    struct nft_drift_object *object = add_object(
        search, true, loaded != NULL ? loaded->name : kernel->name, loaded != NULL, kernel != NULL);
    object->comment = loaded != NULL ? loaded->comment : NULL;
    object->change = reshaped ? "another type or flags" : NULL;
    if (!reshaped && (loaded == NULL || !loaded->dynamic)) {
        list_elements(search, object, &shape, &here, there);
    }
    if (both && !reshaped && object->elements_added == 0 && object->elements_removed == 0) {
        search->drift->count--;
    }
}

static void visit_set(void *context, const struct set *loaded, const struct kernel_set *kernel)
{
    struct search *search = context;
    struct arena_mark mark = arena_mark(search->scratch);
    compare_set(search, loaded, kernel);
    arena_rewind(search->scratch, mark);
}

struct nft_drift *nft_find_drift(struct arena *arena, const struct nft_ruleset *loaded,
                                 const struct nft_kernel *kernel)
{
    struct nft_drift *drift = arena_new_of(arena, struct nft_drift);
    struct search search = {.arena = arena, .scratch = arena_new(SCRATCH_MAX), .drift = drift};
    drift->table_missing = !kernel->exists;
    drift->dormant = kernel->dormant;
    if (kernel->exists) {
        each_chain(search.scratch, loaded, kernel, visit_chain, &search);
        each_set(loaded, kernel, visit_set, &search);
    }
    arena_free(search.scratch);
    return drift;
}

bool nft_drift_empty(const struct nft_drift *drift)
{
    return drift->count == 0 && !drift->table_missing && !drift->dormant;
}
