// SPDX-License-Identifier: GPL-2.0-or-later
// A difference -> what to do with each chain and set. Two things the difference does not list: a
// set whose shape changes has to go and come again, which takes the rules that use it out for a
// moment; and the info chain is written anew with every commit, since it bears the generation.
#include "commit_plan.h"

// Where each wanted object stands, by name, counted from 1 so that it is never NULL.
static struct strmap *places(struct arena *arena)
{
    return strmap_new(arena);
}

static void add_place(struct strmap *map, const char *name, size_t index)
{
    strmap_put(map, name, (void *)(uintptr_t)(index + 1));
}

static size_t place_of(const struct strmap *map, const char *name)
{
    return (size_t)(uintptr_t)strmap_get(map, name) - 1;
}

static void plan_chain(struct commit_plan *plan, size_t index)
{
    const struct chain *chain = plan->wanted->chains.items[index];
    const struct kernel_chain *kernel = strmap_get(plan->kernel->chain_names, chain->name);
    if (kernel == NULL) {
        plan->chains[index] = CHAIN_NEW;
    } else {
        plan->chains[index] = same_hook(chain, kernel) ? CHAIN_REWRITE : CHAIN_RECREATE;
    }
}

static void plan_set(struct commit_plan *plan, size_t index)
{
    const struct set *set = plan->wanted->sets.items[index];
    const struct kernel_set *kernel = strmap_get(plan->kernel->set_names, set->name);
    struct set_plan *action = &plan->sets[index];
    action->kernel = kernel;
    bool enlarge = kernel != NULL && other_limits(set, kernel);
    if (kernel == NULL) {
        action->action = SET_NEW;
    } else if (to_recreate(set, kernel) || (enlarge && plan->dry_run)) {
        action->action = SET_RECREATE;
    } else {
        action->action = set->dynamic ? SET_KEEP : kernel->irregular ? SET_REFILL : SET_CHANGE;
        action->enlarge = enlarge;
        plan->enlarges = plan->enlarges || enlarge;
    }
}

static void plan_changes(struct arena *arena, struct commit_plan *plan, const struct nft_diff *diff)
{
    struct strmap *chains = places(arena), *sets = places(arena);
    for (size_t i = 0; i < plan->wanted->chains.count; i++) {
        add_place(chains, plan->wanted->chains.items[i]->name, i);
    }
    for (size_t i = 0; i < plan->wanted->sets.count; i++) {
        add_place(sets, plan->wanted->sets.items[i]->name, i);
    }
    for (size_t i = 0; i < diff->count; i++) {
        const struct nft_object_change *change = &diff->items[i];
        if (change->kind == NFT_REMOVED) {
            struct names *names = change->is_set ? &plan->removed_sets : &plan->removed_chains;
            vec_push(arena, names, change->name);
        } else if (change->is_set) {
            plan_set(plan, place_of(sets, change->name));
        } else {
            plan_chain(plan, place_of(chains, change->name));
        }
    }
}

static bool uses_set(const struct stmt *stmt)
{
    return stmt->kind == STMT_VMAP || stmt->kind == STMT_UPDATE ||
           (stmt->kind == STMT_MATCH && (stmt->op == OP_SET || stmt->op == OP_NOT_SET));
}

static bool chain_uses(const struct chain *chain, const struct strmap *sets)
{
    for (size_t i = 0; i < chain->count; i++) {
        for (size_t j = 0; j < chain->items[i].stmt_count; j++) {
            const struct stmt *stmt = &chain->items[i].stmts[j];
            if (uses_set(stmt) && strmap_get(sets, stmt->set->name) != NULL) {
                return true;
            }
        }
    }
    return false;
}

static void plan_users(struct arena *arena, struct commit_plan *plan)
{
    struct strmap *recreated = strmap_new(arena);
    for (size_t i = 0; i < plan->wanted->sets.count; i++) {
        if (plan->sets[i].action == SET_RECREATE) {
            add_place(recreated, plan->wanted->sets.items[i]->name, i);
        }
    }
    for (size_t i = 0; strmap_count(recreated) > 0 && i < plan->wanted->chains.count; i++) {
        if (plan->chains[i] == CHAIN_KEEP && chain_uses(plan->wanted->chains.items[i], recreated)) {
            plan->chains[i] = CHAIN_REWRITE;
        }
    }
}

static void plan_info(struct commit_plan *plan)
{
    for (size_t i = 0; i < plan->wanted->chains.count; i++) {
        if (plan->chains[i] == CHAIN_KEEP &&
            strcmp(plan->wanted->chains.items[i]->name, INFO_CHAIN) == 0) {
            plan->chains[i] = CHAIN_REWRITE;
        }
    }
}

struct commit_plan commit_plan_of(struct arena *arena, const struct nft_ruleset *wanted,
                                  const struct nft_kernel *kernel, const struct nft_diff *diff,
                                  bool dry_run)
{
    struct commit_plan plan = {.wanted = wanted, .kernel = kernel, .dry_run = dry_run};
    plan.chains = arena_array_of(arena, uint8_t, wanted->chains.count);
    plan.sets = arena_array_of(arena, struct set_plan, wanted->sets.count);
    plan_changes(arena, &plan, diff);
    plan_users(arena, &plan);
    plan_info(&plan);
    return plan;
}
