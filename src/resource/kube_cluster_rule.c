// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of a cluster-wide policy -> rules of Calico (semantics.md 7.7). One that polc cannot match is never left out in
// a way that opens: a rule that denies or passes denies everything, one that accepts accepts nothing.
#include "kube_cluster.h"

static const char *const cluster_actions[] = {"Accept", "Deny", "Pass"};
static const char *const admin_actions[] = {"Allow", "Deny", "Pass"};
static const char *const baseline_actions[] = {"Allow", "Deny"};
static const uint8_t actions[] = {RES_ALLOW, RES_DENY, RES_PASS};

void set_unusable(struct cluster_rule *rule, struct loc loc, const char *why)
{
    if (rule->unusable == NULL) {
        rule->unusable = why;
        rule->unusable_loc = loc;
    }
}

static void rule_action(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    (void)arg;
    struct cluster_rule *rule = target;
    int action = scalar_word(decoder, node, &rule->kind->actions);
    if (action >= 0) {
        rule->head.action = actions[action];
    }
    rule->head.action_loc = node->loc;
}

static size_t character_count(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

// A name is for people; polc names rules by their number and place.
static void rule_name(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)target;
    (void)arg;
    if (scalar_string(decoder, node) && character_count(node->text) > MAX_CLUSTER_RULE_NAME) {
        diag_report(decoder->diags, DIAG_P026, node->loc,
                    "%s has %zu characters; %d are allowed in %s", field_name(decoder),
                    character_count(node->text), MAX_CLUSTER_RULE_NAME, object_name(decoder));
    }
}

// clang-format off
#define HEAD_ROWS                                                                                  \
    {"name", rule_name, 0, NULL},                                                                  \
    {"action", rule_action, 0, NULL}
// clang-format on

static const struct field cluster_ingress[] = {HEAD_ROWS,
                                               {"from", field_cluster_peers, 0, NULL},
                                               {"protocols", field_cluster_protocols, 0, NULL}};
static const struct field cluster_egress[] = {HEAD_ROWS,
                                              {"to", field_cluster_peers, 0, NULL},
                                              {"protocols", field_cluster_protocols, 0, NULL}};
static const struct field admin_ingress[] = {
    HEAD_ROWS, {"from", field_cluster_peers, 0, NULL}, {"ports", field_admin_ports, 0, NULL}};
static const struct field admin_egress[] = {
    HEAD_ROWS, {"to", field_cluster_peers, 0, NULL}, {"ports", field_admin_ports, 0, NULL}};

static const struct fields cluster_fields[] = {
    [KUBE_INGRESS] = FIELDS(cluster_ingress), [KUBE_EGRESS] = FIELDS(cluster_egress)};
static const struct fields admin_fields[] = {
    [KUBE_INGRESS] = FIELDS(admin_ingress), [KUBE_EGRESS] = FIELDS(admin_egress)};

const struct cluster_kind cluster_kind = {
    WORDS(cluster_actions),
    25,
    25,
    25,
    {&cluster_fields[KUBE_INGRESS], &cluster_fields[KUBE_EGRESS]}};
const struct cluster_kind admin_kind = {
    WORDS(admin_actions), 100, 100, 100, {&admin_fields[KUBE_INGRESS], &admin_fields[KUBE_EGRESS]}};
const struct cluster_kind baseline_kind = {
    WORDS(baseline_actions),
    100,
    100,
    100,
    {&admin_fields[KUBE_INGRESS], &admin_fields[KUBE_EGRESS]}};

static bool check_rule(struct res_decoder *decoder, const struct node *node,
                       const struct cluster_rule *rule)
{
    const char *peers = rule->direction == KUBE_INGRESS ? "from" : "to";
    const char *missing = !is_set(node, "action") ? "action" : !is_set(node, peers) ? peers : NULL;
    if (missing != NULL) {
        report_missing(decoder, rule->head.loc, missing);
        return false;
    }
    if (rule->named_port_loc.line != 0 && rule->network_loc.line != 0) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P057, rule->named_port_loc,
                                        "only pods have named ports, in %s", object_name(decoder));
        diag_related(diag, rule->network_loc, "this peer has none");
        return false;
    }
    return true;
}

// What opens nothing: an Accept that never matches, else a Deny that always does.
static void fail_closed(struct res_decoder *decoder, const struct cluster_rule *rule,
                        struct res_rules *rules)
{
    bool allow = rule->head.action == RES_ALLOW;
    const char *direction = rule->direction == KUBE_INGRESS ? "ingress" : "egress";
    struct diag *diag =
        allow ? diag_report(decoder->diags, DIAG_W007, rule->unusable_loc,
                            "this rule of %s never matches", object_name(decoder))
              : diag_report(decoder->diags, DIAG_W020, rule->unusable_loc,
                            "this rule of %s denies all %s", object_name(decoder), direction);
    diag_label(diag, "%s", rule->unusable);
    if (!allow) {
        struct res_rule deny = {
            .action = RES_DENY, .loc = rule->head.loc, .action_loc = rule->head.action_loc};
        deny.icmp = deny.not_icmp = (struct res_icmp){.type = -1, .code = -1};
        vec_push(decoder->arena, rules, deny);
    }
}

static void rule_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)arg;
    struct cluster_rules *list = target;
    struct cluster_rule rule = {.kind = list->kind, .direction = list->direction};
    rule.head.loc =
        node->type == NODE_MAP && node->first != NULL ? node->first->key_loc : node->loc;
    if (!decode_map(decoder, node, list->kind->rule_fields[list->direction], &rule) ||
        !check_rule(decoder, node, &rule)) {
        return;
    }
    if (rule.unusable != NULL) {
        fail_closed(decoder, &rule, &list->rules);
    } else {
        kube_expand(decoder, &rule.head, rule.direction, &rule.ports, &rule.peers, &list->rules);
    }
}

void field_cluster_rules(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    struct cluster_rules *list = target;
    list->rules.present = true;
    list->rules.loc = node->loc;
    decode_list(decoder, node, list->kind->max_rules, rule_item, list, arg);
}
