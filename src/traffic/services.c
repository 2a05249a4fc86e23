// SPDX-License-Identifier: GPL-2.0-or-later
// Cells: each group of protocols is one, but ICMP has one for each atom of types, and TCP, UDP and SCTP have one for each
// pair of atoms of destination and source ports.
#include "services.h"

#include "atoms.h"
#include "keys.h"

enum { NOTED_SIDES = 4, ICMP_CODES = 256 };

static const enum side noted_sides[NOTED_SIDES] = {SIDE_PROTOCOL, SIDE_DESTINATION_PORT,
                                                   SIDE_SOURCE_PORT, SIDE_ICMP};

// Protocols that no rule tells apart, and their cells.
struct group {
    uint32_t protocols;        // set
    uint32_t protocol;         // the first of them
    size_t first;              // cell
    struct atoms major, minor; // destination and source ports; or types and nothing
};

struct services {
    struct arena *arena;
    struct space *space;
    uint8_t family;
    struct keys *noted;
    uint32_t *cells; // of each noted service
    uint32_t all;
    struct {
        VEC_FIELDS(struct group);
    } groups;
    struct {
        VEC_FIELDS(uint32_t);
    } kinds;
};

struct services *services_new(struct arena *arena, struct space *space, uint8_t family)
{
    struct services *services = arena_new_of(arena, struct services);
    services->arena = arena;
    services->space = space;
    services->family = family;
    services->noted = keys_new(arena);
    return services;
}

uint32_t services_note(struct services *services, const struct box *box)
{
    uint32_t words[NOTED_SIDES];
    for (int i = 0; i < NOTED_SIDES; i++) {
        words[i] = box->sides[noted_sides[i]];
    }
    return keys_number(services->noted, words, NOTED_SIDES, NULL);
}

// ICMP of the other IP version is a protocol like any other.
static bool has_types(const struct services *services, uint32_t protocol)
{
    return protocol == (services->family == IP_V4 ? PROTO_ICMP : PROTO_ICMPV6);
}

// ---- cells ----------------------------------------------------------------------------------------------------

static void make_protocols(struct services *services)
{
    static const uint8_t alone[] = {PROTO_TCP, PROTO_UDP, PROTO_SCTP, PROTO_ICMP, PROTO_ICMPV6};
    struct space *space = services->space;
    VEC(uint32_t) sets = {0};
    struct atoms atoms;
    for (size_t i = 0; i < ARRAY_COUNT(alone); i++) {
        vec_push(services->arena, &sets, space_range(space, alone[i], alone[i]));
    }
    for (size_t i = 0; i < keys_count(services->noted); i++) {
        size_t count;
        vec_push(services->arena, &sets, keys_words(services->noted, (uint32_t)i, &count)[0]);
    }
    atoms_make(services->arena, space, UINT8_MAX, sets.items, sets.count, &atoms);
    for (size_t i = 0; i < atoms.count; i++) {
        size_t count;
        struct group *group = vec_add(services->arena, &services->groups);
        group->protocols = atoms.parts[i];
        group->protocol = (uint32_t)space_items(space, atoms.parts[i], &count)[0].min;
    }
}

static bool is_icmp(uint32_t protocol)
{
    return protocol == PROTO_ICMP || protocol == PROTO_ICMPV6;
}

// The atoms of one side of all noted services that have a protocol of the group.
static void make_side(struct services *services, const struct group *group, enum side side,
                      struct atoms *ret)
{
    struct space *space = services->space;
    VEC(uint32_t) sets = {0};
    bool *known = arena_array_of(services->arena, bool, space_count(space));
    for (size_t i = 0; i < keys_count(services->noted); i++) {
        size_t count;
        const uint32_t *words = keys_words(services->noted, (uint32_t)i, &count);
        for (int j = 1; j < NOTED_SIDES; j++) {
            if (noted_sides[j] == side && space_has(space, words[0], group->protocol) &&
                !known[words[j]]) {
                known[words[j]] = true;
                vec_push(services->arena, &sets, words[j]);
            }
        }
    }
    atoms_make(services->arena, space, UINT16_MAX, sets.items, sets.count, ret);
}

