// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of other tables that send ports of this host elsewhere (DNAT), as container runtimes make them: with nft's
// own expressions, or with the matches and targets of iptables. What a rule compares is followed through the registers;
// what is not understood leaves the rule out, unless it only narrows what is matched.
#include "read_dnat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_tcpudp.h>

enum { REGISTERS = 16, REGISTER_SIZE = 16, ADDRESS_V4 = 4, ADDRESS_V6 = 16 };

// What a register holds: a part of the packet, or a value of the rule.
enum load { LOAD_NOTHING, LOAD_PORT, LOAD_PROTOCOL, LOAD_INTERFACE, LOAD_ADDRESS, LOAD_VALUE };

struct slot {
    uint8_t load; // enum load
    uint8_t size;
    uint8_t value[REGISTER_SIZE];
};

// One rule while it is read.
struct reading {
    struct arena *arena;
    uint8_t family;                   // NFPROTO_*
    struct slot slots[REGISTERS + 1]; // the last one for registers that there are not
    struct nft_published found;
    bool has_port, has_target, unclear;
};

// Registers are counted in 16 bytes by their old names and in 4 by their new ones.
static struct slot *slot_of(struct reading *reading, const struct nlattr *attr)
{
    uint32_t number = netlink_u32(attr);
    uint32_t index = number >= NFT_REG32_00 ? number - NFT_REG32_00
                     : number >= NFT_REG_1  ? (number - NFT_REG_1) * 4
                                            : REGISTERS;
    index = index < REGISTERS ? index : REGISTERS;
    return &reading->slots[index];
}

// The value of an NFTA_DATA_VALUE, cut to what a register holds.
static size_t take_value(const struct nlattr *data, uint8_t ret[REGISTER_SIZE])
{
    const struct nlattr *attrs[NFTA_DATA_MAX + 1];
    memset(ret, 0, REGISTER_SIZE);
    if (data == NULL) {
        return 0;
    }
    netlink_nested(data, attrs, NFTA_DATA_MAX);
    if (attrs[NFTA_DATA_VALUE] == NULL) {
        return 0;
    }
    size_t size = mnl_attr_get_payload_len(attrs[NFTA_DATA_VALUE]);
    size = size < REGISTER_SIZE ? size : REGISTER_SIZE;
    memcpy(ret, mnl_attr_get_payload(attrs[NFTA_DATA_VALUE]), size);
    return size;
}

static uint16_t port_of(const uint8_t *value)
{
    return (uint16_t)(value[0] << 8 | value[1]);
}

// ---- loads ----------------------------------------------------------------------------------------------------

static void read_payload(struct reading *reading, const struct nlattr *data)
{
    enum { OFFSET_PORT = 2, OFFSET_PROTOCOL = 9, OFFSET_V4 = 16, OFFSET_V6 = 24 };
    const struct nlattr *attrs[NFTA_PAYLOAD_MAX + 1];
    netlink_nested(data, attrs, NFTA_PAYLOAD_MAX);
    uint32_t base = netlink_u32(attrs[NFTA_PAYLOAD_BASE]);
    uint32_t offset = netlink_u32(attrs[NFTA_PAYLOAD_OFFSET]);
    uint32_t length = netlink_u32(attrs[NFTA_PAYLOAD_LEN]);
    struct slot *slot = slot_of(reading, attrs[NFTA_PAYLOAD_DREG]);
    *slot = (struct slot){.load = LOAD_NOTHING};
    if (base == NFT_PAYLOAD_TRANSPORT_HEADER && offset == OFFSET_PORT && length == 2) {
        slot->load = LOAD_PORT;
    } else if (base == NFT_PAYLOAD_NETWORK_HEADER && offset == OFFSET_PROTOCOL && length == 1) {
        slot->load = LOAD_PROTOCOL;
    } else if (base == NFT_PAYLOAD_NETWORK_HEADER &&
               ((offset == OFFSET_V4 && length == ADDRESS_V4) ||
                (offset == OFFSET_V6 && length == ADDRESS_V6))) {
        slot->load = LOAD_ADDRESS;
    }
}

static void read_meta(struct reading *reading, const struct nlattr *data)
{
    const struct nlattr *attrs[NFTA_META_MAX + 1];
    netlink_nested(data, attrs, NFTA_META_MAX);
    if (attrs[NFTA_META_DREG] == NULL) {
        return;
    }
    uint32_t key = netlink_u32(attrs[NFTA_META_KEY]);
    struct slot *slot = slot_of(reading, attrs[NFTA_META_DREG]);
    *slot = (struct slot){.load = key == NFT_META_L4PROTO   ? LOAD_PROTOCOL
                                  : key == NFT_META_IIFNAME ? LOAD_INTERFACE
                                                            : LOAD_NOTHING};
}

