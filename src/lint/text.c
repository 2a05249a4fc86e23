// SPDX-License-Identifier: GPL-2.0-or-later
// How findings name things.
#include "internal.h"

const char *lint_object_text(const struct lint *lint, const struct res_meta *meta)
{
    return arena_printf(lint->arena, "%s %s", res_kind_info(meta->kind)->name,
                        res_full_name(lint->arena, meta));
}

const struct model_policy *lint_written(const struct lint *lint, const struct plan_policy *policy)
{
    return strmap_get(lint->policies, policy->id);
}

const char *lint_policy_text(const struct lint *lint, const struct plan_policy *policy)
{
    const struct model_policy *written = lint_written(lint, policy);
    return written != NULL ? lint_object_text(lint, written->meta) : policy->id;
}

const char *lint_direction_text(int direction)
{
    return direction == PLAN_IN ? "ingress" : "egress";
}

const char *lint_rule_text(const struct lint *lint, int direction, size_t index)
{
    return arena_printf(lint->arena, "%s rule %zu", lint_direction_text(direction), index);
}

const char *lint_list_text(const struct lint *lint, const char *const *items, size_t count)
{
    enum { SHOWN = 3 };
    struct strbuf text = {.arena = lint->arena};
    size_t shown = count <= SHOWN ? count : SHOWN - 1;
    for (size_t i = 0; i < shown; i++) {
        bool last = i + 1 == count;
        strbuf_addf(&text, "%s%s", i == 0 ? "" : last ? " and " : ", ", items[i]);
    }
    if (shown < count) {
        strbuf_addf(&text, " and %zu more", count - shown);
    }
    return strbuf_text(&text);
}
