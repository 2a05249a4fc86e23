// SPDX-License-Identifier: GPL-2.0-or-later
// S007, second half: a failsafe port that is in use on this host stays open to somebody. The list may be made smaller, and
// policy may take over what it did; refused is what would leave nobody who gets in.
#include "apply.h"
#include "connection.h"

enum { CLIENT_PORT = 40000, DHCP_SERVER = 67, DHCP_CLIENT = 68, DHCP6_CLIENT = 546, DHCP6_SERVER };

// The addresses at which the answer of a policy may change, for one family.
struct sources {
    VEC_FIELDS(struct ip_addr);
};

struct reach {
    struct connection_judge judge;
    struct sources sources[2]; // IPv4, IPv6
};

// ---- where the answer may change ----------------------------------------------------------------------------------------

static struct ip_addr next_addr(struct ip_addr addr)
{
    for (size_t i = ip_family_bits(addr.family) / 8; i-- > 0;) {
        if (++addr.bytes[i] != 0) {
            break;
        }
    }
    return addr;
}

static void add_nets(struct reach *reach, const struct cidrset *nets)
{
    struct arena *arena = reach->judge.run->arena;
    for (size_t i = 0; i < nets->count; i++) {
        struct cidr net = nets->items[i];
        struct sources *sources = &reach->sources[net.addr.family == IP_V6];
        vec_push(arena, sources, net.addr);
        vec_push(arena, sources, next_addr(cidr_last(net)));
    }
}

static void add_set(struct reach *reach, int32_t number)
{
    if (number >= 0) {
        add_nets(reach, &reach->judge.run->plan->ipsets.items[number].members);
    }
}

static void add_policy(struct reach *reach, const struct plan_policy *policy)
{
    const struct plan_rules *rules = &policy->rules[PLAN_IN];
    for (size_t i = 0; i < rules->count; i++) {
        const struct plan_side *source = &rules->items[i].match.source;
        add_nets(reach, &source->nets);
        add_nets(reach, &source->not_nets);
        add_set(reach, source->ipset);
        add_set(reach, source->not_ipset);
    }
}

static void add_class(struct reach *reach, uint32_t number, bool *seen)
{
    const struct plan *plan = reach->judge.run->plan;
    if (number == PLAN_NO_CLASS) {
        return;
    }
    const struct plan_class *class = &plan->classes.items[number];
    for (size_t i = 0; i < class->tiers.count; i++) {
        const struct plan_indexes *policies = &class->tiers.items[i].policies;
        for (size_t j = 0; j < policies->count; j++) {
            if (!seen[policies->items[j]]) {
                seen[policies->items[j]] = true;
                add_policy(reach, &plan->policies.items[policies->items[j]]);
            }
        }
    }
    for (size_t i = 0; i < class->profiles.count; i++) {
        add_policy(reach, &plan->profiles.items[class->profiles.items[i]]);
    }
}

static void collect_sources(struct reach *reach)
{
    static const struct ip_addr somewhere[] = {{IP_V4, {203, 0, 113, 7}},
                                               {IP_V6, {0x20, 0x01, 0x0d, 0xb8, [15] = 7}}};
    const struct plan *plan = reach->judge.run->plan;
    struct arena *arena = reach->judge.run->arena;
    bool *seen = arena_array_of(arena, bool, plan->policies.count);
    for (size_t i = 0; i < ARRAY_COUNT(somewhere); i++) {
        vec_push(arena, &reach->sources[i], somewhere[i]);
    }
    for (size_t i = 0; i < plan->hosts.count; i++) {
        for (int stage = 0; stage < PLAN_STAGES; stage++) {
            add_class(reach, plan->hosts.items[i].classes[stage][PLAN_IN], seen);
        }
    }
}

// ---- who gets in --------------------------------------------------------------------------------------------------------

static uint16_t client_port(const struct plan_failsafe *failsafe)
{
    if (failsafe->protocol != PROTO_UDP) {
        return CLIENT_PORT;
    }
    return failsafe->port == DHCP_CLIENT    ? DHCP_SERVER
           : failsafe->port == DHCP6_CLIENT ? DHCP6_SERVER
                                            : CLIENT_PORT;
}

