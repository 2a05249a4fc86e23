// SPDX-License-Identifier: GPL-2.0-or-later
// Actions of rules -> statements. In the pending walk nothing is logged, and only staged policies count.
#include "lower.h"

static const char *log_prefix(struct lower *lower, const struct plan_policy *policy)
{
    struct strbuf text = {.arena = lower->arena};
    bool profile = text_begins(policy->id, "profile/");
    const char *tier = profile ? "profile" : lower->plan->tiers.items[policy->tier].name;
    const char *kind = profile ? "pro" : strndupa(policy->id, strcspn(policy->id, "/"));
    for (const char *at = lower->plan->settings.log_prefix; *at != '\0'; at++) {
        if (at[0] != '%' || at[1] == '\0' || strchr("tknp", at[1]) == NULL) {
            strbuf_add_n(&text, at, 1);
            continue;
        }
        at++;
        if (*at == 'p' && policy->ns != NULL) {
            strbuf_addf(&text, "%s/", policy->ns);
        }
        strbuf_add(&text, *at == 't' ? tier : *at == 'k' ? kind : policy->name);
    }
    enum { PREFIX_MAX = 125 }; // with ": " the kernel's limit of 127
    return clean_comment(lower->arena,
                         arena_printf(lower->arena, "%.*s: ", PREFIX_MAX, strbuf_text(&text)));
}

static size_t put_log(struct lower *lower, const struct plan_policy *policy, struct stmt *stmts)
{
    const struct plan_settings *settings = &lower->plan->settings;
    size_t count = 0;
    if (settings->log_rate > 0) {
        stmts[count++] =
            (struct stmt){.kind = STMT_LIMIT,
                          .limit = {settings->log_rate, settings->log_burst, settings->log_unit}};
    }
    stmts[count++] = (struct stmt){.kind = STMT_LOG, .log_prefix = log_prefix(lower, policy)};
    return count;
}

size_t lower_action(struct lower *lower, const struct plan_policy *policy, const struct path *path,
                    enum plan_action action, struct stmt *stmts)
{
    bool pending = path->allow == PATH_PENDING;
    size_t count = 0;
    if (!pending || (policy->staged && !path->uncounted)) {
        stmts[count++] = stmt_counter();
    }
    switch (action) {
    case PLAN_ALLOW:
        return count + path_allowed(lower, path, stmts + count);
    case PLAN_DENY:
        return count + path_deny(lower, path, stmts + count);
    case PLAN_PASS:
        stmts[count++] =
            stmt_verdict(path->pass != NULL ? VERDICT_GOTO : VERDICT_RETURN, path->pass);
        return count;
    case PLAN_LOG:
        return pending ? count : count + put_log(lower, policy, stmts + count);
    case PLAN_ACTION_COUNT:
        break;
    }
    POLC_UNREACHABLE("an action without a verdict");
}
