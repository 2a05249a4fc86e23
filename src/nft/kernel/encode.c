// SPDX-License-Identifier: GPL-2.0-or-later
// Table, chains, rules and sets -> nf_tables messages. Tables, chains and sets go through libnftnl;
// rules, which are many, are written directly. No message asks for an acknowledgement: errors come
// anyway, and 50,000 acknowledgements would overrun the socket.
#include "encode.h"

#include "attr.h"
#include "expr_codec.h"

#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

// nft's enum byteorder, kept in a set's user data for `nft list`.
enum { BYTEORDER_INVALID, BYTEORDER_HOST, BYTEORDER_NETWORK };

#define CLEANUP(function) __attribute__((cleanup(function)))

__attribute__((noreturn)) static void out_of_memory(void)
{
    fputs("polc: out of memory; nothing was changed\n", stderr);
    exit(POLC_EXIT_INTERNAL);
}

// What libnftnl allocated, or the end of the run.
static void *made(void *object)
{
    if (object == NULL) {
        out_of_memory();
    }
    return object;
}

static void free_table(struct nftnl_table **table)
{
    nftnl_table_free(*table);
}

static void free_chain(struct nftnl_chain **chain)
{
    nftnl_chain_free(*chain);
}

static void free_set(struct nftnl_set **set)
{
    nftnl_set_free(*set);
}

static void free_udata(struct nftnl_udata_buf **udata)
{
    nftnl_udata_buf_free(*udata);
}

// ---- table ---------------------------------------------------------------------------------

static void put_table(struct encoder *encoder, uint16_t type, uint16_t flags)
{
    struct origin origin = {.kind = ORIGIN_TABLE, .name = encoder->table};
    CLEANUP(free_table) struct nftnl_table *table = made(nftnl_table_alloc());
    nftnl_table_set_str(table, NFTNL_TABLE_NAME, encoder->table);
    if (type == NFT_MSG_NEWTABLE) {
        nftnl_table_set_u32(table, NFTNL_TABLE_FLAGS, 0); // wakes a dormant table
    }
    struct nlmsghdr *message = batch_start(encoder->batch, type, flags, origin);
    nftnl_table_nlmsg_build_payload(message, table);
    batch_finish(encoder->batch, message);
}

void encode_table(struct encoder *encoder)
{
    put_table(encoder, NFT_MSG_NEWTABLE, NLM_F_CREATE);
}

void encode_delete_table(struct encoder *encoder)
{
    put_table(encoder, NFT_MSG_DELTABLE, 0);
}

// ---- chains --------------------------------------------------------------------------------

uint32_t hook_number(enum chain_hook hook)
{
    static const uint8_t numbers[] = {[HOOK_PREROUTING] = NF_INET_PRE_ROUTING,
                                      [HOOK_INPUT] = NF_INET_LOCAL_IN,
                                      [HOOK_FORWARD] = NF_INET_FORWARD,
                                      [HOOK_OUTPUT] = NF_INET_LOCAL_OUT,
                                      [HOOK_POSTROUTING] = NF_INET_POST_ROUTING};
    return numbers[hook];
}

static void set_hook(struct nftnl_chain *object, const struct chain *chain)
{
    nftnl_chain_set_str(object, NFTNL_CHAIN_TYPE, "filter");
    nftnl_chain_set_u32(object, NFTNL_CHAIN_HOOKNUM, hook_number(chain->hook));
    nftnl_chain_set_s32(object, NFTNL_CHAIN_PRIO, chain->priority);
    nftnl_chain_set_u32(object, NFTNL_CHAIN_POLICY, NF_ACCEPT);
}

