// SPDX-License-Identifier: GPL-2.0-or-later
// Takes sets of packets through the tiers, policies and rules of a class (semantics.md 5.2, 6.2), as the packets
// themselves would go, but all at once.
#include "judge.h"

// What comes before every policy of a class, in one family.
struct before {
    struct box box;
    struct decider decider;
};

struct befores {
    VEC_FIELDS(struct before);
};

struct class_info {
    uint32_t own[2]; // sets of the addresses of its endpoints
    struct befores befores[2];
};

// What a rule takes whatever names have which addresses, and what it may take at most.
enum extent { CERTAIN, AT_MOST, EXTENTS };

struct judge {
    struct arena *arena;
    struct space *space;
    struct matcher *matcher;
    const struct plan *plan;
    struct class_info *classes;
    // By extent, family, direction and policy: one for each rule.
    struct region **rules[EXTENTS][2][PLAN_DIRECTIONS];
};

static int family_index(uint8_t family)
{
    return family == IP_V4 ? 0 : 1;
}

struct space *judge_space(struct judge *judge)
{
    return judge->space;
}

// ---- what a class is asked about ------------------------------------------------------------------------------

struct own_addresses {
    VEC_FIELDS(struct cidr);
};

static void collect_own(const struct judge *judge, struct own_addresses *own)
{
    for (size_t i = 0; i < judge->plan->endpoints.count; i++) {
        const struct plan_endpoint *endpoint = &judge->plan->endpoints.items[i];
        for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
            struct own_addresses *list = &own[endpoint->classes[direction]];
            for (size_t j = 0; j < endpoint->address_count; j++) {
                vec_push(judge->arena, list, cidr_of_addr(endpoint->addresses[j]));
            }
            for (size_t j = 0; direction == PLAN_OUT && j < endpoint->spoofable.count; j++) {
                vec_push(judge->arena, list, endpoint->spoofable.items[j]);
            }
        }
    }
}

static void add_before(struct judge *judge, uint32_t class, uint8_t family, struct box box,
                       struct decider decider)
{
    vec_push(judge->arena, &judge->classes[class].befores[family_index(family)],
             (struct before){box, decider});
}

static struct box port_box(struct space *space, uint8_t family, uint8_t protocol, uint16_t port)
{
    struct box box = space_everything(space, family);
    box.sides[SIDE_PROTOCOL] = space_range(space, protocol, protocol);
    box.sides[SIDE_DESTINATION_PORT] = space_range(space, port, port);
    return box;
}

const struct plan_settings *judge_settings(const struct plan *plan)
{
    static const struct plan_settings nothing = {.host_action = PLAN_HOST_ACCEPT};
    return plan->node_settings.count == 0 ? &plan->settings : &nothing;
}

static void add_failsafes(struct judge *judge, uint32_t class, uint8_t family)
{
    int direction = judge->plan->classes.items[class].direction;
    const struct plan_failsafes *failsafes = &judge_settings(judge->plan)->failsafes[direction];
    for (size_t i = 0; i < failsafes->count; i++) {
        const struct plan_failsafe *failsafe = &failsafes->items[i];
        struct box box = port_box(judge->space, family, failsafe->protocol, failsafe->port);
        if (failsafe->has_net && failsafe->net.addr.family != family) {
            continue;
        }
        if (failsafe->has_net) {
            struct cidr net = failsafe->net;
            box.sides[direction == PLAN_IN ? SIDE_SOURCE : SIDE_DESTINATION] =
                space_cidrs(judge->space, &(struct cidrset){&net, 1}, family);
        }
        add_before(judge, class, family, box,
                   (struct decider){
                       .kind = DECIDED_BY_FAILSAFE, .verdict = PLAN_ALLOW, .failsafe = failsafe});
    }
}

