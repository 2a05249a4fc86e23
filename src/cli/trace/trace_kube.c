// SPDX-License-Identifier: GPL-2.0-or-later
// A rule that would let a flow through, in the words of the Kubernetes kinds of policy: where a rule of Calico cannot be
// pasted.
#include "trace.h"

enum form { FORM_NONE, FORM_NETWORK, FORM_CLUSTER, FORM_ADMIN };

static enum form form_of(const struct plan_policy *policy)
{
    static const struct {
        const char *kind;
        enum form form;
    } kinds[] = {
        {"KubernetesNetworkPolicy", FORM_NETWORK},
        {"StagedKubernetesNetworkPolicy", FORM_NETWORK},
        {"KubernetesClusterNetworkPolicy", FORM_CLUSTER},
        {"AdminNetworkPolicy", FORM_ADMIN},
        {"BaselineAdminNetworkPolicy", FORM_ADMIN},
    };
    for (size_t i = 0; policy != NULL && i < ARRAY_COUNT(kinds); i++) {
        if (strcmp(policy->kind, kinds[i].kind) == 0) {
            return kinds[i].form;
        }
    }
    return FORM_NONE;
}

bool trace_is_kube(const struct plan_policy *policy)
{
    return form_of(policy) != FORM_NONE;
}

// `app == "web"` as {matchLabels: {app: "web"}}.
static const char *match_labels(struct arena *arena, const char *selector)
{
    const char *operator= strstr(selector, " == ");
    return arena_printf(arena, "{matchLabels: {%.*s: %s}}", (int)(operator- selector),
                        selector, operator+ strlen(" == "));
}

static const char *pods_text(struct arena *arena, const struct ref_end *peer,
                             const struct plan_policy *policy)
{
    const char *pods = arena_printf(arena, "podSelector: %s", match_labels(arena, peer->selector));
    if (policy->ns != NULL && strcmp(policy->ns, peer->ns) == 0) {
        return pods;
    }
    return arena_printf(arena,
                        "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}, %s",
                        peer->ns, pods);
}

// NULL when the kind has no word for the other end.
static const char *peer_text(struct arena *arena, const struct ref_end *peer, struct ip_addr addr,
                             const struct plan_policy *policy, bool in)
{
    enum form form = form_of(policy);
    char buffer[IP_TEXT_MAX];
    if (peer->pod && peer->selector != NULL) {
        const char *pods = pods_text(arena, peer, policy);
        return form == FORM_NETWORK ? pods : arena_printf(arena, "pods: {%s}", pods);
    }
    if (peer->domain != NULL) {
        return NULL;
    }
    bool anybody = strcmp(peer->name, "pub") == 0;
    const char *all = addr.family == IP_V4 ? "0.0.0.0/0" : "::/0";
    const char *net = anybody ? all : cidr_text(cidr_of_addr(addr), false, buffer);
    if (form == FORM_NETWORK) {
        return arena_printf(arena, "ipBlock: {cidr: \"%s\"}", net);
    }
    return in ? NULL : arena_printf(arena, "networks: [\"%s\"]", net);
}

// The ports of a rule, with a comma before them; "" for a protocol that the kinds have no word for: then all are meant.
static const char *ports_text(struct arena *arena, enum form form, const struct flow *flow)
{
    const char *name = proto_name(flow->protocol);
    if (!proto_has_ports(flow->protocol)) {
        return "";
    }
    switch (form) {
    case FORM_CLUSTER:
        return arena_printf(arena, ", protocols: [{%s: {destinationPort: {number: %u}}}]",
                            flow->protocol == PROTO_TCP   ? "tcp"
                            : flow->protocol == PROTO_UDP ? "udp"
                                                          : "sctp",
                            flow->destination_port);
    case FORM_ADMIN:
        return arena_printf(arena, ", ports: [{portNumber: {protocol: %s, port: %u}}]", name,
                            flow->destination_port);
    case FORM_NETWORK:
    case FORM_NONE:
        break;
    }
    return arena_printf(arena, ", ports: [{protocol: %s, port: %u}]", name, flow->destination_port);
}

const char *trace_kube_rule(struct arena *arena, const struct trace_result *result,
                            const struct flow_stage *stage, const struct plan_policy *policy)
{
    static const char *const actions[] = {
        [FORM_NETWORK] = "", [FORM_CLUSTER] = "action: Accept, ", [FORM_ADMIN] = "action: Allow, "};
    bool in = stage->direction == PLAN_IN;
    enum form form = form_of(policy);
    const struct ref_end *end = in ? result->from : result->to;
    struct ip_addr addr = in ? result->flow.source : result->flow.destination;
    const char *peer = peer_text(arena, end, addr, policy, in);
    return peer == NULL ? NULL
                        : arena_printf(arena, "{%s%s: [{%s}]%s}", actions[form], in ? "from" : "to",
                                       peer, ports_text(arena, form, &result->flow));
}