static void read_immediate(struct reading *reading, const struct nlattr *data)
{
    const struct nlattr *attrs[NFTA_IMMEDIATE_MAX + 1];
    netlink_nested(data, attrs, NFTA_IMMEDIATE_MAX);
    struct slot *slot = slot_of(reading, attrs[NFTA_IMMEDIATE_DREG]);
    slot->size = (uint8_t)take_value(attrs[NFTA_IMMEDIATE_DATA], slot->value);
    slot->load = LOAD_VALUE;
}

// ---- comparisons ----------------------------------------------------------------------------------------------

static void take_port_range(struct reading *reading, uint16_t min, uint16_t max)
{
    reading->found.min = min;
    reading->found.max = max;
    reading->has_port = true;
}

// A range is written as two limits. Not to be equal only narrows, but of a port or protocol nobody knows then what is left.
static void read_limit(struct reading *reading, uint8_t load, uint32_t operation, uint16_t port)
{
    struct nft_published *found = &reading->found;
    if (load == LOAD_PORT && operation == NFT_CMP_GTE) {
        take_port_range(reading, port, reading->has_port ? found->max : UINT16_MAX);
    } else if (load == LOAD_PORT && operation == NFT_CMP_LTE) {
        take_port_range(reading, reading->has_port ? found->min : 1, port);
    } else {
        reading->unclear |= load == LOAD_PORT || load == LOAD_PROTOCOL;
    }
}

// "not this interface" and the like only narrow; a port that is compared otherwise is not known.
static void read_cmp(struct reading *reading, const struct nlattr *data)
{
    const struct nlattr *attrs[NFTA_CMP_MAX + 1];
    uint8_t value[REGISTER_SIZE];
    netlink_nested(data, attrs, NFTA_CMP_MAX);
    const struct slot *slot = slot_of(reading, attrs[NFTA_CMP_SREG]);
    bool equal = netlink_u32(attrs[NFTA_CMP_OP]) == NFT_CMP_EQ;
    size_t size = take_value(attrs[NFTA_CMP_DATA], value);
    struct nft_published *found = &reading->found;
    if (!equal) {
        read_limit(reading, slot->load, netlink_u32(attrs[NFTA_CMP_OP]), port_of(value));
        return;
    }
    switch ((enum load)slot->load) {
    case LOAD_PORT:
        take_port_range(reading, port_of(value), port_of(value));
        break;
    case LOAD_PROTOCOL:
        found->protocol = value[0];
        break;
    case LOAD_INTERFACE: // a value of all 16 bytes is a whole name; a shorter one is the beginning of names
        reading->unclear |= size < REGISTER_SIZE && (size == 0 || value[size - 1] != '\0');
        found->interface = arena_strndup(reading->arena, (const char *)value, size);
        break;
    case LOAD_ADDRESS:
        found->has_address = size == ADDRESS_V4 || size == ADDRESS_V6;
        found->address.family = size == ADDRESS_V4 ? IP_V4 : IP_V6;
        memcpy(found->address.bytes, value, size);
        break;
    case LOAD_NOTHING:
    case LOAD_VALUE:
        break;
    }
}

static void read_range(struct reading *reading, const struct nlattr *data)
{
    const struct nlattr *attrs[NFTA_RANGE_MAX + 1];
    uint8_t from[REGISTER_SIZE], to[REGISTER_SIZE];
    netlink_nested(data, attrs, NFTA_RANGE_MAX);
    if (slot_of(reading, attrs[NFTA_RANGE_SREG])->load != LOAD_PORT) {
        return;
    }
    take_value(attrs[NFTA_RANGE_FROM_DATA], from);
    take_value(attrs[NFTA_RANGE_TO_DATA], to);
    take_port_range(reading, port_of(from), port_of(to));
    reading->unclear |= netlink_u32(attrs[NFTA_RANGE_OP]) != NFT_RANGE_EQ;
}

static void read_lookup(struct reading *reading, const struct nlattr *data)
{
    const struct nlattr *attrs[NFTA_LOOKUP_MAX + 1];
    netlink_nested(data, attrs, NFTA_LOOKUP_MAX);
    uint8_t load = slot_of(reading, attrs[NFTA_LOOKUP_SREG])->load;
    reading->unclear |= load == LOAD_PORT || load == LOAD_PROTOCOL;
}

