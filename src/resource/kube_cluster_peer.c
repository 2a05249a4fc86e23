// SPDX-License-Identifier: GPL-2.0-or-later
// Peers of a cluster-wide policy -> sides of a rule (semantics.md 7.7). A peer names one thing: namespaces, pods,
// networks; nodes and domain names cannot be matched.
#include "kube_cluster.h"
#include "kube_selector.h"

struct peer {
    struct cluster_rule *rule;
    struct res_entity entity;
};

bool check_one_of(struct res_decoder *decoder, const struct node *node, const char *what)
{
    size_t set = 0;
    for (const struct node *child = node->first; child != NULL; child = child->next) {
        set += !node_is_null(child);
    }
    if (set != 1) {
        struct diag *diag =
            diag_report(decoder->diags, DIAG_P057, node->loc, "%s %s", field_name(decoder),
                        set == 0 ? "is empty" : "has more than one field");
        diag_label(diag, "%s names exactly one thing", what);
    }
    return set == 1;
}

void field_cluster_pods(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg)
{
    static const struct field rows[] = {
        {"namespaceSelector", field_namespace_selector, offsetof(struct cluster_pods, namespaces),
         NULL},
        {"podSelector", field_pod_selector, offsetof(struct cluster_pods, pods), NULL},
    };
    static const struct fields fields = FIELDS(rows);
    (void)arg;
    if (decode_map(decoder, node, &fields, target) && !is_set(node, "podSelector")) {
        report_missing(decoder, node->loc, "podSelector");
    }
}

// Every namespace, network sets in it included: there is no word about pods.
static void peer_namespaces(struct res_decoder *decoder, const struct node *node, void *target,
                            const void *arg)
{
    struct peer *peer = target;
    field_namespace_selector(decoder, node, &peer->entity.namespace_selector, arg);
}

static void peer_pods(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    struct peer *peer = target;
    struct cluster_pods pods = {0};
    field_cluster_pods(decoder, node, &pods, arg);
    peer->entity.selector = pods.pods;
    peer->entity.namespace_selector = pods.namespaces;
}

static void network_item(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    (void)arg;
    struct res_net net;
    if (scalar_string(decoder, node) &&
        parse_net(decoder, node->text, node->loc, NET_MASKED, &net)) {
        vec_push(decoder->arena, (struct res_nets *)target, net);
    }
}

static void peer_networks(struct res_decoder *decoder, const struct node *node, void *target,
                          const void *arg)
{
    struct peer *peer = target;
    peer->entity.nets_loc = peer->rule->network_loc = node->loc;
    decode_list(decoder, node, MAX_CLUSTER_NETWORKS, network_item, &peer->entity.nets, arg);
    if (node->type == NODE_LIST && node->size == 0) {
        diag_report(decoder->diags, DIAG_P025, node->loc, "%s is empty in %s", field_name(decoder),
                    object_name(decoder));
    }
}

static void peer_nodes(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg)
{
    (void)arg;
    struct peer *peer = target;
    peer->rule->network_loc = node->loc;
    decode_label_selector(decoder, node);
    set_unusable(peer->rule, node->key_loc, "polc cannot match \"nodes\"");
}

static void peer_domains(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    struct peer *peer = target;
    struct res_names names = {0};
    peer->rule->network_loc = node->loc;
    field_names(decoder, node, &names, arg);
    set_unusable(peer->rule, node->key_loc, "polc cannot match \"domainNames\"");
}

// clang-format off
#define POD_ROWS                                                                                   \
    {"namespaces", peer_namespaces, 0, NULL},                                                      \
    {"pods", peer_pods, 0, NULL}
// clang-format on

static const struct field egress_rows[] = {
    POD_ROWS,
    {"networks", peer_networks, 0, NULL},
    {"nodes", peer_nodes, 0, NULL},
    {"domainNames", peer_domains, 0, NULL},
};
static const struct field ingress_rows[] = {POD_ROWS};
static const struct fields egress_fields = FIELDS(egress_rows);
static const struct fields peer_fields[] = {
    [KUBE_INGRESS] = {ingress_rows, ARRAY_COUNT(ingress_rows), &egress_fields, "a peer of egress"},
    [KUBE_EGRESS] = FIELDS(egress_rows),
};

static void peer_item(struct res_decoder *decoder, const struct node *node, void *target,
                      const void *arg)
{
    (void)arg;
    struct cluster_rule *rule = target;
    struct peer peer = {.rule = rule, .entity = {.present = true, .loc = node->loc}};
    if (decode_map(decoder, node, &peer_fields[rule->direction], &peer) &&
        check_one_of(decoder, node, "a peer")) {
        vec_push(decoder->arena, &rule->peers, peer.entity);
    }
}

void field_cluster_peers(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg)
{
    struct cluster_rule *rule = target;
    decode_list(decoder, node, rule->kind->max_peers, peer_item, rule, arg);
    if (node->type == NODE_LIST && node->size == 0) {
        diag_report(decoder->diags, DIAG_P025, node->loc, "%s is empty in %s", field_name(decoder),
                    object_name(decoder));
    }
}
