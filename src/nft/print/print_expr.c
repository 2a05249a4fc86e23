// SPDX-License-Identifier: GPL-2.0-or-later
// Expressions -> the text of nft. What each register holds is followed from its load to its test. A protocol that is
// tested only because a later field needs it is not written, as nft does it.
#include "print_expr.h"

#include "keys.h"
#include "words.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

enum { REGISTERS = 16, NO_KEY = KEY_COUNT };

// What a register holds.
struct slot {
    const char *text;  // "ip saddr"
    uint8_t key;       // enum rule_key, or NO_KEY
    uint8_t protocol;  // of a transport field; 0: any
    uint32_t length;   // bytes that were loaded
    bool masked, pair; // pair: two fields of the key's length, this one and the next
    uint8_t mask[EXPR_DATA_MAX], change[EXPR_DATA_MAX];
};

struct writer {
    struct arena *arena;
    struct slot slots[REGISTERS + 1];  // the last one for registers that there are not
    VEC(const char *) words;           // NULL: taken back
    uint8_t nfproto, l4proto;          // tested already; 0: not yet
    size_t nfproto_word, l4proto_word; // the tests of them
};

static struct slot *slot_of(struct writer *writer, uint8_t reg)
{
    return &writer->slots[reg < REGISTERS ? reg : REGISTERS];
}

static void say(struct writer *writer, const char *text)
{
    vec_push(writer->arena, &writer->words, text);
}

static const char *hex_text(struct arena *arena, const uint8_t *data, size_t length)
{
    struct strbuf text = {.arena = arena};
    strbuf_add(&text, "0x");
    for (size_t i = 0; i < length; i++) {
        strbuf_addf(&text, "%02x", data[i]);
    }
    return strbuf_text(&text);
}

// ---- loads --------------------------------------------------------------------------------------------------------

static bool fits(const struct key_info *info, const struct expr *expr, uint32_t length,
                 uint8_t nfproto, uint8_t l4proto)
{
    if (info->load != expr->kind || info->kernel_key != expr->key) {
        return false;
    }
    if (expr->kind != EXPR_PAYLOAD) {
        return true;
    }
    bool transport = expr->key == NFT_PAYLOAD_TRANSPORT_HEADER;
    bool protocol = transport ? info->l4proto == l4proto : nfproto == 0 || info->nfproto == nfproto;
    return protocol && info->offset == expr->offset && info->length == length;
}

// The field of `length` bytes that a load reads.
static uint8_t find_key(const struct writer *writer, const struct expr *expr, uint32_t length,
                        uint8_t l4proto)
{
    uint8_t key = 0;
    while (key < KEY_COUNT && !fits(key_info(key), expr, length, writer->nfproto, l4proto)) {
        key++;
    }
    return key;
}

static const char *raw_payload(struct writer *writer, const struct expr *expr)
{
    static const char *const bases[] = {"ll", "nh", "th", "ih"};
    return arena_printf(writer->arena, "@%s,%u,%u",
                        expr->key < ARRAY_COUNT(bases) ? bases[expr->key] : "?", expr->offset * 8,
                        expr->length * 8);
}

static const char *other_meta(struct writer *writer, const struct expr *expr)
{
    static const struct {
        uint32_t key;
        const char *name;
    } names[] = {{NFT_META_SKUID, "skuid"},       {NFT_META_SKGID, "skgid"},
                 {NFT_META_PKTTYPE, "pkttype"},   {NFT_META_PRIORITY, "priority"},
                 {NFT_META_PROTOCOL, "protocol"}, {NFT_META_LEN, "length"},
                 {NFT_META_CPU, "cpu"},           {NFT_META_CGROUP, "cgroup"},
                 {NFT_META_IIFGROUP, "iifgroup"}, {NFT_META_OIFGROUP, "oifgroup"}};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (names[i].key == expr->key) {
            return arena_printf(writer->arena, "meta %s", names[i].name);
        }
    }
    return arena_printf(writer->arena, "meta [%u]", expr->key);
}

