// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: policies of Kubernetes: NetworkPolicy and its staged kind, ClusterNetworkPolicy and its forerunners.
#include "gen.h"

static const char *const label_keys[] = {"role", "env"};
static const char *const label_values[] = {"web", "db", "web-db", "prod", "x"};

// ---- selectors ------------------------------------------------------------------------------------------------------

static void put_expression(struct gen *gen, int depth)
{
    static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist"};
    size_t choice = rng_below(&gen->rng, ARRAY_COUNT(operators));
    gen_line(gen, depth, "- key: %s", rng_pick(&gen->rng, label_keys));
    gen_line(gen, depth + 1, "operator: %s", operators[choice]);
    if (choice < 2) {
        gen_line(gen, depth + 1, "values:");
        gen_line(gen, depth + 2, "- %s", rng_pick(&gen->rng, label_values));
        gen_line(gen, depth + 2, "- %s", rng_pick(&gen->rng, label_values));
    }
}

// `item`: as the first key of a list's item, whose other keys stand one level deeper.
static void put_selector(struct gen *gen, int depth, bool item, const char *key)
{
    uint32_t choice = rng_below(&gen->rng, 100);
    gen_line(gen, depth, "%s%s:%s", item ? "- " : "", key, choice < 40 ? " {}" : "");
    depth += item ? 2 : 1;
    if (choice >= 40 && choice < 85) {
        gen_line(gen, depth, "matchLabels:");
        gen_line(gen, depth + 1, "%s: %s", rng_pick(&gen->rng, label_keys),
                 rng_pick(&gen->rng, label_values));
    }
    if (choice >= 70) {
        gen_line(gen, depth, "matchExpressions:");
        put_expression(gen, depth + 1);
    }
}

// ---- NetworkPolicy --------------------------------------------------------------------------------------------------

static void put_block(struct gen *gen, int depth)
{
    static const char *const blocks[][2] = {{"10.65.0.0/24", "10.65.0.16/28"},
                                            {"0.0.0.0/0", "192.0.2.0/24"},
                                            {"fd65::/120", "fd65::8/125"},
                                            {"::/0", "2001:db8:1::/64"}};
    size_t choice = rng_below(&gen->rng, ARRAY_COUNT(blocks));
    gen_line(gen, depth, "- ipBlock:");
    gen_line(gen, depth + 2, "cidr: \"%s\"", blocks[choice][0]);
    if (rng_chance(&gen->rng, 50)) {
        gen_line(gen, depth + 2, "except:");
        gen_line(gen, depth + 3, "- \"%s\"", blocks[choice][1]);
    }
}

static void put_peer(struct gen *gen, int depth)
{
    static const uint8_t weights[] = {30, 40, 30};
    switch (rng_weighted(&gen->rng, weights, ARRAY_COUNT(weights))) {
    case 0:
        put_block(gen, depth);
        break;
    case 1:
        put_selector(gen, depth, true, "podSelector");
        break;
    default:
        put_selector(gen, depth, true, "namespaceSelector");
        if (rng_chance(&gen->rng, 50)) {
            put_selector(gen, depth + 1, false, "podSelector");
        }
    }
}

static void put_port(struct gen *gen, int depth)
{
    static const char *const protocols[] = {"TCP", "TCP", "UDP", "SCTP"};
    uint32_t port = gen_port(gen), choice = rng_below(&gen->rng, 100);
    gen_line(gen, depth, "- protocol: %s", rng_pick(&gen->rng, protocols));
    if (choice < 15) {
        return;
    }
    if (choice < 40 && gen->named_ports) {
        gen_line(gen, depth + 1, "port: %s", gen_port_name(gen));
        return;
    }
    gen_line(gen, depth + 1, "port: %u", port);
    if (choice > 75) {
        gen_line(gen, depth + 1, "endPort: %u", port > 65000 ? 65535 : port + 20);
    }
}

static void put_kube_rules(struct gen *gen, bool egress)
{
    uint32_t count = rng_below(&gen->rng, 4);
    gen_line(gen, 1, "%s:%s", egress ? "egress" : "ingress", count == 0 ? " []" : "");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t peers = rng_below(&gen->rng, 3), ports = rng_below(&gen->rng, 3);
        const char *key = egress ? "to" : "from";
        gen_line(gen, 2, "- %s:%s", key, peers == 0 ? " []" : "");
        for (uint32_t j = 0; j < peers; j++) {
            put_peer(gen, 4);
        }
        if (ports > 0) {
            gen_line(gen, 3, "ports:");
        }
        for (uint32_t j = 0; j < ports; j++) {
            put_port(gen, 4);
        }
    }
}

static void put_kube_policy(struct gen *gen, bool staged)
{
    const char *kind = staged ? "StagedKubernetesNetworkPolicy" : "NetworkPolicy";
    const char *api = staged ? "projectcalico.org/v3" : "networking.k8s.io/v1";
    const char *ns = gen_namespace(gen);
    bool ingress = rng_chance(&gen->rng, 75), egress = rng_chance(&gen->rng, 50);
    gen_begin(gen, api, kind, ns,
              gen_fresh_name(gen, staged ? "sknp" : "knp", ns,
                             staged                      ? "later"
                             : rng_chance(&gen->rng, 50) ? "a"
                                                         : "kube"));
    gen_line(gen, 0, "spec:");
    put_selector(gen, 1, false, "podSelector");
    if (staged || rng_chance(&gen->rng, 60)) {
        gen_line(gen, 1, "policyTypes:");
        gen_line(gen, 2, "- %s", ingress || !egress ? "Ingress" : "Egress");
    }
    if (ingress) {
        put_kube_rules(gen, false);
    }
    if (egress) {
        put_kube_rules(gen, true);
    }
    gen_end(gen);
}

