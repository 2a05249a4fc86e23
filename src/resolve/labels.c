// SPDX-License-Identifier: GPL-2.0-or-later
// Effective labels of endpoints and network sets (semantics.md 2.5): forced labels first, then the object's own, then
// those of its profiles in order; the first that defines a key wins.
#include "internal.h"

struct label_scope {
    struct arena *arena;
    struct strmap *profiles; // profile name -> struct labels *
    struct strmap *shared;   // what the labels of a workload come from -> struct labels *
    struct {
        VEC_FIELDS(const void *);
    } key; // of `shared`, while it is put together
};

// Labels in order of precedence.
struct label_list {
    VEC_FIELDS(struct label);
};

static void add(struct arena *arena, struct label_list *list, const char *key, const char *value)
{
    vec_push(arena, list, (struct label){key, value});
}

static void add_all(struct arena *arena, struct label_list *list, const struct labels *labels)
{
    for (size_t i = 0; i < labels->count; i++) {
        vec_push(arena, list, labels->items[i]);
    }
}

// Sorts by key; of equal keys the first in the list stays. Lists are short: an insertion sort, which is stable.
static struct labels finish(const struct label_list *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct label label = list->items[i];
        size_t at = count;
        while (at > 0 && strcmp(list->items[at - 1].key, label.key) > 0) {
            at--;
        }
        if (at > 0 && strcmp(list->items[at - 1].key, label.key) == 0) {
            continue;
        }
        memmove(&list->items[at + 1], &list->items[at], (count - at) * sizeof label);
        list->items[at] = label;
        count++;
    }
    return (struct labels){list->items, count};
}

static void put_profile(struct label_scope *scope, const char *name, struct label_list *list)
{
    struct labels *labels = arena_new_of(scope->arena, struct labels);
    *labels = finish(list);
    strmap_put(scope->profiles, name, labels);
}

static void add_prefixed(struct arena *arena, struct label_list *list, const char *prefix,
                         const struct res_meta *meta)
{
    for (size_t i = 0; i < meta->label_count; i++) {
        add(arena, list, arena_printf(arena, "%s%s", prefix, meta->labels[i].key),
            meta->labels[i].value);
    }
}

// kns.NAME, from a Namespace or, with `meta` NULL, made up for a namespace that only is referred to. Nobody takes another
// one's name: an API server sets the label metadata.name whatever the object says.
static void put_namespace(struct label_scope *scope, const char *name, const struct res_meta *meta)
{
    struct label_list list = {0};
    add(scope->arena, &list, PREFIX_NAMESPACE LABEL_NAME, name);
    add(scope->arena, &list, PREFIX_NAMESPACE LABEL_METADATA_NAME, name);
    if (meta != NULL) {
        add_prefixed(scope->arena, &list, PREFIX_NAMESPACE, meta);
    }
    put_profile(scope, arena_printf(scope->arena, PROFILE_NAMESPACE "%s", name), &list);
}

static void put_service_account(struct label_scope *scope, const char *profile, const char *name,
                                const struct res_meta *meta)
{
    struct label_list list = {0};
    add(scope->arena, &list, PREFIX_SERVICE_ACCOUNT LABEL_NAME, name);
    if (meta != NULL) {
        add_prefixed(scope->arena, &list, PREFIX_SERVICE_ACCOUNT, meta);
    }
    put_profile(scope, profile, &list);
}

static void put_profile_object(struct label_scope *scope, const struct res_profile *profile)
{
    struct label_list list = {0};
    for (size_t i = 0; i < profile->label_count; i++) {
        add(scope->arena, &list, profile->labels_to_apply[i].key,
            profile->labels_to_apply[i].value);
    }
    put_profile(scope, profile->meta.name, &list);
}

struct label_scope *label_scope_new(struct arena *arena, const struct resources *resources)
{
    struct label_scope *scope = arena_new_of(arena, struct label_scope);
    scope->arena = arena;
    scope->profiles = strmap_new(arena);
    scope->shared = strmap_new(arena);
    for (size_t i = 0; i < resources->profiles.count; i++) {
        put_profile_object(scope, &resources->profiles.items[i]);
    }
    for (size_t i = 0; i < resources->namespaces.count; i++) {
        const struct res_meta *meta = &resources->namespaces.items[i].meta;
        put_namespace(scope, meta->name, meta);
    }
    for (size_t i = 0; i < resources->service_accounts.count; i++) {
        const struct res_meta *meta = &resources->service_accounts.items[i].meta;
        put_service_account(
            scope, arena_printf(arena, PROFILE_SERVICE_ACCOUNT "%s.%s", meta->ns, meta->name),
            meta->name, meta);
    }
    return scope;
}

