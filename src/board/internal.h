// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of module board share.
#pragma once

#include <polc/board.h>

// Later of the two, the narrower where both mean the same moment.
void board_hit_add(struct board_hit *hit, struct board_hit other);
