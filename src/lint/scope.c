// SPDX-License-Identifier: GPL-2.0-or-later
// What policies govern: none selects nothing (L101), or only what takes no such policy (L106, L108); a namespace selector
// that says what a namespace must not be also takes what is in none (L105, semantics.md 2.6).
#include "things.h"

struct scope {
    const struct lint *lint;
    struct things workloads, hosts, endpoints; // endpoints: both
    struct strmap *namespaces;                 // name -> struct things of workloads
};

static struct loc selector_loc(const struct res_policy *policy)
{
    return policy->selector.tree != NULL ? policy->selector.text.loc : policy->meta.loc;
}

// What the policy chooses from before its selector, and which of its fields leaves nothing; NULL when none does.
static const struct res_selector *narrow(const struct scope *scope, const struct res_policy *policy,
                                         struct things *things, const char **ret_why)
{
    const struct lint *lint = scope->lint;
    const struct sel *ns = namespace_sel(lint->arena, policy->namespace_selector.tree);
    if (ns != NULL && !things_any(lint->arena, things, ns)) {
        *ret_why = why_nothing(lint, things, ns, PREFIX_NAMESPACE);
        return &policy->namespace_selector;
    }
    *things = things_select(lint->arena, things, ns);
    const struct sel *accounts =
        service_account_sel(lint->arena, policy->service_account_selector.tree);
    if (accounts != NULL && !things_any(lint->arena, things, accounts)) {
        *ret_why = why_nothing(lint, things, accounts, PREFIX_SERVICE_ACCOUNT);
        return &policy->service_account_selector;
    }
    *things = things_select(lint->arena, things, accounts);
    return NULL;
}

static struct diag *report_nothing(const struct scope *scope, const struct res_policy *policy,
                                   struct loc loc, const char *why)
{
    const struct lint *lint = scope->lint;
    struct diag *diag = diag_report(lint->diags, DIAG_L101, loc, "%s selects no endpoint",
                                    lint_object_text(lint, &policy->meta));
    diag_label(diag, "%s", why);
    diag_hint(diag, "polc get endpoints %s --show-labels", lint->paths);
    return diag;
}

// A namespaced policy whose selector fits host endpoints, and no workload of its namespace.
static bool means_host(const struct scope *scope, const struct res_policy *policy)
{
    const struct lint *lint = scope->lint;
    const struct sel *sel = policy->selector.tree;
    if (policy->meta.ns == NULL || sel == NULL || things_any(lint->arena, &scope->workloads, sel) ||
        !things_any(lint->arena, &scope->hosts, sel)) {
        return false;
    }
    struct things hosts = things_select(lint->arena, &scope->hosts, sel);
    struct diag *diag =
        diag_report(lint->diags, DIAG_L106, policy->selector.text.loc,
                    "%s fits only host endpoints, which no namespaced policy governs",
                    lint_object_text(lint, &policy->meta));
    diag_label(diag, "matches %s and no workload", things_text(lint, &hosts));
    diag_hint(diag, "kind: GlobalNetworkPolicy      (without \"namespace\")");
    return true;
}

// doNotTrack and preDNAT are for host endpoints; on a workload they do nothing at all.
static bool means_no_workload(const struct scope *scope, const struct res_policy *policy,
                              const struct things *things)
{
    const struct lint *lint = scope->lint;
    const struct res_bool *field =
        policy->do_not_track.value ? &policy->do_not_track : &policy->pre_dnat;
    struct things chosen = things_select(lint->arena, things, policy->selector.tree);
    if (!field->value || chosen.count == 0) {
        return false;
    }
    for (size_t i = 0; i < chosen.count; i++) {
        if (chosen.items[i].kind == THING_HOST) {
            return false;
        }
    }
    const char *name = policy->do_not_track.value ? "doNotTrack" : "preDNAT";
    struct diag *diag = diag_report(lint->diags, DIAG_L108, field->loc,
                                    "%s is %s and selects no host endpoint, so it does nothing",
                                    lint_object_text(lint, &policy->meta), name);
    diag_label(diag, "on workloads such a policy has no effect: %s", things_text(lint, &chosen));
    diag_hint(diag, "remove \"%s: true\", or select host endpoints: polc get hep %s --show-labels",
              name, lint->paths);
    return true;
}

