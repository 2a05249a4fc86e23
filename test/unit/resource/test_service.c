// SPDX-License-Identifier: GPL-2.0-or-later
// Service, EndpointSlice and Endpoints: what is read of them, what is skipped and what is refused (semantics.md 3.7, 7.6).
#include "res_helper.h"

static void decode_object(const char *api_version, const char *kind, const char *rest)
{
    decode(arena_printf(
        arena,
        "apiVersion: %s\nkind: %s\nmetadata: {name: s, namespace: a, resourceVersion: '1', "
        "labels: {kubernetes.io/service-name: web}}\n%s\n",
        api_version, kind, rest));
}

START_TEST(reads_a_service)
{
    decode_object(
        "v1", "Service",
        "spec:\n  clusterIP: 10.96.0.1\n  type: NodePort\n  selector: {app: web}\n"
        "  ports: [{port: 80, nodePort: 30000, targetPort: 8080, name: http, appProtocol: x},"
        " {port: 53, protocol: UDP, targetPort: dns}, {port: 7}, {port: 9, protocol: ICMP}]\n"
        "status: {loadBalancer: {}}");
    EXPECT_CODES("");
    ck_assert_uint_eq(resources->services.count, 1);
    const struct res_service *service = &resources->services.items[0];
    ck_assert_uint_eq(service->selector_count, 1);
    ck_assert_str_eq(service->selector[0].value, "web");
    ck_assert_uint_eq(service->ports.count, 3); // ICMP has no ports
    ck_assert_uint_eq(service->ports.items[0].target, 8080);
    ck_assert_ptr_null(service->ports.items[0].target_name);
    ck_assert_uint_eq(service->ports.items[1].protocol, PROTO_UDP);
    ck_assert_str_eq(service->ports.items[1].target_name, "dns");
    ck_assert_uint_eq(service->ports.items[2].protocol, PROTO_TCP);
    ck_assert_uint_eq(service->ports.items[2].target, 7);
    // Go's zero values are absent, as for an API server.
    decode_object("v1", "Service",
                  "spec: {ports: [{port: 80, targetPort: 0}, {port: 81, targetPort: ''}]}");
    EXPECT_CODES("");
    ck_assert_uint_eq(resources->services.items[0].ports.items[0].target, 80);
    ck_assert_uint_eq(resources->services.items[0].ports.items[1].target, 81);
}
END_TEST

// A service may have an address of each family; "None" is one without.
START_TEST(reads_addresses_of_a_service)
{
    static const struct {
        const char *spec;
        size_t count;
        const char *codes;
    } cases[] = {
        {"spec: {clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10, 'fd00::a']}", 2, ""},
        {"spec: {clusterIP: 10.96.0.10}", 1, ""},
        {"spec: {clusterIP: None, clusterIPs: [None]}", 0, ""},
        {"spec: {clusterIP: '', clusterIPs: }", 0, ""},
        {"spec: {clusterIP: 10.96.0.300}", 0, "P040"},
        {"spec: {clusterIPs: [10.96.0.0/12]}", 0, "P047"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        decode_object("v1", "Service", cases[i].spec);
        EXPECT_CODES(cases[i].codes);
        ck_assert_uint_eq(resources->services.items[0].addresses.count, cases[i].count);
    }
}
END_TEST

START_TEST(reads_slices)
{
    static const char *const versions[] = {"discovery.k8s.io/v1", "discovery.k8s.io/v1beta1"};
    for (size_t i = 0; i < ARRAY_COUNT(versions); i++) {
        decode_object(versions[i], "EndpointSlice",
                      "addressType: IPv4\nendpoints: [{addresses: [10.0.0.1, 10.0.0.2], "
                      "hostname: x}]\nports: [{name: a, port: 80}, {name: b}]");
        EXPECT_CODES("");
        ck_assert_uint_eq(resources->slices.count, 1);
        const struct res_backends *slice = &resources->slices.items[0];
        ck_assert_str_eq(slice->service, "web");
        ck_assert_uint_eq(slice->sets.count, 1);
        ck_assert_uint_eq(slice->sets.items[0].addresses.count, 2);
        ck_assert_uint_eq(slice->sets.items[0].ports.count, 1);
    }
    decode_object("discovery.k8s.io/v1", "EndpointSlice", "endpoints:\nports:");
    EXPECT_CODES("");
}
END_TEST

START_TEST(reads_endpoints)
{
    decode_object("v1", "Endpoints",
                  "subsets:\n- {addresses: [{ip: 10.0.0.1, targetRef: {}}], notReadyAddresses: "
                  "[{ip: 10.0.0.2}], ports: [{port: 80}]}\n- {}");
    EXPECT_CODES("");
    ck_assert_uint_eq(resources->endpoints.count, 1);
    const struct res_backends *endpoints = &resources->endpoints.items[0];
    ck_assert_str_eq(endpoints->service, "s");
    ck_assert_uint_eq(endpoints->sets.count, 2);
    ck_assert_uint_eq(endpoints->sets.items[0].addresses.count, 2);
}
END_TEST

START_TEST(refuses)
{
    static const struct {
        const char *api_version, *kind, *rest, *codes;
    } cases[] = {
        {"v1", "Service", "spec: {ports: [{port: 0}]}", "P024"},
        {"v1", "Service", "spec: {ports: [{port: 80, targetPort: '80:90'}]}", "P032"},
        {"v1", "Service", "spec: {ports: [{port: 80, targetPort: Http}]}", "P033"},
        {"v1", "Service", "spec: {ports: {port: 80}}", "P020"},
        {"v1", "Service", "spec: {selector: {app: {}}}", "P020"},
        {"discovery.k8s.io/v1", "EndpointSlice", "endpoints: [{addresses: [ten]}]", "P040"},
        {"discovery.k8s.io/v1", "EndpointSlice", "endpoints: [{addresses: [10.0.0.0/8]}]", "P047"},
        {"discovery.k8s.io/v1", "EndpointSlice",
         "addressType: FQDN\nendpoints: [{addresses: [ten]}]", ""},
        {"discovery.k8s.io/v2", "EndpointSlice", "endpoints: []", "P002"},
        {"discovery.k8s.io/v1", "EndpointSlices", "endpoints: []", "P003"},
        {"v1", "EndpointSlice", "endpoints: []", "P002"},
        {"v1", "Endpoints", "subsets: [{addresses: [10.0.0.1]}]", "P020"},
        {"v1", "Endpoints", "subsets: [{addresses: [{hostname: x}]}]", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        decode_object(cases[i].api_version, cases[i].kind, cases[i].rest);
        EXPECT_CODES(cases[i].codes);
    }
}
END_TEST

UNIT_TESTS("resource/service", reads_a_service, reads_addresses_of_a_service, reads_slices,
           reads_endpoints, refuses)
