// SPDX-License-Identifier: GPL-2.0-or-later
// Walks all resources once alone and once against each other.
#include "internal.h"

const char *object_text(const struct check *check, const struct res_meta *meta)
{
    return arena_printf(check->arena, "%s %s", res_kind_info(meta->kind)->name,
                        res_full_name(check->arena, meta));
}

static void check_objects(const struct check *check)
{
    const struct resources *resources = check->resources;
    for (size_t i = 0; i < resources->tiers.count; i++) {
        check_tier(check, &resources->tiers.items[i]);
    }
    for (size_t i = 0; i < resources->policies.count; i++) {
        check_policy(check, &resources->policies.items[i]);
    }
    for (size_t i = 0; i < resources->netsets.count; i++) {
        check_netset(check, &resources->netsets.items[i]);
    }
    for (size_t i = 0; i < resources->hosts.count; i++) {
        check_host(check, &resources->hosts.items[i]);
    }
    for (size_t i = 0; i < resources->fleets.count; i++) {
        check_fleet(check, &resources->fleets.items[i]);
    }
    for (size_t i = 0; i < resources->workloads.count; i++) {
        check_workload(check, &resources->workloads.items[i]);
    }
    for (size_t i = 0; i < resources->tests.count; i++) {
        check_test(check, &resources->tests.items[i]);
    }
    for (size_t i = 0; i < resources->profiles.count; i++) {
        const struct res_profile *profile = &resources->profiles.items[i];
        check_rules(check, &profile->ingress,
                    (struct rule_place){.meta = &profile->meta, .global = true});
        check_rules(check, &profile->egress,
                    (struct rule_place){.meta = &profile->meta, .global = true, .egress = true});
    }
}

void validate(struct arena *arena, struct diags *diags, const struct resources *resources)
{
    struct check check = {arena, diags, resources};
    check_objects(&check);
    check_identities(&check);
    check_tiers_exist(&check);
    check_addresses(&check);
    check_profiles_exist(&check);
    check_namespaces_exist(&check);
    check_services_exist(&check);
}
