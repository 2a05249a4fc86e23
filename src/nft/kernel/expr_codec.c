// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel expressions <-> netlink attributes. One row per attribute serves both directions, so that
// they cannot drift. Kernel facts: integers are big-endian; a register that starts a 16-byte
// register is dumped by its old number (NFT_REG_1..4), any other as NFT_REG32_00 + n; defaults such
// as a bitwise operation of 0 are dumped though never sent. libnftnl is not used here: it gives up
// on a rule with one expression that it does not know.
#include "expr_codec.h"

#include "attr.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

enum field_type {
    FIELD_U8,  // into a 32-bit field
    FIELD_U16, // the same
    FIELD_U32,
    FIELD_U64,
    FIELD_FLAG, // a 32-bit bit set with one known bit; not sent when 0
    FIELD_REG,
    FIELD_SAME_REG, // the register again: in-place operations only
    FIELD_MAP_REG,  // the verdict register, of a lookup in a verdict map
    FIELD_DATA,     // nested value of `length` bytes
    FIELD_TEXT,     // not sent when NULL
    FIELD_VERDICT,  // nested verdict
    FIELD_ZERO,     // dumped, never sent; no other value is known
    FIELD_ZERO64,   // the same
};

struct field {
    uint8_t attr, type, offset; // where it stands in struct expr
};

enum { FIELDS_MAX = 6 };

struct codec {
    const char *name;
    struct field fields[FIELDS_MAX]; // ends with attribute 0
};

#define FIELD(attr, type, member)                                                                  \
    {                                                                                              \
        attr, FIELD_##type, offsetof(struct expr, member)                                          \
    }

static const struct codec codecs[] = {
    [EXPR_META] = {"meta", {FIELD(NFTA_META_KEY, U32, key), FIELD(NFTA_META_DREG, REG, reg)}},
    [EXPR_META_SET] = {"meta", {FIELD(NFTA_META_KEY, U32, key), FIELD(NFTA_META_SREG, REG, reg)}},
    [EXPR_PAYLOAD] = {"payload",
                      {FIELD(NFTA_PAYLOAD_DREG, REG, reg), FIELD(NFTA_PAYLOAD_BASE, U32, key),
                       FIELD(NFTA_PAYLOAD_OFFSET, U32, offset),
                       FIELD(NFTA_PAYLOAD_LEN, U32, length)}},
    [EXPR_CT] = {"ct", {FIELD(NFTA_CT_KEY, U32, key), FIELD(NFTA_CT_DREG, REG, reg)}},
    [EXPR_CMP] = {"cmp",
                  {FIELD(NFTA_CMP_SREG, REG, reg), FIELD(NFTA_CMP_OP, U32, key),
                   FIELD(NFTA_CMP_DATA, DATA, data)}},
    [EXPR_BITWISE] = {"bitwise",
                      {FIELD(NFTA_BITWISE_SREG, REG, reg), FIELD(NFTA_BITWISE_DREG, SAME_REG, reg),
                       FIELD(NFTA_BITWISE_LEN, U32, length), FIELD(NFTA_BITWISE_OP, ZERO, kind),
                       FIELD(NFTA_BITWISE_MASK, DATA, data), FIELD(NFTA_BITWISE_XOR, DATA, data2)}},
    [EXPR_RANGE] = {"range",
                    {FIELD(NFTA_RANGE_SREG, REG, reg), FIELD(NFTA_RANGE_OP, U32, key),
                     FIELD(NFTA_RANGE_FROM_DATA, DATA, data),
                     FIELD(NFTA_RANGE_TO_DATA, DATA, data2)}},
    [EXPR_LOOKUP] = {"lookup",
                     {FIELD(NFTA_LOOKUP_SET, TEXT, name), FIELD(NFTA_LOOKUP_SREG, REG, reg),
                      FIELD(NFTA_LOOKUP_DREG, MAP_REG, to_verdict),
                      FIELD(NFTA_LOOKUP_FLAGS, FLAG, inverted)}},
    [EXPR_UPDATE] = {"dynset",
                     {FIELD(NFTA_DYNSET_SET_NAME, TEXT, name), FIELD(NFTA_DYNSET_OP, U32, key),
                      FIELD(NFTA_DYNSET_SREG_KEY, REG, reg),
                      FIELD(NFTA_DYNSET_TIMEOUT, ZERO64, kind),
                      FIELD(NFTA_DYNSET_FLAGS, ZERO, kind)}},
    [EXPR_VERDICT] = {"immediate",
                      {FIELD(NFTA_IMMEDIATE_DREG, REG, reg),
                       FIELD(NFTA_IMMEDIATE_DATA, VERDICT, verdict)}},
    [EXPR_COUNTER] = {"counter",
                      {FIELD(NFTA_COUNTER_BYTES, U64, bytes),
                       FIELD(NFTA_COUNTER_PACKETS, U64, packets)}},
    [EXPR_LIMIT] = {"limit",
                    {FIELD(NFTA_LIMIT_RATE, U64, rate), FIELD(NFTA_LIMIT_UNIT, U64, unit),
                     FIELD(NFTA_LIMIT_BURST, U32, offset), FIELD(NFTA_LIMIT_TYPE, U32, key),
                     FIELD(NFTA_LIMIT_FLAGS, FLAG, inverted)}},
    [EXPR_LOG] = {"log",
                  {FIELD(NFTA_LOG_PREFIX, TEXT, name), FIELD(NFTA_LOG_LEVEL, U32, offset),
                   FIELD(NFTA_LOG_FLAGS, ZERO, kind)}},
    [EXPR_COPY] = {"log",
                   {FIELD(NFTA_LOG_PREFIX, TEXT, name), FIELD(NFTA_LOG_GROUP, U16, key),
                    FIELD(NFTA_LOG_QTHRESHOLD, U16, offset)}},
    [EXPR_REJECT] = {"reject",
                     {FIELD(NFTA_REJECT_TYPE, U32, key), FIELD(NFTA_REJECT_ICMP_CODE, U8, offset)}},
    [EXPR_NOTRACK] = {"notrack", {{0}}},
};
_Static_assert(ARRAY_COUNT(codecs) == EXPR_OTHER, "one row per expression");

