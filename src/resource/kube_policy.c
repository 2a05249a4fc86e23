// SPDX-License-Identifier: GPL-2.0-or-later
// NetworkPolicy of Kubernetes and StagedKubernetesNetworkPolicy -> a policy of tier "default" with
// order 1000 (semantics.md 1.6, 7.3). Each of its rules becomes one rule for each pair of protocol
// and peer.
#include "kube_rule.h"
#include "kube_selector.h"
#include "objects.h"

enum { KUBERNETES_ORDER = 1000 };

struct kube_policy {
    struct res_policy *policy;
    struct res_selector pods;
    struct kube_rules ingress, egress;
};

static void type_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    static const char *const type_words[] = {"Ingress", "Egress"};
    static const struct words words = WORDS(type_words);
    (void)arg;
    struct res_policy *policy = ((struct kube_policy *)target)->policy;
    int index = scalar_word(decoder, node, &words);
    if (index >= 0) {
        policy->types |= index == 0 ? RES_INGRESS : RES_EGRESS;
    }
}

static void policy_types(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    ((struct kube_policy *)target)->policy->types_loc = node->loc;
    decode_list(decoder, node, 0, type_item, target, arg);
}

static void staged_action(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    decode_staged_action(decoder, node, ((struct kube_policy *)target)->policy, arg);
}

static const enum kube_direction ingress = KUBE_INGRESS, egress = KUBE_EGRESS;

// clang-format off
#define POLICY_ROWS                                                                                \
    {"podSelector", field_pod_selector, offsetof(struct kube_policy, pods), NULL},                 \
    {"ingress", field_kube_rules, offsetof(struct kube_policy, ingress), &ingress},                \
    {"egress", field_kube_rules, offsetof(struct kube_policy, egress), &egress},                   \
    {"policyTypes", policy_types, 0, NULL}
// clang-format on

static const struct field policy_rows[] = {POLICY_ROWS};
static const struct field staged_rows[] = {POLICY_ROWS, {"stagedAction", staged_action, 0, NULL}};

static const struct fields staged_fields = FIELDS(staged_rows);
static const struct fields policy_fields = {policy_rows, ARRAY_COUNT(policy_rows), &staged_fields,
                                            "a StagedKubernetesNetworkPolicy"};

// The rule of the Kubernetes API server: Ingress always, Egress if there are egress rules. No API
// server does it for staged policies, and Calico then takes Ingress alone.
static void default_types(struct res_decoder *decoder, const struct kube_policy *kube,
                          struct res_policy *policy)
{
    if (policy->types != 0) {
        return;
    }
    policy->types = RES_INGRESS;
    if (kube->egress.written == 0) {
        return;
    }
    policy->types |= RES_EGRESS;
    if (policy->meta.kind == RES_STAGED_KUBERNETES_NETWORK_POLICY) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_W006, policy->meta.loc,
                        "%s has egress rules and no \"policyTypes\"; polc takes both directions",
                        object_name(decoder));
        diag_hint(diag, "policyTypes: [Ingress, Egress]");
    }
}

void decode_kubernetes_policy(struct res_decoder *decoder, const struct load_object *object,
                              enum res_kind kind)
{
    struct res_policy policy = {.spec_loc = spec_place(object)};
    struct kube_policy kube = {.policy = &policy};
    meta_decode(decoder, object, kind, NAME_SUBDOMAIN, true, &policy.meta);
    bool staged = kind == RES_STAGED_KUBERNETES_NETWORK_POLICY;
    decode_calico(decoder, object, staged ? &staged_fields : &policy_fields, &kube);
    policy.tier.text = keep(decoder, "default", strlen("default"));
    policy.order = (struct res_order){KUBERNETES_ORDER, true, LOC_NONE};
    policy.selector = kube.pods.tree != NULL ? kube.pods : all_pods(decoder, policy.spec_loc);
    policy.ingress = kube.ingress.rules;
    policy.egress = kube.egress.rules;
    note_other_fields(decoder, node_get(object->root, "spec"), &policy);
    if (policy.staged_action != RES_STAGED_DELETE) {
        default_types(decoder, &kube, &policy);
    }
    vec_push(decoder->arena, &decoder->resources->policies, policy);
}
