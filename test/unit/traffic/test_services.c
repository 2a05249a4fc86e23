// SPDX-License-Identifier: GPL-2.0-or-later
// Services as sets of cells: what was noted comes back, a sample lies in its set, and kinds cut everything once.
#include "unit.h"

#include "services.h"

enum { CODES = 256 };

static struct arena *arena;

__attribute__((constructor)) static void begin(void)
{
    arena = arena_new((size_t)1 << 30);
}

__attribute__((destructor)) static void end(void)
{
    arena_free(arena);
}

static const struct flow_special specials_list[] = {
    {PROTO_ICMPV6, -1, -1, 130, 136},
    {PROTO_UDP, 68, 67, -1, -1},
    {PROTO_UDP, -1, 4789, -1, -1},
    {4, -1, -1, -1, -1},
};

struct world {
    struct space *space;
    struct services *services;
    uint32_t web, high, echo, answers, all;
};

static struct box service_box(struct space *space, uint8_t protocol, wide first, wide last)
{
    struct box box = space_everything(space, IP_V4);
    box.sides[SIDE_PROTOCOL] = space_range(space, protocol, protocol);
    box.sides[SIDE_DESTINATION_PORT] = space_range(space, first, last);
    return box;
}

static struct world world_of(uint8_t family)
{
    struct world world = {.space = space_new(arena)};
    struct flow_specials specials = {0};
    world.services = services_new(arena, world.space, family);
    struct box box = service_box(world.space, PROTO_TCP, 80, 80);
    world.web = services_note(world.services, &box);
    box = service_box(world.space, PROTO_TCP, 1024, UINT16_MAX);
    world.high = services_note(world.services, &box);
    box = service_box(world.space, PROTO_TCP, 0, UINT16_MAX);
    box.sides[SIDE_SOURCE_PORT] = space_range(world.space, 22, 22);
    world.answers = services_note(world.services, &box);
    box = space_everything(world.space, family);
    uint8_t icmp = family == IP_V4 ? PROTO_ICMP : PROTO_ICMPV6;
    box.sides[SIDE_PROTOCOL] = space_range(world.space, icmp, icmp);
    box.sides[SIDE_ICMP] = space_range(world.space, 8 * CODES, 8 * CODES + CODES - 1);
    world.echo = services_note(world.services, &box);
    box = space_everything(world.space, family);
    world.all = services_note(world.services, &box);
    for (size_t i = 0; i < ARRAY_COUNT(specials_list); i++) {
        vec_push(arena, &specials, specials_list[i]);
    }
    services_seal(world.services, &specials);
    return world;
}

// "6:80-80;" "6:;22-22" "1:2048-2303" "0-255:"
static const char *text_of(const struct world *world, uint32_t cells)
{
    struct traffic_services services;
    struct strbuf text = {.arena = arena};
    services_describe(arena, world->services, cells, &services);
    for (size_t i = 0; i < services.count; i++) {
        const struct traffic_service *service = &services.items[i];
        const struct portset *ports[] = {&service->destination_ports, &service->source_ports,
                                         &service->icmp};
        strbuf_addf(&text, "%s%u-%u", i > 0 ? " " : "", service->first, service->last);
        for (size_t j = 0; j < ARRAY_COUNT(ports); j++) {
            strbuf_add(&text, ":");
            for (size_t k = 0; k < ports[j]->count; k++) {
                strbuf_addf(&text, "%s%u-%u", k > 0 ? "," : "", ports[j]->items[k].min,
                            ports[j]->items[k].max);
            }
        }
    }
    return strbuf_text(&text);
}

START_TEST(what_was_noted_comes_back)
{
    struct world world = world_of(IP_V4);
    const struct services *services = world.services;
    uint32_t web = services_cells(services, world.web), high = services_cells(services, world.high);
    uint32_t answers = services_cells(services, world.answers);
    ck_assert_str_eq(text_of(&world, web), "6-6:80-80::");
    ck_assert_str_eq(text_of(&world, high), "6-6:1024-65535::");
    ck_assert_str_eq(text_of(&world, answers), "6-6::22-22:");
    ck_assert_str_eq(text_of(&world, space_or(world.space, web, high)), "6-6:80-80,1024-65535::");
    ck_assert_str_eq(text_of(&world, space_minus(world.space, web, answers)),
                     "6-6:80-80:0-21,23-65535:");
    ck_assert_str_eq(text_of(&world, services_cells(services, world.echo)), "1-1:::2048-2303");
    ck_assert_str_eq(text_of(&world, services_all(services)), "0-255:::");
    ck_assert_uint_eq(services_cells(services, world.all), services_all(services));
    uint32_t rest = space_minus(world.space, services_all(services), web);
    ck_assert_str_eq(text_of(&world, rest), "6-6:0-79,81-65535:: 0-5::: 7-255:::");
}
END_TEST

START_TEST(the_other_icmp_has_no_types)
{
    struct world world = world_of(IP_V4);
    struct flow sample = {0};
    struct box box = services_special_box(world.space, &specials_list[0], IP_V4);
    ck_assert_uint_eq(services_cells(world.services, services_note(world.services, &box)),
                      SPACE_EMPTY); // an IPv4 packet is no neighbour discovery
    world = world_of(IP_V6);
    box = services_special_box(world.space, &specials_list[0], IP_V6);
    uint32_t cells = services_cells(world.services, services_note(world.services, &box));
    ck_assert_str_eq(text_of(&world, cells), "58-58:::33280-35071");
    services_sample(world.services, cells, &sample);
    ck_assert_int_eq(sample.icmp_type, 130);
}
END_TEST

START_TEST(kinds_cut_everything_once)
{
    for (int i = 0; i < 2; i++) {
        struct world world = world_of(i == 0 ? IP_V4 : IP_V6);
        uint32_t whole = SPACE_EMPTY;
        for (size_t kind = 0; kind < services_kinds(world.services); kind++) {
            uint32_t cells = services_kind(world.services, kind);
            ck_assert_uint_ne(cells, SPACE_EMPTY);
            ck_assert_uint_eq(space_and(world.space, whole, cells), SPACE_EMPTY);
            whole = space_or(world.space, whole, cells);
        }
        ck_assert_uint_eq(whole, services_all(world.services));
        // All other packets, and what is special: of IPv6 neighbour discovery too.
        ck_assert_uint_eq(services_kinds(world.services), i == 0 ? 4 : 5);
    }
}
END_TEST

START_TEST(a_sample_is_ordinary)
{
    struct world world = world_of(IP_V4);
    struct flow sample = {0};
    services_sample(world.services, services_all(world.services), &sample);
    ck_assert_uint_eq(sample.protocol, PROTO_TCP);
    ck_assert_uint_eq(sample.destination_port, 443);
    ck_assert_uint_eq(sample.source_port, 40000);
    ck_assert_int_eq(sample.icmp_type, -1);
    services_sample(world.services, services_cells(world.services, world.answers), &sample);
    ck_assert_uint_eq(sample.source_port, 22);
    services_sample(world.services, services_cells(world.services, world.echo), &sample);
    ck_assert_int_eq(sample.icmp_type, 8);
    ck_assert_int_eq(sample.icmp_code, 0);
    ck_assert_uint_eq(sample.destination_port, 0);
}
END_TEST

UNIT_TESTS("traffic/services", what_was_noted_comes_back, the_other_icmp_has_no_types,
           kinds_cut_everything_once, a_sample_is_ordinary)
