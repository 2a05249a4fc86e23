// SPDX-License-Identifier: GPL-2.0-or-later
// Simulator: one condition on one packet. A key that the packet does not have makes the rule end without a
// match, as the implied protocol checks of nft do, also under a negation.
#include "sim.h"

#include <netinet/in.h>

enum { VALUE_MAX = 16 };

// A value as it lies in a register: network byte order for what comes from the packet.
struct value {
    uint8_t bytes[VALUE_MAX];
    size_t length;
};

static struct value number_value(uint64_t number, size_t length)
{
    struct value value = {.length = length};
    for (size_t i = 0; i < length; i++) {
        value.bytes[length - 1 - i] = (uint8_t)(number >> 8 * i);
    }
    return value;
}

static struct value host_value(uint32_t number)
{
    struct value value = {.length = sizeof number};
    memcpy(value.bytes, &number, sizeof number);
    return value;
}

static struct value name_value(const char *name)
{
    struct value value = {.length = VALUE_MAX};
    strncpy((char *)value.bytes, name, VALUE_MAX - 1);
    return value;
}

static struct value address_value(const struct ip_addr *addr)
{
    struct value value = {.length = addr->family == IP_V4 ? 4 : 16};
    memcpy(value.bytes, addr->bytes, value.length);
    return value;
}

static bool has_ports(const struct sim_packet *packet)
{
    return packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP ||
           packet->protocol == IPPROTO_SCTP || packet->protocol == IPPROTO_UDPLITE;
}

// The two 16-bit words at the head of the transport header: in a protocol without ports something else stands there.
static struct value transport_word(const struct sim_packet *packet, bool second)
{
    if (has_ports(packet)) {
        return number_value(second ? packet->destination_port : packet->source_port, 2);
    }
    if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6) {
        uint16_t type_and_code = (uint16_t)(packet->icmp_type << 8 | packet->icmp_code);
        return number_value(second ? (uint16_t)~type_and_code : type_and_code, 2);
    }
    return number_value(packet->protocol * 257U, 2);
}

static bool load_address(const struct ip_addr *addr, uint8_t family, struct value *ret)
{
    *ret = address_value(addr);
    return addr->family == family;
}

static bool load_port(const struct sim_packet *packet, uint8_t protocol, bool second,
                      struct value *ret)
{
    *ret = transport_word(packet, second);
    return packet->protocol == protocol;
}

