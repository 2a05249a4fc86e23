// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: network sets, namespaced and global.
#include "gen.h"

static void put_net(struct gen *gen)
{
    uint8_t family = rng_chance(&gen->rng, 65) ? IP_V4 : IP_V6;
    const char *text = gen_cidr(gen, family, rng_chance(&gen->rng, 70), true);
    if (rng_chance(&gen->rng, 10)) { // without a mask
        text = arena_strndup(gen->arena, text, strcspn(text, "/"));
    }
    gen_line(gen, 2, "- \"%s\"", text);
}

static void put_set(struct gen *gen, bool global, uint32_t number)
{
    uint32_t count = rng_chance(&gen->rng, 10) ? 0 : rng_between(&gen->rng, 1, 6);
    gen_begin(gen, "projectcalico.org/v3", global ? "GlobalNetworkSet" : "NetworkSet",
              global ? NULL : gen_namespace(gen), arena_printf(gen->arena, "set-%u", number));
    gen_labels(gen, 1, "labels");
    gen_line(gen, 0, "spec:");
    gen_line(gen, 1, "nets:%s", count == 0 ? " []" : "");
    for (uint32_t i = 0; i < count; i++) {
        put_net(gen);
    }
    if (rng_chance(&gen->rng, 40)) {
        gen_domains(gen, 1, "allowedEgressDomains");
    }
    gen_end(gen);
}

void gen_sets(struct gen *gen)
{
    uint32_t count = rng_below(&gen->rng, 5);
    for (uint32_t i = 0; i < count; i++) {
        put_set(gen, rng_chance(&gen->rng, 50), i);
    }
}
