// SPDX-License-Identifier: GPL-2.0-or-later
// Atoms: together the whole domain, disjoint, each within or outside of every set, and no two of them alike.
#include "space_helper.h"

#include "atoms.h"

enum { SETS = 6, RANGES = 4, ROUNDS = 300, LAST = 299 };

static uint32_t random_set(wide offset)
{
    struct range ranges[RANGES];
    size_t count = roll(RANGES + 1);
    for (size_t i = 0; i < count; i++) {
        wide min = roll(LAST + 1);
        wide max = min + roll(40);
        ranges[i] = (struct range){offset + min, offset + (max > LAST ? LAST : max)};
    }
    return space_ranges(space, ranges, count);
}

// The domain ends at the highest number that there is when `offset` is large.
static void check_atoms(wide offset, wide last)
{
    uint32_t sets[SETS];
    struct atoms atoms;
    size_t count = roll(SETS + 1);
    for (size_t i = 0; i < count; i++) {
        sets[i] = random_set(offset);
    }
    atoms_make(arena, space, last, sets, count, &atoms);
    uint32_t whole = SPACE_EMPTY;
    for (size_t a = 0; a < atoms.count; a++) {
        ck_assert_uint_ne(atoms.parts[a], SPACE_EMPTY);
        ck_assert_uint_eq(space_and(space, whole, atoms.parts[a]), SPACE_EMPTY);
        whole = space_or(space, whole, atoms.parts[a]);
        for (size_t i = 0; i < count; i++) {
            uint32_t both = space_and(space, atoms.parts[a], sets[i]);
            ck_assert_uint_eq(both, bit_get(atoms.sets[i], a) ? atoms.parts[a] : SPACE_EMPTY);
        }
        for (size_t b = 0; b < a; b++) {
            bool alike = true;
            for (size_t i = 0; i < count; i++) {
                alike &= bit_get(atoms.sets[i], a) == bit_get(atoms.sets[i], b);
            }
            ck_assert(!alike);
        }
    }
    ck_assert_uint_eq(whole, space_range(space, 0, last));
}

START_TEST(atoms_are_what_no_set_tells_apart)
{
    for (int i = 0; i < ROUNDS; i++) {
        check_atoms(0, LAST);
        check_atoms(~(wide)0 - LAST, ~(wide)0);
    }
}
END_TEST

START_TEST(the_same_set_twice_is_one)
{
    const uint32_t set = space_range(space, 10, 20);
    const uint32_t sets[] = {set, set};
    struct atoms atoms;
    atoms_make(arena, space, UINT32_MAX, sets, ARRAY_COUNT(sets), &atoms);
    ck_assert_uint_eq(atoms.count, 2);
    atoms_make(arena, space, UINT32_MAX, NULL, 0, &atoms);
    ck_assert_uint_eq(atoms.count, 1);
}
END_TEST

UNIT_TESTS("traffic/atoms", atoms_are_what_no_set_tells_apart, the_same_set_twice_is_one)