// ---- ClusterNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy -------------------------------------------

// By namespaces, or by pods in them.
static void put_subject(struct gen *gen)
{
    gen_line(gen, 1, "subject:");
    if (rng_chance(&gen->rng, 50)) {
        put_selector(gen, 2, false, "namespaces");
        return;
    }
    gen_line(gen, 2, "pods:");
    put_selector(gen, 3, false, "namespaceSelector");
    put_selector(gen, 3, false, "podSelector");
}

// False when the peer is addresses, which have no named ports.
static bool put_cluster_peer(struct gen *gen, bool egress)
{
    uint32_t choice = rng_below(&gen->rng, egress ? 100 : 65);
    if (choice < 35) {
        put_selector(gen, 4, true, "namespaces");
    } else if (choice < 65) {
        gen_line(gen, 4, "- pods:");
        put_selector(gen, 6, false, "namespaceSelector");
        put_selector(gen, 6, false, "podSelector");
    } else {
        gen_line(gen, 4, "- networks:");
        gen_line(gen, 6, "- \"%s\"", gen_cidr(gen, IP_V4, true, true));
        if (rng_chance(&gen->rng, 50)) {
            gen_line(gen, 6, "- \"%s\"", gen_cidr(gen, IP_V6, true, true));
        }
    }
    return choice < 65;
}

static void put_protocol(struct gen *gen, bool named)
{
    static const char *const protocols[] = {"tcp", "udp", "sctp"};
    const char *protocol = rng_pick(&gen->rng, protocols);
    uint32_t port = gen_port(gen), choice = rng_below(&gen->rng, 100);
    if (choice < 15) {
        gen_line(gen, 4, "- %s: {}", protocol);
    } else if (choice < 30 && named) {
        gen_line(gen, 4, "- destinationNamedPort: %s", gen_port_name(gen));
    } else if (choice < 75) {
        gen_line(gen, 4, "- %s: {destinationPort: {number: %u}}", protocol, port);
    } else {
        gen_line(gen, 4, "- %s: {destinationPort: {range: {start: %u, end: %u}}}", protocol, port,
                 port > 65000 ? 65535 : port + 9);
    }
}

static void put_old_port(struct gen *gen, bool named)
{
    uint32_t port = gen_port(gen), choice = rng_below(&gen->rng, 100);
    if (choice < 50) {
        gen_line(gen, 4, "- portNumber: {protocol: TCP, port: %u}", port);
    } else if (choice < 80 || !named) {
        gen_line(gen, 4, "- portRange: {protocol: UDP, start: %u, end: %u}", port,
                 port > 65000 ? 65535 : port + 9);
    } else {
        gen_line(gen, 4, "- namedPort: %s", gen_port_name(gen));
    }
}

static void put_cluster_rules(struct gen *gen, bool egress, bool old, bool baseline)
{
    uint32_t count = rng_between(&gen->rng, 1, 3);
    gen_line(gen, 1, "%s:", egress ? "egress" : "ingress");
    for (uint32_t i = 0; i < count; i++) {
        const char *actions[] = {old ? "Allow" : "Accept", "Deny", "Pass"};
        uint32_t ports = rng_below(&gen->rng, 3);
        gen_line(gen, 2, "- action: %s",
                 actions[rng_below(&gen->rng, old && baseline ? 2 : ARRAY_COUNT(actions))]);
        gen_line(gen, 3, egress ? "to:" : "from:");
        bool named = put_cluster_peer(gen, egress) && gen->named_ports;
        if (ports > 0) {
            gen_line(gen, 3, old ? "ports:" : "protocols:");
        }
        for (uint32_t j = 0; j < ports; j++) {
            if (old) {
                put_old_port(gen, named);
            } else {
                put_protocol(gen, named);
            }
        }
    }
}

static void put_cluster_policy(struct gen *gen, bool old)
{
    bool baseline = rng_chance(&gen->rng, 40);
    const char *kind = !old       ? "ClusterNetworkPolicy"
                       : baseline ? "BaselineAdminNetworkPolicy"
                                  : "AdminNetworkPolicy";
    const char *name = gen_fresh_name(gen, kind, NULL, old && baseline ? "default" : "cluster");
    if (old && baseline && strcmp(name, "default") != 0) {
        return; // there is only one
    }
    gen_begin(gen, old ? "policy.networking.k8s.io/v1alpha1" : "policy.networking.k8s.io/v1alpha2",
              kind, NULL, name);
    gen_line(gen, 0, "spec:");
    if (!old) {
        gen_line(gen, 1, "tier: %s", baseline ? "Baseline" : "Admin");
    }
    if (!old || !baseline) {
        gen_line(gen, 1, "priority: %u", rng_below(&gen->rng, 3) * 10);
    }
    put_subject(gen);
    bool ingress = rng_chance(&gen->rng, 70);
    if (ingress) {
        put_cluster_rules(gen, false, old, baseline);
    }
    if (!ingress || rng_chance(&gen->rng, 40)) {
        put_cluster_rules(gen, true, old, baseline);
    }
    gen_end(gen);
}

void gen_kube(struct gen *gen)
{
    static const uint8_t weights[] = {55, 10, 25, 10};
    uint32_t count = rng_chance(&gen->rng, 55) ? 0 : rng_between(&gen->rng, 1, 3);
    for (uint32_t i = 0; i < count; i++) {
        switch (rng_weighted(&gen->rng, weights, ARRAY_COUNT(weights))) {
        case 0:
            put_kube_policy(gen, false);
            break;
        case 1:
            put_kube_policy(gen, true);
            break;
        case 2:
            put_cluster_policy(gen, false);
            break;
        default:
            put_cluster_policy(gen, true);
        }
    }
}
