// SPDX-License-Identifier: GPL-2.0-or-later
// Generator: one case, its documents in random order.
#include "gen.h"

static void shuffle(struct gen *gen)
{
    for (size_t i = gen->out->count; i > 1; i--) {
        size_t other = rng_below(&gen->rng, (uint32_t)i);
        const char *text = gen->out->items[other].text;
        gen->out->items[other].text = gen->out->items[i - 1].text;
        gen->out->items[i - 1].text = text;
    }
}

void gen_case(struct arena *arena, uint64_t seed, uint64_t number, struct test_case *ret)
{
    *ret = (struct test_case){0};
    struct gen gen = {.arena = arena, .rng = rng_new(seed, number), .out = ret};
    enum { STAGED_EVERY = 5 };
    gen.staged = number % STAGED_EVERY == STAGED_EVERY - 1;
    gen.named_ports = rng_chance(&gen.rng, 40);
    gen.open = rng_chance(&gen.rng, 50);
    ret->bridged = rng_chance(&gen.rng, 25);
    gen_tiers(&gen);
    gen_endpoints(&gen);
    gen_hosts(&gen);
    gen_services(&gen);
    gen_sets(&gen);
    gen_policies(&gen);
    gen_kube(&gen);
    gen_settings(&gen);
    shuffle(&gen);
}
