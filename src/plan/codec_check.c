// SPDX-License-Identifier: GPL-2.0-or-later
// A plan that was read -> whether it is one: every reference within its array, every kind one that exists, every name
// there. What builds plans never makes another; bytes may.
#include "codec.h"

#define CHECK_EACH(list, type, call)                                                               \
    for (size_t i_ = 0; i_ < (list).count; i_++) {                                                 \
        const type *item = &(list).items[i_];                                                      \
        if (!(call)) {                                                                             \
            return false;                                                                          \
        }                                                                                          \
    }

struct check {
    const struct plan *plan;
    size_t source_count;
};

static bool is_place(const struct check *check, struct loc loc)
{
    return loc.line == 0 || loc.source < check->source_count;
}

static bool is_set(const struct check *check, int32_t index, bool named_ports)
{
    return index == -1 || (index >= 0 && (size_t)index < check->plan->ipsets.count &&
                           check->plan->ipsets.items[index].named_ports == named_ports);
}

static bool good_side(const struct check *check, const struct plan_side *side)
{
    return is_set(check, side->ipset, false) && is_set(check, side->not_ipset, false) &&
           side->domains >= -1 && side->domains < (int64_t)check->plan->domains.count &&
           is_set(check, side->named_ports, true) && is_set(check, side->not_named_ports, true) &&
           (side->domains < 0 || side->ipset >= 0 || side->named_ports < 0) &&
           (side->has_nets || side->nets.count == 0) &&
           (side->has_not_nets || side->not_nets.count == 0);
}

static bool is_icmp(int16_t type, int16_t code)
{
    return type >= -1 && type <= UINT8_MAX && code >= -1 && code <= UINT8_MAX &&
           (type != -1 || code == -1);
}

// The words of the input that come with ports or types of ICMP have their protocol.
static bool has_protocol(const struct plan_match *match)
{
    bool ports = match->source.ports.count > 0 || match->destination.ports.count > 0 ||
                 match->source.not_ports.count > 0 || match->destination.not_ports.count > 0;
    bool icmp = match->icmp_type != -1 || match->not_icmp_type != -1;
    bool is_icmp_protocol = match->protocol == PROTO_ICMP || match->protocol == PROTO_ICMPV6;
    return (!ports || proto_has_ports(match->protocol)) && (!icmp || is_icmp_protocol);
}

static bool good_rule(const struct check *check, const struct plan_rule *rule, int direction)
{
    bool may_have_domains = direction == PLAN_OUT && rule->action == PLAN_ALLOW;
    const struct plan_match *match = &rule->match;
    return rule->action < PLAN_ACTION_COUNT && is_place(check, rule->loc) &&
           match->families >= PLAN_V4 && match->families <= PLAN_BOTH &&
           is_icmp(match->icmp_type, match->icmp_code) &&
           is_icmp(match->not_icmp_type, match->not_icmp_code) && has_protocol(match) &&
           good_side(check, &match->source) && good_side(check, &match->destination) &&
           match->source.domains < 0 && (match->destination.domains < 0 || may_have_domains);
}

static bool good_policy(const struct check *check, const struct plan_policy *policy, bool profile)
{
    bool good = policy->id != NULL && policy->kind != NULL && policy->name != NULL &&
                (profile || policy->tier < check->plan->tiers.count) &&
                policy->types <= (PLAN_INGRESS | PLAN_EGRESS) && policy->stage < PLAN_STAGES &&
                is_place(check, policy->loc);
    for (int direction = 0; good && direction < PLAN_DIRECTIONS; direction++) {
        CHECK_EACH(policy->rules[direction], struct plan_rule, good_rule(check, item, direction));
    }
    return good;
}

static bool good_port_members(const struct plan_ipset *set)
{
    for (size_t i = 0; i < set->port_count; i++) {
        if (set->ports[i].addr.family == 0 || !proto_has_ports(set->ports[i].protocol)) {
            return false;
        }
    }
    return true;
}

static bool good_ipset(const struct plan_ipset *set)
{
    return set->name != NULL && (set->named_ports ? set->members.count : set->port_count) == 0 &&
           good_port_members(set);
}

static bool good_indexes(const struct plan_indexes *indexes, size_t count)
{
    CHECK_EACH(*indexes, uint32_t, *item < count);
    return true;
}

static bool good_class(const struct check *check, const struct plan_class *class)
{
    CHECK_EACH(class->tiers, struct plan_class_tier,
               item->tier < check->plan->tiers.count &&
                   good_indexes(&item->policies, check->plan->policies.count));
    return class->direction < PLAN_DIRECTIONS && class->stage < PLAN_STAGES &&
           good_indexes(&class->profiles, check->plan->profiles.count);
}

static bool is_class(const struct check *check, uint32_t index, int direction, int stage)
{
    return index < check->plan->classes.count &&
           check->plan->classes.items[index].direction == direction &&
           check->plan->classes.items[index].stage == stage;
}

static bool good_addresses(const struct ip_addr *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (addresses[i].family == 0) {
            return false;
        }
    }
    return true;
}

static bool good_endpoint(const struct check *check, const struct plan_endpoint *endpoint)
{
    return endpoint->id != NULL && good_addresses(endpoint->addresses, endpoint->address_count) &&
           is_class(check, endpoint->classes[PLAN_IN], PLAN_IN, PLAN_NORMAL) &&
           is_class(check, endpoint->classes[PLAN_OUT], PLAN_OUT, PLAN_NORMAL) &&
           is_place(check, endpoint->loc);
}

