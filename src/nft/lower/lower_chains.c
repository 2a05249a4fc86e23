// SPDX-License-Identifier: GPL-2.0-or-later
// Chains and their rules while they are made.
#include "lower.h"

struct chain *lower_chain(struct lower *lower, const char *name)
{
    struct chain *chain = strmap_get(lower->chains, name);
    if (chain == NULL) {
        chain = arena_new_of(lower->arena, struct chain);
        chain->name = name;
        strmap_put(lower->chains, name, chain);
    }
    return chain;
}

void chain_expect(struct lower *lower, struct chain *chain, size_t rules)
{
    chain->items = arena_array_of(lower->arena, struct rule, rules);
    chain->capacity = rules;
}

void chain_add(struct lower *lower, struct chain *chain, const struct stmt *stmts, size_t count,
               const char *comment, struct loc loc)
{
    struct stmt *copy = arena_array_of(lower->arena, struct stmt, count);
    memcpy(copy, stmts, count * sizeof *copy);
    vec_push(lower->arena, chain, (struct rule){copy, (uint32_t)count, comment, loc});
}

void chain_add1(struct lower *lower, struct chain *chain, struct stmt stmt)
{
    chain_add(lower, chain, &stmt, 1, NULL, LOC_NONE);
}

void chain_add2(struct lower *lower, struct chain *chain, struct stmt first, struct stmt second)
{
    chain_add(lower, chain, (struct stmt[]){first, second}, 2, NULL, LOC_NONE);
}

struct chain *base_chain(struct lower *lower, const char *name, enum chain_hook hook, int priority)
{
    struct chain *chain = lower_chain(lower, name);
    chain->hook = (uint8_t)hook;
    chain->priority = priority;
    return chain;
}
