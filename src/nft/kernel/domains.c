// SPDX-License-Identifier: GPL-2.0-or-later
// Domain sets -> what they hold. Kernel facts: what is left of an element is told always, unless it lives for ever; expired
// ones are left out; a hash that is resized while it is read tells some elements twice, and others not; a set is looked for
// among all of the table, in the order in which they were made, so that time grows with the square of their number: a
// thousand lists are made in an eighth of a second and read in a hundredth, ten thousand take twenty seconds and fifteen.
// Newer kernels tell how many elements a set has, so that empty ones need not be asked for.
#include "domains.h"

#include <polc/base/sha256.h>

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

enum {
    READS = 4,
    NAME_DIGITS = 20,
    FEW_LISTS = 16, // are read at once, without a look at all sets
    SET_COUNT = 20, // NFTA_SET_COUNT, which older headers do not have
};

const char *nft_domain_set_name(struct arena *arena, const char *domains_name, uint8_t family)
{
    char digest[65];
    sha256_hex(domains_name, strlen(domains_name), digest);
    return arena_printf(arena, "dom%u.%.*s", family, NAME_DIGITS, digest);
}

bool domain_element(const struct nlattr *element, uint8_t family, struct nft_domain_element *ret)
{
    const struct nlattr *attrs[NFTA_SET_ELEM_MAX + 1];
    netlink_nested(element, attrs, NFTA_SET_ELEM_MAX);
    const struct nlattr *key = attrs[NFTA_SET_ELEM_KEY] != NULL
                                   ? netlink_first(attrs[NFTA_SET_ELEM_KEY], NFTA_DATA_VALUE)
                                   : NULL;
    size_t length = ip_family_bits(family) / 8;
    if (key == NULL || mnl_attr_get_payload_len(key) != length) {
        return false;
    }
    *ret = (struct nft_domain_element){.addr.family = family, .left_ms = NFT_DOMAIN_FOREVER};
    memcpy(ret->addr.bytes, mnl_attr_get_payload(key), length);
    if (attrs[NFTA_SET_ELEM_EXPIRATION] != NULL) {
        ret->left_ms = netlink_u64(attrs[NFTA_SET_ELEM_EXPIRATION]);
    }
    return true;
}

int domain_element_compare(const void *a, const void *b)
{
    const struct nft_domain_element *left = a, *right = b;
    int order = (left->set > right->set) - (left->set < right->set);
    return order != 0 ? order : ip_addr_compare(left->addr, right->addr);
}

void domain_elements_merge(struct nft_domain_elements *elements, size_t start)
{
    size_t kept = start;
    if (elements->count - start > 1) {
        qsort(elements->items + start, elements->count - start, sizeof *elements->items,
              domain_element_compare);
    }
    for (size_t i = start; i < elements->count; i++) {
        struct nft_domain_element *last = kept > start ? &elements->items[kept - 1] : NULL;
        if (last == NULL || domain_element_compare(last, &elements->items[i]) != 0) {
            elements->items[kept++] = elements->items[i];
        } else if (elements->items[i].left_ms > last->left_ms) {
            *last = elements->items[i];
        }
    }
    elements->count = kept;
}

void nft_domain_elements_normalize(struct nft_domain_elements *elements)
{
    domain_elements_merge(elements, 0);
}

void domains_take_elements(const struct nlmsghdr *reply, void *context)
{
    struct domain_reader *reader = context;
    const struct nlattr *attrs[NFTA_SET_ELEM_LIST_MAX + 1], *attr;
    netlink_attributes(reply, attrs, NFTA_SET_ELEM_LIST_MAX);
    if (attrs[NFTA_SET_ELEM_LIST_ELEMENTS] == NULL) {
        return;
    }
    mnl_attr_for_each_nested (attr, attrs[NFTA_SET_ELEM_LIST_ELEMENTS]) {
        struct nft_domain_element element;
        if (domain_element(attr, reader->family, &element)) {
            element.set = reader->number;
            vec_push(reader->arena, reader->ret, element);
        }
    }
}

