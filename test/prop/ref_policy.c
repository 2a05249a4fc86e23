// SPDX-License-Identifier: GPL-2.0-or-later
// Reference: which policies govern an endpoint, in which order, and what they decide (semantics.md 1.3, 1.4, 3.1, 5, 6.2).
#include "ref.h"

#include <math.h>

// ---- order ----------------------------------------------------------------------------------------------------------

static double order_of_tier(const struct resources *resources, const char *name)
{
    if (strcmp(name, "kube-admin") == 0) {
        return 1e3;
    }
    if (strcmp(name, "kube-baseline") == 0) {
        return 1e7;
    }
    for (size_t i = 0; i < resources->tiers.count; i++) {
        const struct res_tier *tier = &resources->tiers.items[i];
        if (strcmp(tier->meta.name, name) == 0 && tier->order.present) {
            return tier->order.value;
        }
    }
    return 1e6;
}

static bool tier_passes(const struct resources *resources, const char *name)
{
    bool passes = strncmp(name, "kube-", 5) == 0; // the two built-in ones
    for (size_t i = 0; i < resources->tiers.count; i++) {
        const struct res_tier *tier = &resources->tiers.items[i];
        if (strcmp(tier->meta.name, name) == 0 && tier->default_action.text != NULL) {
            passes = strcmp(tier->default_action.text, "Pass") == 0;
        }
    }
    return passes;
}

