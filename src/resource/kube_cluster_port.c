// SPDX-License-Identifier: GPL-2.0-or-later
// Protocols and ports of a cluster-wide policy, in the two forms that they have had (semantics.md 7.7, 7.8).
#include "kube_cluster.h"

struct port_ends {
    struct res_text protocol; // NULL: TCP
    long start, end;          // 0: absent
};

static void port_number(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    (void)arg;
    scalar_integer(decoder, node, 1, 65535, target);
}

static void add_range(struct res_decoder *decoder, const struct node *node,
                      struct cluster_rule *rule, enum kube_protocol protocol,
                      const struct port_ends *range)
{
    if (range->start > range->end) {
        set_unusable(rule, node->loc, "the range ends before it begins");
        return;
    }
    struct res_port port = {
        .min = (uint16_t)range->start, .max = (uint16_t)range->end, .loc = node->loc};
    kube_ports_add(decoder, &rule->ports, protocol, &port, node->loc);
}

static bool has_both_ends(struct res_decoder *decoder, const struct node *node)
{
    const char *missing = !is_set(node, "start") ? "start" : !is_set(node, "end") ? "end" : NULL;
    if (missing != NULL) {
        report_missing(decoder, node->loc, missing);
    }
    return missing == NULL;
}

// The name of a port, which any protocol may have.
static void named_port(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    (void)arg;
    struct cluster_rule *rule = target;
    struct res_port port;
    if (!parse_port(decoder, node, &port)) {
        return;
    }
    if (port.name == NULL) {
        struct diag *diag = diag_report(decoder->diags, DIAG_P033, node->loc,
                                        "\"%s\" is not the name of a port", node->text);
        diag_label(diag, "a name has 1 to 15 of a-z, 0-9 and \"-\", and at least one letter");
        return;
    }
    rule->named_port_loc = node->loc;
    kube_ports_add(decoder, &rule->ports, KUBE_ANY, &port, node->loc);
}

// ---- ClusterNetworkPolicy: {tcp: {destinationPort: {number}}} -----------------------------------------------------

struct protocol_entry {
    struct cluster_rule *rule;
    enum kube_protocol protocol;
    bool has_port;
};

static void entry_number(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    (void)arg;
    struct protocol_entry *entry = target;
    struct port_ends range = {0};
    if (scalar_integer(decoder, node, 1, 65535, &range.start)) {
        range.end = range.start;
        add_range(decoder, node, entry->rule, entry->protocol, &range);
    }
}

static void entry_range(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    static const struct field rows[] = {
        {"start", port_number, offsetof(struct port_ends, start), NULL},
        {"end", port_number, offsetof(struct port_ends, end), NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct protocol_entry *entry = target;
    struct port_ends range = {0};
    if (decode_map(decoder, node, &fields, &range) && has_both_ends(decoder, node)) {
        add_range(decoder, node, entry->rule, entry->protocol, &range);
    }
}

static void entry_port(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    static const struct field rows[] = {
        {"number", entry_number, 0, NULL},
        {"range", entry_range, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    ((struct protocol_entry *)target)->has_port = true;
    if (decode_map(decoder, node, &fields, target)) {
        check_one_of(decoder, node, "a port");
    }
}

static void entry_protocol(struct res_decoder *decoder, const struct node *node, void *target,
                           const void *arg)
{
    static const struct field rows[] = {{"destinationPort", entry_port, 0, NULL}};
    static const struct fields fields = FIELDS(rows);
    struct protocol_entry entry = {target, *(const enum kube_protocol *)arg, false};
    if (decode_map(decoder, node, &fields, &entry) && !entry.has_port) {
        kube_ports_add(decoder, &entry.rule->ports, entry.protocol, NULL, node->loc);
    }
}

static void protocol_item(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    static const enum kube_protocol sctp = KUBE_SCTP, tcp = KUBE_TCP, udp = KUBE_UDP;
    static const struct field rows[] = {
        {"tcp", entry_protocol, 0, &tcp},
        {"udp", entry_protocol, 0, &udp},
        {"sctp", entry_protocol, 0, &sctp},
        {"destinationNamedPort", named_port, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct cluster_rule *rule = target;
    if (!decode_map(decoder, node, &fields, rule)) {
        return;
    }
    if (node->size == 0) { // Calico reads it as everything; a cluster refuses it
        kube_ports_add(decoder, &rule->ports, KUBE_ANY, NULL, node->loc);
    } else {
        check_one_of(decoder, node, "an entry");
    }
}

void field_cluster_protocols(struct res_decoder *decoder, const struct node *node, void *target,
                             const void *arg)
{
    struct cluster_rule *rule = target;
    decode_list(decoder, node, rule->kind->max_ports, protocol_item, rule, arg);
    if (node->type == NODE_LIST && node->size == 0) {
        diag_report(decoder->diags, DIAG_P025, node->loc, "%s is empty in %s", field_name(decoder),
                    object_name(decoder));
    }
}

// ---- AdminNetworkPolicy: {portNumber: {protocol, port}} -----------------------------------------------------------

static void admin_number(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    static const struct field rows[] = {
        {"protocol", field_word, offsetof(struct port_ends, protocol), &kube_protocol_words},
        {"port", port_number, offsetof(struct port_ends, start), NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct port_ends range = {0};
    if (!decode_map(decoder, node, &fields, &range)) {
        return;
    }
    if (!is_set(node, "port")) {
        report_missing(decoder, node->loc, "port");
        return;
    }
    range.end = range.start;
    add_range(decoder, node, target, kube_protocol(range.protocol.text), &range);
}

static void admin_range(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    static const struct field rows[] = {
        {"protocol", field_word, offsetof(struct port_ends, protocol), &kube_protocol_words},
        {"start", port_number, offsetof(struct port_ends, start), NULL},
        {"end", port_number, offsetof(struct port_ends, end), NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    struct port_ends range = {0};
    if (decode_map(decoder, node, &fields, &range) && has_both_ends(decoder, node)) {
        add_range(decoder, node, target, kube_protocol(range.protocol.text), &range);
    }
}

static void admin_item(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    static const struct field rows[] = {
        {"portNumber", admin_number, 0, NULL},
        {"portRange", admin_range, 0, NULL},
        {"namedPort", named_port, 0, NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    if (decode_map(decoder, node, &fields, target)) {
        check_one_of(decoder, node, "an entry");
    }
}

void field_admin_ports(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    struct cluster_rule *rule = target;
    decode_list(decoder, node, rule->kind->max_ports, admin_item, rule, arg);
}
