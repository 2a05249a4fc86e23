// SPDX-License-Identifier: GPL-2.0-or-later
// NetworkPolicy of Kubernetes and StagedKubernetesNetworkPolicy as policies of Calico (semantics.md
// 7.2, 7.3); case numbers are those of section 10.
#include "res_helper.h"

#define PODS "projectcalico.org/orchestrator == \"k8s\""

static const struct res_policy *staged(const char *spec)
{
    decode(object("StagedKubernetesNetworkPolicy", "namespace: shop", spec));
    EXPECT_CODES("");
    ck_assert_uint_eq(resources->policies.count, 1);
    return &resources->policies.items[0];
}

// The same spec in the kind that is enforced.
static const struct res_policy *enforced(const char *spec)
{
    decode(
        arena_printf(arena,
                     "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
                     "metadata: {name: x, namespace: shop}\nspec:\n%s\nstatus: {conditions: []}\n",
                     spec));
    return &resources->policies.items[0];
}

START_TEST(converts_the_enforced_kind) // 92, 135
{
    const struct res_policy *policy = enforced("  podSelector: {}\n  egress: [{}]");
    EXPECT_CODES("");
    ck_assert_uint_eq(resources->policies.count, 1);
    ck_assert_uint_eq(policy->types, RES_INGRESS | RES_EGRESS);
    ck_assert_uint_eq(policy->meta.kind, RES_KUBERNETES_NETWORK_POLICY);
    ck_assert(policy->order.present && policy->order.value == 1000);
    ck_assert_uint_eq(enforced("  podSelector: {}\n  egress: []")->types, RES_INGRESS);
    ck_assert_uint_eq(enforced("  policyTypes: []\n  egress: [{}]")->types,
                      RES_INGRESS | RES_EGRESS);
    policy = enforced("  policyTypes: [Ingress]\n  egress: [{}]");
    ck_assert_uint_eq(policy->types, RES_INGRESS);
    EXPECT_CODES("");
    enforced("  stagedAction: Set");
    EXPECT_CODES("P021");
    ck_assert_ptr_nonnull(strstr(printed(false), "only a StagedKubernetesNetworkPolicy"));
}
END_TEST

START_TEST(converts_the_policy)
{
    const struct res_policy *policy =
        staged("  podSelector: {matchLabels: {app: web}}\n  policyTypes: [Ingress]");
    ck_assert_str_eq(policy->tier.text, "default");
    ck_assert(policy->order.present && policy->order.value == 1000);
    ck_assert_uint_eq(policy->types, RES_INGRESS);
    ck_assert_str_eq(policy->selector.text.text, "(" PODS " && app == \"web\")");
    ck_assert_str_eq(staged("  podSelector: {}\n  stagedAction: Learn")->selector.text.text, PODS);
    ck_assert_uint_eq(resources->policies.items[0].staged_action, RES_STAGED_LEARN);
    ck_assert_uint_eq(resources->policies.items[0].types, RES_INGRESS);
}
END_TEST

START_TEST(defaults_types) // 135
{
    decode(object("StagedKubernetesNetworkPolicy", "", "  podSelector: {}\n  egress: [{}]"));
    EXPECT_CODES("W006");
    ck_assert_uint_eq(resources->policies.items[0].types, RES_INGRESS | RES_EGRESS);
}
END_TEST

static const char *peer_text(const struct res_entity *entity)
{
    const char *ns = entity->namespace_selector.tree == NULL
                         ? "-"
                         : sel_text(arena, entity->namespace_selector.tree);
    const char *pods = entity->selector.tree == NULL ? "-" : sel_text(arena, entity->selector.tree);
    return arena_printf(arena, "%s / %s", ns, pods);
}

START_TEST(converts_peers) // 136, 137
{
    const struct res_policy *policy = staged(
        "  podSelector: {}\n  ingress:\n  - {}\n  - from: []\n  - from:\n    - podSelector: {}\n"
        "    - namespaceSelector: {}\n"
        "    - namespaceSelector: {matchExpressions: [{key: env, operator: NotIn, values: [dev]}]}\n"
        "      podSelector: {matchExpressions: [{key: a, operator: Exists}, {key: b, operator: DoesNotExist},\n"
        "        {key: c, operator: In, values: [y, x]}]}");
    static const char *const expected[] = {
        "- / -",
        "- / -",
        "- / " PODS,
        "all() / " PODS,
        "env not in {\"dev\"} / (" PODS " && has(a) && !has(b) && c in {\"x\", \"y\"})",
    };
    ck_assert_uint_eq(policy->ingress.count, ARRAY_COUNT(expected));
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++) {
        ck_assert_str_eq(peer_text(&policy->ingress.items[i].source), expected[i]);
        ck_assert_uint_eq(policy->ingress.items[i].action, RES_ALLOW);
    }
}
END_TEST

