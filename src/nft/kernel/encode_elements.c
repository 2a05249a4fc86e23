// SPDX-License-Identifier: GPL-2.0-or-later
// Set elements -> NEWSETELEM and DELSETELEM messages, written directly: libnftnl's element objects
// cost ten times the time and memory. Kernel facts: a nest holds less than 64 KiB. An interval set
// of one field has no ranges but two elements each, the first key and, flagged as an end, the key
// after the last; a named set takes both even where the next range begins at that end, and the
// range up to the highest key has no end. Concatenations have key and key end.
#include "encode.h"

#include "attr.h"
#include "expr_codec.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

// Bytes of elements in one nest; the largest element, two keys and a chain name, fits in the rest.
enum { LIST_BYTES_MAX = 64000 };

static void open_message(struct elements *elements)
{
    static const uint16_t types[] = {[ELEMENTS_ADD] = NFT_MSG_NEWSETELEM,
                                     [ELEMENTS_REMOVE] = NFT_MSG_DELSETELEM,
                                     [ELEMENTS_ASK] = NFT_MSG_GETSETELEM};
    struct encoder *encoder = elements->encoder;
    struct origin origin = {.kind = ORIGIN_ELEMENTS, .name = elements->set, .loc = elements->loc};
    elements->message = batch_start(encoder->batch, types[elements->verb],
                                    elements->verb == ELEMENTS_ADD ? NLM_F_CREATE : 0, origin);
    attr_put_text(elements->message, NFTA_SET_ELEM_LIST_TABLE, encoder->table);
    attr_put_text(elements->message, NFTA_SET_ELEM_LIST_SET, elements->set);
    elements->list = attr_nest_start(elements->message, NFTA_SET_ELEM_LIST_ELEMENTS);
}

void elements_end(struct elements *elements)
{
    if (elements->message == NULL) {
        return;
    }
    attr_nest_end(elements->message, elements->list);
    batch_finish(elements->encoder->batch, elements->message);
    elements->message = NULL;
}

static struct nlattr *start_element(struct elements *elements)
{
    if (elements->message != NULL) {
        const uint8_t *tail = mnl_nlmsg_get_payload_tail(elements->message);
        if ((size_t)(tail - (const uint8_t *)elements->list) > LIST_BYTES_MAX) {
            elements_end(elements);
        }
    }
    if (elements->message == NULL) {
        open_message(elements);
    }
    return attr_nest_start(elements->message, NFTA_LIST_ELEM);
}

static void put_key(struct nlmsghdr *message, uint16_t type, const uint8_t *key, uint32_t length)
{
    struct nlattr *nest = attr_nest_start(message, type);
    attr_put(message, NFTA_DATA_VALUE, length, key);
    attr_nest_end(message, nest);
}

// The key after `last`; false when that is the highest one.
static bool next_key(uint8_t *ret, const uint8_t *last, uint32_t length)
{
    memcpy(ret, last, length);
    for (uint32_t i = length; i-- > 0;) {
        if (++ret[i] != 0) {
            return true;
        }
    }
    return false;
}

// Tells `nft list` that the range of this element is open at its end.
static void put_open_flag(struct nlmsghdr *message)
{
    static const uint8_t udata[] = {
        NFTNL_UDATA_SET_ELEM_FLAGS, 4, NFTNL_SET_ELEM_F_INTERVAL_OPEN, 0, 0, 0};
    attr_put(message, NFTA_SET_ELEM_USERDATA, sizeof udata, udata);
}

static void put_data(struct elements *elements, const struct rows *rows, size_t index)
{
    if (rows->verdicts) {
        struct row_verdict verdict = rows_verdict(rows, index);
        verdict_put(elements->message, NFTA_SET_ELEM_DATA, (uint8_t)verdict.verdict, verdict.chain);
    }
}

static void put_range(struct elements *elements, const struct rows *rows, size_t index)
{
    uint8_t end[SET_KEY_MAX];
    bool closed = next_key(end, rows_last(rows, index), rows->key_length);
    struct nlattr *element = start_element(elements);
    put_key(elements->message, NFTA_SET_ELEM_KEY, rows_key(rows, index), rows->key_length);
    put_data(elements, rows, index);
    if (!closed) {
        put_open_flag(elements->message);
    }
    attr_nest_end(elements->message, element);
    if (closed) {
        element = start_element(elements);
        put_key(elements->message, NFTA_SET_ELEM_KEY, end, rows->key_length);
        attr_put_u32(elements->message, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
        attr_nest_end(elements->message, element);
    }
}

void elements_put(struct elements *elements, const struct rows *rows, size_t index)
{
    if (rows->ranges && !rows->concatenated) {
        put_range(elements, rows, index);
        return;
    }
    struct nlattr *element = start_element(elements);
    put_key(elements->message, NFTA_SET_ELEM_KEY, rows_key(rows, index), rows->key_length);
    if (rows->ranges) {
        put_key(elements->message, NFTA_SET_ELEM_KEY_END, rows_last(rows, index), rows->key_length);
    }
    put_data(elements, rows, index);
    attr_nest_end(elements->message, element);
}

// Time-out and what is left of it: kernels that know how take both for an element that is there, older ones leave it as it is.
static void put_time(struct nlmsghdr *message, uint64_t left_ms)
{
    uint64_t bytes = htobe64(left_ms < ADDRESS_MS_MAX ? left_ms : ADDRESS_MS_MAX);
    attr_put(message, NFTA_SET_ELEM_TIMEOUT, sizeof bytes, &bytes);
    attr_put(message, NFTA_SET_ELEM_EXPIRATION, sizeof bytes, &bytes);
}

void elements_put_address(struct elements *elements, struct ip_addr addr, const uint64_t *left_ms)
{
    struct nlattr *element = start_element(elements);
    put_key(elements->message, NFTA_SET_ELEM_KEY, addr.bytes, ip_family_bits(addr.family) / 8);
    if (left_ms != NULL) {
        put_time(elements->message, *left_ms);
    }
    attr_nest_end(elements->message, element);
}

void elements_put_catch_all(struct elements *elements, const struct rows *rows)
{
    struct nlattr *element = start_element(elements);
    attr_put_u32(elements->message, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_CATCHALL));
    if (rows->verdicts) {
        struct row_verdict verdict = rows->catch_all_verdict;
        verdict_put(elements->message, NFTA_SET_ELEM_DATA, (uint8_t)verdict.verdict, verdict.chain);
    }
    attr_nest_end(elements->message, element);
}
