// SPDX-License-Identifier: GPL-2.0-or-later
// Namespaces that have no Namespace object. That matters only when a policy selects by labels of
// namespaces, which such a namespace lacks; otherwise nothing is said.
#include "internal.h"

// Whether a tree asks for a label of a namespace that is not its name. In a namespace selector
// every key is one; in others those with the prefix that the labels are inherited under.
static bool asks_for_labels(const struct sel *sel, bool namespace_selector)
{
    static const char prefix[] = "pcns.";
    if (sel == NULL || sel->op == SEL_ALL || sel->op == SEL_GLOBAL) {
        return false;
    }
    if (sel->op == SEL_AND || sel->op == SEL_OR || sel->op == SEL_NOT) {
        bool found = false;
        for (uint32_t i = 0; i < sel->count; i++) {
            found |= asks_for_labels(sel->children[i], namespace_selector);
        }
        return found;
    }
    const char *key = sel->key;
    if (!namespace_selector) {
        if (strncmp(key, prefix, strlen(prefix)) != 0) {
            return false;
        }
        key += strlen(prefix);
    }
    return strcmp(key, "projectcalico.org/name") != 0 &&
           strcmp(key, "kubernetes.io/metadata.name") != 0;
}

static bool entity_asks(const struct res_entity *entity)
{
    return asks_for_labels(entity->namespace_selector.tree, true) ||
           asks_for_labels(entity->selector.tree, false) ||
           asks_for_labels(entity->not_selector.tree, false);
}

static bool rules_ask(const struct res_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (entity_asks(&rules->items[i].source) || entity_asks(&rules->items[i].destination)) {
            return true;
        }
    }
    return false;
}

static bool policies_ask(const struct resources *resources)
{
    for (size_t i = 0; i < resources->policies.count; i++) {
        const struct res_policy *policy = &resources->policies.items[i];
        if (asks_for_labels(policy->namespace_selector.tree, true) ||
            asks_for_labels(policy->selector.tree, false) || rules_ask(&policy->ingress) ||
            rules_ask(&policy->egress)) {
            return true;
        }
    }
    return false;
}

static void check_namespace(const struct check *check, struct strmap *known, const char *ns,
                            const struct res_meta *meta)
{
    if (strmap_get(known, ns) != NULL) {
        return;
    }
    strmap_put(known, ns, (void *)meta); // once is enough
    struct diag *diag = diag_report(
        check->diags, DIAG_W002, meta->loc,
        "namespace \"%s\" has no Namespace object, so it has no labels but its name", ns);
    diag_label(diag, "%s is in it", object_text(check, meta));
    diag_hint(diag, "kubectl get namespaces -o yaml > namespaces.yaml");
}

// A workload is in a namespace by its profile "kns.NAME".
static void check_workload_namespace(const struct check *check, struct strmap *known,
                                     const struct res_workload *workload)
{
    for (size_t i = 0; i < workload->profiles.count; i++) {
        const char *profile = workload->profiles.items[i].text;
        if (text_begins(profile, "kns.")) {
            check_namespace(check, known, profile + 4, &workload->meta);
        }
    }
}

void check_namespaces_exist(const struct check *check)
{
    const struct resources *resources = check->resources;
    if (!policies_ask(resources)) {
        return;
    }
    struct strmap *known = strmap_new(check->arena);
    for (size_t i = 0; i < resources->namespaces.count; i++) {
        strmap_put(known, resources->namespaces.items[i].meta.name,
                   (void *)&resources->namespaces.items[i]);
    }
    for (size_t i = 0; i < resources->workloads.count; i++) {
        check_workload_namespace(check, known, &resources->workloads.items[i]);
    }
    for (size_t i = 0; i < resources->netsets.count; i++) {
        const struct res_meta *meta = &resources->netsets.items[i].meta;
        if (meta->ns != NULL) {
            check_namespace(check, known, meta->ns, meta);
        }
    }
}
