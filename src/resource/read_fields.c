// SPDX-License-Identifier: GPL-2.0-or-later
// What is read of an object, for the loader: a pod of which a cluster wrote 200 lines has 20 that matter. The tables name
// at least what the decoders of their kinds look at; a test holds the two together.
#include "annotations.h"
#include "groups.h"

// clang-format off
#define READ(rows) {(rows), ARRAY_COUNT(rows), false}
// clang-format on
#define WHOLE(name)                                                                                \
    {                                                                                              \
        name, NULL                                                                                 \
    }

static const struct load_fields nothing = {0};

// ---- metadata -----------------------------------------------------------------------------------------------------------

#define META_ROWS                                                                                  \
    WHOLE("generateName"), WHOLE("name"), WHOLE("namespace"), WHOLE("labels"),                     \
        WHOLE("deletionTimestamp")

static const struct load_field meta_rows[] = {META_ROWS};
static const struct load_fields meta = READ(meta_rows);

static const struct load_field annotated_rows[] = {META_ROWS, WHOLE("annotations")};
static const struct load_fields annotated = READ(annotated_rows);

static const struct load_field pod_annotation_rows[] = {
    WHOLE(POD_INTERFACE), WHOLE(POD_IP), WHOLE(POD_IPS), WHOLE(AWS_IPS), WHOLE(POD_SOURCES),
};
static const struct load_fields pod_annotations = READ(pod_annotation_rows);
static const struct load_field pod_meta_rows[] = {META_ROWS, {"annotations", &pod_annotations}};
static const struct load_fields pod_meta = READ(pod_meta_rows);

static const struct load_field node_annotation_rows[] = {WHOLE(NODE_IPV4), WHOLE(NODE_IPV6)};
static const struct load_fields node_annotations = READ(node_annotation_rows);
static const struct load_field node_meta_rows[] = {META_ROWS, {"annotations", &node_annotations}};
static const struct load_fields node_meta = READ(node_meta_rows);

// ---- kinds of a cluster -------------------------------------------------------------------------------------------------

#define HEAD_ROWS WHOLE("apiVersion"), WHOLE("kind")

static const struct load_field container_port_rows[] = {WHOLE("name"), WHOLE("protocol"),
                                                        WHOLE("containerPort")};
static const struct load_fields container_ports = READ(container_port_rows);
static const struct load_field container_rows[] = {{"ports", &container_ports}};
static const struct load_fields containers = READ(container_rows);
static const struct load_field pod_spec_rows[] = {
    WHOLE("nodeName"),
    WHOLE("hostNetwork"),
    WHOLE("serviceAccountName"),
    {"containers", &containers},
    {"initContainers", &containers},
};
static const struct load_fields pod_spec = READ(pod_spec_rows);
static const struct load_field pod_status_rows[] = {WHOLE("phase"), WHOLE("podIP"),
                                                    WHOLE("podIPs")};
static const struct load_fields pod_status = READ(pod_status_rows);
static const struct load_field pod_rows[] = {
    HEAD_ROWS, {"metadata", &pod_meta}, {"spec", &pod_spec}, {"status", &pod_status}};
static const struct load_fields pod = READ(pod_rows);

// Of Kubernetes and of Calico.
static const struct load_field node_status_rows[] = {WHOLE("addresses")};
static const struct load_fields node_status = READ(node_status_rows);
static const struct load_field node_rows[] = {
    HEAD_ROWS, {"metadata", &node_meta}, WHOLE("spec"), {"status", &node_status}};
static const struct load_fields node = READ(node_rows);

static const struct load_field named_rows[] = {HEAD_ROWS, {"metadata", &meta}};
static const struct load_fields named = READ(named_rows);

static const struct load_field service_spec_rows[] = {WHOLE("selector"), WHOLE("ports"),
                                                      WHOLE("clusterIP"), WHOLE("clusterIPs")};
static const struct load_fields service_spec = READ(service_spec_rows);
static const struct load_field service_rows[] = {
    HEAD_ROWS, {"metadata", &meta}, {"spec", &service_spec}};
static const struct load_fields service = READ(service_rows);

static const struct load_field slice_endpoint_rows[] = {WHOLE("addresses")};
static const struct load_fields slice_endpoints = READ(slice_endpoint_rows);
static const struct load_field slice_rows[] = {HEAD_ROWS,
                                               {"metadata", &meta},
                                               WHOLE("addressType"),
                                               {"endpoints", &slice_endpoints},
                                               WHOLE("ports")};
static const struct load_fields slice = READ(slice_rows);

static const struct load_field subset_address_rows[] = {WHOLE("ip")};
static const struct load_fields subset_addresses = READ(subset_address_rows);
static const struct load_field subset_rows[] = {
    {"addresses", &subset_addresses}, {"notReadyAddresses", &subset_addresses}, WHOLE("ports")};
static const struct load_fields subsets = READ(subset_rows);
static const struct load_field endpoints_rows[] = {
    HEAD_ROWS, {"metadata", &meta}, {"subsets", &subsets}};
static const struct load_fields endpoints = READ(endpoints_rows);

// ---- the others ---------------------------------------------------------------------------------------------------------

// A field that no table knows is an error in these.
static const struct load_field strict_rows[] = {{"metadata", &annotated}, {"status", &nothing}};
static const struct load_fields strict = {strict_rows, ARRAY_COUNT(strict_rows), true};

// Enough to say what it is; of a record of a flow, which is none, that it is one.
static const struct load_field skipped_rows[] = {HEAD_ROWS, {"dest_ip", NULL}, {"dest_type", NULL}};
static const struct load_fields skipped = READ(skipped_rows);

const struct load_fields *res_read_fields(const char *api_version, const char *kind)
{
    static const struct load_fields *const by_kind[RES_KIND_COUNT] = {
        [RES_POD] = &pod,
        [RES_NODE] = &node,
        [RES_NAMESPACE] = &named,
        [RES_SERVICE_ACCOUNT] = &named,
        [RES_SERVICE] = &service,
        [RES_ENDPOINT_SLICE] = &slice,
        [RES_ENDPOINTS] = &endpoints,
    };
    enum res_kind found = groups_find(api_version, kind);
    if (found == RES_KIND_COUNT) {
        return &skipped;
    }
    return by_kind[found] != NULL ? by_kind[found] : &strict;
}
