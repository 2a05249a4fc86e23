// SPDX-License-Identifier: GPL-2.0-or-later
// Endpoints of workloads and hosts, network sets and profiles of the model, sorted by id.
#include "internal.h"

#include <stdlib.h>

static int compare_endpoints(const void *a, const void *b)
{
    const struct model_endpoint *left = a;
    const struct model_endpoint *right = b;
    int order = strcmp(left->id, right->id);
    return order != 0 ? order : loc_compare(left->res->meta.start, right->res->meta.start);
}

static bool is_local(const struct model *model, const struct res_text *node)
{
    return model->node == NULL || (node->text != NULL && strcmp(node->text, model->node) == 0);
}

void resolve_endpoints(struct arena *arena, const struct resources *resources, struct model *model)
{
    struct label_scope *scope = label_scope_new(arena, resources);
    for (size_t i = 0; i < resources->workloads.count; i++) {
        const struct res_workload *res = &resources->workloads.items[i];
        if (res->addresses.count == 0) {
            continue; // Calico ignores an endpoint without addresses
        }
        bool local = is_local(model, &res->node);
        model->local_endpoints += local;
        vec_push(arena, &model->endpoints,
                 (struct model_endpoint){
                     .res = res,
                     .id = arena_printf(arena, "wep/%s/%s", res->meta.ns, res->meta.name),
                     .labels = workload_labels(scope, res),
                     .local = local,
                     .interface = res->interface_name.text,
                 });
    }
    vec_sort(&model->endpoints, compare_endpoints);
}

static int compare_hosts(const void *a, const void *b)
{
    const struct model_host *left = a;
    const struct model_host *right = b;
    int order = strcmp(left->id, right->id);
    return order != 0 ? order : loc_compare(left->res->meta.start, right->res->meta.start);
}

static void add_host(struct arena *arena, struct label_scope *scope, const struct res_host *res,
                     struct model *model)
{
    bool local = is_local(model, &res->node);
    model->local_endpoints += local;
    vec_push(arena, &model->hosts,
             (struct model_host){
                 .res = res,
                 .id = arena_printf(arena, "hep/%s", res->meta.name),
                 .labels = host_labels(scope, res),
                 .local = local,
             });
}

void resolve_hosts(struct arena *arena, struct diags *diags, const struct resources *resources,
                   const struct host_inventory *inventory, struct model *model)
{
    struct label_scope *scope = label_scope_new(arena, resources);
    struct fleet_hosts made = {0};
    resolve_fleet(arena, diags, resources, inventory, model, &made);
    for (size_t i = 0; i < resources->hosts.count; i++) {
        add_host(arena, scope, &resources->hosts.items[i], model);
    }
    for (size_t i = 0; i < made.count; i++) {
        add_host(arena, scope, &made.items[i], model);
    }
    vec_sort(&model->hosts, compare_hosts);
}

static int compare_netsets(const void *a, const void *b)
{
    return strcmp(((const struct model_netset *)a)->id, ((const struct model_netset *)b)->id);
}

void resolve_netsets(struct arena *arena, const struct resources *resources, struct model *model)
{
    struct label_scope *scope = label_scope_new(arena, resources);
    for (size_t i = 0; i < resources->netsets.count; i++) {
        const struct res_netset *res = &resources->netsets.items[i];
        const char *ns = res->meta.ns;
        vec_push(arena, &model->netsets,
                 (struct model_netset){
                     .res = res,
                     .id = ns != NULL ? arena_printf(arena, "netset/%s/%s", ns, res->meta.name)
                                      : arena_printf(arena, "gns/%s", res->meta.name),
                     .labels = netset_labels(scope, res),
                 });
    }
    vec_sort(&model->netsets, compare_netsets);
}

struct profile_lookup {
    struct arena *arena;
    struct model *model;
    struct strmap *objects; // name -> struct res_profile *
    struct strmap *numbers; // name -> uint32_t *
};

static void set_rules(struct arena *arena, struct model_policy *profile, int direction,
                      const struct res_rule *rules, size_t count)
{
    profile->rules[direction].items = arena_array_of(arena, struct model_rule, count);
    profile->rules[direction].count = count;
    for (size_t i = 0; i < count; i++) {
        profile->rules[direction].items[i] = (struct model_rule){
            .res = &rules[i], .source = {-1, -1, -1, -1, -1}, .destination = {-1, -1, -1, -1, -1}};
    }
}

// Generated profiles: a namespace allows everything, a service account says nothing (semantics.md 7.1, 7.5).
static void set_generated_rules(const struct profile_lookup *lookup, struct model_policy *profile)
{
    static const struct res_rule allow_all = {.action = RES_ALLOW};
    const char *name = profile->name;
    bool allow = strcmp(name, PROFILE_DEFAULT_ALLOW) == 0 || text_begins(name, PROFILE_NAMESPACE);
    if (allow) {
        set_rules(lookup->arena, profile, MODEL_IN, &allow_all, 1);
        set_rules(lookup->arena, profile, MODEL_OUT, &allow_all, 1);
    } else {
        profile->missing =
            strncmp(name, PROFILE_SERVICE_ACCOUNT, strlen(PROFILE_SERVICE_ACCOUNT)) != 0;
    }
}

static uint32_t profile_number(struct profile_lookup *lookup, const char *name)
{
    const uint32_t *known = strmap_get(lookup->numbers, name);
    if (known != NULL) {
        return *known;
    }
    uint32_t *number = arena_new_of(lookup->arena, uint32_t);
    *number = (uint32_t)lookup->model->profiles.count;
    strmap_put(lookup->numbers, name, number);
    struct model_policy *profile = vec_add(lookup->arena, &lookup->model->profiles);
    profile->name = name;
    profile->kind = "Profile";
    profile->id = arena_printf(lookup->arena, "profile/%s", name);
    profile->types = RES_INGRESS | RES_EGRESS;
    profile->active = true;
    const struct res_profile *res = strmap_get(lookup->objects, name);
    if (res != NULL) {
        profile->meta = &res->meta;
        profile->loc = res->meta.loc;
        set_rules(lookup->arena, profile, MODEL_IN, res->ingress.items, res->ingress.count);
        set_rules(lookup->arena, profile, MODEL_OUT, res->egress.items, res->egress.count);
    } else {
        set_generated_rules(lookup, profile);
    }
    return *number;
}

static struct model_indexes profile_numbers(struct profile_lookup *lookup,
                                            const struct res_names *names)
{
    struct model_indexes numbers = {0};
    for (size_t i = 0; i < names->count; i++) {
        vec_push(lookup->arena, &numbers, profile_number(lookup, names->items[i].text));
    }
    return numbers;
}

void resolve_profiles(struct arena *arena, const struct resources *resources, struct model *model)
{
    struct profile_lookup lookup = {
        .arena = arena, .model = model, .objects = strmap_new(arena), .numbers = strmap_new(arena)};
    for (size_t i = 0; i < resources->profiles.count; i++) {
        strmap_put(lookup.objects, resources->profiles.items[i].meta.name,
                   &resources->profiles.items[i]);
    }
    for (size_t i = 0; i < model->endpoints.count; i++) {
        struct model_endpoint *endpoint = &model->endpoints.items[i];
        if (endpoint->local) {
            endpoint->profiles = profile_numbers(&lookup, &endpoint->res->profiles);
        }
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        struct model_host *host = &model->hosts.items[i];
        if (host->local) {
            host->profiles = profile_numbers(&lookup, &host->res->profiles);
        }
    }
}
