// SPDX-License-Identifier: GPL-2.0-or-later
// ClusterNetworkPolicy, AdminNetworkPolicy and BaselineAdminNetworkPolicy as policies of Calico (semantics.md 7.7, 7.8);
// case numbers are those of section 10.
#include "res_helper.h"

static void decode_kind(const char *kind, const char *name, const char *spec)
{
    decode(arena_printf(
        arena,
        "apiVersion: policy.networking.k8s.io/%s\nkind: %s\nmetadata: {name: %s}\nspec:\n%s\nstatus: {}\n",
        strcmp(kind, "ClusterNetworkPolicy") == 0 ? "v1alpha2" : "v1alpha1", kind, name, spec));
}

static const struct res_policy *only_policy(void)
{
    ck_assert_uint_eq(resources->policies.count, 1);
    return &resources->policies.items[0];
}

#define HEAD "  tier: Admin\n  priority: 5\n  subject: {namespaces: {}}\n"

static const struct res_policy *cluster(const char *rules)
{
    decode_kind("ClusterNetworkPolicy", "x", arena_printf(arena, HEAD "%s", rules));
    return only_policy();
}

static void add_ports(struct strbuf *text, const struct res_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        const struct res_port *port = &ports->items[i];
        port->name != NULL ? strbuf_addf(text, " %s", port->name)
                           : strbuf_addf(text, " %u:%u", port->min, port->max);
    }
}

// "deny any", "allow TCP 80:80 ns=all() pods=-": a rule with its peer.
static const char *rule_text(const struct res_rule *rule)
{
    static const char *const actions[] = {"allow", "deny", "log", "pass"};
    const struct res_entity *peer = rule->source.present ? &rule->source : &rule->destination;
    struct strbuf text = {.arena = arena};
    strbuf_addf(&text, "%s %s", actions[rule->action],
                rule->protocol.number == 0 ? "any" : proto_name(rule->protocol.number));
    add_ports(&text, &rule->destination.ports);
    if (peer->namespace_selector.tree != NULL) {
        strbuf_addf(&text, " ns=%s", sel_text(arena, peer->namespace_selector.tree));
    }
    if (peer->selector.tree != NULL) {
        strbuf_addf(&text, " pods=%s", sel_text(arena, peer->selector.tree));
    }
    for (size_t i = 0; i < peer->nets.count; i++) {
        char buffer[IP_TEXT_MAX];
        strbuf_addf(&text, " %s", cidr_text(peer->nets.items[i].cidr, false, buffer));
    }
    return strbuf_text(&text);
}

static void expect_rules(const struct res_rules *rules, const char *const *expected, size_t count)
{
    ck_assert_uint_eq(rules->count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_str_eq(rule_text(&rules->items[i]), expected[i]);
    }
}

#define K8S "projectcalico.org/orchestrator == \"k8s\""

START_TEST(places_the_policy)
{
    const struct res_policy *policy = cluster("  egress: [{action: Deny, to: [{namespaces: {}}]}]");
    EXPECT_CODES("");
    ck_assert_uint_eq(policy->meta.kind, RES_CLUSTER_NETWORK_POLICY);
    ck_assert_ptr_null(policy->meta.ns);
    ck_assert_str_eq(policy->tier.text, "kube-admin");
    ck_assert(policy->order.present && policy->order.value == 5);
    ck_assert_uint_eq(policy->types, RES_EGRESS);
    ck_assert_str_eq(policy->selector.text.text, K8S);
    ck_assert_str_eq(policy->namespace_selector.text.text, "all()");
    decode_kind("ClusterNetworkPolicy", "x",
                "  tier: Baseline\n  priority: 0\n  subject: {pods: {namespaceSelector: "
                "{matchLabels: {a: b}}, podSelector: {matchLabels: {c: d}}}}");
    EXPECT_CODES("");
    policy = only_policy();
    ck_assert_str_eq(policy->tier.text, "kube-baseline");
    ck_assert(policy->order.present && policy->order.value == 0);
    ck_assert_str_eq(policy->selector.text.text, "(" K8S " && c == \"d\")");
    ck_assert_str_eq(policy->namespace_selector.text.text, "a == \"b\"");
    ck_assert_uint_eq(policy->types, RES_INGRESS | RES_EGRESS); // 148
}
END_TEST

