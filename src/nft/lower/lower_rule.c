// SPDX-License-Identifier: GPL-2.0-or-later
// One step (a plan rule, or several in one) -> nft rules. It becomes several when it needs alternatives: one per family if it looks at
// addresses, one per (numeric ports | named ports) on each side, one per (selector | names) of a destination, one per way to
// differ from an ICMP pair, one per prefix of a short list (a compare costs a seventh of a look-up among prefixes). The
// alternatives of one rule never match the same packet when that could be seen (Log); otherwise the verdict is the same.
// Order of matches: protocols and ports, single addresses, sets (dataplane.md 1).
#include "lower.h"

#include "keys.h"

#include <linux/netfilter.h>

enum { STMTS_MAX = 16 };
// Prefixes that are cheaper one by one: with ports to look at first, a rule more is felt by packets to other ports.
enum { UNROLL_MAX = 6, UNROLL_WITH_PORTS_MAX = 3 };

enum port_choice { PORTS_NONE, PORTS_NUMERIC, PORTS_NAMED, PORTS_END };
enum icmp_choice { ICMP_PLAIN, ICMP_OTHER_TYPE, ICMP_OTHER_CODE, ICMP_END };

// One alternative while it is built.
struct build {
    struct lower *lower;
    const struct plan_match *match;
    const struct plan_policy *policy;
    const struct plan_step *step;
    uint8_t direction;                // enum plan_direction
    const struct plan_side *unrolled; // the side whose list of nets is taken one by one; NULL
    size_t prefix;                    // which of them
    bool by_name;                     // the destination is one of the names, not of the selector
    uint8_t family;                   // IP_V4, IP_V6, or 0: no address is looked at
    bool never;                       // this alternative cannot match
    bool tests_family;                // a statement already implies the family
    struct stmt cheap[STMTS_MAX], compares[STMTS_MAX], sets[STMTS_MAX];
    size_t cheap_count, compare_count, set_count;
};

static void add_cheap(struct build *build, struct stmt stmt)
{
    if (build->cheap_count == STMTS_MAX) {
        POLC_UNREACHABLE("a rule with too many matches");
    }
    build->cheap[build->cheap_count++] = stmt;
}

static void add_compare(struct build *build, struct stmt stmt)
{
    if (build->compare_count == STMTS_MAX) {
        POLC_UNREACHABLE("a rule with too many addresses");
    }
    build->compares[build->compare_count++] = stmt;
}

static void add_set(struct build *build, struct stmt stmt)
{
    if (build->set_count == STMTS_MAX) {
        POLC_UNREACHABLE("a rule with too many set look-ups");
    }
    build->sets[build->set_count++] = stmt;
}

static void add_byte(struct build *build, enum rule_key key, enum match_op op, uint8_t value)
{
    add_cheap(build, stmt_value(key, op, &value, 1));
}

static bool has_port_match(const struct build *build, const enum port_choice choices[2])
{
    const struct plan_match *match = build->match;
    return choices[0] == PORTS_NUMERIC || choices[1] == PORTS_NUMERIC ||
           match->source.not_ports.count > 0 || match->destination.not_ports.count > 0;
}

static void add_protocol(struct build *build, const enum port_choice choices[2])
{
    const struct plan_match *match = build->match;
    bool icmp = match->icmp_type >= 0 || match->not_icmp_type >= 0;
    if (match->protocol != 0 && !icmp && !has_port_match(build, choices)) {
        add_byte(build, KEY_L4PROTO, OP_EQ, match->protocol);
    }
    if (match->not_protocol != 0) {
        add_byte(build, KEY_L4PROTO, OP_NE, match->not_protocol);
    }
}

