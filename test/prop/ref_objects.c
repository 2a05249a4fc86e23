// SPDX-License-Identifier: GPL-2.0-or-later
// Reference: everything that has labels and addresses, with its own labels and the inherited ones (semantics.md 2.5).
#include "ref.h"

static void add_label(struct ref *ref, struct ref_object *object, const char *prefix,
                      const char *key, const char *value)
{
    const char *full = arena_printf(ref->arena, "%s%s", prefix, key);
    vec_push(ref->arena, &object->labels, (struct label){full, value});
}

static void add_labels(struct ref *ref, struct ref_object *object, const char *prefix,
                       const struct res_label *labels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_label(ref, object, prefix, labels[i].key, labels[i].value);
    }
}

// Of a workload's own labels those that look inherited do not count.
static void add_own_labels(struct ref *ref, struct ref_object *object, const struct res_meta *meta)
{
    for (size_t i = 0; i < meta->label_count; i++) {
        const struct res_label *label = &meta->labels[i];
        if (strncmp(label->key, "pcns.", 5) != 0 && strncmp(label->key, "pcsa.", 5) != 0) {
            add_label(ref, object, "", label->key, label->value);
        }
    }
}

static void inherit_namespace(struct ref *ref, struct ref_object *object, const char *name)
{
    add_label(ref, object, "pcns.", "projectcalico.org/name", name);
    add_label(ref, object, "pcns.", "kubernetes.io/metadata.name", name);
    for (size_t i = 0; i < ref->resources->namespaces.count; i++) {
        const struct res_meta *meta = &ref->resources->namespaces.items[i].meta;
        if (strcmp(meta->name, name) == 0) {
            add_labels(ref, object, "pcns.", meta->labels, meta->label_count);
        }
    }
}

static void inherit_service_account(struct ref *ref, struct ref_object *object, const char *text)
{
    const char *dot = strchr(text, '.');
    if (dot == NULL) {
        return;
    }
    add_label(ref, object, "pcsa.", "projectcalico.org/name", dot + 1);
    for (size_t i = 0; i < ref->resources->service_accounts.count; i++) {
        const struct res_meta *meta = &ref->resources->service_accounts.items[i].meta;
        if (strcmp(meta->name, dot + 1) == 0 && strlen(meta->ns) == (size_t)(dot - text) &&
            strncmp(meta->ns, text, (size_t)(dot - text)) == 0) {
            add_labels(ref, object, "pcsa.", meta->labels, meta->label_count);
        }
    }
}

static void inherit(struct ref *ref, struct ref_object *object, const char *profile)
{
    if (strncmp(profile, "kns.", 4) == 0) {
        inherit_namespace(ref, object, profile + 4);
    } else if (strncmp(profile, "ksa.", 4) == 0) {
        inherit_service_account(ref, object, profile + 4);
    }
    for (size_t i = 0; i < ref->resources->profiles.count; i++) {
        const struct res_profile *res = &ref->resources->profiles.items[i];
        if (strcmp(res->meta.name, profile) == 0) {
            add_labels(ref, object, "", res->labels_to_apply, res->label_count);
        }
    }
}

static void inherit_all(struct ref *ref, struct ref_object *object)
{
    for (size_t i = 0; i < object->profiles->count; i++) {
        inherit(ref, object, object->profiles->items[i].text);
    }
}

static void add_workload(struct ref *ref, const struct res_workload *res)
{
    struct ref_object *object = vec_add(ref->arena, &ref->objects);
    object->id = arena_printf(ref->arena, "wep/%s/%s", res->meta.ns, res->meta.name);
    object->nets = &res->addresses;
    object->ports = &res->ports;
    object->profiles = &res->profiles;
    add_label(ref, object, "", "projectcalico.org/namespace", res->meta.ns);
    add_label(ref, object, "", "projectcalico.org/orchestrator", res->orchestrator);
    if (res->service_account != NULL) {
        add_label(ref, object, "", "projectcalico.org/serviceaccount", res->service_account);
    }
    add_own_labels(ref, object, &res->meta);
    inherit_all(ref, object);
}

static void add_host(struct ref *ref, const struct res_host *res)
{
    struct ref_object *object = vec_add(ref->arena, &ref->objects);
    object->id = arena_printf(ref->arena, "hep/%s", res->meta.name);
    object->nets = &res->expected_ips;
    object->ports = &res->ports;
    object->profiles = &res->profiles;
    add_labels(ref, object, "", res->meta.labels, res->meta.label_count);
    inherit_all(ref, object);
}

static void add_set(struct ref *ref, const struct res_netset *res)
{
    struct ref_object *object = vec_add(ref->arena, &ref->objects);
    object->nets = &res->nets;
    object->domains = &res->domains;
    if (res->meta.ns != NULL) {
        add_label(ref, object, "", "projectcalico.org/namespace", res->meta.ns);
    }
    add_labels(ref, object, "", res->meta.labels, res->meta.label_count);
    if (res->meta.ns != NULL) {
        inherit_namespace(ref, object, res->meta.ns);
    }
    add_label(ref, object, "", "projectcalico.org/name", res->meta.name);
    add_label(ref, object, "", "projectcalico.org/kind", "NetworkSet");
}

void ref_make(struct arena *arena, const struct resources *resources, struct ref *ret)
{
    *ret = (struct ref){.arena = arena, .resources = resources};
    for (size_t i = 0; i < resources->workloads.count; i++) {
        add_workload(ret, &resources->workloads.items[i]);
    }
    for (size_t i = 0; i < resources->hosts.count; i++) {
        add_host(ret, &resources->hosts.items[i]);
    }
    for (size_t i = 0; i < resources->netsets.count; i++) {
        add_set(ret, &resources->netsets.items[i]);
    }
    for (size_t i = 0; i < resources->policies.count; i++) {
        if (!res_kind_info(resources->policies.items[i].meta.kind)->staged) {
            vec_push(arena, &ret->policies, &resources->policies.items[i]);
        }
    }
    ref_sort(ret);
}
