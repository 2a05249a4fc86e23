// SPDX-License-Identifier: GPL-2.0-or-later
// A 128-bit hash of a rule's expressions. Counter values do not count: they are no
// part of what a rule does. The hash only tells rules of one table apart; it is no protection
// against someone who writes rules to collide.
#include "expr.h"

// One 64-bit word into both lanes: multiply and fold, with different odd constants.
static void mix(struct expr_hash *hash, uint64_t word)
{
    static const uint64_t factors[2] = {0x9e3779b97f4a7c15u, 0xd6e8feb86659fd93u};
    for (size_t i = 0; i < 2; i++) {
        unsigned __int128 product = (unsigned __int128)(hash->words[i] ^ word) * factors[i];
        hash->words[i] = (uint64_t)product + (uint64_t)(product >> 64) + factors[1 - i];
    }
}

static void mix_bytes(struct expr_hash *hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    mix(hash, size);
    while (size > 0) {
        uint64_t word = 0;
        size_t step = size < sizeof word ? size : sizeof word;
        memcpy(&word, at, step);
        mix(hash, word);
        at += step;
        size -= step;
    }
}

static void mix_expr(struct expr_hash *hash, const struct expr *expr)
{
    mix(hash, (uint64_t)expr->kind | (uint64_t)expr->reg << 8 | (uint64_t)expr->inverted << 16 |
                  (uint64_t)expr->verdict << 24 | (uint64_t)expr->to_verdict << 32);
    mix(hash, (uint64_t)expr->key << 32 | expr->offset);
    mix(hash, expr->length);
    if (expr->kind == EXPR_LIMIT) {
        mix(hash, expr->rate);
        mix(hash, expr->unit);
    }
    mix_bytes(hash, expr->data, sizeof expr->data);
    mix_bytes(hash, expr->data2, sizeof expr->data2);
    if (expr->name != NULL) {
        mix_bytes(hash, expr->name, strlen(expr->name));
    }
}

struct expr_hash exprs_hash(const struct exprs *exprs)
{
    struct expr_hash hash = {{exprs->count, ~exprs->count}};
    for (size_t i = 0; i < exprs->count; i++) {
        mix_expr(&hash, &exprs->items[i]);
    }
    return hash;
}
