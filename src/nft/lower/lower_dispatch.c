// SPDX-License-Identifier: GPL-2.0-or-later
// Base chains and dispatch: which class chain judges a packet. One look-up a half, whatever the number of tiers.
//   forward        tracked -> dispatch/tracked | from a workload interface -> dispatch/from | from an address -> class |
//                  dispatch/transit
//   input          established | from a workload interface -> dispatch/host | from an address -> class
//   dispatch/tracked  established or related: accept, but from a workload interface only with an own source address
//   dispatch/host  what a guest needs of its host (ND, MLD, DHCP), then dispatch/from
//   dispatch/from  interface . source address -> class of the source; anything else there is spoofed or unknown
//   class/out/...  its Allow goes to dispatch/to, which is also the end of the path
//   dispatch/to    destination address -> class of the destination; else accept, or to this host by its setting
//   dispatch/transit  the same for packets that no workload sent: what concerns none is not recorded as a flow
// Packets that concern no endpoint fall through with accept, which ends only this table.
#include "lower_dispatch.h"

static void add_counted(struct lower *lower, struct chain *chain, const struct stmt *match,
                        struct stmt verdict, const char *comment)
{
    struct stmt stmts[3];
    size_t count = 0;
    if (match != NULL) {
        stmts[count++] = *match;
    }
    stmts[count++] = stmt_counter();
    stmts[count++] = verdict;
    chain_add(lower, chain, stmts, count, comment, LOC_NONE);
}

// Of packets that concern no endpoint: no flow.
static void add_counted_drop(struct lower *lower, struct chain *chain, const char *comment)
{
    add_counted(lower, chain, NULL, stmt_verdict(VERDICT_DROP, NULL), comment);
}

static void add_from_workloads(struct lower *lower, struct chain *chain,
                               const struct set *interfaces, const char *target)
{
    of_workloads(lower, chain, KEY_IIFNAME, interfaces, stmt_verdict(VERDICT_GOTO, target));
}

static void add_from_addresses(struct lower *lower, struct chain *chain, const struct maps *maps)
{
    for (size_t i = 0; i < 2; i++) {
        if (maps->from_address[i]->count > 0) {
            enum rule_key key = i == 0 ? KEY_IP_SADDR : KEY_IP6_SADDR;
            chain_add1(lower, chain, stmt_vmap(key, -1, maps->from_address[i]));
        }
    }
}

// Sources that an endpoint may use besides its own: looked up only by packets that would be dropped. Then `path` leads to
// the endpoint's policies; NULL: accept.
static void add_spoofable(struct lower *lower, struct chain *chain,
                          const struct plan_endpoint *endpoint, const struct path *path)
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
            stmt_address_set(families[i], true, lower_nets(lower, &nets, NULL)),
            path == NULL
                ? stmt_verdict(VERDICT_ACCEPT, NULL)
                : stmt_verdict(VERDICT_GOTO, lower_class(lower, endpoint->classes[PLAN_OUT], path)),
        };
        chain_add(lower, chain, stmts, ARRAY_COUNT(stmts), NULL, endpoint->loc);
    }
}

static void add_all_spoofable(struct lower *lower, struct chain *chain, const struct path *path)
{
    for (size_t i = 0; i < lower->plan->endpoints.count; i++) {
        add_spoofable(lower, chain, &lower->plan->endpoints.items[i], path);
    }
}

static void fill_from(struct lower *lower, const struct maps *maps)
{
    struct chain *chain = lower_chain(lower, CHAIN_FROM);
    chain_add1(lower, chain, stmt_vmap(KEY_IIFNAME, KEY_IP_SADDR, maps->from[0]));
    chain_add1(lower, chain, stmt_vmap(KEY_IIFNAME, KEY_IP6_SADDR, maps->from[1]));
    struct chain *spoofed = lower_chain(lower, CHAIN_SPOOFED);
    add_all_spoofable(lower, spoofed, &path_from);
    add_counted_drop(lower, spoofed,
                     "workload interface, but no endpoint with this source address");
}

static bool has_prefix(const struct lower *lower, const char *name)
{
    const struct plan_settings *settings = &lower->plan->settings;
    for (size_t i = 0; i < settings->interface_prefix_count; i++) {
        const char *prefix = settings->interface_prefixes[i];
        if (text_begins(name, prefix)) {
            return true;
        }
    }
    return false;
}

// Each packet of each connection comes by here: interfaces that have the prefix are not looked up.
static void add_tracked_from(struct lower *lower, struct chain *chain, const struct set *interfaces)
{
    struct stmt go = stmt_verdict(VERDICT_GOTO, CHAIN_TRACKED_FROM);
    bool others = false;
    for (size_t i = 0; i < interfaces->count; i++) {
        others |= !has_prefix(lower, interfaces->ifnames[i]);
    }
    for (size_t i = 0; i < lower->plan->settings.interface_prefix_count; i++) {
        const char *prefix = lower->plan->settings.interface_prefixes[i];
        chain_add2(lower, chain, interface_prefix(KEY_IIFNAME, prefix), go);
    }
    if (others) {
        chain_add2(lower, chain, stmt_in_set(KEY_IIFNAME, interfaces), go);
    }
}

