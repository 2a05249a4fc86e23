// SPDX-License-Identifier: GPL-2.0-or-later
// A directory made into another one, as people change theirs: a document less, more or replaced, a part of one taken away,
// an action, a number or a name exchanged.
#pragma once

#include "case.h"
#include "rng.h"

// Some mutations of `from`; the result need not be valid. New documents are those of another case of the seed.
void vary_case(struct arena *arena, struct rng *rng, uint64_t seed, uint64_t number,
               const struct test_case *from, struct test_case *ret);
