// SPDX-License-Identifier: GPL-2.0-or-later
// The fields of the plan as they are kept: a row for each. Tags are for ever: a field that is gone leaves its tag behind,
// a new one takes a new tag, and its default is what older plans meant.
#include "codec.h"

#define AT(type, member) ((uint32_t)offsetof(type, member))

// What follows the arguments of a row is further members of struct field.
#define NUMBER(tag_, kind_, type, member, ...)                                                     \
    {                                                                                              \
        .tag = (tag_), .kind = (kind_), .offset = AT(type, member), __VA_ARGS__                    \
    }
#define NUMBER_OR(tag_, kind_, type, member, absent_)                                              \
    {                                                                                              \
        .tag = (tag_), .kind = (kind_), .offset = AT(type, member), .absent = (absent_)            \
    }
#define TEXT(tag_, type, member) NUMBER(tag_, FIELD_TEXT, type, member)
#define INSIDE(tag_, type, member, record_)                                                        \
    {                                                                                              \
        .tag = (tag_), .kind = FIELD_RECORD, .offset = AT(type, member), .record = &(record_)      \
    }
// A vector, member `member`; `self` for a struct that is one itself.
#define VECTOR(tag_, type, member, record_, ...)                                                   \
    {                                                                                              \
        .tag = (tag_), .kind = FIELD_LIST, .offset = AT(type, member.items),                       \
        .count = AT(type, member.count), .capacity = AT(type, member.capacity),                    \
        .record = &(record_), __VA_ARGS__                                                          \
    }
#define ARRAY(tag_, type, member, count_, record_)                                                 \
    {                                                                                              \
        .tag = (tag_), .kind = FIELD_LIST, .offset = AT(type, member), .count = AT(type, count_),  \
        .record = &(record_)                                                                       \
    }
#define TEXTS(tag_, type, member, count_)                                                          \
    {                                                                                              \
        .tag = (tag_), .kind = FIELD_TEXTS, .offset = AT(type, member), .count = AT(type, count_)  \
    }
#define CUSTOM(tag_, type, member, name)                                                           \
    {                                                                                              \
        .tag = (tag_), .kind = FIELD_CUSTOM, .offset = AT(type, member), .write = write_##name,    \
        .read = read_##name                                                                        \
    }
#define ADDRESS(tag_, type, member)                                                                \
    {                                                                                              \
        .tag = (tag_), .kind = FIELD_CUSTOM, .offset = AT(type, member),                           \
        .write = ip_addr_field_write, .read = ip_addr_field_read                                   \
    }
#define PLACE(tag_, type)                                                                          \
    {                                                                                              \
        .tag = (tag_), .kind = FIELD_CUSTOM, .offset = AT(type, loc), .write = write_loc,          \
        .read = read_loc, .aside = true                                                            \
    }

