// SPDX-License-Identifier: GPL-2.0-or-later
// Cluster-wide policies of Kubernetes: ClusterNetworkPolicy, and what came before it,
// AdminNetworkPolicy and BaselineAdminNetworkPolicy.
#pragma once

#include "kube_expand.h"

enum { MAX_CLUSTER_NETWORKS = 25, MAX_CLUSTER_RULE_NAME = 100 };

// What differs between the kinds.
struct cluster_kind {
    struct words actions; // of a rule: allow, deny, pass
    size_t max_rules, max_peers, max_ports;
    const struct fields *rule_fields[2]; // by enum kube_direction
};
extern const struct cluster_kind cluster_kind, admin_kind, baseline_kind;

// A rule while it is read.
struct cluster_rule {
    const struct cluster_kind *kind;
    enum kube_direction direction;
    struct res_rule head;
    struct kube_ports ports;
    struct kube_peers peers;
    struct loc named_port_loc,
        network_loc;      // of the first port by name, of the first peer without pods
    const char *unusable; // why it cannot be converted; NULL: it can
    struct loc unusable_loc;
};

// Pods by their namespaces and labels.
struct cluster_pods {
    struct res_selector namespaces, pods;
};

// The rules of one direction, into this; `kind` and `direction` are set before.
struct cluster_rules {
    const struct cluster_kind *kind;
    enum kube_direction direction;
    struct res_rules rules;
};
void field_cluster_rules(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg);

// Into struct cluster_pods: {namespaceSelector, podSelector}.
void field_cluster_pods(struct res_decoder *decoder, const struct node *node, void *target,
                        const void *arg);

// The peers of a rule, into struct cluster_rule.
void field_cluster_peers(struct res_decoder *decoder, const struct node *node, void *target,
                         const void *arg);
// "protocols" of a ClusterNetworkPolicy, "ports" of the kinds before it, into struct cluster_rule.
void field_cluster_protocols(struct res_decoder *decoder, const struct node *node, void *target,
                             const void *arg);
void field_admin_ports(struct res_decoder *decoder, const struct node *node, void *target,
                       const void *arg);

// The rule cannot be converted; the first reason counts.
void set_unusable(struct cluster_rule *rule, struct loc loc, const char *why);

// Of the fields of a map exactly one must be set. Reports if not; `what` is what the map is.
bool check_one_of(struct res_decoder *decoder, const struct node *node, const char *what);
