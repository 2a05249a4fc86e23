// SPDX-License-Identifier: GPL-2.0-or-later
// Policies, tiers and sets alone; case numbers are those of semantics.md section 10.
#include "val_helper.h"

struct spec_case {
    const char *kind, *spec, *codes;
};

static void run(const struct spec_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check(object(cases[i].kind, "", cases[i].spec));
        const char *found = codes();
        ck_assert_msg(strcmp(found, cases[i].codes) == 0, "%s {%s}: expected <%s>, got <%s>\n%s",
                      cases[i].kind, cases[i].spec, cases[i].codes, found, printed(false));
    }
}

START_TEST(policies)
{
    static const struct spec_case cases[] = {
        {"GlobalNetworkPolicy", "  selector: global()", "V003"},           // 22
        {"GlobalNetworkPolicy", "  selector: \"a == 'global('\"", "V003"}, // 22
        {"GlobalNetworkPolicy", "  namespaceSelector: global()", "V003"},
        {"NetworkPolicy", "  serviceAccountSelector: global()", "V003"},
        {"GlobalNetworkPolicy", "  selector: '!all()'", ""},   // 21
        {"GlobalNetworkPolicy", "  doNotTrack: true", "P055"}, // 114
        {"GlobalNetworkPolicy", "  preDNAT: true", "P055"},    // 114
        {"GlobalNetworkPolicy", "  doNotTrack: true\n  preDNAT: true\n  applyOnForward: true",
         "P053"}, // 114
        {"GlobalNetworkPolicy",
         "  preDNAT: true\n  applyOnForward: true\n  egress: [{action: Deny}]", "P054"}, // 114
        {"GlobalNetworkPolicy", "  preDNAT: true\n  applyOnForward: true\n  types: [Egress]",
         "P054"}, // 114
        {"GlobalNetworkPolicy", "  preDNAT: true\n  applyOnForward: true", ""},
        {"GlobalNetworkPolicy", "  applyOnForward: true", ""},
        {"GlobalNetworkPolicy", "  doNotTrack: false\n  preDNAT: false\n  applyOnForward: false",
         ""},
        {"GlobalNetworkPolicy", "  tier: kube-admin", ""},
        {"GlobalNetworkPolicy", "  tier: kube-baseline", ""},
        {"GlobalNetworkPolicy", "  tier: platform", "P052"},                           // 113
        {"StagedNetworkPolicy", "  stagedAction: Delete\n  selector: has(a)", "P056"}, // 111
        {"StagedNetworkPolicy", "  stagedAction: Delete\n  tier: default", ""},        // 111
        {"StagedNetworkPolicy", "  stagedAction: Delete\n  order: 0", "P056"},         // 111
        {"StagedGlobalNetworkPolicy", "  stagedAction: Set\n  selector: global()", "V003"},
        {"StagedKubernetesNetworkPolicy", "  stagedAction: Delete\n  podSelector: {}", ""},
        {"StagedKubernetesNetworkPolicy", "  stagedAction: Delete\n  policyTypes: [Ingress]",
         "P056"},
    };
    run(cases, ARRAY_COUNT(cases));
}
END_TEST

static void check_tier(const char *name, const char *spec, const char *expected)
{
    check(arena_printf(
        arena, "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: %s}\nspec: {%s}\n",
        name, spec));
    EXPECT_CODES(expected);
}

START_TEST(tiers) // 91
{
    check_tier("default", "", "");
    check_tier("default", "order: 1000000, defaultAction: Deny", "");
    check_tier("default", "order: 5", "P050");
    check_tier("default", "defaultAction: Pass", "P050");
    check_tier("kube-admin", "", "P050 P050");
    check_tier("kube-admin", "order: 1000", "P050");
    check_tier("kube-admin", "order: 1000, defaultAction: Pass", "");
    check_tier("kube-admin", "order: 1000, defaultAction: Deny", "P050");
    check_tier("kube-baseline", "order: 10000000, defaultAction: Pass", "");
    check_tier("kube-baseline", "order: 1e7, defaultAction: Pass", "");
    check_tier("anything", "", "");
    check_tier("anything", "order: -1.5, defaultAction: Pass", ""); // 90
}
END_TEST

START_TEST(sets) // 41
{
    check(object("NetworkSet", "labels: {projectcalico.org/namespace: a}", "  nets: []"));
    EXPECT_CODES("P015");
    check(object("GlobalNetworkSet", "labels: {projectcalico.org/namespace: a}", "  nets: []"));
    EXPECT_CODES("P015");
    check(object("GlobalNetworkSet", "labels: {projectcalico.org/name: a}",
                 "  nets: []\n  allowedEgressDomains: []"));
    EXPECT_CODES("");
    check(object("GlobalNetworkSet", "", "  allowedEgressDomains: [tigera.io]"));
    EXPECT_CODES("");
    check(object("GlobalNetworkSet", "", "  allowedEgressDomains: ['*.tigera.*', tigera.io]"));
    EXPECT_CODES("P063");
}
END_TEST

START_TEST(endpoints)
{
    check(object("WorkloadEndpoint", "", "  node: a\n  ipNetworks: [10.0.0.1/32]"));
    EXPECT_CODES("");
    check(object("WorkloadEndpoint", "", "  ipNetworks: [10.0.0.1/32]"));
    EXPECT_CODES("P025");
    check(object("WorkloadEndpoint", "", "  node: a"));
    EXPECT_CODES("W003");
}
END_TEST

START_TEST(profiles)
{
    check(object("Profile", "",
                 "  ingress: [{action: Allow, destination: {ports: [80]}}]\n"
                 "  egress: [{action: Allow, destination: {services: {name: a}}}]"));
    EXPECT_CODES("P034 P048");
    ck_assert_ptr_nonnull(strstr(printed(false), "rule 0 (egress) of x"));
}
END_TEST

UNIT_TESTS("validate/policy", policies, tiers, sets, endpoints, profiles)
