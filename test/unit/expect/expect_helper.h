// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of expectations share: policies and cases from text, every endpoint a party, references by name.
#pragma once

#include "internal.h"
#include "resolve/model_helper.h"

static struct expect_suite tested;
static struct plan *plan;

static void add_endpoints(const struct model *model)
{
    for (size_t i = 0; i < model->endpoints.count; i++) {
        const struct model_endpoint *endpoint = &model->endpoints.items[i];
        const struct res_nets *nets = &endpoint->res->addresses;
        struct expect_party party = {.name = endpoint->res->meta.name,
                                     .endpoint = endpoint,
                                     .ports = &endpoint->res->ports,
                                     .known = true,
                                     .local = true};
        party.addresses = arena_array_of(arena, struct ip_addr, nets->count);
        for (; party.address_count < nets->count; party.address_count++) {
            party.addresses[party.address_count] = nets->items[party.address_count].cidr.addr;
        }
        expect_party(arena, &tested, &party);
    }
}

// "out": the rest of the world.
static void add_outside(void)
{
    static struct ip_addr addresses[] = {{IP_V4, {203, 0, 113, 1}},
                                         {IP_V6, {0x20, 1, 0x0d, 0xb8, [15] = 1}}};
    struct expect_party party = {
        .name = "out", .addresses = addresses, .address_count = 2, .known = true, .local = true};
    expect_party(arena, &tested, &party);
}

static void find_side(struct expect_side *side)
{
    for (size_t i = 0; i < side->references.count; i++) {
        for (uint32_t j = 0; j < tested.parties.count; j++) {
            if (strcmp(tested.parties.items[j].name, side->references.items[i].text) == 0) {
                vec_push(arena, &side->parties, j);
            }
        }
    }
}

// Everything but the judgement. `matrix` NULL: none.
__attribute__((unused)) static void prepare(const char *text, const char *matrix)
{
    struct model *model = model_of(text, NULL);
    tested = (struct expect_suite){0};
    plan = plan_build(arena, model);
    add_endpoints(model);
    add_outside();
    for (size_t i = 0; i < resources->tests.count; i++) {
        expect_add_test(arena, &tested, &resources->tests.items[i]);
    }
    if (matrix != NULL) {
        expect_add_matrix(arena, sources_new(arena), diags, matrix, &tested);
    }
    for (size_t i = 0; i < tested.cases.count; i++) {
        find_side(&tested.cases.items[i].from);
        find_side(&tested.cases.items[i].to);
    }
}

__attribute__((unused)) static size_t run(const char *text)
{
    prepare(text, NULL);
    return expect_run(arena, plan, &tested);
}

// A ConnectivityTest with these cases, the content of a flow list.
__attribute__((unused)) static const char *cases(const char *content)
{
    return arena_printf(
        arena,
        "{apiVersion: polc.io/v1, kind: ConnectivityTest, metadata: {name: t}, spec: [%s]}\n---\n",
        content);
}
