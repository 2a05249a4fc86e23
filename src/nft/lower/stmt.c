// SPDX-License-Identifier: GPL-2.0-or-later
// Small builders for statements.
#include "keys.h"
#include "lower.h"

struct stmt stmt_value(enum rule_key key, enum match_op op, const void *value, size_t length)
{
    struct stmt stmt = {
        .kind = STMT_MATCH, .op = (uint8_t)op, .key_count = 1, .keys = {(uint8_t)key}};
    memcpy(stmt.value, value, length);
    return stmt;
}

struct stmt stmt_in_set(enum rule_key key, const struct set *set)
{
    return (struct stmt){
        .kind = STMT_MATCH, .op = OP_SET, .key_count = 1, .keys = {(uint8_t)key}, .set = set};
}

struct stmt stmt_address_set(uint8_t family, bool source, const struct set *set)
{
    struct stmt stmt = stmt_in_set(key_address(family, source), set);
    if (set->content == SET_PADDED) {
        stmt.keys[stmt.key_count++] = KEY_L4PROTO;
    }
    return stmt;
}

struct stmt stmt_port(enum rule_key key, uint16_t port)
{
    uint8_t bytes[2] = {(uint8_t)(port >> 8), (uint8_t)port};
    return stmt_value(key, OP_EQ, bytes, sizeof bytes);
}

struct stmt stmt_vmap(enum rule_key first, int second, const struct set *map)
{
    struct stmt stmt = {.kind = STMT_VMAP, .key_count = 1, .keys = {(uint8_t)first}, .set = map};
    if (second >= 0) {
        stmt.keys[stmt.key_count++] = (uint8_t)second;
    }
    return stmt;
}

struct stmt stmt_verdict(enum verdict_kind verdict, const char *chain)
{
    return (struct stmt){.kind = STMT_VERDICT, .verdict = (uint8_t)verdict, .chain = chain};
}

struct stmt stmt_counter(void)
{
    return (struct stmt){.kind = STMT_COUNTER};
}
