// SPDX-License-Identifier: GPL-2.0-or-later
// Tiers, policies, profiles and staged policies in their order (semantics.md 5).
#include "flow/flow_helper.h"

#include "unit.h"

static const char open_profile[] =
    "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: open},"
    " spec: {ingress: [{action: Allow}], egress: [{action: Allow}]}}\n---\n";

// Workloads a (10.0.0.1) and b (10.0.0.2) with the profile "open"; policies as given.
static struct plan *plan_with(const char *policies)
{
    return plan_of(
        join(open_profile, workload("x", "a", "app: a", "10.0.0.1/32", "profiles: [open]"),
             workload("x", "b", "app: b", "10.0.0.2/32", "profiles: [open]"), policies, NULL),
        NULL);
}

static const char *gnp(const char *kind, const char *name, const char *tier, const char *order,
                       const char *rules)
{
    return thing(
        kind, "", name, "",
        arena_printf(arena, "tier: %s, order: %s, selector: app == 'b', %s", tier, order, rules));
}

static const char *verdict_with(const char *policies)
{
    return verdict_of_flow(plan_with(policies), "10.0.0.1 > 10.0.0.2 tcp/80");
}

START_TEST(without_a_policy_the_profiles_decide)
{
    ck_assert_str_eq(verdict_with(""), "allow rule");
    struct plan *plan = plan_of(workload("x", "a", "", "10.0.0.1/32", ""), NULL);
    ck_assert_str_eq(verdict_of_flow(plan, "10.0.0.1 > 192.0.2.1 tcp/80"), "deny no-profile");
    plan = plan_of(workload("x", "a", "", "10.0.0.1/32", "profiles: [gone]"), NULL);
    ck_assert_str_eq(verdict_of_flow(plan, "10.0.0.1 > 192.0.2.1 tcp/80"), "deny no-profile");
}
END_TEST

// Catalogue 100: Pass in a profile goes on with the next one.
START_TEST(a_profile_that_passes_leaves_it_to_the_next)
{
    const char *pass = "{apiVersion: projectcalico.org/v3, kind: Profile, metadata: {name: p},"
                       " spec: {egress: [{action: Pass}]}}\n---\n";
    struct plan *plan =
        plan_of(join(pass, open_profile,
                     workload("x", "a", "", "10.0.0.1/32", "profiles: [p, open]"), NULL),
                NULL);
    ck_assert_str_eq(verdict_of_flow(plan, "10.0.0.1 > 192.0.2.1 tcp/80"), "allow rule");
}
END_TEST

START_TEST(the_end_of_a_tier_needs_an_enforced_policy_of_the_direction)
{
    ck_assert_str_eq(verdict_with(gnp("GlobalNetworkPolicy", "p", "default", "1", "ingress: []")),
                     "deny tier-end");
    ck_assert_str_eq(verdict_with(gnp("GlobalNetworkPolicy", "p", "default", "1",
                                      "types: [Egress], egress: []")),
                     "allow rule");
    ck_assert_str_eq(
        verdict_with(gnp("StagedGlobalNetworkPolicy", "p", "default", "1", "ingress: []")),
        "allow rule pending deny");
}
END_TEST

START_TEST(the_first_match_decides)
{
    ck_assert_str_eq(
        verdict_with(
            gnp("GlobalNetworkPolicy", "p", "default", "1",
                "ingress: [{action: Log}, {action: Allow, protocol: UDP},"
                " {action: Deny, protocol: TCP, destination: {ports: [80]}}, {action: Allow}]")),
        "deny rule");
    ck_assert_str_eq(
        verdict_with(join(
            gnp("GlobalNetworkPolicy", "p", "default", "2", "ingress: [{action: Deny}]"),
            gnp("GlobalNetworkPolicy", "q", "default", "1", "ingress: [{action: Allow}]"), NULL)),
        "allow rule");
}
END_TEST

// Catalogue 95 to 99.
START_TEST(pass_leads_to_the_next_tier_and_to_the_profiles)
{
    const char *tier = thing("Tier", "", "a", "", "order: 10");
    const char *passing = thing("Tier", "", "a", "", "order: 10, defaultAction: Pass");
    const char *no_match = "ingress: [{action: Allow, protocol: UDP}]";
    const char *allow =
        gnp("GlobalNetworkPolicy", "r", "default", "1", "ingress: [{action: Allow}]");
    ck_assert_str_eq(
        verdict_with(join(tier, gnp("GlobalNetworkPolicy", "p", "a", "1", no_match), allow, NULL)),
        "deny tier-end");
    ck_assert_str_eq(
        verdict_with(join(passing, gnp("GlobalNetworkPolicy", "p", "a", "1", no_match), NULL)),
        "allow rule");
    ck_assert_str_eq(
        verdict_with(
            join(tier, gnp("GlobalNetworkPolicy", "p", "a", "1", "ingress: [{action: Pass}]"),
                 gnp("GlobalNetworkPolicy", "q", "a", "2", "ingress: [{action: Deny}]"), NULL)),
        "allow rule");
    ck_assert_str_eq(
        verdict_with(gnp("GlobalNetworkPolicy", "p", "default", "1", "ingress: [{action: Log}]")),
        "deny tier-end");
}
END_TEST

START_TEST(staged_policies_count_in_their_sorted_place)
{
    const char *staged =
        gnp("StagedGlobalNetworkPolicy", "s", "default", "1", "ingress: [{action: Deny}]");
    const char *before =
        gnp("GlobalNetworkPolicy", "p", "default", "0", "ingress: [{action: Allow}]");
    const char *behind =
        gnp("GlobalNetworkPolicy", "p", "default", "2", "ingress: [{action: Allow}]");
    ck_assert_str_eq(verdict_with(join(staged, before, NULL)), "allow rule");
    ck_assert_str_eq(verdict_with(join(staged, behind, NULL)), "allow rule pending deny");
}
END_TEST

// Catalogue 109, 151, 152: what the end of a tier names.
START_TEST(the_end_of_a_tier_names_a_policy)
{
    struct plan *plan =
        plan_with(join(gnp("GlobalNetworkPolicy", "p", "default", "1", "ingress: []"),
                       gnp("StagedGlobalNetworkPolicy", "o", "default", "0", "ingress: []"),
                       gnp("GlobalNetworkPolicy", "q", "default", "2", "ingress: []"), NULL));
    struct flow_trace trace = trace_of(plan, "10.0.0.1 > 10.0.0.2 tcp/80");
    const struct flow_stage *stage = &trace.stages.items[trace.stages.count - 1];
    const struct flow_step *enforced = &stage->enforced.items[stage->enforced.count - 1];
    const struct flow_step *pending = &stage->pending.items[stage->pending.count - 1];
    ck_assert_str_eq(enforced->policy->id, "gnp/q");
    ck_assert_str_eq(pending->policy->id, "sgnp/o");
    ck_assert_int_eq(enforced->reason, FLOW_BY_TIER_END);
    ck_assert_ptr_null(enforced->rule);
}
END_TEST

UNIT_TESTS("flow: walk", without_a_policy_the_profiles_decide,
           a_profile_that_passes_leaves_it_to_the_next,
           the_end_of_a_tier_needs_an_enforced_policy_of_the_direction, the_first_match_decides,
           pass_leads_to_the_next_tier_and_to_the_profiles,
           staged_policies_count_in_their_sorted_place, the_end_of_a_tier_names_a_policy)
