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

// Endpoints with the same labels have the same policies: they share the lists.
struct governed {
    struct model_indexes policies[MODEL_DIRECTIONS];
};

struct calculator {
    struct arena *arena;
    struct diags *diags;
    struct model *model;
    struct label_index *endpoints, *hosts; // local ones
    struct governed *classes;              // of `endpoints`
};

static enum model_stage policy_stage(const struct res_policy *res)
{
    return res->do_not_track.value ? MODEL_UNTRACKED
           : res->pre_dnat.value   ? MODEL_PREDNAT
                                   : MODEL_NORMAL;
}

// Workload endpoints have normal policies only: doNotTrack and preDNAT do nothing there (semantics.md 6.2).
static void govern_endpoints(const struct calculator *calculator, uint32_t number,
                             const struct sel *sel)
{
    struct model_policy *policy = &calculator->model->policies.items[number];
    struct model_indexes classes = {0};
    if (policy_stage(policy->res) != MODEL_NORMAL) {
        return;
    }
    label_index_classes(calculator->endpoints, calculator->arena, sel, &classes);
    for (size_t i = 0; i < classes.count; i++) {
        struct governed *governed = &calculator->classes[classes.items[i]];
        for (int direction = 0; direction < MODEL_DIRECTIONS; direction++) {
            if (policy->types & direction_types[direction]) {
                vec_push(calculator->arena, &governed->policies[direction], number);
            }
        }
    }
    policy->active |= classes.count > 0;
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

static void govern_hosts(const struct calculator *calculator, uint32_t number,
                         const struct sel *sel)
{
    struct arena *arena = calculator->arena;
    struct model_policy *policy = &calculator->model->policies.items[number];
    enum model_stage stage = policy_stage(policy->res);
    struct model_indexes hosts = {0};
    bool warned = false;
    label_index_select(calculator->hosts, arena, sel, &hosts);
    for (size_t i = 0; i < hosts.count; i++) {
        struct model_host *host = &calculator->model->hosts.items[hosts.items[i]];
        if (stage == MODEL_UNTRACKED && host->all_interfaces) {
            if (!warned) {
                warn_untracked(calculator->diags, policy, host);
            }
            warned = true;
            continue;
        }
        govern_host(arena, number, policy, stage, host);
        if (stage == MODEL_NORMAL && policy->res->apply_on_forward.value) {
            govern_host(arena, number, policy, MODEL_FORWARD, host);
        }
        policy->active = true;
    }
}

static void index_local(struct calculator *calculator)
{
    const struct model *model = calculator->model;
    calculator->endpoints = label_index_new(calculator->arena);
    calculator->hosts = label_index_new(calculator->arena);
    for (size_t i = 0; i < model->endpoints.count; i++) {
        if (model->endpoints.items[i].local) {
            label_index_add(calculator->endpoints, (uint32_t)i, &model->endpoints.items[i].labels);
        }
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        if (model->hosts.items[i].local) {
            label_index_add(calculator->hosts, (uint32_t)i, &model->hosts.items[i].labels);
        }
    }
    calculator->classes = arena_array_of(calculator->arena, struct governed,
                                         label_index_class_count(calculator->endpoints));
}

static void share_lists(const struct calculator *calculator)
{
    size_t count = label_index_class_count(calculator->endpoints);
    for (uint32_t i = 0; i < count; i++) {
        const struct model_indexes *members = label_index_members(calculator->endpoints, i);
        for (size_t j = 0; j < members->count; j++) {
            memcpy(calculator->model->endpoints.items[members->items[j]].policies,
                   calculator->classes[i].policies, sizeof(struct governed));
        }
    }
}

void resolve_active(struct arena *arena, struct diags *diags, struct model *model)
{
    static const struct sel everything = {.op = SEL_ALL};
    struct calculator calculator = {.arena = arena, .diags = diags, .model = model};
    index_local(&calculator);
    for (size_t i = 0; i < model->policies.count; i++) {
        const struct sel *sel = policy_selector(arena, model->policies.items[i].res);
        govern_endpoints(&calculator, (uint32_t)i, sel != NULL ? sel : &everything);
        govern_hosts(&calculator, (uint32_t)i, sel != NULL ? sel : &everything);
    }
    share_lists(&calculator);
}
