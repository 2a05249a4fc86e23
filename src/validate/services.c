// SPDX-License-Identifier: GPL-2.0-or-later
// Services that rules name: whether the input has anything of them, and in which namespace they are.
#include "internal.h"

struct services {
    const struct check *check;
    struct strmap *known; // "NS/NAME"
};

static void add_known(const struct services *services, const char *ns, const char *name)
{
    strmap_put(services->known, arena_printf(services->check->arena, "%s/%s", ns, name),
               services->known);
}

static void collect_known(const struct services *services)
{
    const struct resources *resources = services->check->resources;
    for (size_t i = 0; i < resources->services.count; i++) {
        const struct res_meta *meta = &resources->services.items[i].meta;
        add_known(services, meta->ns, meta->name);
    }
    for (size_t i = 0; i < resources->slices.count; i++) {
        const struct res_backends *slice = &resources->slices.items[i];
        if (slice->service != NULL) {
            add_known(services, slice->meta.ns, slice->service);
        }
    }
    for (size_t i = 0; i < resources->endpoints.count; i++) {
        const struct res_meta *meta = &resources->endpoints.items[i].meta;
        add_known(services, meta->ns, meta->name);
    }
}

static const char *best_name(const struct services *services, const char *name)
{
    VEC(const char *) names = {0};
    const char *key;
    void *cursor = NULL;
    while (strmap_next(services->known, &cursor, &key, NULL)) {
        vec_push(services->check->arena, &names, key);
    }
    return spell_best(name, names.items, names.count);
}

// `so`: what becomes of whoever names it.
static void check_exists(const struct services *services, const char *name, struct loc loc,
                         const char *so)
{
    const struct check *check = services->check;
    if (strmap_get(services->known, name) != NULL) {
        return;
    }
    struct diag *diag =
        diag_report(check->diags, DIAG_W023, loc, "service \"%s\" does not exist, so %s", name, so);
    const char *best = best_name(services, name);
    if (best != NULL) {
        diag_label(diag, "did you mean \"%s\"?", best);
    }
    diag_hint(diag, "kubectl get services,endpointslices -A -o yaml > services.yaml");
}

static void check_side(const struct services *services, const struct res_entity *entity,
                       const struct rule_place *place)
{
    const char *ns = entity->service_namespace.text;
    if (!entity->has_services ||
        services_problem(services->check, entity, place->egress, place) != NULL) {
        return; // none, or an error already
    }
    if (ns == NULL || ns[0] == '\0') {
        ns = place->meta->ns;
        struct diag *diag = diag_report(services->check->diags, DIAG_W022, entity->services_loc,
                                        "service \"%s\" is taken for the one of namespace \"%s\"",
                                        entity->service_name.text, ns);
        diag_label(diag, "Calico would match nothing");
        diag_hint(diag, "services: {name: %s, namespace: %s}", entity->service_name.text, ns);
    }
    struct arena *arena = services->check->arena;
    check_exists(services, arena_printf(arena, "%s/%s", ns, entity->service_name.text),
                 entity->service_name.loc,
                 arena_printf(arena, "%s never matches", rule_text(services->check, place)));
}

static void check_list(const struct services *services, const struct res_rules *rules,
                       struct rule_place place)
{
    for (place.index = 0; place.index < rules->count; place.index++) {
        const struct res_rule *rule = &rules->items[place.index];
        check_side(services, place.egress ? &rule->destination : &rule->source, &place);
    }
}

static void check_lists(const struct services *services, const struct res_meta *meta,
                        const struct res_rules *ingress, const struct res_rules *egress)
{
    struct rule_place place = {.meta = meta, .global = meta->ns == NULL};
    check_list(services, ingress, place);
    place.egress = true;
    check_list(services, egress, place);
}

static void check_servers(const struct services *services, const struct res_dns_servers *servers)
{
    for (size_t i = 0; i < servers->count; i++) {
        const struct res_dns_server *server = &servers->items[i];
        if (server->service_name != NULL) {
            check_exists(services,
                         arena_printf(services->check->arena, "%s/%s", server->service_ns,
                                      server->service_name),
                         server->loc, "no DNS answer is believed for its sake");
        }
    }
}

void check_services_exist(const struct check *check)
{
    struct services services = {check, strmap_new(check->arena)};
    const struct resources *resources = check->resources;
    collect_known(&services);
    for (size_t i = 0; i < resources->policies.count; i++) {
        const struct res_policy *policy = &resources->policies.items[i];
        check_lists(&services, &policy->meta, &policy->ingress, &policy->egress);
    }
    for (size_t i = 0; i < resources->profiles.count; i++) {
        const struct res_profile *profile = &resources->profiles.items[i];
        check_lists(&services, &profile->meta, &profile->ingress, &profile->egress);
    }
    for (size_t i = 0; i < resources->felix.count; i++) {
        check_servers(&services, &resources->felix.items[i].dns_servers);
    }
}
