// SPDX-License-Identifier: GPL-2.0-or-later
// Statements -> kernel expressions, as nft 1.0 makes them for the printed text: protocol checks before a payload
// are implied and made once a rule, prefixes on a byte boundary load only their bytes.
#include "expr.h"
#include "keys.h"

#include <linux/netfilter/nf_tables.h>

struct context {
    struct exprs *out;
    uint8_t nfproto, l4proto; // already checked in this rule; 0: not yet
};

static struct expr *add(struct context *context, enum expr_kind kind)
{
    if (context->out->count == EXPRS_MAX) {
        POLC_UNREACHABLE("a rule with too many expressions");
    }
    struct expr *expr = &context->out->items[context->out->count++];
    memset(expr, 0, sizeof *expr);
    expr->kind = (uint8_t)kind;
    return expr;
}

static void add_load(struct context *context, const struct key_info *info, uint32_t length,
                     uint8_t reg)
{
    struct expr *expr = add(context, info->load);
    expr->reg = reg;
    expr->key = info->kernel_key;
    if (info->load == EXPR_PAYLOAD) {
        expr->offset = info->offset;
        expr->length = length;
    }
}

static void add_cmp(struct context *context, uint32_t operator, const uint8_t * value,
                    uint32_t length)
{
    struct expr *expr = add(context, EXPR_CMP);
    expr->key = operator;
    expr->length = length;
    memcpy(expr->data, value, length);
}

static void require(struct context *context, enum rule_key key, uint8_t wanted, uint8_t *known)
{
    if (wanted == 0 || *known == wanted) {
        return;
    }
    add_load(context, key_info(key), 1, 0);
    add_cmp(context, NFT_CMP_EQ, &wanted, 1);
    *known = wanted;
}

static void require_protocols(struct context *context, const struct stmt *stmt)
{
    for (size_t i = 0; i < stmt->key_count; i++) {
        const struct key_info *info = key_info(stmt->keys[i]);
        require(context, KEY_NFPROTO, info->nfproto, &context->nfproto);
        require(context, KEY_L4PROTO, info->l4proto, &context->l4proto);
    }
}

// Loads all keys into consecutive registers, each padded to a 32-bit word.
static void load_keys(struct context *context, const struct stmt *stmt)
{
    uint8_t reg = 0;
    for (size_t i = 0; i < stmt->key_count; i++) {
        const struct key_info *info = key_info(stmt->keys[i]);
        add_load(context, info, info->length, reg);
        if (info->zeroed) {
            struct expr *mask = add(context, EXPR_BITWISE);
            mask->reg = reg;
            mask->length = info->length;
        }
        reg = (uint8_t)(reg + (info->length + 3) / 4);
    }
}