// A field of a protocol makes the test of the protocol a matter of course.
static void take_back_tests(struct writer *writer, const struct key_info *info)
{
    if (info->nfproto != 0 && info->nfproto == writer->nfproto) {
        writer->words.items[writer->nfproto_word] = NULL;
    }
    if (info->l4proto != 0 && info->l4proto == writer->l4proto) {
        writer->words.items[writer->l4proto_word] = NULL;
    }
}

static void take_network(struct writer *writer, const struct expr *expr, struct slot *slot)
{
    static const uint8_t lengths[] = {4, 16};
    slot->key = find_key(writer, expr, expr->length, 0);
    for (size_t i = 0; i < ARRAY_COUNT(lengths) && slot->key == NO_KEY; i++) {
        if (expr->length < lengths[i]) {
            slot->key = find_key(writer, expr, lengths[i], 0); // a prefix
        }
    }
}

// A field, or two beside each other. Ports are those of any protocol when it is not one with a name.
static void take_transport(struct writer *writer, const struct expr *expr, struct slot *slot)
{
    const uint8_t protocols[] = {writer->l4proto, 0};
    for (size_t i = 0; i < ARRAY_COUNT(protocols) && slot->key == NO_KEY; i++) {
        slot->protocol = protocols[i];
        slot->key = find_key(writer, expr, expr->length, slot->protocol);
        if (slot->key == NO_KEY) {
            slot->key = find_key(writer, expr, expr->length / 2, slot->protocol);
            slot->pair = slot->key != NO_KEY;
        }
    }
}

static void take_load(struct writer *writer, const struct expr *expr)
{
    struct slot *slot = slot_of(writer, expr->reg);
    *slot = (struct slot){.key = NO_KEY, .length = expr->length};
    if (expr->kind == EXPR_PAYLOAD && expr->key == NFT_PAYLOAD_TRANSPORT_HEADER) {
        take_transport(writer, expr, slot);
    } else if (expr->kind != EXPR_PAYLOAD || expr->key == NFT_PAYLOAD_NETWORK_HEADER) {
        take_network(writer, expr, slot);
    }
    if (slot->key != NO_KEY) {
        slot->text = key_info(slot->key)->text;
        slot->length = slot->length != 0 ? slot->length : key_info(slot->key)->length;
        take_back_tests(writer, key_info(slot->key));
    } else if (expr->kind == EXPR_PAYLOAD) {
        slot->text = raw_payload(writer, expr);
    } else if (expr->kind == EXPR_META) {
        slot->text = other_meta(writer, expr);
    } else {
        slot->text = arena_printf(writer->arena, "ct [%u]", expr->key);
    }
}

// ---- tests --------------------------------------------------------------------------------------------------------

static const char *value_text(struct writer *writer, const struct slot *slot, const uint8_t *value,
                              uint32_t length)
{
    char buffer[VALUE_TEXT_MAX];
    uint8_t padded[EXPR_DATA_MAX] = {0};
    if (slot->key == NO_KEY || length > sizeof padded) {
        return hex_text(writer->arena, value, length);
    }
    memcpy(padded, value, length);
    return arena_strdup(writer->arena, key_value_text(slot->key, padded, buffer));
}

// The length of a mask that is a prefix; UINT32_MAX when it is none.
static uint32_t prefix_of(const uint8_t *mask, uint32_t length)
{
    uint32_t bits = 0;
    while (bits < length * 8 && mask[bits / 8] & (0x80 >> bits % 8)) {
        bits++;
    }
    for (uint32_t bit = bits; bit < length * 8; bit++) {
        if (mask[bit / 8] & (0x80 >> bit % 8)) {
            return UINT32_MAX;
        }
    }
    return bits;
}

static bool all_zero(const uint8_t *data, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        if (data[i] != 0) {
            return false;
        }
    }
    return true;
}

