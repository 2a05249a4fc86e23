// SPDX-License-Identifier: GPL-2.0-or-later
// Prefixes that another one of the same list covers (L601).
#include "internal.h"

#include <stdlib.h>

// By prefix, the wider one first; of equal ones the first in the file.
static int compare(const void *a, const void *b)
{
    const struct res_net *left = a;
    const struct res_net *right = b;
    int order = cidr_compare(left->cidr, right->cidr);
    return order != 0 ? order : loc_compare(left->loc, right->loc);
}

static void report(const struct lint *lint, const struct res_meta *meta, const char *field,
                   const struct res_net *net, const struct res_net *cover, size_t count)
{
    char inner[IP_TEXT_MAX], outer[IP_TEXT_MAX];
    cidr_text(net->cidr, true, inner);
    cidr_text(cover->cidr, true, outer);
    bool same = cidr_compare(net->cidr, cover->cidr) == 0;
    struct diag *diag =
        same ? diag_report(lint->diags, DIAG_L601, net->loc, "%s is listed twice", inner)
             : diag_report(lint->diags, DIAG_L601, net->loc, "%s is a part of %s in the same list",
                           inner, outer);
    diag_label(diag, "%s of %s", field, lint_object_text(lint, meta));
    diag_related(diag, cover->loc.line == net->loc.line ? LOC_NONE : cover->loc, "%s %s", outer,
                 same ? "stands here already" : "covers it");
    if (count > 1) {
        diag_related(diag, LOC_NONE, "%zu more of the list are covered as well", count - 1);
    }
    diag_hint(diag, "remove it, or correct one of the two");
}

static void check_list(const struct lint *lint, const struct res_meta *meta, const char *field,
                       const struct res_nets *nets)
{
    struct arena_mark mark = arena_mark(lint->arena);
    struct res_net *sorted = arena_array_of(lint->arena, struct res_net, nets->count);
    if (nets->count < 2) {
        return;
    }
    memcpy(sorted, nets->items, nets->count * sizeof *sorted);
    qsort(sorted, nets->count, sizeof *sorted, compare);
    // A prefix stands before all that it contains, so the last one that nothing covered is the only one that can.
    const struct res_net *cover = &sorted[0];
    struct res_net net = {0}, first_cover = {0};
    size_t covered = 0;
    for (size_t i = 1; i < nets->count; i++) {
        if (!cidr_contains(cover->cidr, sorted[i].cidr)) {
            cover = &sorted[i];
        } else if (covered++ == 0 || loc_compare(sorted[i].loc, net.loc) < 0) {
            net = sorted[i];
            first_cover = *cover;
        }
    }
    arena_rewind(lint->arena, mark);
    if (covered > 0) {
        report(lint, meta, field, &net, &first_cover, covered);
    }
}

static void check_rules(const struct lint *lint, const struct res_meta *meta,
                        const struct res_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct res_rule *rule = &rules->items[i];
        check_list(lint, meta, "source nets", &rule->source.nets);
        check_list(lint, meta, "source notNets", &rule->source.not_nets);
        check_list(lint, meta, "destination nets", &rule->destination.nets);
        check_list(lint, meta, "destination notNets", &rule->destination.not_nets);
    }
}

void lint_cidrs(const struct lint *lint)
{
    for (size_t i = 0; i < lint->resources->policies.count; i++) {
        const struct res_policy *policy = &lint->resources->policies.items[i];
        check_rules(lint, &policy->meta, &policy->ingress);
        check_rules(lint, &policy->meta, &policy->egress);
    }
    for (size_t i = 0; i < lint->resources->netsets.count; i++) {
        const struct res_netset *set = &lint->resources->netsets.items[i];
        check_list(lint, &set->meta, "nets", &set->nets);
    }
}
