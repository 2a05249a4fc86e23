// SPDX-License-Identifier: GPL-2.0-or-later
// Active rules calculator: which policies govern which endpoints of the node, in each direction (semantics.md 3.1).
#include "internal.h"

// "all()" in a namespace or service account selector means "has one at all" (semantics.md 2.6).
static const struct sel *scope_part(struct arena *arena, const struct sel *sel, const char *prefix,
                                    const char *all_means)
{
    if (sel == NULL) {
        return NULL;
    }
    const struct sel *all = all_means != NULL ? sel_has(arena, all_means) : NULL;
    return sel_rewrite(arena, sel, prefix, all, NULL);
}

// The effective selector; NULL selects everything.
static const struct sel *policy_selector(struct arena *arena, const struct res_policy *res)
{
    const struct sel *sel = res->selector.tree;
    if (res->meta.ns != NULL) {
        sel = sel_and(arena, sel, sel_eq(arena, LABEL_NAMESPACE, res->meta.ns));
        return sel_and(
            arena, sel,
            scope_part(arena, res->service_account_selector.tree, PREFIX_SERVICE_ACCOUNT, NULL));
    }
    sel =
        sel_and(arena, sel,
                scope_part(arena, res->namespace_selector.tree, PREFIX_NAMESPACE, LABEL_NAMESPACE));
    return sel_and(arena, sel,
                   scope_part(arena, res->service_account_selector.tree, PREFIX_SERVICE_ACCOUNT,
                              LABEL_SERVICE_ACCOUNT));
}

static void govern(struct arena *arena, struct model *model, uint32_t policy,
                   const struct model_indexes *endpoints)
{
    uint8_t types = model->policies.items[policy].types;
    for (size_t i = 0; i < endpoints->count; i++) {
        struct model_endpoint *endpoint = &model->endpoints.items[endpoints->items[i]];
        if (types & RES_INGRESS) {
            vec_push(arena, &endpoint->policies[MODEL_IN], policy);
        }
        if (types & RES_EGRESS) {
            vec_push(arena, &endpoint->policies[MODEL_OUT], policy);
        }
    }
    model->policies.items[policy].active = endpoints->count > 0;
}

void resolve_active(struct arena *arena, struct model *model)
{
    struct label_index *targets = label_index_new(arena);
    for (size_t i = 0; i < model->endpoints.count; i++) {
        if (model->endpoints.items[i].local) {
            label_index_add(targets, (uint32_t)i, &model->endpoints.items[i].labels);
        }
    }
    static const struct sel everything = {.op = SEL_ALL};
    for (size_t i = 0; i < model->policies.count; i++) {
        const struct sel *sel = policy_selector(arena, model->policies.items[i].res);
        struct model_indexes endpoints = {0};
        label_index_select(targets, arena, sel != NULL ? sel : &everything, &endpoints);
        govern(arena, model, (uint32_t)i, &endpoints);
    }
}
