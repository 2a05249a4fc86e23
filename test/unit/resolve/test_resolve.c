// SPDX-License-Identifier: GPL-2.0-or-later
// The node of a run, endpoints, profiles, settings (semantics.md 1.10, 4.7; design.md 5; catalogue
// 101).
#include "resolve/model_helper.h"

struct node_case {
    const char *wanted, *hostname;
    const char *expected;
    bool is_short;
};

// The input has endpoints on "web" and "db.example.com".
static const struct node_case nodes[] = {
    {"other", "web", "other", false},
    {NULL, "web", "web", false},
    {NULL, "web.example.com", "web", true},
    {NULL, "db.example.com", "db.example.com", false},
    {NULL, "db", "db", false},
    {NULL, "db.example.org", "db.example.org", false},
    {NULL, "we", "we", false},
    {NULL, "webb", "webb", false},
    {NULL, "", "", false},
    {NULL, ".web", ".web", false},
};

START_TEST(node_is_chosen)
{
    decode(join(
        thing("WorkloadEndpoint", "a", "w", "", "node: web, ipNetworks: [10.0.0.1/32]"),
        thing("WorkloadEndpoint", "a", "d", "", "node: db.example.com, ipNetworks: [10.0.0.2/32]"),
        NULL));
    for (size_t i = 0; i < ARRAY_COUNT(nodes); i++) {
        bool is_short = true;
        const char *found =
            model_choose_node(arena, resources, nodes[i].wanted, nodes[i].hostname, &is_short);
        ck_assert_str_eq(found, nodes[i].expected);
        ck_assert_msg(is_short == nodes[i].is_short, "%s", nodes[i].hostname);
    }
}
END_TEST

START_TEST(endpoints_of_a_node)
{
    const char *text =
        join(thing("WorkloadEndpoint", "b", "z", "", "node: n1, ipNetworks: [10.0.0.1/32]"),
             thing("WorkloadEndpoint", "a", "y", "", "node: n2, ipNetworks: [10.0.0.2/32]"),
             thing("WorkloadEndpoint", "a", "none", "", "node: n3"), NULL);
    const struct model *model = model_of(text, "n1");
    ck_assert_uint_eq(model->endpoints.count, 2); // without an address it is none
    ck_assert_str_eq(model->endpoints.items[0].id, "wep/a/y");
    ck_assert(!model->endpoints.items[0].local);
    ck_assert(model->endpoints.items[1].local);
    ck_assert_uint_eq(model->local_endpoints, 1);
    ck_assert_uint_eq(model->node_count, 3);
    ck_assert_str_eq(model->nodes[0], "n1");
    ck_assert_uint_eq(model_of(text, NULL)->local_endpoints, 2);
    ck_assert_uint_eq(model_of(text, "elsewhere")->local_endpoints, 0);
}
END_TEST

START_TEST(profiles_of_endpoints)
{
    const char *text =
        join(workload("a", "w", "", "10.0.0.1/32",
                      "profiles: [kns.a, ksa.a.sa, projectcalico-default-allow, mine, nowhere]"),
             thing("WorkloadEndpoint", "a", "far", "",
                   "node: n2, ipNetworks: [10.0.0.2/32], profiles: [far]"),
             thing("Profile", "", "mine", "", "egress: [{action: Deny}, {action: Pass}]"), NULL);
    const struct model *model = model_of(text, "n1");
    static const struct {
        const char *id;
        size_t in, out;
        bool missing;
    } expected[] = {
        {"profile/kns.a", 1, 1, false},
        {"profile/ksa.a.sa", 0, 0, false},
        {"profile/projectcalico-default-allow", 1, 1, false},
        {"profile/mine", 0, 2, false},
        {"profile/nowhere", 0, 0, true}, // 101
    };
    ck_assert_uint_eq(model->profiles.count, ARRAY_COUNT(expected));
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++) {
        const struct model_policy *profile = &model->profiles.items[i];
        ck_assert_str_eq(profile->id, expected[i].id);
        ck_assert_uint_eq(profile->rules[MODEL_IN].count, expected[i].in);
        ck_assert_uint_eq(profile->rules[MODEL_OUT].count, expected[i].out);
        ck_assert(profile->missing == expected[i].missing);
    }
    ck_assert_uint_eq(model->endpoints.items[1].profiles.count, ARRAY_COUNT(expected));
}
END_TEST