// ---- registers and verdicts ----------------------------------------------------------------

static uint32_t register_number(uint8_t reg)
{
    if (reg == REG_VERDICT) {
        return NFT_REG_VERDICT;
    }
    return reg % 4 == 0 ? NFT_REG_1 + reg / 4u : NFT_REG32_00 + (uint32_t)reg;
}

static bool register_word(uint32_t number, uint8_t *ret)
{
    if (number == NFT_REG_VERDICT) {
        *ret = REG_VERDICT;
    } else if (number >= NFT_REG_1 && number <= NFT_REG_4) {
        *ret = (uint8_t)((number - NFT_REG_1) * 4);
    } else if (number >= NFT_REG32_00 && number <= NFT_REG32_15) {
        *ret = (uint8_t)(number - NFT_REG32_00);
    } else {
        return false;
    }
    return true;
}

static const int verdict_codes[] = {
    [VERDICT_ACCEPT] = NF_ACCEPT, [VERDICT_DROP] = NF_DROP,  [VERDICT_RETURN] = NFT_RETURN,
    [VERDICT_JUMP] = NFT_JUMP,    [VERDICT_GOTO] = NFT_GOTO, [VERDICT_CONTINUE] = NFT_CONTINUE,
};

void verdict_put(struct nlmsghdr *message, uint16_t type, uint8_t verdict, const char *chain)
{
    struct nlattr *data = attr_nest_start(message, type);
    struct nlattr *nest = attr_nest_start(message, NFTA_DATA_VERDICT);
    attr_put_u32(message, NFTA_VERDICT_CODE, htonl((uint32_t)verdict_codes[verdict]));
    if (chain != NULL) {
        attr_put_text(message, NFTA_VERDICT_CHAIN, chain);
    }
    attr_nest_end(message, nest);
    attr_nest_end(message, data);
}

static bool verdict_code_get(const struct nlattr *attr, uint8_t *ret)
{
    int code = (int)netlink_u32(attr);
    for (size_t i = 0; i < ARRAY_COUNT(verdict_codes); i++) {
        if (verdict_codes[i] == code) {
            *ret = (uint8_t)i;
            return true;
        }
    }
    return false;
}

bool verdict_get(const struct nlattr *data, uint8_t *ret_verdict, const char **ret_chain)
{
    const struct nlattr *nest = netlink_first(data, NFTA_DATA_VERDICT);
    if (nest == NULL) {
        return false;
    }
    bool known = false;
    const struct nlattr *attr;
    *ret_chain = NULL;
    mnl_attr_for_each_nested (attr, nest) {
        if (mnl_attr_get_type(attr) == NFTA_VERDICT_CODE) {
            known = verdict_code_get(attr, ret_verdict);
        } else if (mnl_attr_get_type(attr) == NFTA_VERDICT_CHAIN) {
            *ret_chain = netlink_text(attr);
        }
    }
    return known;
}

// ---- writing -------------------------------------------------------------------------------

static void put_data(struct nlmsghdr *message, uint16_t type, const uint8_t *data, uint32_t length)
{
    struct nlattr *nest = attr_nest_start(message, type);
    attr_put(message, NFTA_DATA_VALUE, length, data);
    attr_nest_end(message, nest);
}

