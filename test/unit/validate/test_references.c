// SPDX-License-Identifier: GPL-2.0-or-later
// Objects against each other: duplicates, tiers, addresses, profiles, namespaces.
#include "val_helper.h"

static const char *named(const char *kind, const char *metadata, const char *spec)
{
    return arena_printf(
        arena, "apiVersion: projectcalico.org/v3\nkind: %s\nmetadata: {%s}\nspec: {%s}\n---\n",
        kind, metadata, spec);
}

static const char *join(const char *a, const char *b, const char *c)
{
    return arena_printf(arena, "%s%s%s", a, b, c);
}

START_TEST(duplicates)
{
    const char *gnp = named("GlobalNetworkPolicy", "name: web", "");
    check(join(gnp, gnp, ""));
    EXPECT_CODES("P005");
    const char *text = printed(false);
    ck_assert_ptr_nonnull(strstr(text, "GlobalNetworkPolicy web is in the input twice"));
    ck_assert_ptr_nonnull(strstr(text, "the first one"));
    check(join(gnp, named("StagedGlobalNetworkPolicy", "name: web", ""),
               named("NetworkPolicy", "name: web", "")));
    EXPECT_CODES("");
    check(join(named("NetworkPolicy", "name: web", ""),
               named("NetworkPolicy", "name: web, namespace: default", ""), ""));
    EXPECT_CODES("P005");
    check(join(named("NetworkPolicy", "name: web", ""),
               named("NetworkPolicy", "name: web, namespace: shop", ""), ""));
    EXPECT_CODES("");
    check(join(
        gnp,
        "apiVersion: crd.projectcalico.org/v1\nkind: GlobalNetworkPolicy\nmetadata: {name: web}\n",
        ""));
    EXPECT_CODES("P005");
    check(join("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n",
               "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n", ""));
    EXPECT_CODES("P005");
}
END_TEST

START_TEST(tiers) // 113
{
    const char *tier = named("Tier", "name: platform", "order: 100");
    check(join(tier, named("GlobalNetworkPolicy", "name: dns-allow", "tier: platfrom"), ""));
    EXPECT_CODES("P052");
    const char *text = printed(false);
    ck_assert_ptr_nonnull(
        strstr(text, "tier \"platfrom\" does not exist, named by GlobalNetworkPolicy dns-allow"));
    ck_assert_ptr_nonnull(strstr(text, "did you mean \"platform\"?"));
    ck_assert_ptr_nonnull(strstr(text, "tier \"platform\" is here"));
    check(join(tier, named("NetworkPolicy", "name: platform.a", "tier: platform"),
               named("NetworkPolicy", "name: x.b", "tier: platform")));
    EXPECT_CODES("");
    check(join(tier, named("NetworkPolicy", "name: platform.a", ""),
               named("NetworkPolicy", "name: default.b", "tier: platform")));
    EXPECT_CODES("W004 W004");
}
END_TEST

static const char *endpoint(const char *name, const char *spec)
{
    return named("WorkloadEndpoint", arena_printf(arena, "name: %s", name), spec);
}

START_TEST(addresses)
{
    const char *a = endpoint("a", "node: n, ipNetworks: [10.0.0.1/32]");
    check(join(a, endpoint("b", "node: n, ipNetworks: [10.0.0.2/32, 10.0.0.1/32]"), ""));
    EXPECT_CODES("P060");
    ck_assert_ptr_nonnull(strstr(
        printed(false), "WorkloadEndpoint default/a and WorkloadEndpoint default/b have the same"));
    check(join(a, endpoint("b", "node: m, ipNetworks: [10.0.0.1/32]"), ""));
    EXPECT_CODES("");
    check(join(a, endpoint("b", "node: n, interfaceName: x, ipNetworks: [10.0.0.1/32]"), ""));
    EXPECT_CODES("P060");
    const char *with_interface =
        endpoint("c", "node: n, interfaceName: x, ipNetworks: [10.0.0.1/32]");
    check(join(with_interface, a, ""));
    EXPECT_CODES("P060");
    check(join(with_interface,
               endpoint("d", "node: n, interfaceName: y, ipNetworks: [10.0.0.1/32]"), ""));
    EXPECT_CODES("");
    check(join(with_interface,
               endpoint("d", "node: n, interfaceName: y, ipNetworks: [10.0.0.1/32]"),
               endpoint("e", "node: n, interfaceName: x, ipNetworks: [10.0.0.1/32]")));
    EXPECT_CODES("P060");
    check(endpoint("a", "node: n, ipNetworks: [10.0.0.1/32, 10.0.0.1/32]"));
    EXPECT_CODES("");
}
END_TEST

START_TEST(profiles) // 101
{
    const char *a = endpoint(
        "a",
        "node: n, ipNetworks: [10.0.0.1/32], profiles: [open, kns.x, projectcalico-default-allow]");
    check(a);
    EXPECT_CODES("W001");
    ck_assert_ptr_nonnull(
        strstr(printed(false), "profile \"open\" does not exist, so it denies everything"));
    check(join(a, named("Profile", "name: open", ""), ""));
    EXPECT_CODES("");
    check(join(a, endpoint("b", "node: n, ipNetworks: [10.0.0.2/32], profiles: [open]"), ""));
    EXPECT_CODES("W001"); // once a profile
}
END_TEST

START_TEST(namespaces)
{
    const char *pod =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {nodeName: n}\n"
        "status: {podIP: 10.0.0.9}\n---\n";
    check(join(pod, named("GlobalNetworkPolicy", "name: x", "selector: has(a)"), ""));
    EXPECT_CODES("");
    check(join(
        pod,
        named("GlobalNetworkPolicy", "name: x", "namespaceSelector: projectcalico.org/name == 'a'"),
        ""));
    EXPECT_CODES("");
    check(join(pod, named("GlobalNetworkPolicy", "name: x", "namespaceSelector: has(env)"), ""));
    EXPECT_CODES("W002");
    const char *peer = named("NetworkPolicy", "name: x",
                             "ingress: [{action: Allow, source: {namespaceSelector: has(env)}}]");
    check(join(pod, pod, peer));
    EXPECT_CODES("W002 P005 P060");
    check(join(pod, "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n", peer));
    EXPECT_CODES("");
    check(join(named("NetworkSet", "name: s, namespace: shop", "nets: []"), peer, ""));
    EXPECT_CODES("W002");
}
END_TEST

START_TEST(large_inputs)
{
    struct strbuf text = {.arena = arena};
    for (int i = 0; i < 20000; i++) {
        strbuf_addf(
            &text,
            "---\n{apiVersion: v1, kind: Pod, metadata: {name: p%d, namespace: n%d, labels: {app: a%d}}, "
            "spec: {nodeName: h%d}, status: {podIP: 10.%d.%d.%d}}\n",
            i, i % 50, i % 100, i % 200, i >> 16, i >> 8 & 255, i & 255);
    }
    check(strbuf_text(&text));
    EXPECT_CODES("");
    ck_assert_uint_eq(resources->workloads.count, 20000);
}
END_TEST

UNIT_TESTS("validate/references", duplicates, tiers, addresses, profiles, namespaces, large_inputs)