static const char *rule_text(const struct res_rule *rule)
{
    struct strbuf buffer = {.arena = arena};
    char text[IP_TEXT_MAX];
    strbuf_add(&buffer, rule->protocol.number == 0 ? "any" : proto_name(rule->protocol.number));
    for (size_t i = 0; i < rule->destination.ports.count; i++) {
        const struct res_port *port = &rule->destination.ports.items[i];
        if (port->name != NULL) {
            strbuf_addf(&buffer, " %s", port->name);
        } else {
            strbuf_addf(&buffer, " %u:%u", port->min, port->max);
        }
    }
    for (size_t i = 0; i < rule->destination.nets.count; i++) {
        strbuf_addf(&buffer, " to %s",
                    cidr_text(rule->destination.nets.items[i].cidr, false, text));
    }
    for (size_t i = 0; i < rule->destination.not_nets.count; i++) {
        strbuf_addf(&buffer, " not %s",
                    cidr_text(rule->destination.not_nets.items[i].cidr, false, text));
    }
    return strbuf_text(&buffer);
}

START_TEST(expands_ports_and_blocks) // 138, 140
{
    const struct res_policy *policy = staged(
        "  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n"
        "  - ports: [{}]\n"
        "  - ports: [{port: 80}, {port: http}, {protocol: UDP, port: 1, endPort: 9}, {protocol: SCTP}]\n"
        "    to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {ipBlock: {cidr: '2001:db8::1/32'}}]");
    static const char *const expected[] = {
        "TCP",
        "SCTP to 10.0.0.0/8 not 10.1.0.0/16",
        "SCTP to 2001:db8::/32",
        "TCP 80:80 http to 10.0.0.0/8 not 10.1.0.0/16",
        "TCP 80:80 http to 2001:db8::/32",
        "UDP 1:9 to 10.0.0.0/8 not 10.1.0.0/16",
        "UDP 1:9 to 2001:db8::/32",
    };
    ck_assert_uint_eq(policy->egress.count, ARRAY_COUNT(expected));
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++) {
        ck_assert_str_eq(rule_text(&policy->egress.items[i]), expected[i]);
    }
}
END_TEST

START_TEST(refuses)
{
    static const char *const cases[][2] = {
        {"  ingress: [{ports: [{port: http, endPort: 90}]}]", "W007"}, // 139
        {"  ingress: [{ports: [{port: 90, endPort: 80}]}]", "W007"},
        {"  ingress: [{ports: [{port: 90, endPort: 80}]}]\n  podSelector: {}", "W007"},
        {"  ingress: [{ports: [{endPort: 80}]}]", "P025"},
        {"  ingress: [{ports: [{port: '80:90'}]}]", "P032"},
        {"  ingress: [{ports: [{protocol: tcp}]}]", "P022"},
        {"  ingress: [{from: [{}]}]", "P057"},
        {"  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]", "P057"},
        {"  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]", "P041"},
        {"  ingress: [{from: [{ipBlock: {cidr: ten}}]}]", "P040"},
        {"  ingress: [{from: [{ipBlock: {cidr: }}]}]", "P025"}, // an open door if it were taken
        {"  ingress: [{from: [{ipBlock: }]}]", "P057"},
        {"  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.1]}}]}]", "P041"},
        {"  ingress: [{from: [{ipBlock: {except: [10.0.0.0/8]}}]}]", "P025"},
        {"  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]", "P058"},
        {"  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]", "P058"},
        {"  ingress: [{to: []}]", "P021"},
        {"  ingress: [{action: Allow}]", "P021"},
        {"  podSelector: {matchExpressions: [{key: a, operator: in, values: [x]}]}", "P022"},
        {"  podSelector: {matchExpressions: [{key: a, operator: In}]}", "P025"},
        {"  podSelector: {matchExpressions: [{key: a, operator: Exists, values: [x]}]}", "P057"},
        {"  podSelector: {matchLabels: {a: true}}", "P027"},
        {"  podSelector: {app: web}", "P021"},
        {"  tier: platform", "P021"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        decode(object("StagedKubernetesNetworkPolicy", "", cases[i][0]));
        EXPECT_CODES(cases[i][1]);
    }
    decode(object("StagedKubernetesNetworkPolicy", "", cases[1][0]));
    ck_assert_uint_eq(resources->policies.items[0].ingress.count, 0); // 139: the pods stay isolated
    ck_assert_uint_eq(resources->policies.items[0].types, RES_INGRESS);
}
END_TEST

UNIT_TESTS("resource/kube_policy", converts_the_enforced_kind, converts_the_policy, defaults_types,
           converts_peers, expands_ports_and_blocks, refuses)