// Neighbour discovery and multicast listeners (RFC 4861, 2710, 3810) to and from this host.
static void add_discovery(struct judge *judge, uint32_t class)
{
    enum { FIRST = 130, LAST = 136, REPORT = 143, CODES = 256 };
    static const struct range types[] = {{FIRST * CODES, LAST * CODES + CODES - 1},
                                         {REPORT * CODES, REPORT * CODES + CODES - 1}};
    struct box box = space_everything(judge->space, IP_V6);
    box.sides[SIDE_PROTOCOL] = space_range(judge->space, PROTO_ICMPV6, PROTO_ICMPV6);
    box.sides[SIDE_ICMP] = space_ranges(judge->space, types, ARRAY_COUNT(types));
    add_before(judge, class, IP_V6, box,
               (struct decider){.kind = DECIDED_BY_DISCOVERY, .verdict = PLAN_ALLOW});
}

static void add_tunnels(struct judge *judge, uint32_t class, uint8_t family)
{
    enum { PROTO_IPIP = 4 };
    const struct plan_settings *settings = judge_settings(judge->plan);
    struct decider decider = {.kind = DECIDED_BY_TUNNEL, .verdict = PLAN_DENY};
    if (settings->drop_vxlan) {
        add_before(judge, class, family,
                   port_box(judge->space, family, PROTO_UDP, settings->vxlan_port), decider);
    }
    if (settings->drop_ipip) {
        struct box box = space_everything(judge->space, family);
        box.sides[SIDE_PROTOCOL] = space_range(judge->space, PROTO_IPIP, PROTO_IPIP);
        add_before(judge, class, family, box, decider);
    }
}

static void fill_class(struct judge *judge, uint32_t number, const struct own_addresses *own)
{
    const struct plan_class *class = &judge->plan->classes.items[number];
    struct class_info *info = &judge->classes[number];
    struct cidrset set = {own->items, own->count};
    cidrset_normalize(&set);
    for (int i = 0; i < 2; i++) {
        uint8_t family = i == 0 ? IP_V4 : IP_V6;
        // A host has addresses that the plan does not know, and it forwards: every address may be meant.
        info->own[i] = class->host ? space_everything(judge->space, family).sides[SIDE_SOURCE]
                                   : space_cidrs(judge->space, &set, family);
        if (class->host && class->stage != PLAN_FORWARD) {
            add_failsafes(judge, number, family);
        }
        if (!class->host && class->direction == PLAN_OUT) {
            add_tunnels(judge, number, family);
        }
    }
    if (class->host && class->stage == PLAN_NORMAL) {
        add_discovery(judge, number);
    }
}

struct judge *judge_new(struct arena *arena, const struct lint *lint)
{
    const struct plan *plan = lint->plan;
    struct judge *judge = arena_new_of(arena, struct judge);
    judge->arena = arena;
    judge->plan = plan;
    judge->space = space_new(arena);
    judge->matcher = matcher_new(arena, judge->space, plan);
    judge->classes = arena_array_of(arena, struct class_info, plan->classes.count);
    struct own_addresses *own = arena_array_of(arena, struct own_addresses, plan->classes.count);
    collect_own(judge, own);
    for (size_t i = 0; i < plan->classes.count; i++) {
        fill_class(judge, (uint32_t)i, &own[i]);
    }
    for (int extent = 0; extent < EXTENTS; extent++) {
        for (int family = 0; family < 2; family++) {
            for (int direction = 0; direction < PLAN_DIRECTIONS; direction++) {
                judge->rules[extent][family][direction] =
                    arena_array_of(arena, struct region *, plan->policies.count);
            }
        }
    }
    return judge;
}

static struct region make_rule(struct judge *judge, const struct plan_rule *rule, uint8_t family,
                               enum extent extent)
{
    return extent == CERTAIN ? match_region(judge->matcher, &rule->match, family)
                             : match_region_at_most(judge->matcher, &rule->match, family);
}

static const struct region *find_rule(struct judge *judge, uint8_t family, int direction,
                                      struct target target, enum extent extent)
{
    const struct plan_rules *rules = &judge->plan->policies.items[target.policy].rules[direction];
    struct region **made = &judge->rules[extent][family_index(family)][direction][target.policy];
    if (*made == NULL) {
        *made = arena_array_of(judge->arena, struct region, rules->count);
        for (size_t i = 0; i < rules->count; i++) {
            (*made)[i] = make_rule(judge, &rules->items[i], family, extent);
        }
    }
    return &(*made)[target.rule];
}

