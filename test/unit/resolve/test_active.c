// SPDX-License-Identifier: GPL-2.0-or-later
// Which policies govern which endpoints, by direction (semantics.md 2.6, 2.7, 3.1; catalogue 21,
// 25, 37, 38, 50, 93, 94).
#include "resolve/model_helper.h"

// a/plain and b/robotic, the second with a service account.
static const char *endpoints(void)
{
    return join(thing("Namespace", "", "a", "env: prod", ""),
                thing("Namespace", "", "b", "env: dev", ""),
                thing("ServiceAccount", "b", "robot", "grade: low", ""),
                workload("a", "plain", "app: x", "10.0.0.1/32", "profiles: [kns.a]"),
                workload("b", "robotic", "app: y", "10.0.0.2/32",
                         "profiles: [kns.b, ksa.b.robot], serviceAccountName: robot"),
                NULL);
}

struct active_case {
    const char *name, *kind, *ns, *spec;
    const char *plain_in, *robotic_in, *plain_out;
};

#define GNP "GlobalNetworkPolicy", ""
#define NP  "NetworkPolicy", "a"
#define G   "gnp/p"
#define N   "np/a/p"

static const struct active_case cases[] = {
    {"38: empty selects everything", GNP, "", G, G, ""},
    {"blanks are empty", GNP, "selector: \"  \"", G, G, ""},
    {"a selector", GNP, "selector: app == \"x\"", G, "", ""},
    {"25: letter case counts", GNP, "selector: App == \"X\"", "", "", ""},
    {"21: !all() selects nothing", GNP, "selector: \"!all()\"", "", "", ""},
    {"37: all() of namespaces", GNP, "namespaceSelector: all()", G, G, ""},
    {"namespaces by label", GNP, "namespaceSelector: env == \"prod\"", G, "", ""},
    {"!all() of namespaces: nothing", GNP, "namespaceSelector: \"!all()\"", "", "", ""},
    {"namespace and own selector", GNP,
     "namespaceSelector: env == \"prod\", selector: app == \"y\"", "", "", ""},
    {"all() in the own selector stays all()", GNP,
     "namespaceSelector: env == \"dev\", selector: all()", "", G, ""},
    {"50: all() of service accounts", GNP, "serviceAccountSelector: all()", "", G, ""},
    {"service accounts by label", GNP, "serviceAccountSelector: grade == \"low\"", "", G, ""},
    {"a negative one holds without an account", GNP, "serviceAccountSelector: grade != \"low\"", G,
     "", ""},
    {"a policy is limited to its namespace", NP, "", N, "", ""},
    {"and its selector too", NP, "selector: app == \"y\"", "", "", ""},
    {"all() of service accounts in a namespaced policy", NP, "serviceAccountSelector: all()", N, "",
     ""},
    {"service accounts in a namespaced policy", NP, "serviceAccountSelector: has(grade)", "", "",
     ""},
    {"93: no rules, ingress only", GNP, "types: [Ingress]", G, G, ""},
    {"94: egress only", GNP, "types: [Egress]", "", "", G},
    {"both directions", GNP, "types: [Ingress, Egress]", G, G, G},
};

START_TEST(policies_govern)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct active_case *test = &cases[i];
        const struct model *model = model_of(
            join(endpoints(), thing(test->kind, test->ns, "p", "", test->spec), NULL), NULL);
        const char *found[] = {governing(model, "wep/a/plain", MODEL_IN),
                               governing(model, "wep/b/robotic", MODEL_IN),
                               governing(model, "wep/a/plain", MODEL_OUT)};
        const char *expected[] = {test->plain_in, test->robotic_in, test->plain_out};
        for (size_t j = 0; j < ARRAY_COUNT(found); j++) {
            ck_assert_msg(strcmp(found[j], expected[j]) == 0, "%s (%zu): expected <%s>, got <%s>",
                          test->name, j, expected[j], found[j]);
        }
        bool active =
            test->plain_in[0] != '\0' || test->robotic_in[0] != '\0' || test->plain_out[0] != '\0';
        ck_assert_msg(model->policies.items[0].active == active, "%s: active", test->name);
    }
}
END_TEST

// A policy that governs only endpoints of other nodes is not active, and its rules make no sets.
START_TEST(only_local_endpoints_count)
{
    const char *text = join(
        workload("a", "here", "app: x", "10.0.0.1/32", ""),
        thing("WorkloadEndpoint", "a", "there", "app: y", "node: n2, ipNetworks: [10.0.0.2/32]"),
        thing("GlobalNetworkPolicy", "", "p", "",
              "selector: app == \"y\", ingress: [{action: Allow, "
              "source: {selector: app == \"x\"}}]"),
        NULL);
    const struct model *model = model_of(text, "n1");
    ck_assert_uint_eq(model->local_endpoints, 1);
    ck_assert(!model->policies.items[0].active);
    ck_assert_uint_eq(model->ipsets.count, 0);
    ck_assert_str_eq(governing(model, "wep/a/there", MODEL_IN), "");
    model = model_of(text, "n2");
    ck_assert_str_eq(governing(model, "wep/a/there", MODEL_IN), "gnp/p");
    // Members come from all nodes.
    ck_assert_str_eq(members_text(set_of(model, "app == \"x\"")), "10.0.0.1");
}
END_TEST

// The lists are in the order of evaluation, across tiers.
START_TEST(lists_are_in_order)
{
    const char *text = join(endpoints(), thing("Tier", "", "late", "", "order: 2000000"),
                            thing("GlobalNetworkPolicy", "", "x", "", "tier: late, order: 1"),
                            thing("GlobalNetworkPolicy", "", "y", "", "order: 5"),
                            thing("StagedGlobalNetworkPolicy", "", "y", "", "order: 4"),
                            thing("NetworkPolicy", "a", "z", "", "order: 3"), NULL);
    const struct model *model = model_of(text, NULL);
    ck_assert_str_eq(governing(model, "wep/a/plain", MODEL_IN), "np/a/z sgnp/y gnp/y gnp/x");
    ck_assert_str_eq(governing(model, "wep/b/robotic", MODEL_IN), "sgnp/y gnp/y gnp/x");
}
END_TEST

UNIT_TESTS("resolve active", policies_govern, only_local_endpoints_count, lists_are_in_order)
