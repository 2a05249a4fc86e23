// SPDX-License-Identifier: GPL-2.0-or-later
// Classes of a plan as lists of operations (semantics.md 5.2, 6.2), the failsafe ports of hosts in front.
#include "study.h"

static void add_op(struct study *study, struct ops *ops, enum op_kind kind, uint32_t own,
                   uint32_t peer, uint32_t service)
{
    vec_push(study->arena, ops, kind);
    vec_push(study->arena, ops, own);
    vec_push(study->arena, ops, peer);
    vec_push(study->arena, ops, service);
}

static void add_end(struct study *study, struct ops *ops, enum op_kind kind)
{
    add_op(study, ops, kind, 0, 0, 0);
}

static void add_box(struct study *study, struct ops *ops, enum op_kind kind, int direction,
                    const struct box *box)
{
    uint32_t source = study_note(study, box->sides[SIDE_SOURCE]);
    uint32_t destination = study_note(study, box->sides[SIDE_DESTINATION]);
    bool in = direction == PLAN_IN;
    add_op(study, ops, kind, in ? destination : source, in ? source : destination,
           services_note(study->services, box));
}

static void add_rule(struct study *study, const struct half *half, const struct plan_rule *rule,
                     int direction, struct ops *ops)
{
    static const uint8_t kinds[] = {
        [PLAN_ALLOW] = OP_ALLOW, [PLAN_DENY] = OP_DENY, [PLAN_PASS] = OP_PASS};
    if (rule->action == PLAN_LOG) {
        return;
    }
    struct region region = match_region(half->matcher, &rule->match, study->family);
    for (size_t i = 0; i < region.count; i++) {
        add_box(study, ops, kinds[rule->action], direction, &region.items[i]);
    }
}

static void append(struct study *study, struct ops *to, const struct ops *from)
{
    for (size_t i = 0; i < from->count; i++) {
        vec_push(study->arena, to, from->items[i]);
    }
}

// The rules of each policy, once for all classes that it is in.
static struct ops *make_policies(struct study *study, const struct half *half,
                                 const struct plan_policy *policies, size_t count, int direction)
{
    struct ops *ret = arena_array_of(study->arena, struct ops, count);
    for (size_t i = 0; i < count; i++) {
        const struct plan_rules *rules = &policies[i].rules[direction];
        for (size_t j = 0; j < rules->count; j++) {
            add_rule(study, half, &rules->items[j], direction, &ret[i]);
        }
    }
    return ret;
}

static void add_tier(struct study *study, const struct half *half, const struct plan_class *class,
                     const struct plan_class_tier *tier, struct ops *ops)
{
    const struct plan *plan = half->plan;
    bool takes_part = false;
    for (size_t i = 0; i < tier->policies.count; i++) {
        uint32_t number = tier->policies.items[i];
        if (plan->policies.items[number].staged && !study->staged) {
            continue;
        }
        takes_part = true;
        append(study, ops, &half->policies[class->direction][number]);
    }
    bool pass = plan->tiers.items[tier->tier].pass || class->stage == PLAN_PREDNAT ||
                class->stage == PLAN_UNTRACKED;
    if (takes_part) {
        add_end(study, ops, pass ? OP_END_PASS : OP_END_DENY);
    }
}

static void add_profiles(struct study *study, const struct half *half,
                         const struct plan_class *class, struct ops *ops)
{
    for (size_t i = 0; i < class->profiles.count; i++) {
        uint32_t number = class->profiles.items[i];
        if (half->plan->profiles.items[number].missing) {
            break; // denies everything
        }
        append(study, ops, &half->profiles[class->direction][number]);
        add_end(study, ops, OP_END_PASS);
    }
    add_end(study, ops, OP_DENY_REST);
}

static void add_class(struct study *study, const struct half *half, uint32_t number,
                      struct ops *ops)
{
    const struct plan_class *class = &half->plan->classes.items[number];
    for (size_t i = 0; i < class->tiers.count; i++) {
        add_tier(study, half, class, &class->tiers.items[i], ops);
    }
    if (class->stage == PLAN_NORMAL) {
        add_profiles(study, half, class, ops);
    }
}

