// SPDX-License-Identifier: GPL-2.0-or-later
// What `status` says of bridges: of a packet the firewall sees the bridge, not the port, so a workload behind one can
// send with an address of its neighbours.
#include "status.h"

struct bridge {
    const char *name;
    struct words endpoints;
    bool shared; // with ports that are not of workload endpoints
};

struct bridge_list {
    VEC_FIELDS(struct bridge);
};

static struct bridge_list find_bridges(const struct status *status)
{
    struct bridge_list list = {0};
    const struct plan *plan = status->plan;
    for (size_t i = 0; plan != NULL && i < plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[i];
        struct bridge *bridge = NULL;
        for (size_t j = 0; endpoint->bridge != NULL && j < list.count; j++) {
            bridge = strcmp(list.items[j].name, endpoint->bridge) == 0 ? &list.items[j] : bridge;
        }
        if (endpoint->bridge != NULL && bridge == NULL) {
            bridge = vec_add(status->run->arena, &list);
            bridge->name = endpoint->bridge;
        }
        if (bridge != NULL) {
            vec_push(status->run->arena, &bridge->endpoints, endpoint->id);
            bridge->shared |= endpoint->interface == NULL;
        }
    }
    return list;
}

void print_bridges(const struct status *status)
{
    enum { SHOWN = 4 };
    struct bridge_list list = find_bridges(status);
    size_t printed = 0;
    for (size_t i = 0; i < list.count; i++) {
        const struct bridge *bridge = &list.items[i];
        size_t count = bridge->endpoints.count;
        size_t shown = count < SHOWN ? count : SHOWN;
        if (count < 2 && !bridge->shared) {
            continue; // alone there
        }
        printf("%s%s: %s%s can send with %s\n", status_heading("bridges", printed++), bridge->name,
               words_join(status->run->arena, bridge->endpoints.items, shown, ", "),
               shown < count ? arena_printf(status->run->arena, " and %zu more", count - shown)
                             : "",
               bridge->shared ? "any address, and others there with theirs"
                              : "each other's addresses");
    }
}

json_t *bridges_json(const struct status *status)
{
    struct bridge_list list = find_bridges(status);
    json_t *array = json_array();
    for (size_t i = 0; i < list.count; i++) {
        json_t *endpoints = json_array();
        for (size_t j = 0; j < list.items[i].endpoints.count; j++) {
            json_array_append_new(endpoints, json_string(list.items[i].endpoints.items[j]));
        }
        json_array_append_new(array, json_pack("{s:s, s:o, s:b}", "bridge", list.items[i].name,
                                               "endpoints", endpoints, "shared_with_others",
                                               (int)list.items[i].shared));
    }
    return array;
}
