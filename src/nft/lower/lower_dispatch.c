// SPDX-License-Identifier: GPL-2.0-or-later
// Base chains and dispatch: which class chain judges a packet. One look-up a half, whatever the number of tiers.
//   forward        established | from a workload interface -> dispatch/from | from an address -> class | dispatch/to
//   input          established | from a workload interface -> dispatch/host | from an address -> class
//   dispatch/host  what a guest needs of its host (ND, MLD, DHCP), then dispatch/from
//   dispatch/from  interface . source address -> class of the source; anything else there is spoofed or unknown
//   class/out/...  its Allow goes to dispatch/to, which is also the end of the path
//   dispatch/to    destination address -> class of the destination; else accept, or to this host by its setting
// Packets that concern no endpoint fall through with accept, which ends only this table.
#include "lower.h"

#include <linux/netfilter.h>
#include <stdlib.h>

// One (endpoint, address) pair.
struct entry {
    const struct plan_endpoint *endpoint;
    struct ip_addr addr;
    bool shared; // another endpoint on another interface has the address too
};

struct entries {
    VEC_FIELDS(struct entry);
};

// By address, then those without an interface, then by interface. Endpoints that are equal in all of it are one: two on
// the same interface were refused before.
static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;
    int order = ip_addr_compare(left->addr, right->addr);
    if (order != 0 || left->endpoint->interface == NULL || right->endpoint->interface == NULL) {
        return order != 0
                   ? order
                   : (left->endpoint->interface != NULL) - (right->endpoint->interface != NULL);
    }
    return strcmp(left->endpoint->interface, right->endpoint->interface);
}

// An endpoint may list an address twice.
static void drop_repeated(struct entries *entries)
{
    size_t count = 0;
    for (size_t i = 0; i < entries->count; i++) {
        if (count == 0 || compare_entries(&entries->items[count - 1], &entries->items[i]) != 0) {
            entries->items[count++] = entries->items[i];
        }
    }
    entries->count = count;
}

static struct entries collect_entries(struct lower *lower)
{
    struct entries entries = {0};
    const struct plan *plan = lower->plan;
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[i];
        for (size_t j = 0; j < endpoint->address_count; j++) {
            vec_push(lower->arena, &entries,
                     (struct entry){endpoint, endpoint->addresses[j], false});
        }
    }
    vec_sort(&entries, compare_entries);
    drop_repeated(&entries);
    for (size_t i = 1; i < entries.count; i++) {
        if (ip_addr_compare(entries.items[i - 1].addr, entries.items[i].addr) == 0) {
            entries.items[i - 1].shared = entries.items[i].shared = true;
        }
    }
    return entries;
}

struct map_elements {
    VEC_FIELDS(struct map_element);
};

// MAP_OWN and MAP_OWN_ADDRESS accept an endpoint's own source address without asking its policies.
enum map_use {
    MAP_FROM_INTERFACE,
    MAP_FROM_ADDRESS,
    MAP_TO_ADDRESS,
    MAP_TO_INTERFACE,
    MAP_OWN,
    MAP_OWN_ADDRESS
};

static bool belongs(const struct entry *entry, enum map_use use)
{
    bool has_interface = entry->endpoint->interface != NULL;
    switch (use) {
    case MAP_FROM_INTERFACE:
    case MAP_OWN:
        return has_interface;
    case MAP_FROM_ADDRESS:
    case MAP_OWN_ADDRESS:
        return !has_interface;
    case MAP_TO_ADDRESS:
        return !entry->shared;
    case MAP_TO_INTERFACE:
        return entry->shared;
    }
    return false;
}

static struct map_elements make_elements(struct lower *lower, const struct entries *entries,
                                         uint8_t family, enum map_use use)
{
    struct map_elements elements = {0};
    bool from = use == MAP_FROM_INTERFACE || use == MAP_FROM_ADDRESS;
    bool own = use == MAP_OWN || use == MAP_OWN_ADDRESS;
    const struct path *path = from ? &path_from : &path_to;
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry *entry = &entries->items[i];
        if (entry->addr.family == family && belongs(entry, use)) {
            vec_push(lower->arena, &elements,
                     (struct map_element){
                         .ifname = entry->endpoint->interface,
                         .addr = entry->addr,
                         .verdict = own ? VERDICT_ACCEPT : VERDICT_GOTO,
                         .chain = own ? NULL
                                      : lower_class(
                                            lower, entry->endpoint->classes[path->direction], path),
                         .loc = entry->endpoint->loc,
                     });
        }
    }
    return elements;
}