void encode_chain(struct encoder *encoder, const struct chain *chain)
{
    struct origin origin = {.kind = ORIGIN_CHAIN, .name = chain->name, .loc = &chain->loc};
    CLEANUP(free_chain) struct nftnl_chain *object = made(nftnl_chain_alloc());
    nftnl_chain_set_str(object, NFTNL_CHAIN_TABLE, encoder->table);
    nftnl_chain_set_str(object, NFTNL_CHAIN_NAME, chain->name);
    if (chain->hook != HOOK_NONE) {
        set_hook(object, chain);
    }
    struct nlmsghdr *message = batch_start(encoder->batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, origin);
    nftnl_chain_nlmsg_build_payload(message, object);
    batch_finish(encoder->batch, message);
}

void encode_delete_chain(struct encoder *encoder, const char *name, const struct loc *loc)
{
    struct origin origin = {.kind = ORIGIN_CHAIN, .name = name, .loc = loc};
    struct nlmsghdr *message = batch_start(encoder->batch, NFT_MSG_DELCHAIN, 0, origin);
    attr_put_text(message, NFTA_CHAIN_TABLE, encoder->table);
    attr_put_text(message, NFTA_CHAIN_NAME, name);
    batch_finish(encoder->batch, message);
}

void encode_flush_chain(struct encoder *encoder, const char *name, const struct loc *loc)
{
    struct origin origin = {.kind = ORIGIN_RULES, .name = name, .loc = loc};
    struct nlmsghdr *message = batch_start(encoder->batch, NFT_MSG_DELRULE, 0, origin);
    attr_put_text(message, NFTA_RULE_TABLE, encoder->table);
    attr_put_text(message, NFTA_RULE_CHAIN, name);
    batch_finish(encoder->batch, message);
}

// ---- rules ---------------------------------------------------------------------------------

// User data is a list of type, length, value, one byte each for the first two.
static void put_comment(struct nlmsghdr *message, const char *comment)
{
    uint8_t udata[2 + RULE_COMMENT_MAX + 1] = {NFTNL_UDATA_RULE_COMMENT};
    size_t length = strnlen(comment, RULE_COMMENT_MAX);
    udata[1] = (uint8_t)(length + 1);
    memcpy(udata + 2, comment, length);
    attr_put(message, NFTA_RULE_USERDATA, 2 + length + 1, udata);
}

static void put_exprs(struct nlmsghdr *message, struct exprs *exprs, const struct rule_state *state)
{
    struct nlattr *list = attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
    for (size_t i = 0; i < exprs->count; i++) {
        struct expr *expr = &exprs->items[i];
        if (expr->kind == EXPR_COUNTER) {
            expr->packets = state->packets;
            expr->bytes = state->bytes;
        }
        expr_put(message, expr);
    }
    attr_nest_end(message, list);
}

void encode_rule(struct encoder *encoder, const struct chain *chain, size_t index,
                 const struct rule_state *state)
{
    const struct rule *rule = &chain->items[index];
    const char *comment = state->comment != NULL ? state->comment : rule->comment;
    struct origin origin = {
        .kind = ORIGIN_RULE, .name = chain->name, .rule = rule, .index = (uint32_t)index};
    struct exprs exprs UNINITIALIZED;
    linearize(rule, &exprs);
    struct nlmsghdr *message =
        batch_start(encoder->batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, origin);
    attr_put_text(message, NFTA_RULE_TABLE, encoder->table);
    attr_put_text(message, NFTA_RULE_CHAIN, chain->name);
    put_exprs(message, &exprs, state);
    if (comment != NULL) {
        put_comment(message, comment);
    }
    batch_finish(encoder->batch, message);
}

// ---- sets ----------------------------------------------------------------------------------

// Interface names are the one key that nft keeps in host byte order; a concatenation has no order
// of its own.
static uint32_t key_byteorder(const struct set *set, const struct set_shape *shape)
{
    if (shape->field_count > 1) {
        return BYTEORDER_INVALID;
    }
    bool names = set->content == SET_IFNAMES || (set->content == SET_VERDICTS && set->family == 0);
    return names ? BYTEORDER_HOST : BYTEORDER_NETWORK;
}

