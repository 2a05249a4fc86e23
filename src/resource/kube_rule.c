// SPDX-License-Identifier: GPL-2.0-or-later
// One rule of a Kubernetes NetworkPolicy -> Allow rules of Calico: (protocol with its ports) x
// (peers), protocols by their text, inside that peers in order (semantics.md 7.3). Ports are always
// destination ports.
#include "kube_rule.h"
#include "kube_selector.h"

// Sorted by text, as the rules come out.
static const char *const protocol_words[] = {"SCTP", "TCP", "UDP"};
static const uint8_t protocol_numbers[] = {PROTO_SCTP, PROTO_TCP, PROTO_UDP};
enum { PROTOCOLS = ARRAY_COUNT(protocol_words), DEFAULT_PROTOCOL = 1 };

struct port_group {
    bool present, all; // all: an entry without a port
    struct res_ports ports;
    struct loc loc;
};

struct kube_rule {
    struct port_group groups[PROTOCOLS];
    bool has_ports, dropped;
    struct {
        VEC_FIELDS(struct res_entity);
    } peers;
};

struct kube_port {
    struct res_text protocol;
    struct res_port port;
    bool has_port;
    long end; // 0: none
};

static void port_value(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    (void)arg;
    struct kube_port *port = target;
    port->has_port = parse_port(decoder, node, &port->port);
    if (port->has_port && port->port.min != port->port.max) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P032, node->loc,
                                        "Kubernetes has no range \"%s\"", node->text);
        diag_label(diag, "write \"port: %u\" and \"endPort: %u\"", port->port.min, port->port.max);
    }
}

static void port_end(struct res_decoder *decoder, const struct node *node, void *target,
                     const void *arg)
{
    (void)arg;
    scalar_integer(decoder, node, 1, 65535, &((struct kube_port *)target)->end);
}

static uint8_t group_index(const char *protocol)
{
    for (uint8_t i = 0; protocol != NULL && i < PROTOCOLS; i++) {
        if (strcmp(protocol, protocol_words[i]) == 0) {
            return i;
        }
    }
    return DEFAULT_PROTOCOL;
}

// Calico cannot express it and drops the rule; the pods stay isolated, and so it is here.
static void drop_rule(struct res_decoder *decoder, const struct node *node, struct kube_rule *rule,
                      const char *why)
{
    struct diag *diag = diag_report(decoder->diags, DIAG_W007, node->loc,
                                    "this rule of %s never matches", object_name(decoder));
    diag_label(diag, "%s", why);
    rule->dropped = true;
}

static void add_port(struct res_decoder *decoder, const struct node *node, struct kube_rule *rule,
                     const struct kube_port *port)
{
    struct port_group *group = &rule->groups[group_index(port->protocol.text)];
    group->present = true;
    group->loc = node->loc;
    if (!port->has_port) {
        group->all = true;
        return;
    }
    struct res_port entry = port->port;
    if (port->end != 0 && (entry.name != NULL || port->end < entry.min)) {
        drop_rule(decoder, node, rule,
                  entry.name != NULL ? "a named port cannot have an \"endPort\""
                                     : "\"endPort\" is below \"port\"");
        return;
    }
    entry.max = port->end != 0 ? (uint16_t)port->end : entry.max;
    vec_push(decoder->arena, &group->ports, entry);
}

