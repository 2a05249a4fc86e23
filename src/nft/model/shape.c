// SPDX-License-Identifier: GPL-2.0-or-later
// Sets of the ruleset model -> the form in which the kernel stores them: key types, lengths, flags, element bytes.
#include "expr.h"
#include "keys.h"

#include <linux/netfilter/nf_tables.h>

enum { TYPE_BITS = 6 }; // nft packs the datatypes of a concatenation six bits a field

struct fields {
    uint8_t keys[STMT_MAX_KEYS];
    uint32_t count;
};

// The fields of a set's key, as keys of the key table (the direction does not matter here).
static struct fields fields_of(const struct set *set)
{
    uint8_t address = (uint8_t)key_address(set->family, true); // no use when family is 0
    switch ((enum set_content)set->content) {
    case SET_CIDRS:
    case SET_DOMAINS:
        return (struct fields){{address}, 1};
    case SET_PADDED:
        return (struct fields){{address, KEY_L4PROTO}, 2};
    case SET_PORTS:
        return (struct fields){{KEY_TH_DPORT}, 1};
    case SET_TRIPLES:
    case SET_TUPLES:
    case SET_TUPLE_VERDICTS:
        return (struct fields){{address, KEY_L4PROTO, KEY_TH_DPORT}, 3};
    case SET_FLOWS_SEEN:
        return (struct fields){{address, address, KEY_L4PROTO, KEY_TH_DPORT}, 4};
    case SET_IFNAMES:
        return (struct fields){{KEY_IIFNAME}, 1};
    case SET_VERDICTS:
        break;
    }
    if (set->family == 0) {
        return (struct fields){{KEY_IIFNAME}, 1};
    }
    return set->with_ifname ? (struct fields){{KEY_IIFNAME, address}, 2}
                            : (struct fields){{address}, 1};
}

struct set_shape set_shape_of(const struct set *set)
{
    struct set_shape shape = {0};
    struct fields fields = fields_of(set);
    shape.field_count = fields.count;
    for (uint32_t i = 0; i < fields.count; i++) {
        const struct key_info *info = key_info(fields.keys[i]);
        shape.key_type = shape.key_type << TYPE_BITS | info->datatype;
        shape.field_lengths[i] = info->length;
        shape.key_length += fields.count > 1 ? (info->length + 3u) / 4 * 4 : info->length;
    }
    shape.flags = (set->interval ? NFT_SET_INTERVAL : 0u) |
                  (set->interval && fields.count > 1 ? NFT_SET_CONCAT : 0u) |
                  (set_is_map(set) ? NFT_SET_MAP : 0u) |
                  (set->dynamic && set->content != SET_DOMAINS ? NFT_SET_EVAL : 0u) |
                  (set_has_times(set) ? NFT_SET_TIMEOUT : 0u);
    shape.counted = set->content == SET_FLOWS_SEEN;
    return shape;
}

static size_t put_addr(uint8_t *key, struct ip_addr addr)
{
    size_t length = ip_family_bits(addr.family) / 8;
    memcpy(key, addr.bytes, length);
    return length;
}

static void put_port(uint8_t *key, uint16_t port)
{
    key[0] = (uint8_t)(port >> 8);
    key[1] = (uint8_t)port;
}

static void put_cidr(const struct set *set, size_t index, struct element *ret)
{
    struct cidr cidr = set->cidrs.items[index];
    size_t length = put_addr(ret->key, cidr.addr);
    put_addr(ret->key_end, cidr_last(cidr));
    if (set->content == SET_PADDED) {
        ret->key_end[length] = 0xff; // every protocol: the field only pads
    }
}

static void put_triple(const struct plan_port_member *member, uint8_t *key)
{
    size_t length = put_addr(key, member->addr);
    key[length] = member->protocol;
    put_port(key + length + 4, member->port);
}

static void put_tuple(const struct set *set, size_t index, struct element *ret)
{
    const struct plan_tuple *tuple = &set->tuples[index];
    size_t length = put_addr(ret->key, tuple->net.addr);
    put_addr(ret->key_end, cidr_last(tuple->net));
    ret->key[length] = ret->key_end[length] = tuple->protocol;
    put_port(ret->key + length + 4, tuple->ports.min);
    put_port(ret->key_end + length + 4, tuple->ports.max);
    if (set_is_map(set)) {
        ret->verdict = VERDICT_GOTO;
        ret->chain = set->targets[tuple->action];
    }
}

static void put_verdict(const struct set *set, size_t index, struct element *ret)
{
    const struct map_element *element = &set->verdicts[index];
    size_t offset = set->with_ifname ? 16 : 0;
    ret->verdict = element->verdict;
    ret->chain = element->chain;
    ret->catch_all = element->catch_all;
    if (element->catch_all) {
        return;
    }
    if (set->with_ifname) {
        strncpy((char *)ret->key, element->ifname, 15);
    }
    if (set->family != 0) {
        put_addr(ret->key + offset, element->addr);
    }
    memcpy(ret->key_end, ret->key, sizeof ret->key);
}

void set_element(const struct set *set, size_t index, struct element *ret)
{
    memset(ret, 0, sizeof *ret);
    switch ((enum set_content)set->content) {
    case SET_CIDRS:
    case SET_PADDED:
        put_cidr(set, index, ret);
        return;
    case SET_PORTS:
        put_port(ret->key, set->ports.items[index].min);
        put_port(ret->key_end, set->ports.items[index].max);
        return;
    case SET_TRIPLES:
        put_triple(&set->triples[index], ret->key);
        break;
    case SET_IFNAMES:
        strncpy((char *)ret->key, set->ifnames[index], 15);
        break;
    case SET_VERDICTS:
        put_verdict(set, index, ret);
        return;
    case SET_TUPLES:
    case SET_TUPLE_VERDICTS:
        put_tuple(set, index, ret);
        return;
    case SET_DOMAINS:
    case SET_FLOWS_SEEN:
        POLC_UNREACHABLE("a set that others fill");
    }
    memcpy(ret->key_end, ret->key, sizeof ret->key);
}
