// SPDX-License-Identifier: GPL-2.0-or-later
// One selector over the objects of a model, for `get -l` and `eval`.
#include "internal.h"

void model_select(struct arena *arena, const struct model *model, const struct sel *sel,
                  struct model_indexes *ret_endpoints, struct model_indexes *ret_hosts,
                  struct model_indexes *ret_netsets)
{
    for (size_t i = 0; i < model->endpoints.count; i++) {
        if (sel_matches(sel, &model->endpoints.items[i].labels)) {
            vec_push(arena, ret_endpoints, (uint32_t)i);
        }
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        if (sel_matches(sel, &model->hosts.items[i].labels)) {
            vec_push(arena, ret_hosts, (uint32_t)i);
        }
    }
    for (size_t i = 0; i < model->netsets.count; i++) {
        if (sel_matches(sel, &model->netsets.items[i].labels)) {
            vec_push(arena, ret_netsets, (uint32_t)i);
        }
    }
}
