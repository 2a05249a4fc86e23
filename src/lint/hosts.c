// SPDX-License-Identifier: GPL-2.0-or-later
// Host endpoints and hosts: a direction that nobody wrote about (L402), rules to the host that its own setting undoes
// (L403), ports that DNAT publishes past every policy (L404).
#include "judge.h"

// ---- L402 -----------------------------------------------------------------------------------------------------

static bool has_enforced(const struct plan_class *class)
{
    for (size_t i = 0; i < class->tiers.count; i++) {
        if (class->tiers.items[i].enforced) {
            return true;
        }
    }
    return false;
}

static bool profiles_allow(const struct plan *plan, const struct plan_class *class)
{
    for (size_t i = 0; i < class->profiles.count; i++) {
        const struct plan_policy *profile = &plan->profiles.items[class->profiles.items[i]];
        const struct plan_rules *rules = &profile->rules[class->direction];
        for (size_t j = 0; j < rules->count; j++) {
            if (rules->items[j].action == PLAN_ALLOW) {
                return true;
            }
        }
    }
    return false;
}

// Neither policy nor profile: everything but the failsafe ports is dropped (semantics.md 6.3).
static bool is_closed(const struct plan *plan, const struct plan_host *host, int direction)
{
    uint32_t number = host->classes[PLAN_NORMAL][direction];
    const struct plan_class *class = number != PLAN_NO_CLASS ? &plan->classes.items[number] : NULL;
    return class != NULL && !has_enforced(class) && !profiles_allow(plan, class);
}

static void check_closed(const struct lint *lint, const struct plan_host *host)
{
    bool in = is_closed(lint->plan, host, PLAN_IN);
    bool out = is_closed(lint->plan, host, PLAN_OUT);
    if (!in && !out) {
        return;
    }
    const char *what = in && out ? "all traffic" : in ? "all ingress" : "all egress";
    struct diag *diag = diag_report(lint->diags, DIAG_L402, host->loc,
                                    "host endpoint %s drops %s, which no policy is about",
                                    host->id + strlen("hep/"), what);
    diag_label(diag, "%s",
               host->interfaces.count > 0 || host->all_interfaces
                   ? "only failsafe ports and what is established pass"
                   : "once it governs an interface, only failsafe ports pass");
    diag_hint(
        diag,
        "profiles: [projectcalico-default-allow]      (in its spec; or a policy with \"types: [%s]\")",
        in && out ? "Ingress, Egress"
        : in      ? "Ingress"
                  : "Egress");
    diag_key(diag, "%s", what);
}

// ---- L403 -----------------------------------------------------------------------------------------------------

struct addresses {
    VEC_FIELDS(struct cidr);
};

static bool same_node(const char *a, const char *b)
{
    return a == NULL || b == NULL || strcmp(a, b) == 0;
}

// All addresses of a node that the input or the kernel tells.
static struct cidrset node_addresses(const struct lint *lint, const char *node)
{
    const struct plan *plan = lint->plan;
    struct addresses all = {0};
    for (size_t i = 0; i < plan->interfaces.count; i++) {
        const struct plan_interface *interface = &plan->interfaces.items[i];
        for (size_t j = 0; j < interface->address_count && same_node(interface->node, node); j++) {
            vec_push(lint->arena, &all, cidr_of_addr(interface->addresses[j].addr));
        }
    }
    for (size_t i = 0; i < plan->hosts.count; i++) {
        const struct plan_host *host = &plan->hosts.items[i];
        for (size_t j = 0; j < host->address_count && same_node(host->node, node); j++) {
            vec_push(lint->arena, &all, cidr_of_addr(host->addresses[j]));
        }
    }
    struct cidrset set = {all.items, all.count};
    cidrset_normalize(&set);
    return set;
}