static void add_prefix(struct context *context, const struct stmt *stmt)
{
    const struct key_info *info = key_info(stmt->keys[0]);
    uint32_t operator= stmt->op == OP_PREFIX ? NFT_CMP_EQ : NFT_CMP_NEQ;
    uint32_t bytes = (stmt->bits + 7u) / 8;
    if (stmt->bits % 8 == 0) {
        add_load(context, info, bytes, 0);
        add_cmp(context, operator, stmt->value, bytes);
        return;
    }
    add_load(context, info, info->length, 0);
    struct expr *mask = add(context, EXPR_BITWISE);
    mask->length = info->length;
    for (uint32_t bit = 0; bit < stmt->bits; bit++) {
        mask->data[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    }
    add_cmp(context, operator, stmt->value, info->length);
}

static void add_range(struct context *context, const struct stmt *stmt)
{
    uint32_t length = key_info(stmt->keys[0])->length;
    load_keys(context, stmt);
    if (stmt->op == OP_RANGE) {
        add_cmp(context, NFT_CMP_GTE, stmt->value, length);
        add_cmp(context, NFT_CMP_LTE, stmt->value_end, length);
        return;
    }
    struct expr *expr = add(context, EXPR_RANGE);
    expr->key = NFT_RANGE_NEQ;
    expr->length = length;
    memcpy(expr->data, stmt->value, length);
    memcpy(expr->data2, stmt->value_end, length);
}

static void add_bits(struct context *context, const struct stmt *stmt)
{
    static const uint8_t zero[4];
    load_keys(context, stmt);
    struct expr *mask = add(context, EXPR_BITWISE);
    mask->length = 4;
    memcpy(mask->data, stmt->value, 4);
    add_cmp(context, NFT_CMP_NEQ, zero, 4);
}

static void add_equal(struct context *context, const struct stmt *stmt)
{
    uint32_t length = key_info(stmt->keys[0])->length;
    load_keys(context, stmt);
    add_cmp(context, stmt->op == OP_EQ ? NFT_CMP_EQ : NFT_CMP_NEQ, stmt->value, length);
    // A written-out protocol check serves the payload matches after it.
    if (stmt->op == OP_EQ && stmt->keys[0] == KEY_L4PROTO) {
        context->l4proto = stmt->value[0];
    } else if (stmt->op == OP_EQ && stmt->keys[0] == KEY_NFPROTO) {
        context->nfproto = stmt->value[0];
    }
}

static void add_lookup(struct context *context, const struct stmt *stmt)
{
    load_keys(context, stmt);
    struct expr *expr = add(context, EXPR_LOOKUP);
    expr->name = stmt->set->name;
    expr->inverted = stmt->kind == STMT_MATCH && stmt->op == OP_NOT_SET;
    expr->to_verdict = stmt->kind == STMT_VMAP;
}

static void add_update(struct context *context, const struct stmt *stmt)
{
    load_keys(context, stmt);
    struct expr *expr = add(context, EXPR_UPDATE);
    expr->name = stmt->set->name;
    expr->key = NFT_DYNSET_OP_UPDATE;
}

static void add_match(struct context *context, const struct stmt *stmt)
{
    require_protocols(context, stmt);
    switch ((enum match_op)stmt->op) {
    case OP_EQ:
    case OP_NE:
        add_equal(context, stmt);
        break;
    case OP_PREFIX:
    case OP_NOT_PREFIX:
        add_prefix(context, stmt);
        break;
    case OP_RANGE:
    case OP_NOT_RANGE:
        add_range(context, stmt);
        break;
    case OP_SET:
    case OP_NOT_SET:
        add_lookup(context, stmt);
        break;
    case OP_BITS:
        add_bits(context, stmt);
        break;
    }
}

// Two equal tests of neighbouring payload bytes (source and destination port, ICMP type and code) become one, as in nft.
static bool are_neighbours(const struct stmt *a, const struct stmt *b)
{
    const struct key_info *left = key_info(a->keys[0]);
    const struct key_info *right = key_info(b->keys[0]);
    return a->kind == STMT_MATCH && b->kind == STMT_MATCH && a->op == OP_EQ && b->op == OP_EQ &&
           a->key_count == 1 && b->key_count == 1 && left->load == EXPR_PAYLOAD &&
           right->load == EXPR_PAYLOAD && left->kernel_key == right->kernel_key &&
           left->l4proto == right->l4proto && left->nfproto == right->nfproto &&
           left->offset + left->length == right->offset;
}

static void add_merged(struct context *context, const struct stmt *a, const struct stmt *b)
{
    uint8_t value[EXPR_DATA_MAX];
    const struct key_info *left = key_info(a->keys[0]);
    const struct key_info *right = key_info(b->keys[0]);
    uint32_t length = (uint32_t)left->length + right->length;
    memcpy(value, a->value, left->length);
    memcpy(value + left->length, b->value, right->length);
    require_protocols(context, a);
    add_load(context, left, length, 0);
    add_cmp(context, NFT_CMP_EQ, value, length);
}

static bool can_merge(const struct rule *rule, size_t i)
{
    enum { MERGED_MAX = 4 }; // ports or type and code, never addresses
    const struct stmt *stmt = &rule->stmts[i];
    return i + 1 < rule->stmt_count && stmt->kind == STMT_MATCH &&
           rule->stmts[i + 1].kind == STMT_MATCH && are_neighbours(stmt, stmt + 1) &&
           key_info(stmt->keys[0])->length * 2 <= MERGED_MAX;
}

// mark = mark & keep ^ set, as nft makes it for "and" and for "or".
static void add_set_mark(struct context *context, const struct stmt *stmt)
{
    add_load(context, key_info(KEY_MARK), sizeof stmt->mark.keep, 0);
    struct expr *change = add(context, EXPR_BITWISE);
    change->length = sizeof stmt->mark.keep;
    memcpy(change->data, &stmt->mark.keep, sizeof stmt->mark.keep);
    memcpy(change->data2, &stmt->mark.set, sizeof stmt->mark.set);
    struct expr *store = add(context, EXPR_META_SET);
    store->key = key_info(KEY_MARK)->kernel_key;
}

static void add_action(struct context *context, const struct stmt *stmt)
{
    static const uint8_t kinds[] = {
        [STMT_COUNTER] = EXPR_COUNTER, [STMT_LIMIT] = EXPR_LIMIT,   [STMT_LOG] = EXPR_LOG,
        [STMT_COPY] = EXPR_COPY,       [STMT_REJECT] = EXPR_REJECT, [STMT_NOTRACK] = EXPR_NOTRACK,
        [STMT_VERDICT] = EXPR_VERDICT};
    struct expr *expr = add(context, kinds[stmt->kind]);
    if (stmt->kind == STMT_LIMIT) {
        expr->key = NFT_LIMIT_PKTS;
        expr->rate = stmt->limit.rate;
        expr->unit = stmt->limit.unit;
        expr->offset = stmt->limit.burst;
    } else if (stmt->kind == STMT_LOG) {
        expr->name = stmt->log_prefix;
        expr->offset = NFT_LOGLEVEL_INFO;
    } else if (stmt->kind == STMT_COPY) {
        expr->name = stmt->copy.prefix;
        expr->key = stmt->copy.group;
        expr->offset = 1; // packets that are waited for before they go to the reader
    } else if (stmt->kind == STMT_REJECT) {
        expr->key = NFT_REJECT_ICMPX_UNREACH;
        expr->offset = NFT_REJECT_ICMPX_PORT_UNREACH;
    } else if (stmt->kind == STMT_VERDICT) {
        expr->reg = REG_VERDICT;
        expr->verdict = stmt->verdict;
        expr->name = stmt->chain;
    }
}

void linearize(const struct rule *rule, struct exprs *ret)
{
    struct context context = {.out = ret};
    ret->count = 0;
    for (size_t i = 0; i < rule->stmt_count; i++) {
        const struct stmt *stmt = &rule->stmts[i];
        if (can_merge(rule, i)) {
            add_merged(&context, stmt, stmt + 1);
            i++;
        } else if (stmt->kind == STMT_MATCH) {
            add_match(&context, stmt);
        } else if (stmt->kind == STMT_VMAP) {
            require_protocols(&context, stmt);
            add_lookup(&context, stmt);
        } else if (stmt->kind == STMT_UPDATE) {
            require_protocols(&context, stmt);
            add_update(&context, stmt);
        } else if (stmt->kind == STMT_SET_MARK) {
            add_set_mark(&context, stmt);
        } else {
            add_action(&context, stmt);
        }
    }
}