static void add_icmp(struct build *build, enum icmp_choice choice)
{
    const struct plan_match *match = build->match;
    bool v4 = match->families == PLAN_V4;
    enum rule_key type = v4 ? KEY_ICMP_TYPE : KEY_ICMPV6_TYPE;
    enum rule_key code = v4 ? KEY_ICMP_CODE : KEY_ICMPV6_CODE;
    if (match->icmp_type >= 0) {
        add_byte(build, type, OP_EQ, (uint8_t)match->icmp_type);
    }
    if (match->icmp_code >= 0) {
        add_byte(build, code, OP_EQ, (uint8_t)match->icmp_code);
    }
    if (choice == ICMP_OTHER_TYPE) {
        add_byte(build, type, OP_NE, (uint8_t)match->not_icmp_type);
    } else if (choice == ICMP_OTHER_CODE) {
        add_byte(build, type, OP_EQ, (uint8_t)match->not_icmp_type);
        add_byte(build, code, OP_NE, (uint8_t)match->not_icmp_code);
    }
    build->tests_family |= match->icmp_type >= 0 || match->not_icmp_type >= 0;
}

static void add_ports(struct build *build, const struct portset *ports, bool source, bool negated)
{
    enum rule_key key = key_port(build->match->protocol, source);
    if (ports->count > 1) {
        struct stmt stmt = stmt_in_set(key, lower_ports(build->lower, ports));
        stmt.op = negated ? OP_NOT_SET : OP_SET;
        add_cheap(build, stmt);
        return;
    }
    struct port_range range = ports->items[0];
    uint8_t min[2] = {(uint8_t)(range.min >> 8), (uint8_t)range.min};
    enum match_op equal = negated ? OP_NE : OP_EQ;
    enum match_op between = negated ? OP_NOT_RANGE : OP_RANGE;
    struct stmt stmt = stmt_value(key, range.min == range.max ? equal : between, min, 2);
    stmt.value_end[0] = (uint8_t)(range.max >> 8);
    stmt.value_end[1] = (uint8_t)range.max;
    add_cheap(build, stmt);
}

// (address, protocol, port) in the set of a named port.
static void add_named(struct build *build, int32_t number, bool source, bool negated)
{
    const struct set *set = lower_ipset(build->lower, number, build->family);
    if (set == NULL) {
        build->never |= !negated; // nothing declares that port: never in it, always outside it
        return;
    }
    add_set(build, (struct stmt){.kind = STMT_MATCH,
                                 .op = negated ? OP_NOT_SET : OP_SET,
                                 .key_count = 3,
                                 .set = set,
                                 .keys = {(uint8_t)key_address(build->family, source), KEY_L4PROTO,
                                          (uint8_t)key_port(0, source)}});
    build->tests_family = true;
}

static void add_address_set(struct build *build, const struct set *set, bool source, bool negated)
{
    struct stmt stmt = stmt_address_set(build->family, source, set);
    stmt.op = negated ? OP_NOT_SET : OP_SET;
    add_set(build, stmt);
    build->tests_family = true;
}

// Where a list of nets stands, for its name.
static const char *nets_place(const struct build *build, bool source, bool negated)
{
    struct arena *arena = build->lower->arena;
    const struct plan_rules *rules = &build->policy->rules[build->direction];
    return arena_printf(arena, "%s/%s/%u/%s%s", short_id(arena, build->policy->id),
                        direction_text(build->direction),
                        rules->items[build->step->sources.items[0]].index, negated ? "not-" : "",
                        source ? "source" : "destination");
}

// A list of prefixes of the build's family; `set` is asked for only when one prefix does not do.
static void add_cidrs(struct build *build, const struct cidrset *nets, bool source, bool negated)
{
    if (nets->count == 1 && nets->items[0].bits == 0) {
        build->never |= negated; // every address of the family
        return;
    }
    if (nets->count > 1) {
        add_address_set(build, lower_nets(build->lower, nets, nets_place(build, source, negated)),
                        source, negated);
        return;
    }
    struct cidr cidr = nets->items[0];
    size_t length = ip_family_bits(build->family) / 8;
    enum match_op equal = negated ? OP_NE : OP_EQ;
    enum match_op prefix = negated ? OP_NOT_PREFIX : OP_PREFIX;
    struct stmt stmt = stmt_value(key_address(build->family, source),
                                  cidr_is_host(cidr) ? equal : prefix, cidr.addr.bytes, length);
    stmt.bits = cidr.bits;
    add_compare(build, stmt);
    build->tests_family = true;
}

