// SPDX-License-Identifier: GPL-2.0-or-later
// Policies, tiers, sets, profiles, workload endpoints and FelixConfiguration; case numbers are
// those of semantics.md section 10.
#include "res_helper.h"

struct spec_case {
    const char *kind, *spec, *codes;
};

static void run(const struct spec_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        decode(object(cases[i].kind, "", cases[i].spec));
        const char *found = codes();
        ck_assert_msg(strcmp(found, cases[i].codes) == 0, "%s {%s}: expected <%s>, got <%s>\n%s",
                      cases[i].kind, cases[i].spec, cases[i].codes, found, printed(false));
    }
}

START_TEST(policies)
{
    static const struct spec_case cases[] = {
        {"GlobalNetworkPolicy", "", ""},
        {"GlobalNetworkPolicy", "  {}", ""},
        {"GlobalNetworkPolicy", "  types: [Ingress, Egress]", ""},
        {"GlobalNetworkPolicy", "  types: []", ""},                     // 84
        {"GlobalNetworkPolicy", "  types: [Ingress, Ingress]", "P029"}, // 84
        {"GlobalNetworkPolicy", "  types: [Both]", "P022"},             // 84
        {"GlobalNetworkPolicy", "  types: [ingress]", "P022"},          // 84
        {"GlobalNetworkPolicy", "  ingres: []", "P021"},
        {"GlobalNetworkPolicy", "  doNotTrack: true\n  applyOnForward: true\n  preDNAT: false", ""},
        {"GlobalNetworkPolicy", "  doNotTrack: yes", "P020"},
        {"GlobalNetworkPolicy", "  doNotTrack: \"true\"", "P020"},
        {"GlobalNetworkPolicy", "  serviceAccountSelector: ''\n  namespaceSelector: has(a)", ""},
        {"GlobalNetworkPolicy", "  performanceHints: [AssumeNeededOnEveryNode]", ""},
        {"GlobalNetworkPolicy", "  performanceHints: [Fast]", "P022"},
        {"GlobalNetworkPolicy", "  stagedAction: Set", "P021"},
        {"GlobalNetworkPolicy", "  selector: true", "P027"},
        {"GlobalNetworkPolicy", "  tier: 7", "P027"},
        {"NetworkPolicy", "  namespaceSelector: has(a)", "P021"},
        {"NetworkPolicy", "  doNotTrack: false", "P021"},
        {"StagedNetworkPolicy", "  stagedAction: Learn", ""},
        {"StagedNetworkPolicy", "  stagedAction: learn", "P022"},
        {"StagedGlobalNetworkPolicy", "  stagedAction: Delete\n  namespaceSelector: has(a)", ""},
    };
    run(cases, ARRAY_COUNT(cases));
    decode(object("NetworkPolicy", "", "  namespaceSelector: has(a)"));
    ck_assert_ptr_nonnull(strstr(printed(false), "only a GlobalNetworkPolicy has this field"));
}
END_TEST

START_TEST(orders)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0", 0},           {"-5", -5},  {"100.0", 100}, {"1e9", 1e9},
        {"1.5E-3", 1.5e-3}, {".5", 0.5}, {"+7", 7},      {"10.", 10},
    };
    static const struct spec_case bad[] = {
        {"Tier", "  order: 010", "P023"},   {"Tier", "  order: 0x1F", "P023"},
        {"Tier", "  order: 1_000", "P023"}, {"Tier", "  order: \"10\"", "P020"},
        {"Tier", "  order: .inf", "P020"},  {"Tier", "  order: .nan", "P020"},
        {"Tier", "  order: 1e400", "P024"}, {"Tier", "  order: high", "P020"},
        {"Tier", "  order: [1]", "P020"},   {"Tier", "  order: null", ""},
        {"Tier", "  order: ~", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        decode(object("Tier", "", arena_printf(arena, "  order: %s", good[i].text)));
        EXPECT_CODES("");
        ck_assert(resources->tiers.items[0].order.present);
        ck_assert(resources->tiers.items[0].order.value == good[i].value);
    }
    run(bad, ARRAY_COUNT(bad));
}
END_TEST

START_TEST(defaults_and_values)
{
    decode(object(
        "StagedGlobalNetworkPolicy", "labels: {a: b}",
        "  stagedAction: Ignore\n  order: 11\n  types: [Egress]\n  egress: [{action: Deny}]\n  tier: ''"));
    EXPECT_CODES("");
    const struct res_policy *policy = &resources->policies.items[0];
    ck_assert_str_eq(policy->tier.text, "default");
    ck_assert_uint_eq(policy->staged_action, RES_STAGED_IGNORE);
    ck_assert_uint_eq(policy->types, RES_EGRESS);
    ck_assert_uint_eq(policy->meta.kind, RES_STAGED_GLOBAL_NETWORK_POLICY);
    ck_assert_uint_eq(policy->meta.start.line, 1);
    ck_assert_uint_eq(policy->meta.loc.line, 3);
    ck_assert_str_eq(policy->first_other_field.text, "order");
    ck_assert(policy->egress.present && !policy->ingress.present);
    decode(
        object("StagedNetworkPolicy", "",
               "  stagedAction: Delete\n  tier: a\n  selector: ''\n  ingress: []\n  order: null"));
    ck_assert_ptr_null(resources->policies.items[0].first_other_field.text);
    ck_assert_str_eq(resources->policies.items[0].tier.text, "a");
}
END_TEST

