// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel expressions and set elements -> the text of nft, for rules that somebody else wrote. Inside module nft only.
#pragma once

#include "rows.h"

// As nft would list the rule, without its comment. What is not understood is named in brackets: "[fib]". A set without a
// name is "{ ... }", unless the lookup's name is its elements already: "{ 22, 80 }".
const char *exprs_text(struct arena *arena, const struct exprs *exprs);

// "10.0.0.0/8", "1.2.3.4-1.2.3.9", "eth0 . 10.0.0.1 : jump c". The type numbers of nft tell how a field is written; one
// that is not known becomes a number in base 16.
const char *row_text(struct arena *arena, const struct set_shape *shape, const struct rows *rows,
                     size_t index);
// "* : accept"
const char *catch_all_text(struct arena *arena, const struct rows *rows);
