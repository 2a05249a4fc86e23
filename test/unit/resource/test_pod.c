// SPDX-License-Identifier: GPL-2.0-or-later
// Pods as endpoints (semantics.md 7.4); case numbers are those of section 10.
#include "res_helper.h"

static void decode_pod(const char *metadata, const char *spec, const char *status)
{
    decode(arena_printf(
        arena,
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web-1, namespace: shop%s}\nspec: {%s}\nstatus: {%s}\n",
        metadata, spec, status));
}

static const struct res_workload *only(void)
{
    EXPECT_CODES("");
    ck_assert_uint_eq(resources->workloads.count, 1);
    return &resources->workloads.items[0];
}

static const char *addresses(const struct res_workload *workload)
{
    struct strbuf buffer = {.arena = arena};
    char text[IP_TEXT_MAX];
    for (size_t i = 0; i < workload->addresses.count; i++) {
        strbuf_addf(&buffer, "%s%s", i > 0 ? " " : "",
                    cidr_text(workload->addresses.items[i].cidr, true, text));
    }
    return strbuf_text(&buffer);
}

START_TEST(becomes_an_endpoint)
{
    decode_pod(
        ", generateName: web-, labels: {app: web}, annotations: {polc.io/interface: veth7, other: 3}",
        "nodeName: n1, serviceAccountName: sa, restartPolicy: Always, volumes: [{weird: 7}], "
        "containers: [{name: c, ports: [{name: http, containerPort: 8080}, {containerPort: 9}, "
        "{name: dns, containerPort: 53, protocol: UDP}, {name: odd, containerPort: 1, protocol: QUIC}]}], "
        "initContainers: [{ports: [{name: init, containerPort: 7, hostPort: 7}]}]",
        "phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: '2001:db8::1'}]");
    const struct res_workload *pod = only();
    ck_assert_uint_eq(pod->meta.kind, RES_POD);
    ck_assert_str_eq(pod->meta.generate_name, "web-");
    ck_assert_str_eq(pod->meta.labels[0].value, "web");
    ck_assert_str_eq(pod->node.text, "n1");
    ck_assert_str_eq(pod->interface_name.text, "veth7");
    ck_assert_str_eq(pod->orchestrator, "k8s");
    ck_assert_str_eq(pod->pod, "web-1");
    ck_assert_str_eq(pod->service_account, "sa");
    ck_assert_str_eq(addresses(pod), "10.0.0.1 2001:db8::1"); // 143
    ck_assert_uint_eq(pod->profiles.count, 2);
    ck_assert_str_eq(pod->profiles.items[0].text, "kns.shop");
    ck_assert_str_eq(pod->profiles.items[1].text, "ksa.shop.sa");
    ck_assert_uint_eq(pod->ports.count, 3); // 77
    ck_assert_str_eq(pod->ports.items[0].name, "http");
    ck_assert_uint_eq(pod->ports.items[0].protocol, PROTO_TCP);
    ck_assert_uint_eq(pod->ports.items[1].protocol, PROTO_UDP);
    ck_assert_str_eq(pod->ports.items[2].name, "init");
}
END_TEST

START_TEST(has_defaults)
{
    decode_pod("", "nodeName: n1", "podIP: 10.0.0.1/32");
    const struct res_workload *pod = only();
    ck_assert_str_eq(pod->service_account, "default");
    ck_assert_str_eq(pod->profiles.items[1].text, "ksa.shop.default");
    ck_assert_ptr_null(pod->interface_name.text);
    ck_assert_str_eq(addresses(pod), "10.0.0.1");
}
END_TEST

