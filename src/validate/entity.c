// SPDX-License-Identifier: GPL-2.0-or-later
// One side of a rule: what excludes what (semantics.md 1.5, numbers 10 to 13 and 15).
#include "internal.h"

static const char *side_text(bool destination)
{
    return destination ? "destination" : "source";
}

static void check_not_nets(const struct check *check, const struct res_entity *entity,
                           const struct rule_place *place)
{
    for (size_t i = 0; i < entity->not_nets.count; i++) {
        const struct res_net *net = &entity->not_nets.items[i];
        if (net->cidr.bits == 0) {
            struct diag *diag = diag_report(check->diags, DIAG_P045, net->loc,
                                            "\"notNets\" excludes every address");
            diag_label(diag, "%s could never match", rule_text(check, place));
        }
    }
}

// "global()" alone, with any blanks.
static bool is_global_alone(const char *text)
{
    static const char wanted[] = "global()";
    const char *next = wanted;
    for (; *text != '\0'; text++) {
        if (strchr(" \t\n", *text) == NULL && *text != *next++) {
            return false;
        }
    }
    return *next == '\0';
}

static void check_selectors(const struct check *check, const struct res_entity *entity,
                            const struct rule_place *place)
{
    check_not_global(check, &entity->selector, "\"selector\" of a rule", place->meta);
    const struct res_text *text = &entity->namespace_selector.text;
    if (text->text == NULL || strstr(text->text, "global(") == NULL ||
        is_global_alone(text->text)) {
        return;
    }
    struct diag *diag = diag_report(check->diags, DIAG_V003, text->loc,
                                    "\"global()\" must stand alone in \"namespaceSelector\"");
    diag_related(diag, entity->loc, "in %s", rule_text(check, place));
    diag_hint(diag,
              "write \"namespaceSelector: global()\", and the other conditions into \"selector\"");
}

// What cannot stand beside "services"; NULL when nothing of it is there.
static const char *excluded_by_services(const struct res_entity *entity, bool destination)
{
    const struct {
        const char *field;
        bool there;
    } fields[] = {
        {"nets", entity->nets.count > 0},
        {"notNets", entity->not_nets.count > 0},
        {"selector", entity->selector.tree != NULL},
        {"notSelector", entity->not_selector.tree != NULL},
        {"namespaceSelector", entity->namespace_selector.tree != NULL},
        {"serviceAccounts", entity->has_service_accounts},
        {"ports", destination && entity->ports.count > 0},
        {"notPorts", destination && entity->not_ports.count > 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        if (fields[i].there) {
            return fields[i].field;
        }
    }
    return NULL;
}

static bool is_empty(const struct res_text *text)
{
    return text->text == NULL || text->text[0] == '\0';
}

const char *services_problem(const struct check *check, const struct res_entity *entity,
                             bool destination, const struct rule_place *place)
{
    if (destination != place->egress) {
        return arena_printf(check->arena, "\"services\" cannot stand in the %s of an %s rule",
                            side_text(destination), place->egress ? "egress" : "ingress");
    }
    if (is_empty(&entity->service_name)) {
        return "\"services\" needs a \"name\"";
    }
    if (place->global && is_empty(&entity->service_namespace)) {
        return "\"services\" needs a \"namespace\" in a global policy";
    }
    const char *field = excluded_by_services(entity, destination);
    return field == NULL
               ? NULL
               : arena_printf(check->arena,
                              "\"services\" and \"%s\" cannot stand on one side of a rule", field);
}

static void check_services(const struct check *check, const struct res_entity *entity,
                           bool destination, const struct rule_place *place)
{
    if (!entity->has_services) {
        return;
    }
    const char *problem = services_problem(check, entity, destination, place);
    if (problem == NULL) {
        return;
    }
    struct diag *diag = diag_report(check->diags, DIAG_P048, entity->services_loc, "%s", problem);
    diag_related(diag, entity->loc, "the %s of %s", side_text(destination),
                 rule_text(check, place));
}

// Calico rules out "nets" and "selector". The others would ask for an endpoint or a set of the input that has such a name
// besides: nothing, most often, and not what anybody means.
static const char *excluded_by_domains(const struct res_entity *entity)
{
    const struct {
        const char *field;
        bool there;
    } fields[] = {
        {"nets", entity->nets.count > 0},
        {"selector", entity->selector.tree != NULL},
        {"notSelector", entity->not_selector.tree != NULL},
        {"namespaceSelector", entity->namespace_selector.tree != NULL},
        {"serviceAccounts", entity->has_service_accounts},
        {"services", entity->has_services},
    };
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        if (fields[i].there) {
            return fields[i].field;
        }
    }
    return NULL;
}

// The port that endpoints declare under a name stands for their addresses, which the names of a domain are not about.
static const struct res_port *named_port(const struct res_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        if (ports->items[i].name != NULL) {
            return &ports->items[i];
        }
    }
    return NULL;
}

struct domains_problem {
    const char *text, *hint;
};

static struct domains_problem domains_problem(const struct check *check,
                                              const struct res_rule *rule,
                                              const struct res_entity *entity, bool destination,
                                              const struct rule_place *place)
{
    if (!destination || !place->egress) {
        return (struct domains_problem){
            "\"domains\" stands only in the destination of egress rules",
            "a name says where a connection goes, not where it comes from"};
    }
    if (rule->action != RES_ALLOW) {
        return (struct domains_problem){
            "\"domains\" stands only in rules with action Allow",
            "nobody knows all addresses of a name; allow those that are wanted, and the end of the tier denies the others"};
    }
    const struct res_port *port = named_port(&entity->ports);
    if (port != NULL) {
        return (struct domains_problem){
            arena_printf(check->arena,
                         "\"domains\" and the named port \"%s\" cannot stand on one side of a rule",
                         port->name),
            "a named port stands for the addresses of endpoints that declare it; write its number"};
    }
    const char *field = excluded_by_domains(entity);
    return field == NULL
               ? (struct domains_problem){0}
               : (struct domains_problem){
                     arena_printf(check->arena,
                                  "\"domains\" and \"%s\" cannot stand on one side of a rule",
                                  field),
                     arena_printf(check->arena,
                                  "make two rules of it, one with \"domains\" and one with \"%s\"",
                                  field)};
}

static void check_domains(const struct check *check, const struct res_rule *rule, bool destination,
                          const struct rule_place *place)
{
    const struct res_entity *entity = destination ? &rule->destination : &rule->source;
    if (entity->domains.count == 0) {
        return;
    }
    check_domain_names(check, &entity->domains, place->meta);
    struct domains_problem problem = domains_problem(check, rule, entity, destination, place);
    if (problem.text == NULL) {
        return;
    }
    struct diag *diag =
        diag_report(check->diags, DIAG_P049, entity->domains_loc, "%s", problem.text);
    diag_related(diag, rule->loc, "%s starts here", rule_text(check, place));
    diag_hint(diag, "%s", problem.hint);
}

void check_entity(const struct check *check, const struct res_rule *rule, bool destination,
                  const struct rule_place *place)
{
    const struct res_entity *entity = destination ? &rule->destination : &rule->source;
    if (!entity->present) {
        return;
    }
    check_not_nets(check, entity, place);
    check_selectors(check, entity, place);
    check_services(check, entity, destination, place);
    check_domains(check, rule, destination, place);
}
