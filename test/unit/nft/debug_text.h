// SPDX-License-Identifier: GPL-2.0-or-later
// Expressions as `nft --debug=netlink` prints them, to compare with it.
#pragma once

#include "expr.h"

#include <linux/netfilter/nf_tables.h>

static const char *debug_register(char *buffer, uint8_t word)
{
    sprintf(buffer, "%u", word % 4 == 0 ? 1u + word / 4 : 8u + word);
    return buffer;
}

// Data in words of four bytes, each as a number of this host.
static void debug_data(struct strbuf *ret, const uint8_t *data, uint32_t length)
{
    for (uint32_t at = 0; at < length; at += 4) {
        uint8_t bytes[4] = {0};
        uint32_t word;
        memcpy(bytes, data + at, length - at < 4 ? length - at : 4);
        memcpy(&word, bytes, sizeof word);
        strbuf_addf(ret, " 0x%08x", word);
    }
}

static const char *debug_meta(uint32_t key)
{
    switch (key) {
    case NFT_META_IIFNAME:
        return "iifname";
    case NFT_META_OIFNAME:
        return "oifname";
    case NFT_META_IIF:
        return "iif";
    case NFT_META_OIF:
        return "oif";
    case NFT_META_MARK:
        return "mark";
    case NFT_META_NFPROTO:
        return "nfproto";
    case NFT_META_L4PROTO:
        return "l4proto";
    default:
        return "unknown";
    }
}

static void debug_verdict(struct strbuf *ret, const struct expr *expr)
{
    static const char *const names[] = {"accept", "drop", "return", "jump", "goto", "continue"};
    strbuf_addf(ret, "immediate reg 0 %s", names[expr->verdict]);
    if (expr->name != NULL) {
        strbuf_addf(ret, " -> %s", expr->name);
    }
}

static void debug_limit(struct strbuf *ret, const struct expr *expr)
{
    const char *unit = expr->unit == 1      ? "second"
                       : expr->unit == 60   ? "minute"
                       : expr->unit == 3600 ? "hour"
                                            : "day";
    strbuf_addf(ret, "limit rate %llu/%s burst %u type packets flags 0x0",
                (unsigned long long)expr->rate, unit, expr->offset);
}

static void debug_expr(struct strbuf *ret, const struct expr *expr)
{
    static const char *const operators[] = {"eq", "neq", "lt", "lte", "gt", "gte"};
    char reg[8];
    debug_register(reg, expr->reg);
    switch ((enum expr_kind)expr->kind) {
    case EXPR_META:
        strbuf_addf(ret, "meta load %s => reg %s", debug_meta(expr->key), reg);
        break;
    case EXPR_META_SET:
        strbuf_addf(ret, "meta set %s with reg %s", debug_meta(expr->key), reg);
        break;
    case EXPR_PAYLOAD:
        strbuf_addf(ret, "payload load %ub @ %s header + %u => reg %s", expr->length,
                    expr->key == NFT_PAYLOAD_NETWORK_HEADER ? "network" : "transport", expr->offset,
                    reg);
        break;
    case EXPR_CT:
        strbuf_addf(ret, "ct load %s => reg %s", expr->key == NFT_CT_STATE ? "state" : "status",
                    reg);
        break;
    case EXPR_CMP:
        strbuf_addf(ret, "cmp %s reg %s", operators[expr->key], reg);
        debug_data(ret, expr->data, expr->length);
        break;
    case EXPR_BITWISE:
        strbuf_addf(ret, "bitwise reg %s = ( reg %s &", reg, reg);
        debug_data(ret, expr->data, expr->length);
        strbuf_add(ret, " ) ^");
        debug_data(ret, expr->data2, expr->length);
        break;
    case EXPR_RANGE:
        strbuf_addf(ret, "range %s reg %s", expr->key == NFT_RANGE_NEQ ? "neq" : "eq", reg);
        debug_data(ret, expr->data, expr->length);
        debug_data(ret, expr->data2, expr->length);
        break;
    case EXPR_LOOKUP:
        strbuf_addf(ret, "lookup reg %s set %s%s%s", reg, expr->name,
                    expr->to_verdict ? " dreg 0" : "", expr->inverted ? " 0x1" : "");
        break;
    case EXPR_UPDATE:
        strbuf_addf(ret, "dynset update reg_key %s set %s", reg, expr->name);
        break;
    case EXPR_VERDICT:
        debug_verdict(ret, expr);
        break;
    case EXPR_COUNTER:
        strbuf_add(ret, "counter pkts 0 bytes 0");
        break;
    case EXPR_LIMIT:
        debug_limit(ret, expr);
        break;
    case EXPR_LOG:
        strbuf_addf(ret, "log prefix %s level %u", expr->name, expr->offset);
        break;
    case EXPR_COPY:
        strbuf_addf(ret, "log prefix %s group %u snaplen 0 qthreshold %u", expr->name, expr->key,
                    expr->offset);
        break;
    case EXPR_REJECT:
        strbuf_addf(ret, "reject type %u code %u", expr->key, expr->offset);
        break;
    case EXPR_NOTRACK:
        strbuf_add(ret, "notrack");
        break;
    case EXPR_OTHER:
        strbuf_addf(ret, "other %s", expr->name);
        break;
    }
}

// One expression a line, in brackets.
static const char *debug_rule(struct arena *memory, const struct rule *rule)
{
    struct strbuf ret = {.arena = memory};
    struct exprs exprs;
    linearize(rule, &exprs);
    for (size_t i = 0; i < exprs.count; i++) {
        strbuf_add(&ret, "[ ");
        debug_expr(&ret, &exprs.items[i]);
        strbuf_add(&ret, " ]\n");
    }
    return strbuf_text(&ret);
}
