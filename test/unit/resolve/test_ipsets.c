// SPDX-License-Identifier: GPL-2.0-or-later
// Members of IP sets and of named ports (semantics.md 3.4, 3.5, 4.4; catalogue 52-56, 72-77).
#include "resolve/model_helper.h"

static const char *candidates(void)
{
    return join(
        thing("WorkloadEndpoint", "x", "a", "w: a",
              "node: n1, ipNetworks: [10.0.0.1/32, \"fd00::1/128\"], ports: ["
              "{name: http, protocol: TCP, port: 80}, {name: dns, protocol: UDP, port: 53}, "
              "{name: multi, protocol: TCP, port: 1}, {name: multi, protocol: TCP, port: 2}, "
              "{protocol: TCP, port: 81, hostPort: 8081}]"),
        thing("WorkloadEndpoint", "x", "b", "w: b",
              "node: n2, ipNetworks: [10.0.0.2/32], ports: [{name: http, protocol: TCP, port: "
              "8080}]"),
        thing(
            "WorkloadEndpoint", "x", "c", "w: c",
            "node: n2, ipNetworks: [10.0.0.1/32], ports: [{name: http, protocol: TCP, port: 80}]"),
        thing("NetworkSet", "x", "s", "set: loose, w: set",
              "nets: [10.1.2.3/8, 192.0.2.1, \"2001:db8::1\"]"),
        thing("GlobalNetworkSet", "", "s", "set: all", "nets: [0.0.0.0/0]"),
        thing("GlobalNetworkSet", "", "t", "set: both",
              "nets: [192.0.2.0/25, 192.0.2.128/25, 192.0.2.7]"),
        NULL);
}

static const struct model *with_rule(const char *fields)
{
    return model_of(join(candidates(),
                         thing("GlobalNetworkPolicy", "", "p", "",
                               arena_printf(arena, "ingress: [{action: Allow, %s}]", fields)),
                         NULL),
                    NULL);
}

