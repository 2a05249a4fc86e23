// SPDX-License-Identifier: GPL-2.0-or-later
// Active rules calculator: which policies govern which endpoints of the node, in each direction (semantics.md 3.1),
// and on host endpoints at which stage (6.2).
#include "internal.h"

static const uint8_t direction_types[MODEL_DIRECTIONS] = {RES_INGRESS, RES_EGRESS};

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

static void govern_endpoint(struct arena *arena, uint32_t number, const struct model_policy *policy,
                            struct model_endpoint *endpoint)
{
    for (int direction = 0; direction < MODEL_DIRECTIONS; direction++) {
        if (policy->types & direction_types[direction]) {
            vec_push(arena, &endpoint->policies[direction], number);
        }
    }
}

static void govern_host(struct arena *arena, uint32_t number, const struct model_policy *policy,
                        enum model_stage stage, struct model_host *host)
{
    for (int direction = 0; direction < MODEL_DIRECTIONS; direction++) {
        bool ignored = stage == MODEL_PREDNAT && direction == MODEL_OUT;
        if ((policy->types & direction_types[direction]) && !ignored) {
            vec_push(arena, &host->policies[stage][direction], number);
        }
    }
}

// Untracked policy for all interfaces would also see workloads, whose packets conntrack needs. Said once a policy.
static void warn_untracked(struct diags *diags, const struct model_policy *policy,
                           const struct model_host *host)
{
    struct diag *diag = diag_report(
        diags, DIAG_W043, policy->res->do_not_track.loc,
        "%s %s is doNotTrack and does nothing on HostEndpoint %s, which is for all interfaces",
        policy->kind, policy->name, host->res->meta.name);
    diag_related(diag, host->res->interface_name.loc, "its \"interfaceName\" is \"*\"");
    diag_hint(diag, "name the interface in the HostEndpoint, or leave out \"doNotTrack\"");
}

// Workload endpoints have normal policies only: doNotTrack and preDNAT do nothing there (semantics.md 6.2).
static void govern(struct arena *arena, struct diags *diags, struct model *model, uint32_t number,
                   const struct model_indexes *targets)
{
    struct model_policy *policy = &model->policies.items[number];
    const struct res_policy *res = policy->res;
    enum model_stage stage = res->do_not_track.value ? MODEL_UNTRACKED
                             : res->pre_dnat.value   ? MODEL_PREDNAT
                                                     : MODEL_NORMAL;
    bool warned = false;
    for (size_t i = 0; i < targets->count; i++) {
        if (targets->items[i] < model->endpoints.count) {
            if (stage == MODEL_NORMAL) {
                govern_endpoint(arena, number, policy, &model->endpoints.items[targets->items[i]]);
                policy->active = true;
            }
            continue;
        }
        struct model_host *host = &model->hosts.items[targets->items[i] - model->endpoints.count];
        if (stage == MODEL_UNTRACKED && host->all_interfaces) {
            if (!warned) {
                warn_untracked(diags, policy, host);
            }
            warned = true;
            continue;
        }
        govern_host(arena, number, policy, stage, host);
        if (stage == MODEL_NORMAL && res->apply_on_forward.value) {
            govern_host(arena, number, policy, MODEL_FORWARD, host);
        }
        policy->active = true;
    }
}

// Endpoints first, then hosts.
static struct label_index *index_targets(struct arena *arena, const struct model *model)
{
    struct label_index *targets = label_index_new(arena);
    for (size_t i = 0; i < model->endpoints.count; i++) {
        if (model->endpoints.items[i].local) {
            label_index_add(targets, (uint32_t)i, &model->endpoints.items[i].labels);
        }
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        if (model->hosts.items[i].local) {
            label_index_add(targets, (uint32_t)(model->endpoints.count + i),
                            &model->hosts.items[i].labels);
        }
    }
    return targets;
}

void resolve_active(struct arena *arena, struct diags *diags, struct model *model)
{
    static const struct sel everything = {.op = SEL_ALL};
    struct label_index *index = index_targets(arena, model);
    for (size_t i = 0; i < model->policies.count; i++) {
        const struct sel *sel = policy_selector(arena, model->policies.items[i].res);
        struct model_indexes targets = {0};
        label_index_select(index, arena, sel != NULL ? sel : &everything, &targets);
        govern(arena, diags, model, (uint32_t)i, &targets);
    }
}
