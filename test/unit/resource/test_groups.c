// SPDX-License-Identifier: GPL-2.0-or-later
// apiVersion and kind: what is used, skipped, refused, and what is suggested.
#include "res_helper.h"

struct group_case {
    const char *api_version, *kind;
    const char *codes;
    size_t skipped;
    const char *says; // part of the text; NULL for any
};

static const struct group_case cases[] = {
    {"projectcalico.org/v3", "GlobalNetworkPolicy", "", 0, NULL},
    {"crd.projectcalico.org/v1", "GlobalNetworkPolicy", "", 0, NULL},
    {"projectcalico.org/v2", "GlobalNetworkPolicy", "P002", 0,
     "did you mean \"projectcalico.org/v3\"?"},
    {"crd.projectcalico.org/v3", "Tier", "P002", 0, "did you mean \"crd.projectcalico.org/v1\"?"},
    {"projectcalico.org/v3", "GlobalNetworkPolcy", "P003", 0,
     "did you mean \"GlobalNetworkPolicy\"?"},
    {"projectcalico.org/v3", "globalnetworkpolicy", "P003", 0,
     "did you mean \"GlobalNetworkPolicy\"?"},
    {"projectcalico.org/v3", "Deployment", "P003", 0, NULL},
    {"projectcalico.org/v3", "Pod", "P002", 0, "did you mean \"v1\"?"},
    {"projectcalico.org/v3", "IPPool", "", 1, NULL},
    {"crd.projectcalico.org/v1", "IPAMBlock", "", 1, NULL},
    {"projectcalico.org/v3", "KubeControllersConfiguration", "P011", 0, NULL},
    {"projectcalico.org/v3", "GlobalThreatFeed", "", 1, NULL},
    {"projectcalico.org/v3", "HostEndpoint", "", 0, NULL},
    {"networking.k8s.io/v1", "NetworkPolicy", "", 0, NULL},
    {"networking.k8s.io/v1beta1", "NetworkPolicy", "P002", 0,
     "did you mean \"networking.k8s.io/v1\"?"},
    {"networking.k8s.io/v1", "Ingress", "", 1, NULL},
    {"networking.k8s.io/v1", "GlobalNetworkPolicy", "P002", 0,
     "did you mean \"projectcalico.org/v3\"?"},
    {"networking.k8s.io/v1", "NetworkPolicie", "P003", 0, "did you mean \"NetworkPolicy\"?"},
    {"policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", "P025", 0, "needs \"tier\""},
    {"policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", "P025", 0, "needs \"priority\""},
    {"policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy", "P011", 0, NULL},
    {"policy.networking.k8s.io/v1alpha1", "ClusterNetworkPolicy", "P002", 0, NULL},
    {"policy.networking.k8s.io/v1alpha2", "AdminNetworkPolicy", "P002", 0, NULL},
    {"polc.io/v1", "Anything", "P003", 0, NULL},
    {"polc.io/v1", "ConnectivityTests", "P003", 0, "did you mean \"ConnectivityTest\"?"},
    {"polc.io/v2", "ConnectivityTest", "P002", 0, "did you mean \"polc.io/v1\"?"},
    {"v1", "Namespace", "", 0, NULL},
    {"v1", "Service", "", 0, NULL},
    {"v1", "Endpoints", "", 0, NULL},
    {"v1", "ConfigMap", "", 1, NULL},
    {"v1", "Node", "", 0, NULL},
    {"v1", "Namespce", "P003", 0, "did you mean \"Namespace\"?"},
    {"v1", "GlobalNetworkPolicy", "P002", 0, "did you mean \"projectcalico.org/v3\"?"},
    {"v3", "GlobalNetworkPolicy", "P002", 0, "did you mean \"projectcalico.org/v3\"?"},
    {"v2", "Namespace", "P002", 0, "did you mean \"v1\"?"},
    {"discovery.k8s.io/v1", "EndpointSlice", "", 0, NULL},
    {"discovery.k8s.io/v1beta1", "EndpointSlice", "", 0, NULL},
    {"apps/v1", "Deployment", "", 1, NULL},
    {"cilium.io/v2", "CiliumNetworkPolicy", "", 1, NULL},
    {"projectcalico/v3", "GlobalNetworkPolicy", "P002", 0,
     "did you mean \"projectcalico.org/v3\"?"},
    {"projectcalico.com/v3", "Tier", "P002", 0, "did you mean \"projectcalico.org/v3\"?"},
    {"projectcalcio.org/v3", "IPPool", "", 1, NULL},
};

START_TEST(classifies)
{
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        decode(arena_printf(arena, "apiVersion: %s\nkind: %s\nmetadata:\n  name: x\n",
                            cases[i].api_version, cases[i].kind));
        EXPECT_CODES(cases[i].codes);
        ck_assert_uint_eq(resources->skipped, cases[i].skipped);
        ck_assert_uint_eq(resources->objects, 1);
        ck_assert_msg(cases[i].says == NULL || strstr(printed(false), cases[i].says) != NULL, "%s",
                      printed(false));
    }
}
END_TEST

START_TEST(incomplete)
{
    decode("metadata:\n  name: x\n");
    EXPECT_CODES("P001");
    decode("apiVersion: projectcalico.org/v3\nmetadata:\n  name: x\n");
    EXPECT_CODES("P001");
    decode("kind: Tier\nmetadata:\n  name: x\n");
    EXPECT_CODES("P001");
    ck_assert_ptr_nonnull(strstr(printed(false), "hint: apiVersion: projectcalico.org/v3"));
    decode("kind: ''\napiVersion: ''\nmetadata:\n  name: x\n");
    EXPECT_CODES("P001");
}
END_TEST

START_TEST(finds_kinds_by_name)
{
    ck_assert_int_eq(res_kind_find("gnp"), RES_GLOBAL_NETWORK_POLICY);
    ck_assert_int_eq(res_kind_find("GlobalNetworkPolicies"), RES_GLOBAL_NETWORK_POLICY);
    ck_assert_int_eq(res_kind_find("networkset"), RES_NETWORK_SET);
    ck_assert_int_eq(res_kind_find("ns"), RES_NAMESPACE);
    ck_assert_int_eq(res_kind_find("NetworkPolicy"), RES_NETWORK_POLICY); // not that of Kubernetes
    ck_assert_int_eq(res_kind_find("KubernetesNetworkPolicy"), RES_KUBERNETES_NETWORK_POLICY);
    ck_assert_int_eq(res_kind_find("nonsense"), RES_KIND_COUNT);
    for (enum res_kind i = 0; i < RES_KIND_COUNT; i++) {
        const struct res_kind_info *info = res_kind_info(i);
        ck_assert_int_eq(res_kind_find(res_kind_model_name(i)), i);
        ck_assert_int_eq(res_kind_find(info->plural), i);
        ck_assert_int_eq(res_kind_find(info->short_name), i);
    }
}
END_TEST

UNIT_TESTS("resource/groups", classifies, incomplete, finds_kinds_by_name)
