// SPDX-License-Identifier: GPL-2.0-or-later
// Names of domains: what a list has twice (L702), what it may have forgotten (L701), names that no rule ever sees (L705), a
// list that is empty (L706), and sets whose names count less than their authors may think (L703, L704).
#include "things.h"

#include <polc/dns.h>

// ---- one list -------------------------------------------------------------------------------------------------------

struct list {
    const struct lint *lint;
    const struct res_meta *meta;
    const char *field;
    const struct res_names *names;
    const char **patterns; // canonical, in the order of the names
};

static const char **canonical_patterns(struct arena *arena, const struct res_names *names)
{
    const char **patterns = arena_array_of(arena, const char *, names->count);
    for (size_t i = 0; i < names->count; i++) {
        patterns[i] = dns_name_canonical(arena, names->items[i].text);
    }
    return patterns;
}

static void label_list(const struct list *list, struct diag *diag)
{
    diag_label(diag, "%s of %s", list->field, lint_object_text(list->lint, list->meta));
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static bool is_of_cluster(const char *pattern)
{
    return ends_with(pattern, ".svc") || ends_with(pattern, ".cluster.local");
}

// "*.example.com" -> "example.com"; NULL for another pattern, and where nobody would mean that one: "*.com".
static const char *bare_name(const char *pattern)
{
    static const char head[] = "*.";
    const char *name = text_begins(pattern, head) ? pattern + strlen(head) : "";
    return strchr(name, '.') != NULL && !is_of_cluster(name) ? name : NULL;
}

// Who has the bare name anywhere knows that it is another one.
static void check_bare(const struct list *list, const struct strmap *everywhere)
{
    size_t count = 0, first = 0;
    for (size_t i = 0; i < list->names->count; i++) {
        const char *bare = bare_name(list->patterns[i]);
        bool missing = bare != NULL && strmap_get(everywhere, bare) == NULL;
        first = missing && count == 0 ? i : first;
        count += missing;
    }
    if (count == 0) {
        return;
    }
    const char *pattern = list->patterns[first], *bare = bare_name(pattern);
    struct diag *diag = diag_report(list->lint->diags, DIAG_L701, list->names->items[first].loc,
                                    "%s is not covered by %s", bare, pattern);
    label_list(list, diag);
    if (count > 1) {
        diag_related(diag, LOC_NONE, "%zu more wildcards of the list stand without theirs",
                     count - 1);
    }
    diag_hint(diag, "add \"%s\" if it is meant as well", bare);
    diag_key(diag, "%s %s", list->field, pattern);
}

// The "*" of a cover takes whatever another one stands for. A name below a wildcard is not superfluous: it can be looked
// up, and a wildcard cannot.
static bool covers(struct arena *arena, const char *cover, const char *pattern)
{
    const char *star = strchr(pattern, '*');
    if (strcmp(cover, pattern) == 0) {
        return true;
    }
    return star != NULL && strchr(cover, '*') != NULL &&
           dns_pattern_matches(
               cover, arena_printf(arena, "%.*s?%s", (int)(star - pattern), pattern, star + 1));
}

// The entry of the list that covers this one; of equal ones the first. NULL when none does.
static const struct res_text *cover_of(const struct list *list, size_t at)
{
    for (size_t i = 0; i < list->names->count; i++) {
        bool twin = strcmp(list->patterns[i], list->patterns[at]) == 0;
        if (i != at && (!twin || i < at) &&
            covers(list->lint->arena, list->patterns[i], list->patterns[at])) {
            return &list->names->items[i];
        }
    }
    return NULL;
}

static void check_covered(const struct list *list)
{
    enum { COMPARED_MAX = 1000 }; // a longer list was made by a program
    for (size_t i = 0; i < list->names->count && list->names->count <= COMPARED_MAX; i++) {
        const struct res_text *name = &list->names->items[i], *cover = cover_of(list, i);
        if (cover == NULL) {
            continue;
        }
        bool same =
            strcmp(dns_name_canonical(list->lint->arena, cover->text), list->patterns[i]) == 0;
        struct diag *diag = same ? diag_report(list->lint->diags, DIAG_L702, name->loc,
                                               "%s is listed twice", list->patterns[i])
                                 : diag_report(list->lint->diags, DIAG_L702, name->loc,
                                               "%s is a part of %s in the same list",
                                               list->patterns[i], cover->text);
        label_list(list, diag);
        diag_related(diag, cover->loc.line == name->loc.line ? LOC_NONE : cover->loc, "%s %s",
                     cover->text, same ? "stands here already" : "covers it");
        diag_hint(diag, "remove it, or correct one of the two");
        diag_key(diag, "%s %s", list->field, list->patterns[i]);
    }
}

// "web.shop.svc.cluster.local": what it leads to is translated before a rule looks.
static void check_cluster(const struct list *list)
{
    for (size_t i = 0; i < list->names->count; i++) {
        const char *pattern = list->patterns[i];
        if (!is_of_cluster(pattern)) {
            continue;
        }
        size_t name = strcspn(pattern, "."), ns = name + 1 + strcspn(pattern + name + 1, ".");
        struct diag *diag = diag_report(list->lint->diags, DIAG_L705, list->names->items[i].loc,
                                        "%s is a name of the cluster, which no rule sees", pattern);
        label_list(list, diag);
        diag_related(diag, LOC_NONE,
                     "a service leads to its backends, and rules see the addresses of those");
        if (strchr(pattern, '*') == NULL && text_begins(pattern + ns, ".svc")) {
            diag_hint(diag, "services: {name: %.*s, namespace: %.*s}", (int)name, pattern,
                      (int)(ns - name - 1), pattern + name + 1);
        } else {
            diag_hint(diag, "name the services or their backends: services, or selector");
        }
        diag_key(diag, "%s %s", list->field, pattern);
        return; // one speaks for all
    }
}

// ---- all lists ------------------------------------------------------------------------------------------------------

typedef void (*list_fn)(void *context, const struct list *list);

static void visit_list(const struct lint *lint, const struct res_meta *meta, const char *field,
                       const struct res_names *names, list_fn visit, void *context)
{
    if (names->count > 0) {
        struct list list = {lint, meta, field, names, canonical_patterns(lint->arena, names)};
        visit(context, &list);
    }
}

static void visit_lists(const struct lint *lint, list_fn visit, void *context)
{
    for (size_t i = 0; i < lint->resources->policies.count; i++) {
        const struct res_policy *policy = &lint->resources->policies.items[i];
        for (size_t j = 0; j < policy->egress.count; j++) {
            visit_list(lint, &policy->meta, "domains", &policy->egress.items[j].destination.domains,
                       visit, context);
        }
    }
    for (size_t i = 0; i < lint->resources->netsets.count; i++) {
        const struct res_netset *set = &lint->resources->netsets.items[i];
        visit_list(lint, &set->meta, "allowedEgressDomains", &set->domains, visit, context);
    }
}

static void add_names(void *context, const struct list *list)
{
    struct strmap *names = context;
    for (size_t i = 0; i < list->names->count; i++) {
        strmap_put(names, list->patterns[i], names);
    }
}

static void check_list(void *context, const struct list *list)
{
    check_bare(list, context);
    check_covered(list);
    check_cluster(list);
}

// An empty list is none, as that of any other field: a template that fills in nothing opens the rule.
static void check_empty(const struct lint *lint, const struct res_policy *policy, size_t index)
{
    const struct res_rule *rule = &policy->egress.items[index];
    const struct res_entity *entity = &rule->destination;
    bool other = entity->nets.count > 0 || entity->selector.tree != NULL ||
                 entity->not_selector.tree != NULL || entity->namespace_selector.tree != NULL ||
                 entity->has_service_accounts || entity->has_services;
    if (entity->domains_loc.line == 0 || entity->domains.count > 0 || other ||
        rule->action != RES_ALLOW) {
        return;
    }
    struct diag *diag =
        diag_report(lint->diags, DIAG_L706, entity->domains_loc,
                    "an empty list of domains is none: the rule allows every destination");
    diag_label(diag, "%s of %s", lint_rule_text(lint, MODEL_OUT, index),
               lint_object_text(lint, &policy->meta));
    diag_hint(diag,
              "list the names, or remove the rule; to allow every destination, remove \"domains\"");
    diag_key(diag, "%s", lint_rule_key(lint, rule));
}

static void check_empty_lists(const struct lint *lint)
{
    for (size_t i = 0; i < lint->resources->policies.count; i++) {
        const struct res_policy *policy = &lint->resources->policies.items[i];
        for (size_t j = 0; j < policy->egress.count; j++) {
            check_empty(lint, policy, j);
        }
    }
}

// ---- sets -----------------------------------------------------------------------------------------------------------

// A set with domains, and the rules that take it.
struct use {
    const struct res_netset *set;
    bool counts;                       // an egress rule allows what it names
    bool denied;                       // one denies its nets, of which more is said there
    const struct model_policy *policy; // the first one that takes its nets alone; NULL: none
    int direction;
    size_t index;
};

struct uses {
    struct arena *arena;
    struct use *items; // as the sets
    struct things sets;
};

static struct uses find_sets(const struct lint *lint)
{
    const struct model *model = lint->model;
    struct uses uses = {.arena = lint->arena,
                        .items = arena_array_of(lint->arena, struct use, model->netsets.count)};
    for (size_t i = 0; i < model->netsets.count; i++) {
        const struct model_netset *set = &model->netsets.items[i];
        if (set->res->domains.count > 0) {
            uses.items[uses.sets.count].set = set->res;
            vec_push(lint->arena, &uses.sets,
                     (struct thing){THING_SET, set->id, &set->labels, set->res->meta.ns, true});
        }
    }
    return uses;
}

// What the side of a rule selects of them; NULL when it selects none.
static const struct sel *selector_of(struct arena *arena, const struct model_policy *policy,
                                     const struct res_entity *entity)
{
    const struct sel *namespaces = namespace_sel(arena, entity->namespace_selector.tree);
    const struct sel *negative = entity->not_selector.tree;
    bool scoped = entity->selector.tree != NULL || namespaces != NULL ||
                  (policy->ns != NULL && negative != NULL);
    if (entity->has_service_accounts || !scoped) { // no set has a service account
        return NULL;
    }
    const struct sel *scope = namespaces != NULL   ? namespaces
                              : policy->ns != NULL ? sel_eq(arena, LABEL_NAMESPACE, policy->ns)
                                                   : NULL;
    const struct sel *sel = sel_and(arena, scope, entity->selector.tree);
    return negative != NULL ? sel_and(arena, sel, sel_not(arena, negative)) : sel;
}

// The sets that an egress rule denies: their nets, not their names.
static void report_denied(const struct lint *lint, const struct use *use, const struct sel *sel,
                          const struct things *sets)
{
    const struct model_policy *policy = use->policy;
    const struct res_rule *rule = policy->rules[use->direction].items[use->index].res;
    struct things denied = things_select(lint->arena, sets, sel);
    const struct res_selector *selector = &rule->destination.selector;
    struct loc loc = selector->tree != NULL ? selector->text.loc : rule->destination.loc;
    struct diag *diag =
        diag_report(lint->diags, DIAG_L704, loc, "rule denies the nets of %s, and not its domains",
                    things_text(lint, &denied));
    diag_label(diag, "%s of %s", lint_rule_text(lint, use->direction, use->index),
               lint_object_text(lint, policy->meta));
    diag_hint(diag, "names can only be allowed: what no rule allows, the end of the tier denies");
    diag_key(diag, "%s %zu", lint_direction_text(use->direction), denied.count);
}

static void note_side(const struct lint *lint, struct uses *uses, const struct use *at,
                      const struct res_entity *entity, bool destination)
{
    const struct res_rule *rule = at->policy->rules[at->direction].items[at->index].res;
    const struct sel *sel = selector_of(lint->arena, at->policy, entity);
    bool outwards = destination && at->direction == MODEL_OUT, any = false;
    for (size_t i = 0; sel != NULL && i < uses->sets.count; i++) {
        struct use *use = &uses->items[i];
        if (!sel_matches(sel, uses->sets.items[i].labels)) {
            continue;
        }
        any = true;
        use->counts |= outwards && rule->action == RES_ALLOW;
        use->denied |= outwards && rule->action == RES_DENY;
        if (use->policy == NULL) {
            use->policy = at->policy;
            use->direction = at->direction;
            use->index = at->index;
        }
    }
    const struct model_side *side = &at->policy->rules[at->direction].items[at->index].destination;
    bool nets = side->ipset >= 0 && lint->model->ipsets.items[side->ipset].members.count > 0;
    if (any && outwards && rule->action == RES_DENY && nets) {
        report_denied(lint, at, sel, &uses->sets);
    }
}

static void note_policy(const struct lint *lint, struct uses *uses,
                        const struct model_policy *policy)
{
    struct use at = {.policy = policy};
    for (at.direction = 0; at.direction < MODEL_DIRECTIONS; at.direction++) {
        for (at.index = 0; at.index < policy->rules[at.direction].count; at.index++) {
            const struct res_rule *rule = policy->rules[at.direction].items[at.index].res;
            struct arena_mark mark = arena_mark(lint->arena);
            note_side(lint, uses, &at, &rule->source, false);
            note_side(lint, uses, &at, &rule->destination, true);
            arena_rewind(lint->arena, mark);
        }
    }
}

// Rules of profiles, and of policies that govern nobody yet: what such a rule allows counts. `ns`: of a policy that has one.
static void note_allowed(const struct lint *lint, struct uses *uses, const char *ns,
                         const struct res_rules *rules)
{
    const struct model_policy policy = {.ns = ns};
    for (size_t i = 0; i < rules->count; i++) {
        const struct res_rule *rule = &rules->items[i];
        struct arena_mark mark = arena_mark(lint->arena);
        const struct sel *sel = rule->action == RES_ALLOW
                                    ? selector_of(lint->arena, &policy, &rule->destination)
                                    : NULL;
        for (size_t j = 0; sel != NULL && j < uses->sets.count; j++) {
            uses->items[j].counts |= sel_matches(sel, uses->sets.items[j].labels);
        }
        arena_rewind(lint->arena, mark);
    }
}

static void note_others(const struct lint *lint, struct uses *uses)
{
    for (size_t i = 0; i < lint->model->policies.count; i++) {
        const struct model_policy *policy = &lint->model->policies.items[i];
        if (!policy->active) {
            note_allowed(lint, uses, policy->ns, &policy->res->egress);
        }
    }
    for (size_t i = 0; i < lint->resources->profiles.count; i++) {
        note_allowed(lint, uses, NULL, &lint->resources->profiles.items[i].egress);
    }
}

static void report_idle(const struct lint *lint, const struct use *use)
{
    struct diag *diag =
        diag_report(lint->diags, DIAG_L703, use->set->domains.items[0].loc,
                    "the domains of %s count in no rule", lint_object_text(lint, &use->set->meta));
    diag_label(diag, "only its nets do");
    diag_related(diag, use->policy->rules[use->direction].items[use->index].res->loc,
                 "%s of %s takes the set", lint_rule_text(lint, use->direction, use->index),
                 lint_object_text(lint, use->policy->meta));
    diag_hint(diag, "they count in the destination of an egress rule with \"action: Allow\"");
    diag_key(diag, "%s", "idle");
}

void lint_domains(const struct lint *lint)
{
    struct strmap *names = strmap_new(lint->arena);
    struct uses uses = find_sets(lint);
    visit_lists(lint, add_names, names);
    visit_lists(lint, check_list, names);
    check_empty_lists(lint);
    for (size_t i = 0; uses.sets.count > 0 && i < lint->model->policies.count; i++) {
        const struct model_policy *policy = &lint->model->policies.items[i];
        if (policy->active) {
            note_policy(lint, &uses, policy);
        }
    }
    if (uses.sets.count > 0) {
        note_others(lint, &uses);
    }
    for (size_t i = 0; i < uses.sets.count; i++) {
        const struct use *use = &uses.items[i];
        // Of a set without nets each rule that takes it says that it matches nothing (L102).
        bool speaks = use->policy != NULL && !use->denied && use->set->nets.count > 0;
        if (speaks && !use->counts) {
            report_idle(lint, use);
        }
    }
}