// "10.0.0.0/8", "eth*": the first bytes or bits of a field. NULL when it is none.
static const char *prefix_text(struct writer *writer, const struct slot *slot,
                               const struct expr *expr)
{
    const struct key_info *info = key_info(slot->key != NO_KEY ? slot->key : KEY_IIFNAME);
    uint32_t bits = expr->length * 8;
    if (slot->key == NO_KEY || slot->pair) {
        return NULL;
    }
    if (info->format == FORMAT_IFNAME && expr->length < info->length) {
        return arena_printf(writer->arena, "\"%.*s*\"", (int)expr->length,
                            (const char *)expr->data);
    }
    if (info->format != FORMAT_ADDRESS) {
        return NULL;
    }
    bits = slot->masked ? prefix_of(slot->mask, expr->length) : bits;
    if (bits == UINT32_MAX || bits == info->length * 8u) {
        return NULL;
    }
    return arena_printf(writer->arena, "%s/%u", value_text(writer, slot, expr->data, expr->length),
                        bits);
}

static void note_protocol(struct writer *writer, const struct slot *slot, const struct expr *expr)
{
    if (expr->key != NFT_CMP_EQ || slot->masked) {
        return;
    }
    if (slot->key == KEY_L4PROTO) {
        writer->l4proto = expr->data[0];
        writer->l4proto_word = writer->words.count;
    } else if (slot->key == KEY_NFPROTO) {
        writer->nfproto = expr->data[0];
        writer->nfproto_word = writer->words.count;
    }
}

static void say_pair(struct writer *writer, const struct slot *slot, const struct expr *expr)
{
    uint32_t half = expr->length / 2;
    const struct key_info *info = key_info(slot->key);
    struct expr next = {.kind = EXPR_PAYLOAD, .key = info->kernel_key};
    next.offset = info->offset + half;
    uint8_t second = find_key(writer, &next, half, slot->protocol);
    struct slot other = {.key = second};
    const char *text = second != NO_KEY ? key_info(second)->text : "?";
    say(writer, arena_printf(writer->arena, "%s %s %s %s", slot->text,
                             value_text(writer, slot, expr->data, half), text,
                             value_text(writer, &other, expr->data + half, half)));
}

static void say_masked(struct writer *writer, const struct slot *slot, const struct expr *expr,
                       const char *operator)
{
    struct slot bare = {.key = slot->key == KEY_MARK ? KEY_MARK : NO_KEY};
    bool names = slot->key != NO_KEY && (key_info(slot->key)->format == FORMAT_CT_STATE ||
                                         key_info(slot->key)->format == FORMAT_CT_STATUS);
    if (names && expr->key == NFT_CMP_NEQ && all_zero(expr->data, expr->length)) {
        say(writer, arena_printf(writer->arena, "%s %s", slot->text,
                                 value_text(writer, slot, slot->mask, expr->length)));
        return;
    }
    say(writer, arena_printf(writer->arena, "%s & %s %s%s", slot->text,
                             value_text(writer, &bare, slot->mask, expr->length),
                             operator[0] != '\0' ? operator: "== ",
                             value_text(writer, &bare, expr->data, expr->length)));
}

static void take_cmp(struct writer *writer, const struct expr *expr)
{
    static const char *const operators[] = {
        [NFT_CMP_EQ] = "",     [NFT_CMP_NEQ] = "!= ", [NFT_CMP_LT] = "< ",
        [NFT_CMP_LTE] = "<= ", [NFT_CMP_GT] = "> ",   [NFT_CMP_GTE] = ">= "};
    const struct slot *slot = slot_of(writer, expr->reg);
    const char *operator= expr->key<ARRAY_COUNT(operators) ? operators[expr->key] : "? ";
    const char *prefix = prefix_text(writer, slot, expr);
    if (prefix != NULL) {
        say(writer, arena_printf(writer->arena, "%s %s%s", slot->text, operator, prefix));
    } else if (slot->pair && expr->key == NFT_CMP_EQ) {
        say_pair(writer, slot, expr);
    } else if (slot->masked) {
        say_masked(writer, slot, expr, operator);
    } else {
        note_protocol(writer, slot, expr);
        say(writer, arena_printf(writer->arena, "%s %s%s", slot->text, operator,
                                 value_text(writer, slot, expr->data, expr->length)));
    }
}

static void say_range(struct writer *writer, const struct slot *slot, bool inverted,
                      const uint8_t *from, const uint8_t *to, uint32_t length)
{
    say(writer,
        arena_printf(writer->arena, "%s %s%s-%s", slot->text, inverted ? "!= " : "",
                     value_text(writer, slot, from, length), value_text(writer, slot, to, length)));
}

