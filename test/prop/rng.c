// SPDX-License-Identifier: GPL-2.0-or-later
// Random numbers for the generators: splitmix64, whose steps are a counter, so that any case can be made alone.
#include "rng.h"

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9U;
    value = (value ^ value >> 27) * 0x94d049bb133111ebU;
    return value ^ value >> 31;
}

uint64_t rng_next(struct rng *rng)
{
    rng->state += 0x9e3779b97f4a7c15U;
    return mix(rng->state);
}

struct rng rng_new(uint64_t seed, uint64_t number)
{
    return (struct rng){mix(mix(seed + 1) ^ mix(~number))};
}

uint32_t rng_below(struct rng *rng, uint32_t limit)
{
    return (uint32_t)((rng_next(rng) >> 32) * limit >> 32);
}

uint32_t rng_between(struct rng *rng, uint32_t first, uint32_t last)
{
    return first + rng_below(rng, last - first + 1);
}

bool rng_chance(struct rng *rng, uint32_t percent)
{
    return rng_below(rng, 100) < percent;
}

size_t rng_weighted(struct rng *rng, const uint8_t *weights, size_t count)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += weights[i];
    }
    uint32_t left = rng_below(rng, sum);
    for (size_t i = 0; i < count; i++) {
        if (left < weights[i]) {
            return i;
        }
        left -= weights[i];
    }
    POLC_UNREACHABLE("weights without a sum");
}