START_TEST(addresses_of_selectors)
{
    static const struct {
        const char *name, *selector, *members;
    } cases[] = {
        {"53: nothing", "no == \"body\"", ""},
        {"54: everything of IPv4", "set == \"all\"", "0.0.0.0/0"},
        {"55, 56: host bits are masked, bare addresses are hosts", "set == \"loose\"",
         "10.0.0.0/8 192.0.2.1 2001:db8::1"},
        {"overlaps and siblings melt", "set == \"both\"", "192.0.2.0/24"},
        {"workloads of all nodes, and sets", "has(w)", "10.0.0.0/8 192.0.2.1 2001:db8::1 fd00::1"},
        {"one address of two objects counts once", "w in {\"a\", \"c\"}", "10.0.0.1 fd00::1"},
        {"or", "w == \"b\" || set == \"both\"", "10.0.0.2 192.0.2.0/24"},
        {"11: the empty set", "w in {}", ""},
        {"not in the empty set", "w not in {} && has(w) && !has(set)", "10.0.0.1 10.0.0.2 fd00::1"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct model *model =
            with_rule(arena_printf(arena, "source: {selector: '%s'}", cases[i].selector));
        ck_assert_uint_eq(model->ipsets.count, 1);
        const char *found = members_text(&model->ipsets.items[0]);
        ck_assert_msg(strcmp(found, cases[i].members) == 0, "%s: expected <%s>, got <%s>",
                      cases[i].name, cases[i].members, found);
    }
}
END_TEST

START_TEST(triples_of_named_ports)
{
    static const struct {
        const char *name, *fields, *set, *members;
    } cases[] = {
        {"73: each endpoint's own number", "protocol: TCP, destination: {ports: [http]}",
         "port http/TCP of all()", "10.0.0.1/6/80 10.0.0.2/6/8080 fd00::1/6/80"},
        {"72: within the selector",
         "protocol: TCP, destination: {selector: w == \"b\", ports: [80, http]}",
         "port http/TCP of w == \"b\"", "10.0.0.2/6/8080"},
        {"74: declared for UDP only", "protocol: TCP, destination: {ports: [dns]}",
         "port dns/TCP of all()", ""},
        {"74: without protocol", "destination: {ports: [dns]}", "port dns of all()",
         "10.0.0.1/17/53 fd00::1/17/53"},
        {"a number is a protocol too", "protocol: 17, destination: {ports: [dns]}",
         "port dns/UDP of all()", "10.0.0.1/17/53 fd00::1/17/53"},
        {"76: sets declare nothing",
         "protocol: TCP, destination: {selector: has(set), ports: [http]}",
         "port http/TCP of has(set)", ""},
        {"two numbers for one name", "protocol: TCP, source: {ports: [multi]}",
         "port multi/TCP of all()", "10.0.0.1/6/1 10.0.0.1/6/2 fd00::1/6/1 fd00::1/6/2"},
        {"names are sorted in the name of the set",
         "protocol: TCP, destination: {ports: [multi, http]}", "port http,multi/TCP of all()",
         "10.0.0.1/6/1 10.0.0.1/6/2 10.0.0.1/6/80 10.0.0.2/6/8080 fd00::1/6/1 fd00::1/6/2 "
         "fd00::1/6/80"},
        {"53: nobody", "protocol: TCP, destination: {ports: [smtp]}", "port smtp/TCP of all()", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct model *model = with_rule(cases[i].fields);
        const char *found = members_text(set_of(model, cases[i].set));
        ck_assert_msg(strcmp(found, cases[i].members) == 0, "%s: expected <%s>, got <%s>",
                      cases[i].name, cases[i].members, found);
    }
}
END_TEST

// 75: the set of notPorts has the positive selector too.
START_TEST(named_not_ports)
{
    const struct model *model = with_rule(
        "protocol: TCP, destination: {selector: w == \"a\", notPorts: [http], ports: [multi, 7]}");
    const struct model_side *side = &model->policies.items[0].rules[MODEL_IN].items[0].destination;
    ck_assert_str_eq(set_name(model, side->ipset), "w == \"a\"");
    ck_assert_str_eq(set_name(model, side->not_named_ports), "port http/TCP of w == \"a\"");
    ck_assert_str_eq(set_name(model, side->named_ports), "port multi/TCP of w == \"a\"");
    ck_assert_str_eq(members_text(set_of(model, "port http/TCP of w == \"a\"")),
                     "10.0.0.1/6/80 fd00::1/6/80");
    side = &model->policies.items[0].rules[MODEL_IN].items[0].source;
    ck_assert_int_eq(side->named_ports, -1);
    ck_assert_int_eq(side->not_named_ports, -1);
}
END_TEST

// 77: a port of an init container counts, one without a name does not.
START_TEST(ports_of_pods)
{
    const char *pod =
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: x, labels: {w: pod}}, spec: "
        "{nodeName: n1, "
        "initContainers: [{name: i, ports: [{name: http, containerPort: 1}]}], "
        "containers: [{name: m, ports: [{name: http, containerPort: 2, protocol: TCP}, "
        "{name: http, containerPort: 3, protocol: UDP}, {containerPort: 4, hostPort: 4}]}]}, "
        "status: {phase: Running, podIP: 10.0.0.9}}\n---\n";
    const char *policy =
        thing("GlobalNetworkPolicy", "", "p", "",
              "ingress: [{action: Allow, protocol: TCP, destination: {ports: [http]}}]");
    const struct model *model = model_of(join(pod, policy, NULL), NULL);
    ck_assert_str_eq(members_text(set_of(model, "port http/TCP of all()")),
                     "10.0.0.9/6/1 10.0.0.9/6/2");
}
END_TEST

// Equal selectors share a set, however they are spelled and wherever they stand.
START_TEST(sets_are_shared)
{
    const char *text = join(
        candidates(),
        thing("GlobalNetworkPolicy", "", "p", "",
              "ingress: [{action: Allow, source: {selector: \"has(w) && has(set)\"}}, "
              "{action: Deny, destination: {selector: \" has( w )&&has(set)\"}}, {action: Deny, "
              "source: {notSelector: "
              "\"has(w) && has(set)\"}}]"),
        NULL);
    const struct model *model = model_of(text, NULL);
    ck_assert_uint_eq(model->ipsets.count, 1);
    ck_assert_int_eq(model->policies.items[0].rules[MODEL_IN].items[2].source.not_ipset, 0);
}
END_TEST

UNIT_TESTS("resolve ipsets", addresses_of_selectors, triples_of_named_ports, named_not_ports,
           ports_of_pods, sets_are_shared)