START_TEST(ignores_what_is_nowhere) // 150
{
    static const char *const specs[] = {
        "  tier: Foo\n  priority: 1\n  subject: {namespaces: {}}",
        "  tier: admin\n  priority: 1\n  subject: {namespaces: {}}",
        "  tier: Admin\n  priority: 1\n  subject: {}",
        "  tier: Admin\n  priority: 1",
    };
    for (size_t i = 0; i < ARRAY_COUNT(specs); i++) {
        decode_kind("ClusterNetworkPolicy", "x", specs[i]);
        EXPECT_CODES("W021");
        ck_assert_uint_eq(resources->policies.count, 0);
    }
}
END_TEST

START_TEST(expands_rules) // 147, 149
{
    static const char *const expected[] = {
        "allow any http ns=all()",
        "allow any http ns=team == \"ops\" pods=(" K8S " && app == \"x\")",
        "allow SCTP ns=all()",
        "allow SCTP ns=team == \"ops\" pods=(" K8S " && app == \"x\")",
        "allow TCP 443:443 80:90 ns=all()",
        "allow TCP 443:443 80:90 ns=team == \"ops\" pods=(" K8S " && app == \"x\")",
        "allow UDP ns=all()",
        "allow UDP ns=team == \"ops\" pods=(" K8S " && app == \"x\")",
        "pass any ns=all()",
        "deny any ns=all()",
    };
    const struct res_policy *policy = cluster(
        "  ingress:\n"
        "  - action: Accept\n"
        "    from: [{namespaces: {}}, {pods: {namespaceSelector: {matchLabels: {team: ops}},\n"
        "      podSelector: {matchLabels: {app: x}}}}]\n"
        "    protocols: [{udp: {destinationPort: {number: 53}}}, {tcp: {destinationPort: {number: 443}}},\n"
        "      {udp: {}}, {tcp: {destinationPort: {range: {start: 80, end: 90}}}}, {sctp: {}},\n"
        "      {destinationNamedPort: http}]\n"
        "  - {action: Pass, from: [{namespaces: {}}]}\n"
        "  - {action: Deny, from: [{namespaces: {}}], protocols: [{destinationNamedPort: http}, {}]}\n");
    EXPECT_CODES("");
    ck_assert_uint_eq(policy->types, RES_INGRESS);
    expect_rules(&policy->ingress, expected, ARRAY_COUNT(expected));
}
END_TEST

START_TEST(fails_closed) // 146
{
    static const char *const expected[] = {"deny any", "deny any", "deny any",
                                           "allow any 10.0.0.0/8 2001:db8::/32"};
    const struct res_policy *policy = cluster(
        "  egress:\n"
        "  - {action: Deny, to: [{namespaces: {}}, {domainNames: [example.com]}]}\n"
        "  - {action: Accept, to: [{namespaces: {}}, {domainNames: [example.com]}]}\n"
        "  - {action: Pass, to: [{nodes: {}}], protocols: [{tcp: {}}]}\n"
        "  - {action: Accept, to: [{nodes: {}}]}\n"
        "  - {action: Deny, to: [{namespaces: {}}], protocols: [{udp: {}}, {tcp: {destinationPort: {range: {start: 2, end: 1}}}}]}\n"
        "  - {action: Accept, to: [{networks: [10.0.0.0/8, '2001:db8::1/32']}]}\n");
    EXPECT_CODES("W020 W007 W020 W007 W020");
    expect_rules(&policy->egress, expected, ARRAY_COUNT(expected));
    policy = cluster("  ingress:\n  - {action: Accept, from: [{namespaces: {}}], protocols: "
                     "[{tcp: {destinationPort: {range: {start: 2, end: 1}}}}]}\n");
    EXPECT_CODES("W007");
    ck_assert_uint_eq(policy->ingress.count, 0);
}
END_TEST

