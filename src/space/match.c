// SPDX-License-Identifier: GPL-2.0-or-later
// plan_match -> boxes, by semantics.md 3.6 and 4: all criteria are ANDed; only the named ports of a side make several
// boxes, one for each (protocol, port), and negated ones are cut out.
#include <polc/dns.h>
#include <polc/space.h>
#include <stdlib.h>

// The addresses of a named port that declare it with one protocol and number.
struct port_group {
    uint32_t protocol, port, addresses; // sets
};

struct port_groups {
    VEC_FIELDS(struct port_group);
    bool known;
};

struct matcher {
    struct arena *arena;
    struct space *space;
    const struct plan *plan;
    // By number of the set, for IPv4 and IPv6.
    uint32_t *addresses[2]; // set + 1, 0: not made yet
    struct port_groups *groups[2];
    const struct space_domains *domains; // by number in plan.domains; NULL: nothing
    uint32_t *named[2];                  // the same as sets + 1
    uint32_t nameable[2];                // what may have a name, + 1
    bool at_most;                        // all of that has every name
};

static int family_index(uint8_t family)
{
    return family == IP_V4 ? 0 : 1;
}

struct matcher *matcher_new(struct arena *arena, struct space *space, const struct plan *plan)
{
    struct matcher *matcher = arena_new_of(arena, struct matcher);
    *matcher = (struct matcher){.arena = arena, .space = space, .plan = plan};
    for (int i = 0; i < 2; i++) {
        matcher->addresses[i] = arena_array_of(arena, uint32_t, plan->ipsets.count);
        matcher->groups[i] = arena_array_of(arena, struct port_groups, plan->ipsets.count);
    }
    return matcher;
}

void matcher_set_domains(struct matcher *matcher, const struct space_domains *domains)
{
    matcher->domains = domains;
    for (int i = 0; i < 2; i++) {
        matcher->named[i] = arena_array_of(matcher->arena, uint32_t, matcher->plan->domains.count);
    }
}

static uint32_t nameable_addresses(struct matcher *matcher, uint8_t family)
{
    uint32_t *known = &matcher->nameable[family_index(family)];
    if (*known == 0) {
        size_t count;
        const struct cidr *nets = dns_unusable_nets(&count);
        const struct cidrset unusable = {(struct cidr *)nets, count};
        *known = 1 + space_minus(matcher->space,
                                 space_everything(matcher->space, family).sides[SIDE_DESTINATION],
                                 space_cidrs(matcher->space, &unusable, family));
    }
    return *known - 1;
}

// The addresses that one of the names has.
static uint32_t named_addresses(struct matcher *matcher, int32_t number, uint8_t family)
{
    if (matcher->at_most) {
        return nameable_addresses(matcher, family);
    }
    if (matcher->domains == NULL) {
        return SPACE_EMPTY;
    }
    const struct space_domains *domains = &matcher->domains[number];
    uint32_t *known = &matcher->named[family_index(family)][number];
    if (*known == 0) {
        *known = 1 + (domains->any ? nameable_addresses(matcher, family)
                                   : space_cidrs(matcher->space, &domains->addresses, family));
    }
    return *known - 1;
}

static uint32_t set_addresses(struct matcher *matcher, int32_t number, uint8_t family)
{
    uint32_t *known = &matcher->addresses[family_index(family)][number];
    if (*known == 0) {
        *known =
            1 + space_cidrs(matcher->space, &matcher->plan->ipsets.items[number].members, family);
    }
    return *known - 1;
}

static int compare_members(const void *a, const void *b)
{
    const struct plan_port_member *left = a;
    const struct plan_port_member *right = b;
    if (left->protocol != right->protocol) {
        return left->protocol < right->protocol ? -1 : 1;
    }
    return (left->port > right->port) - (left->port < right->port);
}

struct members {
    VEC_FIELDS(struct plan_port_member);
};

