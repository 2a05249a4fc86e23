// SPDX-License-Identifier: GPL-2.0-or-later
// Rules: the tables of a rule, of its two sides and of what stands in them (semantics.md 1.5).
#include "rule.h"
#include "names.h"

enum { MAX_ICMP_TYPE = 254, MAX_ICMP_CODE = 255 };

static const char *const action_words[] = {"Allow", "Deny", "Log", "Pass"};
_Static_assert(ARRAY_COUNT(action_words) == RES_ACTION_COUNT, "in the order of enum res_action");

static void rule_action(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    static const struct words words = WORDS(action_words);
    (void)arg;
    struct res_rule *rule = target;
    rule->action_loc = node->loc;
    int action = scalar_word(decoder, node, &words);
    if (action >= 0) {
        rule->action = (uint8_t)action;
    }
}

static void rule_ip_version(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    (void)arg;
    struct res_rule *rule = target;
    long version;
    rule->ip_version_loc = node->loc;
    if (!scalar_integer(decoder, node, 0, 255, &version)) {
        return;
    }
    if (version == IP_V4 || version == IP_V6) {
        rule->ip_version = (uint8_t)version;
        return;
    }
    diag_report(decoder->diags, DIAG_P022, node->loc, "\"ipVersion\" is 4 or 6, not %ld", version);
}

static void icmp_type(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)arg;
    long type;
    if (scalar_integer(decoder, node, 0, MAX_ICMP_TYPE, &type)) {
        ((struct res_icmp *)target)->type = (int16_t)type;
    }
}

static void icmp_code(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)arg;
    long code;
    if (scalar_integer(decoder, node, 0, MAX_ICMP_CODE, &code)) {
        ((struct res_icmp *)target)->code = (int16_t)code;
    }
}

void field_icmp(struct res_decoder *decoder, const struct node *node, void *target, const void *arg)
{
    static const struct field rows[] = {
        {"type", icmp_type, 0, NULL},
        {"code", icmp_code, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct res_icmp *icmp = target;
    *icmp = (struct res_icmp){.present = true, .type = -1, .code = -1, .loc = node->loc};
    decode_map(decoder, node, &fields, icmp);
}

static void service_accounts(struct res_decoder *decoder, const struct node *node, void *target,
                             const void *arg)
{
    static const struct field rows[] = {
        {"names", field_names, offsetof(struct res_entity, service_account_names), NULL},
        {"selector", field_selector, offsetof(struct res_entity, service_account_selector), NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct res_entity *entity = target;
    entity->has_service_accounts = true;
    decode_map(decoder, node, &fields, entity);
}

static void services(struct res_decoder *decoder, const struct node *node, void *target,
                     const void *arg)
{
    static const struct field rows[] = {
        {"name", field_text, offsetof(struct res_entity, service_name), NULL},
        {"namespace", field_text, offsetof(struct res_entity, service_namespace), NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct res_entity *entity = target;
    entity->has_services = true;
    entity->services_loc = node->loc;
    decode_map(decoder, node, &fields, entity);
}

static void entity_nets(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    struct res_entity *entity = target;
    entity->nets_loc = node->loc;
    field_nets(decoder, node, &entity->nets, arg);
}

static void entity_not_nets(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    struct res_entity *entity = target;
    entity->not_nets_loc = node->loc;
    field_nets(decoder, node, &entity->not_nets, arg);
}

static void entity_domains(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    struct res_entity *entity = target;
    entity->domains_loc = node->loc;
    field_names(decoder, node, &entity->domains, arg);
}

static void rule_entity(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    static const struct field rows[] = {
        {"nets", entity_nets, 0, &net_strict},
        {"notNets", entity_not_nets, 0, &net_strict},
        {"selector", field_selector, offsetof(struct res_entity, selector), NULL},
        {"notSelector", field_selector, offsetof(struct res_entity, not_selector), NULL},
        {"namespaceSelector", field_selector, offsetof(struct res_entity, namespace_selector),
         NULL},
        {"ports", field_ports, offsetof(struct res_entity, ports), NULL},
        {"notPorts", field_ports, offsetof(struct res_entity, not_ports), NULL},
        {"serviceAccounts", service_accounts, 0, NULL},
        {"services", services, 0, NULL},
        {"domains", entity_domains, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct res_entity *entity = target;
    entity->present = true;
    entity->loc = node->loc;
    decode_map(decoder, node, &fields, entity);
}

// Whether it is refused is for the validator to say; what is in it does not matter to polc.
static void rule_http(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)decoder;
    (void)arg;
    struct res_rule *rule = target;
    rule->has_http = true;
    rule->http_loc = node->key_loc;
}

static void rule_annotations(struct res_decoder *decoder, const struct node *node, void *target,
                             const void *arg)
{
    (void)target;
    (void)arg;
    decode_annotations(decoder, node);
}

static const struct field metadata_rows[] = {{"annotations", rule_annotations, 0, NULL}};
static const struct fields metadata_fields = FIELDS(metadata_rows);

static const struct field rule_rows[] = {
    {"action", rule_action, 0, NULL},
    {"ipVersion", rule_ip_version, 0, NULL},
    {"protocol", field_protocol, offsetof(struct res_rule, protocol), NULL},
    {"notProtocol", field_protocol, offsetof(struct res_rule, not_protocol), NULL},
    {"icmp", field_icmp, offsetof(struct res_rule, icmp), NULL},
    {"notICMP", field_icmp, offsetof(struct res_rule, not_icmp), NULL},
    {"source", rule_entity, offsetof(struct res_rule, source), NULL},
    {"destination", rule_entity, offsetof(struct res_rule, destination), NULL},
    {"http", rule_http, 0, NULL},
    {"metadata", field_map, 0, &metadata_fields},
};
static const struct fields rule_fields = FIELDS(rule_rows);

static void rule_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)arg;
    struct res_rules *rules = target;
    struct res_rule rule = {.icmp = {.type = -1, .code = -1}, .not_icmp = {.type = -1, .code = -1}};
    rule.loc = node->type == NODE_MAP && node->first != NULL ? node->first->key_loc : node->loc;
    if (!decode_map(decoder, node, &rule_fields, &rule)) {
        return;
    }
    if (rule.action_loc.line == 0) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P030, rule.loc,
                                        "a rule without an action in %s", object_name(decoder));
        diag_hint(diag, "add \"action: Allow\", or Deny, Pass or Log, to the rule");
    }
    vec_push(decoder->arena, rules, rule);
}

void field_rules(struct res_decoder *decoder, const struct node *node, void *target,
                 const void *arg)
{
    struct res_rules *rules = target;
    rules->present = true;
    rules->loc = node->loc;
    vec_expect(decoder, rules, node);
    decode_list(decoder, node, MAX_RULES, rule_item, rules, arg);
}
