// SPDX-License-Identifier: GPL-2.0-or-later
// Effective selectors of the sides of rules, seen by the names of their sets
// (semantics.md 2.6, 3.2, 3.3; catalogue 26-35, 39, 46-49).
#include "resolve/model_helper.h"

struct side_case {
    const char *name;
    bool namespaced;  // a policy of namespace N
    const char *side; // content of "source"
    const char *positive, *negative;
};

#define IN_N    "projectcalico.org/namespace == \"n\""
#define ACCOUNT "projectcalico.org/serviceaccount"

static const struct side_case cases[] = {
    // The table of 3.2, row by row.
    {"30: nothing, namespaced", true, "", "-", "-"},
    {"26: selector, namespaced", true, "selector: s == \"1\"", "(" IN_N " && s == \"1\")", "-"},
    {"27: notSelector, namespaced", true, "notSelector: has(x)", "(" IN_N " && !has(x))", "-"},
    {"46: names, namespaced", true, "serviceAccounts: {names: [sa]}",
     "(" IN_N " && " ACCOUNT " in {\"sa\"})", "-"},
    {"selector and namespaces", true, "selector: s == \"1\", namespaceSelector: t == \"2\"",
     "(pcns.t == \"2\" && s == \"1\")", "-"},
    {"31: all() of namespaces", true, "namespaceSelector: all()",
     "has(projectcalico.org/namespace)", "-"},
    {"32: global() with a selector", true, "selector: s == \"1\", namespaceSelector: global()",
     "(!has(projectcalico.org/namespace) && s == \"1\")", "-"},
    {"34: selector, global", false, "selector: s == \"1\"", "s == \"1\"", "-"},
    {"28: notSelector, global", false, "notSelector: has(x)", "-", "has(x)"},
    // And what the table leaves to its text.
    {"29: a negated selector is positive", false, "selector: \"!has(a)\"", "!has(a)", "-"},
    {"both selectors, global", false, "selector: s == \"1\", notSelector: has(x)",
     "(s == \"1\" && !has(x))", "-"},
    {"both selectors, namespaced", true, "selector: s == \"1\", notSelector: has(x)",
     "(" IN_N " && s == \"1\" && !has(x))", "-"},
    {"notSelector and namespaces, global", false, "namespaceSelector: has(t), notSelector: has(x)",
     "(has(pcns.t) && !has(x))", "-"},
    {"notSelector keeps its labels", false,
     "namespaceSelector: has(t), notSelector: pcns.t == \"2\"", "(has(pcns.t) && !pcns.t == \"2\")",
     "-"},
    {"47: empty serviceAccounts", true, "serviceAccounts: {}", "-", "-"},
    {"47: empty serviceAccounts, global", false, "serviceAccounts: {}", "-", "-"},
    {"48: names and selector", false, "serviceAccounts: {names: [b, a], selector: g == \"1\"}",
     "(pcsa.g == \"1\" && " ACCOUNT " in {\"a\", \"b\"})", "-"},
    {"49: all() of service accounts stays all()", false, "serviceAccounts: {selector: all()}",
     "all()", "-"},
    {"46: names, global", false, "serviceAccounts: {names: [sa]}", ACCOUNT " in {\"sa\"}", "-"},
    {"names and a selector", true, "selector: has(s), serviceAccounts: {names: [sa]}",
     "(" IN_N " && has(s) && " ACCOUNT " in {\"sa\"})", "-"},
    {"35: a negative namespace selector", false, "namespaceSelector: env != \"prod\"",
     "pcns.env != \"prod\"", "-"},
    {"39: a namespace by its name", true, "namespaceSelector: projectcalico.org/name == \"m\"",
     "pcns.projectcalico.org/name == \"m\"", "-"},
    {"39: projectcalico.org/namespace gets the prefix too", true,
     "namespaceSelector: projectcalico.org/namespace == \"m\"",
     "pcns.projectcalico.org/namespace == \"m\"", "-"},
    {"all() inside of an expression", false, "namespaceSelector: all() && !has(t)",
     "(has(projectcalico.org/namespace) && !has(pcns.t))", "-"},
    {"all() in a selector stays all()", false, "selector: all(), namespaceSelector: has(t)",
     "(has(pcns.t) && all())", "-"},
    {"a literal with the text all()", false, "namespaceSelector: 't == \"all()\"'",
     "pcns.t == \"all()\"", "-"},
    {"23: global() with blanks", true, "namespaceSelector: \" global( ) \"",
     "!has(projectcalico.org/namespace)", "-"},
    {"empty selectors are none", false, "selector: \"\", namespaceSelector: \" \"", "-", "-"},
    {"empty selectors are none, namespaced", true, "selector: \"\", notSelector: \"\"", "-", "-"},
    {"two spellings, one name", false, "selector: \"a=='1'&&b in {'y','x','y'}\"",
     "(a == \"1\" && b in {\"x\", \"y\"})", "-"},
};

START_TEST(sides_have_effective_selectors)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct side_case *test = &cases[i];
        const char *spec =
            arena_printf(arena,
                         "ingress: [{action: Allow, source: {%s}}], egress: [{action: Deny, "
                         "destination: {%s}}]",
                         test->side, test->side);
        const struct model *model =
            model_of(join(workload("n", "w", "", "10.0.0.1/32", ""),
                          test->namespaced ? thing("NetworkPolicy", "n", "p", "", spec)
                                           : thing("GlobalNetworkPolicy", "", "p", "", spec),
                          NULL),
                     NULL);
        const struct model_policy *policy = &model->policies.items[0];
        const struct model_side sides[] = {policy->rules[MODEL_IN].items[0].source,
                                           policy->rules[MODEL_OUT].items[0].destination};
        for (size_t j = 0; j < ARRAY_COUNT(sides); j++) {
            const char *positive = set_name(model, sides[j].ipset),
                       *negative = set_name(model, sides[j].not_ipset);
            ck_assert_msg(strcmp(positive, test->positive) == 0, "%s: expected <%s>, got <%s>",
                          test->name, test->positive, positive);
            ck_assert_msg(strcmp(negative, test->negative) == 0, "%s: expected not <%s>, got <%s>",
                          test->name, test->negative, negative);
        }
        ck_assert_int_eq(policy->rules[MODEL_IN].items[0].destination.ipset, -1);
    }
}
END_TEST

// Rules of a direction that types do not have are not there; profiles are global in scope.
START_TEST(scope_of_lists)
{
    const char *text = join(
        workload("n", "w", "", "10.0.0.1/32", "profiles: [q]"),
        thing("NetworkPolicy", "n", "p", "",
              "types: [Egress], ingress: [{action: Allow}], egress: [{action: Deny}]"),
        thing("Profile", "", "q", "", "ingress: [{action: Allow, source: {selector: has(s)}}]"),
        NULL);
    const struct model *model = model_of(text, NULL);
    ck_assert_uint_eq(model->policies.items[0].rules[MODEL_IN].count, 0);
    ck_assert_uint_eq(model->policies.items[0].rules[MODEL_OUT].count, 1);
    ck_assert_str_eq(
        set_name(model, model->profiles.items[0].rules[MODEL_IN].items[0].source.ipset), "has(s)");
}
END_TEST

UNIT_TESTS("resolve rules", sides_have_effective_selectors, scope_of_lists)
