// SPDX-License-Identifier: GPL-2.0-or-later
// The comparison of two plans, before anything of it is printed.
#include "diff.h"

static bool has_staged(const struct plan *plan)
{
    for (size_t i = 0; i < plan->policies.count; i++) {
        if (plan->policies.items[i].staged) {
            return true;
        }
    }
    return false;
}

static const char *row_text(struct arena *arena, const struct traffic_row *row)
{
    return arena_printf(
        arena, "%u %s > %s %s", row->change, diff_end_text(arena, &row->source, row->families),
        diff_end_text(arena, &row->destination, row->families), diff_service_text(arena, row));
}

static bool same_rows(struct arena *arena, const struct traffic_diff *a,
                      const struct traffic_diff *b)
{
    for (size_t i = 0; i < a->rows.count && i < b->rows.count; i++) {
        if (strcmp(row_text(arena, &a->rows.items[i]), row_text(arena, &b->rows.items[i])) != 0) {
            return false;
        }
    }
    return a->rows.count == b->rows.count;
}

// What would change if all of them were enforced, where that is not what changes anyway.
static const char *staged_text(const struct diff *diff)
{
    struct arena *arena = diff->run->arena;
    if (!has_staged(diff->before->plan) && !has_staged(diff->after->plan)) {
        return "none";
    }
    const struct traffic_diff *pending =
        traffic_compare(arena, diff->before->plan, diff->after->plan, true);
    if (same_rows(arena, pending, diff->traffic)) {
        return "no change";
    }
    if (pending->rows.count == 0) {
        return "if enforced, nothing would change";
    }
    return arena_printf(arena, "if enforced, %zu opened and %zu closed",
                        pending->counts[TRAFFIC_OPENED], pending->counts[TRAFFIC_CLOSED]);
}

void diff_traffic(struct run *run, struct run *before, struct run *after, struct diff *ret)
{
    *ret = (struct diff){.run = run, .before = before, .after = after};
    ret->evaluators[0] = flow_evaluator_new(run->arena, before->plan);
    ret->evaluators[1] = flow_evaluator_new(run->arena, after->plan);
    ret->traffic = traffic_compare(run->arena, before->plan, after->plan, false);
    ret->names = diff_names(ret);
}

void diff_plans(struct run *run, struct run *before, struct run *after, struct diff *ret)
{
    diff_traffic(run, before, after, ret);
    ret->staged = staged_text(ret);
    ret->texts = diff_policies(ret);
}

bool diff_differs(const struct diff *diff)
{
    const struct diff_texts *texts = &diff->texts;
    return diff->traffic->rows.count + diff->names.count > 0 || texts->policies.count > 0 ||
           texts->sets_changed > 0 ||
           texts->endpoints_added + texts->endpoints_removed + texts->hosts_added +
                   texts->hosts_removed >
               0 ||
           texts->settings_changed;
}