// ---- reading --------------------------------------------------------------------------------------------------

struct reading {
    struct domain_reader reader;
    const char *table;
    const struct plan_domains *domains;
    size_t count;
    struct netlink *netlink;
    struct strmap *filled; // names of sets that may hold something; NULL: any
};

static void take_set(const struct nlmsghdr *reply, void *context)
{
    struct reading *reading = context;
    const struct nlattr *attrs[SET_COUNT + 1];
    netlink_attributes(reply, attrs, SET_COUNT);
    bool empty = attrs[SET_COUNT] != NULL && netlink_u32(attrs[SET_COUNT]) == 0;
    if (!empty) {
        strmap_put(reading->filled, netlink_text(attrs[NFTA_SET_NAME]), reading);
    }
}

// Which sets need not be read. A list of sets that a commit cut through is none.
static int find_filled(struct reading *reading)
{
    reading->filled = NULL;
    if (reading->count <= FEW_LISTS) {
        return 0;
    }
    struct nlmsghdr *request =
        netlink_prepare(reading->netlink, NFT_MSG_GETSET, NLM_F_DUMP, NFPROTO_INET);
    mnl_attr_put_strz(request, NFTA_SET_TABLE, reading->table);
    reading->filled = strmap_new(reading->reader.arena);
    int error = netlink_request(reading->netlink, request, take_set, reading);
    if (reading->netlink->interrupted) {
        reading->filled = NULL;
        reading->netlink->interrupted = false;
    }
    return error == -ENOENT ? 0 : error;
}

static int dump_set(struct reading *reading, const char *name)
{
    struct nlmsghdr *request =
        netlink_prepare(reading->netlink, NFT_MSG_GETSETELEM, NLM_F_DUMP, NFPROTO_INET);
    mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, reading->table);
    mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, name);
    int error = netlink_request(reading->netlink, request, domains_take_elements, &reading->reader);
    return error == -ENOENT ? 0 : error;
}

// Again when something came twice or a commit cut through, which is all the time while others fill the sets: what several
// readings tell together is near enough then.
static int read_set(struct reading *reading, uint32_t number, uint8_t family)
{
    struct nft_domain_elements *ret = reading->reader.ret;
    const char *name =
        nft_domain_set_name(reading->reader.arena, reading->domains[number].name, family);
    size_t start = ret->count;
    int error = 0;
    if (reading->filled != NULL && strmap_get(reading->filled, name) == NULL) {
        return 0;
    }
    reading->reader.number = number;
    reading->reader.family = family;
    for (int i = 0; i < READS && error == 0; i++) {
        size_t before = ret->count;
        reading->netlink->interrupted = false;
        error = dump_set(reading, name);
        size_t more = ret->count - before;
        domain_elements_merge(ret, before);
        bool whole = ret->count - before == more;
        domain_elements_merge(ret, start);
        if (whole && !reading->netlink->interrupted) {
            break;
        }
    }
    reading->netlink->interrupted = false;
    return error;
}

static int read_all(struct netlink *netlink, void *context)
{
    struct reading *reading = context;
    reading->netlink = netlink;
    *reading->reader.ret = (struct nft_domain_elements){.count = 0};
    int error = find_filled(reading);
    for (uint32_t i = 0; error == 0 && i < reading->count; i++) {
        error = read_set(reading, i, IP_V4);
        if (error == 0) {
            error = read_set(reading, i, IP_V6);
        }
    }
    return error;
}

enum nft_status nft_read_domains(struct arena *arena, const char *table,
                                 const struct plan_domains *domains, size_t count,
                                 struct nft_domain_elements *ret, struct nft_failure *reterr)
{
    struct reading *reading = arena_new_of(arena, struct reading);
    *reading = (struct reading){
        .reader = {.arena = arena, .ret = ret}, .table = table, .domains = domains, .count = count};
    return netlink_read_whole(arena, read_all, reading, "reading the domain sets", reterr);
}