// Whether all destinations of a rule are addresses of the host. The sets of the whole space are never.
static bool only_to_host(struct judge *judge, uint8_t family, struct target target, uint32_t host,
                         bool *ret_some)
{
    const struct region *boxes = judge_rule(judge, family, PLAN_OUT, target);
    *ret_some |= boxes->count > 0;
    for (size_t i = 0; i < boxes->count; i++) {
        if (space_minus(judge_space(judge), boxes->items[i].sides[SIDE_DESTINATION], host) !=
            SPACE_EMPTY) {
            return false;
        }
    }
    return true;
}

struct host_sets {
    uint32_t v4, v6;
};

static struct host_sets *sets_of_node(const struct lint *lint, struct judge *judge,
                                      struct strmap *nodes, const char *node)
{
    const char *name = node != NULL ? node : "";
    struct host_sets *sets = strmap_get(nodes, name);
    if (sets == NULL) {
        struct cidrset all = node_addresses(lint, node);
        sets = arena_new_of(lint->arena, struct host_sets);
        *sets = (struct host_sets){space_cidrs(judge_space(judge), &all, IP_V4),
                                   space_cidrs(judge_space(judge), &all, IP_V6)};
        strmap_put(nodes, name, sets);
    }
    return sets;
}

// What a policy governs, for one question about it.
struct governed {
    VEC_FIELDS(const struct plan_endpoint *);
};

static struct governed *governed_of(const struct lint *lint)
{
    const struct plan *plan = lint->plan;
    struct governed *ret = arena_array_of(lint->arena, struct governed, plan->policies.count);
    for (size_t i = 0; i < plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &plan->endpoints.items[i];
        const struct plan_class *class = &plan->classes.items[endpoint->classes[PLAN_OUT]];
        for (size_t j = 0; j < class->tiers.count; j++) {
            const struct plan_indexes *policies = &class->tiers.items[j].policies;
            for (size_t k = 0; k < policies->count; k++) {
                vec_push(lint->arena, &ret[policies->items[k]], endpoint);
            }
        }
    }
    return ret;
}

static void report_to_host(const struct lint *lint, const struct plan_policy *policy,
                           const struct plan_rule *rule)
{
    struct diag *diag =
        diag_report(lint->diags, DIAG_L403, rule->loc,
                    "rule allows what is dropped behind it: its destination is the host itself");
    diag_label(diag, "%s of %s", lint_rule_text(lint, PLAN_OUT, rule->index),
               lint_policy_text(lint, policy));
    diag_related(
        diag, LOC_NONE,
        "what a workload sends to its host is dropped behind its egress policy: defaultEndpointToHostAction is Drop");
    diag_hint(
        diag,
        "defaultEndpointToHostAction: Accept      (in the spec of FelixConfiguration \"default\")");
    diag_key(diag, "%u", rule->index);
}

static void check_to_host(const struct lint *lint, struct judge *judge)
{
    const struct plan *plan = lint->plan;
    struct strmap *nodes = strmap_new(lint->arena);
    struct governed *governed = governed_of(lint);
    for (size_t i = 0; i < plan->policies.count; i++) {
        const struct plan_policy *policy = &plan->policies.items[i];
        const struct plan_rules *rules = &policy->rules[PLAN_OUT];
        for (size_t j = 0; j < rules->count && governed[i].count > 0; j++) {
            struct target target = {(uint32_t)i, j};
            bool host_only = rules->items[j].action == PLAN_ALLOW, some = false;
            for (size_t k = 0; k < governed[i].count && host_only; k++) {
                struct host_sets *sets =
                    sets_of_node(lint, judge, nodes, governed[i].items[k]->node);
                host_only = only_to_host(judge, IP_V4, target, sets->v4, &some) &&
                            only_to_host(judge, IP_V6, target, sets->v6, &some);
            }
            if (host_only && some) {
                report_to_host(lint, policy, &rules->items[j]);
            }
        }
    }
}

// ---- L404 -----------------------------------------------------------------------------------------------------