static void port_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    static const struct words words = WORDS(protocol_words);
    static const struct field rows[] = {
        {"protocol", field_word, offsetof(struct kube_port, protocol), &words},
        {"port", port_value, 0, NULL},
        {"endPort", port_end, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct kube_rule *rule = target;
    struct kube_port port = {0};
    rule->has_ports = true;
    if (!decode_map(decoder, node, &fields, &port)) {
        return;
    }
    if (port.end != 0 && !port.has_port) {
        diag_report(decoder->diags, DIAG_P025, node->loc, "\"endPort\" needs \"port\" in %s",
                    object_name(decoder));
    }
    add_port(decoder, node, rule, &port);
}

static void rule_ports(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    decode_list(decoder, node, 0, port_item, target, arg);
}

static void block_cidr(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    (void)arg;
    struct res_entity *peer = target;
    struct res_net net;
    peer->nets_loc = node->loc;
    if (scalar_string(decoder, node) &&
        parse_net(decoder, node->text, node->loc, NET_MASKED, &net)) {
        vec_push(decoder->arena, &peer->nets, net);
    }
}

static void block_except(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    struct res_entity *peer = target;
    peer->not_nets_loc = node->loc;
    field_nets(decoder, node, &peer->not_nets, arg);
}

// "except" takes a part away, so it must be inside.
static void check_block(struct res_decoder *decoder, const struct node *node,
                        const struct res_entity *peer)
{
    if (node_get(node, "cidr") == NULL) {
        diag_report(decoder->diags, DIAG_P025, node->loc, "%s needs \"cidr\" in %s",
                    field_name(decoder), object_name(decoder));
    }
    for (size_t i = 0; peer->nets.count > 0 && i < peer->not_nets.count; i++) {
        struct cidr inner = peer->not_nets.items[i].cidr, outer = peer->nets.items[0].cidr;
        if (!cidr_contains(outer, inner) || inner.bits == outer.bits) {
            struct diag *diag = diag_report(decoder->diags, DIAG_P058, peer->not_nets.items[i].loc,
                                            "\"except\" must lie inside \"cidr\" and be smaller");
            diag_related(diag, peer->nets_loc, "the block");
        }
    }
}

static void peer_block(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    static const struct field rows[] = {
        {"cidr", block_cidr, 0, NULL},
        {"except", block_except, 0, &net_relaxed},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    if (decode_map(decoder, node, &fields, target)) {
        check_block(decoder, node, target);
    }
}

static const struct field peer_rows[] = {
    {"podSelector", field_pod_selector, offsetof(struct res_entity, selector), NULL},
    {"namespaceSelector", field_namespace_selector, offsetof(struct res_entity, namespace_selector),
     NULL},
    {"ipBlock", peer_block, 0, NULL},
};
static const struct fields peer_fields = FIELDS(peer_rows);

static void peer_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)arg;
    struct kube_rule *rule = target;
    struct res_entity peer = {.present = true, .loc = node->loc};
    if (!decode_map(decoder, node, &peer_fields, &peer)) {
        return;
    }
    bool selects = peer.selector.tree != NULL || peer.namespace_selector.tree != NULL;
    bool block = node_get(node, "ipBlock") != NULL;
    if (selects == block) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_P057, node->loc, "%s %s", field_name(decoder),
                        block ? "has an ipBlock and a selector" : "is an empty peer");
        diag_label(diag, "%s",
                   block ? "make two peers of it"
                         : "write \"podSelector: {}\" for all pods of the namespace");
        return;
    }
    if (selects && peer.selector.tree == NULL) {
        peer.selector = all_pods(decoder, node->loc);
    }
    vec_push(decoder->arena, &rule->peers, peer);
}

static void rule_peers(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    decode_list(decoder, node, 0, peer_item, target, arg);
}

static const struct field ingress_rows[] = {{"ports", rule_ports, 0, NULL},
                                            {"from", rule_peers, 0, NULL}};
static const struct field egress_rows[] = {{"ports", rule_ports, 0, NULL},
                                           {"to", rule_peers, 0, NULL}};
static const struct fields rule_fields[] = {
    [KUBE_INGRESS] = FIELDS(ingress_rows),
    [KUBE_EGRESS] = FIELDS(egress_rows),
};

static void add_rule(struct res_decoder *decoder, struct res_rules *rules, struct loc loc,
                     enum kube_direction direction, int protocol, const struct port_group *group,
                     const struct res_entity *peer)
{
    struct res_rule rule = {.action = RES_ALLOW, .loc = loc, .action_loc = loc};
    rule.icmp = rule.not_icmp = (struct res_icmp){.type = -1, .code = -1};
    if (peer != NULL) {
        *(direction == KUBE_INGRESS ? &rule.source : &rule.destination) = *peer;
    }
    if (protocol >= 0) {
        rule.protocol = (struct res_protocol){protocol_numbers[protocol], true, group->loc};
        rule.destination.ports = group->all ? (struct res_ports){0} : group->ports;
    }
    vec_push(decoder->arena, rules, rule);
}

static void add_peers(struct res_decoder *decoder, struct res_rules *rules, struct loc loc,
                      enum kube_direction direction, const struct kube_rule *kube, int protocol)
{
    const struct port_group *group = protocol >= 0 ? &kube->groups[protocol] : NULL;
    if (kube->peers.count == 0) {
        add_rule(decoder, rules, loc, direction, protocol, group, NULL);
    }
    for (size_t i = 0; i < kube->peers.count; i++) {
        add_rule(decoder, rules, loc, direction, protocol, group, &kube->peers.items[i]);
    }
}

static void rule_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    enum kube_direction direction = *(const enum kube_direction *)arg;
    struct kube_rules *rules = target;
    struct kube_rule kube = {0};
    rules->written++;
    if (!decode_map(decoder, node, &rule_fields[direction], &kube) || kube.dropped) {
        return;
    }
    struct loc loc = node->first != NULL ? node->first->key_loc : node->loc;
    if (!kube.has_ports) {
        add_peers(decoder, &rules->rules, loc, direction, &kube, -1);
    }
    for (int i = 0; i < PROTOCOLS; i++) {
        if (kube.groups[i].present) {
            add_peers(decoder, &rules->rules, loc, direction, &kube, i);
        }
    }
}

void field_kube_rules(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    struct kube_rules *rules = target;
    rules->rules.present = true;
    rules->rules.loc = node->loc;
    decode_list(decoder, node, 0, rule_item, target, arg);
}
