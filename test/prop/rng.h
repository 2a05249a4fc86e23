// SPDX-License-Identifier: GPL-2.0-or-later
// Random numbers that are the same everywhere: splitmix64 from a seed and a case number.
#pragma once

#include <polc/base.h>

struct rng {
    uint64_t state;
};

// The sequence of case `number` depends on the two values alone, not on the cases before it.
struct rng rng_new(uint64_t seed, uint64_t number);

uint64_t rng_next(struct rng *rng);
// 0 <= result < limit; limit > 0.
uint32_t rng_below(struct rng *rng, uint32_t limit);
// first <= result <= last.
uint32_t rng_between(struct rng *rng, uint32_t first, uint32_t last);
// True in `percent` of 100 calls.
bool rng_chance(struct rng *rng, uint32_t percent);
// An index, each as often as its weight says.
size_t rng_weighted(struct rng *rng, const uint8_t *weights, size_t count);

#define rng_pick(rng, array) ((array)[rng_below((rng), ARRAY_COUNT(array))])