// Connection tracking knows addresses, not interfaces: without this a workload could speak in anybody's connection, and
// get out of a quarantine by answers in the name of a neighbour. Not so on the way to the host: its own connections may
// go to any address behind a workload interface. Link-local addresses never leave the link.
static void add_tracked(struct lower *lower, struct chain *forward, const struct entries *entries,
                        const struct set *interfaces)
{
    static const uint8_t link_local[16] = {0xfe, 0x80};
    if (interfaces->count == 0) {
        chain_add2(lower, forward, established(), stmt_verdict(VERDICT_ACCEPT, NULL));
        return;
    }
    chain_add2(lower, forward, established(), stmt_verdict(VERDICT_GOTO, CHAIN_TRACKED));
    struct chain *tracked = lower_chain(lower, CHAIN_TRACKED);
    add_tracked_from(lower, tracked, interfaces);
    chain_add1(lower, tracked, stmt_verdict(VERDICT_ACCEPT, NULL));
    struct chain *from = lower_chain(lower, CHAIN_TRACKED_FROM);
    const struct set *own[] = {make_map(lower, entries, "own", IP_V4, MAP_OWN),
                               make_map(lower, entries, "own", IP_V6, MAP_OWN)};
    chain_add1(lower, from, stmt_vmap(KEY_IIFNAME, KEY_IP_SADDR, own[0]));
    chain_add1(lower, from, stmt_vmap(KEY_IIFNAME, KEY_IP6_SADDR, own[1]));
    struct stmt from_link = stmt_value(KEY_IP6_SADDR, OP_PREFIX, link_local, sizeof link_local);
    from_link.bits = 10;
    chain_add2(lower, from, from_link, stmt_verdict(VERDICT_ACCEPT, NULL));
    add_all_spoofable(lower, from, NULL);
    add_counted_drop(lower, from, "workload interface, but a connection of another source address");
}

// Before anti-spoofing: neighbour discovery and MLD (130-136, 143) come from :: and fe80::/10, as DHCP does.
static void fill_host(struct lower *lower, const struct entries *entries)
{
    struct chain *chain = lower_chain(lower, CHAIN_HOST);
    accept_discovery(lower, chain);
    accept_dhcp(lower, chain, entries);
    chain_add1(lower, chain, stmt_verdict(VERDICT_GOTO, CHAIN_FROM));
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

static void add_destinations(struct lower *lower, struct chain *chain, const struct maps *maps,
                             const struct set *interfaces, struct stmt deny)
{
    for (size_t i = 0; i < 2; i++) {
        enum rule_key key = i == 0 ? KEY_IP_DADDR : KEY_IP6_DADDR;
        chain_add1(lower, chain, stmt_vmap(key, -1, maps->to[i]));
        if (maps->to_interface[i]->count > 0) {
            chain_add1(lower, chain, stmt_vmap(KEY_OIFNAME, key, maps->to_interface[i]));
        }
    }
    struct stmt known = stmt_in_set(KEY_OIFNAME, interfaces);
    add_counted(lower, chain, &known, deny,
                "workload interface, but no endpoint with this destination address");
    for (size_t i = 0; i < lower->plan->settings.interface_prefix_count; i++) {
        struct stmt prefix =
            interface_prefix(KEY_OIFNAME, lower->plan->settings.interface_prefixes[i]);
        add_counted(lower, chain, &prefix, deny, "workload interface without an endpoint");
    }
}

static void fill_to(struct lower *lower, const struct maps *maps, const struct set *interfaces)
{
    static const uint32_t no_interface = 0;
    struct chain *chain = lower_chain(lower, CHAIN_TO);
    add_destinations(lower, chain, maps, interfaces, flow_deny(lower));
    // No output interface: the packet is for this host, and only a workload's packet comes here on that hook.
    chain_add2(lower, chain, stmt_value(KEY_OIF, OP_NE, &no_interface, sizeof no_interface),
               flow_allow_to(lower));
    if (lower->plan->settings.host_action == PLAN_HOST_DROP) {
        add_counted(lower, chain, NULL, flow_deny(lower),
                    "workload to host, defaultEndpointToHostAction");
    } else {
        chain_add2(lower, chain, stmt_counter(), flow_allow_to(lower));
    }
}

static void fill_transit(struct lower *lower, const struct maps *maps, const struct set *interfaces)
{
    struct chain *chain = lower_chain(lower, CHAIN_TRANSIT);
    add_destinations(lower, chain, maps, interfaces, stmt_verdict(VERDICT_DROP, NULL));
    lower_transit_end(lower, chain);
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

void lower_dispatch(struct lower *lower)
{
    struct entries entries = collect_entries(lower);
    struct maps maps = make_maps(lower, &entries);
    const struct set *interfaces = make_interfaces(lower);
    struct chain *forward = base_chain(lower, "forward", HOOK_FORWARD, 0);
    add_tracked(lower, forward, &entries, interfaces);
    accept_bridged_discovery(lower, forward);
    add_from_workloads(lower, forward, interfaces, CHAIN_FROM);
    add_from_addresses(lower, forward, &maps);
    chain_add1(lower, forward,
               stmt_verdict(VERDICT_GOTO, lower_records(lower) ? CHAIN_TRANSIT : CHAIN_TO));
    struct chain *input = base_chain(lower, "input", HOOK_INPUT, 0);
    chain_add2(lower, input, established(), stmt_verdict(VERDICT_ACCEPT, NULL));
    add_from_workloads(lower, input, interfaces, CHAIN_HOST);
    accept_needs_by_address(lower, input, &entries, &maps);
    add_from_addresses(lower, input, &maps);
    lower_host_input(lower, input);
    fill_host(lower, &entries);
    fill_from(lower, &maps);
    fill_to(lower, &maps, interfaces);
    if (lower_records(lower)) {
        fill_transit(lower, &maps, interfaces);
    }
    lower_hosts(lower);
}
