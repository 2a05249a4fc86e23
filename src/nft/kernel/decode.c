// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of a dump -> rules, chains and sets. Kernel facts: user data is a list of type, length,
// value with one byte each for the first two; a rule's expressions come in order; the fields of a
// concatenation are described only when the set has intervals.
#include "decode.h"

#include "expr_codec.h"

#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

// ---- rules ---------------------------------------------------------------------------------

static void find_comment(const struct nlattr *attr, struct decoded_rule *ret)
{
    const uint8_t *at = mnl_attr_get_payload(attr);
    size_t left = mnl_attr_get_payload_len(attr);
    while (left >= 2 && left - 2 >= at[1]) {
        if (at[0] == NFTNL_UDATA_RULE_COMMENT) {
            ret->comment = (const char *)at + 2;
            ret->comment_length = strnlen(ret->comment, at[1]);
            return;
        }
        left -= 2u + at[1];
        at += 2u + at[1];
    }
}

static void get_exprs(const struct nlattr *list, struct exprs *ret)
{
    const struct nlattr *attr;
    mnl_attr_for_each_nested (attr, list) {
        if (ret->count == EXPRS_MAX) {
            ret->items[EXPRS_MAX - 1] = (struct expr){.kind = EXPR_OTHER, .name = "..."};
            return;
        }
        ret->count += expr_get(attr, &ret->items[ret->count]);
    }
}

bool decode_rule(const struct nlmsghdr *message, struct decoded_rule *ret)
{
    const struct nlattr *attrs[NFTA_RULE_MAX + 1];
    netlink_attributes(message, attrs, NFTA_RULE_MAX);
    ret->table = netlink_text(attrs[NFTA_RULE_TABLE]);
    ret->chain = netlink_text(attrs[NFTA_RULE_CHAIN]);
    ret->handle = netlink_u64(attrs[NFTA_RULE_HANDLE]);
    ret->comment = NULL;
    ret->comment_length = 0;
    ret->exprs.count = 0;
    if (attrs[NFTA_RULE_USERDATA] != NULL) {
        find_comment(attrs[NFTA_RULE_USERDATA], ret);
    }
    if (attrs[NFTA_RULE_EXPRESSIONS] != NULL) {
        get_exprs(attrs[NFTA_RULE_EXPRESSIONS], &ret->exprs);
    }
    return attrs[NFTA_RULE_CHAIN] != NULL;
}

// ---- chains --------------------------------------------------------------------------------

bool decode_chain(struct arena *arena, const struct nlmsghdr *message, const char *table,
                  struct kernel_chain *ret)
{
    const struct nlattr *attrs[NFTA_CHAIN_MAX + 1], *hook[NFTA_HOOK_MAX + 1];
    netlink_attributes(message, attrs, NFTA_CHAIN_MAX);
    if (strcmp(netlink_text(attrs[NFTA_CHAIN_TABLE]), table) != 0) {
        return false;
    }
    *ret = (struct kernel_chain){.name = arena_strdup(arena, netlink_text(attrs[NFTA_CHAIN_NAME]))};
    if (attrs[NFTA_CHAIN_HOOK] != NULL) {
        netlink_nested(attrs[NFTA_CHAIN_HOOK], hook, NFTA_HOOK_MAX);
        ret->base = true;
        ret->hook = netlink_u32(hook[NFTA_HOOK_HOOKNUM]);
        ret->priority = (int32_t)netlink_u32(hook[NFTA_HOOK_PRIORITY]);
        ret->type = arena_strdup(arena, netlink_text(attrs[NFTA_CHAIN_TYPE]));
        ret->policy_drop =
            attrs[NFTA_CHAIN_POLICY] != NULL && netlink_u32(attrs[NFTA_CHAIN_POLICY]) == NF_DROP;
    }
    return true;
}

// ---- sets ----------------------------------------------------------------------------------

static void get_fields(const struct nlattr *concat, struct set_shape *shape)
{
    const struct nlattr *attr, *field[NFTA_SET_FIELD_MAX + 1];
    shape->field_count = 0;
    mnl_attr_for_each_nested (attr, concat) {
        netlink_nested(attr, field, NFTA_SET_FIELD_MAX);
        if (shape->field_count < STMT_MAX_KEYS) {
            shape->field_lengths[shape->field_count] = netlink_u32(field[NFTA_SET_FIELD_LEN]);
        }
        shape->field_count++;
    }
}

void decode_set(struct arena *arena, const struct nlmsghdr *message, struct kernel_set *ret)
{
    const struct nlattr *attrs[NFTA_SET_MAX + 1], *desc[NFTA_SET_DESC_MAX + 1] = {NULL};
    netlink_attributes(message, attrs, NFTA_SET_MAX);
    if (attrs[NFTA_SET_DESC] != NULL) {
        netlink_nested(attrs[NFTA_SET_DESC], desc, NFTA_SET_DESC_MAX);
    }
    *ret = (struct kernel_set){.name = arena_strdup(arena, netlink_text(attrs[NFTA_SET_NAME]))};
    ret->shape.flags = netlink_u32(attrs[NFTA_SET_FLAGS]);
    ret->shape.key_type = netlink_u32(attrs[NFTA_SET_KEY_TYPE]);
    ret->shape.key_length = netlink_u32(attrs[NFTA_SET_KEY_LEN]);
    ret->data_type = netlink_u32(attrs[NFTA_SET_DATA_TYPE]);
    ret->shape.counted = attrs[NFTA_SET_EXPR] != NULL;
    ret->timeout_ms = netlink_u64(attrs[NFTA_SET_TIMEOUT]);
    ret->size = netlink_u32(desc[NFTA_SET_DESC_SIZE]);
    ret->anonymous = ret->shape.flags & NFT_SET_ANONYMOUS;
    ret->dynamic = ret->shape.flags & (NFT_SET_EVAL | NFT_SET_TIMEOUT);
    if (desc[NFTA_SET_DESC_CONCAT] != NULL) {
        get_fields(desc[NFTA_SET_DESC_CONCAT], &ret->shape);
    }
}