static bool anybody_reaches(const struct reach *reach, const struct plan_failsafe *failsafe,
                            const struct plan_interface *interface, struct ip_addr addr)
{
    const struct sources *sources = &reach->sources[addr.family == IP_V6];
    struct flow flow = {.destination = addr,
                        .protocol = failsafe->protocol,
                        .source_port = client_port(failsafe),
                        .destination_port = failsafe->port,
                        .icmp_type = -1,
                        .icmp_code = -1,
                        .in_interface = interface->name};
    struct flow denied;
    for (size_t i = 0; i < sources->count; i++) {
        flow.source = sources->items[i];
        if ((!failsafe->has_net || cidr_contains_addr(failsafe->net, flow.source)) &&
            connection_allowed(&reach->judge, &flow, &denied)) {
            return true;
        }
    }
    flow.source = failsafe->net.addr;
    return failsafe->has_net && failsafe->net.addr.family == addr.family &&
           connection_allowed(&reach->judge, &flow, &denied);
}

static bool stays_open(const struct reach *reach, const struct plan_failsafe *failsafe)
{
    const struct plan *plan = reach->judge.run->plan;
    bool open = true; // as long as no interface of this host is policed
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        const struct plan_interface *interface = &plan->interfaces.items[i];
        if (interface->loopback || interface->workload || interface->master != NULL) {
            continue;
        }
        for (size_t j = 0; j < interface->address_count; j++) {
            struct ip_addr addr = interface->addresses[j].addr;
            if (failsafe->port != DHCP6_CLIENT && ip_addr_is_link_local(addr)) {
                continue;
            }
            if (anybody_reaches(reach, failsafe, interface, addr)) {
                return true;
            }
            open = false;
        }
    }
    return open;
}

// ---- which ones hold now --------------------------------------------------------------------------------------------------

static bool is_in_use(const struct live_sockets *sockets, const struct plan_failsafe *failsafe)
{
    for (size_t i = 0; i < sockets->count; i++) {
        const struct live_socket *socket = &sockets->items[i];
        if (socket->state == LIVE_LISTENING && socket->protocol == failsafe->protocol &&
            socket->local_port == failsafe->port) {
            return true;
        }
    }
    return false;
}

static bool is_listed(const struct plan_failsafes *list, const struct plan_failsafe *wanted)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].protocol == wanted->protocol && list->items[i].port == wanted->port) {
            return true;
        }
    }
    return false;
}

// What a host has that is not told otherwise.
static struct plan_failsafe default_items[] = {
    {.protocol = PROTO_TCP, .port = 22},
    {.protocol = PROTO_UDP, .port = DHCP_CLIENT},
    {.protocol = PROTO_UDP, .port = DHCP6_CLIENT},
};
static const struct plan_failsafes defaults = {.items = default_items,
                                               .count = ARRAY_COUNT(default_items)};

static const struct plan_failsafes *failsafes_now(struct apply *apply)
{
    const struct plan *plan = nft_kernel_exists(apply->kernel) ? apply_loaded(apply)->plan : NULL;
    return plan != NULL ? &plan->settings.failsafes[PLAN_IN] : &defaults;
}

static bool refuse_closed(struct run *run, const struct plan_failsafe *failsafe)
{
    const char *service = arena_printf(
        run->arena, "%s/%u", flow_protocol_text(run->arena, failsafe->protocol), failsafe->port);
    bool end = refuse(run, DIAG_S007, "nobody could reach %s of this host any more", service);
    fprintf(stderr, "  it is in use, and was a failsafe port until now%s\n",
            run->plan->settings.failsafes[PLAN_IN].count > 0
                ? ""
                : "; the list failsafeInboundHostPorts is empty now");
    if (end) {
        hint("add {protocol: %s, port: %u} to failsafeInboundHostPorts of the FelixConfiguration "
             "\"default\", or a rule that allows it     (or --force=S007)",
             proto_name(failsafe->protocol), failsafe->port);
    }
    return end;
}

int apply_guard_failsafes(struct apply *apply)
{
    struct run *run = apply->run;
    struct reach *reach = NULL;
    bool end = false;
    if (!apply->changed || run->plan->hosts.count == 0) {
        return POLC_EXIT_OK;
    }
    const struct live_sockets *sockets = apply_read_sockets(apply);
    const struct plan_failsafes *now = failsafes_now(apply);
    for (size_t i = 0; i < now->count; i++) {
        const struct plan_failsafe *failsafe = &now->items[i];
        if (!is_in_use(sockets, failsafe) ||
            is_listed(&run->plan->settings.failsafes[PLAN_IN], failsafe)) {
            continue;
        }
        if (reach == NULL) {
            reach = arena_new_of(run->arena, struct reach);
            connection_judge_begin(run, &reach->judge);
            collect_sources(reach);
        }
        end |= !stays_open(reach, failsafe) && refuse_closed(run, failsafe);
    }
    return end ? POLC_EXIT_SAFETY : POLC_EXIT_OK;
}
