// SPDX-License-Identifier: GPL-2.0-or-later
// The packets that a record may be, as a region, cut by the rows of traffic that changes. What no row takes is the same.
#include "internal.h"

enum {
    TYPE_CODES = 256,
    CUT_BUDGET = 1 << 20,
    ECHO_REQUEST = 8,
    ECHO_REQUEST6 = 128,
    SOME_SOURCE_PORT = 40000
};

// ---- rows -> boxes --------------------------------------------------------------------------------------------------

static uint32_t ports_or_all(struct impact *impact, const struct portset *ports, uint32_t all)
{
    return ports->count > 0 ? space_ports(impact->space, ports) : all;
}

static void add_row(struct impact *impact, const struct traffic_row *row, int number,
                    struct rows *ret)
{
    uint8_t family = number == FAMILY_V4 ? IP_V4 : IP_V6;
    struct box all = space_everything(impact->space, family);
    struct box box = all;
    box.sides[SIDE_SOURCE] = space_cidrs(impact->space, &row->source.addresses, family);
    box.sides[SIDE_DESTINATION] = space_cidrs(impact->space, &row->destination.addresses, family);
    if (box.sides[SIDE_SOURCE] == SPACE_EMPTY || box.sides[SIDE_DESTINATION] == SPACE_EMPTY) {
        return;
    }
    for (size_t i = 0; i < row->exact.count; i++) {
        const struct traffic_service *service = &row->exact.items[i];
        box.sides[SIDE_PROTOCOL] = space_range(impact->space, service->first, service->last);
        box.sides[SIDE_DESTINATION_PORT] =
            ports_or_all(impact, &service->destination_ports, all.sides[SIDE_DESTINATION_PORT]);
        box.sides[SIDE_SOURCE_PORT] =
            ports_or_all(impact, &service->source_ports, all.sides[SIDE_SOURCE_PORT]);
        box.sides[SIDE_ICMP] = ports_or_all(impact, &service->icmp, all.sides[SIDE_ICMP]);
        impact->by_source_port |= service->source_ports.count > 0;
        vec_push(impact->arena, &ret->boxes[number][row->change], box);
    }
}

void rows_make(struct impact *impact, const struct traffic_diff *traffic, struct rows *ret)
{
    for (size_t i = 0; i < traffic->rows.count; i++) {
        for (int family = 0; family < FAMILIES; family++) {
            add_row(impact, &traffic->rows.items[i], family, ret);
        }
    }
}

// ---- one packet -----------------------------------------------------------------------------------------------------

static bool is_icmp(uint8_t protocol)
{
    return protocol == PROTO_ICMP || protocol == PROTO_ICMPV6;
}

// Of a set of addresses: whether it is one, and which.
static bool is_one_address(const struct impact *impact, uint32_t set, uint8_t family,
                           struct ip_addr *ret)
{
    size_t count;
    const struct range *ranges = space_items(impact->space, set, &count);
    if (count != 1 || ranges[0].min != ranges[0].max) {
        return false;
    }
    *ret = addr_of_wide(ranges[0].min, family);
    return true;
}

bool is_one_flow(const struct impact *impact, const struct question *question, struct flow *ret)
{
    int families = 0;
    *ret = (struct flow){.icmp_type = -1, .icmp_code = -1};
    for (int i = 0; i < FAMILIES; i++) {
        uint8_t family = i == FAMILY_V4 ? IP_V4 : IP_V6;
        if (question->sources[i] == SPACE_EMPTY || question->dests[i] == SPACE_EMPTY) {
            continue;
        }
        families++;
        if (!is_one_address(impact, question->sources[i], family, &ret->source) ||
            !is_one_address(impact, question->dests[i], family, &ret->destination)) {
            return false;
        }
    }
    if (families != 1 || question->gone || question->protocol == NOT_RECORDED) {
        return false;
    }
    ret->protocol = (uint8_t)question->protocol;
    if (is_icmp(ret->protocol)) {
        ret->icmp_type = (int16_t)(question->icmp_first / TYPE_CODES);
        ret->icmp_code = (int16_t)(question->icmp_first % TYPE_CODES);
        return question->icmp_first == question->icmp_last;
    }
    if (!proto_has_ports(ret->protocol)) {
        return true;
    }
    ret->destination_port = (uint16_t)question->port;
    ret->source_port = (uint16_t)(question->source_port != NOT_RECORDED ? question->source_port
                                                                        : SOME_SOURCE_PORT);
    return question->port != NOT_RECORDED &&
           (question->source_port != NOT_RECORDED || !impact->by_source_port);
}

// ---- a packet of a box ----------------------------------------------------------------------------------------------

// The first of `wishes` that is in the set, else its lowest number that is not 0.
static wide choose(const struct impact *impact, uint32_t set, const wide *wishes, size_t count)
{
    size_t ranges;
    for (size_t i = 0; i < count; i++) {
        if (space_has(impact->space, set, wishes[i])) {
            return wishes[i];
        }
    }
    const struct range *first = space_items(impact->space, set, &ranges);
    return first->min == 0 && first->max > 0 ? 1 : first->min;
}

