// SPDX-License-Identifier: GPL-2.0-or-later
// Small rulesets by hand, for tests of what happens to them.
#pragma once

#include "expr.h"

#include <stdarg.h>

struct made {
    struct arena *arena;
    struct nft_ruleset ruleset;
};

static inline struct made make_ruleset(void)
{
    struct made made = {.arena = arena_new((size_t)2 << 30), .ruleset = {.table = "polc"}};
    return made;
}

static inline void make_free(struct made *made)
{
    arena_free(made->arena);
}

// ---- chains and rules ----------------------------------------------------------------------

static inline struct chain *make_chain(struct made *made, const char *name)
{
    struct chain *chain = arena_new_of(made->arena, struct chain);
    chain->name = name;
    vec_push(made->arena, &made->ruleset.chains, chain);
    return chain;
}

static inline struct chain *make_base(struct made *made, const char *name, enum chain_hook hook,
                                      int priority)
{
    struct chain *chain = make_chain(made, name);
    chain->hook = (uint8_t)hook;
    chain->priority = priority;
    return chain;
}

static inline struct rule *make_rule(struct made *made, struct chain *chain, const char *comment,
                                     const struct stmt *stmts, size_t count)
{
    struct rule *rule = vec_add(made->arena, chain);
    struct stmt *copy = arena_array_of(made->arena, struct stmt, count);
    memcpy(copy, stmts, count * sizeof *copy);
    rule->stmts = copy;
    rule->stmt_count = (uint32_t)count;
    rule->comment = comment;
    return rule;
}

#define MAKE_RULE(made, chain, comment, ...)                                                       \
    make_rule((made), (chain), (comment), (struct stmt[]){__VA_ARGS__},                            \
              sizeof((struct stmt[]){__VA_ARGS__}) / sizeof(struct stmt))

static inline struct stmt make_verdict(enum verdict_kind verdict, const char *chain)
{
    return (struct stmt){.kind = STMT_VERDICT, .verdict = (uint8_t)verdict, .chain = chain};
}

static inline struct stmt make_counter(void)
{
    return (struct stmt){.kind = STMT_COUNTER};
}

static inline struct stmt make_match(enum rule_key key, enum match_op op, const void *value,
                                     size_t length)
{
    struct stmt stmt = {
        .kind = STMT_MATCH, .op = (uint8_t)op, .key_count = 1, .keys = {(uint8_t)key}};
    memcpy(stmt.value, value, length);
    return stmt;
}

static inline struct stmt make_port(uint16_t port)
{
    uint8_t bytes[2] = {(uint8_t)(port >> 8), (uint8_t)port};
    return make_match(KEY_TCP_DPORT, OP_EQ, bytes, sizeof bytes);
}

static inline struct stmt make_lookup(enum rule_key key, const struct set *set)
{
    return (struct stmt){
        .kind = STMT_MATCH, .op = OP_SET, .key_count = 1, .keys = {(uint8_t)key}, .set = set};
}

static inline struct stmt make_lookup2(enum rule_key first, enum rule_key second,
                                       const struct set *set)
{
    return (struct stmt){.kind = STMT_MATCH,
                         .op = OP_SET,
                         .key_count = 2,
                         .keys = {(uint8_t)first, (uint8_t)second},
                         .set = set};
}

static inline struct stmt make_vmap(enum rule_key key, const struct set *map)
{
    return (struct stmt){.kind = STMT_VMAP, .key_count = 1, .keys = {(uint8_t)key}, .set = map};
}

// ---- sets ----------------------------------------------------------------------------------

static inline struct set *make_set(struct made *made, const char *name, enum set_content content)
{
    struct set *set = arena_new_of(made->arena, struct set);
    set->name = name;
    set->content = (uint8_t)content;
    set->family = content == SET_PORTS || content == SET_IFNAMES ? 0 : IP_V4;
    vec_push(made->arena, &made->ruleset.sets, set);
    return set;
}

// Grows by doubling: a count that is a power of two fills its room.
static inline void *make_room(struct made *made, const void *items, size_t count, size_t size)
{
    if (count & (count - 1)) {
        return (void *)items;
    }
    void *room = arena_array(made->arena, count == 0 ? 1 : count * 2, size);
    return count == 0 ? room : memcpy(room, items, count * size);
}

static inline void make_cidr(struct made *made, struct set *set, struct cidr cidr)
{
    set->cidrs.items = make_room(made, set->cidrs.items, set->count, sizeof cidr);
    set->cidrs.items[set->count++] = cidr;
    set->cidrs.count = set->count;
    set->family = cidr.addr.family;
}

// Text of prefixes with blanks between.
static inline struct set *make_cidrs(struct made *made, const char *name, enum set_content content,
                                     bool interval, const char *text)
{
    struct set *set = make_set(made, name, content);
    set->interval = interval;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        struct cidr cidr;
        if (cidr_parse(text, length, &cidr) != ADDR_OK) {
            POLC_UNREACHABLE(text);
        }
        make_cidr(made, set, cidr);
        text += length + strspn(text + length, " ");
    }
    return set;
}

static inline struct set *make_ports(struct made *made, const char *name,
                                     const struct port_range *ranges, size_t count)
{
    struct set *set = make_set(made, name, SET_PORTS);
    set->interval = true;
    set->ports.items = arena_array_of(made->arena, struct port_range, count);
    memcpy(set->ports.items, ranges, count * sizeof *ranges);
    set->ports.count = set->count = count;
    return set;
}

static inline void make_jump(struct made *made, struct set *map, const char *ifname,
                             const char *addr, enum verdict_kind verdict, const char *chain)
{
    struct map_element *list = make_room(made, map->verdicts, map->count, sizeof *list);
    struct map_element element = {.ifname = ifname, .verdict = (uint8_t)verdict, .chain = chain};
    if (addr == NULL) {
        element.catch_all = true;
    } else if (ip_addr_parse(addr, strlen(addr), &element.addr) != ADDR_OK) {
        POLC_UNREACHABLE(addr);
    }
    list[map->count++] = element;
    map->verdicts = list;
    map->with_ifname = ifname != NULL || map->with_ifname;
}
