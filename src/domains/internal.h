// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module domains share.
#pragma once

#include <polc/domains.h>

enum { ID_DIGITS = 16 }; // of a plan's id, in the name of a file

// Puts the patterns of all lists into a new index.
void rules_index(struct arena *arena, struct domain_rules *rules);
