// SPDX-License-Identifier: GPL-2.0-or-later
// apiVersion and kind -> what polc does with the object (design.md 5, "Strictness by kind"): a
// misspelled policy must not vanish, and a Deployment in the same directory must not be in the way.
#include "groups.h"

enum group {
    GROUP_CALICO,
    GROUP_CALICO_CRD,
    GROUP_NETWORKING,
    GROUP_POLICY,
    GROUP_POLC,
    GROUP_DISCOVERY,
    GROUP_CORE,
    GROUP_COUNT
};

struct api_group {
    const char *name;
    const char *versions; // of its kinds, unless the row has its own
    uint8_t rows;         // group whose rows hold here
    bool strict;          // a kind without a row is an error
    const char *older;    // a version whose objects read the same; NULL: none
};

enum use { USE_DECODE, USE_SKIP };

struct kind_row {
    uint8_t group, use;
    const char *name;
    enum res_kind kind;  // USE_DECODE
    const char *version; // NULL: that of the group
};

static const struct api_group groups[GROUP_COUNT] = {
    [GROUP_CALICO] = {"projectcalico.org", "v3", GROUP_CALICO, true, NULL},
    [GROUP_CALICO_CRD] = {"crd.projectcalico.org", "v1", GROUP_CALICO, true, NULL},
    [GROUP_NETWORKING] = {"networking.k8s.io", "v1", GROUP_NETWORKING, true, NULL},
    [GROUP_POLICY] = {"policy.networking.k8s.io", "v1alpha2", GROUP_POLICY, true, NULL},
    [GROUP_POLC] = {"polc.io", "v1", GROUP_POLC, true, NULL},
    [GROUP_DISCOVERY] = {"discovery.k8s.io", "v1", GROUP_DISCOVERY, false, "v1beta1"},
    [GROUP_CORE] = {"", "v1", GROUP_CORE, false, NULL},
};

// clang-format off
#define USED(group, name, kind) {group, USE_DECODE, name, kind, NULL}
#define USED_IN(group, name, kind, version) {group, USE_DECODE, name, kind, version}
#define SKIPPED(group, name) {group, USE_SKIP, name, RES_KIND_COUNT, NULL}
// clang-format on

static const struct kind_row rows[] = {
    USED(GROUP_CALICO, "Tier", RES_TIER),
    USED(GROUP_CALICO, "NetworkPolicy", RES_NETWORK_POLICY),
    USED(GROUP_CALICO, "GlobalNetworkPolicy", RES_GLOBAL_NETWORK_POLICY),
    USED(GROUP_CALICO, "StagedNetworkPolicy", RES_STAGED_NETWORK_POLICY),
    USED(GROUP_CALICO, "StagedGlobalNetworkPolicy", RES_STAGED_GLOBAL_NETWORK_POLICY),
    USED(GROUP_CALICO, "StagedKubernetesNetworkPolicy", RES_STAGED_KUBERNETES_NETWORK_POLICY),
    USED(GROUP_CALICO, "NetworkSet", RES_NETWORK_SET),
    USED(GROUP_CALICO, "GlobalNetworkSet", RES_GLOBAL_NETWORK_SET),
    USED(GROUP_CALICO, "HostEndpoint", RES_HOST_ENDPOINT),
    USED(GROUP_CALICO, "WorkloadEndpoint", RES_WORKLOAD_ENDPOINT),
    USED(GROUP_CALICO, "Profile", RES_PROFILE),
    USED(GROUP_CALICO, "FelixConfiguration", RES_FELIX_CONFIGURATION),
    USED(GROUP_CALICO, "KubeControllersConfiguration", RES_KUBE_CONTROLLERS_CONFIGURATION),
    USED(GROUP_CALICO, "Node", RES_NODE),
    SKIPPED(GROUP_CALICO, "AlertException"),
    SKIPPED(GROUP_CALICO, "BFDConfiguration"),
    SKIPPED(GROUP_CALICO, "BGPConfiguration"),
    SKIPPED(GROUP_CALICO, "BGPFilter"),
    SKIPPED(GROUP_CALICO, "BGPPeer"),
    SKIPPED(GROUP_CALICO, "BlockAffinity"),
    SKIPPED(GROUP_CALICO, "CalicoNodeStatus"),
    SKIPPED(GROUP_CALICO, "ClusterInformation"),
    SKIPPED(GROUP_CALICO, "DatastoreMigration"),
    SKIPPED(GROUP_CALICO, "DeepPacketInspection"),
    SKIPPED(GROUP_CALICO, "EgressGatewayPolicy"),
    SKIPPED(GROUP_CALICO, "ExternalNetwork"),
    SKIPPED(GROUP_CALICO, "GlobalAlert"),
    SKIPPED(GROUP_CALICO, "GlobalAlertTemplate"),
    SKIPPED(GROUP_CALICO, "GlobalReport"),
    SKIPPED(GROUP_CALICO, "GlobalReportType"),
    SKIPPED(GROUP_CALICO, "GlobalThreatFeed"),
    SKIPPED(GROUP_CALICO, "IPAMBlock"),
    SKIPPED(GROUP_CALICO, "IPAMConfig"),
    SKIPPED(GROUP_CALICO, "IPAMConfiguration"),
    SKIPPED(GROUP_CALICO, "IPAMHandle"),
    SKIPPED(GROUP_CALICO, "IPPool"),
    SKIPPED(GROUP_CALICO, "IPReservation"),
    SKIPPED(GROUP_CALICO, "LicenseKey"),
    SKIPPED(GROUP_CALICO, "ManagedCluster"),
    SKIPPED(GROUP_CALICO, "PacketCapture"),
    SKIPPED(GROUP_CALICO, "PolicyRecommendationScope"),
    SKIPPED(GROUP_CALICO, "QoSPolicy"),
    SKIPPED(GROUP_CALICO, "RemoteClusterConfiguration"),
    SKIPPED(GROUP_CALICO, "SecurityEventWebhook"),
    SKIPPED(GROUP_CALICO, "UISettings"),
    SKIPPED(GROUP_CALICO, "UISettingsGroup"),
    USED(GROUP_NETWORKING, "NetworkPolicy", RES_KUBERNETES_NETWORK_POLICY),
    SKIPPED(GROUP_NETWORKING, "IPAddress"),
    SKIPPED(GROUP_NETWORKING, "Ingress"),
    SKIPPED(GROUP_NETWORKING, "IngressClass"),
    SKIPPED(GROUP_NETWORKING, "ServiceCIDR"),
    USED(GROUP_POLICY, "ClusterNetworkPolicy", RES_CLUSTER_NETWORK_POLICY),
    USED_IN(GROUP_POLICY, "AdminNetworkPolicy", RES_ADMIN_NETWORK_POLICY, "v1alpha1"),
    USED_IN(GROUP_POLICY, "BaselineAdminNetworkPolicy", RES_BASELINE_ADMIN_NETWORK_POLICY,
            "v1alpha1"),
    USED(GROUP_POLC, "ConnectivityTest", RES_CONNECTIVITY_TEST),
    USED(GROUP_CORE, "Namespace", RES_NAMESPACE),
    USED(GROUP_CORE, "Node", RES_NODE),
    USED(GROUP_CORE, "Pod", RES_POD),
    USED(GROUP_CORE, "ServiceAccount", RES_SERVICE_ACCOUNT),
    USED(GROUP_DISCOVERY, "EndpointSlice", RES_ENDPOINT_SLICE),
    USED(GROUP_CORE, "Service", RES_SERVICE),
    USED(GROUP_CORE, "Endpoints", RES_ENDPOINTS),
};

