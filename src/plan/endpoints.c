// SPDX-License-Identifier: GPL-2.0-or-later
// Local endpoints, and classes: endpoints with the same ordered tiers, policies and profiles share one.
#include "internal.h"

struct class_registry {
    struct arena *arena;
    const struct model *model;
    const uint32_t *policy_numbers;
    struct plan *plan;
    struct strmap *numbers; // class as text -> uint32_t *
};

static const char *class_text(struct arena *arena, const struct model_endpoint *endpoint,
                              int direction)
{
    struct strbuf text = {.arena = arena};
    strbuf_addf(&text, "%d:", direction);
    for (size_t i = 0; i < endpoint->policies[direction].count; i++) {
        strbuf_addf(&text, "%x,", endpoint->policies[direction].items[i]);
    }
    strbuf_add(&text, "/");
    for (size_t i = 0; i < endpoint->profiles.count; i++) {
        strbuf_addf(&text, "%x,", endpoint->profiles.items[i]);
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

static uint32_t class_number(const struct class_registry *registry,
                             const struct model_endpoint *endpoint, int direction)
{
    struct arena *arena = registry->arena;
    struct arena_mark mark = arena_mark(arena);
    const char *text = class_text(arena, endpoint, direction);
    const uint32_t *known = strmap_get(registry->numbers, text);
    if (known != NULL) {
        arena_rewind(arena, mark);
        return *known;
    }
    uint32_t *number = arena_new_of(arena, uint32_t);
    *number = (uint32_t)registry->plan->classes.count;
    strmap_put(registry->numbers, text, number);
    struct plan_class *class = vec_add(arena, &registry->plan->classes);
    class->direction = (uint8_t)direction;
    fill_tiers(registry, &endpoint->policies[direction], class);
    for (size_t i = 0; i < endpoint->profiles.count; i++) {
        vec_push(arena, &class->profiles, endpoint->profiles.items[i]);
    }
    return *number;
}

static struct plan_endpoint build_endpoint(const struct class_registry *registry,
                                           const struct model_endpoint *endpoint)
{
    struct arena *arena = registry->arena;
    const struct res_workload *res = endpoint->res;
    struct plan_endpoint ret = {
        .id = arena_strdup(arena, endpoint->id),
        .node = res->node.text != NULL ? arena_strdup(arena, res->node.text) : NULL,
        .interface =
            res->interface_name.text != NULL ? arena_strdup(arena, res->interface_name.text) : NULL,
        .addresses = arena_array_of(arena, struct ip_addr, res->addresses.count),
        .address_count = res->addresses.count,
        .loc = res->meta.loc,
    };
    ret.spoofable.items = arena_array_of(arena, struct cidr, res->spoofable.count);
    for (size_t i = 0; i < res->spoofable.count; i++) {
        ret.spoofable.items[ret.spoofable.count++] = res->spoofable.items[i].cidr;
    }
    cidrset_normalize(&ret.spoofable);
    for (size_t i = 0; i < res->addresses.count; i++) {
        ret.addresses[i] = res->addresses.items[i].cidr.addr;
    }
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        ret.classes[direction] = class_number(registry, endpoint, direction);
    }
    return ret;
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
}