// A struct that grows needs a row here, and then its new size.
#if __SIZEOF_POINTER__ == 8
#define SIZE_OF(type, bytes)                                                                       \
    _Static_assert(sizeof(type) == (bytes), "add the new field of " #type " to its table")
#else
#define SIZE_OF(type, bytes) _Static_assert(sizeof(type) > 0, "")
#endif

// ---- prefixes, ports, places -------------------------------------------------------------------------------------

enum { V6_FORM = 64, BYTE_BITS = 8 };

// The length of a prefix and its family in one byte, then the bytes that the prefix covers.
static void write_prefix(struct strbuf *out, const struct cidr *cidr)
{
    char form = (char)(cidr->bits + (cidr->addr.family == IP_V6 ? V6_FORM : 0));
    strbuf_add_n(out, &form, 1);
    strbuf_add_n(out, (const char *)cidr->addr.bytes, (cidr->bits + BYTE_BITS - 1U) / BYTE_BITS);
}

static bool read_prefix(const uint8_t **data, const uint8_t *end, struct cidr *cidr)
{
    uint8_t form = *(*data)++;
    *cidr = (struct cidr){.addr.family = form >= V6_FORM ? IP_V6 : IP_V4,
                          .bits = form >= V6_FORM ? (uint8_t)(form - V6_FORM) : form};
    size_t bytes = (cidr->bits + BYTE_BITS - 1U) / BYTE_BITS;
    if (cidr->bits > ip_family_bits(cidr->addr.family) || bytes > (size_t)(end - *data)) {
        return false;
    }
    memcpy(cidr->addr.bytes, *data, bytes);
    *data += bytes;
    return cidr_compare(cidr_masked(*cidr), *cidr) == 0;
}

static void write_cidrs(struct strbuf *out, const void *field)
{
    const struct cidrset *set = field;
    if (set->count > 0) {
        varint_write(out, set->count);
    }
    for (size_t i = 0; i < set->count; i++) {
        write_prefix(out, &set->items[i]);
    }
}

static bool read_cidrs(struct arena *arena, const uint8_t *data, size_t size, void *field)
{
    struct cidrset *set = field;
    const uint8_t *end = data + size;
    uint64_t count;
    if (!varint_read(&data, end, &count) || count > (size_t)(end - data)) {
        return false;
    }
    set->count = (size_t)count;
    set->items = arena_array_of(arena, struct cidr, set->count);
    for (size_t i = 0; i < set->count; i++) {
        struct cidr *item = &set->items[i];
        if (data == end || !read_prefix(&data, end, item) ||
            (i > 0 && (cidr_compare(item[-1], *item) >= 0 || cidr_contains(item[-1], *item)))) {
            return false; // not the order of a normalized set
        }
    }
    return data == end;
}

static void write_ports(struct strbuf *out, const void *field)
{
    const struct portset *set = field;
    for (size_t i = 0; i < set->count; i++) {
        varint_write(out, set->items[i].min);
        varint_write(out, set->items[i].max);
    }
}

static bool read_ports(struct arena *arena, const uint8_t *data, size_t size, void *field)
{
    struct portset *set = field;
    const uint8_t *end = data + size;
    int last = -2;
    *set = (struct portset){.items = arena_array_of(arena, struct port_range, size / 2)};
    while (data < end) {
        uint64_t min, max;
        if (!varint_read(&data, end, &min) || !varint_read(&data, end, &max) || max > UINT16_MAX ||
            min > max || (int)min <= last + 1) {
            return false;
        }
        set->items[set->count++] = (struct port_range){(uint16_t)min, (uint16_t)max};
        last = (int)max;
    }
    return true;
}

static void write_loc(struct strbuf *out, const void *field)
{
    const struct loc *loc = field;
    if (loc->line != 0) {
        varint_write(out, loc->source);
        varint_write(out, loc->line);
        varint_write(out, loc->column);
        varint_write(out, loc->length);
    }
}

static bool read_loc(struct arena *arena, const uint8_t *data, size_t size, void *field)
{
    (void)arena;
    const uint8_t *end = data + size;
    uint64_t source, line, column, length;
    if (!varint_read(&data, end, &source) || !varint_read(&data, end, &line) ||
        !varint_read(&data, end, &column) || !varint_read(&data, end, &length) ||
        source > UINT32_MAX || line > UINT32_MAX || column > UINT16_MAX || length > UINT16_MAX) {
        return false;
    }
    *(struct loc *)field =
        (struct loc){(uint32_t)source, (uint32_t)line, (uint16_t)column, (uint16_t)length};
    return data == end;
}

static void write_indexes(struct strbuf *out, const void *field)
{
    const struct plan_indexes *indexes = field;
    for (size_t i = 0; i < indexes->count; i++) {
        varint_write(out, indexes->items[i]);
    }
}

static bool read_indexes(struct arena *arena, const uint8_t *data, size_t size, void *field)
{
    struct plan_indexes *indexes = field;
    const uint8_t *end = data + size;
    *indexes =
        (struct plan_indexes){.items = arena_array_of(arena, uint32_t, size), .capacity = size};
    while (data < end) {
        uint64_t index;
        if (!varint_read(&data, end, &index) || index > UINT32_MAX) {
            return false;
        }
        indexes->items[indexes->count++] = (uint32_t)index;
    }
    return true;
}

static const struct field address_fields[] = {
    {.tag = 1, .kind = FIELD_CUSTOM, .write = ip_addr_field_write, .read = ip_addr_field_read},
};
static const struct record address_record = RECORD("address", struct ip_addr, address_fields);

// Not masked: an address of an interface with the length of its link.
static const struct field cidr_fields[] = {
    ADDRESS(1, struct cidr, addr),
    NUMBER(2, FIELD_U8, struct cidr, bits),
};
static const struct record cidr_record = RECORD("prefix", struct cidr, cidr_fields);

// ---- settings -----------------------------------------------------------------------------------------------------

SIZE_OF(struct plan_failsafe, 24);
static const struct field failsafe_fields[] = {
    NUMBER(1, FIELD_U8, struct plan_failsafe, protocol),
    NUMBER(2, FIELD_U16, struct plan_failsafe, port),
    NUMBER(3, FIELD_BOOL, struct plan_failsafe, has_net),
    INSIDE(4, struct plan_failsafe, net, cidr_record),
};
static const struct record failsafe_record =
    RECORD("failsafe port", struct plan_failsafe, failsafe_fields);

static const struct field ip_port_fields[] = {
    ADDRESS(1, struct ip_port, addr),
    NUMBER(2, FIELD_U16, struct ip_port, port),
};
static const struct record ip_port_record = RECORD("server", struct ip_port, ip_port_fields);

SIZE_OF(struct plan_settings, 160);
static const struct field settings_fields[] = {
    TEXTS(1, struct plan_settings, interface_prefixes, interface_prefix_count),
    NUMBER(2, FIELD_U8, struct plan_settings, host_action),
    NUMBER(3, FIELD_BOOL, struct plan_settings, reject),
    TEXT(4, struct plan_settings, log_prefix),
    NUMBER(5, FIELD_U32, struct plan_settings, log_rate),
    NUMBER(6, FIELD_U64, struct plan_settings, log_unit),
    NUMBER(7, FIELD_U32, struct plan_settings, log_burst),
    NUMBER(8, FIELD_BOOL, struct plan_settings, conntrack_invalid_check),
    NUMBER(9, FIELD_BOOL, struct plan_settings, drop_vxlan),
    NUMBER(10, FIELD_BOOL, struct plan_settings, drop_ipip),
    NUMBER(11, FIELD_U16, struct plan_settings, vxlan_port),
    NUMBER(12, FIELD_U32, struct plan_settings, mark),
    VECTOR(13, struct plan_settings, failsafes[PLAN_IN], failsafe_record),
    VECTOR(14, struct plan_settings, failsafes[PLAN_OUT], failsafe_record),
    NUMBER(15, FIELD_U32, struct plan_settings, flow_size),
    NUMBER(16, FIELD_U32, struct plan_settings, flow_timeout),
    VECTOR(17, struct plan_settings, dns_servers, ip_port_record),
    NUMBER(18, FIELD_U32, struct plan_settings, dns_extra_ttl),
    NUMBER_OR(19, FIELD_U32, struct plan_settings, dns_min_ttl, 120),
    NUMBER_OR(20, FIELD_U32, struct plan_settings, dns_set_timeout, 3600),
    NUMBER_OR(21, FIELD_U16, struct plan_settings, dns_log_group, 53),
    NUMBER(22, FIELD_BOOL, struct plan_settings, dns_watch),
};
static const struct record settings_record =
    RECORD("settings", struct plan_settings, settings_fields);

static const struct field node_settings_fields[] = {
    TEXT(1, struct plan_node_settings, node),
    INSIDE(2, struct plan_node_settings, settings, settings_record),
};
static const struct record node_settings_record =
    RECORD("settings of a node", struct plan_node_settings, node_settings_fields);

// ---- policies -----------------------------------------------------------------------------------------------------

SIZE_OF(struct plan_side, 104);
static const struct field side_fields[] = {
    NUMBER(1, FIELD_BOOL, struct plan_side, has_nets),
    NUMBER(2, FIELD_BOOL, struct plan_side, has_not_nets),
    CUSTOM(3, struct plan_side, nets, cidrs),
    CUSTOM(4, struct plan_side, not_nets, cidrs),
    NUMBER_OR(5, FIELD_I32, struct plan_side, ipset, -1),
    NUMBER_OR(6, FIELD_I32, struct plan_side, not_ipset, -1),
    NUMBER(7, FIELD_BOOL, struct plan_side, has_ports),
    CUSTOM(8, struct plan_side, ports, ports),
    CUSTOM(9, struct plan_side, not_ports, ports),
    NUMBER_OR(10, FIELD_I32, struct plan_side, named_ports, -1),
    NUMBER_OR(11, FIELD_I32, struct plan_side, not_named_ports, -1),
    NUMBER_OR(12, FIELD_I32, struct plan_side, domains, -1),
};
static const struct record side_record = RECORD("side of a rule", struct plan_side, side_fields);

SIZE_OF(struct plan_match, 224);
static const struct field match_fields[] = {
    NUMBER_OR(1, FIELD_U8, struct plan_match, families, PLAN_BOTH),
    NUMBER(2, FIELD_U8, struct plan_match, protocol),
    NUMBER(3, FIELD_U8, struct plan_match, not_protocol),
    NUMBER_OR(4, FIELD_I16, struct plan_match, icmp_type, -1),
    NUMBER_OR(5, FIELD_I16, struct plan_match, icmp_code, -1),
    NUMBER_OR(6, FIELD_I16, struct plan_match, not_icmp_type, -1),
    NUMBER_OR(7, FIELD_I16, struct plan_match, not_icmp_code, -1),
    INSIDE(8, struct plan_match, source, side_record),
    INSIDE(9, struct plan_match, destination, side_record),
};
static const struct record match_record = RECORD("match", struct plan_match, match_fields);

SIZE_OF(struct plan_rule, 248);
static const struct field rule_fields[] = {
    NUMBER(1, FIELD_U8, struct plan_rule, action),
    NUMBER(2, FIELD_U32, struct plan_rule, index),
    PLACE(3, struct plan_rule),
    INSIDE(4, struct plan_rule, match, match_record),
};
static const struct record rule_record = RECORD("rule", struct plan_rule, rule_fields);

SIZE_OF(struct plan_tier, 32);
static const struct field tier_fields[] = {
    TEXT(1, struct plan_tier, name),
    NUMBER(2, FIELD_DOUBLE, struct plan_tier, order),
    NUMBER(3, FIELD_BOOL, struct plan_tier, pass),
    PLACE(4, struct plan_tier),
};
static const struct record tier_record = RECORD("tier", struct plan_tier, tier_fields);

SIZE_OF(struct plan_policy, 120);
static const struct field policy_fields[] = {
    TEXT(1, struct plan_policy, id),
    TEXT(2, struct plan_policy, kind),
    TEXT(3, struct plan_policy, ns),
    TEXT(4, struct plan_policy, name),
    NUMBER(5, FIELD_U32, struct plan_policy, tier),
    NUMBER(6, FIELD_DOUBLE, struct plan_policy, order),
    NUMBER(7, FIELD_U8, struct plan_policy, types),
    NUMBER(8, FIELD_BOOL, struct plan_policy, staged),
    NUMBER(9, FIELD_BOOL, struct plan_policy, missing),
    NUMBER(10, FIELD_U8, struct plan_policy, stage),
    NUMBER(11, FIELD_BOOL, struct plan_policy, apply_on_forward),
    PLACE(12, struct plan_policy),
    VECTOR(13, struct plan_policy, rules[PLAN_IN], rule_record),
    VECTOR(14, struct plan_policy, rules[PLAN_OUT], rule_record),
    NUMBER(15, FIELD_BOOL, struct plan_policy, rule_counters),
};
static const struct record policy_record = RECORD("policy", struct plan_policy, policy_fields);

static const struct field port_member_fields[] = {
    ADDRESS(1, struct plan_port_member, addr),
    NUMBER(2, FIELD_U8, struct plan_port_member, protocol),
    NUMBER(3, FIELD_U16, struct plan_port_member, port),
};
static const struct record port_member_record =
    RECORD("named port", struct plan_port_member, port_member_fields);

SIZE_OF(struct plan_ipset, 56);
static const struct field ipset_fields[] = {
    TEXT(1, struct plan_ipset, name),
    TEXT(2, struct plan_ipset, service),
    NUMBER(3, FIELD_BOOL, struct plan_ipset, named_ports),
    CUSTOM(4, struct plan_ipset, members, cidrs),
    ARRAY(5, struct plan_ipset, ports, port_count, port_member_record),
};
static const struct record ipset_record = RECORD("set", struct plan_ipset, ipset_fields);

SIZE_OF(struct plan_domains, 24);
static const struct field domains_fields[] = {
    TEXT(1, struct plan_domains, name),
    TEXTS(2, struct plan_domains, patterns, count),
};
static const struct record domains_record = RECORD("domains", struct plan_domains, domains_fields);

// ---- endpoints ----------------------------------------------------------------------------------------------------

static const struct field class_tier_fields[] = {
    NUMBER(1, FIELD_U32, struct plan_class_tier, tier),
    CUSTOM(2, struct plan_class_tier, policies, indexes),
    NUMBER(3, FIELD_BOOL, struct plan_class_tier, enforced),
};
static const struct record class_tier_record =
    RECORD("tier of a class", struct plan_class_tier, class_tier_fields);

SIZE_OF(struct plan_class, 56);
static const struct field class_fields[] = {
    NUMBER(1, FIELD_U8, struct plan_class, direction),
    NUMBER(2, FIELD_U8, struct plan_class, stage),
    NUMBER(3, FIELD_BOOL, struct plan_class, host),
    VECTOR(4, struct plan_class, tiers, class_tier_record),
    CUSTOM(5, struct plan_class, profiles, indexes),
};
static const struct record class_record = RECORD("class", struct plan_class, class_fields);

SIZE_OF(struct plan_endpoint, 96);
static const struct field endpoint_fields[] = {
    TEXT(1, struct plan_endpoint, id),
    TEXT(2, struct plan_endpoint, node),
    TEXT(3, struct plan_endpoint, interface),
    TEXT(4, struct plan_endpoint, bridge),
    TEXT(5, struct plan_endpoint, port),
    ARRAY(6, struct plan_endpoint, addresses, address_count, address_record),
    CUSTOM(7, struct plan_endpoint, spoofable, cidrs),
    NUMBER(8, FIELD_U32, struct plan_endpoint, classes[PLAN_IN]),
    NUMBER(9, FIELD_U32, struct plan_endpoint, classes[PLAN_OUT]),
    PLACE(10, struct plan_endpoint),
};
static const struct record endpoint_record =
    RECORD("workload endpoint", struct plan_endpoint, endpoint_fields);

#define HOST_CLASS(tag, stage, direction)                                                          \
    NUMBER_OR(tag, FIELD_U32, struct plan_host, classes[stage][direction], PLAN_NO_CLASS)
SIZE_OF(struct plan_host, 112);
static const struct field host_fields[] = {
    TEXT(1, struct plan_host, id),
    TEXT(2, struct plan_host, node),
    NUMBER(3, FIELD_BOOL, struct plan_host, all_interfaces),
    {.tag = 4,
     .kind = FIELD_TEXTS,
     .offset = AT(struct plan_host, interfaces.items),
     .count = AT(struct plan_host, interfaces.count),
     .capacity = AT(struct plan_host, interfaces.capacity)},
    ARRAY(5, struct plan_host, addresses, address_count, address_record),
    HOST_CLASS(6, PLAN_NORMAL, PLAN_IN),
    HOST_CLASS(7, PLAN_NORMAL, PLAN_OUT),
    HOST_CLASS(8, PLAN_FORWARD, PLAN_IN),
    HOST_CLASS(9, PLAN_FORWARD, PLAN_OUT),
    HOST_CLASS(10, PLAN_PREDNAT, PLAN_IN),
    HOST_CLASS(11, PLAN_PREDNAT, PLAN_OUT),
    HOST_CLASS(12, PLAN_UNTRACKED, PLAN_IN),
    HOST_CLASS(13, PLAN_UNTRACKED, PLAN_OUT),
    PLACE(14, struct plan_host),
};
static const struct record host_record = RECORD("host endpoint", struct plan_host, host_fields);

SIZE_OF(struct plan_interface, 48);
static const struct field interface_fields[] = {
    TEXT(1, struct plan_interface, node),
    TEXT(2, struct plan_interface, name),
    NUMBER_OR(3, FIELD_I32, struct plan_interface, host, -1),
    NUMBER(4, FIELD_BOOL, struct plan_interface, loopback),
    NUMBER(5, FIELD_BOOL, struct plan_interface, bridge),
    NUMBER(6, FIELD_BOOL, struct plan_interface, workload),
    TEXT(7, struct plan_interface, master),
    ARRAY(8, struct plan_interface, addresses, address_count, cidr_record),
};
static const struct record interface_record =
    RECORD("interface", struct plan_interface, interface_fields);

// ---- the whole ----------------------------------------------------------------------------------------------------

static const struct field name_member_fields[] = {
    TEXT(1, struct plan_name_member, name),
    ARRAY(2, struct plan_name_member, addresses, address_count, address_record),
};
static const struct record name_member_record =
    RECORD("name of an endpoint", struct plan_name_member, name_member_fields);

SIZE_OF(struct plan_name, 48);
static const struct field name_fields[] = {
    NUMBER(1, FIELD_U8, struct plan_name, type),
    TEXT(2, struct plan_name, ns),
    TEXT(3, struct plan_name, aggregate),
    VECTOR(4, struct plan_name, members, name_member_record),
};
static const struct record name_record =
    RECORD("names of endpoints", struct plan_name, name_fields);

static const struct field netset_fields[] = {
    TEXT(1, struct plan_netset, ns),
    TEXT(2, struct plan_netset, name),
    ARRAY(3, struct plan_netset, nets, net_count, cidr_record),
    TEXTS(4, struct plan_netset, domains, domain_count),
};
static const struct record netset_record = RECORD("network set", struct plan_netset, netset_fields);

static const struct field service_fields[] = {
    TEXT(1, struct plan_service, ns),
    TEXT(2, struct plan_service, name),
    ARRAY(3, struct plan_service, ports, port_count, port_member_record),
};
static const struct record service_record = RECORD("service", struct plan_service, service_fields);

SIZE_OF(struct plan, 496);
static const struct field plan_fields[] = {
    TEXT(1, struct plan, node),
    INSIDE(2, struct plan, settings, settings_record),
    VECTOR(3, struct plan, node_settings, node_settings_record),
    VECTOR(4, struct plan, tiers, tier_record),
    VECTOR(5, struct plan, policies, policy_record),
    VECTOR(6, struct plan, profiles, policy_record),
    VECTOR(7, struct plan, ipsets, ipset_record),
    VECTOR(8, struct plan, classes, class_record),
    VECTOR(9, struct plan, endpoints, endpoint_record),
    VECTOR(10, struct plan, hosts, host_record),
    // What the host had at the time, and what governs nothing here, is not what the input says.
    VECTOR(11, struct plan, interfaces, interface_record, .aside = true),
    NUMBER(12, FIELD_U64, struct plan, policies_in_input, .aside = true),
    NUMBER(13, FIELD_U64, struct plan, endpoints_in_input, .aside = true),
    VECTOR(14, struct plan, names, name_record, .aside = true),
    VECTOR(15, struct plan, netsets, netset_record, .aside = true),
    VECTOR(16, struct plan, services, service_record, .aside = true),
    VECTOR(17, struct plan, domains, domains_record),
};
const struct record plan_record = RECORD("plan", struct plan, plan_fields);

static const struct field source_fields[] = {
    TEXT(1, struct plan_source, path),
    NUMBER(2, FIELD_U64, struct plan_source, size),
    TEXT(3, struct plan_source, sha256),
};
static const struct record source_record = RECORD("source", struct plan_source, source_fields);

static const struct field origin_fields[] = {
    VECTOR(1, struct plan_origin, sources, source_record),
    TEXTS(2, struct plan_origin, roots, root_count),
};
const struct record plan_origin_record = RECORD("origin", struct plan_origin, origin_fields);
