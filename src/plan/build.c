// SPDX-License-Identifier: GPL-2.0-or-later
// Model -> plan: what is active is copied, so that the plan stands alone.
#include "internal.h"

static const char *copy(struct arena *arena, const char *text)
{
    return text != NULL ? arena_strdup(arena, text) : NULL;
}

static struct plan_settings build_settings(struct arena *arena,
                                           const struct model_settings *settings, bool domains)
{
    size_t count = settings->interface_prefix_count;
    struct plan_settings ret = {
        .interface_prefixes = arena_array_of(arena, const char *, count),
        .interface_prefix_count = count,
        .host_action = settings->host_action == MODEL_HOST_DROP ? PLAN_HOST_DROP : PLAN_HOST_ACCEPT,
        .reject = settings->reject,
        .log_prefix = copy(arena, settings->log_prefix),
        .log_rate = settings->log_rate,
        .log_unit = settings->log_unit,
        .log_burst = settings->log_burst,
        .conntrack_invalid_check = settings->conntrack_invalid_check,
        .drop_vxlan = settings->drop_vxlan,
        .drop_ipip = settings->drop_ipip,
        .vxlan_port = settings->vxlan_port,
        .mark = settings->mark,
        .flow_size = settings->flow_size,
        .flow_timeout = settings->flow_timeout,
        .dns_extra_ttl = settings->dns_extra_ttl,
        .dns_min_ttl = settings->dns_min_ttl,
        .dns_set_timeout = settings->dns_set_timeout,
        .dns_log_group = settings->dns_log_group,
        .dns_watch = settings->dns_watch,
    };
    // What nobody asks for is no part of what the input means.
    for (size_t i = 0; (domains || ret.dns_watch) && i < settings->dns_servers.count; i++) {
        vec_push(arena, &ret.dns_servers, settings->dns_servers.items[i]);
    }
    for (size_t i = 0; i < count; i++) {
        ret.interface_prefixes[i] = copy(arena, settings->interface_prefixes[i]);
    }
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        for (size_t i = 0; i < settings->failsafes[direction].count; i++) {
            const struct res_failsafe *res = &settings->failsafes[direction].items[i];
            vec_push(arena, &ret.failsafes[direction],
                     (struct plan_failsafe){.protocol = res->protocol,
                                            .port = res->port,
                                            .has_net = res->has_net,
                                            .net = res->net});
        }
    }
    return ret;
}

static void build_tiers(struct arena *arena, const struct model *model, struct plan *plan)
{
    for (size_t i = 0; i < model->tiers.count; i++) {
        const struct model_tier *tier = &model->tiers.items[i];
        vec_push(arena, &plan->tiers,
                 (struct plan_tier){.name = copy(arena, tier->name),
                                    .order = tier->order,
                                    .pass = tier->pass,
                                    .loc = tier->loc});
    }
}

// Each policy is of exactly one kind (semantics.md 6.2).
static uint8_t policy_stage(const struct res_policy *res)
{
    if (res != NULL && res->do_not_track.value) {
        return PLAN_UNTRACKED;
    }
    return res != NULL && res->pre_dnat.value ? PLAN_PREDNAT : PLAN_NORMAL;
}

static struct plan_policy build_policy(struct arena *arena, const struct model *model,
                                       const struct model_policy *policy)
{
    struct plan_policy ret = {
        .id = copy(arena, policy->id),
        .kind = copy(arena, policy->kind),
        .ns = copy(arena, policy->ns),
        .name = copy(arena, policy->name),
        .tier = policy->tier,
        .order = policy->order,
        .types = policy->types,
        .staged = policy->staged,
        .missing = policy->missing,
        .rule_counters = model->settings.rule_counters ||
                         (policy->res != NULL && res_counts_rules(&policy->res->meta)),
        .stage = policy_stage(policy->res),
        .apply_on_forward = policy->res != NULL && policy->res->apply_on_forward.value,
        .loc = policy->loc,
    };
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        plan_rules_build(arena, policy->rules[direction].items, policy->rules[direction].count,
                         &ret.rules[direction]);
    }
    return ret;
}

static void build_ipset(struct arena *arena, const struct model_ipset *set, struct plan *plan)
{
    struct plan_ipset *ret = vec_add(arena, &plan->ipsets);
    ret->name = copy(arena, set->name);
    ret->service = copy(arena, set->service);
    ret->named_ports = set->kind == MODEL_NAMED_PORTS;
    ret->members.count = set->members.count;
    ret->members.items = arena_array_of(arena, struct cidr, set->members.count);
    if (set->members.count > 0) {
        memcpy(ret->members.items, set->members.items, set->members.count * sizeof(struct cidr));
    }
    ret->port_count = set->port_count;
    ret->ports = arena_array_of(arena, struct plan_port_member, set->port_count);
    for (size_t i = 0; i < set->port_count; i++) {
        const struct model_port_member *member = &set->ports[i];
        ret->ports[i] = (struct plan_port_member){member->addr, member->protocol, member->port};
    }
}

static void build_domains(struct arena *arena, const struct model_domains *domains,
                          struct plan *plan)
{
    const char **patterns = arena_array_of(arena, const char *, domains->count);
    for (size_t i = 0; i < domains->count; i++) {
        patterns[i] = copy(arena, domains->patterns[i]);
    }
    vec_push(arena, &plan->domains,
             (struct plan_domains){copy(arena, domains->name), patterns, domains->count});
}

_Static_assert((int)PLAN_INGRESS == (int)RES_INGRESS && (int)PLAN_EGRESS == (int)RES_EGRESS,
               "types are copied as they are");

bool plan_is_workload_name(const struct plan_settings *settings, const char *interface)
{
    for (size_t i = 0; i < settings->interface_prefix_count; i++) {
        if (text_begins(interface, settings->interface_prefixes[i])) {
            return true;
        }
    }
    return false;
}

struct plan *plan_build(struct arena *arena, const struct model *model)
{
    struct plan *plan = arena_new_of(arena, struct plan);
    bool domains = model->domains.count > 0;
    plan->node = copy(arena, model->node);
    plan->policies_in_input = model->policies.count;
    plan->endpoints_in_input = model->endpoints.count + model->hosts.count;
    plan->settings = build_settings(arena, &model->settings, domains);
    for (size_t i = 0; i < model->node_settings.count; i++) {
        const struct model_node_settings *own = &model->node_settings.items[i];
        vec_push(arena, &plan->node_settings,
                 (struct plan_node_settings){.node = copy(arena, own->node),
                                             .settings =
                                                 build_settings(arena, &own->settings, domains)});
    }
    build_tiers(arena, model, plan);
    uint32_t *policy_numbers = arena_array_of(arena, uint32_t, model->policies.count);
    for (size_t i = 0; i < model->policies.count; i++) {
        if (model->policies.items[i].active) {
            policy_numbers[i] = (uint32_t)plan->policies.count;
            vec_push(arena, &plan->policies, build_policy(arena, model, &model->policies.items[i]));
        }
    }
    for (size_t i = 0; i < model->profiles.count; i++) {
        vec_push(arena, &plan->profiles, build_policy(arena, model, &model->profiles.items[i]));
    }
    for (size_t i = 0; i < model->ipsets.count; i++) {
        build_ipset(arena, &model->ipsets.items[i], plan);
    }
    for (size_t i = 0; i < model->domains.count; i++) {
        build_domains(arena, &model->domains.items[i], plan);
    }
    plan_endpoints_build(arena, model, policy_numbers, plan);
    plan_names_build(arena, model, plan);
    return plan;
}
