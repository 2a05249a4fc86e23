// SPDX-License-Identifier: GPL-2.0-or-later
// References that must lead somewhere: tiers (an error), profiles and namespaces (a warning).
#include "internal.h"

static const char *const built_in_tiers[] = {"kube-admin", "default", "kube-baseline"};

// Every tier that exists -> its object, or `built_in` for one without.
static const struct res_tier built_in;

static struct strmap *all_tiers(const struct check *check)
{
    struct strmap *tiers = strmap_new(check->arena);
    for (size_t i = 0; i < check->resources->tiers.count; i++) {
        const struct res_tier *tier = &check->resources->tiers.items[i];
        strmap_put(tiers, tier->meta.name, (void *)tier);
    }
    for (size_t i = 0; i < ARRAY_COUNT(built_in_tiers); i++) {
        strmap_put(tiers, built_in_tiers[i], (void *)&built_in);
    }
    return tiers;
}

static const char *best_tier(const struct check *check, const struct strmap *tiers,
                             const char *name)
{
    VEC(const char *) names = {0};
    const char *key;
    void *cursor = NULL;
    while (strmap_next(tiers, &cursor, &key, NULL)) {
        vec_push(check->arena, &names, key);
    }
    return spell_best(name, names.items, names.count);
}

static void report_no_tier(const struct check *check, const struct strmap *tiers,
                           const struct res_policy *policy)
{
    const char *name = policy->tier.text;
    struct diag *diag = diag_report(check->diags, DIAG_P052, policy->tier.loc,
                                    "tier \"%s\" does not exist, named by %s", name,
                                    object_text(check, &policy->meta));
    const char *best = best_tier(check, tiers, name);
    if (best == NULL) {
        diag_hint(
            diag,
            "add it: {apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: %s}, spec: {order: 100}}",
            name);
        return;
    }
    diag_label(diag, "did you mean \"%s\"?", best);
    const struct res_tier *tier = strmap_get(tiers, best);
    if (tier != &built_in) {
        diag_related(diag, tier->meta.loc, "tier \"%s\" is here", best);
    }
}

// "platform.web" in tier "security", while there is a tier "platform".
static void check_name_prefix(const struct check *check, const struct strmap *tiers,
                              const struct res_policy *policy)
{
    const char *dot = strchr(policy->meta.name, '.');
    if (dot == NULL || res_kind_info(policy->meta.kind)->kubernetes) {
        return;
    }
    size_t length = (size_t)(dot - policy->meta.name);
    const char *tier = policy->tier.text;
    bool same = strlen(tier) == length && memcmp(tier, policy->meta.name, length) == 0;
    if (same || strmap_get_n(tiers, policy->meta.name, length) == NULL) {
        return;
    }
    struct diag *diag =
        diag_report(check->diags, DIAG_W004, policy->meta.loc, "%s is in tier \"%s\", not \"%.*s\"",
                    object_text(check, &policy->meta), tier, (int)length, policy->meta.name);
    diag_hint(diag, "add \"tier: %.*s\" to its spec, or rename it", (int)length, policy->meta.name);
}

void check_tiers_exist(const struct check *check)
{
    struct strmap *tiers = all_tiers(check);
    for (size_t i = 0; i < check->resources->policies.count; i++) {
        const struct res_policy *policy = &check->resources->policies.items[i];
        if (strmap_get(tiers, policy->tier.text) == NULL) {
            report_no_tier(check, tiers, policy);
        } else {
            check_name_prefix(check, tiers, policy);
        }
    }
}

// Profiles that polc makes itself, of namespaces and service accounts, always exist.
static bool is_generated(const char *name)
{
    return text_begins(name, "kns.") || text_begins(name, "ksa.") ||
           strcmp(name, "projectcalico-default-allow") == 0;
}

static void check_profile(const struct check *check, struct strmap *known,
                          const struct res_meta *meta, const struct res_text *profile)
{
    if (is_generated(profile->text) || strmap_get(known, profile->text) != NULL) {
        return;
    }
    strmap_put(known, profile->text, (void *)meta); // once is enough
    struct diag *diag =
        diag_report(check->diags, DIAG_W001, profile->loc,
                    "profile \"%s\" does not exist, so it denies everything", profile->text);
    diag_label(diag, "named by %s", object_text(check, meta));
    diag_hint(diag, "add the Profile, or name \"projectcalico-default-allow\"");
}

static void check_profiles(const struct check *check, struct strmap *known,
                           const struct res_meta *meta, const struct res_names *profiles)
{
    for (size_t i = 0; i < profiles->count; i++) {
        check_profile(check, known, meta, &profiles->items[i]);
    }
}

void check_profiles_exist(const struct check *check)
{
    const struct resources *resources = check->resources;
    struct strmap *known = strmap_new(check->arena);
    for (size_t i = 0; i < resources->profiles.count; i++) {
        const struct res_profile *profile = &resources->profiles.items[i];
        strmap_put(known, profile->meta.name, (void *)profile);
    }
    for (size_t i = 0; i < resources->workloads.count; i++) {
        const struct res_workload *workload = &resources->workloads.items[i];
        check_profiles(check, known, &workload->meta, &workload->profiles);
    }
    for (size_t i = 0; i < resources->hosts.count; i++) {
        const struct res_host *host = &resources->hosts.items[i];
        check_profiles(check, known, &host->meta, &host->profiles);
    }
}
