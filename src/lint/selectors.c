// SPDX-License-Identifier: GPL-2.0-or-later
// What the sides of rules select: nothing (L102), a GlobalNetworkSet that a namespaced rule cannot reach (L103), a named
// port that nobody declares (L104), things in no namespace (L105), service accounts that nobody uses (L107).
#include "things.h"

struct scan {
    const struct lint *lint;
    struct things all, outside;      // outside: in no namespace
    struct things addressed_outside; // with an address, without which nothing matches them
    struct strmap *accounts;         // names of service accounts in use
    struct strmap *ports;            // names of declared ports
    const char **account_names, **port_names;
    size_t account_count, port_count;
    // the rule at hand
    const struct model_policy *policy;
    int direction;
    size_t index;
};

static void relate_rule(const struct scan *scan, struct diag *diag)
{
    const struct lint *lint = scan->lint;
    struct loc loc = scan->policy->rules[scan->direction].items[scan->index].res->loc;
    diag_related(diag, loc.line == diag->loc.line ? LOC_NONE : loc, "%s of %s",
                 lint_rule_text(lint, scan->direction, scan->index),
                 lint_object_text(lint, scan->policy->meta));
}

static void key_field(const struct scan *scan, struct diag *diag, const char *field,
                      const char *text)
{
    diag_key(diag, "%s %s %s", lint_direction_text(scan->direction), field, text);
}

// ---- selectors ------------------------------------------------------------------------------------------------

static struct diag *report_selector(const struct scan *scan, enum diag_code code,
                                    const struct res_selector *selector, const char *field,
                                    const char *message, const char *why)
{
    static const char rule[] = "rule ";
    if (res_kind_info((enum res_kind)scan->policy->meta->kind)->kubernetes &&
        text_begins(message, rule)) { // of one of its peers
        message = arena_printf(scan->lint->arena, "peer %s", message + strlen(rule));
    }
    struct diag *diag =
        code == DIAG_L103
            ? diag_report(scan->lint->diags, DIAG_L103, selector->text.loc, "%s", message)
            : diag_report(scan->lint->diags, DIAG_L102, selector->text.loc, "%s", message);
    diag_label(diag, "%s", why);
    relate_rule(scan, diag);
    key_field(scan, diag, field, selector->text.text);
    return diag;
}

// What the side chooses from by namespace. No list holds what is in none but the one that was made once.
static struct things in_namespace(const struct scan *scan, const struct res_entity *entity)
{
    struct arena *arena = scan->lint->arena;
    const struct sel *tree = entity->namespace_selector.tree;
    const char *ns = scan->policy->ns;
    if (sel_is(tree, SEL_GLOBAL)) {
        return scan->outside;
    }
    return things_select(arena, &scan->all,
                         tree != NULL ? namespace_sel(arena, tree)
                         : ns != NULL ? sel_eq(arena, LABEL_NAMESPACE, ns)
                                      : NULL);
}

// A selector of a namespaced policy that fits something elsewhere: global sets, or other namespaces.
static bool fits_elsewhere(const struct scan *scan, const struct res_entity *entity)
{
    const struct lint *lint = scan->lint;
    const struct res_selector *selector = &entity->selector;
    if (scan->policy->ns == NULL || entity->namespace_selector.tree != NULL) {
        return false;
    }
    struct things elsewhere = things_select(lint->arena, &scan->all, selector->tree);
    struct things global = things_select(lint->arena, &scan->outside, selector->tree);
    const char *ns = scan->policy->ns;
    if (global.count > 0) {
        struct diag *diag = report_selector(
            scan, DIAG_L103, selector, "selector",
            arena_printf(
                lint->arena,
                "rule matches nothing: %s %s in no namespace, and the rule looks only in \"%s\"",
                things_text(lint, &global), global.count == 1 ? "is" : "are", ns),
            "of a namespaced policy, so only its own namespace");
        diag_hint(diag, "namespaceSelector: global()");
        return true;
    }
    if (elsewhere.count == 0) {
        return false;
    }
    struct diag *diag = report_selector(
        scan, DIAG_L102, selector, "selector",
        arena_printf(lint->arena,
                     "rule matches nothing: nothing in namespace \"%s\" has these labels", ns),
        arena_printf(lint->arena, "%s %s, in another namespace", things_text(lint, &elsewhere),
                     elsewhere.count == 1 ? "has" : "have"));
    diag_hint(diag, "namespaceSelector: projectcalico.org/name == \"%s\"", elsewhere.items[0].ns);
    return true;
}

static void hint_labels(const struct scan *scan, struct diag *diag)
{
    diag_hint(diag, "polc get endpoints %s --show-labels     (sets: polc get netset ...)",
              scan->lint->paths);
}

