// SPDX-License-Identifier: GPL-2.0-or-later
// An object of the input -> its kind -> the function that reads it.
#include "groups.h"
#include "objects.h"

static const object_fn decoders[] = {
    [RES_TIER] = decode_tier,
    [RES_NETWORK_POLICY] = decode_policy,
    [RES_GLOBAL_NETWORK_POLICY] = decode_policy,
    [RES_STAGED_NETWORK_POLICY] = decode_policy,
    [RES_STAGED_GLOBAL_NETWORK_POLICY] = decode_policy,
    [RES_STAGED_KUBERNETES_NETWORK_POLICY] = decode_kubernetes_policy,
    [RES_KUBERNETES_NETWORK_POLICY] = decode_kubernetes_policy,
    [RES_CLUSTER_NETWORK_POLICY] = decode_cluster_policy,
    [RES_ADMIN_NETWORK_POLICY] = decode_cluster_policy,
    [RES_BASELINE_ADMIN_NETWORK_POLICY] = decode_cluster_policy,
    [RES_NETWORK_SET] = decode_netset,
    [RES_GLOBAL_NETWORK_SET] = decode_netset,
    [RES_HOST_ENDPOINT] = decode_host,
    [RES_WORKLOAD_ENDPOINT] = decode_workload,
    [RES_PROFILE] = decode_profile,
    [RES_FELIX_CONFIGURATION] = decode_felix,
    [RES_KUBE_CONTROLLERS_CONFIGURATION] = decode_kube_controllers,
    [RES_NODE] = decode_node,
    [RES_NAMESPACE] = decode_named,
    [RES_POD] = decode_pod,
    [RES_SERVICE_ACCOUNT] = decode_named,
    [RES_SERVICE] = decode_service,
    [RES_ENDPOINT_SLICE] = decode_endpoint_slice,
    [RES_ENDPOINTS] = decode_endpoints,
    [RES_CONNECTIVITY_TEST] = decode_test,
};
_Static_assert(ARRAY_COUNT(decoders) == RES_KIND_COUNT, "a row for each kind");

struct res_decoder *res_decoder_new(struct arena *arena, struct diags *diags,
                                    struct resources *ret_resources)
{
    struct res_decoder *decoder = arena_new_of(arena, struct res_decoder);
    decoder->arena = arena;
    decoder->strings = strtab_new(arena);
    decoder->diags = diags;
    decoder->resources = ret_resources;
    return decoder;
}

void res_decode_object(void *context, const struct load_object *object)
{
    struct res_decoder *decoder = context;
    decoder->resources->objects++;
    enum res_kind kind = groups_classify(decoder, object);
    if (kind != RES_KIND_COUNT) {
        decoders[kind](decoder, object, kind);
    }
}