static void add_nets(struct build *build, const struct cidrset *all, bool source, bool negated)
{
    struct cidrset nets = cidrset_family(all, build->family);
    if (nets.count > 0) {
        add_cidrs(build, &nets, source, negated);
    } else if (!negated) {
        build->never = true;
    }
}

static void add_ipset(struct build *build, int32_t number, bool source, bool negated)
{
    const struct set *set = lower_ipset(build->lower, number, build->family);
    if (set == NULL) {
        build->never |= !negated;
    } else if (set->count == 1 && set->interval && set->cidrs.items[0].bits == 0) {
        build->never |= negated;
    } else {
        add_address_set(build, set, source, negated);
    }
}

static void add_side(struct build *build, const struct plan_side *side, bool source,
                     enum port_choice choice)
{
    if (choice == PORTS_NUMERIC) {
        add_ports(build, &side->ports, source, false);
    } else if (choice == PORTS_NAMED && side->ports.count > 0 && build->step->action == PLAN_LOG) {
        add_ports(build, &side->ports, source, true); // the numeric alternative has logged it
    }
    if (side->not_ports.count > 0) {
        add_ports(build, &side->not_ports, source, true);
    }
    if (side->has_nets && build->unrolled == side) {
        struct cidrset nets = cidrset_family(&side->nets, build->family);
        nets = (struct cidrset){nets.items + build->prefix, 1};
        add_cidrs(build, &nets, source, false);
    } else if (side->has_nets) {
        add_nets(build, &side->nets, source, false);
    }
    if (side->has_not_nets) {
        add_nets(build, &side->not_nets, source, true);
    }
    if (choice == PORTS_NAMED) {
        add_named(build, side->named_ports, source, false); // already within the positive selector
    } else if (build->by_name && side->domains >= 0) {
        add_address_set(build, lower_domain_set(build->lower, side->domains, build->family), source,
                        false);
    } else if (side->ipset >= 0) {
        add_ipset(build, side->ipset, source, false);
    }
    if (side->not_ipset >= 0) {
        add_ipset(build, side->not_ipset, source, true);
    }
    if (side->not_named_ports >= 0) {
        add_named(build, side->not_named_ports, source, true);
    }
}

static bool side_sees_address(const struct plan_side *side)
{
    return side->has_nets || side->has_not_nets || side->ipset >= 0 || side->not_ipset >= 0 ||
           side->domains >= 0 || side->named_ports >= 0 || side->not_named_ports >= 0;
}

// ---- alternatives ---------------------------------------------------------------------------------------------

struct target {
    struct lower *lower;
    struct chain *chain;
    const struct plan_policy *policy;
    const struct path *path;
    const struct plan_step *step;
    struct loc loc;
    const char *comment;
    const char *const *maps; // of a map, the chains of its actions
    bool by_name;            // the alternatives whose destination is one of the names
};

// Address of the peer, protocol and port, in the set or map of the step.
static struct stmt tuple_stmt(const struct target *target, uint8_t family, const struct set *set)
{
    bool incoming = target->path->direction == PLAN_IN;
    return (struct stmt){
        .kind = target->maps != NULL ? STMT_VMAP : STMT_MATCH,
        .op = OP_SET,
        .key_count = 3,
        .set = set,
        .keys = {(uint8_t)key_address(family, incoming), KEY_L4PROTO, (uint8_t)key_port(0, false)}};
}

static void add_tuples(const struct target *target, struct build *build)
{
    if (target->step->kind == PLAN_STEP_RULE) {
        return;
    }
    const struct set *set = lower_tuples(target->lower, target->policy, target->path, target->step,
                                         build->family, target->maps);
    if (set == NULL) {
        build->never = true;
        return;
    }
    add_set(build, tuple_stmt(target, build->family, set));
    build->tests_family = true;
}