// Sets that have domains only have something to match in other rules.
static void report_without_address(const struct scan *scan, const struct res_selector *selector,
                                   const struct things *chosen)
{
    bool names = false;
    for (size_t i = 0; i < chosen->count; i++) {
        names |= chosen->items[i].addresses;
    }
    struct diag *diag = report_selector(
        scan, DIAG_L102, selector, "selector",
        names ? "rule matches nothing: what its selector matches has domains, and no address"
              : "rule matches nothing: what its selector matches has no address",
        things_text(scan->lint, chosen));
    bool denies = scan->policy->rules[scan->direction].items[scan->index].res->action == RES_DENY;
    diag_hint(diag,
              names && denies
                  ? "names can only be allowed: what no rule allows, the end of the tier denies"
              : names ? "domains count in the destination of an egress rule with \"action: Allow\""
                      : "host endpoints are found by \"expectedIPs\", sets by \"nets\"");
}

// Which of the selectors of a side with an empty set is to blame.
static void explain_empty(const struct scan *scan, const struct res_entity *entity)
{
    const struct lint *lint = scan->lint;
    struct arena *arena = lint->arena;
    struct things things = in_namespace(scan, entity);
    if (entity->namespace_selector.tree != NULL && things.count == 0) {
        const struct sel *ns = namespace_sel(arena, entity->namespace_selector.tree);
        hint_labels(
            scan,
            report_selector(
                scan, DIAG_L102, &entity->namespace_selector, "namespaceSelector",
                "rule matches nothing: no namespace with endpoints or sets meets its namespaceSelector",
                why_nothing(lint, &scan->all, ns, PREFIX_NAMESPACE)));
        return;
    }
    things = things_select(arena, &things,
                           service_account_sel(arena, entity->service_account_selector.tree));
    const struct res_selector *selector = &entity->selector;
    if (selector->tree == NULL) {
        selector = entity->service_account_selector.tree != NULL ? &entity->service_account_selector
                   : entity->namespace_selector.tree != NULL     ? &entity->namespace_selector
                   : entity->not_selector.tree != NULL           ? &entity->not_selector
                                                                 : NULL;
        if (selector != NULL) {
            hint_labels(scan,
                        report_selector(scan, DIAG_L102, selector, "scope",
                                        "rule matches nothing: nothing with an address is left",
                                        "with the other conditions of this side"));
        }
        return;
    }
    struct things chosen = things_select(arena, &things, selector->tree);
    if (chosen.count > 0) {
        report_without_address(scan, selector, &chosen);
    } else if (!fits_elsewhere(scan, entity)) {
        hint_labels(scan,
                    report_selector(scan, DIAG_L102, selector, "selector",
                                    "rule matches nothing: no endpoint or set meets its selector",
                                    why_nothing(lint, &things, selector->tree, "")));
    }
}

// A negative selector that excludes nothing lets through what it was to stop.
static void check_negative(const struct scan *scan, const struct res_entity *entity)
{
    const struct res_selector *selector = &entity->not_selector;
    if (selector->tree == NULL || things_any(scan->lint->arena, &scan->all, selector->tree)) {
        return;
    }
    hint_labels(scan,
                report_selector(scan, DIAG_L102, selector, "notSelector",
                                "\"notSelector\" excludes nothing: no endpoint or set meets it",
                                why_nothing(scan->lint, &scan->all, selector->tree, "")));
}

// A namespace selector that takes what is in no namespace, without saying global().
static void check_outside(const struct scan *scan, const struct res_entity *entity)
{
    const struct lint *lint = scan->lint;
    const struct sel *tree = entity->namespace_selector.tree;
    if (tree == NULL || sel_is(tree, SEL_GLOBAL)) {
        return;
    }
    const struct sel *sel =
        sel_and(lint->arena, namespace_sel(lint->arena, tree), entity->selector.tree);
    struct things outside = things_select(lint->arena, &scan->addressed_outside, sel);
    if (outside.count == 0) {
        return;
    }
    const struct res_selector *selector = &entity->namespace_selector;
    struct diag *diag = diag_report(lint->diags, DIAG_L105, selector->text.loc,
                                    "namespaceSelector also matches what is in no namespace: %s",
                                    things_text(lint, &outside));
    diag_label(diag, "what has no namespace has no labels of one, so it meets this");
    relate_rule(scan, diag);
    diag_hint(diag, "namespaceSelector: (%s) && has(projectcalico.org/name)", selector->text.text);
    key_field(scan, diag, "namespaceSelector", selector->text.text);
}

// ---- names ----------------------------------------------------------------------------------------------------

static bool check_accounts(const struct scan *scan, const struct res_entity *entity)
{
    bool unknown = false;
    for (size_t i = 0; i < entity->service_account_names.count; i++) {
        const struct res_text *name = &entity->service_account_names.items[i];
        if (strmap_get(scan->accounts, name->text) != NULL) {
            continue;
        }
        unknown = true;
        const char *best = spell_best(name->text, scan->account_names, scan->account_count);
        struct diag *diag = diag_report(scan->lint->diags, DIAG_L107, name->loc,
                                        "no endpoint has the service account \"%s\"", name->text);
        best != NULL ? diag_label(diag, "did you mean \"%s\"?", best)
                     : diag_label(diag, "only endpoints made from a Pod, or with "
                                        "\"serviceAccountName\", have one");
        relate_rule(scan, diag);
        diag_hint(diag, "polc get endpoints %s -l 'has(%s)'", scan->lint->paths,
                  LABEL_SERVICE_ACCOUNT);
        key_field(scan, diag, "serviceAccount", name->text);
    }
    return unknown;
}