static void put_field(struct nlmsghdr *message, const struct field *field, const struct expr *expr)
{
    const uint8_t *at = (const uint8_t *)expr + field->offset;
    const char *const *text = (const char *const *)(const void *)at;
    uint8_t byte;
    uint16_t half;
    uint64_t wide;
    switch ((enum field_type)field->type) {
    case FIELD_U8:
        byte = (uint8_t) * (const uint32_t *)(const void *)at;
        attr_put(message, field->attr, sizeof byte, &byte);
        break;
    case FIELD_U16:
        half = htons((uint16_t) * (const uint32_t *)(const void *)at);
        attr_put(message, field->attr, sizeof half, &half);
        break;
    case FIELD_U32:
        attr_put_u32(message, field->attr, htonl(*(const uint32_t *)(const void *)at));
        break;
    case FIELD_U64:
        wide = htobe64(*(const uint64_t *)(const void *)at);
        attr_put(message, field->attr, sizeof wide, &wide);
        break;
    case FIELD_FLAG:
        if (*at) {
            attr_put_u32(message, field->attr, htonl(1));
        }
        break;
    case FIELD_REG:
    case FIELD_SAME_REG:
        attr_put_u32(message, field->attr, htonl(register_number(*at)));
        break;
    case FIELD_MAP_REG:
        if (*at) {
            attr_put_u32(message, field->attr, htonl(NFT_REG_VERDICT));
        }
        break;
    case FIELD_DATA:
        put_data(message, field->attr, at, expr->length);
        break;
    case FIELD_TEXT:
        if (*text != NULL) {
            attr_put_text(message, field->attr, *text);
        }
        break;
    case FIELD_VERDICT:
        verdict_put(message, field->attr, *at, expr->name);
        break;
    case FIELD_ZERO:
    case FIELD_ZERO64:
        break;
    }
}

void expr_put(struct nlmsghdr *message, const struct expr *expr)
{
    if (expr->kind >= EXPR_OTHER) {
        POLC_UNREACHABLE("an expression that cannot be sent");
    }
    const struct codec *codec = &codecs[expr->kind];
    struct nlattr *elem = attr_nest_start(message, NFTA_LIST_ELEM);
    attr_put_text(message, NFTA_EXPR_NAME, codec->name);
    struct nlattr *data = attr_nest_start(message, NFTA_EXPR_DATA);
    for (size_t i = 0; i < FIELDS_MAX && codec->fields[i].attr != 0; i++) {
        put_field(message, &codec->fields[i], expr);
    }
    attr_nest_end(message, data);
    attr_nest_end(message, elem);
}

// ---- reading -------------------------------------------------------------------------------

static bool get_data(const struct nlattr *attr, uint8_t *ret, uint32_t *length)
{
    const struct nlattr *value = netlink_first(attr, NFTA_DATA_VALUE);
    if (value == NULL) {
        return false;
    }
    uint32_t size = mnl_attr_get_payload_len(value);
    if (size > EXPR_DATA_MAX || (*length != 0 && *length != size)) {
        return false;
    }
    *length = size;
    memcpy(ret, mnl_attr_get_payload(value), size);
    return true;
}

static bool get_length(uint32_t value, struct expr *expr)
{
    bool agrees = expr->length == 0 || expr->length == value;
    expr->length = value;
    return agrees;
}

static bool get_u32(const struct nlattr *attr, const struct field *field, struct expr *expr)
{
    uint32_t value = netlink_u32(attr);
    uint8_t *at = (uint8_t *)expr + field->offset;
    uint8_t word;
    switch ((enum field_type)field->type) {
    case FIELD_U32:
        if (field->offset == offsetof(struct expr, length)) {
            return get_length(value, expr);
        }
        memcpy(at, &value, sizeof value);
        return true;
    case FIELD_FLAG:
        *at = (uint8_t)value;
        return value <= 1;
    case FIELD_REG:
        return register_word(value, at);
    case FIELD_SAME_REG:
        return register_word(value, &word) && word == *at;
    case FIELD_MAP_REG:
        *at = 1;
        return value == NFT_REG_VERDICT;
    case FIELD_ZERO:
        return value == 0;
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U64:
    case FIELD_ZERO64:
    case FIELD_DATA:
    case FIELD_TEXT:
    case FIELD_VERDICT:
        break;
    }
    return false;
}

