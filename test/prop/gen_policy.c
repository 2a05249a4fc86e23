// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: tiers and policies of every kind.
#include "gen.h"

#define CALICO "projectcalico.org/v3"

// ---- tiers ----------------------------------------------------------------------------------------------------

static void put_tier(struct gen *gen, const char *name)
{
    static const char *const orders[] = {"100", "100", "-5", "0.5", "1000000", "2000000"};
    bool order = rng_chance(&gen->rng, 75), action = rng_chance(&gen->rng, 70);
    gen_begin(gen, CALICO, "Tier", NULL, name);
    if (order || action) {
        gen_line(gen, 0, "spec:");
    }
    if (order) {
        gen_line(gen, 1, "order: %s", rng_pick(&gen->rng, orders));
    }
    if (action) {
        bool pass = rng_chance(&gen->rng, gen->open ? 90 : 50);
        gen_line(gen, 1, "defaultAction: %s", pass ? "Pass" : "Deny");
    }
    gen_end(gen);
}

void gen_tiers(struct gen *gen)
{
    static const char *const names[] = {"security", "platform", "aaa", "zzz"};
    gen->tiers[gen->tier_count++] = "default";
    gen->tiers[gen->tier_count++] = "default";
    for (size_t i = 0; i < ARRAY_COUNT(names) && gen->tier_count < ARRAY_COUNT(gen->tiers); i++) {
        if (rng_chance(&gen->rng, 35)) {
            put_tier(gen, names[i]);
            gen->tiers[gen->tier_count++] = names[i];
        }
    }
    if (rng_chance(&gen->rng, 20) && gen->tier_count < ARRAY_COUNT(gen->tiers)) {
        gen->tiers[gen->tier_count++] = rng_chance(&gen->rng, 50) ? "kube-admin" : "kube-baseline";
    }
}

// ---- policies of Calico ---------------------------------------------------------------------------------------

struct kind {
    const char *name;
    bool global, staged;
};

static void put_types(struct gen *gen, bool ingress, bool egress)
{
    if (rng_chance(&gen->rng, 30)) {
        return; // by its rules
    }
    gen_line(gen, 1, "types:");
    if (ingress || !egress) {
        gen_line(gen, 2, "- Ingress");
    }
    if (egress) {
        gen_line(gen, 2, "- Egress");
    }
}

static void put_order(struct gen *gen)
{
    static const char *const orders[] = {"10", "10", "20", "1000", "-1.5", "100.0"};
    if (rng_chance(&gen->rng, 75)) {
        gen_line(gen, 1, "order: %s", rng_pick(&gen->rng, orders));
    }
}

static void put_policy_selectors(struct gen *gen, const struct kind *kind)
{
    if (rng_chance(&gen->rng, 70)) {
        gen_selector(gen, 1, "selector");
    }
    if (kind->global && rng_chance(&gen->rng, 20)) {
        gen_namespace_selector(gen, 1, "namespaceSelector");
    }
    if (rng_chance(&gen->rng, 6)) {
        gen_service_account_selector(gen, 1, "serviceAccountSelector");
    }
}

// What a policy of host endpoints is for (semantics.md 6.2).
enum stage { STAGE_NORMAL, STAGE_FORWARD, STAGE_PREDNAT, STAGE_UNTRACKED };

static enum stage put_stage(struct gen *gen, const struct kind *kind)
{
    static const char *const lines[] = {NULL, NULL, "preDNAT: true", "doNotTrack: true"};
    static const uint8_t with_hosts[] = {30, 30, 20, 20}, without[] = {88, 6, 3, 3};
    if (!kind->global) {
        return STAGE_NORMAL;
    }
    enum stage stage = (enum stage)rng_weighted(&gen->rng, gen->hosts ? with_hosts : without,
                                                ARRAY_COUNT(without));
    if (stage != STAGE_NORMAL) {
        gen_line(gen, 1, "applyOnForward: true");
    }
    if (lines[stage] != NULL) {
        gen_line(gen, 1, "%s", lines[stage]);
    }
    return stage;
}

static void put_policy(struct gen *gen, const struct kind *kind)
{
    static const char *const names[] = {"a", "a-b", "b", "web", "deny.all", "allow"};
    const char *ns = kind->global ? NULL : gen_namespace(gen);
    const char *name = rng_pick(&gen->rng, names);
    name = gen_fresh_name(gen, kind->name, ns, name);
    gen_begin(gen, CALICO, kind->name, ns, name);
    gen_line(gen, 0, "spec:");
    gen_line(gen, 1, "tier: %s", gen->tiers[rng_below(&gen->rng, (uint32_t)gen->tier_count)]);
    if (kind->staged && rng_chance(&gen->rng, 15)) {
        gen_line(gen, 1, "stagedAction: Delete");
        gen_end(gen);
        return;
    }
    put_order(gen);
    put_policy_selectors(gen, kind);
    bool prednat = put_stage(gen, kind) == STAGE_PREDNAT;
    bool ingress = prednat || rng_chance(&gen->rng, 75);
    bool egress = !prednat && rng_chance(&gen->rng, 55);
    put_types(gen, ingress, egress);
    if (ingress) {
        gen_rules(gen, 1, false, 5);
    }
    if (egress) {
        gen_rules(gen, 1, true, 5);
    }
    if (kind->staged && rng_chance(&gen->rng, 30)) {
        gen_line(gen, 1, "stagedAction: %s", rng_chance(&gen->rng, 50) ? "Set" : "Learn");
    }
    gen_end(gen);
}

void gen_policies(struct gen *gen)
{
    static const struct kind kinds[] = {{"NetworkPolicy", false, false},
                                        {"GlobalNetworkPolicy", true, false},
                                        {"StagedNetworkPolicy", false, true},
                                        {"StagedGlobalNetworkPolicy", true, true}};
    static const uint8_t weights[] = {40, 40, 10, 10}, staged[] = {20, 20, 30, 30};
    const uint8_t *chosen = gen->staged ? staged : weights;
    uint32_t count = rng_between(&gen->rng, 1, 8);
    for (uint32_t i = 0; i < count; i++) {
        put_policy(gen, &kinds[rng_weighted(&gen->rng, chosen, ARRAY_COUNT(weights))]);
    }
}