static void add_group(struct matcher *matcher, const struct members *members, size_t first,
                      size_t end, struct port_groups *ret)
{
    struct space *space = matcher->space;
    const struct plan_port_member *member = &members->items[first];
    struct range *ranges = arena_array_of(matcher->arena, struct range, end - first);
    for (size_t i = first; i < end; i++) {
        wide value = wide_of_addr(members->items[i].addr);
        ranges[i - first] = (struct range){value, value};
    }
    struct port_group group = {
        .protocol = space_range(space, member->protocol, member->protocol),
        .port = space_range(space, member->port, member->port),
        .addresses = space_ranges(space, ranges, end - first),
    };
    vec_push(matcher->arena, ret, group);
}

static const struct port_groups *named_groups(struct matcher *matcher, int32_t number,
                                              uint8_t family)
{
    struct port_groups *groups = &matcher->groups[family_index(family)][number];
    if (groups->known) {
        return groups;
    }
    const struct plan_ipset *set = &matcher->plan->ipsets.items[number];
    struct members members = {0};
    for (size_t i = 0; i < set->port_count; i++) {
        if (set->ports[i].addr.family == family) {
            vec_push(matcher->arena, &members, set->ports[i]);
        }
    }
    vec_sort(&members, compare_members);
    for (size_t first = 0, end; first < members.count; first = end) {
        for (end = first + 1; end < members.count &&
                              compare_members(&members.items[first], &members.items[end]) == 0;) {
            end++;
        }
        add_group(matcher, &members, first, end, groups);
    }
    groups->known = true;
    return groups;
}

// ---- one side of a rule ---------------------------------------------------------------------------------------

// By all but the positive set.
static uint32_t side_addresses(struct matcher *matcher, const struct plan_side *side,
                               uint8_t family, uint32_t addresses)
{
    struct space *space = matcher->space;
    if (side->has_nets) {
        addresses = space_and(space, addresses, space_cidrs(space, &side->nets, family));
    }
    if (side->has_not_nets) {
        addresses = space_minus(space, addresses, space_cidrs(space, &side->not_nets, family));
    }
    if (side->not_ipset >= 0) {
        addresses = space_minus(space, addresses, set_addresses(matcher, side->not_ipset, family));
    }
    return addresses;
}

// Who is in the set, or has one of the names.
static uint32_t positive_addresses(struct matcher *matcher, const struct plan_side *side,
                                   uint8_t family, uint32_t addresses)
{
    uint32_t positive = SPACE_EMPTY;
    if (side->ipset < 0 && side->domains < 0) {
        return addresses;
    }
    if (side->ipset >= 0) {
        positive = set_addresses(matcher, side->ipset, family);
    }
    if (side->domains >= 0) {
        positive =
            space_or(matcher->space, positive, named_addresses(matcher, side->domains, family));
    }
    return space_and(matcher->space, addresses, positive);
}

static void push_box(struct matcher *matcher, struct box box, struct region *ret)
{
    for (int i = 0; i < SIDES; i++) {
        if (box.sides[i] == SPACE_EMPTY) {
            return;
        }
    }
    vec_push(matcher->arena, ret, box);
}

// The set of a named port was made within the positive selector (semantics.md 4.4); no domain has named ports.
static void push_named(struct matcher *matcher, const struct box *box,
                       const struct port_groups *groups, enum side addresses, enum side ports,
                       struct region *ret)
{
    struct space *space = matcher->space;
    for (size_t i = 0; i < groups->count; i++) {
        const struct port_group *group = &groups->items[i];
        struct box named = *box;
        named.sides[addresses] = space_and(space, box->sides[addresses], group->addresses);
        named.sides[ports] = space_and(space, box->sides[ports], group->port);
        named.sides[SIDE_PROTOCOL] = space_and(space, box->sides[SIDE_PROTOCOL], group->protocol);
        push_box(matcher, named, ret);
    }
}

