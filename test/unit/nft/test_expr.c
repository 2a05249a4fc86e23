// SPDX-License-Identifier: GPL-2.0-or-later
// Equality and hash of expressions, and the way of each to netlink attributes and back.
#include "expr_codec.h"
#include "unit.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>

// One of each kind that has a codec.
static const struct expr samples[] = {
    {.kind = EXPR_META, .reg = 0, .key = NFT_META_IIFNAME},
    {.kind = EXPR_META, .reg = 4, .key = NFT_META_L4PROTO},
    {.kind = EXPR_PAYLOAD, .reg = 5, .key = NFT_PAYLOAD_NETWORK_HEADER, .offset = 12, .length = 4},
    {.kind = EXPR_CT, .reg = 15, .key = NFT_CT_STATE},
    {.kind = EXPR_CMP, .key = NFT_CMP_NEQ, .length = 16, .data = {1, 2, 3, [15] = 4}},
    {.kind = EXPR_CMP, .reg = 12, .key = NFT_CMP_GTE, .length = 1, .data = {200}},
    {.kind = EXPR_BITWISE, .reg = 1, .length = 4, .data = {0xff, 0xf0}, .data2 = {[3] = 1}},
    {.kind = EXPR_RANGE, .key = NFT_RANGE_NEQ, .length = 2, .data = {0, 80}, .data2 = {0, 90}},
    {.kind = EXPR_LOOKUP, .name = "set"},
    {.kind = EXPR_LOOKUP, .reg = 8, .name = "set", .inverted = 1},
    {.kind = EXPR_LOOKUP, .name = "map", .to_verdict = 1},
    {.kind = EXPR_VERDICT, .reg = REG_VERDICT, .verdict = VERDICT_ACCEPT},
    {.kind = EXPR_VERDICT, .reg = REG_VERDICT, .verdict = VERDICT_DROP},
    {.kind = EXPR_VERDICT, .reg = REG_VERDICT, .verdict = VERDICT_RETURN},
    {.kind = EXPR_VERDICT, .reg = REG_VERDICT, .verdict = VERDICT_CONTINUE},
    {.kind = EXPR_VERDICT, .reg = REG_VERDICT, .verdict = VERDICT_JUMP, .name = "chain"},
    {.kind = EXPR_VERDICT, .reg = REG_VERDICT, .verdict = VERDICT_GOTO, .name = "chain"},
    {.kind = EXPR_COUNTER},
    {.kind = EXPR_LIMIT, .key = NFT_LIMIT_PKTS, .rate = 10, .unit = 60, .offset = 5},
    {.kind = EXPR_LIMIT,
     .key = NFT_LIMIT_PKTS,
     .rate = (uint64_t)1 << 40,
     .unit = 1,
     .offset = 5,
     .inverted = 1},
    {.kind = EXPR_LOG, .name = "prefix", .offset = NFT_LOGLEVEL_INFO},
    {.kind = EXPR_LOG, .offset = NFT_LOGLEVEL_WARNING},
    {.kind = EXPR_COPY, .name = "polc dns", .key = 53, .offset = 1},
    {.kind = EXPR_COPY, .key = UINT16_MAX},
    {.kind = EXPR_REJECT, .key = NFT_REJECT_ICMPX_UNREACH, .offset = NFT_REJECT_ICMPX_PORT_UNREACH},
};

static struct exprs one(const struct expr *expr)
{
    struct exprs exprs = {.count = 1};
    exprs.items[0] = *expr;
    return exprs;
}

// What the hash stands for: everything but counter values.
static bool expr_equal(const struct expr *a, const struct expr *b)
{
    return a->kind == b->kind && a->reg == b->reg && a->inverted == b->inverted &&
           a->verdict == b->verdict && a->to_verdict == b->to_verdict && a->key == b->key &&
           a->offset == b->offset && a->length == b->length && a->rate == b->rate &&
           a->unit == b->unit && memcmp(a->data, b->data, sizeof a->data) == 0 &&
           memcmp(a->data2, b->data2, sizeof a->data2) == 0 && texts_equal(a->name, b->name);
}

