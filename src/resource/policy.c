// SPDX-License-Identifier: GPL-2.0-or-later
// NetworkPolicy, GlobalNetworkPolicy and their staged kinds (semantics.md 1.4, 1.6): one list of
// rows, of which each kind has its part.
#include "objects.h"
#include "rule.h"

#define IN_POLICY(member) offsetof(struct res_policy, member)

static void policy_tier(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    (void)arg;
    struct res_policy *policy = target;
    if (scalar_string(decoder, node) && node->size > 0) {
        policy->tier = keep_text(decoder, node);
    }
}

static void type_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    static const char *const type_words[] = {"Ingress", "Egress"};
    static const struct words words = WORDS(type_words);
    (void)arg;
    struct res_policy *policy = target;
    int index = scalar_word(decoder, node, &words);
    if (index < 0) {
        return;
    }
    uint8_t type = index == 0 ? RES_INGRESS : RES_EGRESS;
    if (policy->types & type) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_P029, node->loc, "\"types\" lists %s twice in %s",
                        node->text, object_name(decoder));
        diag_label(diag, "remove this one");
    }
    policy->types |= type;
}

static void policy_types(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    struct res_policy *policy = target;
    policy->types_loc = node->loc;
    decode_list(decoder, node, 0, type_item, target, arg);
}

static void hint_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    static const char *const hint_words[] = {"AssumeNeededOnEveryNode"};
    static const struct words words = WORDS(hint_words);
    (void)target;
    (void)arg;
    scalar_word(decoder, node, &words);
}

// Has no effect on enforcement.
static void policy_hints(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    decode_list(decoder, node, 0, hint_item, target, arg);
}

void decode_staged_action(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    static const char *const staged_words[] = {"Set", "Delete", "Learn", "Ignore"};
    static const struct words words = WORDS(staged_words);
    (void)arg;
    struct res_policy *policy = target;
    int action = scalar_word(decoder, node, &words);
    if (action >= 0) {
        policy->staged_action = (uint8_t)action;
        policy->staged_action_loc = node->loc;
    }
}

// clang-format off
#define POLICY_ROWS                                                                                \
    {"tier", policy_tier, 0, NULL},                                                                \
    {"order", field_order, IN_POLICY(order), NULL},                                                \
    {"selector", field_selector, IN_POLICY(selector), NULL},                                       \
    {"serviceAccountSelector", field_selector, IN_POLICY(service_account_selector), NULL},         \
    {"types", policy_types, 0, NULL},                                                              \
    {"ingress", field_rules, IN_POLICY(ingress), NULL},                                            \
    {"egress", field_rules, IN_POLICY(egress), NULL},                                              \
    {"performanceHints", policy_hints, 0, NULL}

#define GLOBAL_ROWS                                                                                \
    {"namespaceSelector", field_selector, IN_POLICY(namespace_selector), NULL},                    \
    {"doNotTrack", field_bool, IN_POLICY(do_not_track), NULL},                                     \
    {"preDNAT", field_bool, IN_POLICY(pre_dnat), NULL},                                            \
    {"applyOnForward", field_bool, IN_POLICY(apply_on_forward), NULL}

#define STAGED_ROWS {"stagedAction", decode_staged_action, 0, NULL}
// clang-format on

static const struct field np_rows[] = {POLICY_ROWS};
static const struct field gnp_rows[] = {POLICY_ROWS, GLOBAL_ROWS};
static const struct field snp_rows[] = {POLICY_ROWS, STAGED_ROWS};
static const struct field sgnp_rows[] = {POLICY_ROWS, GLOBAL_ROWS, STAGED_ROWS};

static const struct fields global_fields = FIELDS(gnp_rows);
static const struct fields staged_fields = FIELDS(sgnp_rows);

static const struct fields policy_fields[RES_KIND_COUNT] = {
    [RES_NETWORK_POLICY] = {np_rows, ARRAY_COUNT(np_rows), &global_fields, "a GlobalNetworkPolicy"},
    [RES_GLOBAL_NETWORK_POLICY] = {gnp_rows, ARRAY_COUNT(gnp_rows), &staged_fields,
                                   "a staged policy"},
    [RES_STAGED_NETWORK_POLICY] = {snp_rows, ARRAY_COUNT(snp_rows), &global_fields,
                                   "a GlobalNetworkPolicy"},
    [RES_STAGED_GLOBAL_NETWORK_POLICY] = {sgnp_rows, ARRAY_COUNT(sgnp_rows), NULL, NULL},
};

// Go's zero values count as absent.
static bool is_zero(const struct node *node)
{
    if (node_is_null(node) || node->size == 0) {
        return true;
    }
    return node->type == NODE_SCALAR && node->style == NODE_PLAIN &&
           strcmp(node->text, "false") == 0;
}

void note_other_fields(struct res_decoder *decoder, const struct node *spec,
                       struct res_policy *policy)
{
    if (spec == NULL || spec->type != NODE_MAP) {
        return;
    }
    for (const struct node *child = spec->first; child != NULL; child = child->next) {
        if (strcmp(child->key, "tier") != 0 && strcmp(child->key, "stagedAction") != 0 &&
            !is_zero(child)) {
            policy->first_other_field =
                (struct res_text){keep(decoder, child->key, strlen(child->key)), child->key_loc};
            return;
        }
    }
}

struct loc spec_place(const struct load_object *object)
{
    const struct node *spec = node_get(object->root, "spec");
    return spec != NULL ? spec->key_loc : object->root->loc;
}

void decode_policy(struct res_decoder *decoder, const struct load_object *object,
                   enum res_kind kind)
{
    struct res_policy policy = {.spec_loc = spec_place(object)};
    enum name_form form = res_kind_info(kind)->namespaced ? NAME_POLICY : NAME_GLOBAL_POLICY;
    meta_decode(decoder, object, kind, form, true, &policy.meta);
    decode_calico(decoder, object, &policy_fields[kind], &policy);
    if (policy.tier.text == NULL) {
        policy.tier.text = keep(decoder, "default", strlen("default"));
    }
    note_other_fields(decoder, node_get(object->root, "spec"), &policy);
    vec_push(decoder->arena, &decoder->resources->policies, policy);
}
