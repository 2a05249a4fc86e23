// SPDX-License-Identifier: GPL-2.0-or-later
// Tiers, network sets and endpoints, each alone (semantics.md 1.3, 1.7 to 1.9).
#include "internal.h"

struct built_in_tier {
    const char *name;
    double order;
    const char *action;
    bool may_be_empty;
};

static const struct built_in_tier built_in_tiers[] = {
    {"kube-admin", 1000, "Pass", false},
    {"default", 1000000, "Deny", true},
    {"kube-baseline", 10000000, "Pass", false},
};

static void report_built_in(const struct check *check, const struct built_in_tier *built_in,
                            struct loc loc, const char *what)
{
    struct diag *diag = diag_report(check->diags, DIAG_P050, loc, "the built-in tier \"%s\" has %s",
                                    built_in->name, what);
    diag_hint(diag, "remove the object, or write \"spec: {order: %.0f, defaultAction: %s}\"",
              built_in->order, built_in->action);
}

static void check_built_in(const struct check *check, const struct res_tier *tier,
                           const struct built_in_tier *built_in)
{
    const struct res_text *action = &tier->default_action;
    const char *wanted = arena_printf(check->arena, "order %.0f and no other", built_in->order);
    if (tier->order.present ? tier->order.value != built_in->order : !built_in->may_be_empty) {
        report_built_in(check, built_in, tier->order.present ? tier->order.loc : tier->meta.loc,
                        wanted);
    }
    wanted = arena_printf(check->arena, "defaultAction %s and no other", built_in->action);
    if (action->text != NULL ? strcmp(action->text, built_in->action) != 0
                             : !built_in->may_be_empty) {
        report_built_in(check, built_in, action->text != NULL ? action->loc : tier->meta.loc,
                        wanted);
    }
}

void check_tier(const struct check *check, const struct res_tier *tier)
{
    for (size_t i = 0; i < ARRAY_COUNT(built_in_tiers); i++) {
        if (strcmp(tier->meta.name, built_in_tiers[i].name) == 0) {
            check_built_in(check, tier, &built_in_tiers[i]);
        }
    }
}

void check_netset(const struct check *check, const struct res_netset *netset)
{
    const struct res_meta *meta = &netset->meta;
    for (size_t i = 0; i < meta->label_count; i++) {
        if (strcmp(meta->labels[i].key, "projectcalico.org/namespace") == 0) {
            struct diag *diag = diag_report(check->diags, DIAG_P015, meta->labels[i].key_loc,
                                            "%s cannot carry the label %s",
                                            object_text(check, meta), meta->labels[i].key);
            diag_label(diag, "remove it; polc sets it from the namespace");
        }
    }
    check_domain_names(check, &netset->domains, meta);
}

// Host names, in either letter case. Hints show it in commands that somebody pastes into a shell.
static bool is_node_name(const char *text)
{
    enum { NODE_MAX = 253 };
    static const char legal[] = "_-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return strchr("_-.", text[0]) == NULL && text[strspn(text, legal)] == '\0' &&
           strlen(text) <= NODE_MAX;
}

static void check_node(const struct check *check, const struct res_meta *meta,
                       const struct res_text *node)
{
    if (node->text != NULL && node->text[0] != '\0' && !is_node_name(node->text)) {
        struct diag *diag = diag_report(check->diags, DIAG_P011, node->loc,
                                        "\"%s\" cannot be the name of a node", node->text);
        diag_label(diag, "it may hold only letters, digits, \"-\", \"_\" and \".\"");
    } else if (node->text == NULL || node->text[0] == '\0') {
        struct diag *diag =
            diag_report(check->diags, DIAG_P025, meta->loc, "%s does not say on which node it is",
                        object_text(check, meta));
        diag_hint(diag, "add \"node: NAME\" to its spec, with the name of the host as in --node");
    }
}

void check_host(const struct check *check, const struct res_host *host)
{
    const struct res_meta *meta = &host->meta;
    check_node(check, meta, &host->node);
    if (host->interface_name.loc.line == 0 && host->expected_ips_loc.line == 0) {
        struct diag *diag = diag_report(check->diags, DIAG_P025, meta->loc,
                                        "%s has neither \"interfaceName\" nor \"expectedIPs\"",
                                        object_text(check, meta));
        diag_hint(
            diag,
            "add \"interfaceName: eth0\" to its spec, or \"interfaceName: '*'\" for all interfaces");
    }
    for (size_t i = 0; i < meta->label_count; i++) {
        if (strcmp(meta->labels[i].key, "projectcalico.org/namespace") == 0) {
            struct diag *diag = diag_report(
                check->diags, DIAG_W040, meta->labels[i].key_loc,
                "%s carries the label %s, so NetworkPolicies of namespace \"%s\" select it",
                object_text(check, meta), meta->labels[i].key, meta->labels[i].value);
            diag_label(diag, "a host endpoint is in no namespace; remove it");
        }
    }
}

void check_workload(const struct check *check, const struct res_workload *workload)
{
    const struct res_meta *meta = &workload->meta;
    check_node(check, meta, &workload->node);
    if (workload->interface_name.text != NULL && strcmp(workload->interface_name.text, "lo") == 0) {
        struct diag *diag = diag_report(check->diags, DIAG_P061, workload->interface_name.loc,
                                        "%s cannot be behind \"lo\"", object_text(check, meta));
        diag_label(diag, "the loopback interface is the host's own and never policed");
    }
    if (workload->addresses.count == 0 && workload->addresses_loc.line == 0) {
        struct diag *diag =
            diag_report(check->diags, DIAG_W003, meta->loc, "%s has no address and is ignored",
                        object_text(check, meta));
        diag_hint(diag, "add \"ipNetworks: [ADDRESS/32]\" to its spec");
    }
}