START_TEST(addresses_from_annotations)
{
    decode_pod(
        ", annotations: {cni.projectcalico.org/podIPs: '10.0.0.1/32, 2001:db8::1/128', "
        "cni.projectcalico.org/podIP: 10.0.0.9/32, "
        "cni.projectcalico.org/allowedSourcePrefixes: '[\"192.0.2.0/24\", \"198.51.100.7/32\"]'}",
        "nodeName: n1", "");
    ck_assert_str_eq(addresses(only()), "10.0.0.1 2001:db8::1");
    ck_assert_uint_eq(only()->spoofable.count, 2);
    decode_pod(", annotations: {cni.projectcalico.org/podIP: 10.0.0.9/32}", "nodeName: n1",
               "podIPs: []");
    ck_assert_str_eq(addresses(only()), "10.0.0.9");
    decode_pod(", annotations: {vpc.amazonaws.com/pod-ips: '10.0.0.8,10.0.0.7'}", "nodeName: n1",
               "");
    ck_assert_str_eq(addresses(only()), "10.0.0.8 10.0.0.7");
    decode_pod(", annotations: {cni.projectcalico.org/allowedSourcePrefixes: '[]'}", "nodeName: n1",
               "podIP: 10.0.0.1");
    ck_assert_uint_eq(only()->spoofable.count, 0);
}
END_TEST

START_TEST(no_endpoints) // 141, 142
{
    static const char *const cases[][3] = {
        {"", "nodeName: n1, hostNetwork: true", "podIP: 10.0.0.1"},
        {"", "", "podIP: 10.0.0.1"},
        {"", "nodeName: ''", "podIP: 10.0.0.1"},
        {"", "nodeName: n1", "podIP: 10.0.0.1, phase: Succeeded"},
        {"", "nodeName: n1", "podIP: 10.0.0.1, phase: Failed"},
        {"", "nodeName: n1", ""},
        {", deletionTimestamp: '2026-01-01T00:00:00Z', annotations: {cni.projectcalico.org/podIP: ''}",
         "nodeName: n1", "podIP: 10.0.0.1"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        decode_pod(cases[i][0], cases[i][1], cases[i][2]);
        EXPECT_CODES("");
        ck_assert_uint_eq(resources->workloads.count, 0);
        ck_assert_uint_eq(resources->pods_skipped, 1);
        ck_assert_uint_eq(resources->skipped, 0);
    }
    decode_pod(", deletionTimestamp: '2026-01-01T00:00:00Z'", "nodeName: n1",
               "podIP: 10.0.0.1"); // 142
    ck_assert_str_eq(addresses(only()), "10.0.0.1");
}
END_TEST

START_TEST(mistakes)
{
    static const char *const cases[][4] = {
        {"", "nodeName: n1", "podIP: 10.0.0.x", "P040"},
        {"", "nodeName: n1", "podIPs: [{ip: 10.0.0.0/24}]", "P047"},
        {"", "nodeName: n1, hostNetwork: yes", "podIP: 10.0.0.1", "P020"},
        {", annotations: {polc.io/interface: abcdefghijklmnopq}", "nodeName: n1", "podIP: 10.0.0.1",
         "P061"},
        {", annotations: {cni.projectcalico.org/allowedSourcePrefixes: 192.0.2.0/24}",
         "nodeName: n1", "podIP: 10.0.0.1", "P040"},
        {", annotations: {cni.projectcalico.org/allowedSourcePrefixes: '[\"192.0.2.0/24\"'}",
         "nodeName: n1", "podIP: 10.0.0.1", "P040"},
        {", labels: {a: 1}", "nodeName: n1", "podIP: 10.0.0.1", "P027"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        decode_pod(cases[i][0], cases[i][1], cases[i][2]);
        EXPECT_CODES(cases[i][3]);
    }
}
END_TEST

START_TEST(interface_names)
{
    // sha1sum of "shop.web-1" and of the 64-byte edge, checked with coreutils.
    ck_assert_str_eq(res_pod_interface(arena, "cali", "shop", "web-1"), "cali751425ce827");
    ck_assert_str_eq(
        res_pod_interface(arena, "tap", "default",
                          "a-name-that-makes-the-text-longer-than-one-block-of-sha-1-ok"),
        "tapde1622f4236");
}
END_TEST

UNIT_TESTS("resource/pod", becomes_an_endpoint, has_defaults, addresses_from_annotations,
           no_endpoints, mistakes, interface_names)
