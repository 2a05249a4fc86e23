// SPDX-License-Identifier: GPL-2.0-or-later
// What tests of sets of numbers have in common: an arena, a space on it, and dice that fall the same way in every run.
#pragma once

#include "unit.h"

#include <polc/space.h>

static struct arena *arena;
static struct space *space;

__attribute__((constructor)) static void begin(void)
{
    arena = arena_new((size_t)1 << 30);
    space = space_new(arena);
}

__attribute__((destructor)) static void end(void)
{
    arena_free(arena);
}

// A number below `sides`.
static uint32_t roll(uint32_t sides)
{
    static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % sides;
}
