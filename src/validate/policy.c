// SPDX-License-Identifier: GPL-2.0-or-later
// Policies alone (semantics.md 1.4, 1.6).
#include "internal.h"

void check_not_global(const struct check *check, const struct res_selector *selector,
                      const char *field, const struct res_meta *meta)
{
    if (selector->text.text == NULL || strstr(selector->text.text, "global(") == NULL) {
        return;
    }
    struct diag *diag =
        diag_report(check->diags, DIAG_V003, selector->text.loc,
                    "\"global(\" cannot stand in %s of %s", field, object_text(check, meta));
    diag_label(diag, "it stands alone in the \"namespaceSelector\" of a rule");
}

static void check_selectors(const struct check *check, const struct res_policy *policy)
{
    check_not_global(check, &policy->selector, "\"selector\"", &policy->meta);
    check_not_global(check, &policy->service_account_selector, "\"serviceAccountSelector\"",
                     &policy->meta);
    check_not_global(check, &policy->namespace_selector, "\"namespaceSelector\"", &policy->meta);
}

static void check_pre_dnat(const struct check *check, const struct res_policy *policy)
{
    struct loc loc = policy->egress.count > 0 ? policy->egress.loc : policy->types_loc;
    if (policy->egress.count == 0 && !(policy->types & RES_EGRESS)) {
        return;
    }
    struct diag *diag =
        diag_report(check->diags, DIAG_P054, loc, "a preDNAT policy has no egress: %s",
                    object_text(check, &policy->meta));
    diag_related(diag, policy->pre_dnat.loc, "\"preDNAT\" is set here");
}

static void check_needs_forward(const struct check *check, const struct res_policy *policy,
                                const struct res_bool *field, const char *name)
{
    if (field->value && !policy->apply_on_forward.value) {
        struct diag *diag = diag_report(check->diags, DIAG_P055, field->loc,
                                        "\"%s\" needs \"applyOnForward: true\" in %s", name,
                                        object_text(check, &policy->meta));
        diag_hint(diag, "add \"applyOnForward: true\" to the spec");
    }
}

static void check_kinds_of_policy(const struct check *check, const struct res_policy *policy)
{
    if (policy->do_not_track.value && policy->pre_dnat.value) {
        struct diag *diag =
            diag_report(check->diags, DIAG_P053, policy->pre_dnat.loc,
                        "%s is both doNotTrack and preDNAT", object_text(check, &policy->meta));
        diag_related(diag, policy->do_not_track.loc, "\"doNotTrack\" is set here");
        diag_hint(diag, "make two policies of it");
    }
    if (policy->pre_dnat.value) {
        check_pre_dnat(check, policy);
    }
    check_needs_forward(check, policy, &policy->do_not_track, "doNotTrack");
    check_needs_forward(check, policy, &policy->pre_dnat, "preDNAT");
}

static void check_delete(const struct check *check, const struct res_policy *policy)
{
    const struct res_text *field = &policy->first_other_field;
    if (field->text == NULL) {
        return;
    }
    struct diag *diag =
        diag_report(check->diags, DIAG_P056, field->loc, "a staged Delete cannot have \"%s\": %s",
                    field->text, object_text(check, &policy->meta));
    diag_related(diag, policy->staged_action_loc, "\"stagedAction\" is set here");
    diag_hint(diag, "keep only \"tier\" and \"stagedAction\" in the spec");
}

void check_policy(const struct check *check, const struct res_policy *policy)
{
    if (policy->staged_action == RES_STAGED_DELETE) {
        check_delete(check, policy);
        return;
    }
    if (res_kind_info(policy->meta.kind)->kubernetes) {
        return; // a field that would need a check has no counterpart there
    }
    check_selectors(check, policy);
    check_kinds_of_policy(check, policy);
    struct rule_place place = {.meta = &policy->meta, .global = policy->meta.ns == NULL};
    check_rules(check, &policy->ingress, place);
    place.egress = true;
    check_rules(check, &policy->egress, place);
}