static bool get_field(const struct nlattr *attr, const struct field *field, struct expr *expr)
{
    uint8_t *at = (uint8_t *)expr + field->offset;
    uint32_t size = mnl_attr_get_payload_len(attr);
    if (field->type == FIELD_U8) {
        *(uint32_t *)(void *)at = size == 1 ? mnl_attr_get_u8(attr) : 0;
        return size == 1;
    }
    if (field->type == FIELD_U16) {
        *(uint32_t *)(void *)at = size == 2 ? ntohs(mnl_attr_get_u16(attr)) : 0;
        return size == 2;
    }
    if (field->type == FIELD_U64) {
        *(uint64_t *)(void *)at = netlink_u64(attr);
        return size == 8;
    }
    if (field->type == FIELD_ZERO64) {
        return size == 8 && netlink_u64(attr) == 0;
    }
    if (field->type == FIELD_DATA) {
        return get_data(attr, at, &expr->length);
    }
    if (field->type == FIELD_TEXT) {
        *(const char **)(void *)at = netlink_text(attr);
        return true;
    }
    if (field->type == FIELD_VERDICT) {
        return verdict_get(attr, at, &expr->name);
    }
    return size == 4 && get_u32(attr, field, expr);
}

static bool is_padding(enum expr_kind kind, uint16_t type)
{
    return (kind == EXPR_COUNTER && type == NFTA_COUNTER_PAD) ||
           (kind == EXPR_LIMIT && type == NFTA_LIMIT_PAD) ||
           (kind == EXPR_UPDATE && type == NFTA_DYNSET_PAD);
}

static bool get_attribute(const struct nlattr *attr, struct expr *expr)
{
    uint16_t type = mnl_attr_get_type(attr);
    const struct codec *codec = &codecs[expr->kind];
    for (size_t i = 0; i < FIELDS_MAX && codec->fields[i].attr != 0; i++) {
        if (codec->fields[i].attr == type) {
            return get_field(attr, &codec->fields[i], expr);
        }
    }
    return is_padding(expr->kind, type);
}

// An immediate that loads data instead of a verdict is none of ours.
static bool get_data_of(const struct nlattr *data, struct expr *expr)
{
    const struct nlattr *attr;
    mnl_attr_for_each_nested (attr, data) {
        if (!get_attribute(attr, expr)) {
            return false;
        }
    }
    return expr->kind != EXPR_VERDICT || expr->reg == REG_VERDICT;
}

static enum expr_kind kind_of(const char *name)
{
    uint8_t kind = 0;
    while (kind < EXPR_OTHER && strcmp(codecs[kind].name, name) != 0) {
        kind++;
    }
    return kind;
}

static bool has_attribute(const struct nlattr *data, uint16_t type)
{
    const struct nlattr *attr;
    mnl_attr_for_each_nested (attr, data) {
        if (mnl_attr_get_type(attr) == type) {
            return true;
        }
    }
    return false;
}

static uint32_t u32_attribute(const struct nlattr *data, uint16_t type)
{
    const struct nlattr *attr;
    mnl_attr_for_each_nested (attr, data) {
        if (mnl_attr_get_type(attr) == type) {
            return netlink_u32(attr);
        }
    }
    return 0;
}

// nft turns a one-byte field of a concatenation into network order, two bytes at a time: none at all.
static bool has_no_effect(const char *name, const struct nlattr *data)
{
    return strcmp(name, "byteorder") == 0 && data != NULL &&
           u32_attribute(data, NFTA_BYTEORDER_SREG) == u32_attribute(data, NFTA_BYTEORDER_DREG) &&
           u32_attribute(data, NFTA_BYTEORDER_LEN) < u32_attribute(data, NFTA_BYTEORDER_SIZE);
}

bool expr_get(const struct nlattr *list_elem, struct expr *ret)
{
    const char *name = "?";
    const struct nlattr *data = NULL, *attr;
    mnl_attr_for_each_nested (attr, list_elem) {
        if (mnl_attr_get_type(attr) == NFTA_EXPR_NAME) {
            name = netlink_text(attr);
        } else if (mnl_attr_get_type(attr) == NFTA_EXPR_DATA) {
            data = attr;
        }
    }
    *ret = (struct expr){.kind = (uint8_t)kind_of(name)};
    if (ret->kind == EXPR_META && data != NULL && has_attribute(data, NFTA_META_SREG)) {
        ret->kind = EXPR_META_SET;
    }
    if (ret->kind == EXPR_LOG && data != NULL && has_attribute(data, NFTA_LOG_GROUP)) {
        ret->kind = EXPR_COPY;
    }
    if (ret->kind == EXPR_OTHER || (data != NULL && !get_data_of(data, ret))) {
        *ret = (struct expr){.kind = EXPR_OTHER, .name = name};
    }
    return !has_no_effect(name, data);
}