static bool good_host(const struct check *check, const struct plan_host *host)
{
    for (int stage = 0; stage < PLAN_STAGES; stage++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            uint32_t index = host->classes[stage][direction];
            bool none = index == PLAN_NO_CLASS && stage != PLAN_NORMAL;
            if (!none && !is_class(check, index, direction, stage)) {
                return false;
            }
        }
    }
    return host->id != NULL && good_addresses(host->addresses, host->address_count) &&
           is_place(check, host->loc);
}

static bool good_cidrs(const struct cidr *cidrs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cidrs[i].addr.family == 0 || cidrs[i].bits > ip_family_bits(cidrs[i].addr.family)) {
            return false;
        }
    }
    return true;
}

static bool good_interface(const struct check *check, const struct plan_interface *interface)
{
    return good_cidrs(interface->addresses, interface->address_count) && interface->name != NULL &&
           interface->host >= -1 && interface->host < (int64_t)check->plan->hosts.count;
}

static bool good_name(const struct plan_name *name)
{
    CHECK_EACH(name->members, struct plan_name_member,
               item->name != NULL && good_addresses(item->addresses, item->address_count));
    return name->type < PLAN_NAME_TYPES && name->aggregate != NULL;
}

static bool good_settings(const struct plan_settings *settings)
{
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        CHECK_EACH(
            settings->failsafes[direction], struct plan_failsafe,
            proto_has_ports(item->protocol) &&
                (!item->has_net || (item->net.addr.family != 0 &&
                                    item->net.bits <= ip_family_bits(item->net.addr.family))));
    }
    CHECK_EACH(settings->dns_servers, struct ip_port, item->addr.family != 0 && item->port != 0);
    bool flows = settings->flow_size == 0 || settings->flow_timeout != 0;
    return settings->log_prefix != NULL && settings->host_action <= PLAN_HOST_ACCEPT && flows;
}

static bool is_pattern(const char *text)
{
    static const char legal[] = "*-._0123456789abcdefghijklmnopqrstuvwxyz";
    return text[0] != '\0' && text[strspn(text, legal)] == '\0';
}

// The patterns, which stand in the name one behind the other.
static bool good_domains(const struct plan_domains *domains)
{
    const char *name = domains->name;
    for (size_t i = 0; name != NULL && i < domains->count; i++) {
        const char *pattern = domains->patterns[i];
        bool follows = i == 0 || strcmp(domains->patterns[i - 1], pattern) < 0;
        if (!is_pattern(pattern) || !follows || !text_begins(name, pattern)) {
            return false;
        }
        name += strlen(pattern);
        if (*name != (i + 1 < domains->count ? ' ' : '\0')) {
            return false;
        }
        name += *name == ' ';
    }
    return name != NULL && domains->count > 0;
}

static bool good_netset(const struct plan_netset *netset)
{
    for (size_t i = 0; i < netset->domain_count; i++) {
        if (!is_pattern(netset->domains[i])) {
            return false;
        }
    }
    return netset->name != NULL && good_cidrs(netset->nets, netset->net_count);
}

// Each name once: what is made of them has their names.
static bool unique_domains(struct arena *arena, const struct plan *plan)
{
    struct arena_mark mark = arena_mark(arena);
    struct strmap *seen = strmap_new(arena);
    bool unique = true;
    for (size_t i = 0; unique && i < plan->domains.count; i++) {
        const struct plan_domains *domains = &plan->domains.items[i];
        unique = strmap_put(seen, domains->name, (void *)domains) == domains;
    }
    arena_rewind(arena, mark);
    return unique;
}

static bool good_parts(const struct check *check)
{
    const struct plan *plan = check->plan;
    CHECK_EACH(plan->node_settings, struct plan_node_settings,
               item->node != NULL && good_settings(&item->settings));
    CHECK_EACH(plan->tiers, struct plan_tier, item->name != NULL && is_place(check, item->loc));
    CHECK_EACH(plan->ipsets, struct plan_ipset, good_ipset(item));
    CHECK_EACH(plan->domains, struct plan_domains, good_domains(item));
    CHECK_EACH(plan->policies, struct plan_policy, good_policy(check, item, false));
    CHECK_EACH(plan->profiles, struct plan_policy, good_policy(check, item, true));
    CHECK_EACH(plan->classes, struct plan_class, good_class(check, item));
    CHECK_EACH(plan->endpoints, struct plan_endpoint, good_endpoint(check, item));
    CHECK_EACH(plan->hosts, struct plan_host, good_host(check, item));
    CHECK_EACH(plan->interfaces, struct plan_interface, good_interface(check, item));
    CHECK_EACH(plan->names, struct plan_name, good_name(item));
    CHECK_EACH(plan->netsets, struct plan_netset, good_netset(item));
    CHECK_EACH(plan->services, struct plan_service, item->ns != NULL && item->name != NULL);
    return good_settings(&plan->settings);
}

const char *plan_check(struct arena *scratch, const struct plan *plan, size_t source_count)
{
    struct check check = {.plan = plan, .source_count = source_count};
    return good_parts(&check) && unique_domains(scratch, plan) ? NULL
                                                               : "its parts do not fit together";
}
