// SPDX-License-Identifier: GPL-2.0-or-later
// Set elements in the kernel's form -> the text of nft, field by field.
#include "keys.h"
#include "print_expr.h"
#include "words.h"

#include <linux/netfilter/nf_tables.h>

enum { TYPE_BITS = 6, TYPE_MASK = (1 << TYPE_BITS) - 1 }; // of one field of a concatenation

// The key whose values are written like those of a type; KEY_COUNT when no key is.
static enum rule_key key_of_type(uint32_t type)
{
    enum rule_key key = 0;
    while (key < KEY_COUNT && (type == 0 || key_info(key)->datatype != type)) {
        key++;
    }
    return key;
}

struct field {
    enum rule_key key;
    uint32_t offset, length; // bytes in the key
};

// The type of field `index` of `count`.
static uint32_t type_of(const struct set_shape *shape, size_t index, size_t count)
{
    return shape->key_type >> (TYPE_BITS * (count - 1 - index)) & (count > 1 ? TYPE_MASK : ~0u);
}

static size_t count_fields(const struct set_shape *shape)
{
    size_t count = 1;
    for (uint32_t type = shape->key_type >> TYPE_BITS; type != 0; type >>= TYPE_BITS) {
        count++;
    }
    return count <= STMT_MAX_KEYS ? count : 0;
}

// False when the types do not say what the key's bytes are.
static bool fields_of(const struct set_shape *shape, struct field fields[STMT_MAX_KEYS],
                      size_t *ret_count)
{
    uint32_t offset = 0;
    *ret_count = count_fields(shape);
    for (size_t i = 0; i < *ret_count; i++) {
        enum rule_key key = key_of_type(type_of(shape, i, *ret_count));
        if (key == KEY_COUNT) {
            return false;
        }
        uint32_t length = key_info(key)->length;
        fields[i] = (struct field){.key = key, .offset = offset, .length = length};
        offset += *ret_count > 1 ? (length + 3) / 4 * 4 : length;
    }
    return *ret_count > 0 && offset == shape->key_length;
}

// Where a range is a prefix, its length in bits; else -1.
static int prefix_bits(const uint8_t *from, const uint8_t *to, uint32_t length)
{
    uint32_t bits = 0, total = length * 8;
    while (bits < total && ((from[bits / 8] ^ to[bits / 8]) & (0x80 >> bits % 8)) == 0) {
        bits++;
    }
    for (uint32_t bit = bits; bit < total; bit++) {
        uint8_t one = (uint8_t)(0x80 >> bit % 8);
        if (from[bit / 8] & one || !(to[bit / 8] & one)) {
            return -1;
        }
    }
    return (int)bits;
}

static void add_value(struct strbuf *text, enum rule_key key, const uint8_t *from,
                      const uint8_t *to)
{
    char buffer[VALUE_TEXT_MAX];
    const struct key_info *info = key_info(key);
    strbuf_add(text, key_value_text(key, from, buffer));
    if (memcmp(from, to, info->length) == 0) {
        return;
    }
    int bits = info->format == FORMAT_ADDRESS ? prefix_bits(from, to, info->length) : -1;
    if (bits >= 0) {
        strbuf_addf(text, "/%d", bits);
    } else {
        strbuf_addf(text, "-%s", key_value_text(key, to, buffer));
    }
}

static void add_bytes(struct strbuf *text, const uint8_t *bytes, size_t count)
{
    strbuf_add(text, "0x");
    for (size_t i = 0; i < count; i++) {
        strbuf_addf(text, "%02x", bytes[i]);
    }
}

static void add_verdict(struct strbuf *text, struct row_verdict verdict)
{
    strbuf_addf(text, " : %s%s%s", verdict_text((enum verdict_kind)verdict.verdict),
                verdict.chain != NULL ? " " : "", verdict.chain != NULL ? verdict.chain : "");
}

const char *row_text(struct arena *arena, const struct set_shape *shape, const struct rows *rows,
                     size_t index)
{
    struct strbuf text = {.arena = arena};
    struct field fields[STMT_MAX_KEYS];
    size_t count;
    const uint8_t *from = rows_key(rows, index), *to = rows_last(rows, index);
    if (!fields_of(shape, fields, &count)) {
        add_bytes(&text, from, rows->key_length);
        count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        bool pads = i > 0 && fields[i].key == KEY_L4PROTO && from[fields[i].offset] == 0 &&
                    to[fields[i].offset] == UINT8_MAX;
        if (!pads) { // every protocol: says nothing
            strbuf_add(&text, i > 0 ? " . " : "");
            add_value(&text, fields[i].key, from + fields[i].offset, to + fields[i].offset);
        }
    }
    if (rows->verdicts) {
        add_verdict(&text, rows_verdict(rows, index));
    }
    return strbuf_text(&text);
}

const char *catch_all_text(struct arena *arena, const struct rows *rows)
{
    struct strbuf text = {.arena = arena};
    strbuf_add(&text, "*");
    if (rows->verdicts) {
        add_verdict(&text, rows->catch_all_verdict);
    }
    return strbuf_text(&text);
}