// iptables' own match of TCP and UDP ports.
static void read_match(struct reading *reading, const struct nlattr *data)
{
    const struct nlattr *attrs[NFTA_MATCH_MAX + 1];
    netlink_nested(data, attrs, NFTA_MATCH_MAX);
    const char *name = netlink_text(attrs[NFTA_MATCH_NAME]);
    bool tcp = strcmp(name, "tcp") == 0;
    if ((!tcp && strcmp(name, "udp") != 0) || attrs[NFTA_MATCH_INFO] == NULL) {
        reading->unclear |= strcmp(name, "multiport") == 0;
        return;
    }
    // Both structures begin with the source ports and the destination ports, in host byte order.
    struct xt_udp info = {.invflags = 0};
    if (mnl_attr_get_payload_len(attrs[NFTA_MATCH_INFO]) < sizeof info.spts + sizeof info.dpts) {
        return;
    }
    memcpy(&info, mnl_attr_get_payload(attrs[NFTA_MATCH_INFO]),
           sizeof info.spts + sizeof info.dpts);
    reading->found.protocol = tcp ? PROTO_TCP : PROTO_UDP;
    if (info.dpts[0] != 0 || info.dpts[1] != UINT16_MAX) {
        take_port_range(reading, info.dpts[0], info.dpts[1]);
    }
}

// ---- targets --------------------------------------------------------------------------------------------------

static void take_target(struct reading *reading, uint8_t family, const uint8_t *address,
                        uint16_t port)
{
    char buffer[IP_TEXT_MAX];
    struct ip_addr addr = {.family = family};
    memcpy(addr.bytes, address, family == IP_V4 ? ADDRESS_V4 : ADDRESS_V6);
    reading->has_target = true;
    reading->found.family = family;
    reading->found.has_to = true;
    reading->found.to = addr;
    reading->found.to_port = port;
    reading->found.target = arena_strdup(
        reading->arena, port == 0 ? ip_addr_text(addr, buffer) : ip_port_text(addr, port, buffer));
}

static void read_nat(struct reading *reading, const struct nlattr *data)
{
    const struct nlattr *attrs[NFTA_NAT_MAX + 1];
    netlink_nested(data, attrs, NFTA_NAT_MAX);
    if (netlink_u32(attrs[NFTA_NAT_TYPE]) != NFT_NAT_DNAT || attrs[NFTA_NAT_REG_ADDR_MIN] == NULL) {
        return;
    }
    uint8_t family = netlink_u32(attrs[NFTA_NAT_FAMILY]) == NFPROTO_IPV6 ? IP_V6 : IP_V4;
    const struct slot *address = slot_of(reading, attrs[NFTA_NAT_REG_ADDR_MIN]);
    if (address->load != LOAD_VALUE) {
        reading->found.family = family;
        reading->found.target = "another address";
        reading->has_target = true;
        return;
    }
    uint16_t port = 0;
    if (attrs[NFTA_NAT_REG_PROTO_MIN] != NULL) {
        const struct slot *slot = slot_of(reading, attrs[NFTA_NAT_REG_PROTO_MIN]);
        port = slot->load == LOAD_VALUE ? port_of(slot->value) : 0;
    }
    take_target(reading, family, address->value, port);
}

// iptables' DNAT. Revision 0 is for IPv4 alone and has a form of its own.
static void read_xt_target(struct reading *reading, const struct nlattr *data)
{
    const struct nlattr *attrs[NFTA_TARGET_MAX + 1];
    netlink_nested(data, attrs, NFTA_TARGET_MAX);
    if (attrs[NFTA_TARGET_NAME] == NULL || attrs[NFTA_TARGET_INFO] == NULL ||
        strcmp(netlink_text(attrs[NFTA_TARGET_NAME]), "DNAT") != 0) {
        return;
    }
    const void *info = mnl_attr_get_payload(attrs[NFTA_TARGET_INFO]);
    size_t size = mnl_attr_get_payload_len(attrs[NFTA_TARGET_INFO]);
    uint8_t family = reading->family == NFPROTO_IPV6 ? IP_V6 : IP_V4;
    if (netlink_u32(attrs[NFTA_TARGET_REV]) == 0 &&
        size >= sizeof(struct nf_nat_ipv4_multi_range_compat)) {
        struct nf_nat_ipv4_multi_range_compat range;
        memcpy(&range, info, sizeof range);
        take_target(reading, IP_V4, (const uint8_t *)&range.range[0].min_ip,
                    ntohs(range.range[0].min.all));
    } else if (size >= sizeof(struct nf_nat_range)) {
        struct nf_nat_range range;
        memcpy(&range, info, sizeof range);
        take_target(reading, family, (const uint8_t *)&range.min_addr, ntohs(range.min_proto.all));
    }
}

