// SPDX-License-Identifier: GPL-2.0-or-later
// Resources -> model, pass by pass. Each pass fills in one part of the model and reads only the parts before it.
#include "internal.h"

struct node_names {
    struct arena *arena;
    struct strmap *seen;
    VEC_FIELDS(const char *);
};

static void add_node(struct node_names *names, const struct res_text *node)
{
    if (node->text != NULL && strmap_get(names->seen, node->text) == NULL) {
        strmap_put(names->seen, node->text, names->seen);
        vec_push(names->arena, names, node->text);
    }
}

static void collect_nodes(struct arena *arena, const struct resources *resources,
                          struct model *model)
{
    struct node_names names = {.arena = arena, .seen = strmap_new(arena)};
    for (size_t i = 0; i < resources->workloads.count; i++) {
        add_node(&names, &resources->workloads.items[i].node);
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        add_node(&names, &model->hosts.items[i].res->node);
    }
    vec_sort(&names, compare_texts);
    model->nodes = names.items;
    model->node_count = names.count;
}

// Interfaces that are of none of the nodes: a file of another name, most often.
static void warn_unused(struct diags *diags, const struct host_inventory *inventory,
                        const struct model *model)
{
    if (inventory == NULL || inventory->count == 0 ||
        (model->node != NULL && host_find(inventory, model->node) != NULL)) {
        return;
    }
    for (size_t i = 0; model->node == NULL && i < model->node_count; i++) {
        if (host_find(inventory, model->nodes[i]) != NULL) {
            return;
        }
    }
    const char *name = inventory->items[0].name;
    struct diag *diag =
        model->node != NULL
            ? diag_report(diags, DIAG_W049, LOC_NONE,
                          "--interfaces says nothing of node \"%s\", but of \"%s\"", model->node,
                          name)
            : diag_report(diags, DIAG_W049, LOC_NONE,
                          "--interfaces says nothing of a node of the input, but of \"%s\"", name);
    diag_hint(diag, "the name of the file is that of the node, NODE.json%s",
              model->node != NULL ? "" : "; or give --node");
}

struct model *resolve(struct arena *arena, struct diags *diags, const struct resources *resources,
                      const char *node, const struct host_inventory *inventory)
{
    struct model *model = arena_new_of(arena, struct model);
    model->node = node;
    resolve_settings(arena, resources, model);
    resolve_tiers(arena, resources, model);
    resolve_policies(arena, resources, model);
    resolve_endpoints(arena, resources, model);
    resolve_hosts(arena, diags, resources, inventory, model);
    collect_nodes(arena, resources, model);
    warn_unused(diags, inventory, model);
    resolve_interfaces(arena, diags, inventory, model);
    resolve_netsets(arena, resources, model);
    resolve_services(arena, resources, model);
    resolve_dns_servers(arena, inventory, model);
    resolve_profiles(arena, resources, model);
    resolve_active(arena, diags, model);
    resolve_rules(arena, model);
    return model;
}

static bool is_node(const struct res_text *other, const char *node, size_t length)
{
    return other->text != NULL && strlen(other->text) == length &&
           memcmp(other->text, node, length) == 0;
}

static bool names_node(const struct resources *resources, const char *node, size_t length)
{
    for (size_t i = 0; i < resources->workloads.count; i++) {
        if (is_node(&resources->workloads.items[i].node, node, length)) {
            return true;
        }
    }
    for (size_t i = 0; i < resources->hosts.count; i++) {
        if (is_node(&resources->hosts.items[i].node, node, length)) {
            return true;
        }
    }
    const struct res_fleet *fleet = enabled_fleet(resources);
    for (size_t i = 0; fleet != NULL && i < resources->nodes.count; i++) {
        struct res_text name = {resources->nodes.items[i].meta.name, LOC_NONE};
        if (is_node(&name, node, length)) {
            return true;
        }
    }
    return false;
}

const char *model_choose_node(struct arena *arena, const struct resources *resources,
                              const char *wanted, const char *hostname, bool *ret_short)
{
    *ret_short = false;
    if (wanted != NULL) {
        return wanted;
    }
    if (names_node(resources, hostname, strlen(hostname))) {
        return hostname;
    }
    size_t length = strcspn(hostname, ".");
    if (length > 0 && hostname[length] == '.' && names_node(resources, hostname, length)) {
        *ret_short = true;
        return arena_strndup(arena, hostname, length);
    }
    return hostname;
}