// ---- hosts ----------------------------------------------------------------------------------------------------

// A failsafe port is a destination port; its other half, of answers, is a source port.
static void add_failsafe(struct study *study, const struct plan_failsafe *failsafe, int direction,
                         enum side port_side, struct ops *ops)
{
    struct space *space = study->space;
    struct box box = space_everything(space, study->family);
    if (!proto_has_ports(failsafe->protocol) ||
        (failsafe->has_net && failsafe->net.addr.family != study->family)) {
        return;
    }
    box.sides[SIDE_PROTOCOL] = space_range(space, failsafe->protocol, failsafe->protocol);
    box.sides[port_side] = space_range(space, failsafe->port, failsafe->port);
    if (failsafe->has_net) {
        struct cidr net = failsafe->net;
        box.sides[direction == PLAN_IN ? SIDE_SOURCE : SIDE_DESTINATION] =
            space_cidrs(space, &(struct cidrset){&net, 1}, study->family);
    }
    add_box(study, ops, OP_EXEMPT, direction, &box);
}

static void add_failsafes(struct study *study, const struct plan_settings *settings, int stage,
                          int direction, struct ops *ops)
{
    const struct plan_failsafes *own = &settings->failsafes[direction];
    const struct plan_failsafes *other = &settings->failsafes[!direction];
    for (size_t i = 0; i < own->count; i++) {
        add_failsafe(study, &own->items[i], direction, SIDE_DESTINATION_PORT, ops);
    }
    for (size_t i = 0; i < other->count && stage == PLAN_UNTRACKED; i++) {
        add_failsafe(study, &other->items[i], direction, SIDE_SOURCE_PORT, ops);
    }
}

// A host endpoint never judges neighbour discovery.
static void add_discovery(struct study *study, const struct half *half, int direction,
                          struct ops *ops)
{
    struct flow_specials specials = {0};
    flow_add_specials(half->evaluator, study->scratch, &specials);
    for (size_t i = 0; i < specials.count; i++) {
        if (specials.items[i].icmp_first >= 0) {
            struct box box = services_special_box(study->space, &specials.items[i], study->family);
            add_box(study, ops, OP_EXEMPT, direction, &box);
        }
    }
}

static uint32_t host_judge(struct study *study, const struct half *half,
                           const struct plan_host *host, int stage, int direction)
{
    struct ops ops = {0};
    if (host->classes[stage][direction] == PLAN_NO_CLASS) {
        return PLAN_NO_CLASS;
    }
    add_discovery(study, half, direction, &ops);
    if (stage != PLAN_FORWARD) {
        add_failsafes(study, flow_host_settings(half->evaluator, host), stage, direction, &ops);
    }
    add_class(study, half, host->classes[stage][direction], &ops);
    return keys_number(study->judges, ops.items, ops.count, NULL);
}

void judges_make(struct study *study, struct half *half)
{
    const struct plan *plan = half->plan;
    for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
        half->policies[direction] =
            make_policies(study, half, plan->policies.items, plan->policies.count, direction);
        half->profiles[direction] =
            make_policies(study, half, plan->profiles.items, plan->profiles.count, direction);
    }
    half->class_judges = arena_array_of(study->arena, uint32_t, plan->classes.count);
    for (size_t i = 0; i < plan->classes.count; i++) {
        struct ops ops = {0};
        if (!plan->classes.items[i].host) {
            add_class(study, half, (uint32_t)i, &ops);
            half->class_judges[i] = keys_number(study->judges, ops.items, ops.count, NULL);
        }
    }
    half->host_judges = arena_array(study->arena, plan->hosts.count, sizeof *half->host_judges);
    for (size_t i = 0; i < plan->hosts.count; i++) {
        for (int stage = 0; stage < PLAN_STAGES; stage++) {
            for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
                half->host_judges[i][stage][direction] =
                    host_judge(study, half, &plan->hosts.items[i], stage, direction);
            }
        }
    }
}
