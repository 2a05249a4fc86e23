// SPDX-License-Identifier: GPL-2.0-or-later
// One rule of the model -> one rule of the plan: families are decided here (semantics.md 3.6, 4.1), sets normalized.
#include "internal.h"

static uint8_t family_bit(uint8_t family)
{
    return family == IP_V4 ? PLAN_V4 : PLAN_V6;
}

static struct cidrset copy_nets(struct arena *arena, const struct res_nets *nets, uint8_t *families)
{
    struct cidrset set = {arena_array_of(arena, struct cidr, nets->count), nets->count};
    uint8_t seen = 0;
    for (size_t i = 0; i < nets->count; i++) {
        set.items[i] = nets->items[i].cidr;
        seen |= family_bit(nets->items[i].cidr.addr.family);
    }
    // A list that has nothing of a family takes the rule away from that family, a negated one too.
    if (nets->count > 0) {
        *families &= seen;
    }
    cidrset_normalize(&set);
    return set;
}

static struct portset copy_ports(struct arena *arena, const struct res_ports *ports)
{
    struct portset set = {arena_array_of(arena, struct port_range, ports->count), 0};
    for (size_t i = 0; i < ports->count; i++) {
        if (ports->items[i].name == NULL) {
            set.items[set.count++] = (struct port_range){ports->items[i].min, ports->items[i].max};
        }
    }
    portset_normalize(&set);
    return set;
}

static struct plan_side build_side(struct arena *arena, const struct res_entity *entity,
                                   const struct model_side *side, uint8_t *families)
{
    return (struct plan_side){
        .has_nets = entity->nets.count > 0,
        .has_not_nets = entity->not_nets.count > 0,
        .nets = copy_nets(arena, &entity->nets, families),
        .not_nets = copy_nets(arena, &entity->not_nets, families),
        .ipset = side->ipset,
        .not_ipset = side->not_ipset,
        .has_ports = entity->ports.count > 0 || side->named_ports >= 0,
        .ports = copy_ports(arena, &entity->ports),
        .not_ports = copy_ports(arena, &entity->not_ports),
        .named_ports = side->named_ports,
        .not_named_ports = side->not_named_ports,
        .domains = side->domains,
    };
}

static uint8_t implied_families(const struct res_rule *res)
{
    if (res->ip_version != 0) {
        return family_bit(res->ip_version);
    }
    // Only a name implies a family; but an ICMP type has a meaning in one family only.
    bool typed = res->icmp.present || res->not_icmp.present;
    if (res->protocol.number == PROTO_ICMP && (res->protocol.named || typed)) {
        return PLAN_V4;
    }
    if (res->protocol.number == PROTO_ICMPV6 && (res->protocol.named || typed)) {
        return PLAN_V6;
    }
    return PLAN_BOTH;
}

static uint8_t build_match(struct arena *arena, const struct model_rule *rule,
                           struct plan_match *ret)
{
    const struct res_rule *res = rule->res;
    uint8_t families = implied_families(res);
    *ret = (struct plan_match){
        .protocol = res->protocol.number,
        .not_protocol = res->not_protocol.number,
        .icmp_type = res->icmp.present ? res->icmp.type : -1,
        .icmp_code = res->icmp.present ? res->icmp.code : -1,
        .not_icmp_type = res->not_icmp.present ? res->not_icmp.type : -1,
        .not_icmp_code = res->not_icmp.present ? res->not_icmp.code : -1,
        .source = build_side(arena, &res->source, &rule->source, &families),
        .destination = build_side(arena, &res->destination, &rule->destination, &families),
    };
    ret->families = families;
    return families;
}

void plan_rules_build(struct arena *arena, const struct model_rule *rules, size_t count,
                      struct plan_rules *ret)
{
    static const uint8_t actions[RES_ACTION_COUNT] = {[RES_ALLOW] = PLAN_ALLOW,
                                                      [RES_DENY] = PLAN_DENY,
                                                      [RES_LOG] = PLAN_LOG,
                                                      [RES_PASS] = PLAN_PASS};
    ret->items = arena_array_of(arena, struct plan_rule, count);
    ret->capacity = count;
    for (size_t i = 0; i < count; i++) {
        struct plan_rule *rule = &ret->items[ret->count];
        rule->action = actions[rules[i].res->action];
        rule->index = (uint32_t)i;
        rule->loc = rules[i].res->loc;
        ret->count += build_match(arena, &rules[i], &rule->match) != 0;
    }
}

const char *plan_action_text(enum plan_action action)
{
    static const char *const texts[] = {"allow", "deny", "log", "pass"};
    _Static_assert(ARRAY_COUNT(texts) == PLAN_ACTION_COUNT, "one text per action");
    return texts[action];
}