static bool exprs_equal(const struct exprs *a, const struct exprs *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!expr_equal(&a->items[i], &b->items[i])) {
            return false;
        }
    }
    return true;
}

static bool same(const struct expr *a, const struct expr *b)
{
    struct exprs x = one(a), y = one(b);
    struct expr_hash hash = exprs_hash(&x), other = exprs_hash(&y);
    bool equal = exprs_equal(&x, &y);
    ck_assert_int_eq(equal, hash.words[0] == other.words[0] && hash.words[1] == other.words[1]);
    return equal;
}

START_TEST(expressions_equal_only_themselves)
{
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(samples); j++) {
            ck_assert_int_eq(same(&samples[i], &samples[j]), i == j);
        }
    }
}
END_TEST

START_TEST(counter_values_do_not_count)
{
    struct expr counter = {.kind = EXPR_COUNTER, .packets = 7, .bytes = 70};
    ck_assert(same(&counter, &(struct expr){.kind = EXPR_COUNTER}));
}
END_TEST

START_TEST(names_count_by_their_text)
{
    char name[] = "chain", other[] = "chains";
    struct expr jump = {.kind = EXPR_VERDICT, .verdict = VERDICT_JUMP, .name = name}, twin = jump;
    twin.name = "chain";
    ck_assert(same(&jump, &twin));
    twin.name = other;
    ck_assert(!same(&jump, &twin));
    twin.name = NULL;
    ck_assert(!same(&jump, &twin));
}
END_TEST

START_TEST(order_and_number_count)
{
    struct exprs a = {.count = 2}, b = {.count = 2}, c = {.count = 1};
    a.items[0] = b.items[1] = c.items[0] = samples[0];
    a.items[1] = b.items[0] = samples[3];
    ck_assert(!exprs_equal(&a, &b) && !exprs_equal(&a, &c));
    ck_assert(exprs_hash(&a).words[0] != exprs_hash(&b).words[0]);
    ck_assert(exprs_hash(&a).words[1] != exprs_hash(&b).words[1]);
    ck_assert(exprs_hash(&a).words[0] != exprs_hash(&c).words[0]);
}
END_TEST

// ---- codec ---------------------------------------------------------------------------------

static union {
    char bytes[4096];
    struct nlmsghdr header;
} buffer;

static const struct nlattr *first_attribute(void)
{
    return mnl_nlmsg_get_payload(&buffer.header);
}

START_TEST(every_expression_survives_the_way_to_netlink)
{
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct expr back;
        expr_put(mnl_nlmsg_put_header(buffer.bytes), &samples[i]);
        ck_assert(expr_get(first_attribute(), &back));
        ck_assert_msg(same(&samples[i], &back), "sample %zu", i);
    }
}
END_TEST

START_TEST(counter_values_are_written)
{
    struct expr counter = {.kind = EXPR_COUNTER, .packets = 7, .bytes = (uint64_t)1 << 50}, back;
    expr_put(mnl_nlmsg_put_header(buffer.bytes), &counter);
    expr_get(first_attribute(), &back);
    ck_assert(back.packets == 7 && back.bytes == (uint64_t)1 << 50);
}
END_TEST

// An expression with one attribute.
static struct expr foreign(const char *name, uint16_t type, uint32_t value)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer.bytes);
    struct nlattr *elem = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
    mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
    struct nlattr *data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
    mnl_attr_put_u32(message, type, htonl(value));
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, elem);
    struct expr expr;
    expr_get(first_attribute(), &expr);
    return expr;
}