static bool load_icmp(const struct sim_packet *packet, uint8_t family, bool second,
                      struct value *ret)
{
    *ret = number_value(second ? packet->icmp_code : packet->icmp_type, 1);
    return packet->source.family == family &&
           packet->protocol == (family == IP_V4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

// False when the packet has no such thing.
static bool load_key(enum rule_key key, const struct sim_view *view, struct value *ret)
{
    enum {
        NFPROTO_V4 = 2,
        NFPROTO_V6 = 10,
        SOME_INDEX = 7,
        STATUS_CONFIRMED = 8,
        STATUS_DNAT = 32,
        DIRECTION_ORIGINAL = 0,
        DIRECTION_REPLY = 1
    };
    const struct sim_packet *packet = view->packet;
    switch (key) {
    case KEY_IIFNAME:
        *ret = name_value(packet->in_interface);
        return true;
    case KEY_OIFNAME:
        *ret = name_value(packet->out_interface);
        return true;
    case KEY_IIF:
        *ret = host_value(packet->in_interface[0] != '\0' ? SOME_INDEX : 0);
        return true;
    case KEY_OIF:
        *ret = host_value(packet->out_interface[0] != '\0' ? SOME_INDEX : 0);
        return true;
    case KEY_MARK:
        *ret = host_value(packet->mark);
        return true;
    case KEY_NFPROTO:
        *ret = number_value(packet->source.family == IP_V4 ? NFPROTO_V4 : NFPROTO_V6, 1);
        return true;
    case KEY_L4PROTO:
        *ret = number_value(packet->protocol, 1);
        return true;
    case KEY_CT_STATE:
        *ret = host_value(view->ct_state);
        return true;
    case KEY_CT_STATUS: // nothing to look at without an entry
        *ret = host_value((view->ct_state != SIM_CT_NEW ? STATUS_CONFIRMED : 0) |
                          (packet->destination_changed ? STATUS_DNAT : 0));
        return view->ct_state != SIM_CT_INVALID && view->ct_state != SIM_CT_UNTRACKED;
    case KEY_CT_DIRECTION:
        *ret = number_value(packet->answer ? DIRECTION_REPLY : DIRECTION_ORIGINAL, 1);
        return view->ct_state != SIM_CT_INVALID && view->ct_state != SIM_CT_UNTRACKED;
    case KEY_IP_SADDR:
        return load_address(&packet->source, IP_V4, ret);
    case KEY_IP_DADDR:
        return load_address(&packet->destination, IP_V4, ret);
    case KEY_IP6_SADDR:
        return load_address(&packet->source, IP_V6, ret);
    case KEY_IP6_DADDR:
        return load_address(&packet->destination, IP_V6, ret);
    case KEY_TCP_SPORT:
    case KEY_TCP_DPORT:
        return load_port(packet, IPPROTO_TCP, key == KEY_TCP_DPORT, ret);
    case KEY_UDP_SPORT:
    case KEY_UDP_DPORT:
        return load_port(packet, IPPROTO_UDP, key == KEY_UDP_DPORT, ret);
    case KEY_SCTP_SPORT:
    case KEY_SCTP_DPORT:
        return load_port(packet, IPPROTO_SCTP, key == KEY_SCTP_DPORT, ret);
    case KEY_TH_SPORT:
    case KEY_TH_DPORT:
        *ret = transport_word(packet, key == KEY_TH_DPORT);
        return true;
    case KEY_NO_PORT:
        *ret = number_value(0, 2);
        return true;
    case KEY_ICMP_TYPE:
    case KEY_ICMP_CODE:
        return load_icmp(packet, IP_V4, key == KEY_ICMP_CODE, ret);
    case KEY_ICMPV6_TYPE:
    case KEY_ICMPV6_CODE:
        return load_icmp(packet, IP_V6, key == KEY_ICMPV6_CODE, ret);
    case KEY_COUNT:
        break;
    }
    POLC_UNREACHABLE("a key that the simulator does not know");
}

// ---- tests ----------------------------------------------------------------------------------------------------

static bool prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8;
    if (memcmp(a, b, whole) != 0) {
        return false;
    }
    return bits % 8 == 0 || ((a[whole] ^ b[whole]) >> (8 - bits % 8)) == 0;
}

static bool in_range(const struct value *value, const uint8_t *first, const uint8_t *last)
{
    return memcmp(value->bytes, first, value->length) >= 0 &&
           memcmp(value->bytes, last, value->length) <= 0;
}

static bool any_bits(const struct value *value, const uint8_t *mask)
{
    for (size_t i = 0; i < value->length; i++) {
        if (value->bytes[i] & mask[i]) {
            return true;
        }
    }
    return false;
}

// ---- sets -----------------------------------------------------------------------------------------------------

static bool in_cidrs(const struct set *set, const struct value *address)
{
    for (size_t i = 0; i < set->cidrs.count; i++) {
        const struct cidr *cidr = &set->cidrs.items[i];
        if (address->length == (cidr->addr.family == IP_V4 ? 4u : 16u) &&
            prefix_equal(cidr->addr.bytes, address->bytes, cidr->bits)) {
            return true;
        }
    }
    return false;
}

static uint32_t word(const struct value *value)
{
    return (uint32_t)value->bytes[0] << 8 | value->bytes[1];
}

static bool in_ports(const struct set *set, const struct value *port)
{
    for (size_t i = 0; i < set->ports.count; i++) {
        if (set->ports.items[i].min <= word(port) && word(port) <= set->ports.items[i].max) {
            return true;
        }
    }
    return false;
}

static bool in_triples(const struct set *set, const struct value keys[3])
{
    for (size_t i = 0; i < set->count; i++) {
        const struct plan_port_member *member = &set->triples[i];
        if (member->addr.family == set->family && member->protocol == keys[1].bytes[0] &&
            member->port == word(&keys[2]) &&
            memcmp(member->addr.bytes, keys[0].bytes, keys[0].length) == 0) {
            return true;
        }
    }
    return false;
}

static const struct plan_tuple *find_tuple(const struct set *set, const struct value keys[3])
{
    for (size_t i = 0; i < set->count; i++) {
        const struct plan_tuple *tuple = &set->tuples[i];
        if (tuple->net.addr.family == set->family && tuple->protocol == keys[1].bytes[0] &&
            tuple->ports.min <= word(&keys[2]) && word(&keys[2]) <= tuple->ports.max &&
            prefix_equal(tuple->net.addr.bytes, keys[0].bytes, tuple->net.bits)) {
            return tuple;
        }
    }
    return NULL;
}

static bool in_names(const struct set *set, const struct value *name)
{
    for (size_t i = 0; i < set->count; i++) {
        struct value other = name_value(set->ifnames[i]);
        if (memcmp(other.bytes, name->bytes, VALUE_MAX) == 0) {
            return true;
        }
    }
    return false;
}

// As much as the list has of it: others fill it.
static bool in_domains(const struct set *set, const struct nft_domain_elements *known,
                       const struct value *address)
{
    for (size_t i = 0; known != NULL && i < known->count; i++) {
        const struct nft_domain_element *element = &known->items[i];
        if (element->set == set->domains && element->addr.family == set->family &&
            memcmp(element->addr.bytes, address->bytes, address->length) == 0) {
            return true;
        }
    }
    return false;
}

static bool in_set(const struct set *set, const struct sim_view *view, const struct value *keys)
{
    switch ((enum set_content)set->content) {
    case SET_CIDRS:
    case SET_PADDED: // the second field is 0-255 in every element
        return in_cidrs(set, &keys[0]);
    case SET_PORTS:
        return in_ports(set, &keys[0]);
    case SET_TRIPLES:
        return in_triples(set, keys);
    case SET_TUPLES:
        return find_tuple(set, keys) != NULL;
    case SET_IFNAMES:
        return in_names(set, &keys[0]);
    case SET_VERDICTS:
    case SET_TUPLE_VERDICTS:
    case SET_DOMAINS:
        return in_domains(set, view->domains, &keys[0]);
    case SET_FLOWS_SEEN:
        break;
    }
    POLC_UNREACHABLE("a verdict map, or what packets fill, in a match");
}

static bool load_keys(const struct stmt *stmt, const struct sim_view *view, struct value *ret)
{
    for (size_t i = 0; i < stmt->key_count; i++) {
        if (!load_key(stmt->keys[i], view, &ret[i])) {
            return false;
        }
    }
    return true;
}

bool sim_match(const struct stmt *stmt, const struct sim_view *view)
{
    struct value keys[STMT_MAX_KEYS];
    if (!load_keys(stmt, view, keys)) {
        return false;
    }
    switch ((enum match_op)stmt->op) {
    case OP_EQ:
        return memcmp(keys[0].bytes, stmt->value, keys[0].length) == 0;
    case OP_NE:
        return memcmp(keys[0].bytes, stmt->value, keys[0].length) != 0;
    case OP_PREFIX:
        return prefix_equal(keys[0].bytes, stmt->value, stmt->bits);
    case OP_NOT_PREFIX:
        return !prefix_equal(keys[0].bytes, stmt->value, stmt->bits);
    case OP_RANGE:
        return in_range(&keys[0], stmt->value_start, stmt->value_end);
    case OP_NOT_RANGE:
        return !in_range(&keys[0], stmt->value_start, stmt->value_end);
    case OP_SET:
        return in_set(stmt->set, view, keys);
    case OP_NOT_SET:
        return !in_set(stmt->set, view, keys);
    case OP_BITS:
        return any_bits(&keys[0], stmt->value);
    }
    POLC_UNREACHABLE("an operator that the simulator does not know");
}

static bool element_matches(const struct set *map, const struct map_element *element,
                            const struct value *keys)
{
    const struct value *address = &keys[map->with_ifname ? 1 : 0];
    struct value name = name_value(map->with_ifname ? element->ifname : "");
    return (!map->with_ifname || memcmp(name.bytes, keys[0].bytes, VALUE_MAX) == 0) &&
           (map->family == 0 || memcmp(element->addr.bytes, address->bytes, address->length) == 0);
}

static bool find_target(const struct set *map, const struct value *keys, struct map_element *ret)
{
    const struct plan_tuple *tuple = find_tuple(map, keys);
    if (tuple != NULL) {
        *ret = (struct map_element){.verdict = VERDICT_GOTO, .chain = map->targets[tuple->action]};
    }
    return tuple != NULL;
}

bool sim_map_element(const struct stmt *stmt, const struct sim_view *view, struct map_element *ret)
{
    struct value keys[STMT_MAX_KEYS];
    const struct set *map = stmt->set;
    bool catch_all = false;
    if (!load_keys(stmt, view, keys)) {
        return false;
    }
    if (map->content == SET_TUPLE_VERDICTS) {
        return find_target(map, keys, ret);
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct map_element *element = &map->verdicts[i];
        if (element->catch_all) {
            catch_all = true;
            *ret = *element;
        } else if (element_matches(map, element, keys)) {
            *ret = *element;
            return true;
        }
    }
    return catch_all;
}

static struct ip_addr address_of(const struct value *value)
{
    struct ip_addr addr = {.family = value->length == 4 ? IP_V4 : IP_V6};
    memcpy(addr.bytes, value->bytes, value->length);
    return addr;
}

bool sim_record_of(const struct stmt *stmt, const struct sim_view *view, struct sim_record *ret)
{
    struct value keys[STMT_MAX_KEYS];
    if (!load_keys(stmt, view, keys)) {
        return false;
    }
    *ret = (struct sim_record){.set = stmt->set,
                               .source = address_of(&keys[0]),
                               .destination = address_of(&keys[1]),
                               .protocol = keys[2].bytes[0],
                               .port = (uint16_t)word(&keys[3])};
    return true;
}