const struct region *judge_rule(struct judge *judge, uint8_t family, int direction,
                                struct target target)
{
    return find_rule(judge, family, direction, target, AT_MOST);
}

struct region judge_class(struct judge *judge, struct arena *arena, uint8_t family, uint32_t class)
{
    struct box box = space_everything(judge->space, family);
    bool in = judge->plan->classes.items[class].direction == PLAN_IN;
    struct region ret = {0};
    box.sides[in ? SIDE_DESTINATION : SIDE_SOURCE] =
        judge->classes[class].own[family_index(family)];
    if (judge->classes[class].own[family_index(family)] != SPACE_EMPTY) {
        vec_push(arena, &ret, box);
    }
    return ret;
}

struct ip_addr judge_host_address(const struct judge *judge, uint32_t class, uint8_t family,
                                  enum side *ret_side, bool *ret_is_host)
{
    const struct plan *plan = judge->plan;
    const struct plan_class *info = &plan->classes.items[class];
    *ret_is_host = info->host;
    *ret_side = info->direction == PLAN_IN ? SIDE_DESTINATION : SIDE_SOURCE;
    for (size_t i = 0; i < plan->hosts.count && info->host; i++) {
        const struct plan_host *host = &plan->hosts.items[i];
        for (size_t j = 0; j < host->address_count; j++) {
            if (host->classes[info->stage][info->direction] == class &&
                host->addresses[j].family == family) {
                return host->addresses[j];
            }
        }
    }
    return (struct ip_addr){.family = 0};
}

// ---- the walk -------------------------------------------------------------------------------------------------

// Who asks whether anything is allowed asks for what may be; who asks what is taken away, for what certainly is. Names are
// in Allow rules alone.
static enum extent extent_of(const struct walk *walk)
{
    return walk->allowed != NULL ? AT_MOST : CERTAIN;
}

// Whether the walk may go on: there is budget, and what it looks for was not found yet.
static bool goes_on(const struct walk *walk)
{
    return walk->budget.left > 0 && (walk->allowed == NULL || walk->allowed->count == 0);
}

static void add_decider(struct walk *walk, struct decider decider, const struct box *sample)
{
    decider.sample = *sample;
    vec_push(walk->arena, &walk->deciders, decider);
}

// Lets the decider have its boxes of `live`; what it took goes to `taken` too, unless that is NULL.
static void decide(struct walk *walk, struct region *live, const struct region *boxes,
                   struct decider decider, struct region *taken)
{
    struct region unused = {0};
    taken = taken != NULL ? taken : &unused;
    size_t before = taken->count;
    if (region_cut_all(walk->judge->space, walk->arena, &walk->budget, live, boxes, taken)) {
        add_decider(walk, decider, &taken->items[before]);
    }
}

static void append(struct arena *arena, struct region *to, const struct region *from)
{
    for (size_t i = 0; i < from->count; i++) {
        vec_push(arena, to, from->items[i]);
    }
}

static void walk_before(struct walk *walk, struct region *live)
{
    const struct befores *befores =
        &walk->judge->classes[walk->class].befores[family_index(walk->family)];
    for (size_t i = 0; i < befores->count; i++) {
        struct before *before = &befores->items[i];
        struct region box = {.items = &before->box, .count = 1};
        struct region *taken = before->decider.verdict == PLAN_ALLOW ? walk->allowed : NULL;
        decide(walk, live, &box, before->decider, taken);
    }
}

// One policy; `passed` collects what it lets out of the tier. Returns whether the target was reached.
static bool walk_policy(struct walk *walk, uint32_t number, struct region *live,
                        struct region *passed, const struct target *until)
{
    struct judge *judge = walk->judge;
    int direction = judge->plan->classes.items[walk->class].direction;
    const struct plan_policy *policy = &judge->plan->policies.items[number];
    const struct plan_rules *rules = &policy->rules[direction];
    bool is_target = until != NULL && until->policy == number;
    size_t count = is_target ? until->rule : rules->count;
    for (size_t i = 0; i < count && live->count > 0 && goes_on(walk); i++) {
        const struct plan_rule *rule = &rules->items[i];
        if (rule->action == PLAN_LOG) {
            continue;
        }
        struct region *taken = rule->action == PLAN_PASS    ? passed
                               : rule->action == PLAN_ALLOW ? walk->allowed
                                                            : NULL;
        const struct region *boxes =
            find_rule(judge, walk->family, direction, (struct target){number, i}, extent_of(walk));
        struct decider decider = {.kind = DECIDED_BY_RULE,
                                  .verdict = rule->action,
                                  .tier = policy->tier,
                                  .policy = policy,
                                  .rule = rule};
        decide(walk, live, boxes, decider, taken);
    }
    return is_target;
}

