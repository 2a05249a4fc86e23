// SPDX-License-Identifier: GPL-2.0-or-later
// Order of tiers and policies, default types (semantics.md 1.3, 1.4, 5.1; catalogue 84, 87-90, 92,
// 110, 111).
#include "resolve/model_helper.h"

static const char *tier_names(const struct model *model)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < model->tiers.count; i++) {
        const struct model_tier *tier = &model->tiers.items[i];
        strbuf_addf(&text, "%s%s:%g:%s", i > 0 ? " " : "", tier->name, tier->order,
                    tier->pass ? "Pass" : "Deny");
    }
    return strbuf_text(&text);
}

static const char *policy_ids(const struct model *model)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < model->policies.count; i++) {
        strbuf_addf(&text, "%s%s", i > 0 ? " " : "", model->policies.items[i].id);
    }
    return strbuf_text(&text);
}

START_TEST(built_in_tiers_exist)
{
    ck_assert_str_eq(tier_names(model_of("", NULL)),
                     "kube-admin:1000:Pass default:1e+06:Deny kube-baseline:1e+07:Pass");
}
END_TEST

// 90: a tier without order ties with "default"; names decide, then.
START_TEST(tiers_are_sorted)
{
    const char *text = join(thing("Tier", "", "zzz", "", ""), thing("Tier", "", "app", "", ""),
                            thing("Tier", "", "late", "", "order: 20000000, defaultAction: Pass"),
                            thing("Tier", "", "negative", "", "order: -1.5"),
                            thing("Tier", "", "a1000", "", "order: 1000"),
                            thing("Tier", "", "default", "", ""), NULL);
    ck_assert_str_eq(
        tier_names(model_of(text, NULL)),
        "negative:-1.5:Deny a1000:1000:Deny kube-admin:1000:Pass app:1e+06:Deny default:1e+06:Deny "
        "zzz:1e+06:Deny kube-baseline:1e+07:Pass late:2e+07:Pass");
}
END_TEST

struct order_case {
    const char *name;
    const char *first_kind, *first_ns, *first_name, *first_spec;
    const char *second_kind, *second_ns, *second_name, *second_spec;
};

// The first is evaluated before the second, whichever is written first.
static const struct order_case orders[] = {
    {"by order", "GlobalNetworkPolicy", "", "z", "order: 1", "GlobalNetworkPolicy", "", "a",
     "order: 2"},
    {"89: negative before zero", "GlobalNetworkPolicy", "", "z", "order: -0.5",
     "GlobalNetworkPolicy", "", "a", "order: 0"},
    {"89: no order comes last", "GlobalNetworkPolicy", "", "z", "order: 1e9", "GlobalNetworkPolicy",
     "", "a", ""},
    {"89: 100 and 100.0 tie", "GlobalNetworkPolicy", "", "a", "order: 100.0", "GlobalNetworkPolicy",
     "", "b", "order: 100"},
    {"-0 and 0 tie", "GlobalNetworkPolicy", "", "a", "order: 0", "GlobalNetworkPolicy", "", "b",
     "order: -0"},
    {"without orders names decide", "GlobalNetworkPolicy", "", "a", "", "GlobalNetworkPolicy", "",
     "b", ""},
    {"87: a-b before a", "GlobalNetworkPolicy", "", "a-b", "order: 1", "GlobalNetworkPolicy", "",
     "a", "order: 1"},
    {"87: a.b before a", "GlobalNetworkPolicy", "", "a.b", "order: 1", "GlobalNetworkPolicy", "",
     "a", "order: 1"},
    {"a before a0", "GlobalNetworkPolicy", "", "a", "order: 1", "GlobalNetworkPolicy", "", "a0",
     "order: 1"},
    {"a before b", "NetworkPolicy", "z", "a", "order: 1", "GlobalNetworkPolicy", "", "b",
     "order: 1"},
    {"88: a global one before a namespaced one", "GlobalNetworkPolicy", "", "a", "",
     "NetworkPolicy", "a", "a", ""},
    {"one name: by namespace", "NetworkPolicy", "x", "a", "", "NetworkPolicy", "y", "a", ""},
    {"one name: namespace x-y before x", "NetworkPolicy", "x-y", "a", "", "NetworkPolicy", "x", "a",
     ""},
    {"110: enforced before staged", "NetworkPolicy", "x", "a", "", "StagedNetworkPolicy", "x", "a",
     ""},
    {"110: the same for global ones", "GlobalNetworkPolicy", "", "a", "",
     "StagedGlobalNetworkPolicy", "", "a", ""},
    {"92: 999 before a Kubernetes policy", "GlobalNetworkPolicy", "", "z", "order: 999",
     "StagedKubernetesNetworkPolicy", "x", "a", "podSelector: {}"},
    {"92: a Kubernetes policy before 1001", "StagedKubernetesNetworkPolicy", "x", "z",
     "podSelector: {}", "GlobalNetworkPolicy", "", "a", "order: 1001"},
    {"92: one of order 1000: by kind", "StagedGlobalNetworkPolicy", "", "a", "order: 1000",
     "StagedKubernetesNetworkPolicy", "x", "a", "podSelector: {}"},
    {"tiers before orders", "GlobalNetworkPolicy", "", "z", "order: 9, tier: kube-admin",
     "GlobalNetworkPolicy", "", "a", "order: 1"},
};

