// SPDX-License-Identifier: GPL-2.0-or-later
// The plan as JSON: complete, in a fixed order, ASCII.
#include "plan/plan_helper.h"

#include <jansson.h>

static const char *printed_plan(const struct plan *plan)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    plan_print_json(plan, plan_sources, out);
    fclose(out);
    const char *copy = arena_strdup(arena, text);
    free(text);
    return copy;
}

START_TEST(the_plan_is_one_document)
{
    const char *text = printed_plan(plan_of_rules(
        "{action: Allow, source: {selector: \"w == 'gr\xc3\xb6\xc3\x9f' || has(w)\"}}", ""));
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);
    ck_assert_msg(root != NULL, "%s\n%s", error.text, text);
    static const char *const keys[] = {"node",      "settings", "tiers",     "policies",
                                       "profiles",  "ipsets",   "domains",   "classes",
                                       "endpoints", "hosts",    "interfaces"};
    const char *key;
    json_t *value;
    size_t i = 0;
    json_object_foreach(root, key, value)
    {
        ck_assert_uint_lt(i, ARRAY_COUNT(keys));
        ck_assert_str_eq(key, keys[i++]);
    }
    ck_assert_uint_eq(i, ARRAY_COUNT(keys));
    json_decref(root);
    for (const char *at = text; *at != '\0'; at++) {
        ck_assert_int_ge(*at, '\n');
    }
}
END_TEST

struct rule_case {
    const char *fields, *expected; // JSON of the rule, without its place
};

static const struct rule_case rules[] = {
    {"", "{\"index\": 0, \"action\": \"allow\", \"families\": \"both\"}"},
    {", protocol: TCP, destination: {ports: [80, \"90:91\"], notPorts: [7]}",
     "{\"index\": 0, \"action\": \"allow\", \"families\": \"both\", \"protocol\": 6, "
     "\"destination\": {\"ports\": [80, \"90:91\"], \"notPorts\": [7]}}"},
    {", protocol: ICMP, notICMP: {type: 8, code: 0}",
     "{\"index\": 0, \"action\": \"allow\", \"families\": \"ipv4\", \"protocol\": 1, "
     "\"notIcmpType\": 8, \"notIcmpCode\": 0}"},
    {", protocol: ICMPv6, icmp: {type: 0}, notProtocol: TCP",
     "{\"index\": 0, \"action\": \"allow\", \"families\": \"ipv6\", \"protocol\": 58, "
     "\"notProtocol\": 6, \"icmpType\": 0}"},
    {", source: {nets: [10.0.0.0/8], notNets: [10.1.0.0/16], notSelector: has(z)}",
     "{\"index\": 0, \"action\": \"allow\", \"families\": \"ipv4\", "
     "\"source\": {\"nets\": [\"10.0.0.0/8\"], \"notNets\": [\"10.1.0.0/16\"], \"notIpset\": "
     "\"has(z)\"}}"},
    {", protocol: UDP, source: {selector: has(w), ports: [dns], notPorts: [http]}",
     "{\"index\": 0, \"action\": \"allow\", \"families\": \"both\", \"protocol\": 17, "
     "\"source\": {\"ipset\": \"has(w)\", "
     "\"namedPorts\": \"port dns/UDP of has(w)\", \"notNamedPorts\": \"port http/UDP of "
     "has(w)\"}}"},
};

START_TEST(rules_are_complete)
{
    for (size_t i = 0; i < ARRAY_COUNT(rules); i++) {
        const char *text = printed_plan(
            plan_of_rules(arena_printf(arena, "{action: Allow%s}", rules[i].fields), ""));
        json_t *root = json_loads(text, 0, NULL);
        json_t *policy = json_array_get(json_object_get(root, "policies"), 0);
        json_t *found = json_array_get(json_object_get(policy, "ingress"), 0);
        ck_assert_str_eq(json_string_value(json_object_get(found, "at")), "test.yaml:3:116");
        json_object_del(found, "at");
        char *dumped = json_dumps(found, 0);
        ck_assert_str_eq(dumped, rules[i].expected);
        free(dumped);
        json_decref(root);
    }
}
END_TEST

START_TEST(printing_twice_gives_the_same)
{
    const char *text =
        join(workload("a", "w", "app: x", "10.0.0.1/32", "profiles: [p]"),
             thing("NetworkPolicy", "a", "p", "", "order: 1.5, egress: [{action: Pass}]"), NULL);
    ck_assert_str_eq(printed_plan(plan_of(text, "n1")), printed_plan(plan_of(text, "n1")));
}
END_TEST

UNIT_TESTS("plan print_json", the_plan_is_one_document, rules_are_complete,
           printing_twice_gives_the_same)
