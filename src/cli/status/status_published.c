// SPDX-License-Identifier: GPL-2.0-or-later
// Ports of this host that other tables send elsewhere (DNAT), and what polices them where they arrive: forwarded packets
// meet the preDNAT policy of the host endpoint as they came, and its applyOnForward policy with the address that they got.
#include "status.h"

#include <polc/space.h>

struct search {
    const struct status *status;
    struct space *space;
    struct matcher *matcher;
};

// One interface where a published port arrives.
struct arrival {
    const char *interface;
    const char *by; // host endpoint, or NULL: nothing governs the interface
    const char *policy;
};

struct arrivals {
    VEC_FIELDS(struct arrival);
};

// ---- which policy sees it -----------------------------------------------------------------------------------------

static struct box arriving_box(struct search *search, const struct nft_published *port)
{
    struct box box = space_everything(search->space, port->family);
    box.sides[SIDE_PROTOCOL] = space_range(search->space, port->protocol, port->protocol);
    box.sides[SIDE_DESTINATION_PORT] = space_range(search->space, port->min, port->max);
    if (port->has_address) {
        wide address = wide_of_addr(port->address);
        box.sides[SIDE_DESTINATION] = space_range(search->space, address, address);
    }
    return box;
}

static struct box forwarded_box(struct search *search, const struct nft_published *port)
{
    struct box box = arriving_box(search, port);
    struct box everything = space_everything(search->space, port->family);
    box.sides[SIDE_DESTINATION] = everything.sides[SIDE_DESTINATION];
    if (port->has_to) {
        wide address = wide_of_addr(port->to);
        box.sides[SIDE_DESTINATION] = space_range(search->space, address, address);
    }
    if (port->to_port != 0) {
        box.sides[SIDE_DESTINATION_PORT] = space_range(search->space, port->to_port, port->to_port);
    } else if (!port->has_to) {
        box.sides[SIDE_DESTINATION_PORT] = everything.sides[SIDE_DESTINATION_PORT];
    }
    return box;
}

static bool decides(struct search *search, const struct plan_policy *policy,
                    const struct nft_published *port, const struct box *box)
{
    const struct plan_rules *rules = &policy->rules[PLAN_IN];
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->items[i].action != PLAN_ALLOW && rules->items[i].action != PLAN_DENY) {
            continue;
        }
        struct region region = match_region(search->matcher, &rules->items[i].match, port->family);
        for (size_t j = 0; j < region.count; j++) {
            struct box both;
            if (box_and(search->space, box, &region.items[j], &both)) {
                return true;
            }
        }
    }
    return false;
}

// The first policy with a rule that decides some of these packets, or the tier that ends with Deny; NULL.
static const char *decider(struct search *search, uint32_t number, const struct nft_published *port,
                           const struct box *box)
{
    const struct plan *plan = search->status->plan;
    if (number == PLAN_NO_CLASS) {
        return NULL;
    }
    const struct plan_class *class = &plan->classes.items[number];
    for (size_t i = 0; i < class->tiers.count; i++) {
        const struct plan_class_tier *tier = &class->tiers.items[i];
        for (size_t j = 0; j < tier->policies.count; j++) {
            const struct plan_policy *policy = &plan->policies.items[tier->policies.items[j]];
            if (!policy->staged && decides(search, policy, port, box)) {
                return policy->id;
            }
        }
        if (tier->enforced && class->stage == PLAN_FORWARD && !plan->tiers.items[tier->tier].pass) {
            return arena_printf(search->status->run->arena, "end of tier %s",
                                plan->tiers.items[tier->tier].name);
        }
    }
    return NULL;
}

static const char *policy_of(struct search *search, const struct plan_host *host,
                             const struct nft_published *port)
{
    struct box box = arriving_box(search, port);
    const char *policy = decider(search, host->classes[PLAN_PREDNAT][PLAN_IN], port, &box);
    if (policy == NULL) {
        box = forwarded_box(search, port);
        policy = decider(search, host->classes[PLAN_FORWARD][PLAN_IN], port, &box);
    }
    return policy;
}

// ---- where it arrives ---------------------------------------------------------------------------------------------

static bool has_address(const struct host_interface *interface, struct ip_addr address)
{
    for (size_t i = 0; i < interface->address_count; i++) {
        if (ip_addr_compare(interface->addresses[i].addr, address) == 0) {
            return true;
        }
    }
    return false;
}

