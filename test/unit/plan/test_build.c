// SPDX-License-Identifier: GPL-2.0-or-later
// The plan stands alone and is complete: everything is copied, references lead to it (catalogue 98,
// 101, 109).
#include "plan/plan_helper.h"

// A bit of everything.
static const char *input(void)
{
    return join(
        thing("Tier", "", "early", "", "order: 5, defaultAction: Pass"),
        thing("FelixConfiguration", "", "default", "",
              "interfacePrefix: \"tap,veth\", logPrefix: \"log %n\", "
              "logActionRateLimit: 3/minute, nftablesFilterDenyAction: Reject"),
        thing("WorkloadEndpoint", "a", "w1", "w: one",
              "node: n1, interfaceName: tap1, ipNetworks: [10.0.0.1/32], "
              "profiles: [mine, nowhere], ports: [{name: http, protocol: TCP, port: 8080}]"),
        thing("WorkloadEndpoint", "a", "w2", "w: two", "node: n2, ipNetworks: [10.0.0.2/32]"),
        thing("NetworkSet", "a", "s", "set: s", "nets: [192.0.2.0/24]"),
        thing("Profile", "", "mine", "", "ingress: [{action: Allow, source: {selector: has(w)}}]"),
        thing(
            "NetworkPolicy", "a", "np", "",
            "order: 3, ingress: [{action: Allow, protocol: TCP, "
            "source: {selector: has(w), nets: [10.0.0.0/8]}, destination: {ports: [http, 443]}}], "
            "egress: [{action: Log}, {action: Deny, destination: {notSelector: has(set)}}]"),
        thing("GlobalNetworkPolicy", "", "first", "", "tier: early, ingress: [{action: Pass}]"),
        thing("StagedGlobalNetworkPolicy", "", "staged", "", "egress: [{action: Allow}]"),
        thing("GlobalNetworkPolicy", "", "unused", "",
              "selector: w == \"two\", ingress: [{action: Allow, "
              "source: {selector: nobody == \"me\"}}]"),
        NULL);
}

START_TEST(nothing_of_the_input_is_needed)
{
    const struct plan *plan = plan_of(input(), "n1");
    ck_assert_str_eq(plan->node, "n1");
    ck_assert_str_eq(plan->settings.interface_prefixes[0], "tap");
    ck_assert_str_eq(plan->settings.interface_prefixes[1], "veth");
    ck_assert_str_eq(plan->settings.log_prefix, "log %n");
    ck_assert_uint_eq(plan->settings.log_rate, 3);
    ck_assert(plan->settings.reject);
    ck_assert_str_eq(plan->tiers.items[0].name, "early");
    ck_assert_uint_eq(plan->policies.count, 3); // "unused" governs nothing here
    ck_assert_str_eq(plan->policies.items[0].id, "gnp/first");
    ck_assert_str_eq(plan->policies.items[1].id, "np/a/np");
    ck_assert_str_eq(plan->policies.items[1].ns, "a");
    ck_assert_str_eq(plan->policies.items[1].kind, "NetworkPolicy");
    ck_assert_str_eq(plan->policies.items[2].name, "staged");
    ck_assert(plan->policies.items[2].staged && !plan->policies.items[1].staged);
    ck_assert_str_eq(plan->profiles.items[0].id, "profile/mine");
    ck_assert(plan->profiles.items[1].missing); // 101
    ck_assert_uint_eq(plan->endpoints.count, 1);
    ck_assert_str_eq(plan->endpoints.items[0].interface, "tap1");
    ck_assert_uint_eq(plan->policies_in_input, 4);
    ck_assert_uint_eq(plan->endpoints_in_input, 2);
}
END_TEST

START_TEST(sets_of_active_rules_are_there)
{
    const struct plan *plan = plan_of(input(), "n1");
    for (size_t i = 0; i < plan->ipsets.count; i++) {
        ck_assert_msg(strstr(plan->ipsets.items[i].name, "nobody") == NULL,
                      "a set that no active rule names");
    }
    const struct plan_match *match = &plan->policies.items[1].rules[PLAN_IN].items[0].match;
    const struct plan_ipset *source = &plan->ipsets.items[match->source.ipset];
    ck_assert_str_eq(source->name, "(projectcalico.org/namespace == \"a\" && has(w))");
    ck_assert_uint_eq(source->members.count,
                      2); // 10.0.0.1 and 10.0.0.2: one even, one odd, so no sibling
    ck_assert(match->source.has_nets);
    const struct plan_ipset *ports = &plan->ipsets.items[match->destination.named_ports];
    ck_assert(ports->named_ports && ports->port_count == 1 && ports->ports[0].port == 8080);
    ck_assert_int_eq(match->destination.ipset, -1);
    const struct plan_match *out = &plan->policies.items[1].rules[PLAN_OUT].items[1].match;
    ck_assert_str_eq(plan->ipsets.items[out->destination.ipset].name,
                     "(projectcalico.org/namespace == \"a\" && !has(set))"); // 27
    ck_assert_int_eq(out->destination.not_ipset, -1);
}
END_TEST