static const struct set *make_map(struct lower *lower, const struct entries *entries,
                                  const char *name, uint8_t family, enum map_use use)
{
    struct map_elements elements = make_elements(lower, entries, family, use);
    bool is_new;
    struct set *set =
        lower_set(lower, arena_printf(lower->arena, "%s%u", name, family), SET_VERDICTS, &is_new);
    set->family = family;
    set->with_ifname = use == MAP_FROM_INTERFACE || use == MAP_TO_INTERFACE || use == MAP_OWN;
    if (use == MAP_FROM_INTERFACE) {
        vec_push(lower->arena, &elements,
                 (struct map_element){
                     .catch_all = true, .verdict = VERDICT_GOTO, .chain = CHAIN_SPOOFED});
    }
    set->verdicts = elements.items;
    set->count = elements.count;
    set->size = set_size(elements.count);
    return set;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const struct set *make_interfaces(struct lower *lower)
{
    VEC(const char *) names = {0};
    for (size_t i = 0; i < lower->plan->endpoints.count; i++) {
        if (lower->plan->endpoints.items[i].interface != NULL) {
            vec_push(lower->arena, &names, lower->plan->endpoints.items[i].interface);
        }
    }
    vec_sort(&names, compare_texts);
    size_t unique = 0;
    for (size_t i = 0; i < names.count; i++) {
        if (unique == 0 || strcmp(names.items[unique - 1], names.items[i]) != 0) {
            names.items[unique++] = names.items[i];
        }
    }
    bool is_new;
    struct set *set = lower_set(lower, SET_INTERFACES, SET_IFNAMES, &is_new);
    set->ifnames = names.items;
    set->count = unique;
    set->size = set_size(unique);
    return set;
}

// ---- rules of the dispatch chains -----------------------------------------------------------------------------

void add1(struct lower *lower, struct chain *chain, struct stmt stmt)
{
    chain_add(lower, chain, &stmt, 1, NULL, LOC_NONE);
}

void add2(struct lower *lower, struct chain *chain, struct stmt first, struct stmt second)
{
    chain_add(lower, chain, (struct stmt[]){first, second}, 2, NULL, LOC_NONE);
}

static void add_counted_drop(struct lower *lower, struct chain *chain, const struct stmt *match,
                             const char *comment)
{
    struct stmt stmts[3];
    size_t count = 0;
    if (match != NULL) {
        stmts[count++] = *match;
    }
    stmts[count++] = stmt_counter();
    stmts[count++] = stmt_verdict(VERDICT_DROP, NULL);
    chain_add(lower, chain, stmts, count, comment, LOC_NONE);
}

struct stmt established(void)
{
    static const uint32_t bits = 6; // established, related
    return stmt_value(KEY_CT_STATE, OP_BITS, &bits, sizeof bits);
}

static struct stmt interface_prefix(enum rule_key key, const char *prefix)
{
    size_t length = strlen(prefix);
    struct stmt stmt = stmt_value(key, OP_PREFIX, prefix, length);
    stmt.bits = (uint8_t)(length * 8);
    return stmt;
}

// From a workload interface: a known one, or one whose name starts with a prefix.
static void add_from_workloads(struct lower *lower, struct chain *chain,
                               const struct set *interfaces, const char *target)
{
    struct stmt go = stmt_verdict(VERDICT_GOTO, target);
    add2(lower, chain, stmt_in_set(KEY_IIFNAME, interfaces), go);
    for (size_t i = 0; i < lower->plan->settings.interface_prefix_count; i++) {
        const char *prefix = lower->plan->settings.interface_prefixes[i];
        add2(lower, chain, interface_prefix(KEY_IIFNAME, prefix), go);
    }
}

struct maps {
    const struct set *from[2], *from_address[2], *to[2], *to_interface[2]; // IPv4, IPv6
};

static struct maps make_maps(struct lower *lower, const struct entries *entries)
{
    static const uint8_t families[] = {IP_V4, IP_V6};
    struct maps maps;
    for (size_t i = 0; i < 2; i++) {
        maps.from[i] = make_map(lower, entries, "from", families[i], MAP_FROM_INTERFACE);
        maps.from_address[i] =
            make_map(lower, entries, "from-address", families[i], MAP_FROM_ADDRESS);
        maps.to[i] = make_map(lower, entries, "to", families[i], MAP_TO_ADDRESS);
        maps.to_interface[i] =
            make_map(lower, entries, "to-interface", families[i], MAP_TO_INTERFACE);
    }
    return maps;
}

static void add_from_addresses(struct lower *lower, struct chain *chain, const struct maps *maps)
{
    for (size_t i = 0; i < 2; i++) {
        if (maps->from_address[i]->count > 0) {
            enum rule_key key = i == 0 ? KEY_IP_SADDR : KEY_IP6_SADDR;
            add1(lower, chain, stmt_vmap(key, -1, maps->from_address[i]));
        }
    }
}

struct chain *base_chain(struct lower *lower, const char *name, enum chain_hook hook, int priority)
{
    struct chain *chain = lower_chain(lower, name);
    chain->hook = (uint8_t)hook;
    chain->priority = priority;
    return chain;
}

// Sources that an endpoint may use besides its own: looked up only by packets that would be dropped.
static void add_spoofable(struct lower *lower, struct chain *chain,
                          const struct plan_endpoint *endpoint)
{
    static const uint8_t families[] = {IP_V4, IP_V6};
    for (size_t i = 0; i < ARRAY_COUNT(families); i++) {
        struct cidrset nets = cidrset_family(&endpoint->spoofable, families[i]);
        if (nets.count == 0 || endpoint->interface == NULL) {
            continue;
        }
        char name[16] = "";
        strncpy(name, endpoint->interface, sizeof name - 1);
        struct stmt stmts[] = {
            stmt_value(KEY_IIFNAME, OP_EQ, name, sizeof name),
            stmt_address_set(families[i], true, lower_nets(lower, &nets)),
            stmt_verdict(VERDICT_GOTO, lower_class(lower, endpoint->classes[PLAN_OUT], &path_from)),
        };
        chain_add(lower, chain, stmts, ARRAY_COUNT(stmts), NULL, endpoint->loc);
    }
}

static void fill_from(struct lower *lower, const struct maps *maps)
{
    struct chain *chain = lower_chain(lower, CHAIN_FROM);
    add1(lower, chain, stmt_vmap(KEY_IIFNAME, KEY_IP_SADDR, maps->from[0]));
    add1(lower, chain, stmt_vmap(KEY_IIFNAME, KEY_IP6_SADDR, maps->from[1]));
    struct chain *spoofed = lower_chain(lower, CHAIN_SPOOFED);
    for (size_t i = 0; i < lower->plan->endpoints.count; i++) {
        add_spoofable(lower, spoofed, &lower->plan->endpoints.items[i]);
    }
    add_counted_drop(lower, spoofed, NULL,
                     "workload interface, but no endpoint with this source address");
}

struct stmt byte_stmt(enum rule_key key, enum match_op op, uint8_t value, uint8_t end)
{
    struct stmt stmt = stmt_value(key, op, &value, 1);
    stmt.value_end[0] = end;
    return stmt;
}

// Neighbour discovery and MLD (RFC 4861, 2710, 3810): without them IPv6 does not work at all.
void accept_discovery(struct lower *lower, struct chain *chain)
{
    struct stmt accept = stmt_verdict(VERDICT_ACCEPT, NULL);
    add2(lower, chain, byte_stmt(KEY_ICMPV6_TYPE, OP_RANGE, 130, 136), accept);
    add2(lower, chain, byte_stmt(KEY_ICMPV6_TYPE, OP_EQ, 143, 0), accept);
}

// DHCP of guests comes from 0.0.0.0 or, when a lease is renewed, from an own address; DHCPv6 from fe80::/10.
static void accept_dhcp(struct lower *lower, struct chain *chain, const struct entries *entries)
{
    static const uint8_t any4[4];
    static const uint8_t link_local[16] = {0xfe, 0x80};
    struct stmt accept = stmt_verdict(VERDICT_ACCEPT, NULL);
    struct stmt from_any = stmt_value(KEY_IP_SADDR, OP_EQ, any4, sizeof any4);
    struct stmt from_link = stmt_value(KEY_IP6_SADDR, OP_PREFIX, link_local, sizeof link_local);
    from_link.bits = 10;
    struct stmt dhcp[] = {stmt_port(KEY_UDP_SPORT, 68), stmt_port(KEY_UDP_DPORT, 67), from_any,
                          accept};
    struct stmt dhcp6[] = {stmt_port(KEY_UDP_SPORT, 546), stmt_port(KEY_UDP_DPORT, 547), from_link,
                           accept};
    chain_add(lower, chain, dhcp, ARRAY_COUNT(dhcp), NULL, LOC_NONE);
    const struct set *own = make_map(lower, entries, "own", IP_V4, MAP_OWN);
    struct stmt renewal[] = {stmt_port(KEY_UDP_SPORT, 68), stmt_port(KEY_UDP_DPORT, 67),
                             stmt_vmap(KEY_IIFNAME, KEY_IP_SADDR, own)};
    chain_add(lower, chain, renewal, ARRAY_COUNT(renewal), NULL, LOC_NONE);
    chain_add(lower, chain, dhcp6, ARRAY_COUNT(dhcp6), NULL, LOC_NONE);
}

// Before anti-spoofing: neighbour discovery and MLD (130-136, 143) come from :: and fe80::/10, as DHCP does.
static void fill_host(struct lower *lower, const struct entries *entries)
{
    struct chain *chain = lower_chain(lower, CHAIN_HOST);
    accept_discovery(lower, chain);
    accept_dhcp(lower, chain, entries);
    add1(lower, chain, stmt_verdict(VERDICT_GOTO, CHAIN_FROM));
}

// The same for endpoints that are known by their address alone: what the policies of a guest may not cut.
static void accept_needs_by_address(struct lower *lower, struct chain *input,
                                    const struct entries *entries, const struct maps *maps)
{
    if (maps->from_address[0]->count + maps->from_address[1]->count == 0) {
        return;
    }
    accept_discovery(lower, input);
    const struct set *own = make_map(lower, entries, "own-address", IP_V4, MAP_OWN_ADDRESS);
    struct stmt renewal[] = {stmt_port(KEY_UDP_SPORT, 68), stmt_port(KEY_UDP_DPORT, 67),
                             stmt_vmap(KEY_IP_SADDR, -1, own)};
    chain_add(lower, input, renewal, ARRAY_COUNT(renewal), NULL, LOC_NONE);
}

void accept_dhcp_of_workloads(struct lower *lower, struct chain *chain)
{
    struct entries entries = collect_entries(lower);
    struct stmt jump = stmt_verdict(VERDICT_JUMP, CHAIN_DHCP);
    accept_dhcp(lower, lower_chain(lower, CHAIN_DHCP), &entries);
    add2(lower, chain, stmt_in_set(KEY_IIFNAME, make_interfaces(lower)), jump);
    for (size_t i = 0; i < lower->plan->settings.interface_prefix_count; i++) {
        const char *prefix = lower->plan->settings.interface_prefixes[i];
        add2(lower, chain, interface_prefix(KEY_IIFNAME, prefix), jump);
    }
}

static void fill_to(struct lower *lower, const struct maps *maps, const struct set *interfaces)
{
    static const uint32_t no_interface = 0;
    struct chain *chain = lower_chain(lower, CHAIN_TO);
    for (size_t i = 0; i < 2; i++) {
        enum rule_key key = i == 0 ? KEY_IP_DADDR : KEY_IP6_DADDR;
        add1(lower, chain, stmt_vmap(key, -1, maps->to[i]));
        if (maps->to_interface[i]->count > 0) {
            add1(lower, chain, stmt_vmap(KEY_OIFNAME, key, maps->to_interface[i]));
        }
    }
    struct stmt known = stmt_in_set(KEY_OIFNAME, interfaces);
    add_counted_drop(lower, chain, &known,
                     "workload interface, but no endpoint with this destination address");
    for (size_t i = 0; i < lower->plan->settings.interface_prefix_count; i++) {
        struct stmt prefix =
            interface_prefix(KEY_OIFNAME, lower->plan->settings.interface_prefixes[i]);
        add_counted_drop(lower, chain, &prefix, "workload interface without an endpoint");
    }
    // No output interface: the packet is for this host, and only a workload's packet comes here on that hook.
    add2(lower, chain, stmt_value(KEY_OIF, OP_NE, &no_interface, sizeof no_interface),
         stmt_verdict(VERDICT_ACCEPT, NULL));
    if (lower->plan->settings.host_action == PLAN_HOST_DROP) {
        add_counted_drop(lower, chain, NULL, "workload to host, defaultEndpointToHostAction");
    } else {
        add2(lower, chain, stmt_counter(), stmt_verdict(VERDICT_ACCEPT, NULL));
    }
}

// Where bridged packets pass the inet hooks, neighbour discovery between two ports of a bridge passes forward too.
static void accept_bridged_discovery(struct lower *lower, struct chain *forward)
{
    const char *last = NULL;
    for (size_t i = 0; i < lower->plan->endpoints.count; i++) {
        const char *bridge = lower->plan->endpoints.items[i].bridge;
        char name[16] = "";
        if (bridge == NULL || (last != NULL && strcmp(bridge, last) == 0)) {
            continue;
        }
        last = bridge;
        strncpy(name, bridge, sizeof name - 1);
        struct stmt in = stmt_value(KEY_IIFNAME, OP_EQ, name, sizeof name);
        struct stmt out = stmt_value(KEY_OIFNAME, OP_EQ, name, sizeof name);
        struct stmt accept = stmt_verdict(VERDICT_ACCEPT, NULL);
        struct stmt range[] = {in, out, byte_stmt(KEY_ICMPV6_TYPE, OP_RANGE, 130, 136), accept};
        struct stmt mld2[] = {in, out, byte_stmt(KEY_ICMPV6_TYPE, OP_EQ, 143, 0), accept};
        chain_add(lower, forward, range, ARRAY_COUNT(range), NULL, LOC_NONE);
        chain_add(lower, forward, mld2, ARRAY_COUNT(mld2), NULL, LOC_NONE);
    }
}

void accept_to_workloads(struct lower *lower, struct chain *chain)
{
    struct stmt accept = stmt_verdict(VERDICT_ACCEPT, NULL);
    add2(lower, chain, stmt_in_set(KEY_OIFNAME, make_interfaces(lower)), accept);
    for (size_t i = 0; i < lower->plan->settings.interface_prefix_count; i++) {
        const char *prefix = lower->plan->settings.interface_prefixes[i];
        add2(lower, chain, interface_prefix(KEY_OIFNAME, prefix), accept);
    }
}

void lower_dispatch(struct lower *lower)
{
    struct entries entries = collect_entries(lower);
    struct maps maps = make_maps(lower, &entries);
    const struct set *interfaces = make_interfaces(lower);
    struct chain *forward = base_chain(lower, "forward", HOOK_FORWARD, 0);
    add2(lower, forward, established(), stmt_verdict(VERDICT_ACCEPT, NULL));
    accept_bridged_discovery(lower, forward);
    add_from_workloads(lower, forward, interfaces, CHAIN_FROM);
    add_from_addresses(lower, forward, &maps);
    add1(lower, forward, stmt_verdict(VERDICT_GOTO, CHAIN_TO));
    struct chain *input = base_chain(lower, "input", HOOK_INPUT, 0);
    add2(lower, input, established(), stmt_verdict(VERDICT_ACCEPT, NULL));
    add_from_workloads(lower, input, interfaces, CHAIN_HOST);
    accept_needs_by_address(lower, input, &entries, &maps);
    add_from_addresses(lower, input, &maps);
    lower_host_input(lower, input);
    fill_host(lower, &entries);
    fill_from(lower, &maps);
    fill_to(lower, &maps, interfaces);
    lower_hosts(lower);
}
