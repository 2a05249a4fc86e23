// SPDX-License-Identifier: GPL-2.0-or-later
// Did you mean ...?
#pragma once

#include <stddef.h>

// Optimal string alignment distance (insert, delete, replace, swap of neighbours), letter case counting
// half a step is not modelled: case differences count as one replacement each, but see spell_best.
size_t spell_distance(const char *a, const char *b);

// The one candidate that is closest to `word` within max(1, length/3) steps, or that differs only in letter
// case; NULL when there is none. Ties: the first one.
const char *spell_best(const char *word, const char *const *candidates, size_t count);
