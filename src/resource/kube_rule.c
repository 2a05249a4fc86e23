// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of a Kubernetes NetworkPolicy -> Allow rules of Calico (semantics.md 7.3).
#include "kube_rule.h"
#include "kube_selector.h"

struct kube_rule {
    struct kube_ports ports;
    struct kube_peers peers;
    bool dropped;
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
    static const char label[] = "write its ends as \"port\" and \"endPort\"";
    port->has_port = parse_single_port(decoder, node, label, &port->port);
}

static void port_end(struct res_decoder *decoder, const struct node *node, void *target,
                     const void *arg)
{
    (void)arg;
    scalar_integer(decoder, node, 1, 65535, &((struct kube_port *)target)->end);
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
    enum kube_protocol protocol = kube_protocol(port->protocol.text);
    if (!port->has_port) {
        kube_ports_add(decoder, &rule->ports, protocol, NULL, node->loc);
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
    kube_ports_add(decoder, &rule->ports, protocol, &entry, node->loc);
}

static void port_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    static const struct field rows[] = {
        {"protocol", field_word, offsetof(struct kube_port, protocol), &kube_protocol_words},
        {"port", port_value, 0, NULL},
        {"endPort", port_end, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct kube_rule *rule = target;
    struct kube_port port = {0};
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
    if (!is_set(node, "cidr")) {
        report_missing(decoder, node->loc, "cidr");
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
        {"except", block_except, 0, &net_masked},
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
    bool block = is_set(node, "ipBlock");
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
    struct res_rule head = {.action = RES_ALLOW, .loc = loc, .action_loc = loc};
    kube_expand(decoder, &head, direction, &kube.ports, &kube.peers, &rules->rules);
}

void field_kube_rules(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    struct kube_rules *rules = target;
    rules->rules.present = true;
    rules->rules.loc = node->loc;
    decode_list(decoder, node, 0, rule_item, target, arg);
}