// From workloads it comes through their own egress policy; of a port the master is asked.
static bool arrives(const struct nft_published *port, const struct host_interface *interface,
                    const struct governor *governor)
{
    if (governor->kind != GOVERNED_BY_HOST && governor->kind != GOVERNED_BY_NOTHING) {
        return false;
    }
    if (port->interface != NULL && strcmp(port->interface, interface->name) != 0) {
        return false;
    }
    // The bridge of the container that it is sent on to: nobody comes in there from outside.
    for (size_t i = 0; interface->bridge && port->has_to && i < interface->address_count; i++) {
        if (cidr_contains_addr(interface->addresses[i], port->to)) {
            return false;
        }
    }
    return !port->has_address || has_address(interface, port->address);
}

static struct arrivals arrivals_of(struct search *search, const struct nft_published *port)
{
    struct arrivals arrivals = {0};
    const struct status *status = search->status;
    for (size_t i = 0; status->host != NULL && i < status->host->count; i++) {
        const struct host_interface *interface = &status->host->items[i];
        struct governor governor = governor_of(status->plan, interface);
        if (arrives(port, interface, &governor)) {
            struct arrival arrival = {.interface = safe_text(status->run->arena, interface->name),
                                      .by = governor.name};
            if (governor.host_endpoint != NULL) {
                arrival.policy = policy_of(search, governor.host_endpoint, port);
            }
            vec_push(status->run->arena, &arrivals, arrival);
        }
    }
    return arrivals;
}

static struct search *search_new(const struct status *status)
{
    struct arena *arena = status->run->arena;
    struct search *search = arena_new_of(arena, struct search);
    search->status = status;
    search->space = space_new(arena);
    search->matcher = matcher_new(arena, search->space, status->plan);
    return search;
}

// ---- text and JSON ------------------------------------------------------------------------------------------------

static const char *port_text(struct arena *arena, const struct nft_published *port)
{
    char buffer[IP_TEXT_MAX];
    const char *ports = port->min == port->max ? arena_printf(arena, "%u", port->min)
                                               : arena_printf(arena, "%u:%u", port->min, port->max);
    return arena_printf(arena, "%s/%s%s%s", port->protocol == PROTO_UDP ? "udp" : "tcp", ports,
                        port->has_address ? " of " : "",
                        port->has_address ? ip_addr_text(port->address, buffer) : "");
}

static const char *verdict_text(struct arena *arena, const struct arrival *arrival)
{
    if (arrival->policy != NULL) {
        return arena_printf(arena, "policed by %s of %s", arrival->policy, arrival->by);
    }
    return arrival->by != NULL ? arena_printf(arena, "NO POLICY of %s sees it", arrival->by)
                               : "NOTHING polices it";
}

void print_published(const struct status *status)
{
    struct arena *arena = status->run->arena;
    size_t line = 0;
    struct search *search = status->plan != NULL ? search_new(status) : NULL;
    for (size_t i = 0; search != NULL && i < status->published.count; i++) {
        const struct nft_published *port = &status->published.items[i];
        struct arrivals arrivals = arrivals_of(search, port);
        printf("%s%s -> %s     (%s)\n", status_heading("published", line++), port_text(arena, port),
               port->target, port->rule);
        for (size_t j = 0; j < arrivals.count; j++) {
            printf("%s  from %s: %s\n", status_heading("published", line++),
                   arrivals.items[j].interface, verdict_text(arena, &arrivals.items[j]));
        }
    }
}

json_t *published_json(const struct status *status)
{
    json_t *array = json_array();
    struct search *search = status->plan != NULL ? search_new(status) : NULL;
    for (size_t i = 0; search != NULL && i < status->published.count; i++) {
        const struct nft_published *port = &status->published.items[i];
        struct arrivals arrivals = arrivals_of(search, port);
        json_t *from = json_array();
        for (size_t j = 0; j < arrivals.count; j++) {
            const struct arrival *arrival = &arrivals.items[j];
            json_array_append_new(from, json_pack("{s:s, s:s?, s:s?}", "interface",
                                                  arrival->interface, "host_endpoint", arrival->by,
                                                  "policy", arrival->policy));
        }
        json_array_append_new(array, json_pack("{s:s, s:i, s:i, s:s, s:s, s:o}", "protocol",
                                               port->protocol == PROTO_UDP ? "udp" : "tcp", "port",
                                               (int)port->min, "last_port", (int)port->max, "to",
                                               port->target, "rule", port->rule, "from", from));
    }
    return array;
}