static void set_userdata(struct nftnl_set *object, const struct set *set,
                         const struct set_shape *shape)
{
    CLEANUP(free_udata)
    struct nftnl_udata_buf *udata = made(nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN));
    nftnl_udata_put_u32(udata, NFTNL_UDATA_SET_KEYBYTEORDER, key_byteorder(set, shape));
    if (set->comment != NULL) {
        nftnl_udata_put_strz(udata, NFTNL_UDATA_SET_COMMENT, set->comment);
    }
    nftnl_set_set_data(object, NFTNL_SET_USERDATA, nftnl_udata_buf_data(udata),
                       nftnl_udata_buf_len(udata));
}

// Of each element that packets add.
static void set_counter(struct nftnl_set *object)
{
    nftnl_set_add_expr(object, made(nftnl_expr_alloc("counter")));
}

static void set_fields(struct nftnl_set *object, const struct set_shape *shape)
{
    uint8_t lengths[STMT_MAX_KEYS];
    for (size_t i = 0; i < shape->field_count; i++) {
        lengths[i] = (uint8_t)shape->field_lengths[i];
    }
    nftnl_set_set_data(object, NFTNL_SET_DESC_CONCAT, lengths, shape->field_count);
}

void encode_set(struct encoder *encoder, const struct set *set)
{
    struct origin origin = {.kind = ORIGIN_SET, .name = set->name, .loc = &set->loc};
    struct set_shape shape = set_shape_of(set);
    CLEANUP(free_set) struct nftnl_set *object = made(nftnl_set_alloc());
    nftnl_set_set_str(object, NFTNL_SET_TABLE, encoder->table);
    nftnl_set_set_str(object, NFTNL_SET_NAME, set->name);
    nftnl_set_set_u32(object, NFTNL_SET_ID, ++encoder->set_count);
    nftnl_set_set_u32(object, NFTNL_SET_FLAGS, shape.flags);
    nftnl_set_set_u32(object, NFTNL_SET_KEY_TYPE, shape.key_type);
    nftnl_set_set_u32(object, NFTNL_SET_KEY_LEN, shape.key_length);
    if (shape.flags & NFT_SET_MAP) {
        nftnl_set_set_u32(object, NFTNL_SET_DATA_TYPE, NFT_DATA_VERDICT);
        nftnl_set_set_u32(object, NFTNL_SET_DATA_LEN, 0);
    }
    if (shape.flags & NFT_SET_CONCAT) {
        set_fields(object, &shape);
    }
    if (set->size != 0) {
        nftnl_set_set_u32(object, NFTNL_SET_DESC_SIZE, set->size);
    }
    if (set->timeout != 0) {
        nftnl_set_set_u64(object, NFTNL_SET_TIMEOUT, set->timeout * (uint64_t)1000);
    }
    if (shape.counted) {
        set_counter(object);
    }
    set_userdata(object, set, &shape);
    struct nlmsghdr *message = batch_start(encoder->batch, NFT_MSG_NEWSET, NLM_F_CREATE, origin);
    nftnl_set_nlmsg_build_payload(message, object);
    batch_finish(encoder->batch, message);
}

void encode_delete_set(struct encoder *encoder, const char *name, const struct loc *loc)
{
    struct origin origin = {.kind = ORIGIN_SET, .name = name, .loc = loc};
    struct nlmsghdr *message = batch_start(encoder->batch, NFT_MSG_DELSET, 0, origin);
    attr_put_text(message, NFTA_SET_TABLE, encoder->table);
    attr_put_text(message, NFTA_SET_NAME, name);
    batch_finish(encoder->batch, message);
}

void encode_flush_set(struct encoder *encoder, const char *name, const struct loc *loc)
{
    struct origin origin = {.kind = ORIGIN_ELEMENTS, .name = name, .loc = loc};
    struct nlmsghdr *message = batch_start(encoder->batch, NFT_MSG_DELSETELEM, 0, origin);
    attr_put_text(message, NFTA_SET_ELEM_LIST_TABLE, encoder->table);
    attr_put_text(message, NFTA_SET_ELEM_LIST_SET, name);
    batch_finish(encoder->batch, message);
}