START_TEST(small_kinds)
{
    static const struct spec_case cases[] = {
        {"Tier", "  defaultAction: Pass", ""},
        {"Tier", "  defaultAction: Allow", "P022"},
        {"Tier", "  default: Pass", "P021"},
        {"NetworkSet", "  nets: [10.1.2.3/8, 10.0.0.1, \"2001:db8::1\", 0.0.0.0/0]",
         ""},                                                         // 54, 55, 56
        {"NetworkSet", "  nets: [010.0.0.1]", "P040"},                // 57
        {"GlobalNetworkSet", "  nets: [\"::ffff:1.2.3.4\"]", "P046"}, // 57
        {"GlobalNetworkSet", "  nets: []\n  allowedEgressDomains: ['*.google.com']", ""},
        {"Profile",
         "  ingress: [{action: Allow}]\n  labelsToApply: {pcns.projectcalico.org/name: x}", ""},
        {"Profile", "  labelsToApply: {a: true}", "P027"},
        {"WorkloadEndpoint",
         "  node: n\n  interfaceName: eth0.100\n  ipNetworks: [10.0.0.1/32, \"2001:db8::1/128\", 10.0.0.2]\n"
         "  profiles: [p, q]\n  orchestrator: k8s\n  mac: x\n  ports:\n"
         "  - {name: http, protocol: TCP, port: 80}\n  - {protocol: UDP, port: 53, hostPort: 53}",
         ""},
        {"WorkloadEndpoint", "  ipNetworks: [10.0.0.0/24]", "P047"},
        {"WorkloadEndpoint", "  interfaceName: abcdefghijklmnop", "P061"},
        {"WorkloadEndpoint", "  interfaceName: 'a b'", "P061"},
        {"WorkloadEndpoint", "  ports: [{name: a, protocol: ICMP, port: 1}]", "P035"},
        {"WorkloadEndpoint", "  ports: [{protocol: TCP, port: 1}]", "P025"},
        {"WorkloadEndpoint", "  ports: [{name: a, port: 1}]", "P025"},
        {"WorkloadEndpoint", "  ports: [{name: a, protocol: TCP}]", "P025"},
        {"WorkloadEndpoint", "  ports: [{name: a, protocol: TCP, port: 0}]", "P024"},
        {"WorkloadEndpoint", "  ports: [{name: a, protocol: TCP, port: http}]", "P020"},
        {"WorkloadEndpoint", "  profiles: ['']", "P025"},
        {"WorkloadEndpoint", "  nod: x", "P021"},
        {"WorkloadEndpoint", "  - a", "P020"},
    };
    run(cases, ARRAY_COUNT(cases));
    decode(object("NetworkSet", "", "  nets: [10.1.2.3/8]"));
    char buffer[IP_TEXT_MAX];
    ck_assert_str_eq(cidr_text(resources->netsets.items[0].nets.items[0].cidr, false, buffer),
                     "10.0.0.0/8");
}
END_TEST

START_TEST(top_level)
{
    decode(
        "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: x}\nspecs: {}\nstatus: {a: b}\n");
    EXPECT_CODES("P021");
    ck_assert_ptr_nonnull(strstr(printed(false), "did you mean \"spec\"?"));
    decode("apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: x}\nspec: null\n");
    EXPECT_CODES("");
    decode("apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: x\n");
    EXPECT_CODES("P020");
}
END_TEST

START_TEST(felix)
{
    static const struct spec_case cases[] = {
        {"FelixConfiguration", "  interfacePrefix: cali,tap", "P011"}, // the name "x"
        {"FelixConfiguration", "  interfacePrefix: cali,,tap", "P011 P025"},
        {"FelixConfiguration",
         "  defaultEndpointToHostAction: ACCEPT\n  nftablesFilterDenyAction: Reject", "P011"},
        {"FelixConfiguration", "  defaultEndpointToHostAction: Reject", "P011 P022"},
        {"FelixConfiguration", "  logActionRateLimit: 10/minute\n  logActionRateLimitBurst: 7",
         "P011"},
        {"FelixConfiguration", "  logActionRateLimit: 10/week", "P011 P022"},
        {"FelixConfiguration", "  logActionRateLimit: 0/day", "P011 P022"},
        {"FelixConfiguration", "  bpfEnabled: true\n  mtuIfacePattern: x", "P011 W005"},
    };
    run(cases, ARRAY_COUNT(cases));
    decode(
        "apiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata: {name: default}\nspec:\n"
        "  bpfEnabled: true\n  interfacePrefx: x\n  interfacePrefix: a,bc\n  iptablesFilterDenyAction: drop\n"
        "  logActionRateLimitBurst: 7\n");
    EXPECT_CODES("W005");
    ck_assert_ptr_nonnull(strstr(printed(false), "bpfEnabled, interfacePrefx"));
    ck_assert_ptr_nonnull(strstr(printed(false), "did you mean \"interfacePrefix\"?"));
    ck_assert_uint_eq(diags_count(diags, DIAG_NOTE), 1);
    const struct res_felix *read = &resources->felix.items[0];
    ck_assert_uint_eq(read->interface_prefixes.count, 2);
    ck_assert_str_eq(read->interface_prefixes.items[1].text, "bc");
    ck_assert_str_eq(read->deny_action.text, "Drop");
    ck_assert(read->log_burst.value == 7);
}
END_TEST

UNIT_TESTS("resource/policy", policies, orders, defaults_and_values, small_kinds, top_level, felix)
