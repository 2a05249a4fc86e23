// SPDX-License-Identifier: GPL-2.0-or-later
// Mutations of a lowered ruleset. The lowering hands out const structures on the arena; here they are changed.
#include "mutate.h"

static struct stmt *find_stmt(struct rule *rule, enum stmt_kind kind)
{
    for (uint32_t i = 0; i < rule->stmt_count; i++) {
        if (rule->stmts[i].kind == kind) {
            return (struct stmt *)&rule->stmts[i];
        }
    }
    return NULL;
}

static const char *flip_verdict(struct rule *rule)
{
    struct stmt *stmt = find_stmt(rule, STMT_VERDICT);
    if (stmt == NULL) {
        return NULL;
    }
    bool drops = stmt->verdict == VERDICT_DROP;
    *stmt = (struct stmt){.kind = STMT_VERDICT, .verdict = drops ? VERDICT_ACCEPT : VERDICT_DROP};
    return "verdict flipped";
}

static const char *invert_match(struct rule *rule)
{
    static const uint8_t inverse[] = {[OP_EQ] = OP_NE,
                                      [OP_NE] = OP_EQ,
                                      [OP_PREFIX] = OP_NOT_PREFIX,
                                      [OP_NOT_PREFIX] = OP_PREFIX,
                                      [OP_RANGE] = OP_NOT_RANGE,
                                      [OP_NOT_RANGE] = OP_RANGE,
                                      [OP_SET] = OP_NOT_SET,
                                      [OP_NOT_SET] = OP_SET};
    struct stmt *stmt = find_stmt(rule, STMT_MATCH);
    if (stmt == NULL || stmt->op == OP_BITS) {
        return NULL;
    }
    stmt->op = inverse[stmt->op];
    return "match inverted";
}

static struct chain *chain_of(const struct nft_ruleset *ruleset, const struct rule *rule)
{
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        struct chain *chain = ruleset->chains.items[i];
        if (rule >= chain->items && rule < chain->items + chain->count) {
            return chain;
        }
    }
    POLC_UNREACHABLE("a rule of no chain");
}

static const char *remove_rule(struct chain *chain, struct rule *rule)
{
    size_t behind = (size_t)(chain->items + chain->count - rule - 1);
    memmove(rule, rule + 1, behind * sizeof *rule);
    chain->count--;
    return "rule removed";
}

const char *mutate_rule(struct arena *arena, struct rng *rng, struct nft_ruleset *ruleset,
                        const struct rule *chosen)
{
    struct chain *chain = chain_of(ruleset, chosen);
    struct rule *rule = &chain->items[chosen - chain->items];
    struct rule before = *rule;
    uint32_t choice = rng_below(rng, 3);
    const char *what = choice == 0   ? flip_verdict(rule)
                       : choice == 1 ? invert_match(rule)
                                     : remove_rule(chain, rule);
    return what == NULL ? NULL
                        : arena_printf(arena, "%s: %s (%s)", chain->name, what,
                                       before.comment != NULL ? before.comment : "");
}