START_TEST(reads_the_older_kinds)
{
    static const char *const expected[] = {"allow any http ns=all()",
                                           "allow TCP 22:22 8000:8009 ns=all()",
                                           "allow UDP 53:53 ns=all()", "pass any ns=all()"};
    decode_kind("AdminNetworkPolicy", "x",
                "  priority: 7\n  subject: {namespaces: {}}\n  ingress:\n"
                "  - action: Allow\n    from: [{namespaces: {}}]\n"
                "    ports: [{portNumber: {port: 22}}, {portNumber: {port: 53, protocol: UDP}},\n"
                "      {portRange: {start: 8000, end: 8009}}, {namedPort: http}]\n"
                "  - {action: Pass, from: [{namespaces: {}}], ports: []}\n");
    EXPECT_CODES("");
    const struct res_policy *policy = only_policy();
    ck_assert_str_eq(policy->tier.text, "kube-admin");
    ck_assert(policy->order.value == 7);
    expect_rules(&policy->ingress, expected, ARRAY_COUNT(expected));
    decode_kind(
        "BaselineAdminNetworkPolicy", "default",
        "  subject: {namespaces: {}}\n  ingress: [{action: Deny, from: [{namespaces: {}}]}]");
    EXPECT_CODES("");
    policy = only_policy();
    ck_assert_str_eq(policy->tier.text, "kube-baseline");
    ck_assert(policy->order.value == 1000);
}
END_TEST

// A list of `count` times `entry`.
static const char *list_of(const char *entry, size_t count)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? ", " : "", entry);
    }
    return strbuf_text(&text);
}

#define PEER "{namespaces: {}}"

START_TEST(limits)
{
    static const char rule[] = "{action: Deny, from: [" PEER "]}";
    static const struct {
        const char *format, *entry;
        bool admin;
        size_t max;
    } cases[] = {
        {"  ingress: [%s]", rule, false, 25},
        {"  ingress: [{action: Deny, from: [%s]}]", PEER, false, 25},
        {"  ingress: [{action: Deny, from: [" PEER "], protocols: [%s]}]", "{tcp: {}}", false, 25},
        {"  egress: [{action: Deny, to: [{networks: [%s]}]}]", "10.0.0.0/8", false, 25},
        {"  ingress: [%s]", rule, true, 100},
        {"  ingress: [{action: Deny, from: [%s]}]", PEER, true, 100},
        {"  ingress: [{action: Deny, from: [" PEER "], ports: [%s]}]", "{portNumber: {port: 1}}",
         true, 100},
        {"  egress: [{action: Deny, to: [{networks: [%s]}]}]", "10.0.0.0/8", true, 25},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        for (size_t over = 0; over < 2; over++) {
            struct strbuf spec = {.arena = arena};
            const char *at = strstr(cases[i].format, "%s");
            strbuf_add(&spec,
                       cases[i].admin ? "  priority: 1\n  subject: {namespaces: {}}\n" : HEAD);
            strbuf_addf(&spec, "%.*s%s%s", (int)(at - cases[i].format), cases[i].format,
                        list_of(cases[i].entry, cases[i].max + over), at + 2);
            decode_kind(cases[i].admin ? "AdminNetworkPolicy" : "ClusterNetworkPolicy", "x",
                        strbuf_text(&spec));
            ck_assert_str_eq(codes(), over ? "P026" : "");
        }
    }
}
END_TEST

UNIT_TESTS("resource/kube_cluster", places_the_policy, ignores_what_is_nowhere, expands_rules,
           fails_closed, reads_the_older_kinds, limits)