static struct ip_addr choose_address(const struct impact *impact, uint32_t set, uint8_t family)
{
    static const struct ip_addr known[] = {
        {IP_V4, {198, 51, 100, 7}}, {IP_V4, {203, 0, 113, 7}},
        {IP_V4, {192, 0, 2, 7}},    {IP_V4, {198, 18, 0, 7}},
        {IP_V4, {10, 0, 0, 7}},     {IP_V4, {192, 168, 0, 7}},
        {IP_V4, {172, 16, 0, 7}},   {IP_V6, {0x20, 1, 0xd, 0xb8, [15] = 7}},
    };
    wide wishes[ARRAY_COUNT(known)];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        if (known[i].family == family) {
            wishes[count++] = wide_of_addr(known[i]);
        }
    }
    return addr_of_wide(choose(impact, set, wishes, count), family);
}

static struct flow sample(const struct impact *impact, const struct box *box, uint8_t family)
{
    static const wide protocols[] = {PROTO_TCP, PROTO_UDP}, source_ports[] = {SOME_SOURCE_PORT};
    static const wide ports[] = {443, 80};
    wide types[] = {(family == IP_V4 ? ECHO_REQUEST : ECHO_REQUEST6) * TYPE_CODES};
    struct flow flow = {
        .source = choose_address(impact, box->sides[SIDE_SOURCE], family),
        .destination = choose_address(impact, box->sides[SIDE_DESTINATION], family),
        .protocol =
            (uint8_t)choose(impact, box->sides[SIDE_PROTOCOL], protocols, ARRAY_COUNT(protocols)),
        .icmp_type = -1,
        .icmp_code = -1,
    };
    if (proto_has_ports(flow.protocol)) {
        flow.destination_port =
            (uint16_t)choose(impact, box->sides[SIDE_DESTINATION_PORT], ports, ARRAY_COUNT(ports));
        flow.source_port = (uint16_t)choose(impact, box->sides[SIDE_SOURCE_PORT], source_ports, 1);
    } else if (is_icmp(flow.protocol)) {
        wide type = choose(impact, box->sides[SIDE_ICMP], types, 1);
        flow.icmp_type = (int16_t)(type / TYPE_CODES);
        flow.icmp_code = (int16_t)(type % TYPE_CODES);
    }
    return flow;
}

// ---- cutting --------------------------------------------------------------------------------------------------------

static void restrict_side(struct impact *impact, struct box *box, enum side side, int32_t first,
                          int32_t last)
{
    if (first != NOT_RECORDED) {
        box->sides[side] = space_range(impact->space, (wide)first, (wide)last);
    }
}

// All that a flow may have: not 0, and not the ICMP of the other IP version.
static uint32_t protocols_of(struct impact *impact, uint8_t family)
{
    uint8_t other = family == IP_V4 ? PROTO_ICMPV6 : PROTO_ICMP;
    uint32_t all = space_range(impact->space, 1, UINT8_MAX);
    return space_minus(impact->space, all, space_range(impact->space, other, other));
}

static bool make_box(struct impact *impact, const struct question *question, int number,
                     struct box *ret)
{
    uint8_t family = number == FAMILY_V4 ? IP_V4 : IP_V6;
    *ret = space_everything(impact->space, family);
    ret->sides[SIDE_SOURCE] = question->sources[number];
    ret->sides[SIDE_DESTINATION] = question->dests[number];
    restrict_side(impact, ret, SIDE_PROTOCOL, question->protocol, question->protocol);
    restrict_side(impact, ret, SIDE_DESTINATION_PORT, question->port, question->port);
    restrict_side(impact, ret, SIDE_SOURCE_PORT, question->source_port, question->source_port);
    restrict_side(impact, ret, SIDE_ICMP, question->icmp_first, question->icmp_last);
    ret->sides[SIDE_PROTOCOL] =
        space_and(impact->space, ret->sides[SIDE_PROTOCOL], protocols_of(impact, family));
    return ret->sides[SIDE_PROTOCOL] != SPACE_EMPTY && ret->sides[SIDE_SOURCE] != SPACE_EMPTY &&
           ret->sides[SIDE_DESTINATION] != SPACE_EMPTY;
}

static void keep_part(struct impact *impact, const struct region *region, enum impact_change change,
                      uint8_t family, struct cut *ret)
{
    if (region->count > 0 && ret->families[change] == 0) {
        ret->samples[change] = sample(impact, &region->items[0], family);
    }
    if (region->count > 0) {
        ret->families[change] |= family == IP_V4 ? PLAN_V4 : PLAN_V6;
    }
}

static void cut_family(struct impact *impact, const struct question *question,
                       const struct rows *rows, int number, struct cut *ret)
{
    static const uint8_t changes[] = {
        [TRAFFIC_OPENED] = IMPACT_OPENED, [TRAFFIC_CLOSED] = IMPACT_CLOSED};
    struct region left = {0};
    struct budget budget = {CUT_BUDGET};
    struct box box;
    uint8_t family = number == FAMILY_V4 ? IP_V4 : IP_V6;
    if (!make_box(impact, question, number, &box)) {
        return;
    }
    vec_push(impact->scratch, &left, box);
    for (int i = 0; i < TRAFFIC_CHANGES; i++) {
        struct region taken = {0};
        region_cut_all(impact->space, impact->scratch, &budget, &left, &rows->boxes[number][i],
                       &taken);
        keep_part(impact, &taken, changes[i], family, ret);
    }
    keep_part(impact, &left, IMPACT_SAME, family, ret);
    ret->given_up |= budget.left == 0;
}

void cut_question(struct impact *impact, const struct question *question, const struct rows *rows,
                  struct cut *ret)
{
    *ret = (struct cut){0};
    for (int family = 0; family < FAMILIES; family++) {
        cut_family(impact, question, rows, family, ret);
    }
}
