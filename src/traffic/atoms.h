// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers that no set tells apart, taken together: all of a domain as few disjoint parts, and for each set which of them
// are in it.
#pragma once

#include <polc/space.h>

struct atoms {
    size_t count;
    uint32_t *parts; // sets of numbers, one for each atom; together they are the whole domain
    size_t words;    // of a bit set
    uint64_t **sets; // one bit set of atoms for each set that was given, in that order
};

// The domain is 0..last; the sets are numbers of the space, all of them within the domain.
void atoms_make(struct arena *arena, struct space *space, wide last, const uint32_t *sets,
                size_t count, struct atoms *ret);

static inline bool bit_get(const uint64_t *bits, size_t number)
{
    return bits[number / 64] >> number % 64 & 1;
}

static inline void bit_set(uint64_t *bits, size_t number)
{
    bits[number / 64] |= UINT64_C(1) << number % 64;
}