// Every box of `region` with the criteria of one side added.
static struct region add_side(struct matcher *matcher, const struct region *region,
                              const struct plan_side *side, uint8_t family, enum side addresses,
                              enum side ports)
{
    struct space *space = matcher->space;
    struct region ret = {0};
    for (size_t i = 0; i < region->count; i++) {
        struct box box = region->items[i];
        box.sides[addresses] = side_addresses(matcher, side, family, box.sides[addresses]);
        box.sides[ports] =
            space_minus(space, box.sides[ports], space_ports(space, &side->not_ports));
        struct box numeric = box;
        numeric.sides[addresses] = positive_addresses(matcher, side, family, box.sides[addresses]);
        if (side->has_ports) {
            numeric.sides[ports] =
                space_and(space, box.sides[ports], space_ports(space, &side->ports));
        }
        push_box(matcher, numeric, &ret);
        if (side->named_ports >= 0) {
            push_named(matcher, &box, named_groups(matcher, side->named_ports, family), addresses,
                       ports, &ret);
        }
    }
    return ret;
}

static void cut_named(struct matcher *matcher, struct region *region, int32_t set, uint8_t family,
                      enum side addresses, enum side ports)
{
    if (set < 0) {
        return;
    }
    struct budget budget = {SIZE_MAX};
    const struct port_groups *groups = named_groups(matcher, set, family);
    for (size_t i = 0; i < groups->count; i++) {
        struct box box = space_everything(matcher->space, family);
        box.sides[addresses] = groups->items[i].addresses;
        box.sides[ports] = groups->items[i].port;
        box.sides[SIDE_PROTOCOL] = groups->items[i].protocol;
        region_cut(matcher->space, matcher->arena, &budget, region, &box, NULL);
    }
}

// ---- the whole match ------------------------------------------------------------------------------------------

enum { ICMP_CODES = 256 };

static uint32_t icmp_set(struct space *space, int16_t type, int16_t code)
{
    wide first = (wide)type * ICMP_CODES;
    return code < 0 ? space_range(space, first, first + ICMP_CODES - 1)
                    : space_range(space, first + (wide)code, first + (wide)code);
}

struct region match_region(struct matcher *matcher, const struct plan_match *match, uint8_t family)
{
    struct space *space = matcher->space;
    struct region whole = {0};
    if (!(match->families & (family == IP_V4 ? PLAN_V4 : PLAN_V6))) {
        return whole;
    }
    struct box box = space_everything(space, family);
    uint32_t *protocol = &box.sides[SIDE_PROTOCOL];
    uint32_t *icmp = &box.sides[SIDE_ICMP];
    if (match->protocol != 0) {
        *protocol = space_range(space, match->protocol, match->protocol);
    }
    if (match->not_protocol != 0) {
        *protocol = space_minus(space, *protocol,
                                space_range(space, match->not_protocol, match->not_protocol));
    }
    if (match->icmp_type >= 0) {
        *icmp = space_and(space, *icmp, icmp_set(space, match->icmp_type, match->icmp_code));
    }
    if (match->not_icmp_type >= 0) {
        *icmp =
            space_minus(space, *icmp, icmp_set(space, match->not_icmp_type, match->not_icmp_code));
    }
    push_box(matcher, box, &whole);
    struct region half = add_side(matcher, &whole, &match->destination, family, SIDE_DESTINATION,
                                  SIDE_DESTINATION_PORT);
    struct region ret =
        add_side(matcher, &half, &match->source, family, SIDE_SOURCE, SIDE_SOURCE_PORT);
    cut_named(matcher, &ret, match->destination.not_named_ports, family, SIDE_DESTINATION,
              SIDE_DESTINATION_PORT);
    cut_named(matcher, &ret, match->source.not_named_ports, family, SIDE_SOURCE, SIDE_SOURCE_PORT);
    return ret;
}

struct region match_region_at_most(struct matcher *matcher, const struct plan_match *match,
                                   uint8_t family)
{
    matcher->at_most = true;
    struct region region = match_region(matcher, match, family);
    matcher->at_most = false;
    return region;
}