// Every index of a plan is in its array; lists ascend.
static void check_indexes(const struct plan_indexes *indexes, size_t count, bool ascending)
{
    for (size_t i = 0; i < indexes->count; i++) {
        ck_assert_uint_lt(indexes->items[i], count);
        ck_assert(!ascending || i == 0 || indexes->items[i - 1] < indexes->items[i]);
    }
}

START_TEST(references_lead_somewhere)
{
    const struct plan *plan = plan_of(input(), "n1");
    for (size_t i = 0; i < plan->classes.count; i++) {
        const struct plan_class *class = &plan->classes.items[i];
        for (size_t j = 0; j < class->tiers.count; j++) {
            ck_assert_uint_lt(class->tiers.items[j].tier, plan->tiers.count);
            ck_assert(j == 0 || class->tiers.items[j - 1].tier < class->tiers.items[j].tier);
            check_indexes(&class->tiers.items[j].policies, plan->policies.count, true);
        }
        check_indexes(&class->profiles, plan->profiles.count, false);
    }
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            uint32_t number = plan->endpoints.items[i].classes[direction];
            ck_assert_uint_lt(number, plan->classes.count);
            ck_assert_int_eq(plan->classes.items[number].direction, direction);
        }
    }
}
END_TEST

// 109: a tier with only staged policies is in the class, but not enforced.
START_TEST(tiers_know_whether_they_are_enforced)
{
    const char *text =
        join(workload("a", "w", "", "10.0.0.1/32", ""), thing("Tier", "", "only", "", "order: 1"),
             thing("StagedGlobalNetworkPolicy", "", "s", "", "tier: only"),
             thing("StagedGlobalNetworkPolicy", "", "m", "", ""),
             thing("GlobalNetworkPolicy", "", "m", "", ""), NULL);
    const struct plan_class *class = &plan_of(text, "n1")->classes.items[0];
    ck_assert_uint_eq(class->tiers.count, 2);
    ck_assert(!class->tiers.items[0].enforced);
    ck_assert(class->tiers.items[1].enforced);
    ck_assert_uint_eq(class->tiers.items[1].policies.count, 2);
}
END_TEST

// Equal lists of policies and profiles share a class, and only these.
START_TEST(classes_are_shared)
{
    static const struct {
        const char *labels, *more;
    } endpoints[] = {
        {"app: x", "profiles: [p]"},    {"app: x, other: y", "profiles: [p]"},
        {"app: y", "profiles: [p]"},    {"app: x", "profiles: [p, q]"},
        {"app: x", "profiles: [q, p]"}, {"app: x", "profiles: [p]"},
    };
    static const uint32_t expected_in[] = {0, 0, 2, 3, 5, 0}, expected_out[] = {1, 1, 1, 4, 6, 1};
    const char *text =
        join(thing("Profile", "", "p", "", ""), thing("Profile", "", "q", "", ""),
             thing("GlobalNetworkPolicy", "", "g", "", "selector: app == \"x\""), NULL);
    for (size_t i = 0; i < ARRAY_COUNT(endpoints); i++) {
        text = join(text,
                    workload("a", arena_printf(arena, "w%zu", i), endpoints[i].labels,
                             arena_printf(arena, "10.0.0.%zu/32", i + 1), endpoints[i].more),
                    NULL);
    }
    const struct plan *plan = plan_of(text, "n1");
    for (size_t i = 0; i < ARRAY_COUNT(endpoints); i++) {
        ck_assert_msg(plan->endpoints.items[i].classes[PLAN_IN] == expected_in[i],
                      "endpoint %zu ingress", i);
        ck_assert_msg(plan->endpoints.items[i].classes[PLAN_OUT] == expected_out[i],
                      "endpoint %zu egress", i);
    }
    ck_assert_uint_eq(plan->classes.count, 7);
}
END_TEST

START_TEST(places_are_kept)
{
    const struct plan *plan = plan_of_rules("{action: Allow}, {action: Deny}", "");
    const struct plan_policy *policy = &plan->policies.items[0];
    ck_assert_uint_eq(policy->loc.line, 3);
    ck_assert_uint_eq(policy->rules[PLAN_IN].items[0].loc.line, 3);
    ck_assert_uint_lt(policy->rules[PLAN_IN].items[0].loc.column,
                      policy->rules[PLAN_IN].items[1].loc.column);
    ck_assert_str_eq(plan_action_text(PLAN_ALLOW), "allow");
    ck_assert_str_eq(plan_action_text(PLAN_DENY), "deny");
    ck_assert_str_eq(plan_action_text(PLAN_LOG), "log");
    ck_assert_str_eq(plan_action_text(PLAN_PASS), "pass");
}
END_TEST

START_TEST(an_empty_input_is_a_plan)
{
    const struct plan *plan = plan_of("", "n1");
    ck_assert_uint_eq(plan->tiers.count, 3);
    ck_assert_uint_eq(plan->policies.count + plan->profiles.count + plan->ipsets.count +
                          plan->classes.count + plan->endpoints.count,
                      0);
}
END_TEST

UNIT_TESTS("plan build", nothing_of_the_input_is_needed, sets_of_active_rules_are_there,
           references_lead_somewhere, tiers_know_whether_they_are_enforced, classes_are_shared,
           places_are_kept, an_empty_input_is_a_plan)