// Whether policy of the host endpoint sees what arrives for the port: its forward policy sees everything that is
// forwarded, its preDNAT policy must decide some of it.
static bool is_covered(const struct lint *lint, struct judge *judge, const struct plan_host *host,
                       const struct lint_published *published)
{
    uint32_t forward = host->classes[PLAN_FORWARD][PLAN_IN];
    uint32_t prednat = host->classes[PLAN_PREDNAT][PLAN_IN];
    const struct plan *plan = lint->plan;
    if (forward != PLAN_NO_CLASS && has_enforced(&plan->classes.items[forward])) {
        return true;
    }
    if (prednat == PLAN_NO_CLASS) {
        return false;
    }
    struct space *space = judge_space(judge);
    struct box box = space_everything(space, published->family);
    box.sides[SIDE_PROTOCOL] = space_range(space, published->protocol, published->protocol);
    box.sides[SIDE_DESTINATION_PORT] = space_range(space, published->port, published->last);
    struct region live = {0};
    vec_push(lint->arena, &live, box);
    struct walk walk = {
        .judge = judge,
        .arena = lint->arena,
        .class = prednat,
        .family = published->family,
        .budget = {1 << 16},
    };
    return !judge_walk(&walk, &live, NULL) || walk.deciders.count > 0;
}

static void report_published(const struct lint *lint, const struct plan_host *host,
                             const struct lint_published *published, const char *interface)
{
    const char *ports = published->port == published->last
                            ? arena_printf(lint->arena, "%u", published->port)
                            : arena_printf(lint->arena, "%u:%u", published->port, published->last);
    const char *name =
        arena_printf(lint->arena, "%s/%s", published->protocol == PROTO_UDP ? "udp" : "tcp", ports);
    struct diag *diag =
        diag_report(lint->diags, DIAG_L404, host->loc,
                    "%s is published on %s, and no policy of host endpoint %s sees it", name,
                    interface, host->id + strlen("hep/"));
    diag_label(diag, "forwarded packets are judged only by preDNAT and applyOnForward policies");
    diag_related(diag, LOC_NONE, "%s sends it to %s", published->rule, published->target);
    diag_hint(
        diag,
        "a GlobalNetworkPolicy for this host endpoint with \"preDNAT: true\", \"applyOnForward: true\" and\n"
        "        - {action: Deny, protocol: %s, destination: {ports: [\"%s\"]}}",
        published->protocol == PROTO_UDP ? "UDP" : "TCP", ports);
    diag_key(diag, "%s", name);
}

static bool is_on(const struct plan_interface *interface, const struct lint_published *published)
{
    if (published->interface != NULL && strcmp(published->interface, interface->name) != 0) {
        return false;
    }
    for (size_t i = 0; i < interface->address_count && published->has_address; i++) {
        if (ip_addr_compare(interface->addresses[i].addr, published->address) == 0) {
            return true;
        }
    }
    return !published->has_address;
}

static void check_published(const struct lint *lint, struct judge *judge)
{
    const struct plan *plan = lint->plan;
    for (size_t i = 0; i < lint->published_count; i++) {
        const struct lint_published *published = &lint->published[i];
        for (size_t j = 0; j < plan->interfaces.count; j++) {
            const struct plan_interface *interface = &plan->interfaces.items[j];
            const struct plan_host *host = interface->host >= 0 && !interface->loopback &&
                                                   !interface->workload &&
                                                   same_node(interface->node, lint->node)
                                               ? &plan->hosts.items[interface->host]
                                               : NULL;
            if (host != NULL && is_on(interface, published) &&
                !is_covered(lint, judge, host, published)) {
                report_published(lint, host, published, interface->name);
            }
        }
    }
}

void lint_hosts(const struct lint *lint, struct judge *judge)
{
    for (size_t i = 0; i < lint->plan->hosts.count; i++) {
        check_closed(lint, &lint->plan->hosts.items[i]);
    }
    if (judge_settings(lint->plan)->host_action == PLAN_HOST_DROP) {
        check_to_host(lint, judge);
    }
    check_published(lint, judge);
}
