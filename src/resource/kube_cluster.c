// SPDX-License-Identifier: GPL-2.0-or-later
// ClusterNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy -> policies of the tiers "kube-admin" and
// "kube-baseline" (semantics.md 7.7, 7.8).
#include "kube_cluster.h"
#include "kube_selector.h"
#include "objects.h"

enum { MAX_PRIORITY = 1000, BASELINE_ORDER = 1000 };

struct cluster_policy {
    struct res_text tier; // as written
    long priority;
    struct cluster_pods subject;
    bool has_subject;
    struct cluster_rules ingress, egress;
};

static void policy_priority(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    (void)arg;
    scalar_integer(decoder, node, 0, MAX_PRIORITY, target);
}

static void subject_namespaces(struct res_decoder *decoder, const struct node *node, void *target,
                               const void *arg)
{
    struct cluster_pods *subject = target;
    field_namespace_selector(decoder, node, &subject->namespaces, arg);
    subject->pods = all_pods(decoder, node->loc);
}

static void policy_subject(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    static const struct field rows[] = {
        {"namespaces", subject_namespaces, 0, NULL},
        {"pods", field_cluster_pods, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct cluster_policy *policy = target;
    if (decode_map(decoder, node, &fields, &policy->subject)) {
        policy->has_subject = is_set(node, "namespaces") || is_set(node, "pods");
        if (policy->has_subject) {
            check_one_of(decoder, node, "a subject");
        }
    }
}

// clang-format off
#define SUBJECT_ROWS                                                                               \
    {"subject", policy_subject, 0, NULL},                                                          \
    {"ingress", field_cluster_rules, offsetof(struct cluster_policy, ingress), NULL},              \
    {"egress", field_cluster_rules, offsetof(struct cluster_policy, egress), NULL}
#define PRIORITY_ROW                                                                               \
    {"priority", policy_priority, offsetof(struct cluster_policy, priority), NULL}
// clang-format on

static const struct field cluster_rows[] = {
    {"tier", field_text, offsetof(struct cluster_policy, tier), NULL}, PRIORITY_ROW, SUBJECT_ROWS};
static const struct field admin_rows[] = {PRIORITY_ROW, SUBJECT_ROWS};
static const struct field baseline_rows[] = {SUBJECT_ROWS};

static const struct kind {
    const struct cluster_kind *kind;
    struct fields fields;
    const char *tier; // NULL: the policy says it
    enum name_form name;
} kinds[] = {
    [RES_CLUSTER_NETWORK_POLICY] = {&cluster_kind, FIELDS(cluster_rows), NULL, NAME_SUBDOMAIN},
    [RES_ADMIN_NETWORK_POLICY] = {&admin_kind, FIELDS(admin_rows), "kube-admin", NAME_SUBDOMAIN},
    [RES_BASELINE_ADMIN_NETWORK_POLICY] = {&baseline_kind, FIELDS(baseline_rows), "kube-baseline",
                                           NAME_DEFAULT},
};

static bool check_required(struct res_decoder *decoder, const struct load_object *object,
                           const struct kind *kind)
{
    const struct node *spec = node_get(object->root, "spec");
    bool written_tier = kind->tier == NULL, has_priority = kind->kind != &baseline_kind;
    const char *missing = written_tier && !is_set(spec, "tier")       ? "tier"
                          : has_priority && !is_set(spec, "priority") ? "priority"
                                                                      : NULL;
    if (missing != NULL) {
        path_push(decoder, "spec");
        report_missing(decoder, spec_place(object), missing);
        path_pop(decoder);
    }
    return missing == NULL;
}

// The tier of the model; NULL after a warning, as Calico ignores the policy.
static const char *choose_tier(struct res_decoder *decoder, const struct res_text *tier)
{
    static const char *const texts[] = {"Admin", "Baseline"};
    if (strcmp(tier->text, texts[0]) == 0) {
        return "kube-admin";
    }
    if (strcmp(tier->text, texts[1]) == 0) {
        return "kube-baseline";
    }
    const char *best = spell_best(tier->text, texts, ARRAY_COUNT(texts));
    struct diag *diag =
        diag_report(decoder->diags, DIAG_W021, tier->loc,
                    "%s is ignored: it is in no tier that exists", object_name(decoder));
    best != NULL ? diag_label(diag, "did you mean \"%s\"?", best)
                 : diag_label(diag, "it can be Admin or Baseline");
    return NULL;
}

static bool check_subject(struct res_decoder *decoder, const struct load_object *object,
                          const struct cluster_policy *cluster)
{
    if (!cluster->has_subject) {
        struct diag *diag = diag_report(decoder->diags, DIAG_W021, spec_place(object),
                                        "%s is ignored: it has no subject", object_name(decoder));
        diag_hint(diag, "subject: {namespaces: {}}     (every pod)");
    }
    return cluster->has_subject;
}

static uint8_t types_of(const struct cluster_policy *cluster)
{
    uint8_t types = 0;
    types |= cluster->ingress.rules.count > 0 ? RES_INGRESS : 0;
    types |= cluster->egress.rules.count > 0 ? RES_EGRESS : 0;
    // One without rules shows up in traces alone, in both directions: its tier passes at the end.
    return types != 0 ? types : RES_INGRESS | RES_EGRESS;
}

void decode_cluster_policy(struct res_decoder *decoder, const struct load_object *object,
                           enum res_kind kind)
{
    const struct kind *row = &kinds[kind];
    struct res_policy policy = {.spec_loc = spec_place(object)};
    struct cluster_policy cluster = {.priority = BASELINE_ORDER,
                                     .ingress = {row->kind, KUBE_INGRESS, {0}},
                                     .egress = {row->kind, KUBE_EGRESS, {0}}};
    size_t errors = diags_count(decoder->diags, DIAG_ERROR);
    meta_decode(decoder, object, kind, row->name, true, &policy.meta);
    decode_calico(decoder, object, &row->fields, &cluster);
    if (diags_count(decoder->diags, DIAG_ERROR) > errors || !check_required(decoder, object, row)) {
        return;
    }
    const char *tier = row->tier != NULL ? row->tier : choose_tier(decoder, &cluster.tier);
    if (!check_subject(decoder, object, &cluster) || tier == NULL) {
        return;
    }
    policy.tier = (struct res_text){keep(decoder, tier, strlen(tier)), cluster.tier.loc};
    policy.order = (struct res_order){(double)cluster.priority, true, LOC_NONE};
    policy.selector = cluster.subject.pods;
    policy.namespace_selector = cluster.subject.namespaces;
    policy.ingress = cluster.ingress.rules;
    policy.egress = cluster.egress.rules;
    policy.types = types_of(&cluster);
    vec_push(decoder->arena, &decoder->resources->policies, policy);
}