static void make_cells(struct services *services)
{
    size_t next = 0;
    for (size_t i = 0; i < services->groups.count; i++) {
        struct group *group = &services->groups.items[i];
        group->first = next;
        group->major.count = group->minor.count = 1;
        if (proto_has_ports(group->protocol)) {
            make_side(services, group, SIDE_DESTINATION_PORT, &group->major);
            make_side(services, group, SIDE_SOURCE_PORT, &group->minor);
        } else if (has_types(services, group->protocol)) {
            make_side(services, group, SIDE_ICMP, &group->major);
        }
        next += group->major.count * group->minor.count;
    }
    services->all = space_range(services->space, 0, next - 1);
}

static wide first_of(const struct space *space, uint32_t set)
{
    size_t count;
    return space_items(space, set, &count)[0].min;
}

static bool covers(const struct services *services, const struct atoms *atoms, size_t atom,
                   uint32_t set)
{
    return atoms->parts == NULL ||
           space_has(services->space, set, first_of(services->space, atoms->parts[atom]));
}

struct ranges {
    VEC_FIELDS(struct range);
};

static void add_cell(struct services *services, struct ranges *ranges, size_t cell)
{
    if (ranges->count > 0 && ranges->items[ranges->count - 1].max + 1 == cell) {
        ranges->items[ranges->count - 1].max = cell;
    } else {
        vec_push(services->arena, ranges, (struct range){cell, cell});
    }
}

static void add_group_cells(struct services *services, const struct group *group,
                            const uint32_t *words, struct ranges *ranges)
{
    uint32_t major = has_types(services, group->protocol) ? words[3] : words[1];
    if (is_icmp(group->protocol) && !has_types(services, group->protocol) &&
        words[3] != space_range(services->space, 0, UINT16_MAX)) {
        return; // asks for a type, and has none in this IP version
    }
    for (size_t i = 0; i < group->major.count; i++) {
        for (size_t j = 0; j < group->minor.count && covers(services, &group->major, i, major);
             j++) {
            if (covers(services, &group->minor, j, words[2])) {
                add_cell(services, ranges, group->first + i * group->minor.count + j);
            }
        }
    }
}

static uint32_t cells_of(struct services *services, uint32_t noted)
{
    size_t count;
    const uint32_t *words = keys_words(services->noted, noted, &count);
    struct ranges ranges = {0};
    for (size_t i = 0; i < services->groups.count; i++) {
        const struct group *group = &services->groups.items[i];
        if (space_has(services->space, words[0], group->protocol)) {
            add_group_cells(services, group, words, &ranges);
        }
    }
    return space_ranges(services->space, ranges.items, ranges.count);
}

// ---- kinds ----------------------------------------------------------------------------------------------------

static uint32_t port_set(struct space *space, int32_t port)
{
    return port < 0 ? space_range(space, 0, UINT16_MAX)
                    : space_range(space, (wide)port, (wide)port);
}

struct box services_special_box(struct space *space, const struct flow_special *special,
                                uint8_t family)
{
    struct box box = space_everything(space, family);
    box.sides[SIDE_PROTOCOL] = space_range(space, special->protocol, special->protocol);
    box.sides[SIDE_DESTINATION_PORT] = port_set(space, special->destination_port);
    box.sides[SIDE_SOURCE_PORT] = port_set(space, special->source_port);
    if (special->icmp_first >= 0) {
        box.sides[SIDE_ICMP] = space_range(space, (wide)special->icmp_first * ICMP_CODES,
                                           (wide)special->icmp_last * ICMP_CODES + ICMP_CODES - 1);
    }
    return box;
}

static void split_kinds(struct services *services, uint32_t cells)
{
    size_t count = services->kinds.count;
    for (size_t i = 0; i < count; i++) {
        uint32_t kind = services->kinds.items[i];
        uint32_t inside = space_and(services->space, kind, cells);
        uint32_t outside = space_minus(services->space, kind, cells);
        if (inside != SPACE_EMPTY && outside != SPACE_EMPTY) {
            services->kinds.items[i] = outside;
            vec_push(services->arena, &services->kinds, inside);
        }
    }
}