START_TEST(policies_are_sorted)
{
    for (size_t i = 0; i < ARRAY_COUNT(orders); i++) {
        const struct order_case *test = &orders[i];
        const char *first =
            thing(test->first_kind, test->first_ns, test->first_name, "", test->first_spec);
        const char *second =
            thing(test->second_kind, test->second_ns, test->second_name, "", test->second_spec);
        const struct model *forward = model_of(join(first, second, NULL), NULL);
        const char *ids = policy_ids(forward);
        ck_assert_msg(strcmp(forward->policies.items[0].kind, test->first_kind) == 0 &&
                          strcmp(forward->policies.items[0].name, test->first_name) == 0 &&
                          (test->first_ns[0] == '\0' ||
                           strcmp(forward->policies.items[0].ns, test->first_ns) == 0),
                      "%s: got %s", test->name, ids);
        const char *backward = policy_ids(model_of(join(second, first, NULL), NULL));
        ck_assert_msg(strcmp(ids, backward) == 0, "%s: the order of the input matters: %s",
                      test->name, backward);
    }
}
END_TEST

// 111: a staged deletion is no policy; Set, Learn and Ignore are.
START_TEST(staged_deletions_are_left_out)
{
    const char *text =
        join(thing("StagedGlobalNetworkPolicy", "", "delete", "", "stagedAction: Delete"),
             thing("StagedGlobalNetworkPolicy", "", "set", "", "stagedAction: Set"),
             thing("StagedGlobalNetworkPolicy", "", "learn", "", "stagedAction: Learn"),
             thing("StagedGlobalNetworkPolicy", "", "ignore", "", "stagedAction: Ignore"), NULL);
    const struct model *model = model_of(text, NULL);
    ck_assert_str_eq(policy_ids(model), "sgnp/ignore sgnp/learn sgnp/set");
    for (size_t i = 0; i < model->policies.count; i++) {
        ck_assert(model->policies.items[i].staged);
    }
}
END_TEST

// 84, and the table of semantics.md 1.4.
START_TEST(types_have_defaults)
{
    static const struct {
        const char *spec;
        unsigned types;
    } cases[] = {
        {"", RES_INGRESS},
        {"ingress: []", RES_INGRESS},
        {"ingress: [{action: Allow}]", RES_INGRESS},
        {"egress: [{action: Allow}]", RES_EGRESS},
        {"ingress: [], egress: [{action: Allow}]", RES_EGRESS},
        {"ingress: [{action: Allow}], egress: [{action: Allow}]", RES_INGRESS | RES_EGRESS},
        {"types: [], egress: [{action: Allow}]", RES_EGRESS},
        {"types: [Ingress], egress: [{action: Allow}]", RES_INGRESS},
        {"types: [Egress, Ingress]", RES_INGRESS | RES_EGRESS},
        {"types: [Egress], ingress: [{action: Allow}]", RES_EGRESS},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct model *model =
            model_of(thing("GlobalNetworkPolicy", "", "p", "", cases[i].spec), NULL);
        ck_assert_msg(model->policies.items[0].types == cases[i].types, "{%s}: got %u",
                      cases[i].spec, model->policies.items[0].types);
    }
}
END_TEST

UNIT_TESTS("resolve order", built_in_tiers_exist, tiers_are_sorted, policies_are_sorted,
           staged_deletions_are_left_out, types_have_defaults)
