// SPDX-License-Identifier: GPL-2.0-or-later
// Simulator: what the kernel refuses when it loads a table, whatever the packets: jumps to nowhere, chains
// nested too deep, loops, overlapping elements, elements beyond a set's size, texts that are too long.
#include "sim.h"

enum { DEPTH_MAX = 16, NAME_MAX_LENGTH = 255, PREFIX_MAX = 127 };

struct check {
    struct arena *arena;
    const struct nft_ruleset *ruleset;
    struct strmap *chains; // name -> struct chain *
    uint8_t hook;          // of the base chain that is followed
    const char *problem;   // the first one
};

static void __attribute__((format(printf, 2, 3)))
problem(struct check *check, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (check->problem == NULL) {
        check->problem = arena_vprintf(check->arena, format, args);
    }
    va_end(args);
}

// ---- sets -----------------------------------------------------------------------------------------------------

static bool cidrs_overlap(const struct cidr *a, const struct cidr *b)
{
    unsigned bits = a->bits < b->bits ? a->bits : b->bits;
    for (unsigned bit = 0; bit < bits; bit++) {
        unsigned mask = 0x80u >> bit % 8;
        if ((a->addr.bytes[bit / 8] ^ b->addr.bytes[bit / 8]) & mask) {
            return false;
        }
    }
    return a->addr.family == b->addr.family;
}

static bool tuples_overlap(const struct plan_tuple *a, const struct plan_tuple *b)
{
    return a->protocol == b->protocol && a->ports.min <= b->ports.max &&
           b->ports.min <= a->ports.max && cidrs_overlap(&a->net, &b->net);
}

static bool same_element(const struct map_element *a, const struct map_element *b)
{
    if (a->catch_all || b->catch_all) {
        return a->catch_all && b->catch_all;
    }
    bool same_name = (a->ifname == NULL) == (b->ifname == NULL) &&
                     (a->ifname == NULL || strcmp(a->ifname, b->ifname) == 0);
    return same_name && a->addr.family == b->addr.family &&
           memcmp(a->addr.bytes, b->addr.bytes, sizeof a->addr.bytes) == 0;
}

static bool elements_clash(const struct set *set, size_t i, size_t j)
{
    switch ((enum set_content)set->content) {
    case SET_CIDRS:
    case SET_PADDED:
        return cidrs_overlap(&set->cidrs.items[i], &set->cidrs.items[j]);
    case SET_PORTS:
        return set->ports.items[i].min <= set->ports.items[j].max &&
               set->ports.items[j].min <= set->ports.items[i].max;
    case SET_TRIPLES:
        return memcmp(set->triples[i].addr.bytes, set->triples[j].addr.bytes, 16) == 0 &&
               set->triples[i].addr.family == set->triples[j].addr.family &&
               set->triples[i].protocol == set->triples[j].protocol &&
               set->triples[i].port == set->triples[j].port;
    case SET_IFNAMES:
        return strcmp(set->ifnames[i], set->ifnames[j]) == 0;
    case SET_VERDICTS:
        return same_element(&set->verdicts[i], &set->verdicts[j]);
    case SET_DOMAINS:
    case SET_FLOWS_SEEN:
        break;
    case SET_TUPLES:
    case SET_TUPLE_VERDICTS:
        return tuples_overlap(&set->tuples[i], &set->tuples[j]);
    }
    return true;
}

static void check_set(struct check *check, const struct set *set)
{
    if (strlen(set->name) > NAME_MAX_LENGTH) {
        problem(check, "the name of set %s is too long", set->name);
    }
    if (set->size != 0 && set->count > set->size) {
        problem(check, "set %s has %zu elements and room for %u", set->name, set->count, set->size);
    }
    for (size_t i = 0; i < set->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (elements_clash(set, i, j)) {
                problem(check, "elements %zu and %zu of set %s overlap", j, i, set->name);
            }
        }
    }
}

// ---- rules ----------------------------------------------------------------------------------------------------

static void check_stmt(struct check *check, const struct chain *chain, size_t rule,
                       const struct stmt *stmt)
{
    if ((stmt->kind == STMT_LOG && strlen(stmt->log_prefix) > PREFIX_MAX) ||
        (stmt->kind == STMT_COPY && strlen(stmt->copy.prefix) > PREFIX_MAX)) {
        problem(check, "%s rule %zu: a log prefix that is too long", chain->name, rule);
    }
    if (stmt->kind == STMT_MATCH && stmt->op == OP_RANGE &&
        memcmp(stmt->value_start, stmt->value_end, sizeof stmt->value_end) > 0) {
        problem(check, "%s rule %zu: a range with its end before its start", chain->name, rule);
    }
    bool looks_up = stmt->kind == STMT_VMAP ||
                    (stmt->kind == STMT_MATCH && (stmt->op == OP_SET || stmt->op == OP_NOT_SET));
    bool map = stmt->kind == STMT_VMAP;
    if (looks_up && set_is_map(stmt->set) != map) {
        problem(check, "%s rule %zu: a map where a set belongs, or the reverse", chain->name, rule);
    }
    if (stmt->kind == STMT_UPDATE &&
        (stmt->set->content != SET_FLOWS_SEEN || stmt->key_count != 4 || !stmt->set->dynamic)) {
        problem(check, "%s rule %zu: an update of a set that is no flow set", chain->name, rule);
    }
    if (!looks_up && stmt->kind == STMT_MATCH && stmt->key_count != 1) {
        problem(check, "%s rule %zu: a concatenation without a set", chain->name, rule);
    }
}