// "GROUP/VERSION", or "VERSION" of the core group.
struct api_version {
    const char *group; // not terminated
    size_t group_length;
    const char *version;
};

static struct api_version split(const char *text)
{
    const char *slash = strrchr(text, '/');
    if (slash == NULL) {
        return (struct api_version){"", 0, text};
    }
    return (struct api_version){text, (size_t)(slash - text), slash + 1};
}

static const struct api_group *find_group(const char *name, size_t length)
{
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        if (strlen(groups[i].name) == length && memcmp(groups[i].name, name, length) == 0) {
            return &groups[i];
        }
    }
    return NULL;
}

static const struct kind_row *find_row(uint8_t group, const char *kind)
{
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (rows[i].group == group && strcmp(rows[i].name, kind) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

// A kind that matters to polc, in whatever group.
static const struct kind_row *find_row_anywhere(const char *kind)
{
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (rows[i].use != USE_SKIP && strcmp(rows[i].name, kind) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static const char *row_version(const struct kind_row *row, const struct api_group *group)
{
    return row->version != NULL ? row->version : group->versions;
}

static const char *api_text(struct arena *arena, const struct kind_row *row,
                            const struct api_group *group)
{
    const char *version = row_version(row, group);
    return group->name[0] == '\0' ? version : arena_printf(arena, "%s/%s", group->name, version);
}

static bool is_absent(const char *text)
{
    return text == NULL || text[0] == '\0';
}

static void report_incomplete(struct res_decoder *decoder, const struct load_object *object)
{
    struct loc loc = object->root->loc;
    if (is_absent(object->api_version) && is_absent(object->kind)) {
        struct diag *diag = diag_report(
            decoder->diags, DIAG_P001, loc,
            "this document has neither apiVersion nor kind, so polc cannot tell what it is");
        bool flow = node_get(object->root, "dest_ip") != NULL ||
                    node_get(object->root, "dest_type") != NULL;
        diag_hint(diag, flow ? "if these are flows: polc flows --flows FILE"
                             : "add both, or give the file a name that begins with a dot, and polc "
                               "skips it");
        return;
    }
    if (is_absent(object->kind)) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_P001, loc, "this document has no kind");
        diag_related(diag, object->api_version_loc, "it has an apiVersion");
        return;
    }
    struct diag *diag =
        diag_report(decoder->diags, DIAG_P001, loc, "this %s has no apiVersion", object->kind);
    const struct kind_row *row = find_row_anywhere(object->kind);
    if (row != NULL) {
        diag_hint(diag, "apiVersion: %s", api_text(decoder->arena, row, &groups[row->group]));
    }
}

// The group is one of ours; the version is not.
static bool check_version(struct res_decoder *decoder, const struct load_object *object,
                          const struct kind_row *row, const struct api_group *group,
                          const char *version)
{
    if (strcmp(version, row_version(row, group)) == 0 ||
        (group->older != NULL && strcmp(version, group->older) == 0)) {
        return true;
    }
    struct diag *diag =
        diag_report(decoder->diags, DIAG_P002, object->api_version_loc,
                    "polc does not know apiVersion \"%s\" of %s", object->api_version, row->name);
    diag_label(diag, "did you mean \"%s\"?", api_text(decoder->arena, row, group));
    return false;
}

static const char *best_kind(struct res_decoder *decoder, const struct api_group *group,
                             const char *kind, bool skipped)
{
    VEC(const char *) names = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (rows[i].group == group->rows && (skipped || rows[i].use != USE_SKIP)) {
            vec_push(decoder->arena, &names, rows[i].name);
        }
    }
    return spell_best(kind, names.items, names.count);
}

// A kind that stands under the apiVersion of another group, such as a GlobalNetworkPolicy of "v1".
static bool report_other_group(struct res_decoder *decoder, const struct load_object *object)
{
    const struct kind_row *row = find_row_anywhere(object->kind);
    if (row == NULL) {
        return false;
    }
    struct diag *diag =
        diag_report(decoder->diags, DIAG_P002, object->api_version_loc,
                    "apiVersion \"%s\" has no kind %s", object->api_version, object->kind);
    diag_label(diag, "did you mean \"%s\"?", api_text(decoder->arena, row, &groups[row->group]));
    return true;
}

static void report_kind(struct res_decoder *decoder, const struct load_object *object,
                        const struct api_group *group)
{
    const char *best = best_kind(decoder, group, object->kind, true);
    struct diag *diag = diag_report(decoder->diags, DIAG_P003, object->kind_loc,
                                    "polc does not know kind \"%s\" of %s", object->kind,
                                    group->name[0] == '\0' ? "v1" : group->name);
    if (best != NULL) {
        diag_label(diag, "did you mean \"%s\"?", best);
    }
}

// A kind without a row. In the core group and in unknown ones only what looks like a slip is
// reported.
static void unknown_kind(struct res_decoder *decoder, const struct load_object *object,
                         const struct api_group *group)
{
    if (report_other_group(decoder, object)) {
        return;
    }
    if (group->strict || best_kind(decoder, group, object->kind, false) != NULL) {
        report_kind(decoder, object, group);
    } else {
        decoder->resources->skipped++;
    }
}

// A group that polc does not know, but that is spelled much like one, with a kind of that one.
static void unknown_group(struct res_decoder *decoder, const struct load_object *object,
                          const char *name)
{
    const char *names[GROUP_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        names[count] = groups[i].name;
        count += groups[i].strict;
    }
    const char *best = spell_best(name, names, count);
    const struct api_group *group = best == NULL ? NULL : find_group(best, strlen(best));
    const struct kind_row *row = group == NULL ? NULL : find_row(group->rows, object->kind);
    if (row == NULL || row->use == USE_SKIP) {
        decoder->resources->skipped++;
        return;
    }
    struct diag *diag =
        diag_report(decoder->diags, DIAG_P002, object->api_version_loc,
                    "polc does not know the group of apiVersion \"%s\"", object->api_version);
    diag_label(diag, "did you mean \"%s\"?", api_text(decoder->arena, row, group));
}

enum res_kind groups_classify(struct res_decoder *decoder, const struct load_object *object)
{
    if (is_absent(object->api_version) || is_absent(object->kind)) {
        report_incomplete(decoder, object);
        return RES_KIND_COUNT;
    }
    struct api_version api = split(object->api_version);
    const struct api_group *group = find_group(api.group, api.group_length);
    if (group == NULL) {
        unknown_group(decoder, object, arena_strndup(decoder->arena, api.group, api.group_length));
        return RES_KIND_COUNT;
    }
    const struct kind_row *row = find_row(group->rows, object->kind);
    if (row == NULL) {
        unknown_kind(decoder, object, group);
    } else if (row->use == USE_SKIP) {
        decoder->resources->skipped++;
    } else if (check_version(decoder, object, row, group, api.version)) {
        return row->kind;
    }
    return RES_KIND_COUNT;
}

enum res_kind groups_find(const char *api_version, const char *kind)
{
    if (is_absent(api_version) || is_absent(kind)) {
        return RES_KIND_COUNT;
    }
    struct api_version api = split(api_version);
    const struct api_group *group = find_group(api.group, api.group_length);
    const struct kind_row *row = group != NULL ? find_row(group->rows, kind) : NULL;
    return row != NULL ? row->kind : RES_KIND_COUNT;
}