START_TEST(what_cannot_be_said_exactly_is_other)
{
    static const struct {
        const char *name;
        uint16_t type;
        uint32_t value;
    } others[] = {
        {"fib", 1, 1},
        {"a-name-of-the-future", 1, 1},
        {"meta", NFTA_META_SREG, 99},
        {"meta", NFTA_META_DREG, 99},
        {"ct", NFTA_CT_DIRECTION, 0},
        {"payload", NFTA_PAYLOAD_SREG, NFT_REG_1},
        {"bitwise", NFTA_BITWISE_OP, 1},
        {"bitwise", NFTA_BITWISE_DREG, NFT_REG_2},
        {"lookup", NFTA_LOOKUP_DREG, NFT_REG_1},
        {"lookup", NFTA_LOOKUP_FLAGS, 3},
        {"log", NFTA_LOG_FLAGS, 1},
        {"log", NFTA_LOG_GROUP, 1},
        {"immediate", NFTA_IMMEDIATE_DREG, NFT_REG_1},
        {"counter", NFTA_COUNTER_BYTES, 1}, // of the wrong size
        {"reject", NFTA_REJECT_ICMP_CODE, 1},
        {"cmp", NFTA_CMP_UNSPEC, 1},
    };
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        struct expr expr = foreign(others[i].name, others[i].type, others[i].value);
        ck_assert_msg(expr.kind == EXPR_OTHER, "%s", others[i].name);
        ck_assert_str_eq(expr.name, others[i].name);
    }
    ck_assert_int_eq(foreign("log", NFTA_LOG_FLAGS, 0).kind, EXPR_LOG);
    ck_assert_int_eq(foreign("meta", NFTA_META_SREG, NFT_REG_1).kind, EXPR_META_SET);
    ck_assert_int_eq(foreign("meta", NFTA_META_DREG, NFT_REG_1).kind, EXPR_META);
    ck_assert_int_eq(foreign("bitwise", NFTA_BITWISE_OP, 0).kind, EXPR_BITWISE);
}
END_TEST

static bool byteorder_counts(uint32_t from, uint32_t to, uint32_t length, uint32_t size)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer.bytes);
    struct nlattr *elem = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
    mnl_attr_put_strz(message, NFTA_EXPR_NAME, "byteorder");
    struct nlattr *data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
    mnl_attr_put_u32(message, NFTA_BYTEORDER_SREG, htonl(from));
    mnl_attr_put_u32(message, NFTA_BYTEORDER_DREG, htonl(to));
    mnl_attr_put_u32(message, NFTA_BYTEORDER_LEN, htonl(length));
    mnl_attr_put_u32(message, NFTA_BYTEORDER_SIZE, htonl(size));
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, elem);
    struct expr expr;
    return expr_get(first_attribute(), &expr);
}

START_TEST(an_order_of_no_bytes_is_left_out)
{
    ck_assert(!byteorder_counts(NFT_REG_2, NFT_REG_2, 1, 2));
    ck_assert(byteorder_counts(NFT_REG_2, NFT_REG_2, 2, 2));
    ck_assert(byteorder_counts(NFT_REG_2, NFT_REG_2, 4, 2));
    ck_assert(byteorder_counts(NFT_REG_1, NFT_REG_2, 1, 2));
}
END_TEST

START_TEST(registers_are_numbered_as_the_kernel_dumps_them)
{
    static const struct {
        uint8_t word;
        uint32_t number;
    } rows[] = {{0, NFT_REG_1},  {4, NFT_REG_2},    {8, NFT_REG_3},
                {12, NFT_REG_4}, {1, NFT_REG32_01}, {15, NFT_REG32_15}};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        ck_assert_int_eq(foreign("meta", NFTA_META_DREG, rows[i].number).reg, rows[i].word);
    }
    ck_assert_int_eq(foreign("meta", NFTA_META_DREG, NFT_REG32_00 + 8).reg, 8);
}
END_TEST

UNIT_TESTS("expr", expressions_equal_only_themselves, counter_values_do_not_count,
           names_count_by_their_text, order_and_number_count,
           every_expression_survives_the_way_to_netlink, counter_values_are_written,
           what_cannot_be_said_exactly_is_other, an_order_of_no_bytes_is_left_out,
           registers_are_numbered_as_the_kernel_dumps_them)