static void emit(const struct target *target, struct build *build)
{
    struct stmt stmts[3 * STMTS_MAX + 1 + ACTION_STMTS_MAX] UNINITIALIZED;
    size_t count = 0;
    if (build->family != 0 && !build->tests_family) {
        uint8_t nfproto = build->family == IP_V4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
        stmts[count++] = stmt_value(KEY_NFPROTO, OP_EQ, &nfproto, 1);
    }
    memcpy(stmts + count, build->cheap, build->cheap_count * sizeof *stmts);
    count += build->cheap_count;
    memcpy(stmts + count, build->compares, build->compare_count * sizeof *stmts);
    count += build->compare_count;
    memcpy(stmts + count, build->sets, build->set_count * sizeof *stmts);
    count += build->set_count;
    if (target->maps == NULL) { // a map ends the rule, and its chains count
        count += lower_action(target->lower, target->policy, target->path,
                              (enum plan_action)target->step->action, stmts + count);
    }
    chain_add(target->lower, target->chain, stmts, count, target->comment, target->loc);
}

// How many alternatives the nets of a side are in one family: 1 for one match of all of them.
static size_t unroll_count(const struct plan_match *match, const struct plan_side *side,
                           uint8_t family)
{
    bool ports = match->source.has_ports || match->destination.has_ports;
    struct cidrset nets = cidrset_family(&side->nets, family == 0 ? IP_V4 : family);
    bool shorter = nets.count > 1 && nets.count <= (ports ? UNROLL_WITH_PORTS_MAX : UNROLL_MAX);
    return family != 0 && side->has_nets && shorter && !cidrset_all_hosts(&nets) ? nets.count : 1;
}

static void lower_one(const struct target *target, uint8_t family, enum icmp_choice icmp,
                      const enum port_choice ports[2], const struct plan_side *unrolled,
                      size_t prefix)
{
    struct build build = {.lower = target->lower,
                          .match = target->step->match,
                          .policy = target->policy,
                          .step = target->step,
                          .direction = target->path->direction,
                          .unrolled = unrolled,
                          .prefix = prefix,
                          .by_name = target->by_name,
                          .family = family};
    add_protocol(&build, ports);
    add_icmp(&build, icmp);
    add_side(&build, &build.match->source, true, ports[0]);
    add_side(&build, &build.match->destination, false, ports[1]);
    add_tuples(target, &build);
    if (!build.never) {
        emit(target, &build);
    }
}

// At most one side is unrolled, so that rules do not multiply.
static void lower_alternative(const struct target *target, uint8_t family, enum icmp_choice icmp,
                              const enum port_choice ports[2])
{
    const struct plan_match *match = target->step->match;
    const struct plan_side *side = &match->source;
    size_t count = unroll_count(match, side, family);
    if (count == 1) {
        side = &match->destination;
        count = unroll_count(match, side, family);
    }
    for (size_t i = 0; i < count; i++) {
        lower_one(target, family, icmp, ports, count > 1 ? side : NULL, i);
    }
}

static bool port_choice_applies(const struct plan_side *side, enum port_choice choice)
{
    switch (choice) {
    case PORTS_NONE:
        return !side->has_ports;
    case PORTS_NUMERIC:
        return side->ports.count > 0;
    case PORTS_NAMED:
        return side->named_ports >= 0;
    case PORTS_END:
        break;
    }
    return false;
}

static bool icmp_choice_applies(const struct plan_match *match, enum icmp_choice choice)
{
    switch (choice) {
    case ICMP_PLAIN:
        return match->not_icmp_type < 0;
    case ICMP_OTHER_TYPE:
        return match->not_icmp_type >= 0;
    case ICMP_OTHER_CODE:
        return match->not_icmp_type >= 0 && match->not_icmp_code >= 0;
    case ICMP_END:
        break;
    }
    return false;
}