void services_seal(struct services *services, const struct flow_specials *specials)
{
    uint32_t *noted = arena_array_of(services->arena, uint32_t, specials->count);
    for (size_t i = 0; i < specials->count; i++) {
        struct box box = services_special_box(services->space, &specials->items[i], IP_V4);
        noted[i] = services_note(services, &box);
    }
    make_protocols(services);
    make_cells(services);
    services->cells = arena_array_of(services->arena, uint32_t, keys_count(services->noted));
    for (size_t i = 0; i < keys_count(services->noted); i++) {
        services->cells[i] = cells_of(services, (uint32_t)i);
    }
    vec_push(services->arena, &services->kinds, services->all);
    for (size_t i = 0; i < specials->count; i++) {
        split_kinds(services, services->cells[noted[i]]);
    }
}

uint32_t services_cells(const struct services *services, uint32_t noted)
{
    return services->cells[noted];
}

uint32_t services_all(const struct services *services)
{
    return services->all;
}

size_t services_kinds(const struct services *services)
{
    return services->kinds.count;
}

uint32_t services_kind(const struct services *services, size_t kind)
{
    return services->kinds.items[kind];
}

// ---- samples --------------------------------------------------------------------------------------------------

static wide choose(const struct space *space, uint32_t set, const uint16_t *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (space_has(space, set, wanted[i])) {
            return wanted[i];
        }
    }
    return first_of(space, set);
}

// The first group of the list that has a cell in the set; else the first one that has.
static const struct group *choose_group(const struct services *services, uint32_t cells,
                                        size_t *ret_cell)
{
    static const uint8_t ordinary[] = {PROTO_TCP, PROTO_UDP, PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP};
    const struct group *best = NULL;
    size_t best_rank = SIZE_MAX;
    for (size_t i = 0; i < services->groups.count; i++) {
        const struct group *group = &services->groups.items[i];
        size_t size = group->major.count * group->minor.count;
        size_t rank = 0;
        while (rank < ARRAY_COUNT(ordinary) && ordinary[rank] != group->protocol) {
            rank++;
        }
        for (size_t cell = 0; cell < size && rank < best_rank; cell++) {
            if (space_has(services->space, cells, group->first + cell)) {
                best = group;
                best_rank = rank;
                *ret_cell = cell;
            }
        }
    }
    return best;
}

// A cell of the group with one of the ordinary ports, if there is one.
static size_t choose_cell(const struct services *services, const struct group *group,
                          uint32_t cells, size_t cell)
{
    static const uint16_t wanted[] = {443, 80, 53};
    size_t minors = group->minor.count;
    for (size_t i = 0; i < ARRAY_COUNT(wanted); i++) {
        for (size_t j = 0; j < group->major.count * minors; j++) {
            if (space_has(services->space, group->major.parts[j / minors], wanted[i]) &&
                space_has(services->space, cells, group->first + j)) {
                return j;
            }
        }
    }
    return cell;
}

void services_sample(const struct services *services, uint32_t cells, struct flow *ret)
{
    static const uint16_t destination_ports[] = {443, 80, 53, 1}, source_ports[] = {40000, 1};
    static const uint16_t echos[] = {8 * ICMP_CODES, 128 * ICMP_CODES};
    const struct space *space = services->space;
    size_t cell = 0;
    const struct group *group = choose_group(services, cells, &cell);
    ret->protocol = (uint8_t)group->protocol;
    ret->icmp_type = ret->icmp_code = -1;
    ret->source_port = ret->destination_port = 0;
    if (proto_has_ports(group->protocol)) {
        cell = choose_cell(services, group, cells, cell);
        uint32_t ports = group->major.parts[cell / group->minor.count];
        uint32_t sources = group->minor.parts[cell % group->minor.count];
        ret->destination_port =
            (uint16_t)choose(space, ports, destination_ports, ARRAY_COUNT(destination_ports));
        ret->source_port =
            (uint16_t)choose(space, sources, source_ports, ARRAY_COUNT(source_ports));
    } else if (has_types(services, group->protocol)) {
        uint32_t types = group->major.parts[cell];
        unsigned value = (unsigned)choose(space, types, &echos[group->protocol != PROTO_ICMP], 1);
        ret->icmp_type = (int16_t)(value / ICMP_CODES);
        ret->icmp_code = (int16_t)(value % ICMP_CODES);
    }
}

