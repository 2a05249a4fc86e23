// SPDX-License-Identifier: GPL-2.0-or-later
// The kinds that polc uses: what they are called.
#include <polc/resource.h>

#include <strings.h>

static const struct res_kind_info kinds[] = {
    [RES_TIER] = {"Tier", "tiers", "tier", .namespaced = false},
    [RES_NETWORK_POLICY] = {"NetworkPolicy", "networkpolicies", "np", .namespaced = true,
                            .policy = true},
    [RES_GLOBAL_NETWORK_POLICY] = {"GlobalNetworkPolicy", "globalnetworkpolicies", "gnp",
                                   .policy = true},
    [RES_STAGED_NETWORK_POLICY] = {"StagedNetworkPolicy", "stagednetworkpolicies", "snp",
                                   .namespaced = true, .policy = true, .staged = true},
    [RES_STAGED_GLOBAL_NETWORK_POLICY] = {"StagedGlobalNetworkPolicy",
                                          "stagedglobalnetworkpolicies", "sgnp", .policy = true,
                                          .staged = true},
    [RES_STAGED_KUBERNETES_NETWORK_POLICY] = {"StagedKubernetesNetworkPolicy",
                                              "stagedkubernetesnetworkpolicies", "sknp",
                                              .namespaced = true, .policy = true, .staged = true,
                                              .kubernetes = true},
    [RES_KUBERNETES_NETWORK_POLICY] = {"NetworkPolicy", "kubernetesnetworkpolicies", "knp",
                                       .model_name = "KubernetesNetworkPolicy", .namespaced = true,
                                       .policy = true, .kubernetes = true},
    [RES_CLUSTER_NETWORK_POLICY] = {"ClusterNetworkPolicy", "clusternetworkpolicies", "kcnp",
                                    .model_name = "KubernetesClusterNetworkPolicy", .policy = true,
                                    .kubernetes = true},
    [RES_ADMIN_NETWORK_POLICY] = {"AdminNetworkPolicy", "adminnetworkpolicies", "anp",
                                  .policy = true, .kubernetes = true},
    [RES_BASELINE_ADMIN_NETWORK_POLICY] = {"BaselineAdminNetworkPolicy",
                                           "baselineadminnetworkpolicies", "banp", .policy = true,
                                           .kubernetes = true},
    [RES_NETWORK_SET] = {"NetworkSet", "networksets", "netset", .namespaced = true},
    [RES_GLOBAL_NETWORK_SET] = {"GlobalNetworkSet", "globalnetworksets", "gns",
                                .namespaced = false},
    [RES_HOST_ENDPOINT] = {"HostEndpoint", "hostendpoints", "hep", .namespaced = false},
    [RES_WORKLOAD_ENDPOINT] = {"WorkloadEndpoint", "workloadendpoints", "wep", .namespaced = true},
    [RES_PROFILE] = {"Profile", "profiles", "profile", .namespaced = false},
    [RES_FELIX_CONFIGURATION] = {"FelixConfiguration", "felixconfigurations", "felixconfig",
                                 .namespaced = false},
    [RES_KUBE_CONTROLLERS_CONFIGURATION] = {"KubeControllersConfiguration",
                                            "kubecontrollersconfigurations", "kcc",
                                            .namespaced = false},
    [RES_NODE] = {"Node", "nodes", "no", .namespaced = false},
    [RES_NAMESPACE] = {"Namespace", "namespaces", "ns", .namespaced = false},
    [RES_POD] = {"Pod", "pods", "po", .namespaced = true},
    [RES_SERVICE_ACCOUNT] = {"ServiceAccount", "serviceaccounts", "sa", .namespaced = true},
    [RES_SERVICE] = {"Service", "services", "svc", .namespaced = true},
    [RES_ENDPOINT_SLICE] = {"EndpointSlice", "endpointslices", "eps", .namespaced = true},
    [RES_ENDPOINTS] = {"Endpoints", "endpoints", "ep", .namespaced = true},
    [RES_CONNECTIVITY_TEST] = {"ConnectivityTest", "connectivitytests", "test",
                               .namespaced = false},
};
_Static_assert(ARRAY_COUNT(kinds) == RES_KIND_COUNT, "a row for each kind");

const struct res_kind_info *res_kind_info(enum res_kind kind)
{
    return &kinds[kind];
}

const char *res_kind_model_name(enum res_kind kind)
{
    return kinds[kind].model_name != NULL ? kinds[kind].model_name : kinds[kind].name;
}

enum res_kind res_kind_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        if (strcasecmp(name, kinds[i].name) == 0 || strcasecmp(name, kinds[i].plural) == 0 ||
            strcasecmp(name, kinds[i].short_name) == 0 ||
            strcasecmp(name, res_kind_model_name((enum res_kind)i)) == 0) {
            return (enum res_kind)i;
        }
    }
    return RES_KIND_COUNT;
}

const char *res_full_name(struct arena *arena, const struct res_meta *meta)
{
    return meta->ns == NULL ? meta->name : arena_printf(arena, "%s/%s", meta->ns, meta->name);
}