static void check_ports(const struct scan *scan, const struct res_ports *ports, bool negative,
                        int32_t set)
{
    const struct lint *lint = scan->lint;
    bool empty = set >= 0 && lint->model->ipsets.items[set].port_count == 0;
    for (size_t i = 0; i < ports->count; i++) {
        const char *name = ports->items[i].name;
        if (name == NULL || (strmap_get(scan->ports, name) != NULL && !empty)) {
            continue;
        }
        bool declared = strmap_get(scan->ports, name) != NULL;
        const char *best = spell_best(name, scan->port_names, scan->port_count);
        struct diag *diag = diag_report(
            lint->diags, DIAG_L104, ports->items[i].loc, "%s port \"%s\"%s",
            declared ? "nothing that the rule selects declares" : "no endpoint declares", name,
            negative ? ", so it excludes nothing" : "");
        if (declared) {
            diag_label(diag, "others do; mind the protocol and the selector of this side");
        } else if (best != NULL) {
            diag_label(diag, "did you mean \"%s\"?", best);
        }
        relate_rule(scan, diag);
        diag_hint(
            diag,
            "write the number, or declare it at the endpoint: ports: [{name: %s, protocol: TCP, port: 80}]",
            name);
        key_field(scan, diag, negative ? "notPorts" : "ports", name);
    }
}

// ---- the walk -------------------------------------------------------------------------------------------------

static void check_side(const struct scan *scan, const struct res_entity *entity,
                       const struct model_side *side)
{
    bool unknown_account = check_accounts(scan, entity);
    bool empty = side->ipset >= 0 && side->domains < 0 &&
                 scan->lint->model->ipsets.items[side->ipset].members.count == 0;
    if (empty && !unknown_account) {
        explain_empty(scan, entity);
    }
    check_negative(scan, entity);
    check_outside(scan, entity);
    if (!empty) {
        check_ports(scan, &entity->ports, false, side->named_ports);
        check_ports(scan, &entity->not_ports, true, side->not_named_ports);
    }
}

static void add_port_names(struct scan *scan, const struct res_endpoint_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        const char *name = ports->items[i].name;
        if (name != NULL && strmap_get(scan->ports, name) == NULL) {
            strmap_put(scan->ports, name, scan);
            scan->port_names[scan->port_count++] = name;
        }
    }
}

// Room for every name, each of which is kept once.
static void collect_names(struct scan *scan)
{
    const struct lint *lint = scan->lint;
    const struct model *model = lint->model;
    size_t ports = 0;
    for (size_t i = 0; i < model->endpoints.count; i++) {
        ports += model->endpoints.items[i].res->ports.count;
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        ports += model->hosts.items[i].res->ports.count;
    }
    scan->port_names = arena_array_of(lint->arena, const char *, ports);
    scan->account_names = arena_array_of(lint->arena, const char *, model->endpoints.count);
    for (size_t i = 0; i < model->endpoints.count; i++) {
        const struct res_workload *workload = model->endpoints.items[i].res;
        const char *account = workload->service_account;
        add_port_names(scan, &workload->ports);
        if (account != NULL && strmap_get(scan->accounts, account) == NULL) {
            strmap_put(scan->accounts, account, scan);
            scan->account_names[scan->account_count++] = account;
        }
    }
    for (size_t i = 0; i < model->hosts.count; i++) {
        add_port_names(scan, &model->hosts.items[i].res->ports);
    }
}

void lint_selectors(const struct lint *lint)
{
    struct scan scan = {
        .lint = lint,
        .all = things_of(lint->arena, lint->model, THING_ANY),
        .accounts = strmap_new(lint->arena),
        .ports = strmap_new(lint->arena),
    };
    const struct sel *in_none = sel_not(lint->arena, sel_has(lint->arena, LABEL_NAMESPACE));
    scan.outside = things_select(lint->arena, &scan.all, in_none);
    things_index(lint->arena, &scan.outside);
    for (size_t i = 0; i < scan.outside.count; i++) {
        if (scan.outside.items[i].addresses) {
            vec_push(lint->arena, &scan.addressed_outside, scan.outside.items[i]);
        }
    }
    collect_names(&scan);
    for (size_t i = 0; i < lint->model->policies.count; i++) {
        scan.policy = &lint->model->policies.items[i];
        for (scan.direction = 0; scan.direction < MODEL_DIRECTIONS && scan.policy->active;
             scan.direction++) {
            for (scan.index = 0; scan.index < scan.policy->rules[scan.direction].count;
                 scan.index++) {
                const struct model_rule *rule =
                    &scan.policy->rules[scan.direction].items[scan.index];
                struct arena_mark mark = arena_mark(lint->arena);
                check_side(&scan, &rule->res->source, &rule->source);
                check_side(&scan, &rule->res->destination, &rule->destination);
                arena_rewind(lint->arena, mark);
            }
        }
    }
}