// ---- as a list ------------------------------------------------------------------------------------------------

static struct portset to_ports(struct arena *arena, const struct space *space, uint32_t set)
{
    size_t count;
    const struct range *ranges = space_items(space, set, &count);
    struct portset ret = {arena_array_of(arena, struct port_range, count), count};
    for (size_t i = 0; i < count; i++) {
        ret.items[i] = (struct port_range){(uint16_t)ranges[i].min, (uint16_t)ranges[i].max};
    }
    return count == 1 && ret.items[0].min == 0 && ret.items[0].max == UINT16_MAX
               ? (struct portset){0}
               : ret;
}

// The source ports that a destination port of the group goes with.
static uint32_t minor_set(const struct services *services, const struct group *group,
                          uint32_t cells, size_t major)
{
    uint32_t set = SPACE_EMPTY;
    for (size_t j = 0; j < group->minor.count; j++) {
        if (space_has(services->space, cells, group->first + major * group->minor.count + j)) {
            set = space_or(services->space, set, group->minor.parts[j]);
        }
    }
    return set;
}

struct port_pair {
    uint32_t major, minor; // sets
};

// Destination ports that go with the same source ports are one service.
static void describe_ports(struct arena *arena, const struct services *services,
                           const struct group *group, uint32_t cells, struct traffic_services *ret)
{
    struct space *space = services->space;
    VEC(struct port_pair) pairs = {0};
    for (size_t i = 0; i < group->major.count; i++) {
        uint32_t minor = minor_set(services, group, cells, i);
        size_t at = 0;
        while (at < pairs.count && pairs.items[at].minor != minor) {
            at++;
        }
        if (minor == SPACE_EMPTY) {
            continue;
        }
        if (at == pairs.count) {
            vec_push(arena, &pairs, (struct port_pair){SPACE_EMPTY, minor});
        }
        pairs.items[at].major = space_or(space, pairs.items[at].major, group->major.parts[i]);
    }
    for (size_t i = 0; i < pairs.count; i++) {
        struct traffic_service *service = vec_add(arena, ret);
        service->first = service->last = (uint8_t)group->protocol;
        service->destination_ports = to_ports(arena, space, pairs.items[i].major);
        service->source_ports = to_ports(arena, space, pairs.items[i].minor);
    }
}

static void describe_types(struct arena *arena, const struct services *services,
                           const struct group *group, uint32_t cells, struct traffic_services *ret)
{
    uint32_t types = SPACE_EMPTY;
    for (size_t i = 0; i < group->major.count; i++) {
        if (space_has(services->space, cells, group->first + i)) {
            types = space_or(services->space, types, group->major.parts[i]);
        }
    }
    struct traffic_service *service = vec_add(arena, ret);
    service->first = service->last = (uint8_t)group->protocol;
    service->icmp = to_ports(arena, services->space, types);
}

void services_describe(struct arena *arena, const struct services *services, uint32_t cells,
                       struct traffic_services *ret)
{
    struct space *space = services->space;
    uint32_t whole = SPACE_EMPTY; // protocols with all of their packets
    *ret = (struct traffic_services){0};
    for (size_t i = 0; i < services->groups.count; i++) {
        const struct group *group = &services->groups.items[i];
        size_t size = group->major.count * group->minor.count;
        uint32_t own = space_range(space, group->first, group->first + size - 1);
        uint32_t some = space_and(space, own, cells);
        if (some == own) {
            whole = space_or(space, whole, group->protocols);
        } else if (some != SPACE_EMPTY && has_types(services, group->protocol)) {
            describe_types(arena, services, group, some, ret);
        } else if (some != SPACE_EMPTY) {
            describe_ports(arena, services, group, some, ret);
        }
    }
    size_t count;
    const struct range *ranges = space_items(space, whole, &count);
    for (size_t i = 0; i < count; i++) {
        struct traffic_service *service = vec_add(arena, ret);
        service->first = (uint8_t)ranges[i].min;
        service->last = (uint8_t)ranges[i].max;
    }
}