// At least and at most, one after the other.
static bool take_range(struct writer *writer, const struct expr *expr, const struct expr *next)
{
    const struct slot *slot = slot_of(writer, expr->reg);
    if (next == NULL || expr->kind != EXPR_CMP || next->kind != EXPR_CMP ||
        expr->key != NFT_CMP_GTE || next->key != NFT_CMP_LTE || expr->reg != next->reg ||
        expr->length != next->length || slot->masked || slot->pair) {
        return false;
    }
    say_range(writer, slot, false, expr->data, next->data, expr->length);
    return true;
}

static void take_bitwise(struct writer *writer, const struct expr *expr)
{
    struct slot *slot = slot_of(writer, expr->reg);
    slot->masked = true;
    memcpy(slot->mask, expr->data, sizeof slot->mask);
    memcpy(slot->change, expr->data2, sizeof slot->change);
}

// The fields from this register on that make a key of so many words; what is loaded behind it is none of it.
static const char *take_key(struct writer *writer, const struct expr *expr)
{
    struct strbuf text = {.arena = writer->arena};
    for (uint8_t reg = expr->reg; reg < REGISTERS && writer->slots[reg].text != NULL;) {
        struct slot *slot = &writer->slots[reg];
        strbuf_addf(&text, "%s%s", text.length > 0 ? " . " : "", slot->text);
        uint32_t words = (slot->length + 3) / 4;
        if (slot->masked && all_zero(slot->mask, slot->length)) {
            strbuf_add(&text, " & 0");
        }
        slot->text = NULL; // the next key begins anew
        reg = (uint8_t)(reg + (words > 0 ? words : 1));
    }
    return strbuf_text(&text);
}

static void take_lookup(struct writer *writer, const struct expr *expr)
{
    struct strbuf text = {.arena = writer->arena};
    strbuf_add(&text, take_key(writer, expr));
    strbuf_addf(&text, "%s%s ", expr->inverted ? " !=" : "", expr->to_verdict ? " vmap" : "");
    const char *name = expr->name != NULL ? expr->name : "?";
    if (text_begins(name, "__")) {
        strbuf_add(&text, "{ ... }"); // without a name, and not read
    } else {
        strbuf_addf(&text, "%s%s", name[0] == '{' ? "" : "@", name);
    }
    say(writer, strbuf_text(&text));
}

static void take_update(struct writer *writer, const struct expr *expr)
{
    static const char *const operations[] = {[NFT_DYNSET_OP_ADD] = "add",
                                             [NFT_DYNSET_OP_UPDATE] = "update",
                                             [NFT_DYNSET_OP_DELETE] = "delete"};
    const char *key = take_key(writer, expr);
    say(writer, arena_printf(writer->arena, "%s @%s { %s }",
                             expr->key < ARRAY_COUNT(operations) ? operations[expr->key] : "?",
                             expr->name != NULL ? expr->name : "?", key));
}

// ---- statements ---------------------------------------------------------------------------------------------------

static void take_set_mark(struct writer *writer, const struct expr *expr)
{
    const struct slot *slot = slot_of(writer, expr->reg);
    uint32_t keep, change;
    memcpy(&keep, slot->mask, sizeof keep);
    memcpy(&change, slot->change, sizeof change);
    if (expr->key != NFT_META_MARK || slot->key != KEY_MARK || !slot->masked) {
        say(writer, "[meta set]");
    } else if (change == 0) {
        say(writer, arena_printf(writer->arena, "meta mark set meta mark & 0x%08x", keep));
    } else {
        say(writer, arena_printf(writer->arena, "meta mark set meta mark | 0x%08x", change));
    }
}

static void take_log(struct writer *writer, const struct expr *expr)
{
    static const char *const levels[] = {"emerg", "alert",  "crit", "err",
                                         "warn",  "notice", "info", "debug"};
    struct strbuf text = {.arena = writer->arena};
    strbuf_add(&text, "log");
    if (expr->name != NULL) {
        strbuf_addf(&text, " prefix \"%s\"", expr->name);
    }
    if (expr->offset < ARRAY_COUNT(levels)) {
        strbuf_addf(&text, " level %s", levels[expr->offset]);
    }
    say(writer, strbuf_text(&text));
}

