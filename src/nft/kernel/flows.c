// SPDX-License-Identifier: GPL-2.0-or-later
// The flow sets of the table -> flows. Kernel facts: an element's own time-out is told only where it differs from the
// set's; what is left of it always; a hash that is resized while it is read tells some elements twice, and others not.
#include "flows.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

enum { READS = 4 };

static const struct flow_set flow_sets[] = {
    {SET_FLOWS "4", IP_V4, false},
    {SET_FLOWS "6", IP_V6, false},
    {SET_DENIED "4", IP_V4, true},
    {SET_DENIED "6", IP_V6, true},
};

static const char *const counting_chains[] = {
    CHAIN_ALLOW,           CHAIN_ALLOW CHAIN_ICMP, CHAIN_ALLOW_TO,          CHAIN_DENY,
    CHAIN_DENY CHAIN_ICMP, CHAIN_REJECT,           CHAIN_REJECT CHAIN_ICMP,
};

// ---- elements -------------------------------------------------------------------------------------------------

static uint32_t address_length(const struct flow_set *set)
{
    return ip_family_bits(set->family) / 8;
}

// Two addresses, then protocol and port, each in a word of its own.
static uint32_t key_length(const struct flow_set *set)
{
    return 2 * address_length(set) + 2 * (uint32_t)sizeof(uint32_t);
}

static void take_counter(const struct nlattr *expression, struct nft_flow *flow)
{
    const struct nlattr *attrs[NFTA_EXPR_MAX + 1], *data[NFTA_COUNTER_MAX + 1];
    netlink_nested(expression, attrs, NFTA_EXPR_MAX);
    if (attrs[NFTA_EXPR_DATA] != NULL &&
        strcmp(netlink_text(attrs[NFTA_EXPR_NAME]), "counter") == 0) {
        netlink_nested(attrs[NFTA_EXPR_DATA], data, NFTA_COUNTER_MAX);
        flow->packets = netlink_u64(data[NFTA_COUNTER_PACKETS]);
        flow->bytes = netlink_u64(data[NFTA_COUNTER_BYTES]);
    }
}

static void take_counters(const struct nlattr *const *attrs, struct nft_flow *flow)
{
    const struct nlattr *expression;
    if (attrs[NFTA_SET_ELEM_EXPR] != NULL) {
        take_counter(attrs[NFTA_SET_ELEM_EXPR], flow);
    }
    if (attrs[NFTA_SET_ELEM_EXPRESSIONS] != NULL) {
        mnl_attr_for_each_nested (expression, attrs[NFTA_SET_ELEM_EXPRESSIONS]) {
            take_counter(expression, flow);
        }
    }
}

static int64_t idle_of(const struct flow_reader *reader, const struct nlattr *const *attrs)
{
    uint64_t own = netlink_u64(attrs[NFTA_SET_ELEM_TIMEOUT]);
    uint64_t timeout = own != 0 ? own : reader->timeout_ms;
    uint64_t left = netlink_u64(attrs[NFTA_SET_ELEM_EXPIRATION]);
    bool told = attrs[NFTA_SET_ELEM_EXPIRATION] != NULL && left <= timeout;
    return told && timeout - left <= INT64_MAX ? (int64_t)(timeout - left) : 0;
}

static struct ip_addr address_at(const struct flow_set *set, const uint8_t *bytes)
{
    struct ip_addr addr = {.family = set->family};
    memcpy(addr.bytes, bytes, address_length(set));
    return addr;
}

static void take_element(struct flow_reader *reader, const struct nlattr *element)
{
    const struct nlattr *attrs[NFTA_SET_ELEM_MAX + 1];
    const struct flow_set *set = reader->set;
    netlink_nested(element, attrs, NFTA_SET_ELEM_MAX);
    const struct nlattr *value = attrs[NFTA_SET_ELEM_KEY] != NULL
                                     ? netlink_first(attrs[NFTA_SET_ELEM_KEY], NFTA_DATA_VALUE)
                                     : NULL;
    if (value == NULL || mnl_attr_get_payload_len(value) != key_length(set)) {
        return;
    }
    const uint8_t *key = mnl_attr_get_payload(value);
    const uint8_t *rest = key + 2 * (size_t)address_length(set);
    struct nft_flow flow = {
        .source = address_at(set, key),
        .dest = address_at(set, key + address_length(set)),
        .protocol = rest[0],
        .port = (uint16_t)(rest[4] << 8 | rest[5]),
        .denied = set->denied,
        .idle_ms = idle_of(reader, attrs),
    };
    take_counters(attrs, &flow);
    vec_push(reader->arena, reader->ret, flow);
}

void flows_take_elements(const struct nlmsghdr *reply, void *context)
{
    const struct nlattr *attrs[NFTA_SET_ELEM_LIST_MAX + 1], *element;
    netlink_attributes(reply, attrs, NFTA_SET_ELEM_LIST_MAX);
    if (attrs[NFTA_SET_ELEM_LIST_ELEMENTS] != NULL) {
        mnl_attr_for_each_nested (element, attrs[NFTA_SET_ELEM_LIST_ELEMENTS]) {
            take_element(context, element);
        }
    }
}

// ---- sets and counters ----------------------------------------------------------------------------------------

