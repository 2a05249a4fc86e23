// SPDX-License-Identifier: GPL-2.0-or-later
// Local workload and host endpoints, interfaces, and classes: endpoints with the same ordered tiers, policies and profiles share one.
#include "internal.h"

struct class_registry {
    struct arena *arena;
    const struct model *model;
    const uint32_t *policy_numbers;
    struct plan *plan;
    struct strmap *numbers; // class as text -> uint32_t *
};

// What makes a class: endpoints that agree in all of it share one.
struct class_parts {
    enum plan_stage stage;
    int direction;
    bool host;
    const struct model_indexes *policies, *profiles;
};

static const char *class_text(struct arena *arena, const struct class_parts *parts)
{
    struct strbuf text = {.arena = arena};
    strbuf_addf(&text, "%d%d%d:", parts->stage, parts->direction, parts->host);
    for (size_t i = 0; i < parts->policies->count; i++) {
        strbuf_addf(&text, "%x,", parts->policies->items[i]);
    }
    strbuf_add(&text, "/");
    for (size_t i = 0; i < parts->profiles->count; i++) {
        strbuf_addf(&text, "%x,", parts->profiles->items[i]);
    }
    return strbuf_text(&text);
}

static void fill_tiers(const struct class_registry *registry, const struct model_indexes *policies,
                       struct plan_class *class)
{
    struct plan_class_tier *tier = NULL;
    for (size_t i = 0; i < policies->count; i++) {
        const struct model_policy *policy = &registry->model->policies.items[policies->items[i]];
        if (tier == NULL || tier->tier != policy->tier) {
            tier = vec_add(registry->arena, &class->tiers);
            tier->tier = policy->tier;
        }
        vec_push(registry->arena, &tier->policies, registry->policy_numbers[policies->items[i]]);
        tier->enforced |= !policy->staged;
    }
}

static uint32_t class_number(const struct class_registry *registry, struct class_parts parts)
{
    struct arena *arena = registry->arena;
    struct arena_mark mark = arena_mark(arena);
    const char *text = class_text(arena, &parts);
    const uint32_t *known = strmap_get(registry->numbers, text);
    if (known != NULL) {
        arena_rewind(arena, mark);
        return *known;
    }
    uint32_t *number = arena_new_of(arena, uint32_t);
    *number = (uint32_t)registry->plan->classes.count;
    strmap_put(registry->numbers, text, number);
    struct plan_class *class = vec_add(arena, &registry->plan->classes);
    class->direction = (uint8_t)parts.direction;
    class->stage = (uint8_t)parts.stage;
    class->host = parts.host;
    fill_tiers(registry, parts.policies, class);
    for (size_t i = 0; i < parts.profiles->count; i++) {
        vec_push(arena, &class->profiles, parts.profiles->items[i]);
    }
    return *number;
}

static const char *copy(struct arena *arena, const char *text)
{
    return text != NULL ? arena_strdup(arena, text) : NULL;
}

static struct ip_addr *copy_addresses(struct arena *arena, const struct res_nets *nets)
{
    struct ip_addr *ret = arena_array_of(arena, struct ip_addr, nets->count);
    for (size_t i = 0; i < nets->count; i++) {
        ret[i] = nets->items[i].cidr.addr;
    }
    return ret;
}

static struct plan_endpoint build_endpoint(const struct class_registry *registry,
                                           const struct model_endpoint *endpoint)
{
    struct arena *arena = registry->arena;
    const struct res_workload *res = endpoint->res;
    struct plan_endpoint ret = {
        .id = arena_strdup(arena, endpoint->id),
        .node = copy(arena, res->node.text),
        .interface = copy(arena, endpoint->interface),
        .bridge = copy(arena, endpoint->bridge),
        .port = copy(arena, endpoint->port),
        .addresses = copy_addresses(arena, &res->addresses),
        .address_count = res->addresses.count,
        .loc = res->meta.loc,
    };
    ret.spoofable.items = arena_array_of(arena, struct cidr, res->spoofable.count);
    for (size_t i = 0; i < res->spoofable.count; i++) {
        ret.spoofable.items[ret.spoofable.count++] = res->spoofable.items[i].cidr;
    }
    cidrset_normalize(&ret.spoofable);
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        ret.classes[direction] = class_number(
            registry, (struct class_parts){PLAN_NORMAL, direction, false,
                                           &endpoint->policies[direction], &endpoint->profiles});
    }
    return ret;
}

