// SPDX-License-Identifier: GPL-2.0-or-later
// Rules in a direction that the policy's "types" leaves out: they are ignored (semantics.md 1.4).
#include "internal.h"

static void check_direction(const struct lint *lint, const struct res_policy *policy,
                            const struct res_rules *rules, uint8_t type, const char *name)
{
    if (policy->types == 0 || policy->types & type || rules->count == 0) {
        return;
    }
    bool ingress = type == RES_INGRESS;
    const char *field =
        res_kind_info((enum res_kind)policy->meta.kind)->kubernetes ? "policyTypes" : "types";
    struct diag *diag = diag_report(lint->diags, DIAG_L110, rules->items[0].loc,
                                    "%zu %s rule%s %s ignored: \"%s\" has no %s", rules->count,
                                    ingress ? "ingress" : "egress", rules->count == 1 ? "" : "s",
                                    rules->count == 1 ? "is" : "are", field, name);
    diag_label(diag, "%s", lint_object_text(lint, &policy->meta));
    diag_related(diag, policy->types_loc, "\"%s\" of this policy", field);
    diag_hint(diag, "%s: [Ingress, Egress]", field);
    diag_key(diag, "%s", name);
}

void lint_types(const struct lint *lint)
{
    for (size_t i = 0; i < lint->resources->policies.count; i++) {
        const struct res_policy *policy = &lint->resources->policies.items[i];
        check_direction(lint, policy, &policy->ingress, RES_INGRESS, "Ingress");
        check_direction(lint, policy, &policy->egress, RES_EGRESS, "Egress");
    }
}
