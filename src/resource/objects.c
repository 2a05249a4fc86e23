// SPDX-License-Identifier: GPL-2.0-or-later
// The small kinds: Tier, network sets, Profile, Namespace, ServiceAccount; and the top level of a
// Calico object.
#include "objects.h"
#include "rule.h"

void decode_calico_by(struct res_decoder *decoder, const struct load_object *object, field_fn spec,
                      const void *arg, void *target)
{
    const struct field rows[] = {
        {"apiVersion", NULL, 0, NULL}, {"kind", NULL, 0, NULL},   {"metadata", NULL, 0, NULL},
        {"spec", spec, 0, arg},        {"status", NULL, 0, NULL},
    };
    const struct fields fields = FIELDS(rows);
    decoder->depth = 0;
    decode_map(decoder, object->root, &fields, target);
}

void decode_calico(struct res_decoder *decoder, const struct load_object *object,
                   const struct fields *spec, void *target)
{
    decode_calico_by(decoder, object, field_map, spec, target);
}

void decode_tier(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind)
{
    static const char *const action_words[] = {"Deny", "Pass"};
    static const struct words words = WORDS(action_words);
    static const struct field rows[] = {
        {"order", field_order, offsetof(struct res_tier, order), NULL},
        {"defaultAction", field_word, offsetof(struct res_tier, default_action), &words},
    };
    static const struct fields fields = FIELDS(rows);
    struct res_tier tier = {0};
    meta_decode(decoder, object, kind, NAME_LABEL, true, &tier.meta);
    decode_calico(decoder, object, &fields, &tier);
    vec_push(decoder->arena, &decoder->resources->tiers, tier);
}

void decode_netset(struct res_decoder *decoder, const struct load_object *object,
                   enum res_kind kind)
{
    static const struct field rows[] = {
        {"nets", field_nets, offsetof(struct res_netset, nets), &net_relaxed},
        {"allowedEgressDomains", field_names, offsetof(struct res_netset, domains), NULL},
    };
    static const struct fields fields = FIELDS(rows);
    struct res_netset netset = {0};
    meta_decode(decoder, object, kind, NAME_SUBDOMAIN, true, &netset.meta);
    decode_calico(decoder, object, &fields, &netset);
    vec_push(decoder->arena, &decoder->resources->netsets, netset);
}

static void profile_labels(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    (void)arg;
    struct res_profile *profile = target;
    struct label_list list = decode_labels(decoder, node);
    profile->labels_to_apply = list.items;
    profile->label_count = list.count;
}

void decode_profile(struct res_decoder *decoder, const struct load_object *object,
                    enum res_kind kind)
{
    static const struct field rows[] = {
        {"ingress", field_rules, offsetof(struct res_profile, ingress), NULL},
        {"egress", field_rules, offsetof(struct res_profile, egress), NULL},
        {"labelsToApply", profile_labels, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    struct res_profile profile = {0};
    meta_decode(decoder, object, kind, NAME_SUBDOMAIN, true, &profile.meta);
    decode_calico(decoder, object, &fields, &profile);
    vec_push(decoder->arena, &decoder->resources->profiles, profile);
}

void decode_named(struct res_decoder *decoder, const struct load_object *object, enum res_kind kind)
{
    struct res_named named = {0};
    bool namespace = kind == RES_NAMESPACE;
    meta_decode(decoder, object, kind, namespace ? NAME_LABEL : NAME_SUBDOMAIN, false, &named.meta);
    if (namespace) {
        vec_push(decoder->arena, &decoder->resources->namespaces, named);
    } else {
        vec_push(decoder->arena, &decoder->resources->service_accounts, named);
    }
}
