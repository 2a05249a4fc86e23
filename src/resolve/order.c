// SPDX-License-Identifier: GPL-2.0-or-later
// Tiers and policies in order of evaluation (semantics.md 1.3, 5.1), with their defaults.
#include "internal.h"

#include <math.h>
#include <stdlib.h>

static const struct model_tier built_in_tiers[] = {
    {.name = "kube-admin", .order = 1000, .pass = true},
    {.name = "default", .order = 1000000, .pass = false},
    {.name = "kube-baseline", .order = 10000000, .pass = true},
};

static const double default_tier_order = 1000000; // a cluster fills it in: docs say "last"

static int compare_tiers(const void *a, const void *b)
{
    const struct model_tier *left = a;
    const struct model_tier *right = b;
    if (left->order != right->order) {
        return left->order < right->order ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

static struct model_tier *find_tier(struct model *model, const char *name)
{
    for (size_t i = 0; i < model->tiers.count; i++) {
        if (strcmp(model->tiers.items[i].name, name) == 0) {
            return &model->tiers.items[i];
        }
    }
    return NULL;
}

void resolve_tiers(struct arena *arena, const struct resources *resources, struct model *model)
{
    for (size_t i = 0; i < ARRAY_COUNT(built_in_tiers); i++) {
        vec_push(arena, &model->tiers, built_in_tiers[i]);
    }
    for (size_t i = 0; i < resources->tiers.count; i++) {
        const struct res_tier *res = &resources->tiers.items[i];
        struct model_tier *tier = find_tier(model, res->meta.name);
        if (tier != NULL) {
            tier->loc = res->meta.loc; // the values of a built-in tier are fixed
            continue;
        }
        vec_push(arena, &model->tiers,
                 (struct model_tier){
                     .name = res->meta.name,
                     .order = res->order.present ? res->order.value : default_tier_order,
                     .pass = res->default_action.text != NULL &&
                             strcmp(res->default_action.text, "Pass") == 0,
                     .loc = res->meta.loc,
                 });
    }
    vec_sort(&model->tiers, compare_tiers);
}

// The default table of semantics.md 1.4.
static uint8_t effective_types(const struct res_policy *res)
{
    if (res->types != 0) {
        return res->types;
    }
    if (res->egress.count == 0) {
        return RES_INGRESS;
    }
    return res->ingress.count == 0 ? RES_EGRESS : RES_INGRESS | RES_EGRESS;
}

struct sortable {
    struct model_policy policy;
    const char *key; // "name/namespace/Kind": what Calico compares at equal order
};

static int compare_policies(const void *a, const void *b)
{
    const struct sortable *left = a;
    const struct sortable *right = b;
    if (left->policy.tier != right->policy.tier) {
        return left->policy.tier < right->policy.tier ? -1 : 1;
    }
    if (left->policy.order != right->policy.order) {
        return left->policy.order < right->policy.order ? -1 : 1;
    }
    return strcmp(left->key, right->key);
}

static struct sortable make_policy(struct arena *arena, const struct res_policy *res,
                                   struct strmap *tier_numbers)
{
    const struct res_kind_info *info = res_kind_info(res->meta.kind);
    const uint32_t *tier = strmap_get(tier_numbers, res->tier.text);
    struct model_policy policy = {
        .res = res,
        .meta = &res->meta,
        .kind = res_kind_model_name(res->meta.kind),
        .ns = res->meta.ns,
        .name = res->meta.name,
        .id = arena_printf(arena, "%s/%s%s%s", info->short_name, res->meta.ns ? res->meta.ns : "",
                           res->meta.ns ? "/" : "", res->meta.name),
        .loc = res->meta.loc,
        .tier = tier != NULL ? *tier : 0,
        .order = res->order.present ? res->order.value : INFINITY,
        .types = effective_types(res),
        .staged = info->staged,
    };
    return (struct sortable){
        .policy = policy,
        .key =
            arena_printf(arena, "%s/%s/%s", policy.name, policy.ns ? policy.ns : "", policy.kind),
    };
}

static struct strmap *number_tiers(struct arena *arena, const struct model *model)
{
    struct strmap *numbers = strmap_new(arena);
    uint32_t *values = arena_array_of(arena, uint32_t, model->tiers.count);
    for (size_t i = 0; i < model->tiers.count; i++) {
        values[i] = (uint32_t)i;
        strmap_put(numbers, model->tiers.items[i].name, &values[i]);
    }
    return numbers;
}

void resolve_policies(struct arena *arena, const struct resources *resources, struct model *model)
{
    struct strmap *tier_numbers = number_tiers(arena, model);
    VEC(struct sortable) sorted = {0};
    for (size_t i = 0; i < resources->policies.count; i++) {
        const struct res_policy *res = &resources->policies.items[i];
        // A staged deletion never reaches the policy engine (semantics.md 1.6).
        if (res->staged_action != RES_STAGED_DELETE) {
            vec_push(arena, &sorted, make_policy(arena, res, tier_numbers));
        }
    }
    vec_sort(&sorted, compare_policies);
    for (size_t i = 0; i < sorted.count; i++) {
        vec_push(arena, &model->policies, sorted.items[i].policy);
    }
}