static int compare_numbers(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_policies(const struct ref *ref, const struct res_policy *a,
                            const struct res_policy *b)
{
    char left[1024], right[1024];
    const char *tier_a = a->tier.text, *tier_b = b->tier.text;
    int order = compare_numbers(order_of_tier(ref->resources, tier_a),
                                order_of_tier(ref->resources, tier_b));
    order = order != 0 ? order : strcmp(tier_a, tier_b);
    order = order != 0 ? order
                       : compare_numbers(a->order.present ? a->order.value : INFINITY,
                                         b->order.present ? b->order.value : INFINITY);
    snprintf(left, sizeof left, "%s/%s/%s", a->meta.name, a->meta.ns != NULL ? a->meta.ns : "",
             res_kind_model_name(a->meta.kind));
    snprintf(right, sizeof right, "%s/%s/%s", b->meta.name, b->meta.ns != NULL ? b->meta.ns : "",
             res_kind_model_name(b->meta.kind));
    return order != 0 ? order : strcmp(left, right);
}

void ref_sort(struct ref *ref)
{
    for (size_t i = 1; i < ref->policies.count; i++) {
        const struct res_policy *policy = ref->policies.items[i];
        size_t at = i;
        for (; at > 0 && compare_policies(ref, ref->policies.items[at - 1], policy) > 0; at--) {
            ref->policies.items[at] = ref->policies.items[at - 1];
        }
        ref->policies.items[at] = policy;
    }
}

// ---- which policies -------------------------------------------------------------------------------------------------

static bool has_type(const struct res_policy *policy, enum plan_direction direction)
{
    uint8_t wanted = direction == PLAN_IN ? RES_INGRESS : RES_EGRESS;
    uint8_t defaulted = (uint8_t)((policy->egress.count > 0 ? RES_EGRESS : 0) |
                                  (policy->ingress.count > 0 ? RES_INGRESS : 0));
    defaulted = defaulted == 0 ? RES_INGRESS : defaulted;
    return (policy->types != 0 ? policy->types : defaulted) & wanted;
}

static bool is_of_stage(const struct res_policy *policy, enum plan_stage stage,
                        enum plan_direction direction)
{
    switch (stage) {
    case PLAN_UNTRACKED:
        return policy->do_not_track.value;
    case PLAN_PREDNAT:
        return policy->pre_dnat.value && direction == PLAN_IN;
    case PLAN_FORWARD:
        return !policy->do_not_track.value && !policy->pre_dnat.value &&
               policy->apply_on_forward.value;
    case PLAN_NORMAL:
    case PLAN_STAGES:
        break;
    }
    return !policy->do_not_track.value && !policy->pre_dnat.value;
}

static bool governs(const struct res_policy *policy, const struct ref_object *object)
{
    const char *ns = ref_label(object, "projectcalico.org/namespace");
    const struct sel *accounts = policy->service_account_selector.tree;
    const struct sel *namespaces = policy->namespace_selector.tree;
    bool global = policy->meta.ns == NULL;
    return (global || (ns != NULL && strcmp(ns, policy->meta.ns) == 0)) &&
           (policy->selector.tree == NULL ||
            ref_selects(policy->selector.tree, object, "", NULL)) &&
           (namespaces == NULL ||
            ref_selects(namespaces, object, "pcns.", "projectcalico.org/namespace")) &&
           (accounts == NULL || ref_selects(accounts, object, "pcsa.",
                                            global ? "projectcalico.org/serviceaccount" : NULL));
}

// ---- what they decide -----------------------------------------------------------------------------------------------

enum outcome { NO_MATCH, PASSED, ALLOWED, DENIED, NOT_KNOWN };

static enum outcome run_rules(const struct ref *ref, const struct res_rules *rules, const char *ns,
                              enum plan_direction direction, const struct flow *flow)
{
    static const enum outcome outcomes[] = {
        [RES_ALLOW] = ALLOWED, [RES_DENY] = DENIED, [RES_PASS] = PASSED};
    for (size_t i = 0; i < rules->count; i++) {
        int matches = ref_rule_matches(ref, &rules->items[i], ns, direction, flow);
        if (matches < 0) {
            return NOT_KNOWN;
        }
        if (matches && rules->items[i].action != RES_LOG) {
            return outcomes[rules->items[i].action];
        }
    }
    return NO_MATCH;
}

static const struct res_rules *rules_of(const struct res_rules *ingress,
                                        const struct res_rules *egress,
                                        enum plan_direction direction)
{
    return direction == PLAN_IN ? ingress : egress;
}

static enum outcome run_profile(const struct ref *ref, const char *name,
                                enum plan_direction direction, const struct flow *flow)
{
    for (size_t i = 0; i < ref->resources->profiles.count; i++) {
        const struct res_profile *profile = &ref->resources->profiles.items[i];
        if (strcmp(profile->meta.name, name) == 0) {
            return run_rules(ref, rules_of(&profile->ingress, &profile->egress, direction), NULL,
                             direction, flow);
        }
    }
    if (strncmp(name, "kns.", 4) == 0 || strcmp(name, "projectcalico-default-allow") == 0) {
        return ALLOWED;
    }
    return strncmp(name, "ksa.", 4) == 0 ? NO_MATCH : DENIED; // a profile that is not there
}

static enum ref_verdict run_profiles(const struct ref *ref, const struct ref_object *object,
                                     enum plan_direction direction, const struct flow *flow)
{
    for (size_t i = 0; i < object->profiles->count; i++) {
        enum outcome outcome = run_profile(ref, object->profiles->items[i].text, direction, flow);
        if (outcome > PASSED) {
            return outcome == ALLOWED ? REF_ALLOW : outcome == DENIED ? REF_DENY : REF_UNKNOWN;
        }
    }
    return REF_DENY;
}

static const struct ref_object *find_endpoint(const struct ref *ref, const char *id)
{
    for (size_t i = 0; i < ref->objects.count; i++) {
        if (ref->objects.items[i].id != NULL && strcmp(ref->objects.items[i].id, id) == 0) {
            return &ref->objects.items[i];
        }
    }
    return NULL;
}

// The policies of one tier that govern the endpoint; *ret_any: there is one.
static enum outcome run_tier(const struct ref *ref, size_t first, size_t last,
                             const struct ref_object *object, enum plan_stage stage,
                             enum plan_direction direction, const struct flow *flow, bool *ret_any)
{
    enum outcome outcome = NO_MATCH;
    *ret_any = false;
    for (size_t i = first; i < last && outcome == NO_MATCH; i++) {
        const struct res_policy *policy = ref->policies.items[i];
        if (is_of_stage(policy, stage, direction) && has_type(policy, direction) &&
            governs(policy, object)) {
            *ret_any = true;
            outcome = run_rules(ref, rules_of(&policy->ingress, &policy->egress, direction),
                                policy->meta.ns, direction, flow);
        }
    }
    return outcome;
}

enum ref_verdict ref_judge(const struct ref *ref, const char *endpoint, enum plan_stage stage,
                           enum plan_direction direction, const struct flow *flow)
{
    const struct ref_object *object = find_endpoint(ref, endpoint);
    bool open_end = stage == PLAN_PREDNAT || stage == PLAN_UNTRACKED;
    if (object == NULL || ref->resources->fleets.count > 0) {
        return REF_UNKNOWN; // host endpoints that are made for a fleet are no resources
    }
    for (size_t first = 0, last; first < ref->policies.count; first = last) {
        const char *tier = ref->policies.items[first]->tier.text;
        bool any;
        for (last = first; last < ref->policies.count &&
                           strcmp(ref->policies.items[last]->tier.text, tier) == 0;) {
            last++;
        }
        enum outcome outcome = run_tier(ref, first, last, object, stage, direction, flow, &any);
        if (outcome > PASSED) {
            return outcome == ALLOWED ? REF_ALLOW : outcome == DENIED ? REF_DENY : REF_UNKNOWN;
        }
        if (outcome == NO_MATCH && any && !open_end && !tier_passes(ref->resources, tier)) {
            return REF_DENY;
        }
    }
    return stage == PLAN_NORMAL ? run_profiles(ref, object, direction, flow) : REF_CONTINUE;
}
