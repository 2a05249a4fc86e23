// SPDX-License-Identifier: GPL-2.0-or-later
// Resources -> model, pass by pass. Each pass fills in one part of the model and reads only the parts before it.
#include "internal.h"

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect_nodes(struct arena *arena, const struct resources *resources,
                          struct model *model)
{
    struct strmap *seen = strmap_new(arena);
    VEC(const char *) nodes = {0};
    for (size_t i = 0; i < resources->workloads.count; i++) {
        const char *node = resources->workloads.items[i].node.text;
        if (node != NULL && strmap_get(seen, node) == NULL) {
            strmap_put(seen, node, seen);
            vec_push(arena, &nodes, node);
        }
    }
    vec_sort(&nodes, compare_names);
    model->nodes = nodes.items;
    model->node_count = nodes.count;
}

struct model *resolve(struct arena *arena, struct diags *diags, const struct resources *resources,
                      const char *node)
{
    (void)diags;
    struct model *model = arena_new_of(arena, struct model);
    model->node = node;
    collect_nodes(arena, resources, model);
    resolve_settings(arena, resources, node, &model->settings);
    resolve_tiers(arena, resources, model);
    resolve_policies(arena, resources, model);
    resolve_endpoints(arena, resources, model);
    resolve_netsets(arena, resources, model);
    resolve_profiles(arena, resources, model);
    resolve_active(arena, model);
    resolve_rules(arena, model);
    return model;
}

static bool names_node(const struct resources *resources, const char *node, size_t length)
{
    for (size_t i = 0; i < resources->workloads.count; i++) {
        const char *other = resources->workloads.items[i].node.text;
        if (other != NULL && strlen(other) == length && memcmp(other, node, length) == 0) {
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
