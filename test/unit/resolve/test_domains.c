// SPDX-License-Identifier: GPL-2.0-or-later
// Lists of domains: of rules, of the sets that selectors take, and where they count (semantics.md 8.1; catalogue 161, 164).
#include "resolve/model_helper.h"

static const char *sets(void)
{
    return join(
        workload("x", "w", "w: w", "10.0.0.1", ""),
        thing("GlobalNetworkSet", "", "one", "set: one",
              "nets: [192.0.2.0/24], allowedEgressDomains: [b.example., '*.a.example']"),
        thing("GlobalNetworkSet", "", "two", "set: two, far: yes",
              "allowedEgressDomains: [c.example, B.EXAMPLE]"),
        thing("NetworkSet", "x", "mine", "set: mine", "allowedEgressDomains: [m.example]"),
        thing("NetworkSet", "y", "theirs", "set: mine", "allowedEgressDomains: [t.example]"),
        thing("GlobalNetworkSet", "", "plain", "set: plain", "nets: [198.51.100.0/24]"), NULL);
}

static const struct model *with_policy(const char *kind, const char *direction, const char *rules)
{
    return model_of(
        join(sets(),
             thing(kind, kind[0] == 'G' ? "" : "x", "p", "",
                   arena_printf(arena, "types: [Ingress, Egress], %s: [%s]", direction, rules)),
             NULL),
        NULL);
}

static const struct model_rule *rule_at(const struct model *model, int direction, size_t index)
{
    return &model->policies.items[0].rules[direction].items[index];
}

// "" for none.
static const char *domains_text(const struct model *model, const struct model_side *side)
{
    return side->domains < 0 ? "" : model->domains.items[side->domains].name;
}

START_TEST(a_list_is_canonical_and_there_once)
{
    const struct model *model = with_policy(
        "GlobalNetworkPolicy", "egress",
        "{action: Allow, destination: {domains: [B.example., '*.A.example', b.example]}}, "
        "{action: Allow, destination: {domains: ['*.a.example', b.example]}}, "
        "{action: Allow, destination: {domains: []}}, "
        "{action: Allow, destination: {domains: [a.example]}}");
    ck_assert_uint_eq(model->domains.count, 2);
    const struct model_domains *first = &model->domains.items[0];
    ck_assert_str_eq(first->name, "*.a.example b.example");
    ck_assert_uint_eq(first->count, 2);
    ck_assert_str_eq(first->patterns[0], "*.a.example");
    ck_assert_str_eq(first->patterns[1], "b.example");
    static const int32_t numbers[] = {0, 0, -1, 1};
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        const struct model_rule *at = rule_at(model, MODEL_OUT, i);
        ck_assert_int_eq(at->destination.domains, numbers[i]);
        ck_assert_int_eq(at->source.domains, -1);
        ck_assert_int_eq(at->destination.ipset, -1);
    }
}
END_TEST

START_TEST(sets_bring_theirs_to_egress_destinations_that_allow)
{
    static const struct {
        const char *kind, *direction, *rule, *source, *destination;
    } cases[] = {
        {"GlobalNetworkPolicy", "egress", "{action: Allow, destination: {selector: has(set)}}", "",
         "*.a.example b.example c.example m.example t.example"},
        {"GlobalNetworkPolicy", "egress", "{action: Allow, destination: {selector: has(far)}}", "",
         "b.example c.example"},
        {"GlobalNetworkPolicy", "egress",
         "{action: Allow, destination: {selector: has(set), notSelector: \"set in {'one', "
         "'mine'}\"}}",
         "", "b.example c.example"},
        {"NetworkPolicy", "egress", "{action: Allow, destination: {selector: has(set)}}", "",
         "m.example"},
        {"NetworkPolicy", "egress",
         "{action: Allow, destination: {selector: has(set), namespaceSelector: global()}}", "",
         "*.a.example b.example c.example"},
        {"NetworkPolicy", "egress", "{action: Allow, destination: {namespaceSelector: all()}}", "",
         "m.example t.example"},
        {"GlobalNetworkPolicy", "egress",
         "{action: Allow, destination: {selector: \"set == 'plain'\"}}", "", ""},
        {"GlobalNetworkPolicy", "egress", "{action: Allow, destination: {notSelector: has(set)}}",
         "", ""},
        {"GlobalNetworkPolicy", "egress", "{action: Allow, source: {selector: has(set)}}", "", ""},
        {"GlobalNetworkPolicy", "egress", "{action: Deny, destination: {selector: has(set)}}", "",
         ""},
        {"GlobalNetworkPolicy", "egress", "{action: Pass, destination: {selector: has(set)}}", "",
         ""},
        {"GlobalNetworkPolicy", "egress", "{action: Log, destination: {selector: has(set)}}", "",
         ""},
        {"GlobalNetworkPolicy", "ingress", "{action: Allow, destination: {selector: has(set)}}", "",
         ""},
        {"GlobalNetworkPolicy", "ingress", "{action: Allow, source: {selector: has(set)}}", "", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct model *model = with_policy(cases[i].kind, cases[i].direction, cases[i].rule);
        const struct model_rule *found =
            rule_at(model, cases[i].direction[0] == 'e' ? MODEL_OUT : MODEL_IN, 0);
        ck_assert_str_eq(domains_text(model, &found->source), cases[i].source);
        ck_assert_str_eq(domains_text(model, &found->destination), cases[i].destination);
        ck_assert_uint_eq(model->domains.count, cases[i].destination[0] != '\0');
    }
}
END_TEST

START_TEST(profiles_have_them_too)
{
    const struct model *model =
        model_of(join(sets(),
                      thing("Profile", "", "p", "",
                            "egress: [{action: Allow, destination: {domains: [p.example]}}], "
                            "ingress: [{action: Allow, source: {selector: has(set)}}]"),
                      thing("WorkloadEndpoint", "x", "v", "v: v",
                            "node: n1, ipNetworks: [10.0.0.2/32], profiles: [p]"),
                      NULL),
                 NULL);
    ck_assert_uint_eq(model->domains.count, 1);
    ck_assert_str_eq(model->domains.items[0].name, "p.example");
}
END_TEST

// What no endpoint is governed by adds no list.
START_TEST(policies_of_nobody_have_none)
{
    const struct model *model =
        model_of(join(sets(),
                      thing("GlobalNetworkPolicy", "", "p", "",
                            "selector: has(nobody), egress: [{action: Allow, destination: "
                            "{domains: [p.example]}}]"),
                      NULL),
                 NULL);
    ck_assert_uint_eq(model->domains.count, 0);
}
END_TEST

UNIT_TESTS("resolve domains", a_list_is_canonical_and_there_once,
           sets_bring_theirs_to_egress_destinations_that_allow, profiles_have_them_too,
           policies_of_nobody_have_none)