// Labels of a profile; those of a namespace or service account without an object are made up on first use.
static const struct labels *profile_labels(struct label_scope *scope, const char *name)
{
    const struct labels *labels = strmap_get(scope->profiles, name);
    if (labels != NULL) {
        return labels;
    }
    const char *service_account = NULL;
    if (text_begins(name, PROFILE_SERVICE_ACCOUNT)) {
        service_account = strchr(name + strlen(PROFILE_SERVICE_ACCOUNT), '.');
    }
    if (text_begins(name, PROFILE_NAMESPACE)) {
        put_namespace(scope, arena_strdup(scope->arena, name + strlen(PROFILE_NAMESPACE)), NULL);
    } else if (service_account != NULL) {
        put_service_account(scope, name, arena_strdup(scope->arena, service_account + 1), NULL);
    }
    return strmap_get(scope->profiles, name);
}

static void add_profile(struct label_scope *scope, struct label_list *list, const char *name)
{
    const struct labels *labels = profile_labels(scope, name);
    if (labels != NULL) {
        add_all(scope->arena, list, labels);
    }
}

// A workload cannot claim another namespace's or service account's labels.
static bool is_reserved(const char *key)
{
    return text_begins(key, PREFIX_NAMESPACE) || text_begins(key, PREFIX_SERVICE_ACCOUNT);
}

// Equal texts of resources are at one address, so addresses will do.
static void set_key(struct label_scope *scope, const struct res_workload *workload)
{
    const struct res_meta *meta = &workload->meta;
    scope->key.count = 0;
    vec_push(scope->arena, &scope->key, meta->ns);
    vec_push(scope->arena, &scope->key, workload->orchestrator);
    vec_push(scope->arena, &scope->key, workload->service_account);
    for (size_t i = 0; i < meta->label_count; i++) {
        vec_push(scope->arena, &scope->key, meta->labels[i].key);
        vec_push(scope->arena, &scope->key, meta->labels[i].value);
    }
    vec_push(scope->arena, &scope->key, NULL); // labels end, profiles begin
    for (size_t i = 0; i < workload->profiles.count; i++) {
        vec_push(scope->arena, &scope->key, workload->profiles.items[i].text);
    }
}

static struct labels merge_labels(struct label_scope *scope, const struct res_workload *workload)
{
    struct label_list list = {0};
    const struct res_meta *meta = &workload->meta;
    add(scope->arena, &list, LABEL_NAMESPACE, meta->ns);
    add(scope->arena, &list, LABEL_ORCHESTRATOR, workload->orchestrator);
    if (workload->service_account != NULL) {
        add(scope->arena, &list, LABEL_SERVICE_ACCOUNT, workload->service_account);
    }
    for (size_t i = 0; i < meta->label_count; i++) {
        if (!is_reserved(meta->labels[i].key)) {
            add(scope->arena, &list, meta->labels[i].key, meta->labels[i].value);
        }
    }
    for (size_t i = 0; i < workload->profiles.count; i++) {
        add_profile(scope, &list, workload->profiles.items[i].text);
    }
    return finish(&list);
}

struct labels workload_labels(struct label_scope *scope, const struct res_workload *workload)
{
    set_key(scope, workload);
    size_t size = scope->key.count * sizeof *scope->key.items;
    struct labels *labels = strmap_get_n(scope->shared, scope->key.items, size);
    if (labels == NULL) {
        labels = arena_new_of(scope->arena, struct labels);
        *labels = merge_labels(scope, workload);
        strmap_put_n(scope->shared, scope->key.items, size, labels);
    }
    return *labels;
}

// Nothing is stripped or forced: a host endpoint says what it is by itself.
struct labels own_labels(struct arena *arena, const struct res_label *items, size_t count)
{
    struct label_list list = {0};
    for (size_t i = 0; i < count; i++) {
        add(arena, &list, items[i].key, items[i].value);
    }
    return finish(&list);
}

struct labels host_labels(struct label_scope *scope, const struct res_host *host)
{
    struct label_list list = {0};
    const struct res_meta *meta = &host->meta;
    for (size_t i = 0; i < meta->label_count; i++) {
        add(scope->arena, &list, meta->labels[i].key, meta->labels[i].value);
    }
    for (size_t i = 0; i < host->profiles.count; i++) {
        add_profile(scope, &list, host->profiles.items[i].text);
    }
    return finish(&list);
}

struct labels netset_labels(struct label_scope *scope, const struct res_netset *netset)
{
    struct label_list list = {0};
    const struct res_meta *meta = &netset->meta;
    if (meta->ns != NULL) {
        add(scope->arena, &list, LABEL_NAMESPACE, meta->ns);
    }
    for (size_t i = 0; i < meta->label_count; i++) {
        add(scope->arena, &list, meta->labels[i].key, meta->labels[i].value);
    }
    if (meta->ns != NULL) {
        add_profile(scope, &list, arena_printf(scope->arena, PROFILE_NAMESPACE "%s", meta->ns));
    }
    // An extension: exported recommendations select sets by these, at the lowest precedence.
    add(scope->arena, &list, LABEL_NAME, meta->name);
    add(scope->arena, &list, LABEL_KIND, "NetworkSet");
    return finish(&list);
}