// ---- rules ----------------------------------------------------------------------------------------------------

static void read_expression(struct reading *reading, const struct nlattr *element)
{
    static const struct {
        const char *name;
        void (*read)(struct reading *reading, const struct nlattr *data);
    } readers[] = {
        {"payload", read_payload},     {"meta", read_meta},   {"cmp", read_cmp},
        {"immediate", read_immediate}, {"range", read_range}, {"lookup", read_lookup},
        {"match", read_match},         {"nat", read_nat},     {"target", read_xt_target},
    };
    const struct nlattr *attrs[NFTA_EXPR_MAX + 1];
    netlink_nested(element, attrs, NFTA_EXPR_MAX);
    if (attrs[NFTA_EXPR_NAME] == NULL || attrs[NFTA_EXPR_DATA] == NULL) {
        return;
    }
    const char *name = netlink_text(attrs[NFTA_EXPR_NAME]);
    for (size_t i = 0; i < ARRAY_COUNT(readers); i++) {
        if (strcmp(name, readers[i].name) == 0) {
            readers[i].read(reading, attrs[NFTA_EXPR_DATA]);
        }
    }
}

// Base chains of the hook `output` see what this host itself sends; nothing is published there.
static bool is_output(const struct dnat_readings *readings, const char *family, const char *table,
                      const char *chain)
{
    for (size_t i = 0; i < readings->bases->count; i++) {
        const struct nft_base_chain *base = &readings->bases->items[i];
        if (strcmp(base->family, family) == 0 && strcmp(base->table, table) == 0 &&
            strcmp(base->name, chain) == 0) {
            return strcmp(base->hook, "output") == 0;
        }
    }
    return false;
}

void dnat_take_rule(const struct nlmsghdr *reply, void *context)
{
    struct dnat_readings *readings = context;
    const struct nlattr *attrs[NFTA_RULE_MAX + 1];
    netlink_attributes(reply, attrs, NFTA_RULE_MAX);
    uint8_t family = netlink_family(reply);
    const char *family_name = family == NFPROTO_INET   ? "inet"
                              : family == NFPROTO_IPV4 ? "ip"
                              : family == NFPROTO_IPV6 ? "ip6"
                                                       : NULL;
    if (family_name == NULL || attrs[NFTA_RULE_TABLE] == NULL || attrs[NFTA_RULE_CHAIN] == NULL ||
        attrs[NFTA_RULE_EXPRESSIONS] == NULL) {
        return;
    }
    const char *table = netlink_text(attrs[NFTA_RULE_TABLE]);
    const char *chain = netlink_text(attrs[NFTA_RULE_CHAIN]);
    bool own = family == NFPROTO_INET && strcmp(table, readings->except_table) == 0;
    if (own || is_output(readings, family_name, table, chain)) {
        return;
    }
    struct reading reading = {.arena = readings->arena, .family = family};
    const struct nlattr *element;
    mnl_attr_for_each_nested (element, attrs[NFTA_RULE_EXPRESSIONS]) {
        read_expression(&reading, element);
    }
    struct nft_published *found = &reading.found;
    bool protocol = found->protocol == PROTO_TCP || found->protocol == PROTO_UDP;
    if (reading.has_port && reading.has_target && protocol && !reading.unclear) {
        found->rule =
            safe_text(readings->arena, arena_printf(readings->arena, "table %s %s, chain %s",
                                                    family_name, table, chain));
        vec_push(readings->arena, readings->ret, *found);
    }
}

static int read_rules(struct netlink *netlink, void *context)
{
    struct dnat_readings *readings = context;
    struct nlmsghdr *request =
        netlink_prepare(netlink, NFT_MSG_GETRULE, NLM_F_DUMP, NFPROTO_UNSPEC);
    *readings->ret = (struct nft_published_ports){.count = 0};
    return netlink_request(netlink, request, dnat_take_rule, readings);
}

enum nft_status nft_read_dnat(struct arena *arena, const char *except_table,
                              struct nft_published_ports *ret, struct nft_failure *reterr)
{
    struct nft_base_chains bases;
    enum nft_status status = nft_dump_base_chains(arena, except_table, &bases, reterr);
    if (status != NFT_DONE) {
        return status;
    }
    struct dnat_readings readings = {arena, except_table, &bases, ret};
    return netlink_read_whole(arena, read_rules, &readings, "reading the rules", reterr);
}
