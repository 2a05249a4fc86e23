// SPDX-License-Identifier: GPL-2.0-or-later
// Duplicates: the same kind, namespace and name twice.
#include "internal.h"

enum { MAX_KEY = 1024 };

static void check_identity(const struct check *check, struct strmap *seen,
                           const struct res_meta *meta)
{
    if (meta->name[0] == '\0') {
        return; // reported by the decoder
    }
    char key[MAX_KEY];
    snprintf(key, sizeof key, "%u %s %s", meta->kind, meta->ns != NULL ? meta->ns : "", meta->name);
    const struct res_meta *first = strmap_put(seen, key, (void *)meta);
    if (first == meta) {
        return;
    }
    struct diag *diag = diag_report(check->diags, DIAG_P005, meta->loc, "%s is in the input twice",
                                    object_text(check, meta));
    diag_related(diag, first->loc, "the first one");
    diag_hint(diag, "remove one of them, or give it another name");
}

// The vectors are of different types, each with a member `meta`.
#define CHECK_ALL(vector)                                                                          \
    for (size_t i = 0; i < (vector).count; i++) {                                                  \
        check_identity(check, seen, &(vector).items[i].meta);                                      \
    }

// A host may have a Node of Kubernetes and one of Calico.
static void check_nodes(const struct check *check, const struct resources *resources)
{
    struct strmap *seen[] = {strmap_new(check->arena), strmap_new(check->arena)};
    for (size_t i = 0; i < resources->nodes.count; i++) {
        const struct res_node *node = &resources->nodes.items[i];
        check_identity(check, seen[node->kubernetes], &node->meta);
    }
}

void check_identities(const struct check *check)
{
    struct strmap *seen = strmap_new(check->arena);
    const struct resources *resources = check->resources;
    CHECK_ALL(resources->tiers)
    CHECK_ALL(resources->policies)
    CHECK_ALL(resources->netsets)
    CHECK_ALL(resources->workloads)
    CHECK_ALL(resources->hosts)
    CHECK_ALL(resources->profiles)
    CHECK_ALL(resources->felix)
    CHECK_ALL(resources->fleets)
    CHECK_ALL(resources->namespaces)
    CHECK_ALL(resources->service_accounts)
    CHECK_ALL(resources->services)
    CHECK_ALL(resources->slices)
    CHECK_ALL(resources->endpoints)
    CHECK_ALL(resources->tests)
    check_nodes(check, resources);
}