void flows_take_set(const struct nlmsghdr *reply, void *context)
{
    struct flow_reader *reader = context;
    const struct nlattr *attrs[NFTA_SET_MAX + 1], *desc[NFTA_SET_DESC_MAX + 1];
    netlink_attributes(reply, attrs, NFTA_SET_MAX);
    netlink_nested(attrs[NFTA_SET_DESC], desc, NFTA_SET_DESC_MAX);
    uint32_t flags = netlink_u32(attrs[NFTA_SET_FLAGS]),
             size = netlink_u32(desc[NFTA_SET_DESC_SIZE]);
    reader->fits = flags & NFT_SET_EVAL && !(flags & (NFT_SET_MAP | NFT_SET_INTERVAL)) &&
                   netlink_u32(attrs[NFTA_SET_KEY_LEN]) == key_length(reader->set);
    reader->timeout_ms = netlink_u64(attrs[NFTA_SET_TIMEOUT]);
    if (reader->fits) {
        reader->ret->enabled = true;
        reader->ret->size = size > reader->ret->size ? size : reader->ret->size;
        reader->ret->timeout_ms = reader->timeout_ms;
    }
}

static int compare_flows(const void *a, const void *b)
{
    const struct nft_flow *left = a, *right = b;
    int order = ip_addr_compare(left->source, right->source);
    order = order != 0 ? order : ip_addr_compare(left->dest, right->dest);
    order = order != 0 ? order : left->protocol - right->protocol;
    order = order != 0 ? order : left->port - right->port;
    return order != 0 ? order : left->denied - right->denied;
}

// Sorts the flows from `start` on, and keeps the later state of those that are there twice.
static void merge_flows(struct nft_flow_table *table, size_t start)
{
    size_t kept = start;
    if (table->count - start > 1) {
        qsort(table->items + start, table->count - start, sizeof *table->items, compare_flows);
    }
    for (size_t i = start; i < table->count; i++) {
        struct nft_flow *flow = &table->items[i];
        struct nft_flow *last = kept > start ? &table->items[kept - 1] : NULL;
        if (last == NULL || compare_flows(last, flow) != 0) {
            table->items[kept++] = *flow;
        } else if (flow->packets > last->packets) {
            *last = *flow;
        }
    }
    table->count = kept;
}

// Again when something came twice.
static int read_elements(struct flow_reader *reader)
{
    struct nft_flow_table *table = reader->ret;
    size_t start = table->count;
    int error = 0;
    for (int i = 0; i < READS && error == 0; i++) {
        struct nlmsghdr *request =
            netlink_prepare(reader->netlink, NFT_MSG_GETSETELEM, NLM_F_DUMP, NFPROTO_INET);
        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, reader->table);
        mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, reader->set->name);
        size_t before = table->count;
        error = netlink_request(reader->netlink, request, flows_take_elements, reader);
        size_t more = table->count - before;
        merge_flows(table, before);
        bool whole = table->count - before == more;
        merge_flows(table, start);
        if (whole) {
            break;
        }
    }
    if (table->count - start > table->used) {
        table->used = (uint32_t)(table->count - start);
    }
    return error;
}

static int read_set(struct flow_reader *reader)
{
    struct nlmsghdr *request = netlink_prepare(reader->netlink, NFT_MSG_GETSET, 0, NFPROTO_INET);
    mnl_attr_put_strz(request, NFTA_SET_TABLE, reader->table);
    mnl_attr_put_strz(request, NFTA_SET_NAME, reader->set->name);
    reader->fits = false;
    int error = netlink_request(reader->netlink, request, flows_take_set, reader);
    if (error == 0 && reader->fits) {
        error = read_elements(reader);
    }
    return error == -ENOENT ? 0 : error;
}

void flows_take_rule(const struct nlmsghdr *reply, void *context)
{
    static const char lost[] = COMMENT_FLOWS_LOST;
    struct flow_reader *reader = context;
    struct decoded_rule *rule = &reader->rule;
    decode_rule(reply, rule);
    if (rule->comment == NULL || rule->comment_length != strlen(lost) ||
        memcmp(rule->comment, lost, strlen(lost)) != 0) {
        return;
    }
    for (size_t i = 0; i < rule->exprs.count; i++) {
        reader->ret->lost += rule->exprs.items[i].packets;
    }
}

static int read_losses(struct flow_reader *reader, const char *chain)
{
    struct nlmsghdr *request =
        netlink_prepare(reader->netlink, NFT_MSG_GETRULE, NLM_F_DUMP, NFPROTO_INET);
    mnl_attr_put_strz(request, NFTA_RULE_TABLE, reader->table);
    mnl_attr_put_strz(request, NFTA_RULE_CHAIN, chain);
    int error = netlink_request(reader->netlink, request, flows_take_rule, reader);
    return error == -ENOENT ? 0 : error;
}

// ---- all of them ----------------------------------------------------------------------------------------------

static int read_all(struct netlink *netlink, void *context)
{
    struct flow_reader *reader = context;
    int error = 0;
    reader->netlink = netlink;
    *reader->ret = (struct nft_flow_table){.count = 0};
    for (size_t i = 0; error == 0 && i < ARRAY_COUNT(flow_sets); i++) {
        reader->set = &flow_sets[i];
        error = read_set(reader);
    }
    for (size_t i = 0; error == 0 && reader->ret->enabled && i < ARRAY_COUNT(counting_chains);
         i++) {
        error = read_losses(reader, counting_chains[i]);
    }
    return error;
}

enum nft_status nft_read_flows(struct arena *arena, const char *table, struct nft_flow_table *ret,
                               struct nft_failure *reterr)
{
    struct flow_reader *reader = arena_new_of(arena, struct flow_reader);
    *reader = (struct flow_reader){.arena = arena, .table = table, .ret = ret};
    enum nft_status status =
        netlink_read_whole(arena, read_all, reader, "reading the flow table", reterr);
    if (status == NFT_DONE) {
        vec_sort(ret, compare_flows);
    }
    return status;
}
