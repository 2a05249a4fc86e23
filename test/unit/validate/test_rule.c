// SPDX-License-Identifier: GPL-2.0-or-later
// What the parts of a rule mean together (semantics.md 1.5); case numbers are those of section 10.
#include "val_helper.h"

static void check_both(const struct fields_case *cases, size_t count)
{
    check_cases("ingress", cases, count);
    check_cases("egress", cases, count);
}

START_TEST(ports_and_protocols) // 58, 59, 60
{
    static const struct fields_case cases[] = {
        {"action: Allow, destination: {ports: [80]}", "P034"},
        {"action: Allow, source: {notPorts: [http, 80]}", "P034"},
        {"action: Allow, notProtocol: UDP, source: {ports: [80]}", "P034"},
        {"action: Allow, destination: {ports: [http]}", ""},
        {"action: Allow, protocol: ICMP, destination: {ports: []}", ""},
        {"action: Allow, protocol: ICMP, destination: {ports: [http]}", "P035"},
        {"action: Allow, protocol: UDPLite, destination: {ports: [80]}", "P035"},
        {"action: Allow, protocol: 47, destination: {notPorts: [80]}", "P035"},
        {"action: Allow, protocol: \"6\", destination: {ports: [80]}", ""},
        {"action: Allow, protocol: SCTP, destination: {ports: [80, http]}", ""},
        {"action: Allow, protocol: tcp, destination: {ports: [80]}", "P031"}, // and no P034 on top
    };
    check_both(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(icmp) // 64, 66
{
    static const struct fields_case cases[] = {
        {"action: Allow, protocol: ICMP, icmp: {}", ""},
        {"action: Allow, protocol: 58, icmp: {type: 128}", ""},
        {"action: Allow, protocol: ICMP, icmp: {code: 0}", "P037"},
        {"action: Allow, protocol: ICMP, notICMP: {code: 0}", "P037"},
        {"action: Allow, protocol: TCP, icmp: {type: 8}", "P036"},
        {"action: Allow, icmp: {type: 8}", "P036"},
        {"action: Allow, notICMP: {type: 8, code: 0}", "P036"},
        {"action: Allow, protocol: ICMP, notICMP: {type: 8, code: 0}", ""},
        {"action: Allow, protocol: ICMP, ipVersion: 6", "P038"},
        {"action: Allow, protocol: 1, ipVersion: 6", "P038"},
        {"action: Allow, notProtocol: ICMPv6, ipVersion: 4", "P038"},
        {"action: Allow, protocol: ICMPv6, ipVersion: 6", ""},
    };
    check_both(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(families) // 67, 69
{
    static const struct fields_case cases[] = {
        {"action: Allow, ipVersion: 6, source: {nets: [10.0.0.0/8]}", "P044"},
        {"action: Allow, ipVersion: 4, source: {nets: [10.0.0.0/8]}", ""},
        {"action: Allow, source: {nets: [10.0.0.0/8]}, destination: {nets: ['2001:db8::/32']}",
         "P043"},
        {"action: Allow, source: {nets: [10.0.0.0/8, '2001:db8::/32']}", "P043"},
        {"action: Allow, source: {notNets: ['2001:db8::/32']}, destination: {notNets: [10.0.0.0/8]}",
         "P043"},
        {"action: Allow, source: {notNets: [0.0.0.0/0]}", "P045"},
        {"action: Allow, source: {notNets: ['0::0/0']}", "P045"},
        {"action: Allow, source: {nets: [0.0.0.0/0]}", ""},
    };
    check_both(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(selectors) // 22, 23
{
    static const struct fields_case cases[] = {
        {"action: Allow, source: {selector: global()}", "V003"},
        {"action: Allow, source: {selector: \"a == 'global('\"}", "V003"},
        {"action: Allow, source: {notSelector: global()}", ""},
        {"action: Allow, source: {namespaceSelector: global()}", ""},
        {"action: Allow, source: {namespaceSelector: ' global( ) '}", ""},
        {"action: Allow, source: {namespaceSelector: '!global()'}", "V003"},
        {"action: Allow, source: {namespaceSelector: global() || has(a)}", "V003"},
        {"action: Allow, source: {namespaceSelector: (global())}", "V003"},
        {"action: Allow, source: {namespaceSelector: has(a)}", ""},
        {"action: Allow, source: {serviceAccounts: {selector: global()}}", ""},
    };
    check_both(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(services) // 79, 80
{
    static const struct fields_case egress[] = {
        {"action: Allow, destination: {services: {name: a, namespace: b}}", "W023"},
        {"action: Allow, destination: {services: {name: a}}", "P048"},
        {"action: Allow, destination: {services: {namespace: b}}", "P048"},
        {"action: Allow, source: {services: {name: a, namespace: b}}", "P048"},
        {"action: Allow, protocol: TCP, destination: {services: {name: a, namespace: b}, ports: [80]}",
         "P048"},
        {"action: Allow, destination: {services: {name: a, namespace: b}, selector: has(a)}",
         "P048"},
        {"action: Allow, destination: {services: {name: a, namespace: b}, serviceAccounts: {}}",
         "P048"},
    };
    static const struct fields_case ingress[] = {
        {"action: Allow, destination: {services: {name: a, namespace: b}}", "P048"},
        {"action: Allow, protocol: TCP, source: {services: {name: a, namespace: b}, ports: [80]}",
         "W023"},
        {"action: Allow, source: {services: {name: a, namespace: b}, nets: [10.0.0.0/8]}", "P048"},
    };
    check_cases("egress", egress, ARRAY_COUNT(egress));
    check_cases("ingress", ingress, ARRAY_COUNT(ingress));
    check(object("NetworkPolicy", "",
                 "  egress: [{action: Allow, destination: {services: {name: a}}}]"));
    EXPECT_CODES("W022 W023"); // the namespace is that of the policy
    check(arena_printf(
        arena, "%s%s",
        object("NetworkPolicy", "namespace: b",
               "  ingress: [{action: Allow, source: {services: {name: a}}}]\n"
               "  egress: [{action: Allow, destination: {services: {name: a, namespace: b}}}]"),
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\n"));
    EXPECT_CODES("W022");
    check(object("Profile", "", "  egress: [{action: Allow, destination: {services: {name: a}}}]"));
    EXPECT_CODES("P048"); // a profile is in no namespace
}
END_TEST

START_TEST(http) // 78
{
    static const struct fields_case cases[] = {
        {"action: Allow, protocol: TCP, http: {methods: [GET]}", "P039"},
        {"action: Deny, http: {methods: [GET]}", "P039"},
        {"action: Allow, protocol: UDP, http: {}", "P039"},
    };
    check_both(cases, ARRAY_COUNT(cases));
}
END_TEST

START_TEST(domains) // 163
{
    static const struct fields_case egress[] = {
        {"action: Allow, destination: {domains: ['*.google.com']}", ""},
        {"action: Deny, destination: {domains: [google.com]}", "P049"},
        {"action: Allow, source: {domains: [google.com]}", "P049"},
        {"action: Allow, destination: {domains: [google.com], nets: [10.0.0.0/8]}", "P049"},
        {"action: Allow, destination: {domains: [google.com], selector: has(a)}", "P049"},
        {"action: Allow, destination: {domains: []}", ""},
    };
    check_cases("egress", egress, ARRAY_COUNT(egress));
    check(rule("destination: {domains: [google.com]}"));
    EXPECT_CODES("P049");
}
END_TEST

START_TEST(sounds_like_the_voice)
{
    check(
        "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata:\n  name: web\n  namespace: shop\nspec:\n"
        "  ingress:\n  - action: Allow\n    destination:\n      ports: [80, 443]\n");
    ck_assert_str_eq(
        printed(false),
        "test.yaml:10:15: error[P034]: rule needs a protocol before it can name ports\n"
        "   10 |       ports: [80, 443]\n"
        "      |               ^~\n"
        "    8 |   - action: Allow\n"
        "      |     - rule 0 (ingress) of shop/web starts here and has no \"protocol\"\n"
        "hint: add \"protocol: TCP\" to the rule; ports exist only in TCP, UDP and SCTP\n\n");
}
END_TEST

UNIT_TESTS("validate/rule", ports_and_protocols, icmp, families, selectors, services, http, domains,
           sounds_like_the_voice)