_Static_assert((int)PLAN_NORMAL == (int)MODEL_NORMAL && (int)PLAN_FORWARD == (int)MODEL_FORWARD &&
                   (int)PLAN_PREDNAT == (int)MODEL_PREDNAT &&
                   (int)PLAN_UNTRACKED == (int)MODEL_UNTRACKED,
               "stages are copied as they are");

// Only normal policy has profiles, and only it judges when there is none of its kind. No doNotTrack on "*"
// (semantics.md 6.1).
static uint32_t host_class(const struct class_registry *registry, const struct model_host *host,
                           enum plan_stage stage, int direction)
{
    static const struct model_indexes none = {0};
    const struct model_indexes *policies = &host->policies[stage][direction];
    bool absent = stage != PLAN_NORMAL && policies->count == 0;
    if (absent || (stage == PLAN_UNTRACKED && host->all_interfaces)) {
        return PLAN_NO_CLASS;
    }
    return class_number(registry,
                        (struct class_parts){stage, direction, true, policies,
                                             stage == PLAN_NORMAL ? &host->profiles : &none});
}

static struct plan_host build_host(const struct class_registry *registry,
                                   const struct model_host *host)
{
    struct arena *arena = registry->arena;
    struct plan_host ret = {
        .id = arena_strdup(arena, host->id),
        .node = copy(arena, host->res->node.text),
        .all_interfaces = host->all_interfaces,
        .addresses = copy_addresses(arena, &host->res->expected_ips),
        .address_count = host->res->expected_ips.count,
        .loc = host->res->meta.loc,
    };
    for (size_t i = 0; i < host->interfaces.count; i++) {
        vec_push(arena, &ret.interfaces, arena_strdup(arena, host->interfaces.items[i]));
    }
    for (int stage = 0; stage < PLAN_STAGES; stage++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            ret.classes[stage][direction] = host_class(registry, host, stage, direction);
        }
    }
    return ret;
}

static struct plan_interface build_interface(struct arena *arena,
                                             const struct model_interface *interface,
                                             const int32_t *host_numbers)
{
    struct plan_interface ret = {
        .node = copy(arena, interface->node),
        .name = arena_strdup(arena, interface->name),
        .host = interface->host >= 0 ? host_numbers[interface->host] : -1,
        .loopback = interface->loopback,
        .bridge = interface->bridge,
        .workload = interface->workload,
        .master = copy(arena, interface->master),
        .addresses = arena_array_of(arena, struct cidr, interface->address_count),
        .address_count = interface->address_count,
    };
    for (size_t i = 0; i < interface->address_count; i++) {
        ret.addresses[i] = interface->addresses[i];
    }
    return ret;
}

static void build_hosts(const struct class_registry *registry)
{
    const struct model *model = registry->model;
    struct plan *plan = registry->plan;
    int32_t *numbers = arena_array_of(registry->arena, int32_t, model->hosts.count);
    for (size_t i = 0; i < model->hosts.count; i++) {
        numbers[i] = -1;
        if (model->hosts.items[i].local) {
            numbers[i] = (int32_t)plan->hosts.count;
            vec_push(registry->arena, &plan->hosts, build_host(registry, &model->hosts.items[i]));
        }
    }
    for (size_t i = 0; i < model->interfaces.count; i++) {
        vec_push(registry->arena, &plan->interfaces,
                 build_interface(registry->arena, &model->interfaces.items[i], numbers));
    }
}

void plan_endpoints_build(struct arena *arena, const struct model *model,
                          const uint32_t *policy_numbers, struct plan *plan)
{
    struct class_registry registry = {
        .arena = arena,
        .model = model,
        .policy_numbers = policy_numbers,
        .plan = plan,
        .numbers = strmap_new(arena),
    };
    for (size_t i = 0; i < model->endpoints.count; i++) {
        if (model->endpoints.items[i].local) {
            vec_push(arena, &plan->endpoints,
                     build_endpoint(&registry, &model->endpoints.items[i]));
        }
    }
    build_hosts(&registry);
}