static const char *why_no_namespace(const struct scope *scope, const char *ns)
{
    struct arena *arena = scope->lint->arena;
    const char **names = arena_array_of(arena, const char *, scope->workloads.count);
    for (size_t i = 0; i < scope->workloads.count; i++) {
        names[i] = scope->workloads.items[i].ns;
    }
    const char *best = spell_best(ns, names, scope->workloads.count);
    const char *text = arena_printf(arena, "namespace \"%s\" has no endpoint", ns);
    return best != NULL ? arena_printf(arena, "%s; did you mean \"%s\"?", text, best) : text;
}

static void check_inactive(const struct scope *scope, const struct model_policy *policy)
{
    const struct lint *lint = scope->lint;
    const struct res_policy *res = policy->res;
    struct things things = res->meta.ns == NULL ? scope->endpoints : scope->workloads;
    if (means_host(scope, res)) {
        return;
    }
    if (res->meta.ns != NULL) {
        const struct things *inside = strmap_get(scope->namespaces, res->meta.ns);
        things = inside != NULL ? *inside : (struct things){.count = 0};
        if (things.count == 0) {
            report_nothing(scope, res, res->meta.loc, why_no_namespace(scope, res->meta.ns));
            return;
        }
    }
    const char *why = NULL;
    const struct res_selector *narrowest = narrow(scope, res, &things, &why);
    if (narrowest != NULL) {
        report_nothing(scope, res, narrowest->text.loc, why);
    } else if (!means_no_workload(scope, res, &things) &&
               !things_any(lint->arena, &things, res->selector.tree)) {
        why = res->selector.tree != NULL ? why_nothing(lint, &things, res->selector.tree, "")
                                         : "there is no endpoint in its scope";
        report_nothing(scope, res, selector_loc(res), why);
    }
}

// A global policy for namespaces that governs host endpoints too, because they are in none.
static void check_outside(const struct scope *scope, const struct model_policy *policy)
{
    const struct lint *lint = scope->lint;
    const struct res_policy *res = policy->res;
    if (res->meta.ns != NULL || res->namespace_selector.tree == NULL) {
        return;
    }
    const struct sel *sel =
        sel_and(lint->arena, res->selector.tree,
                sel_and(lint->arena, namespace_sel(lint->arena, res->namespace_selector.tree),
                        service_account_sel(lint->arena, res->service_account_selector.tree)));
    struct things hosts = things_select(lint->arena, &scope->hosts, sel);
    if (hosts.count == 0) {
        return;
    }
    struct diag *diag =
        diag_report(lint->diags, DIAG_L105, res->namespace_selector.text.loc,
                    "%s governs %zu host endpoint%s, which are in no namespace",
                    lint_object_text(lint, &res->meta), hosts.count, hosts.count == 1 ? "" : "s");
    diag_label(diag, "what has no namespace has no labels of one, so it meets this: %s",
               things_text(lint, &hosts));
    diag_hint(diag, "namespaceSelector: (%s) && has(projectcalico.org/name)",
              res->namespace_selector.text.text);
    diag_key(diag, "namespaceSelector");
}

static void group_by_namespace(struct scope *scope)
{
    struct arena *arena = scope->lint->arena;
    for (size_t i = 0; i < scope->workloads.count; i++) {
        const struct thing *thing = &scope->workloads.items[i];
        struct things *group = strmap_get(scope->namespaces, thing->ns);
        if (group == NULL) {
            group = arena_new_of(arena, struct things);
            strmap_put(scope->namespaces, thing->ns, group);
        }
        vec_push(arena, group, *thing);
    }
}

void lint_scope(const struct lint *lint)
{
    struct scope scope = {
        .lint = lint,
        .workloads = things_of(lint->arena, lint->model, THING_WORKLOAD),
        .hosts = things_of(lint->arena, lint->model, THING_HOST),
        .endpoints = things_of(lint->arena, lint->model, THING_WORKLOAD | THING_HOST),
        .namespaces = strmap_new(lint->arena),
    };
    group_by_namespace(&scope);
    for (size_t i = 0; i < lint->model->policies.count; i++) {
        struct arena_mark mark = arena_mark(lint->arena);
        const struct model_policy *policy = &lint->model->policies.items[i];
        policy->active ? check_outside(&scope, policy) : check_inactive(&scope, policy);
        arena_rewind(lint->arena, mark);
    }
}
