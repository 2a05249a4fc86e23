// SPDX-License-Identifier: GPL-2.0-or-later
// Ports, protocols and ICMP types: one for each interval that something names, and one for all else.
#include "expect_helper.h"

static struct services services;

static void collect(const char *rules, const char *more)
{
    prepare(
        join(workload("a", "w", "w: \"1\"", "10.0.0.1/32",
                      "ports: [{name: http, protocol: TCP, port: 8080}]"),
             thing("GlobalNetworkPolicy", "", "p", "", arena_printf(arena, "ingress: [%s]", rules)),
             more, NULL),
        NULL);
    services_collect(arena, plan, &tested, &services);
}

// "80 443:500 50000*": the intervals of a protocol, "*" for what nothing names.
static const char *ports_of(uint8_t protocol)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < services.count; i++) {
        const struct service *service = &services.items[i];
        if (service->protocol != protocol) {
            continue;
        }
        strbuf_addf(&text, "%s%u", text.length > 0 ? " " : "", service->port);
        if (service->last_port != service->port) {
            strbuf_addf(&text, ":%u", service->last_port);
        }
        strbuf_add(&text, service->unnamed ? "*" : "");
    }
    return strbuf_text(&text);
}

static const char *types_of(uint8_t protocol)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < services.count; i++) {
        const struct service *service = &services.items[i];
        if (service->protocol == protocol) {
            strbuf_addf(&text, "%s%d/%d%s", text.length > 0 ? " " : "", service->icmp_type,
                        service->icmp_code, service->unnamed ? "*" : "");
        }
    }
    return strbuf_text(&text);
}

static const char *source_ports_of(uint8_t protocol)
{
    struct strbuf text = {.arena = arena};
    for (size_t i = 0; i < ARRAY_COUNT(services.sources); i++) {
        for (size_t j = 0;
             services.sources[i].protocol == protocol && j < services.sources[i].ports.count; j++) {
            strbuf_addf(&text, "%s%u", j > 0 ? " " : "", services.sources[i].ports.items[j]);
        }
    }
    return strbuf_text(&text);
}

START_TEST(intervals)
{
    // 4789 is VXLAN, which a workload may not open itself; 8080 is declared.
    collect("{action: Allow, protocol: TCP, destination: {ports: [80, \"100:200\"]}},"
            "{action: Deny, protocol: TCP, destination: {ports: [\"150:300\"]}},"
            "{action: Deny, protocol: UDP, destination: {notPorts: [\"60000:65535\", 1]}}",
            "");
    ck_assert_str_eq(ports_of(PROTO_TCP), "80 100:149 150:200 201:300 8080 50000*");
    ck_assert_str_eq(ports_of(PROTO_UDP), "1 4789 60000:65535 50000*");
    ck_assert_str_eq(ports_of(PROTO_SCTP), "");
    ck_assert_str_eq(source_ports_of(PROTO_TCP), "40000");
}
END_TEST

START_TEST(cases_cut_too)
{
    collect("{action: Allow, protocol: SCTP, source: {ports: [40000, \"5:9\"]}}",
            cases("{from: w, to: out, protocol: SCTP, ports: [\"7:8\", 50000], expect: deny},"
                  "{from: w, to: out, protocol: 47, expect: deny}"));
    ck_assert_str_eq(ports_of(PROTO_SCTP), "7:8 50000 50001*");
    ck_assert_str_eq(source_ports_of(PROTO_SCTP), "40001 5 40000");
    ck_assert_str_eq(ports_of(47), "0");
    ck_assert_str_eq(ports_of(253), "0*");
}
END_TEST

START_TEST(all_ports_named)
{
    collect("{action: Allow, protocol: TCP, destination: {ports: [\"1:65535\"]}}", "");
    ck_assert_str_eq(ports_of(PROTO_TCP), "1:8079 8080 8081:65535");
}
END_TEST

START_TEST(types)
{
    collect("{action: Allow, protocol: ICMP, icmp: {type: 3, code: 0}},"
            "{action: Allow, protocol: ICMP, icmp: {type: 13}},"
            "{action: Deny, protocol: ICMPv6, notICMP: {type: 128, code: 0}},"
            "{action: Deny, notProtocol: 253}",
            "");
    ck_assert_str_eq(types_of(PROTO_ICMP), "8/0 3/0 3/1* 13/0 15/0*");
    ck_assert_str_eq(types_of(PROTO_ICMPV6), "128/0 128/1* 139/0*");
    ck_assert_str_eq(types_of(253), "-1/-1");
    ck_assert_str_eq(types_of(252), "-1/-1*");
}
END_TEST

UNIT_TESTS("expect/services", intervals, cases_cut_too, all_ports_named, types)