static void check_rule(struct check *check, const struct chain *chain, size_t number)
{
    const struct rule *rule = &chain->items[number];
    if (rule->comment != NULL && strlen(rule->comment) > RULE_COMMENT_MAX) {
        problem(check, "%s rule %zu: a comment that is too long", chain->name, number);
    }
    for (uint32_t i = 0; i < rule->stmt_count; i++) {
        const struct stmt *stmt = &rule->stmts[i];
        check_stmt(check, chain, number, stmt);
        if ((stmt->kind == STMT_VERDICT || stmt->kind == STMT_REJECT) && i + 1 < rule->stmt_count) {
            problem(check, "%s rule %zu: a statement behind the verdict", chain->name, number);
        }
    }
}

// ---- the graph of chains --------------------------------------------------------------------------------------

static void enter(struct check *check, const struct chain *from, const char *name, unsigned depth);

static void follow_map(struct check *check, const struct chain *chain, const struct set *map,
                       unsigned depth)
{
    for (size_t i = 0; i < map->count && map->content == SET_VERDICTS; i++) {
        const struct map_element *element = &map->verdicts[i];
        if (element->verdict == VERDICT_JUMP || element->verdict == VERDICT_GOTO) {
            enter(check, chain, element->chain, depth);
        }
    }
    bool seen[PLAN_ACTION_COUNT] = {false};
    for (size_t i = 0; i < map->count && map->content == SET_TUPLE_VERDICTS; i++) {
        uint8_t action = map->tuples[i].action;
        if (!seen[action]) {
            seen[action] = true;
            enter(check, chain, map->targets[action], depth);
        }
    }
}

static void follow(struct check *check, const struct chain *chain, unsigned depth)
{
    for (size_t i = 0; i < chain->count && check->problem == NULL; i++) {
        const struct rule *rule = &chain->items[i];
        for (uint32_t j = 0; j < rule->stmt_count; j++) {
            const struct stmt *stmt = &rule->stmts[j];
            if (stmt->kind == STMT_REJECT && check->hook == HOOK_POSTROUTING) {
                problem(check, "%s rule %zu: a reject behind routing", chain->name, i);
            }
            if (stmt->kind == STMT_VERDICT &&
                (stmt->verdict == VERDICT_JUMP || stmt->verdict == VERDICT_GOTO)) {
                enter(check, chain, stmt->chain, depth);
            }
            if (stmt->kind == STMT_VMAP) {
                follow_map(check, chain, stmt->set, depth);
            }
        }
    }
}

static void enter(struct check *check, const struct chain *from, const char *name, unsigned depth)
{
    const struct chain *chain = strmap_get(check->chains, name);
    if (chain == NULL) {
        problem(check, "%s leads to %s, which is not there", from->name, name);
    } else if (chain->hook != HOOK_NONE) {
        problem(check, "%s leads to the base chain %s", from->name, name);
    } else if (depth == DEPTH_MAX) {
        problem(check, "more than %d chains in a row, at %s: too deep, or a loop", DEPTH_MAX, name);
    } else if (check->problem == NULL) {
        follow(check, chain, depth + 1);
    }
}

const char *sim_check(struct arena *arena, const struct nft_ruleset *ruleset)
{
    struct check check = {.arena = arena, .ruleset = ruleset, .chains = strmap_new(arena)};
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        struct chain *chain = ruleset->chains.items[i];
        if (strmap_put(check.chains, chain->name, chain) != chain) {
            problem(&check, "two chains are called %s", chain->name);
        }
        if (strlen(chain->name) > NAME_MAX_LENGTH) {
            problem(&check, "the name of chain %s is too long", chain->name);
        }
    }
    for (size_t i = 0; i < ruleset->sets.count; i++) {
        check_set(&check, ruleset->sets.items[i]);
    }
    for (size_t i = 0; i < ruleset->chains.count; i++) {
        const struct chain *chain = ruleset->chains.items[i];
        for (size_t j = 0; j < chain->count; j++) {
            check_rule(&check, chain, j);
        }
        if (chain->hook != HOOK_NONE) {
            check.hook = chain->hook;
            follow(&check, chain, 1);
        }
    }
    return check.problem;
}