static void take_copy(struct writer *writer, const struct expr *expr)
{
    struct strbuf text = {.arena = writer->arena};
    strbuf_add(&text, "log");
    if (expr->name != NULL) {
        strbuf_addf(&text, " prefix \"%s\"", expr->name);
    }
    strbuf_addf(&text, " group %u", expr->key);
    if (expr->offset != 0) {
        strbuf_addf(&text, " queue-threshold %u", expr->offset);
    }
    say(writer, strbuf_text(&text));
}

static void take_reject(struct writer *writer, const struct expr *expr)
{
    static const char *const codes[] = {"no-route", "port-unreachable", "host-unreachable",
                                        "admin-prohibited"};
    if (expr->key == NFT_REJECT_TCP_RST) {
        say(writer, "reject with tcp reset");
    } else if (expr->key == NFT_REJECT_ICMPX_UNREACH && expr->offset < ARRAY_COUNT(codes)) {
        say(writer, arena_printf(writer->arena, "reject with icmpx type %s", codes[expr->offset]));
    } else {
        say(writer, arena_printf(writer->arena, "reject with icmp code %u", expr->offset));
    }
}

static void take_verdict(struct writer *writer, const struct expr *expr)
{
    const char *word = verdict_text(expr->verdict);
    say(writer, expr->name != NULL ? arena_printf(writer->arena, "%s %s", word, expr->name) : word);
}

static void take(struct writer *writer, const struct expr *expr)
{
    switch ((enum expr_kind)expr->kind) {
    case EXPR_META:
    case EXPR_PAYLOAD:
    case EXPR_CT:
        take_load(writer, expr);
        break;
    case EXPR_CMP:
        take_cmp(writer, expr);
        break;
    case EXPR_BITWISE:
        take_bitwise(writer, expr);
        break;
    case EXPR_RANGE:
        say_range(writer, slot_of(writer, expr->reg), expr->key == NFT_RANGE_NEQ, expr->data,
                  expr->data2, expr->length);
        break;
    case EXPR_LOOKUP:
        take_lookup(writer, expr);
        break;
    case EXPR_UPDATE:
        take_update(writer, expr);
        break;
    case EXPR_META_SET:
        take_set_mark(writer, expr);
        break;
    case EXPR_VERDICT:
        take_verdict(writer, expr);
        break;
    case EXPR_COUNTER:
        say(writer, "counter");
        break;
    case EXPR_LIMIT:
        say(writer, arena_printf(writer->arena, "limit rate %s%llu/%s burst %u %s",
                                 expr->inverted ? "over " : "", (unsigned long long)expr->rate,
                                 unit_text(expr->unit), expr->offset,
                                 expr->key == NFT_LIMIT_PKTS ? "packets" : "bytes"));
        break;
    case EXPR_LOG:
        take_log(writer, expr);
        break;
    case EXPR_COPY:
        take_copy(writer, expr);
        break;
    case EXPR_REJECT:
        take_reject(writer, expr);
        break;
    case EXPR_NOTRACK:
        say(writer, "notrack");
        break;
    case EXPR_OTHER:
        say(writer, arena_printf(writer->arena, "[%s]", expr->name));
        break;
    }
}

const char *exprs_text(struct arena *arena, const struct exprs *exprs)
{
    struct writer *writer = arena_new_of(arena, struct writer);
    struct strbuf text = {.arena = arena};
    writer->arena = arena;
    for (size_t i = 0; i < exprs->count; i++) {
        const struct expr *next = i + 1 < exprs->count ? &exprs->items[i + 1] : NULL;
        if (take_range(writer, &exprs->items[i], next)) {
            i++;
        } else {
            take(writer, &exprs->items[i]);
        }
    }
    for (size_t i = 0; i < writer->words.count; i++) {
        if (writer->words.items[i] != NULL) {
            strbuf_addf(&text, "%s%s", text.length > 0 ? " " : "", writer->words.items[i]);
        }
    }
    return strbuf_text(&text);
}