// In a later tier a Pass of an earlier one is no decision any more.
static void forget_passes(struct walk *walk)
{
    size_t count = 0;
    for (size_t i = 0; i < walk->deciders.count; i++) {
        if (walk->deciders.items[i].verdict != PLAN_PASS) {
            walk->deciders.items[count++] = walk->deciders.items[i];
        }
    }
    walk->deciders.count = count;
}

static const struct plan_policy *last_enforced(const struct plan *plan,
                                               const struct plan_class_tier *tier)
{
    const struct plan_policy *last = NULL;
    for (size_t i = 0; i < tier->policies.count; i++) {
        const struct plan_policy *policy = &plan->policies.items[tier->policies.items[i]];
        last = policy->staged ? last : policy;
    }
    return last;
}

static bool walk_tier(struct walk *walk, const struct plan_class_tier *tier, struct region *live,
                      const struct target *until)
{
    const struct plan *plan = walk->judge->plan;
    uint8_t stage = plan->classes.items[walk->class].stage;
    struct region passed = {0};
    for (size_t i = 0; i < tier->policies.count; i++) {
        uint32_t number = tier->policies.items[i];
        bool skip = walk->alone ? number != until->policy : plan->policies.items[number].staged;
        if (!skip && walk_policy(walk, number, live, &passed, until)) {
            return true;
        }
    }
    if (walk->alone) {
        return false;
    }
    bool passes = plan->tiers.items[tier->tier].pass || stage == PLAN_PREDNAT ||
                  stage == PLAN_UNTRACKED || !tier->enforced;
    if (passes) {
        append(walk->arena, &passed, live);
    } else if (live->count > 0) {
        struct decider decider = {.kind = DECIDED_BY_TIER_END,
                                  .verdict = PLAN_DENY,
                                  .tier = tier->tier,
                                  .policy = last_enforced(plan, tier)};
        add_decider(walk, decider, &live->items[0]);
    }
    *live = passed;
    forget_passes(walk);
    return false;
}

static void walk_profile(struct walk *walk, const struct plan_policy *profile, int direction,
                         struct region *live)
{
    struct region passed = {0};
    const struct plan_rules *rules = &profile->rules[direction];
    if (profile->missing) {
        live->count = 0; // denies everything
    }
    for (size_t i = 0; i < rules->count && live->count > 0 && goes_on(walk); i++) {
        const struct plan_rule *rule = &rules->items[i];
        if (rule->action == PLAN_LOG) {
            continue;
        }
        struct region boxes = make_rule(walk->judge, rule, walk->family, extent_of(walk));
        struct region *taken = rule->action == PLAN_PASS    ? &passed
                               : rule->action == PLAN_ALLOW ? walk->allowed
                                                            : NULL;
        region_cut_all(walk->judge->space, walk->arena, &walk->budget, live, &boxes, taken);
    }
    append(walk->arena, &passed, live);
    *live = passed;
}

bool judge_walk(struct walk *walk, struct region *live, const struct target *until)
{
    const struct plan *plan = walk->judge->plan;
    const struct plan_class *class = &plan->classes.items[walk->class];
    if (!walk->alone) {
        walk_before(walk, live);
    }
    for (size_t i = 0; i < class->tiers.count && goes_on(walk); i++) {
        if (walk_tier(walk, &class->tiers.items[i], live, until)) {
            return walk->budget.left > 0;
        }
    }
    for (size_t i = 0; i < class->profiles.count && until == NULL && goes_on(walk); i++) {
        walk_profile(walk, &plan->profiles.items[class->profiles.items[i]], class->direction, live);
    }
    return walk->budget.left > 0;
}