static void lower_family(const struct target *target, uint8_t family)
{
    const struct plan_match *match = target->step->match;
    for (enum icmp_choice icmp = ICMP_PLAIN; icmp < ICMP_END; icmp++) {
        for (enum port_choice source = PORTS_NONE; source < PORTS_END; source++) {
            for (enum port_choice destination = PORTS_NONE; destination < PORTS_END;
                 destination++) {
                if (!(target->by_name && destination == PORTS_NAMED) &&
                    icmp_choice_applies(match, icmp) &&
                    port_choice_applies(&match->source, source) &&
                    port_choice_applies(&match->destination, destination)) {
                    lower_alternative(target, family, icmp,
                                      (enum port_choice[]){source, destination});
                }
            }
        }
    }
}

// In the pending walk a rule that does not count is not the one that its policy is judged by.
static const char *path_comment(struct lower *lower, const struct plan_policy *policy,
                                const struct path *path, const struct plan_step *step, int action)
{
    const char *comment = step_comment(lower, policy, path->direction, step, action);
    bool counts = path->allow != PATH_PENDING || (policy->staged && !path->uncounted);
    return counts ? comment : pending_comment(lower, comment);
}

// The chain that a map goes to for one action, with the counter of the rules that have it.
static const char *map_chain(struct lower *lower, const struct plan_policy *policy,
                             const struct path *path, const struct plan_step *step,
                             enum plan_action action)
{
    struct stmt stmts[ACTION_STMTS_MAX];
    const char *name = arena_printf(
        lower->arena, "%s/%s%s/%s%u", short_id(lower->arena, policy->id),
        direction_text(path->direction), path->suffix, plan_action_text(action), step->number);
    struct chain *chain = lower_chain(lower, name);
    if (chain->count == 0) {
        size_t count = lower_action(lower, policy, path, action, stmts);
        chain->loc = policy->loc;
        chain_add(lower, chain, stmts, count, path_comment(lower, policy, path, step, (int)action),
                  step_loc(policy, path->direction, step));
    }
    return name;
}

// The selector of a destination, and its names. Named ports are ports of what the selector takes.
static void lower_sets_of(struct target *target, uint8_t family)
{
    const struct plan_side *destination = &target->step->match->destination;
    if (destination->domains < 0 || destination->ipset >= 0) {
        target->by_name = false;
        lower_family(target, family);
    }
    if (destination->domains >= 0) {
        target->by_name = true;
        lower_family(target, family);
    }
}

static void lower_families(struct target *target)
{
    const struct plan_match *match = target->step->match;
    bool by_family = match->families != PLAN_BOTH || side_sees_address(&match->source) ||
                     side_sees_address(&match->destination) || target->step->kind != PLAN_STEP_RULE;
    if (!by_family) {
        lower_sets_of(target, 0);
        return;
    }
    if (match->families & PLAN_V4) {
        lower_sets_of(target, IP_V4);
    }
    if (match->families & PLAN_V6) {
        lower_sets_of(target, IP_V6);
    }
}

void lower_step(struct lower *lower, struct chain *chain, const struct plan_policy *policy,
                const struct path *path, const struct plan_step *step)
{
    const char *maps[PLAN_ACTION_COUNT] = {NULL};
    struct target target = {
        .lower = lower,
        .chain = chain,
        .policy = policy,
        .path = path,
        .step = step,
        .loc = step_loc(policy, path->direction, step),
        .comment = path_comment(lower, policy, path, step, -1),
    };
    lower->place = target.loc;
    if (step->kind == PLAN_STEP_MAP) {
        for (size_t i = 0; i < ARRAY_COUNT(step->tuples); i++) {
            for (size_t j = 0; j < step->tuples[i].count; j++) {
                enum plan_action action = step->tuples[i].items[j].action;
                if (maps[action] == NULL) {
                    maps[action] = map_chain(lower, policy, path, step, action);
                }
            }
        }
        target.maps = maps;
    }
    lower_families(&target);
}