START_TEST(settings_have_defaults)
{
    const struct model_settings *settings = &model_of("", "n1")->settings;
    ck_assert_uint_eq(settings->interface_prefix_count, 1);
    ck_assert_str_eq(settings->interface_prefixes[0], "cali");
    ck_assert_int_eq(settings->host_action, MODEL_HOST_DROP);
    ck_assert(!settings->reject);
    ck_assert_str_eq(settings->log_prefix, "calico-packet");
    ck_assert_uint_eq(settings->log_rate, 0);
    ck_assert_uint_eq(settings->log_burst, 5);
    ck_assert(settings->conntrack_invalid_check);
}
END_TEST

// "default", then "node.NAME" over it, whichever stands first in the input.
START_TEST(settings_of_a_node)
{
    const char *text =
        join(thing("FelixConfiguration", "", "node.n1", "",
                   "interfacePrefix: \"tap,veth\", logActionRateLimit: 7/hour, "
                   "nftablesFilterDenyAction: Reject, "
                   "iptablesFilterDenyAction: Drop"),
             thing("FelixConfiguration", "", "default", "",
                   "interfacePrefix: eth, logPrefix: x, defaultEndpointToHostAction: Accept, "
                   "disableConntrackInvalidCheck: true, logActionRateLimitBurst: 9"),
             thing("FelixConfiguration", "", "node.n2", "", "logPrefix: wrong"), NULL);
    const struct model_settings *settings = &model_of(text, "n1")->settings;
    ck_assert_uint_eq(settings->interface_prefix_count, 2);
    ck_assert_str_eq(settings->interface_prefixes[1], "veth");
    ck_assert_str_eq(settings->log_prefix, "x");
    ck_assert_int_eq(settings->host_action, MODEL_HOST_ACCEPT);
    ck_assert(settings->reject);
    ck_assert_uint_eq(settings->log_rate, 7);
    ck_assert_uint_eq(settings->log_unit, 3600);
    ck_assert_uint_eq(settings->log_burst, 9);
    ck_assert(!settings->conntrack_invalid_check);
    ck_assert_str_eq(model_of(text, "n3")->settings.interface_prefixes[0], "eth");
    ck_assert(!model_of(text, "n3")->settings.reject);
}
END_TEST

START_TEST(settings_units_and_actions)
{
    static const struct {
        const char *rate;
        uint64_t unit;
    } rates[] = {{"1/second", 1}, {"1/minute", 60}, {"1/hour", 3600}, {"1/day", 86400}};
    for (size_t i = 0; i < ARRAY_COUNT(rates); i++) {
        const char *spec = arena_printf(arena, "logActionRateLimit: %s", rates[i].rate);
        ck_assert_uint_eq(
            model_of(thing("FelixConfiguration", "", "default", "", spec), NULL)->settings.log_unit,
            rates[i].unit);
    }
    static const struct {
        const char *action;
        int expected;
    } actions[] = {{"Drop", MODEL_HOST_DROP},
                   {"DROP", MODEL_HOST_DROP},
                   {"Return", MODEL_HOST_ACCEPT},
                   {"accept", MODEL_HOST_ACCEPT}};
    for (size_t i = 0; i < ARRAY_COUNT(actions); i++) {
        const char *spec =
            arena_printf(arena, "defaultEndpointToHostAction: %s", actions[i].action);
        ck_assert_int_eq(model_of(thing("FelixConfiguration", "", "default", "", spec), NULL)
                             ->settings.host_action,
                         actions[i].expected);
    }
}
END_TEST

UNIT_TESTS("resolve", node_is_chosen, endpoints_of_a_node, profiles_of_endpoints,
           settings_have_defaults, settings_of_a_node, settings_units_and_actions)
